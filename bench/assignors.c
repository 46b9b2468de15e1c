/* What assignors cost: CPU time of this thread, the least of several runs, one JSON line a case.
 *
 *   assignors [RUNS]
 *
 * Every case runs three steps as a leader does: read (bytes of JoinGroup), assign (dense numbers to
 * dense numbers), encode; names become numbers in `intern`. */
#include "assignors/shares.h"
#include "assignors/sticky.h"
#include "base/random.h"
#include "coordinator/assign.h"
#include "leader.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum shape { FRESH, CHANGED, ONE_DIFFERS, UNEVEN, RANDOM_TOPICS };

struct scene {
    const char *name;
    enum shape shape;
    size_t members, topics, partitions; /* of a topic */
    double limit_ms;                    /* of `assign`; 0: no figure is promised */
    double around_ms;                   /* of read, intern and encode together */
};

struct bench {
    struct kh_heap heap;
    const struct scene *scene;
    struct kh_random random;
    struct kh_arena names;
    struct kh_assignor_topic *topics;
    struct kh_join_group_response_member *joined;
    struct kh_writer *metadata;
    size_t member_count, partition_count;
};

struct times {
    double read_ms, intern_ms, assign_ms, encode_ms;
    struct leader_times loop;
    size_t bytes; /* that assign took */
};

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void give_up(const char *why)
{
    fprintf(stderr, "assignors: %s\n", why);
    exit(1);
}

static void *need(void *memory)
{
    if (memory == NULL)
        give_up("out of memory");
    return memory;
}

static struct kh_string name(struct bench *b, const char *what, size_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%s-%06zu", what, number);
    struct kh_string copy = kh_arena_string(&b->names, kh_string_of(text));
    need((void *)(uintptr_t)copy.data);
    return copy;
}

/* ---- what members send ---- */

static bool subscribes(struct bench *b, size_t member, size_t topic)
{
    const struct scene *s = b->scene;
    if (s->shape == ONE_DIFFERS)
        return member != s->members / 2 || topic != s->topics - 1;
    if (s->shape == RANDOM_TOPICS) /* a fifth of 500 topics, in no pattern */
        return (member * 2654435761u ^ topic * 40503u * 2246822519u) % s->topics < 100;
    return true;
}

static void write_member(struct bench *b, size_t member, bool is_new)
{
    const struct scene *s = b->scene;
    struct kh_consumer_subscription subscription = {
        .topics = need(kh_alloc_zeroed(&b->heap, s->topics, sizeof(struct kh_string))),
        .owned = need(kh_alloc_zeroed(&b->heap, s->topics, sizeof(struct kh_consumer_topic))),
        .generation = is_new ? -1 : 7};
    bool holds = !is_new && (s->shape == CHANGED || s->shape == ONE_DIFFERS);
    size_t most = s->partitions / s->members + 1;
    int32_t *numbers = need(kh_alloc_zeroed(&b->heap, s->topics * most, sizeof *numbers));
    for (size_t t = 0; t < s->topics; t++) {
        if (subscribes(b, member, t))
            subscription.topics[subscription.topic_count++] = b->topics[t].name;
        struct kh_consumer_topic *owned = &subscription.owned[subscription.owned_count];
        owned->topic = b->topics[t].name;
        owned->partition_count = 0;
        owned->partitions = &numbers[t * most];
        /* Partitions in one row were dealt like cards. */
        size_t first = (s->members + member - t * s->partitions % s->members) % s->members;
        for (size_t p = first; holds && p < s->partitions; p += s->members)
            owned->partitions[owned->partition_count++] = (int32_t)p;
        subscription.owned_count += owned->partition_count > 0;
    }
    struct kh_writer *w = &b->metadata[b->member_count];
    kh_writer_init(w, &b->heap);
    kh_consumer_subscription_encode(w, KH_CONSUMER_PROTOCOL_NEWEST, &subscription);
    b->joined[b->member_count++] = (struct kh_join_group_response_member){
        .member_id = name(b, "member", member), .metadata = {w->data, (int32_t)w->size}};
    kh_free(&b->heap, numbers);
    kh_free(&b->heap, subscription.owned);
    kh_free(&b->heap, subscription.topics);
}

static void begin(struct bench *b, const struct scene *s)
{
    *b = (struct bench){.scene = s};
    kh_heap_init(&b->heap);
    kh_random_seed(&b->random, 1);
    kh_arena_init(&b->names, &b->heap, SIZE_MAX);
    b->topics = need(kh_alloc_zeroed(&b->heap, s->topics, sizeof *b->topics));
    b->joined = need(kh_alloc_zeroed(&b->heap, s->members + 1, sizeof *b->joined));
    b->metadata = need(kh_alloc_zeroed(&b->heap, s->members + 1, sizeof *b->metadata));
    for (size_t t = 0; t < s->topics; t++) {
        b->topics[t].name = name(b, "topic", t);
        b->topics[t].partition_count = s->partitions;
        if (s->shape == UNEVEN) /* from none to twice as many */
            b->topics[t].partition_count = kh_random_below(&b->random, 2 * s->partitions + 1);
    }
    for (size_t t = 0; t < s->topics; t++)
        b->partition_count += b->topics[t].partition_count;
    for (size_t m = 0; m < s->members; m++)
        if (s->shape != CHANGED || m != s->members / 3)
            write_member(b, m, false);
    if (s->shape == CHANGED)
        write_member(b, s->members, true);
}

static void end(struct bench *b)
{
    for (size_t m = 0; m < b->member_count; m++)
        kh_writer_free(&b->metadata[m]);
    kh_free(&b->heap, b->metadata);
    kh_free(&b->heap, b->joined);
    kh_free(&b->heap, b->topics);
    kh_arena_free(&b->names);
}

/* ---- one run ---- */

static void check(int status)
{
    if (status != 0)
        give_up("it failed");
}

static struct times run(struct bench *b)
{
    struct times t;
    struct kh_arena arena;
    struct kh_assign_group group;
    struct kh_interned interned;
    struct kh_shares shares;
    kohort_error error;
    kh_arena_init(&arena, &b->heap, SIZE_MAX);
    double start = cpu_ms();
    check(kh_assign_read(&arena, b->joined, b->member_count, 1, &group, &error));
    t.read_ms = cpu_ms() - start;
    const struct kh_assignor_input input = {group.members, group.member_count, b->topics,
                                            b->scene->topics};
    start = cpu_ms();
    check(kh_intern(&kh_assignor_cooperative_sticky, &input, &arena, &interned));
    t.intern_ms = cpu_ms() - start;
    start = cpu_ms();
    size_t before = arena.used;
    check(kh_shares_init(&shares, &interned, &arena));
    check(kh_assignor_cooperative_sticky.share(&interned, &arena, &shares));
    t.assign_ms = cpu_ms() - start;
    t.bytes = arena.used - before;
    start = cpu_ms();
    struct kh_assignor_result *results =
        need(kh_arena_alloc(&arena, input.member_count, sizeof *results));
    struct kh_sync_group_layout layout;
    check(kh_assign_encode(&input, &interned, &shares, results, &arena, &layout));
    t.encode_ms = cpu_ms() - start;
    kh_arena_free(&arena);
    const struct leader_round round = {&b->heap,          &kh_assignor_cooperative_sticky,
                                       b->joined,         b->member_count,
                                       b->topics,         b->scene->topics,
                                       b->partition_count};
    if (!leader_measure(&round, &t.loop))
        give_up("the leader's round failed");
    return t;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static void measure(const struct scene *s, int runs)
{
    struct bench b;
    begin(&b, s);
    struct times best = run(&b);
    for (int i = 1; i < runs; i++) {
        struct times t = run(&b);
        best.read_ms = least(best.read_ms, t.read_ms);
        best.intern_ms = least(best.intern_ms, t.intern_ms);
        best.assign_ms = least(best.assign_ms, t.assign_ms);
        best.encode_ms = least(best.encode_ms, t.encode_ms);
        if (leader_longest(&t.loop) < leader_longest(&best.loop))
            best.loop = t.loop;
    }
    printf("{\"case\":\"%s\",\"members\":%zu,\"topics\":%zu,\"partitions\":%zu,"
           "\"read_ms\":%.2f,\"intern_ms\":%.2f,\"assign_ms\":%.2f,\"encode_ms\":%.2f,"
           "\"loop_ms\":%.2f,\"loop\":[%.2f,%.2f,%.2f,%.2f,%.2f,%.2f],"
           "\"bytes_per_partition\":%.1f,\"assign_limit_ms\":%.0f,\"around_limit_ms\":%.0f}\n",
           s->name, s->members, s->topics, b.partition_count, best.read_ms, best.intern_ms,
           best.assign_ms, best.encode_ms, leader_longest(&best.loop), best.loop.grow,
           best.loop.decode, best.loop.joined, best.loop.prepare, best.loop.hand_in,
           best.loop.let_go, (double)best.bytes / (double)b.partition_count, s->limit_ms,
           s->around_ms);
    fflush(stdout);
    end(&b);
}

int main(int count, char **texts)
{
    static const struct scene scenes[] = {
        {"fresh", FRESH, 2000, 500, 2000, 20, 40},
        {"one leaves, one joins", CHANGED, 2000, 500, 2000, 60, 40},
        {"one subscribes to less", ONE_DIFFERS, 2000, 500, 2000, 200, 40},
        {"topics of uneven size", UNEVEN, 1000, 500, 100, 10, 0},
        {"each its own 100 topics", RANDOM_TOPICS, 1000, 500, 200, 1000, 0},
        {"smaller: fresh", FRESH, 1000, 100, 100, 50, 0},
        {"smaller: one leaves, one joins", CHANGED, 1000, 100, 100, 50, 0},
        {"smaller: one subscribes to less", ONE_DIFFERS, 1000, 100, 100, 50, 0},
        {"smaller: each its own 100 topics", RANDOM_TOPICS, 1000, 500, 20, 50, 0},
    };
    int runs = count > 1 ? (int)strtol(texts[1], NULL, 10) : 5;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        measure(&scenes[i], runs);
    for (size_t members = 125; members <= 2000; members *= 2) { /* doubling both: growth */
        const enum shape shapes[] = {FRESH, CHANGED, ONE_DIFFERS, RANDOM_TOPICS};
        static const char *const names[] = {"growth: fresh", "growth: one leaves, one joins",
                                            "growth: one subscribes to less",
                                            "growth: each its own 100 topics"};
        for (size_t i = 0; i < 4; i++)
            measure(&(struct scene){names[i], shapes[i], members, 500, members / 5 * 2, 0, 0},
                    runs);
    }
    return 0;
}
