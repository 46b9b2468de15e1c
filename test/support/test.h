/* How a unit test is written: KH_TEST(suite, name) { … }.
 *
 * LeakSanitizer's report does not fail a Criterion run (its exit code is lost in the test's
 * process), so each body is followed by the checks that a clean exit would make: nothing of
 * test_heap is outstanding, and no memory is leaked.
 *
 * A test that expects a signal never reaches its end: write it with Criterion's own Test(suite,
 * name, .signal = …). */
#ifndef TEST_SUPPORT_TEST_H
#define TEST_SUPPORT_TEST_H

#include "base/heap.h"
#include "base/status.h"

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>

#define KH_TEST(suite, name)                                                                       \
    static void suite##_##name##_body(void);                                                       \
    Test(suite, name)                                                                              \
    {                                                                                              \
        test_run(suite##_##name##_body);                                                           \
    }                                                                                              \
    static void suite##_##name##_body(void)

void test_run(void (*body)(void));

/* Fresh for each test; over malloc, so that the sanitizers see every block. */
extern struct kh_heap *test_heap;

/* How often test_heap was asked for memory, growing included, since the test began. */
size_t test_allocations(void);
/* The allocation after the next `skip` ones fails, once. */
void test_fail_allocation(size_t skip);

/* Runs a block once for each of its allocations, that one failing, and last without a failure:
 *     for (size_t i = 0; test_sweep(i); i++) { … }
 * Each round must give back all that it took from test_heap. */
bool test_sweep(size_t round);
/* Whether the round at hand has met its failure. */
bool test_allocation_failed(void);

/* Compares statuses and names both. */
#define expect_status(expression, expected)                                                        \
    do {                                                                                           \
        int expect_status_ = (expression);                                                         \
        cr_assert(expect_status_ == (expected), "%s is %s, not %s", #expression,                   \
                  kh_status_name(expect_status_), kh_status_name(expected));                       \
    } while (0)

#endif
