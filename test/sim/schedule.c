#include "sim/schedule.h"

#include "sim/memory.h"

#include <stdlib.h>

void sim_schedule_free(struct sim_schedule *s)
{
    free(s->heap);
    *s = (struct sim_schedule){0};
}

static bool is_before(const struct sim_event *a, const struct sim_event *b)
{
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->sequence < b->sequence;
}

static void put(struct sim_schedule *s, size_t place, struct sim_event *event)
{
    s->heap[place - 1] = event;
    event->place = place;
}

static void sift_up(struct sim_schedule *s, struct sim_event *event)
{
    size_t place = event->place;

    while (place > 1 && is_before(event, s->heap[place / 2 - 1])) {
        put(s, place, s->heap[place / 2 - 1]);
        place /= 2;
    }
    put(s, place, event);
}

static void sift_down(struct sim_schedule *s, struct sim_event *event)
{
    size_t place = event->place;

    for (size_t child = place * 2; child <= s->count; child = place * 2) {
        if (child < s->count && is_before(s->heap[child], s->heap[child - 1]))
            child++;
        if (!is_before(s->heap[child - 1], event))
            break;
        put(s, place, s->heap[child - 1]);
        place = child;
    }
    put(s, place, event);
}

void sim_cancel(struct sim_schedule *s, struct sim_event *event)
{
    if (!sim_armed(event))
        return;
    struct sim_event *last = s->heap[--s->count];
    if (last != event) {
        put(s, event->place, last);
        sift_up(s, last);
        sift_down(s, last);
    }
    event->place = 0;
}

void sim_at(struct sim_schedule *s, struct sim_event *event, int64_t due_us)
{
    sim_cancel(s, event);
    event->due_us = due_us < s->now_us ? s->now_us : due_us;
    event->sequence = s->sequence++;
    sim_grow(&s->heap, &s->capacity, s->count, sizeof *s->heap);
    put(s, ++s->count, event);
    sift_up(s, event);
}

void sim_after(struct sim_schedule *s, struct sim_event *event, int64_t delay_us)
{
    sim_at(s, event, s->now_us + delay_us);
}

bool sim_step(struct sim_schedule *s, int64_t until_us)
{
    if (s->count == 0 || s->heap[0]->due_us > until_us) {
        if (s->now_us < until_us)
            s->now_us = until_us;
        return false;
    }
    struct sim_event *event = s->heap[0];
    s->fired_at_once = event->due_us == s->now_us ? s->fired_at_once + 1 : 0;
    s->now_us = event->due_us;
    s->fired++;
    sim_cancel(s, event);
    event->fire(event);
    return true;
}
