#include "consumer/stuck.h"
#include "consumer/taped.h"

#include <stdio.h>

/* A deadline is late by a GRAINS-th of processing.timeout.ms at most: what is delivered in one
 * grain has one deadline. */
enum { GRAINS = 16 };

static int64_t grain_ms(const kohort_consumer *c)
{
    int64_t grain = c->values.processing_timeout_ms / GRAINS;
    return grain > 0 ? grain : 1;
}

/* On the clock that stands still while the loop does. */
static int64_t due_in(const kohort_consumer *c, int64_t ms)
{
    int64_t grain = grain_ms(c), due_ms = kh_consumer_now(c) - c->stuck.stood_still_ms + ms;
    return (due_ms + grain - 1) / grain * grain;
}

static void arm(kohort_consumer *c)
{
    c->stuck.due_ms = kh_consumer_now(c) + grain_ms(c);
    kh_client_set_timer(c->client, &c->stuck.timer, c->stuck.due_ms);
}

/* One that comes late was not served: what was posted meanwhile is still in front of the door, so
 * nothing is judged before the next one. */
static void tick(struct kh_timer *timer, int64_t now_ms)
{
    kohort_consumer *c = timer->arg;
    int64_t late_ms = now_ms - c->stuck.due_ms;
    if (late_ms > grain_ms(c)) {
        c->stuck.stood_still_ms += late_ms;
        arm(c);
        return;
    }
    c->stuck.clock_ms = now_ms - c->stuck.stood_still_ms;
    c->stuck.look = true;
    kh_client_ask_turn(c);
}

void kh_stuck_init(kohort_consumer *c)
{
    kh_timer_init(&c->stuck.timer, tick, c);
}

void kh_stuck_stop(kohort_consumer *c)
{
    kh_client_set_timer(c->client, &c->stuck.timer, KH_NEVER);
    c->stuck.look = false;
}

int kh_stuck_reserve(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    if (c->values.processing_timeout_ms == 0)
        return 0;
    return kh_deadlines_reserve(&p->deadlines, &p->tracker, 1, kh_consumer_heap(c));
}

void kh_stuck_note(kohort_partition *p, int64_t first, int64_t last)
{
    kohort_consumer *c = p->consumer;
    if (c->values.processing_timeout_ms == 0)
        return;
    kh_deadlines_set(&p->deadlines, first, last, due_in(c, c->values.processing_timeout_ms));
    if (c->stuck.timer.due_ms == KH_NEVER && !c->stuck.look)
        arm(c);
}

static void set_stuck(kohort_partition *p, bool stuck)
{
    if (p->stuck == stuck)
        return;
    p->stuck = stuck;
    p->consumer->stuck.partitions += stuck ? 1u : UINT32_MAX;
    if (!stuck)
        kh_fetch_changed(p->consumer);
}

void kh_stuck_forget(kohort_partition *p)
{
    kh_deadlines_clear(&p->deadlines);
    set_stuck(p, false);
}

/* The first that the application holds; -1: it holds nothing of the range. */
static int64_t first_held(const kohort_partition *p, int64_t first, int64_t last)
{
    int64_t at = kh_tracker_next(&p->tracker, first);
    while (at >= 0 && at <= last && kh_redelivery_waits(&p->redelivery, at))
        at = kh_tracker_next(&p->tracker, at + 1);
    return at <= last ? at : -1;
}

/* The first range from `from` on that is overdue and still held; NULL: there is none. */
static const struct kh_deadline *overdue(const kohort_partition *p, int64_t from, int64_t *ret_held)
{
    for (uint32_t i = 0; i < p->deadlines.count; i++) {
        const struct kh_deadline *d = &p->deadlines.items[i];
        if (d->first < from || d->due_ms > p->consumer->stuck.clock_ms)
            continue;
        *ret_held = first_held(p, d->first, d->last);
        if (*ret_held >= 0)
            return d;
    }
    return NULL;
}

void kh_stuck_lift(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    kh_shared_now(kh_consumer_shared(c));
    int64_t due_ms = due_in(c, c->values.processing_timeout_ms);
    for (uint32_t i = 0; i < p->deadlines.count; i++)
        if (p->deadlines.items[i].due_ms <= c->stuck.clock_ms)
            p->deadlines.items[i].due_ms = due_ms;
    set_stuck(p, false);
}

static void tell(kohort_partition *p, int64_t held, int64_t last, const char *what_now)
{
    const kohort_consumer *c = p->consumer;
    char text[512];
    snprintf(text, sizeof text,
             "%s-%d: offset %lld was delivered and is not acknowledged, refused or extended for "
             "processing.timeout.ms=%lld: %s",
             p->topic, p->number, (long long)held, (long long)c->values.processing_timeout_ms,
             what_now);
    kh_event_stuck(p, held, last, text);
}

/* The application may do anything inside the event: each range is looked for anew. */
static void redeliver(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    int64_t held, from = 0;
    for (const struct kh_deadline *d; !c->torn_down && (d = overdue(p, from, &held)) != NULL;) {
        int64_t first = d->first, last = d->last;
        if (kh_redelivery_want(&p->redelivery, kh_consumer_heap(c), &p->tracker, first, last) != 0)
            return; /* At the next look. */
        kh_partition_rewind(p, "a record was not acknowledged in time");
        from = last + 1;
        tell(p, held, last, "it is delivered again");
    }
}

static void suspend(kohort_partition *p)
{
    int64_t held;
    const struct kh_deadline *d = overdue(p, 0, &held);
    bool was = p->stuck;
    set_stuck(p, d != NULL);
    if (d != NULL && !was)
        tell(p, held, d->last,
             "nothing more of the partition is delivered until that is done, or kohort_resume() or "
             "kohort_seek() is called");
}

static void leave(kohort_partition *p)
{
    int64_t held;
    const struct kh_deadline *d = overdue(p, 0, &held);
    if (d == NULL || p->consumer->closing.wanted)
        return;
    kh_close_begin(p->consumer, "records were not acknowledged for processing.timeout.ms");
    tell(p, held, d->last, "the member leaves the group; kohort_subscribe() makes it come back");
}

static void check(kohort_partition *p)
{
    kh_deadlines_settle(&p->deadlines, &p->tracker);
    switch ((enum kh_on_stuck)p->consumer->values.on_stuck) {
    case KH_STUCK_SUSPEND:
        suspend(p);
        return;
    case KH_STUCK_REDELIVER:
        redeliver(p);
        return;
    case KH_STUCK_LEAVE:
        leave(p);
        return;
    }
}

void kh_stuck_check(kohort_consumer *c)
{
    bool due = c->stuck.look, some = false;
    if (!due && c->stuck.partitions == 0)
        return;
    c->stuck.look = false;
    for (size_t i = 0; i < c->ownership.owned.count && !c->torn_down; i++) {
        kohort_partition *p = c->ownership.owned.items[i];
        if (p->deadlines.count == 0 || p->state == KH_PARTITION_REVOKING)
            continue;
        check(p);
        some |= p->deadlines.count > 0;
    }
    if (due && some && !c->torn_down)
        arm(c);
}

static int extend(kohort_consumer *c, kohort_mark mark, int64_t timeout_ms)
{
    kohort_partition *p;
    int64_t last;
    int status = timeout_ms < 0 || timeout_ms > INT32_MAX ? KOHORT_EINVAL
                                                          : kh_mark_find(c, &mark, &p, &last);
    if (status == 0)
        status = kh_partition_find_held(p, mark.offset, last, mark.delivery);
    if (status != 0 || c->values.processing_timeout_ms == 0)
        return status;
    /* One more is kept for the batch in on_records. */
    status = kh_deadlines_reserve(&p->deadlines, &p->tracker, 2, kh_consumer_heap(c));
    if (status != 0)
        return status;
    kh_shared_now(kh_consumer_shared(c));
    int64_t ms = timeout_ms == 0 ? c->values.processing_timeout_ms : timeout_ms;
    kh_deadlines_set(&p->deadlines, mark.offset, last, due_in(c, ms));
    if (p->stuck)
        kh_client_ask_turn(c);
    return 0;
}

int kohort_extend(kohort_consumer *c, kohort_mark mark, int64_t timeout_ms)
{
    return kh_taped(kh_consumer_tape(c), extend(c, mark, timeout_ms),
                    KH_TAPED_MARK(EXTEND, c, mark), .d = timeout_ms);
}
