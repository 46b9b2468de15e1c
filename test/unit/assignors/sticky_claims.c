/* Whom the sticky assignors believe: user data in all its versions and states, and members that
 * come back with what they held long ago. */
#include "assignors/sticky.h"
#include "base/random.h"
#include "support/test.h"

enum { MEMBERS = 3, PARTITIONS = 6 };

/* Members a, b, c of one topic "t"; `bytes` are user data. */
struct group {
    struct kh_arena arena;
    struct kh_assignor_member members[MEMBERS];
    struct kh_string subscribed;
    uint8_t owned[MEMBERS][64];
    struct kh_assignor_topic topic;
};

static void begin(struct group *g)
{
    static const char *const ids[MEMBERS] = {"a", "b", "c"};
    *g = (struct group){.subscribed = KH_STRING("t"),
                        .topic = {.name = KH_STRING("t"), .partition_count = PARTITIONS}};
    kh_arena_init(&g->arena, test_heap, SIZE_MAX);
    for (size_t m = 0; m < MEMBERS; m++)
        g->members[m] = (struct kh_assignor_member){
            .id = kh_string_of(ids[m]),
            .subscription = {.topics = &g->subscribed, .topic_count = 1, .generation = -1}};
}

static void tell(struct group *g, size_t member, const void *bytes, size_t size)
{
    g->members[member].subscription.user_data = (struct kh_bytes){bytes, (int32_t)size};
}

/* In the subscription's own fields. */
static void own(struct group *g, size_t member, int32_t generation, int32_t *partitions,
                size_t count)
{
    struct kh_assignor_subscription *s = &g->members[member].subscription;
    const struct kh_consumer_topic topic = {KH_STRING("t"), partitions, count};
    struct kh_writer w;
    kh_writer_init(&w, test_heap);
    kh_consumer_topics_write(&w, &topic, 1);
    s->owned = (struct kh_bytes){g->owned[member], (int32_t)w.size};
    memcpy(g->owned[member], w.data, w.size);
    kh_writer_free(&w);
    s->generation = generation;
}

/* By partition, who gets it; a dot for nobody. */
static const char *layout(struct group *g, const struct kh_assignor *assignor)
{
    static char text[PARTITIONS + 1];
    struct kh_assignor_result results[MEMBERS];
    const struct kh_assignor_input input = {g->members, MEMBERS, &g->topic, 1};
    memset(text, '.', PARTITIONS);
    expect_status(kh_assignor_assign(assignor, &input, &g->arena, results), 0);
    for (size_t m = 0; m < MEMBERS; m++)
        for (size_t i = 0; i < results[m].count; i++)
            text[results[m].partitions[i].partition] = g->members[m].id.data[0];
    kh_arena_free(&g->arena);
    return text;
}

/* t: 4, 5 - what a fresh round would give to b and c. */
#define V0 "\0\0\0\1\0\1t\0\0\0\2\0\0\0\4\0\0\0\5"

KH_TEST(sticky_claims, user_data_is_read_with_a_generation_and_without)
{
    struct group g;
    begin(&g);
    cr_assert_str_eq(layout(&g, &kh_assignor_sticky), "abcabc", "nobody tells anything");
    begin(&g);
    tell(&g, 0, V0, sizeof V0 - 1);
    cr_assert_str_eq(layout(&g, &kh_assignor_sticky), "bcbcaa");
    begin(&g);
    tell(&g, 0, V0 "\0\0\0\7", sizeof V0 + 3);
    tell(&g, 1, V0 "\0\0\0\6", sizeof V0 + 3);
    tell(&g, 2, V0, sizeof V0 - 1);
    cr_assert_str_eq(layout(&g, &kh_assignor_sticky), "bcbcaa", "the newest generation's");
}

KH_TEST(sticky_claims, what_is_written_is_read)
{
    struct group g;
    struct kh_writer w;
    int32_t partitions[] = {4, 5};
    const struct kh_consumer_topic topic = {KH_STRING("t"), partitions, 2};
    kh_writer_init(&w, test_heap);
    kh_assignor_sticky.write_user_data(&kh_assignor_sticky, NULL, &w, &topic, 1, -1);
    cr_assert_eq(w.size, 0, "nothing to tell before the first assignment");
    kh_assignor_sticky.write_user_data(&kh_assignor_sticky, NULL, &w, &topic, 1, 7);
    cr_assert_eq(w.size, sizeof V0 + 3);
    cr_assert_eq(memcmp(w.data, V0 "\0\0\0\7", sizeof V0 + 3), 0);
    begin(&g);
    tell(&g, 0, w.data, w.size);
    cr_assert_str_eq(layout(&g, &kh_assignor_sticky), "bcbcaa");
    kh_writer_reset(&w);
    kh_assignor_cooperative_sticky.write_user_data(&kh_assignor_cooperative_sticky, NULL, &w,
                                                   &topic, 1, 7);
    cr_assert_eq(w.size, 4);
    kh_writer_free(&w);
}

/* franz-go 1.21.4: a member that claimed what it held generations ago made the leader crash, or
 * give a partition to two. */
KH_TEST(sticky_claims, of_two_the_newer_generation_is_believed_of_equal_ones_neither)
{
    struct group g;
    int32_t first[] = {0, 1}, same[] = {1, 0}, beyond[] = {-1, 6, INT32_MAX, INT32_MIN, 2, 2};
    begin(&g);
    own(&g, 0, 3, first, 2);
    own(&g, 2, 4, same, 2);
    cr_assert_str_eq(layout(&g, &kh_assignor_cooperative_sticky), "ccabab");
    begin(&g);
    own(&g, 0, 4, first, 2);
    own(&g, 2, 4, same, 2);
    cr_assert_str_eq(layout(&g, &kh_assignor_cooperative_sticky), "..cabc",
                     "both have to let go first");
    begin(&g);
    own(&g, 1, 4, beyond, 6);
    cr_assert_str_eq(layout(&g, &kh_assignor_cooperative_sticky), "abbcac",
                     "what does not exist is passed over");
}

KH_TEST(sticky_claims, a_generation_in_user_data_counts_where_the_field_has_none)
{
    struct group g;
    int32_t first[] = {0, 1}, same[] = {0, 1};
    begin(&g);
    own(&g, 0, -1, first, 2);
    tell(&g, 0, "\0\0\0\7", 4);
    own(&g, 2, 6, same, 2);
    cr_assert_str_eq(layout(&g, &kh_assignor_cooperative_sticky), "aabcbc");
    begin(&g);
    own(&g, 0, -1, first, 2);
    tell(&g, 0, "\0\0\7", 3);
    own(&g, 2, 6, same, 2);
    cr_assert_str_eq(layout(&g, &kh_assignor_cooperative_sticky), "ccabab");
}

KH_TEST(sticky_claims, bytes_that_cannot_be_read_claim_nothing)
{
    static const char whole[] = V0 "\0\0\0\7";
    struct kh_random random;
    kh_random_seed(&random, 25);
    for (size_t size = 0; size < sizeof V0 - 1; size++) {
        struct group g;
        begin(&g);
        tell(&g, 0, whole, size);
        cr_assert_str_eq(layout(&g, &kh_assignor_sticky), "abcabc", "cut at %zu", size);
    }
    for (int round = 0; round < 20000; round++) {
        struct group g;
        char bytes[sizeof whole - 1];
        begin(&g);
        for (size_t m = 0; m < MEMBERS; m++) {
            memcpy(bytes, whole, sizeof bytes);
            bytes[kh_random_below(&random, sizeof bytes)] = (char)kh_random_next(&random);
            tell(&g, m, kh_arena_string(&g.arena, (struct kh_string){bytes, sizeof bytes}).data,
                 kh_random_below(&random, sizeof bytes + 1));
        }
        cr_assert_null(strchr(layout(&g, &kh_assignor_sticky), '.'), "all is handed out");
    }
}

KH_TEST(sticky_claims, each_limit_on_memory_is_reported)
{
    static struct kh_string other = {"u", 1};
    for (int general = 0; general < 2; general++) {
        size_t limit = 0;
        for (int status = KOHORT_ENOMEM; status != 0; limit += 4) {
            struct group g;
            struct kh_assignor_result results[MEMBERS];
            begin(&g);
            g.members[1].subscription.topics = general ? &other : &g.subscribed;
            tell(&g, 0, V0, sizeof V0 - 1);
            const struct kh_assignor_input input = {g.members, MEMBERS, &g.topic, 1};
            g.arena.limit = limit;
            status = kh_assignor_assign(&kh_assignor_sticky, &input, &g.arena, results);
            cr_assert(status == 0 || status == KOHORT_ENOMEM);
            kh_arena_free(&g.arena);
        }
        cr_assert_gt(limit, 100);
    }
}
