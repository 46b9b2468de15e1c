#include "consumer/assign_job.h"

#include "base/limits.h"
#include "base/list.h"
#include "consumer/consumer.h"

enum {
    QUEUE_ABOVE_US = 2000,
    /* Measured by bench/assignors: names that every member lists in its own order, and partitions
     * in the general case; with a margin. */
    READ_BYTES_A_US = 100,
    PARTITIONS_A_US = 20,
    /* First guesses of what a step takes; a wrong one costs a repetition. */
    BLOCK_MIN = 16 * KH_KIB,
    BYTES_A_MEMBER = 512,
    BYTES_A_PARTITION = 96,
};

static size_t metadata_bytes(const struct kh_assign_job *job)
{
    size_t bytes = 0;
    for (size_t i = 0; i < job->round.member_count; i++)
        bytes += (size_t)job->round.members[i].metadata.size;
    return bytes;
}

static int64_t estimate_us(const struct kh_assign_job *job)
{
    size_t us = metadata_bytes(job) / READ_BYTES_A_US;
    return (int64_t)(job->assigning ? us + job->partition_count / PARTITIONS_A_US : us);
}

/* ---- the work: maybe on another thread ---- */

static void run(struct kh_work *work)
{
    struct kh_assign_job *job = kh_container(work, struct kh_assign_job, work);
    if (!job->assigning) {
        job->status = kh_assign_read(&job->read.arena, job->round.members, job->round.member_count,
                                     job->seed, &job->group, &job->error);
        return;
    }
    job->status = kh_assign_run(&job->assignor, &job->assign.arena, &job->group, job->topics,
                                job->topic_count, &job->layout, &job->error);
}

/* ---- on the loop ---- */

static void free_step(struct kh_assign_step *step)
{
    kh_arena_free(&step->arena);
    kh_block_heap_free(&step->block);
}

/* Most in one piece, some for what lies outside of the arena: maps of names. */
static int prepare_step(struct kh_assign_job *job, struct kh_assign_step *step)
{
    free_step(step);
    if (step->size > KH_LIMIT_LEADER ||
        kh_block_heap_init(&step->block, job->heap, step->size) != 0)
        return KOHORT_ENOMEM;
    kh_arena_init(&step->arena, &step->block.heap, SIZE_MAX);
    return kh_arena_reserve(&step->arena, step->size / 2);
}

static void start_step(struct kh_assign_job *job);

static void free_job(struct kh_assign_job *job)
{
    free_step(&job->read);
    free_step(&job->assign);
    kh_arena_free(&job->topics_arena);
    kh_member_round_free(&job->round);
    kh_free(job->heap, job);
}

static void done(struct kh_work *work)
{
    struct kh_assign_job *job = kh_container(work, struct kh_assign_job, work);
    struct kh_assign_step *step = job->assigning ? &job->assign : &job->read;
    job->running = false;
    if (job->consumer == NULL) {
        free_job(job);
    } else if (job->status == KOHORT_ENOMEM && step->size <= KH_LIMIT_LEADER) {
        step->size *= 2;
        start_step(job);
    } else {
        kh_client_ask_turn(job->consumer);
    }
}

/* The application's assignor runs on the loop, as all that is its. */
static void start_step(struct kh_assign_job *job)
{
    job->status = prepare_step(job, job->assigning ? &job->assign : &job->read);
    if (job->status != 0) {
        kh_client_ask_turn(job->consumer);
        return;
    }
    job->running = true;
    bool inline_only = job->assigning && job->assignor.share == NULL;
    if (inline_only || estimate_us(job) <= QUEUE_ABOVE_US ||
        job->platform->ops->queue_work(job->platform, &job->work) != 0) {
        run(&job->work);
        done(&job->work);
    }
}

struct kh_assign_job *kh_assign_job_new(kohort_consumer *c)
{
    struct kh_heap *heap = kh_consumer_heap(c);
    struct kh_assign_job *job = kh_alloc_zeroed(heap, 1, sizeof *job);
    if (job == NULL)
        return NULL;
    job->work = (struct kh_work){.run = run, .done = done};
    job->platform = kh_consumer_shared(c)->platform;
    job->heap = heap;
    job->consumer = c;
    job->assignor = *kh_member_assignor(c->group.member);
    struct kh_random next = kh_consumer_shared(c)->random; /* looked at, not drawn */
    job->seed = (uint32_t)kh_random_next(&next);
    kh_error_init(&job->error, KOHORT_ENOMEM);
    kh_arena_init(&job->topics_arena, heap, KH_LIMIT_LEADER);
    kh_member_take_round(c->group.member, &job->round);
    job->read.size = BLOCK_MIN + 4 * metadata_bytes(job) + BYTES_A_MEMBER * job->round.member_count;
    start_step(job);
    return job;
}

void kh_assign_job_assign(struct kh_assign_job *job)
{
    job->assigning = true;
    job->assign.size = BLOCK_MIN + 4 * metadata_bytes(job) +
                       BYTES_A_MEMBER * job->round.member_count +
                       BYTES_A_PARTITION * job->partition_count;
    start_step(job);
}

bool kh_assign_job_shrink(struct kh_assign_job *job)
{
    if (job->round.members != NULL)
        kh_member_round_free(&job->round);
    else if (job->read.block.memory != NULL)
        free_step(&job->read);
    else if (job->topics_arena.chunks != NULL)
        kh_arena_free(&job->topics_arena);
    else
        return false;
    return true;
}

void kh_assign_job_drop(struct kh_assign_job *job)
{
    job->consumer = NULL;
    if (!job->running)
        free_job(job);
}
