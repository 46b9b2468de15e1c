#include "base/arena.h"

#include "base/limits.h"
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
