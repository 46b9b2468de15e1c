/* One uv loop with everything that acts on it: members, proxies, peers, children. A test waits by
 * running the loop until something is true; it never sleeps. */
#ifndef TEST_SUPPORT_LIVE_STAGE_H
#define TEST_SUPPORT_LIVE_STAGE_H

#include "support/live/live.h"

#include <uv.h>

enum { STAGE_WAIT_MS = 60000 };

struct member;
struct oracle;

struct stage {
    uv_loop_t loop;
    uv_timer_t tick; /* conditions that no event of the loop announces are looked at again */
    struct member **members; /* in the order they came */
    size_t member_count, member_capacity;
    struct oracle *oracle; /* judges what members do with its topic; NULL: nobody does */
    size_t allocations;    /* of all clients, not yet freed */
    int64_t deadline_ms;   /* of the wait in progress */
};

void stage_open(struct stage *s);
/* Closes what members are left, the last one first, and then proves that nothing else is: the loop
 * closes, the clients hold no memory, and the oracle has seen no rule broken. */
void stage_close(struct stage *s);

/* The allocator that counts for stage_close(); for kohort_options_set_allocator(). */
void *stage_reallocate(void *stage, void *old, size_t size);

/* Runs the loop until an expression is true; after STAGE_WAIT_MS (four times that in the long
 * mode), or when the oracle has seen a
 * rule broken, the test fails with the expression and each member's story. */
#define run_until(stage, condition)                                                                \
    do {                                                                                           \
        stage_begin_wait(stage);                                                                   \
        while (!(condition))                                                                       \
            stage_turn(stage, #condition);                                                         \
    } while (0)

/* A check whose failure tells the members' stories. */
#define stage_check(stage, condition)                                                              \
    do {                                                                                           \
        if (!(condition))                                                                          \
            stage_fail(stage, "%s:%d: not true: %s", __FILE__, __LINE__, #condition);              \
    } while (0)

void stage_begin_wait(struct stage *s);
void stage_turn(struct stage *s, const char *condition);
void stage_fail(struct stage *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
