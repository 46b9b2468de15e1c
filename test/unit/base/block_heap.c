#include "base/block_heap.h"
#include "support/test.h"

#include <string.h>

KH_TEST(block_heap, gives_from_one_block_until_it_is_full)
{
    struct kh_block_heap block;
    size_t before = test_heap->outstanding;
    expect_status(kh_block_heap_init(&block, test_heap, 512), 0);
    cr_assert_eq(test_heap->outstanding, before + 1);
    char *first = kh_alloc(&block.heap, 20);
    memset(first, 'a', 20);
    char *second = kh_alloc(&block.heap, 1);
    *second = 'b';
    first = kh_resize(&block.heap, first, 60, 1);
    memset(first + 20, 'c', 40);
    cr_assert(first[0] == 'a' && first[19] == 'a' && *second == 'b');
    kh_free(&block.heap, second);
    cr_assert_null(kh_alloc(&block.heap, 400));
    cr_assert_null(kh_alloc(&block.heap, SIZE_MAX - 4));
    cr_assert_not_null(kh_alloc(&block.heap, 8), "what failed took nothing");
    cr_assert_eq(test_heap->outstanding, before + 1, "the owner is not asked again");
    kh_block_heap_free(&block);
    kh_block_heap_free(&block);
    cr_assert_eq(test_heap->outstanding, before);
    test_fail_allocation(0);
    expect_status(kh_block_heap_init(&block, test_heap, 512), KOHORT_ENOMEM);
    kh_block_heap_free(&block);
}
