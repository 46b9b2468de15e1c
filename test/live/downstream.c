/* Work that is done behind the handler, offsets that are committed by themselves after it, and
 * processes that are killed at random (contract row C-22). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

LIVE_SUITE(downstream);

enum { PARTITIONS = 3, EACH = 2000, KILLS = 80, KILLS_SHORT = 8, QUEUE = 16384, AT_ONCE = 7 };

/* What has been done, in memory that outlives the processes that do it. */
struct done {
    size_t count;
    uint8_t times[PARTITIONS][EACH];
};

/* The stage behind the handler: it does a few records every millisecond, and then commits them. */
struct downstream {
    struct done *done;
    struct member *member;
    uv_timer_t timer;
    struct {
        kohort_mark mark;
        int32_t partition;
    } queue[QUEUE];
    size_t first, end;
};

static int hand_on(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    struct downstream *d = m->script.arg;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    for (size_t i = 0; i < count; i++, d->end++) {
        d->queue[d->end % QUEUE].mark = kohort_record_mark(batch, &records[i]);
        d->queue[d->end % QUEUE].partition = kohort_partition_number(p);
    }
    cr_assert_leq(d->end - d->first, QUEUE);
    return KOHORT_DONE; /* With commit.mode=manual this says nothing about commits. */
}

static void work(uv_timer_t *timer)
{
    struct downstream *d = timer->data;
    kohort_offset offsets[AT_ONCE];
    size_t count = 0;
    for (; count < AT_ONCE && d->first < d->end; d->first++, count++) {
        kohort_mark mark = d->queue[d->first % QUEUE].mark;
        uint8_t *times = &d->done->times[d->queue[d->first % QUEUE].partition][mark.offset];
        if (*times < UINT8_MAX && (*times)++ == 0)
            d->done->count++;
        offsets[count] = (kohort_offset){
            .ownership = mark.ownership, .offset = mark.offset + 1, .leader_epoch = -1};
    }
    if (count > 0)
        kohort_commit_offsets(d->member->consumer, offsets, count, NULL, NULL, NULL);
}

/* A process that works until it is killed. */
static void run_worker(const char *address, const char *group, const char *topic, struct done *done)
{
    static struct downstream d;
    struct stage s;
    const char *options[] = {"bootstrap.servers",
                             address,
                             "commit.mode",
                             "manual",
                             "session.timeout.ms",
                             "1000",
                             "max.poll.records",
                             "50",
                             "heartbeat.interval.ms",
                             "100",
                             "max.unacked.records",
                             "2000",
                             NULL};
    live_die_with_parent();
    stage_open(&s);
    d.done = done;
    d.member =
        member_start(&s, "worker", group, topic,
                     &(struct member_script){.options = options, .on_records = hand_on, .arg = &d});
    d.timer.data = &d;
    uv_timer_init(&s.loop, &d.timer);
    uv_timer_start(&d.timer, work, 1, 1);
    for (;;)
        uv_run(&s.loop, UV_RUN_ONCE);
}

static void expect_committed_is_done(const struct done *done, const char *group, const char *topic)
{
    for (int i = 0; i < PARTITIONS; i++) {
        int64_t committed = admin_group_offset(group, topic, i);
        for (int64_t offset = 0; offset < committed; offset++)
            cr_assert_gt(done->times[i][offset], 0, "%d@%lld is committed and was not done", i,
                         (long long)offset);
    }
}

KH_TEST(downstream, C_22_commits_behind_the_work_lose_nothing_when_killed_at_random)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t3");
    const int kills = live_is_long() ? KILLS : KILLS_SHORT;
    struct done *done =
        mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(done, MAP_FAILED);
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, PARTITIONS * EACH, 20, 0, "none");
    stage_open(&s);
    proxy_open(&proxy, &s);
    srandom(22);
    for (int i = 0; i <= kills; i++) {
        size_t before = done->count;
        size_t wanted = i == kills ? PARTITIONS * EACH
                                   : before + 1 + (size_t)random() % (PARTITIONS * EACH / KILLS);
        pid_t worker = fork();
        if (worker == 0)
            run_worker(proxy.address, group, topic, done);
        run_until(&s, done->count >= wanted || done->count == PARTITIONS * EACH);
        if (i == kills)
            run_until(&s, admin_group_offset(group, topic, 0) == EACH &&
                              admin_group_offset(group, topic, 1) == EACH &&
                              admin_group_offset(group, topic, 2) == EACH);
        kill(worker, SIGKILL);
        waitpid(worker, NULL, 0);
        expect_committed_is_done(done, group, topic);
    }
    munmap(done, sizeof *done);
    proxy_close(&proxy);
    stage_close(&s);
}
