/* What reaches the loop from other threads: posts, and work that left it. */
#include "platform_world.h"

#include <stdio.h>
#include <string.h>

enum { THREADS = 4, POSTS = 2000 };

static struct kh_platform *target;
static int next_of[THREADS], arrived;
static bool all_arrived;
static uv_thread_t loop_thread;

struct number {
    int thread, value;
};
static struct number numbers[THREADS][POSTS];

static void arrive(void *arg)
{
    const struct number *number = arg;
    uv_thread_t self = uv_thread_self();
    cr_assert(uv_thread_equal(&self, &loop_thread));
    cr_assert_eq(number->value, next_of[number->thread]++, "in order");
    all_arrived = ++arrived == THREADS * POSTS;
}

static void post_all(void *arg)
{
    struct number *mine = arg;
    for (int i = 0; i < POSTS; i++)
        if (target->ops->post(target, arrive, &mine[i]) != 0)
            return;
}

KH_TEST(platform_post, many_threads_post_and_each_ones_order_is_kept)
{
    struct world w;
    world_open(&w);
    target = w.platform;
    loop_thread = uv_thread_self();
    uv_thread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < POSTS; i++)
            numbers[t][i] = (struct number){t, i};
        uv_thread_create(&threads[t], post_all, numbers[t]);
    }
    world_run_until(&w, &all_arrived);
    for (int t = 0; t < THREADS; t++)
        uv_thread_join(&threads[t]);
    world_close(&w);
}

static char story[32];

static void tell(void *arg)
{
    size_t told = strlen(story);
    snprintf(story + told, sizeof story - told, "%s", (const char *)arg);
}

static void tell_and_post(void *arg)
{
    tell(arg);
    expect_status(target->ops->post(target, tell, "3"), 0);
}

KH_TEST(platform_post, what_was_accepted_runs_before_the_end_and_no_more_is)
{
    struct world w;
    world_open(&w);
    target = w.platform;
    expect_status(w.ops->post(w.platform, tell_and_post, "1"), 0);
    expect_status(w.ops->post(w.platform, tell, "2"), 0);
    cr_assert_str_eq(story, "", "never inside the call");
    uv_run(&w.loop, UV_RUN_NOWAIT);
    cr_assert_str_eq(story, "12", "a post of a post waits for the next turn");
    uv_run(&w.loop, UV_RUN_NOWAIT);
    cr_assert_str_eq(story, "123");
    expect_status(w.ops->post(w.platform, tell, "4"), 0);
    w.ops->shutdown(w.platform, tell, "!");
    expect_status(w.ops->post(w.platform, tell, "5"), KOHORT_ECLOSED);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    cr_assert_str_eq(story, "1234!");
    cr_assert_eq(uv_loop_close(&w.loop), 0);
}

static void shut_down_inside(void *arg)
{
    expect_status(target->ops->post(target, tell, "last,"), 0);
    target->ops->shutdown(target, tell, arg);
}

KH_TEST(platform_post, the_platform_may_be_ended_inside_a_post)
{
    struct world w;
    world_open(&w);
    target = w.platform;
    expect_status(w.ops->post(w.platform, shut_down_inside, "end"), 0);
    expect_status(w.ops->post(w.platform, tell, "next,"), 0);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    cr_assert_str_eq(story, "next,last,end");
    cr_assert_eq(uv_loop_close(&w.loop), 0);
}

struct job {
    struct kh_work work;
    uv_thread_t ran_on;
    bool ran, done;
};

static void run(struct kh_work *work)
{
    struct job *job = (struct job *)work;
    job->ran_on = uv_thread_self();
    job->ran = true;
}

static void done(struct kh_work *work)
{
    struct job *job = (struct job *)work;
    uv_thread_t self = uv_thread_self();
    cr_assert(job->ran);
    cr_assert(uv_thread_equal(&self, &loop_thread));
    cr_assert_not(uv_thread_equal(&self, &job->ran_on));
    job->done = true;
}

KH_TEST(platform_post, work_runs_elsewhere_and_ends_on_the_loop)
{
    struct world w;
    world_open(&w);
    loop_thread = uv_thread_self();
    struct job job = {.work = {run, done}};
    expect_status(w.ops->queue_work(w.platform, &job.work), 0);
    world_run_until(&w, &job.done);

    struct job refused = {.work = {run, done}};
    test_fail_allocation(0);
    expect_status(w.ops->queue_work(w.platform, &refused.work), KOHORT_ENOMEM);

    struct job last[20];
    for (int i = 0; i < 20; i++) {
        last[i] = (struct job){.work = {run, done}};
        expect_status(w.ops->queue_work(w.platform, &last[i].work), 0);
    }
    world_close(&w);
    for (int i = 0; i < 20; i++)
        cr_assert(last[i].done, "the end waits for work");
    cr_assert_not(refused.ran);
}
