#include "base/list.h"

#include "support/test.h"

struct item {
    int number;
    struct kh_list node;
};

KH_TEST(list, keeps_order_and_bears_removal_while_walking)
{
    struct kh_list list;
    kh_list_init(&list);
    cr_assert(kh_list_empty(&list));
    struct item items[5];
    for (int i = 0; i < 5; i++) {
        items[i].number = i;
        kh_list_append(&list, &items[i].node);
    }
    int next = 0;
    kh_list_each_safe (node, &list) {
        struct item *item = kh_container(node, struct item, node);
        cr_assert_eq(item->number, next++);
        if (item->number % 2 == 0)
            kh_list_remove(node);
    }
    cr_assert_eq(next, 5);
    kh_list_remove(&items[0].node); /* twice is harmless */
    next = 1;
    kh_list_each (node, &list) {
        cr_assert_eq(kh_container(node, struct item, node)->number, next);
        next += 2;
    }
    cr_assert_eq(next, 5);
    kh_list_remove(&items[1].node);
    kh_list_remove(&items[3].node);
    cr_assert(kh_list_empty(&list));
}

KH_TEST(list, moves_whole)
{
    struct kh_list a, b, c;
    struct item items[4];
    kh_list_init(&a);
    kh_list_init(&b);
    for (int i = 0; i < 4; i++) {
        items[i].number = i;
        kh_list_append(i < 2 ? &a : &b, &items[i].node);
    }
    kh_list_move_behind(&a, &b);
    cr_assert(kh_list_empty(&b));
    kh_list_move_behind(&a, &b); /* nothing */
    kh_list_move(&c, &a);
    cr_assert(kh_list_empty(&a));
    int next = 0;
    kh_list_each (node, &c) {
        cr_assert_eq(kh_container(node, struct item, node)->number, next++);
        cr_assert_eq(node->next->previous, node);
    }
    cr_assert_eq(next, 4);
}
