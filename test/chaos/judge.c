#include "chaos/judge.h"

#include "chaos/deliveries.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HANDED_BACK: it has let go, and its last commit may be under way: that may still be lost. */
enum hold_state { NOT_HELD, OWNED, LETTING_GO, HANDED_BACK };

/* One ownership, the present or the last one, of a partition at a member. */
struct hold {
    enum hold_state state;
    int64_t since_us;
    int64_t evicted_us;  /* since when somebody else has it, while it stood still; -1: not */
    int64_t start, next; /* what was delivered first, and what is next; -1: nothing was */
    struct deliveries deliveries;
};

/* A partition in the group. */
struct progress {
    int holder;      /* -1: nobody */
    int64_t unacked; /* all below is acknowledged */
    bool *acked;     /* and each one by itself, */
    uint8_t *came;   /* and how often it was delivered */
    int64_t room;
    int64_t committed, committed_us;
    int last_member; /* who delivered last, */
    int32_t last_generation;
    int64_t since_us;    /* and since when in that */
    int64_t orphaned_us; /* when its holder was killed; -1: somebody has it since */
};

struct court {
    const struct chaos_history *history;
    const struct chaos_conditions *conditions;
    struct chaos_verdict *verdict;
    struct hold (*holds)[CHAOS_PARTITIONS_MAX]; /* by member */
    struct progress progress[CHAOS_PARTITIONS_MAX];
    int64_t stopped_us[CHAOS_MEMBERS_MAX];   /* while it stands still; -1: it runs */
    int64_t overslept_us[CHAOS_MEMBERS_MAX]; /* when it last woke behind its session; -1: never */
    int64_t broker_us; /* when something was last done to a node; long ago: never */
};

static const char *const rule_names[] = {"LOSS",   "OVERLAP", "STALE", "ORDER",
                                         "COMMIT", "START",   "LIFE"};

const char *chaos_rule_name(enum chaos_rule rule)
{
    return rule_names[rule];
}

size_t chaos_violations(const struct chaos_verdict *v)
{
    size_t count = 0;
    for (size_t i = 0; i < CHAOS_RULE_COUNT; i++)
        count += v->ours[i];
    return count;
}

__attribute__((format(printf, 4, 5))) static void
broken(struct court *c, enum chaos_rule rule, const struct chaos_event *e, const char *format, ...)
{
    struct chaos_verdict *v = c->verdict;
    bool ours = e->member < 0 || c->conditions->is_ours[e->member];
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (ours ? v->ours : v->peers)[rule]++;
    char *first = ours ? v->first : v->first_peer;
    if (first[0] == '\0')
        snprintf(first, sizeof v->first, "%s: m%d, partition %d, at %" PRId64 " us: %s",
                 rule_names[rule], e->member, (int)e->partition, e->at_us, text);
}

static bool is_held(const struct hold *hold)
{
    return hold->state == OWNED || hold->state == LETTING_GO;
}

/* ---- who stood still ---- */

/* Whether a member may have missed that its session ended before `at_us`: it was stopped, or kept
 * from running (it says so later), for about a session. */
static bool slept_through(const struct court *c, int member, int64_t at_us)
{
    const struct chaos_history *h = c->history;
    int64_t session_us = c->conditions->session_us;
    int64_t least_us = session_us - 2 * c->conditions->heartbeat_us;
    int64_t from_us = c->stopped_us[member];
    if (from_us >= 0 && from_us + least_us <= at_us)
        return true;
    if (c->overslept_us[member] >= 0 && c->overslept_us[member] + session_us >= at_us)
        return true;
    for (size_t i = 0; i < h->count; i++) {
        const struct chaos_event *e = &h->events[i];
        if (e->member != member || e->kind != CHAOS_STALL)
            continue;
        from_us = e->at_us - e->last * 1000;
        if (from_us + least_us <= at_us && e->at_us + session_us >= at_us)
            return true;
    }
    return false;
}

static void woken(struct court *c, const struct chaos_event *e)
{
    int64_t slept_us = e->at_us - c->stopped_us[e->member];
    if (c->stopped_us[e->member] >= 0 && slept_us >= c->conditions->session_us)
        c->overslept_us[e->member] = e->at_us;
    c->stopped_us[e->member] = -1;
}

/* Whether what it held was its no more. */
static bool is_stale(const struct court *c, const struct chaos_event *e, const struct hold *hold)
{
    return is_held(hold) && (hold->evicted_us >= 0 || c->overslept_us[e->member] > hold->since_us);
}

/* ---- ownerships ---- */

static void assigned(struct court *c, const struct chaos_event *e, struct hold *hold)
{
    struct progress *p = &c->progress[e->partition];
    if (is_held(hold))
        broken(c, CHAOS_LIFE, e, "assigned, and was owned already");
    if (p->holder >= 0 && p->holder != e->member) {
        struct chaos_event at_fault = *e;
        at_fault.member = p->holder; /* who holds on to it */
        if (!slept_through(c, p->holder, e->at_us))
            broken(c, CHAOS_OVERLAP, &at_fault, "still held when m%d is given it", e->member);
        c->holds[p->holder][e->partition].evicted_us = e->at_us;
    }
    if (p->orphaned_us >= 0) {
        int64_t took_us = e->at_us - p->orphaned_us;
        c->verdict->takeovers++;
        if (took_us > c->verdict->slowest_takeover_us)
            c->verdict->slowest_takeover_us = took_us;
        p->orphaned_us = -1;
    }
    p->holder = e->member;
    *hold = (struct hold){.state = OWNED,
                          .since_us = e->at_us,
                          .evicted_us = -1,
                          .start = -1,
                          .next = -1,
                          .deliveries = hold->deliveries};
    deliveries_clear(&hold->deliveries);
}

static void released(struct court *c, const struct chaos_event *e, struct hold *hold)
{
    struct progress *p = &c->progress[e->partition];
    if (!is_held(hold) && (hold->state != HANDED_BACK || e->kind != CHAOS_LOST))
        broken(c, CHAOS_LIFE, e, "handed back or lost, and was not owned");
    hold->state = e->kind == CHAOS_REVOKED ? HANDED_BACK : NOT_HELD;
    if (p->holder == e->member)
        p->holder = -1;
}

static void gone(struct court *c, const struct chaos_event *e)
{
    for (int32_t i = 0; i < CHAOS_PARTITIONS_MAX; i++) {
        struct chaos_event each = *e;
        each.partition = i;
        if (!is_held(&c->holds[e->member][i]))
            continue;
        if (e->kind == CHAOS_ENDED)
            broken(c, CHAOS_LIFE, &each, "it ended and owned it");
        released(c, &each, &c->holds[e->member][i]);
        if (e->kind == CHAOS_KILLED && c->progress[i].holder < 0)
            c->progress[i].orphaned_us = e->at_us;
    }
    c->stopped_us[e->member] = -1;
}

/* ---- records ---- */

static void make_room(struct progress *p, int64_t end)
{
    if (end <= p->room)
        return;
    size_t old = (size_t)p->room, grown = (size_t)end * 2;
    p->acked = realloc(p->acked, grown * sizeof *p->acked);
    p->came = realloc(p->came, grown * sizeof *p->came);
    memset(p->acked + old, 0, (grown - old) * sizeof *p->acked);
    memset(p->came + old, 0, (grown - old) * sizeof *p->came);
    p->room = (int64_t)grown;
}

static void begin_at(struct hold *hold, int64_t offset)
{
    hold->start = hold->next = offset;
    deliveries_clear(&hold->deliveries);
}

static void judge_start(struct court *c, const struct chaos_event *e, struct hold *hold)
{
    const struct progress *p = &c->progress[e->partition];
    if (e->first > p->unacked)
        broken(c, CHAOS_LOSS, e, "starts at %" PRId64 ", and %" PRId64 " is not done", e->first,
               p->unacked);
    if (e->first < p->committed && c->broker_us < p->committed_us)
        broken(c, CHAOS_START, e, "starts at %" PRId64 ", and %" PRId64 " is committed", e->first,
               p->committed);
    begin_at(hold, e->first);
}

/* A coordinator that dies may take the number of its last rebalance with it, and the next one gives
 * it again. Members hear of a generation before they deliver in it. */
static void judge_generation(struct court *c, const struct chaos_event *e)
{
    struct progress *p = &c->progress[e->partition];
    bool is_same = p->last_member == e->member && p->last_generation == e->generation;
    if (e->generation <= 0 || is_same)
        return;
    if (p->last_member >= 0 && p->last_generation == e->generation &&
        c->broker_us < p->since_us - c->conditions->session_us)
        broken(c, CHAOS_OVERLAP, e, "delivered in generation %d, as by m%d", (int)e->generation,
               p->last_member);
    p->last_member = e->member;
    p->last_generation = e->generation;
    p->since_us = e->at_us;
}

static void delivered(struct court *c, const struct chaos_event *e, struct hold *hold)
{
    struct progress *p = &c->progress[e->partition];
    if (is_stale(c, e, hold))
        broken(c, CHAOS_STALE, e, "delivered %" PRId64 " behind its session's end", e->first);
    else if (hold->state != OWNED)
        broken(c, CHAOS_ORDER, e, "delivered %" PRId64 ", which is not owned", e->first);
    if (hold->next < 0)
        judge_start(c, e, hold);
    else if (e->first != hold->next)
        broken(c, CHAOS_ORDER, e, "delivered %" PRId64 ", not %" PRId64, e->first, hold->next);
    judge_generation(c, e);
    hold->next = e->last + 1;
    make_room(p, e->last + 1);
    c->verdict->delivered += e->last - e->first + 1;
    for (int64_t offset = e->first; offset <= e->last; offset++) {
        c->verdict->duplicates += p->came[offset] > 0;
        p->came[offset] = 1;
        deliveries_add(&hold->deliveries, offset);
    }
}

static void acked(struct court *c, const struct chaos_event *e, struct hold *hold)
{
    struct progress *p = &c->progress[e->partition];
    make_room(p, e->last + 1);
    for (int64_t offset = e->first; offset <= e->last; offset++)
        p->acked[offset] = true;
    while (p->unacked < p->room && p->acked[p->unacked])
        p->unacked++;
    if (is_held(hold))
        deliveries_acknowledge(&hold->deliveries, e->first, e->last);
}

/* Of one who is replaced the answer to its last commit may be read late; but the next one started
 * there, or beyond. */
static bool is_stale_commit(const struct court *c, const struct chaos_event *e,
                            const struct hold *hold)
{
    int holder = c->progress[e->partition].holder;
    if (!is_held(hold) || hold->evicted_us < 0 || holder < 0)
        return false;
    int64_t start = c->holds[holder][e->partition].start;
    return start >= 0 && e->last > start;
}

static void committed(struct court *c, const struct chaos_event *e, const struct hold *hold)
{
    struct progress *p = &c->progress[e->partition];
    if (is_stale_commit(c, e, hold))
        broken(c, CHAOS_STALE, e, "committed %" PRId64 ", and another one has it", e->last);
    if (e->last > p->unacked)
        broken(c, CHAOS_COMMIT, e, "committed %" PRId64 ", and %" PRId64 " is not done", e->last,
               p->unacked);
    else if (is_held(hold) && hold->next >= 0 &&
             e->last > deliveries_bound(&hold->deliveries, hold->next))
        broken(c, CHAOS_COMMIT, e, "committed %" PRId64 ", and it has not done %" PRId64, e->last,
               deliveries_bound(&hold->deliveries, hold->next));
    /* An answer that is read late is none of a later commit; but librdkafka (2.0.2) does take the
     * group's offset back when it has lost a partition. */
    if (e->last > p->committed || !c->conditions->is_ours[e->member]) {
        p->committed = e->last;
        p->committed_us = e->at_us;
    }
}

/* ---- the whole ---- */

static void judge_partition(struct court *c, const struct chaos_event *e)
{
    struct hold *hold = &c->holds[e->member][e->partition];
    if (e->kind == CHAOS_ASSIGNED)
        assigned(c, e, hold);
    else if (e->kind == CHAOS_REVOKING && hold->state == OWNED)
        hold->state = LETTING_GO;
    else if (e->kind == CHAOS_REVOKING)
        broken(c, CHAOS_LIFE, e, "asked for, and was not owned");
    else if (e->kind == CHAOS_REVOKED || e->kind == CHAOS_LOST)
        released(c, e, hold);
    else if (e->kind == CHAOS_RECORDS)
        delivered(c, e, hold);
    else if (e->kind == CHAOS_ACKED)
        acked(c, e, hold);
    else if (e->kind == CHAOS_COMMITTED)
        committed(c, e, hold);
    else if (e->kind == CHAOS_RESET)
        begin_at(hold, e->last);
    else
        broken(c, CHAOS_ORDER, e, "the record at %" PRId64 " is another one", e->last);
}

static void judge_event(struct court *c, const struct chaos_event *e)
{
    if (e->kind <= CHAOS_DAMAGED)
        judge_partition(c, e);
    else if (e->kind == CHAOS_FAILED)
        broken(c, CHAOS_LIFE, e, "a terminal error");
    else if (e->kind == CHAOS_KILLED || e->kind == CHAOS_ENDED)
        gone(c, e);
    else if (e->kind == CHAOS_STOPPED)
        c->stopped_us[e->member] = e->at_us;
    else if (e->kind == CHAOS_CONTINUED)
        woken(c, e);
    else if (e->kind == CHAOS_BROKER)
        c->broker_us = e->at_us;
}

static void judge_loss(struct court *c)
{
    for (int32_t i = 0; i < CHAOS_PARTITIONS_MAX; i++) {
        struct chaos_event nobody = {.member = -1, .partition = i};
        const struct progress *p = &c->progress[i];
        for (int64_t offset = 0; offset < c->conditions->produced[i]; offset++)
            if (offset >= p->room || !p->acked[offset])
                broken(c, CHAOS_LOSS, &nobody, "%" PRId64 " was acknowledged by nobody", offset);
    }
}

static void close_court(struct court *c)
{
    for (size_t i = 0; i < CHAOS_PARTITIONS_MAX; i++) {
        for (size_t m = 0; m < CHAOS_MEMBERS_MAX; m++)
            deliveries_free(&c->holds[m][i].deliveries);
        free(c->progress[i].acked);
        free(c->progress[i].came);
    }
    free(c->holds);
}

void chaos_judge(struct chaos_history *h, const struct chaos_conditions *conditions,
                 struct chaos_verdict *ret)
{
    struct court c = {
        .history = h, .conditions = conditions, .verdict = ret, .broker_us = INT64_MIN / 2};
    *ret = (struct chaos_verdict){.delivered = 0};
    c.holds = calloc(CHAOS_MEMBERS_MAX, sizeof *c.holds);
    for (size_t i = 0; i < CHAOS_MEMBERS_MAX; i++)
        c.stopped_us[i] = c.overslept_us[i] = -1;
    for (size_t i = 0; i < CHAOS_PARTITIONS_MAX; i++)
        c.progress[i] =
            (struct progress){.holder = -1, .committed = -1, .last_member = -1, .orphaned_us = -1};
    chaos_history_sort(h);
    for (size_t i = 0; i < h->count; i++)
        judge_event(&c, &h->events[i]);
    judge_loss(&c);
    close_court(&c);
}
