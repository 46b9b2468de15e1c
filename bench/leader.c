/* As consumer/assign_job.c and net/connection_receive.c do it, without a socket. */
#include "leader.h"

#include "base/block_heap.h"
#include "base/random.h"
#include "coordinator/assign.h"
#include "coordinator/member.h"

#include <time.h>

/* Spare: not to be tried twice, as the job would. */
enum {
    STANDARD_BUFFER = 128 * 1024,
    MOVED = 1024 * 1024,
    SPARE = 16 * 1024 * 1024,
    VERSION = 9,
    SYNC_VERSION = 5
};

struct leader {
    const struct leader_round *round;
    struct leader_times *times;
    struct kh_buffer_pool pool;
    struct kh_member *member;
    struct kh_random random;
    struct kh_log log;
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

double leader_longest(const struct leader_times *t)
{
    return larger(larger(larger(t->grow, t->decode), larger(t->joined, t->prepare)),
                  larger(t->hand_in, t->let_go));
}

/* ---- the frame ---- */

static void write_answer(const struct leader_round *round, struct kh_writer *w)
{
    w->flexible = true;
    kh_write_i32(w, 0);
    kh_write_i16(w, 0);
    kh_write_i32(w, 1);
    kh_write_nullable_string(w, KH_STRING("consumer"));
    kh_write_nullable_string(w, kh_string_of(round->assignor->name));
    kh_write_string(w, round->members[0].member_id);
    kh_write_bool(w, false);
    kh_write_string(w, round->members[0].member_id);
    kh_write_array(w, round->member_count);
    for (size_t i = 0; i < round->member_count; i++) {
        kh_write_string(w, round->members[i].member_id);
        kh_write_nullable_string(w, kh_string_of(NULL));
        kh_write_bytes(w, round->members[i].metadata);
        kh_write_tags(w);
    }
    kh_write_tags(w);
}

/* The first megabyte moves to where the rest fits too. */
static struct kh_buffer *receive(struct leader *l, const struct kh_writer *w)
{
    double start = cpu_ms();
    struct kh_buffer *buffer = kh_buffer_take(&l->pool, w->size);
    size_t moved = w->size < MOVED ? w->size : MOVED;
    if (buffer == NULL)
        return NULL;
    memcpy(buffer->data, w->data, moved);
    l->times->grow = cpu_ms() - start;
    memcpy(buffer->data + moved, w->data + moved, w->size - moved);
    return buffer;
}

/* ---- the machine ---- */

static bool step(struct leader *l, struct kh_member_event *event)
{
    struct kh_member_actions actions;
    event->identity = kh_member_identity(l->member);
    return kh_member_step(l->member, 0, event, &actions) == 0;
}

static bool find(struct leader *l)
{
    struct kh_string topic = l->round->topics[0].name;
    const struct kh_member_options options = {.group_id = KH_STRING("g"),
                                              .session_timeout_ms = 45000,
                                              .rebalance_timeout_ms = 300000,
                                              .heartbeat_interval_ms = 3000,
                                              .drain_timeout_ms = 30000,
                                              .retry_backoff_ms = 100,
                                              .retry_backoff_max_ms = 1000,
                                              .assignors = &l->round->assignor,
                                              .assignor_count = 1};
    struct kh_find_coordinator_response_coordinator found = {
        .node_id = 1, .host = KH_STRING("h"), .port = 9092};
    struct kh_find_coordinator_response response = {.coordinators = &found, .coordinator_count = 1};
    return kh_member_new(&l->member, l->round->heap, &l->random, &l->log, &options) == 0 &&
           step(l, &(struct kh_member_event){.type = KH_MEMBER_EV_START,
                                             .topics = &topic,
                                             .topic_count = 1}) &&
           step(l, &(struct kh_member_event){.type = KH_MEMBER_EV_COORDINATOR,
                                             .message = &response}) &&
           step(l, &(struct kh_member_event){.type = KH_MEMBER_EV_TIME});
}

static bool join(struct leader *l, struct kh_buffer *frame, size_t size)
{
    struct kh_arena arena;
    struct kh_reader r;
    struct kh_join_group_response response;
    kh_arena_init(&arena, l->round->heap, SIZE_MAX);
    double start = cpu_ms();
    kh_reader_init(&r, frame->data, size, true, &arena);
    kh_join_group_response_decode(&r, VERSION, &response);
    bool fine = kh_read_end(&r);
    l->times->decode = cpu_ms() - start;
    start = cpu_ms();
    fine = fine && step(l, &(struct kh_member_event){
                               .type = KH_MEMBER_EV_JOINED, .message = &response, .frame = frame});
    l->times->joined = cpu_ms() - start;
    kh_arena_free(&arena);
    return fine;
}

/* ---- the work, and what comes before and after it ---- */

static bool prepare(const struct leader *l, size_t size, struct kh_block_heap *block,
                    struct kh_arena *arena)
{
    double start = cpu_ms();
    if (kh_block_heap_init(block, l->round->heap, size) != 0)
        return false;
    kh_arena_init(arena, &block->heap, SIZE_MAX);
    bool fine = kh_arena_reserve(arena, size / 2) == 0;
    l->times->prepare = larger(l->times->prepare, cpu_ms() - start);
    return fine;
}

static bool hand_in(struct leader *l, const struct kh_sync_group_layout *layout)
{
    struct kh_writer w;
    kh_writer_init(&w, l->round->heap);
    w.flexible = true;
    double start = cpu_ms();
    bool fine =
        step(l, &(struct kh_member_event){.type = KH_MEMBER_EV_ASSIGNED, .layout = layout}) &&
        step(l, &(struct kh_member_event){.type = KH_MEMBER_EV_TIME});
    kh_sync_group_request_encode(&w, SYNC_VERSION, kh_member_sync_request(l->member));
    l->times->hand_in = cpu_ms() - start;
    fine = fine && w.status == 0 && w.tail.size > 0;
    kh_writer_free(&w);
    return fine;
}

/* Each in a turn of its own. */
static void let_go(struct leader *l, double *start)
{
    double now = cpu_ms();
    l->times->let_go = larger(l->times->let_go, now - *start);
    *start = now;
}

static bool assign(struct leader *l, size_t metadata_size)
{
    const struct leader_round *round = l->round;
    struct kh_member_round taken;
    struct kh_block_heap read_block = {.size = 0}, assign_block = {.size = 0};
    struct kh_arena read, work;
    struct kh_assign_group group;
    struct kh_sync_group_layout layout;
    kohort_error error;
    size_t size = 4 * metadata_size + 512 * round->member_count + SPARE;
    kh_member_take_round(l->member, &taken);
    bool fine = prepare(l, size, &read_block, &read) &&
                kh_assign_read(&read, taken.members, taken.member_count, 1, &group, &error) == 0 &&
                prepare(l, size + 96 * round->partition_count, &assign_block, &work) &&
                kh_assign_run(round->assignor, &work, &group, round->topics, round->topic_count,
                              &layout, &error) == 0 &&
                hand_in(l, &layout);
    double start = cpu_ms();
    kh_member_round_free(&taken);
    let_go(l, &start);
    kh_block_heap_free(&read_block);
    let_go(l, &start);
    kh_block_heap_free(&assign_block);
    let_go(l, &start);
    return fine;
}

bool leader_measure(const struct leader_round *round, struct leader_times *ret)
{
    struct leader l = {.round = round, .times = ret};
    struct kh_writer w;
    *ret = (struct leader_times){.grow = 0};
    kh_random_seed(&l.random, 1);
    kh_buffer_pool_init(&l.pool, round->heap, STANDARD_BUFFER, 1);
    kh_writer_init(&w, round->heap);
    write_answer(round, &w);
    struct kh_buffer *frame = w.status == 0 ? receive(&l, &w) : NULL;
    bool fine = frame != NULL && find(&l) && join(&l, frame, w.size);
    if (frame != NULL)
        kh_buffer_release(frame);
    fine = fine && assign(&l, w.size);
    kh_member_free(l.member);
    kh_writer_free(&w);
    kh_buffer_pool_free(&l.pool);
    return fine;
}
