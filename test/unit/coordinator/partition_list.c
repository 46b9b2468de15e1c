#include "coordinator/partition_list.h"

#include "base/random.h"
#include "support/test.h"

#include <stdio.h>

static void add(struct kh_partition_list *list, const char *topic, int32_t partition)
{
    expect_status(kh_partition_list_add(list, kh_string_of(topic), partition), 0);
}

static void expect_items(const struct kh_partition_list *list, const char *expected)
{
    char text[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < list->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s-%d", i == 0 ? "" : " ",
                                 list->items[i].topic.data, list->items[i].partition);
    cr_assert_str_eq(text, expected);
}

KH_TEST(partition_list, is_sorted_and_holds_each_once)
{
    struct kh_partition_list list;
    kh_partition_list_init(&list, test_heap);
    add(&list, "b", 2);
    add(&list, "a", 10);
    add(&list, "b", 0);
    add(&list, "a", 9);
    add(&list, "b", 2);
    add(&list, "ab", 1);
    expect_items(&list, "a-9 a-10 ab-1 b-0 b-2");
    cr_assert(kh_partition_list_has(&list, KH_STRING("ab"), 1));
    cr_assert_not(kh_partition_list_has(&list, KH_STRING("ab"), 0));
    cr_assert_not(kh_partition_list_has(&list, KH_STRING("c"), 0));
    cr_assert_eq(list.items[0].topic.data, list.items[1].topic.data, "a name is copied once");
    kh_partition_list_free(&list);
}

KH_TEST(partition_list, can_be_cleared_copied_moved)
{
    struct kh_partition_list a, b;
    kh_partition_list_init(&a, test_heap);
    kh_partition_list_init(&b, test_heap);
    add(&a, "t", 1);
    add(&a, "u", 2);
    add(&b, "old", 0);
    expect_status(kh_partition_list_copy(&b, &a), 0);
    expect_items(&b, "t-1 u-2");
    kh_partition_list_clear(&a);
    expect_items(&a, "");
    expect_items(&b, "t-1 u-2");
    add(&a, "old", 0);
    kh_partition_list_move(&a, &b);
    expect_items(&a, "t-1 u-2");
    expect_items(&b, "");
    kh_partition_list_free(&a);
    kh_partition_list_free(&b);
}

KH_TEST(partition_list, difference_is_what_only_the_first_has)
{
    struct kh_partition_list a, b, out;
    kh_partition_list_init(&a, test_heap);
    kh_partition_list_init(&b, test_heap);
    kh_partition_list_init(&out, test_heap);
    for (int32_t p = 0; p < 5; p++)
        add(&a, "t", p);
    add(&b, "t", 1);
    add(&b, "t", 4);
    add(&b, "a", 0);
    add(&b, "t", 9);
    expect_status(kh_partition_list_difference(&out, &a, &b), 0);
    expect_items(&out, "t-0 t-2 t-3");
    expect_status(kh_partition_list_difference(&out, &a, &a), 0);
    expect_items(&out, "");
    kh_partition_list_free(&a);
    kh_partition_list_free(&b);
    kh_partition_list_free(&out);
}

KH_TEST(partition_list, any_order_of_adding_gives_the_same)
{
    struct kh_random random;
    kh_random_seed(&random, 5);
    static bool there[7][40];
    struct kh_partition_list list;
    kh_partition_list_init(&list, test_heap);
    size_t count = 0;
    for (int i = 0; i < 1000; i++) {
        size_t t = kh_random_below(&random, 7), p = kh_random_below(&random, 40);
        char topic[] = {(char)('a' + t), '\0'};
        count += !there[t][p];
        there[t][p] = true;
        add(&list, topic, (int32_t)p);
        cr_assert_eq(list.count, count);
    }
    for (size_t t = 0; t < 7; t++)
        for (size_t p = 0; p < 40; p++) {
            char topic[] = {(char)('a' + t), '\0'};
            cr_assert_eq(kh_partition_list_has(&list, kh_string_of(topic), (int32_t)p),
                         there[t][p]);
        }
    kh_partition_list_free(&list);
}

KH_TEST(partition_list, each_failing_allocation_changes_nothing)
{
    for (size_t round = 0; test_sweep(round); round++) {
        struct kh_partition_list list, copy;
        kh_partition_list_init(&list, test_heap);
        kh_partition_list_init(&copy, test_heap);
        size_t count = 0;
        for (int32_t p = 0; p < 20; p++) {
            int status = kh_partition_list_add(&list, KH_STRING("t"), 20 - p);
            cr_assert(status == 0 || status == KOHORT_ENOMEM);
            count += status == 0;
            cr_assert_eq(list.count, count);
        }
        if (kh_partition_list_copy(&copy, &list) != 0)
            cr_assert_eq(copy.count, 0);
        kh_partition_list_free(&list);
        kh_partition_list_free(&copy);
    }
}
