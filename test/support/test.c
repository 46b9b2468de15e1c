#include "support/test.h"

#include <stdint.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_LEAK_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_LEAK_SANITIZER 1
#endif

#ifdef WITH_LEAK_SANITIZER
#include <sanitizer/lsan_interface.h>
#endif

static struct {
    struct kh_heap heap;
    size_t allocations;
    size_t fail_at; /* the number of the allocation that fails; SIZE_MAX: none */
    bool failed;
    size_t outstanding_before_round;
} state;

struct kh_heap *test_heap = &state.heap;

static void *reallocate(void *arg, void *old, size_t size)
{
    (void)arg;
    if (size == 0) {
        free(old);
        return NULL;
    }
    if (state.allocations++ == state.fail_at) {
        state.failed = true;
        return NULL;
    }
    return realloc(old, size);
}

size_t test_allocations(void)
{
    return state.allocations;
}

void test_fail_allocation(size_t skip)
{
    state.fail_at = state.allocations + skip;
    state.failed = false;
}

bool test_allocation_failed(void)
{
    return state.failed;
}

bool test_sweep(size_t round)
{
    if (round == 0)
        state.outstanding_before_round = state.heap.outstanding;
    cr_assert_eq(state.heap.outstanding, state.outstanding_before_round,
                 "the round before the failure of allocation %zu left %zu blocks more", round,
                 state.heap.outstanding - state.outstanding_before_round);
    bool go_on = round == 0 || state.failed;
    test_fail_allocation(round);
    if (!go_on)
        state.fail_at = SIZE_MAX;
    return go_on;
}

#ifdef WITH_LEAK_SANITIZER
/* Pointers that the body left on the stack would hide what it leaked. */
__attribute__((noinline)) static void scrub_stack(void)
{
    volatile char old_frames[64 * 1024];
    for (size_t i = 0; i < sizeof old_frames; i++)
        old_frames[i] = 0;
}
#endif

void test_run(void (*body)(void))
{
    state.heap = (struct kh_heap){.reallocate = reallocate};
    state.fail_at = SIZE_MAX;
    body();
    cr_assert_eq(state.heap.outstanding, 0, "%zu blocks of test_heap were not freed",
                 state.heap.outstanding);
    cr_assert_eq(state.heap.arena_bytes, 0, "an arena's bytes are still counted");
#ifdef WITH_LEAK_SANITIZER
    scrub_stack();
    cr_assert_eq(__lsan_do_recoverable_leak_check(), 0, "memory was leaked; see the report above");
#endif
}
