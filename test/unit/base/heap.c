#include "base/heap.h"

#include "support/test.h"

#include <stdint.h>

KH_TEST(heap, counts_what_is_outstanding)
{
    void *a = kh_alloc(test_heap, 10);
    void *b = kh_alloc(test_heap, 0);
    cr_assert(a != NULL && b != NULL);
    cr_assert_eq(test_heap->outstanding, 2);
    a = kh_resize(test_heap, a, 100, 10);
    cr_assert_not_null(a);
    cr_assert_eq(test_heap->outstanding, 2);
    kh_free(test_heap, a);
    kh_free(test_heap, b);
    kh_free(test_heap, NULL);
    cr_assert_eq(test_heap->outstanding, 0);
}

KH_TEST(heap, refuses_a_product_that_overflows)
{
    cr_assert_null(kh_alloc_zeroed(test_heap, SIZE_MAX / 2, 3));
    cr_assert_null(kh_resize(test_heap, NULL, 3, SIZE_MAX / 2));
    cr_assert_null(kh_copy_text(test_heap, "", SIZE_MAX));
    cr_assert_eq(test_allocations(), 0);
}

KH_TEST(heap, zeroes_and_terminates)
{
    char *zeros = kh_alloc_zeroed(test_heap, 5, 2);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(zeros[i], 0);
    char *copy = kh_copy_text(test_heap, "abcdef", 3);
    cr_assert_str_eq(copy, "abc");
    char *empty = kh_copy_text(test_heap, NULL, 0);
    cr_assert_str_eq(empty, "");
    kh_free(test_heap, zeros);
    kh_free(test_heap, copy);
    kh_free(test_heap, empty);
}

KH_TEST(heap, a_failed_resize_keeps_the_old_block)
{
    char *text = kh_copy_text(test_heap, "kept", 4);
    test_fail_allocation(0);
    cr_assert_null(kh_resize(test_heap, text, 1000, 1));
    cr_assert(test_allocation_failed());
    cr_assert_str_eq(text, "kept");
    cr_assert_eq(test_heap->outstanding, 1);
    kh_free(test_heap, text);
}

KH_TEST(heap, default_is_the_c_library)
{
    struct kh_heap heap;
    kh_heap_init(&heap);
    char *text = kh_copy_text(&heap, "x", 1);
    text = kh_resize(&heap, text, 3, 1000);
    cr_assert_str_eq(text, "x");
    kh_free(&heap, text);
    cr_assert_eq(heap.outstanding, 0);
}
