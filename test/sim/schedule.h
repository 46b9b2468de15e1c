/* Virtual time: what is to happen, by its time and, at one time, by the order in which it was
 * asked for. Nothing else in a simulation decides what comes next, so a seed gives one story. */
#ifndef TEST_SIM_SCHEDULE_H
#define TEST_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_MS INT64_C(1000) /* times are in microseconds */

/* Embedded in what it belongs to; zeroed, with `fire` set, it is ready for sim_at. */
struct sim_event {
    void (*fire)(struct sim_event *event);
    int64_t due_us;
    uint64_t sequence;
    size_t place; /* in the heap, from 1; 0: not armed */
};

struct sim_schedule {
    struct sim_event **heap;
    size_t count, capacity;
    int64_t now_us;
    uint64_t sequence;
    uint64_t fired;
    uint64_t fired_at_once; /* since the time last moved */
};

void sim_schedule_free(struct sim_schedule *s);

/* Arms the event, or moves it; a time that has passed is now. */
void sim_at(struct sim_schedule *s, struct sim_event *event, int64_t due_us);
void sim_after(struct sim_schedule *s, struct sim_event *event, int64_t delay_us);
/* Harmless when it is not armed. */
void sim_cancel(struct sim_schedule *s, struct sim_event *event);
static inline bool sim_armed(const struct sim_event *event)
{
    return event->place != 0;
}

/* Moves the time to the next event and fires it; false when there is none by until_us, and then it
 * is until_us. */
bool sim_step(struct sim_schedule *s, int64_t until_us);

static inline int64_t sim_now_ms(const struct sim_schedule *s)
{
    return s->now_us / SIM_MS;
}

#endif
