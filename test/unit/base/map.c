#include "base/map.h"

#include "base/random.h"
#include "support/test.h"

#include <stdio.h>

struct entry {
    char text[16];
    struct kh_string key;
    bool there;
};

static void name(struct entry *entry, size_t number)
{
    snprintf(entry->text, sizeof entry->text, "topic-%zu", number);
    entry->key = kh_string_of(entry->text);
}

KH_TEST(map, finds_what_was_put_and_not_removed)
{
    enum { COUNT = 300, STEPS = 20000 };
    static struct entry entries[COUNT];
    struct kh_random random;
    kh_random_seed(&random, 7);
    struct kh_map map;
    kh_map_init(&map, test_heap, 12345);
    for (size_t i = 0; i < COUNT; i++)
        name(&entries[i], i);
    size_t there = 0;
    for (int step = 0; step < STEPS; step++) {
        struct entry *entry = &entries[kh_random_below(&random, COUNT)];
        cr_assert_eq(kh_map_get(&map, entry->key), entry->there ? entry : NULL);
        if (entry->there) {
            cr_assert_eq(kh_map_remove(&map, entry->key), entry);
            there--;
        } else {
            expect_status(kh_map_put(&map, entry->key, entry), 0);
            there++;
        }
        entry->there = !entry->there;
        cr_assert_eq(map.count, there);
    }
    cr_assert_leq(map.item_capacity, 1024, "removed items do not make it grow for ever");
    kh_map_free(&map);
}

KH_TEST(map, visits_in_the_order_of_putting)
{
    static struct entry entries[100];
    for (uint32_t seed = 0; seed < 3; seed++) {
        struct kh_map map;
        kh_map_init(&map, test_heap, seed);
        for (size_t i = 0; i < 100; i++) {
            name(&entries[i], i);
            expect_status(kh_map_put(&map, entries[i].key, &entries[i]), 0);
        }
        size_t next = 0;
        kh_map_each (&map, i) {
            cr_assert_eq(map.items[i].value, &entries[next]);
            next++;
            if (next % 2 == 1) /* legal inside */
                kh_map_remove(&map, map.items[i].key);
        }
        cr_assert_eq(next, 100);
        cr_assert_eq(map.count, 50);
        next = 1;
        kh_map_each (&map, i) {
            cr_assert_eq(map.items[i].value, &entries[next]);
            next += 2;
        }
        kh_map_free(&map);
    }
}

KH_TEST(map, tells_keys_apart_by_every_byte_and_null)
{
    struct kh_map map;
    kh_map_init(&map, test_heap, 1);
    static const struct kh_string keys[] = {
        {NULL, 0},   {"", 0},      {"\0", 1},    {"\0\0", 2},
        {"abcd", 4}, {"abcde", 5}, {"abcdf", 5}, {"a", 1},
    };
    enum { COUNT = sizeof keys / sizeof *keys };
    static int values[COUNT];
    for (int i = 0; i < COUNT; i++)
        expect_status(kh_map_put(&map, keys[i], &values[i]), 0);
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(kh_map_get(&map, keys[i]), &values[i]);
    cr_assert_null(kh_map_get(&map, KH_STRING("b")));
    cr_assert_null(kh_map_remove(&map, KH_STRING("b")));
    cr_assert_eq(kh_map_remove(&map, keys[0]), &values[0]);
    cr_assert_null(kh_map_remove(&map, keys[0]), "a removed item is no null key");
    cr_assert_eq(map.count, COUNT - 1);
    kh_map_free(&map);
}

KH_TEST(map, a_failed_put_changes_nothing)
{
    static struct entry entries[40];
    for (size_t round = 0; test_sweep(round); round++) {
        struct kh_map map;
        kh_map_init(&map, test_heap, 9);
        for (size_t i = 0; i < 40; i++) {
            name(&entries[i], i);
            int status = kh_map_put(&map, entries[i].key, &entries[i]);
            if (status != 0) {
                expect_status(status, KOHORT_ENOMEM);
                cr_assert_null(kh_map_get(&map, entries[i].key));
                cr_assert_eq(map.count, i);
                expect_status(kh_map_put(&map, entries[i].key, &entries[i]), 0);
            }
        }
        for (size_t i = 0; i < 40; i++)
            cr_assert_eq(kh_map_get(&map, entries[i].key), &entries[i]);
        kh_map_free(&map);
    }
}
