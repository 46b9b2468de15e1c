#include "base/arena.h"

#include "base/limits.h"
#include "base/random.h"
#include "support/counting_heap.h"
#include "support/test.h"

#include <stdalign.h>
#include <stdint.h>

KH_TEST(arena, gives_zeroed_aligned_memory)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, 1 << 20);
    for (size_t size = 1; size < 3000; size = size * 3 + 1) {
        unsigned char *memory = kh_arena_alloc(&arena, 2, size);
        cr_assert_eq((uintptr_t)memory % alignof(max_align_t), 0);
        for (size_t i = 0; i < 2 * size; i++)
            cr_assert_eq(memory[i], 0);
        memset(memory, 0xff, 2 * size);
    }
    cr_assert_not_null(kh_arena_alloc(&arena, 0, 8), "an empty array is not a failure");
    kh_arena_reset(&arena);
    unsigned char *memory = kh_arena_alloc(&arena, 1, 4000);
    for (size_t i = 0; i < 4000; i++)
        cr_assert_eq(memory[i], 0, "what is reused is zeroed again");
    kh_arena_free(&arena);
}

KH_TEST(arena, gives_no_more_than_its_limit)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, 1000);
    cr_assert_null(kh_arena_alloc(&arena, 1, 1001));
    cr_assert_null(kh_arena_alloc(&arena, SIZE_MAX / 2, 4), "the product overflows");
    cr_assert_null(kh_arena_alloc(&arena, 1, SIZE_MAX));
    cr_assert_eq(test_allocations(), 0, "nothing is asked for that cannot be given");
    cr_assert_not_null(kh_arena_alloc(&arena, 1, 900));
    cr_assert_null(kh_arena_alloc(&arena, 1, 101));
    cr_assert_not_null(kh_arena_alloc(&arena, 1, 16));
    kh_arena_free(&arena);
    cr_assert_eq(arena.used, 0);
    cr_assert_eq(arena.held, 0);
}

/* Sizes of every kind, in every order: what is left of a chunk that was too small counts too. */
KH_TEST(arena, P_04_takes_no_more_from_the_heap_than_its_limit)
{
    struct counting_heap counting;
    struct kh_random random;
    kh_random_seed(&random, 4);
    counting_heap_init(&counting);
    for (int round = 0; round < 2000; round++) {
        struct kh_arena arena;
        size_t limit = 1 + kh_random_below(&random, 1 << 18), refused = 0;
        kh_arena_init(&arena, &counting.heap, limit);
        counting.most = 0;
        while (refused < 20) {
            size_t size = kh_random_below(&random, (uint64_t)1 << kh_random_below(&random, 18));
            refused += kh_arena_alloc(&arena, 1, size) == NULL;
        }
        cr_assert_leq(counting.most, limit);
        cr_assert_eq(counting.most, arena.held);
        kh_arena_reset(&arena);
        cr_assert_eq(counting.held, arena.held);
        kh_arena_free(&arena);
        cr_assert_eq(counting.held, 0);
    }
}

KH_TEST(arena, P_04_what_a_reset_kept_is_not_given_out_beyond_the_limit)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, 1 << 20);
    cr_assert_not_null(kh_arena_alloc(&arena, 1, 100000));
    kh_arena_reset(&arena);
    arena.limit = 1000;
    cr_assert_eq(kh_arena_room(&arena), 1000);
    cr_assert_null(kh_arena_alloc(&arena, 1, 1001));
    cr_assert_not_null(kh_arena_alloc(&arena, 1, 800));
    cr_assert_null(kh_arena_alloc(&arena, 1, 800), "nor may more be taken");
    kh_arena_free(&arena);
}

KH_TEST(arena, P_04_all_of_a_heap_share_one_limit)
{
    struct kh_arena one, other, leaders;
    kh_arena_init(&one, test_heap, KH_LIMIT_ARENAS);
    kh_arena_init(&other, test_heap, KH_LIMIT_ARENAS);
    kh_arena_init(&leaders, test_heap, KH_LIMIT_LEADER);
    cr_assert_not_null(kh_arena_take(&one, 40, KH_MIB));
    cr_assert_not_null(kh_arena_take(&leaders, 40, KH_MIB), "this one counts by itself");
    cr_assert_null(kh_arena_take(&other, 24, KH_MIB));
    cr_assert_lt(kh_arena_room(&other), 24 * KH_MIB);
    cr_assert_not_null(kh_arena_take(&other, 23, KH_MIB));
    kh_arena_free(&one);
    cr_assert_not_null(kh_arena_take(&other, 24, KH_MIB), "what is freed can be taken");
    kh_arena_free(&leaders);
    kh_arena_free(&other);
}

KH_TEST(arena, terminates_strings)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, 64);
    struct kh_string text = kh_arena_string(&arena, (struct kh_string){"orders!", 6});
    cr_assert_str_eq(text.data, "orders");
    cr_assert_eq(text.size, 6);
    struct kh_string empty = kh_arena_string(&arena, KH_STRING(""));
    cr_assert_str_eq(empty.data, "");
    cr_assert_null(kh_arena_string(&arena, kh_string_of(NULL)).data);
    cr_assert_null(kh_arena_string(&arena, (struct kh_string){"", 4000}).data, "over the limit");
    kh_arena_free(&arena);
}

static void fill(struct kh_arena *arena, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += 100)
        cr_assert_not_null(kh_arena_alloc(arena, 1, 100));
}

KH_TEST(arena, allocates_nothing_in_a_steady_state)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, 1 << 20);
    fill(&arena, 50000);
    kh_arena_reset(&arena);
    cr_assert_eq(test_heap->outstanding, 1);
    size_t before = test_allocations();
    for (int i = 0; i < 10; i++) {
        fill(&arena, 20000);
        kh_arena_reset(&arena);
    }
    cr_assert_eq(test_allocations(), before);
    kh_arena_free(&arena);
}

KH_TEST(arena, does_not_keep_what_a_giant_message_took)
{
    struct kh_arena arena;
    kh_arena_init(&arena, test_heap, 64 << 20);
    cr_assert_not_null(kh_arena_alloc(&arena, 1, KH_ARENA_KEPT + 1));
    kh_arena_reset(&arena);
    cr_assert_eq(test_heap->outstanding, 0);
    fill(&arena, 5000);
    cr_assert_not_null(kh_arena_alloc(&arena, 1, KH_ARENA_KEPT + 1));
    kh_arena_reset(&arena);
    cr_assert_eq(test_heap->outstanding, 1);
    kh_arena_free(&arena);
}

KH_TEST(arena, survives_each_failing_allocation)
{
    for (size_t round = 0; test_sweep(round); round++) {
        struct kh_arena arena;
        kh_arena_init(&arena, test_heap, 1 << 20);
        bool failed = false;
        for (int i = 0; i < 300; i++)
            failed |= kh_arena_alloc(&arena, 1, 100) == NULL;
        cr_assert_eq(failed, test_allocation_failed());
        kh_arena_free(&arena);
    }
}
