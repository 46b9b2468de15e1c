#include "base/buffer.h"

#include "support/test.h"

#include <stdint.h>
#include <string.h>

KH_TEST(buffer, returned_last_is_given_first)
{
    struct kh_buffer_pool pool;
    kh_buffer_pool_init(&pool, test_heap, 1000, 2);
    struct kh_buffer *a = kh_buffer_take(&pool, 1000);
    struct kh_buffer *b = kh_buffer_take(&pool, 1);
    cr_assert_eq(a->capacity, 1000);
    cr_assert_eq(b->capacity, 1000);
    cr_assert_eq(pool.live_bytes, 2000);
    kh_buffer_release(a);
    kh_buffer_release(b);
    cr_assert_eq(pool.live_bytes, 0);
    size_t before = test_allocations();
    cr_assert_eq(kh_buffer_take(&pool, 10), b);
    cr_assert_eq(kh_buffer_take(&pool, 10), a);
    cr_assert_eq(test_allocations(), before);
    memset(a->data, 1, a->capacity);
    kh_buffer_release(a);
    kh_buffer_release(b);
    kh_buffer_pool_free(&pool);
}

KH_TEST(buffer, lives_until_its_last_reference)
{
    struct kh_buffer_pool pool;
    kh_buffer_pool_init(&pool, test_heap, 1000, 2);
    struct kh_buffer *a = kh_buffer_take(&pool, 1000);
    kh_buffer_reference(a);
    kh_buffer_release(a);
    cr_assert_eq(pool.live_bytes, 1000);
    struct kh_buffer *b = kh_buffer_take(&pool, 1000);
    cr_assert_neq(a, b);
    kh_buffer_release(a);
    kh_buffer_release(b);
    cr_assert_eq(pool.free_count, 2);
    kh_buffer_pool_free(&pool);
}

KH_TEST(buffer, keeps_only_standard_ones_and_not_too_many)
{
    struct kh_buffer_pool pool;
    kh_buffer_pool_init(&pool, test_heap, 1000, 1);
    struct kh_buffer *large = kh_buffer_take(&pool, 5000);
    struct kh_buffer *a = kh_buffer_take(&pool, 1000);
    struct kh_buffer *b = kh_buffer_take(&pool, 1000);
    cr_assert_eq(large->capacity, 5000);
    kh_buffer_release(large);
    cr_assert_eq(pool.free_count, 0);
    kh_buffer_release(a);
    kh_buffer_release(b);
    cr_assert_eq(pool.free_count, 1);
    cr_assert_eq(test_heap->outstanding, 1);
    kh_buffer_pool_free(&pool);
}

KH_TEST(buffer, running_out_of_memory_changes_nothing)
{
    struct kh_buffer_pool pool;
    kh_buffer_pool_init(&pool, test_heap, 1000, 1);
    test_fail_allocation(0);
    cr_assert_null(kh_buffer_take(&pool, 10));
    cr_assert_null(kh_buffer_take(&pool, SIZE_MAX));
    cr_assert_eq(pool.live_bytes, 0);
    kh_buffer_pool_free(&pool);
}

KH_TEST(buffer, a_copy_takes_what_it_needs_and_is_not_kept)
{
    for (size_t round = 0; test_sweep(round); round++) {
        struct kh_buffer_pool pool;
        kh_buffer_pool_init(&pool, test_heap, 1000, 2);
        struct kh_buffer *copy = kh_buffer_copy(&pool, "records", 7);
        cr_assert_eq(copy == NULL, test_allocation_failed());
        if (copy != NULL) {
            cr_assert_eq(pool.live_bytes, 7);
            cr_assert_eq(memcmp(copy->data, "records", 7), 0);
            kh_buffer_release(copy);
        }
        cr_assert(pool.live_bytes == 0 && pool.free_count == 0);
        kh_buffer_pool_free(&pool);
    }
}
