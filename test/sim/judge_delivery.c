/* What is delivered: to whom, in which order, and that it is what was written. */
#include "sim/judge.h"

#include "sim/memory.h"

#include <string.h>

/* A static member gets, in the same generation, what one with its instance id had (KIP-345); that
 * one hears of it at its next heartbeat or commit. */
static bool took_its_place(const struct sim_judge *j, int member, int before)
{
    const char *instance = j->members[member].instance, *old = j->members[before].instance;
    return instance != NULL && old != NULL && strcmp(instance, old) == 0;
}

static void judge_owner(struct sim_judge *j, int member, struct sim_ownership *o)
{
    const struct sim_judged_member *m = &j->members[member];
    struct sim_progress *p = sim_judge_progress(j, o->log);
    int64_t now_ms = sim_now_ms(j->trace->schedule);

    if (o->state != SIM_OWNED)
        sim_judge_violated(j, "S2", "m%d: %s-%d is delivered and not owned", member,
                           o->log->topic->name, (int)o->log->partition);
    if (p->last_member >= 0 && p->last_member != member && p->last_generation == o->generation &&
        !took_its_place(j, member, p->last_member))
        sim_judge_violated(j, "S1", "%s-%d is delivered to m%d and m%d in generation %d",
                           o->log->topic->name, (int)o->log->partition, p->last_member, member,
                           (int)o->generation);
    if (m->told_out)
        sim_judge_violated(j, "S15", "m%d delivers, and was told that it is out", member);
    if (now_ms >= m->session_deadline_ms)
        sim_judge_violated(j, "S1", "m%d delivers %lld ms after its session ended", member,
                           (long long)(now_ms - m->session_deadline_ms));
    if (p->last_member < 0 || o->generation >= p->last_generation) {
        p->last_member = member;
        p->last_generation = o->generation;
    }
}

/* What may be delivered with `offset`, where the next is to come from `from` on: the first visible
 * one, or before that what compaction has taken meanwhile. Else what should have come; NULL:
 * nothing should. */
static const struct sim_record *in_the_log(const struct sim_judge *j, const struct sim_log *log,
                                           int64_t from, int64_t offset)
{
    const struct sim_record *visible = sim_log_visible(log, from, j->committed);
    const struct sim_record *got = offset < from ? NULL : sim_log_record(log, offset);

    if (got != NULL && got->removed && (visible == NULL || offset < visible->offset))
        return got;
    return visible;
}

/* Or what comes again; and of both what an unclean election has taken meanwhile. */
static const struct sim_record *may_come(const struct sim_judge *j, const struct sim_ownership *o,
                                         const struct sim_delivered *again,
                                         const kohort_record *got)
{
    int64_t from = again != NULL ? again->offset : o->next;
    const struct sim_record *now =
        again != NULL ? sim_log_record(o->log, from) : in_the_log(j, o->log, from, got->offset);
    bool is_now = now != NULL && now->offset == got->offset && sim_judge_same_record(got, now);
    const struct sim_record *lost = is_now ? NULL : sim_judge_lost_version(j, o, from, got);

    return lost != NULL ? lost : now;
}

/* Where an ownership without a reset must start. */
static void judge_start(struct sim_judge *j, int member, struct sim_ownership *o, int64_t first)
{
    const struct sim_progress *p = sim_judge_progress(j, o->log);

    if (o->started)
        return;
    o->started = true;
    const struct sim_record *before =
        o->stored_before < 0 ? NULL : in_the_log(j, o->log, o->stored_before, first);
    bool is_before = before != NULL && before->offset == first;
    o->next = is_before ? o->stored_before : p->stored;
    o->epoch = is_before ? -1 : p->stored_epoch;
    if (p->stored < 0)
        sim_judge_violated(j, "S3", "m%d: %s-%d starts without a committed offset or a reset",
                           member, o->log->topic->name, (int)o->log->partition);
}

static bool same_bytes(kohort_bytes got, struct kh_bytes wanted)
{
    return (got.data == NULL) == (wanted.data == NULL) && got.size == wanted.size &&
           (got.size == 0 || memcmp(got.data, wanted.data, (size_t)got.size) == 0);
}

static bool same_headers(const kohort_record *got, const struct sim_record *wanted)
{
    const void *next = got->headers;
    kohort_bytes key, value;

    if (got->header_count != (wanted->header.data != NULL))
        return false;
    if (got->header_count == 0)
        return true;
    kohort_header_next(&next, &key, &value);
    return same_bytes(key, (struct kh_bytes){(const uint8_t *)"n", 1}) &&
           same_bytes(value, wanted->header);
}

bool sim_judge_same_record(const kohort_record *got, const struct sim_record *wanted)
{
    return same_bytes(got->key, wanted->key) && same_bytes(got->value, wanted->value) &&
           got->timestamp_ms == wanted->timestamp_ms && same_headers(got, wanted);
}

/* The lowest that was refused; NULL: nothing was. */
static struct sim_delivered *lowest_refused(struct sim_ownership *o)
{
    for (size_t i = o->settled; i < o->delivered_count && o->refused > 0; i++)
        if (o->delivered[i].refused)
            return &o->delivered[i];
    return NULL;
}

/* Refused, and taken by compaction before it came again: nobody waits for it. */
static void forget_removed(struct sim_ownership *o, int64_t before)
{
    struct sim_delivered *again;

    while ((again = lowest_refused(o)) != NULL && again->offset < before &&
           sim_judge_is_gone(o->log, again->offset)) {
        again->refused = false;
        again->gone = true;
        o->refused--;
    }
}

static void judge_isolation(struct sim_judge *j, int member, const struct sim_log *log,
                            int64_t offset, const struct sim_record *record)
{
    if (j->committed && record != NULL && (record->fate == SIM_OPEN || record->fate == SIM_ABORTED))
        sim_judge_violated(j, "S6", "m%d: %s-%d@%lld is delivered, and its transaction %s", member,
                           log->topic->name, (int)log->partition, (long long)offset,
                           record->fate == SIM_OPEN ? "is open" : "was aborted");
}

static void judge_record(struct sim_judge *j, int member, struct sim_ownership *o,
                         const kohort_record *got, uint16_t delivery)
{
    forget_removed(o, got->offset);
    struct sim_delivered *again = lowest_refused(o);
    const struct sim_record *passed;
    while (again == NULL &&
           (passed = sim_judge_finished(j, o->log, o->next, got->offset)) != NULL) {
        sim_judge_noticed(j, member, o, passed);
        o->next = passed->offset + 1;
    }
    const struct sim_record *wanted = may_come(j, o, again, got);
    bool is_it = wanted != NULL && wanted->offset == got->offset;
    judge_isolation(j, member, o->log, got->offset,
                    is_it ? wanted : sim_log_record(o->log, got->offset));

    /* Without memory it is not known any more that it was delivered before. */
    bool forgotten = again != NULL && j->members[member].forgets;
    if ((got->attempt > 1) != (again != NULL) && !forgotten)
        sim_judge_violated(j, "S4", "m%d: %s-%d@%lld is delivered as attempt %u", member,
                           o->log->topic->name, (int)o->log->partition, (long long)got->offset,
                           (unsigned)got->attempt);
    if (wanted == NULL || wanted->offset != got->offset)
        sim_judge_violated(j, "S4", "m%d: %s-%d delivers %lld, not %lld", member,
                           o->log->topic->name, (int)o->log->partition, (long long)got->offset,
                           wanted == NULL ? -1LL : (long long)wanted->offset);
    else if (!sim_judge_same_record(got, wanted))
        sim_judge_violated(j, "S5", "m%d: %s-%d@%lld is not what was written", member,
                           o->log->topic->name, (int)o->log->partition, (long long)got->offset);
    int64_t due_us = j->trace->schedule->now_us + j->processing_timeout_ms * SIM_MS;
    if (again != NULL) {
        again->refused = again->stuck = false;
        again->delivery = delivery;
        again->due_us = due_us;
        o->refused--;
        return;
    }
    if (wanted != NULL)
        sim_judge_noticed(j, member, o, wanted);
    o->next = got->offset + 1;
    sim_grow(&o->delivered, &o->delivered_capacity, o->delivered_count, sizeof *o->delivered);
    o->delivered[o->delivered_count++] =
        (struct sim_delivered){.offset = got->offset, .delivery = delivery, .due_us = due_us};
}

static void judge_sync(struct sim_judge *j, int member, const struct sim_ownership *o)
{
    const struct sim_progress *p = sim_judge_progress(j, o->log);
    int64_t stored = p->stored > p->excused ? p->stored : p->excused;

    if (o->sought_us == 0 && j->sync && o->settled > o->reset_at &&
        stored <= o->delivered[o->settled - 1].offset)
        sim_judge_violated(j, "C-18", "m%d: %s-%d is delivered, and %lld is not committed yet",
                           member, o->log->topic->name, (int)o->log->partition,
                           (long long)o->delivered[o->settled - 1].offset + 1);
}

void sim_judge_delivered(struct sim_judge *j, int member, const struct sim_log *log,
                         const kohort_record *records, size_t count, uint16_t delivery)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (sim_judge_is_silent(j, member, "on_records"))
        return;
    judge_owner(j, member, o);
    if (o->paused)
        sim_judge_violated(j, "C-26", "m%d: %s-%d is delivered and paused", member,
                           log->topic->name, (int)log->partition);
    judge_start(j, member, o, records[0].offset);
    judge_sync(j, member, o);
    sim_judge_suspended(j, member, o);
    struct sim_progress *p = sim_judge_progress(j, log);
    if (j->graceful && !p->was_stuck && o->refused == 0 && records[0].offset < p->delivered_end)
        sim_judge_violated(j, "C-09", "m%d: %s-%d@%lld is delivered again", member,
                           log->topic->name, (int)log->partition, (long long)records[0].offset);
    if (records[count - 1].offset >= p->delivered_end)
        p->delivered_end = records[count - 1].offset + 1;
    for (size_t i = 0; i < count; i++)
        judge_record(j, member, o, &records[i], delivery);
    j->delivered += count;
    o->got += count;
    if (j->pull && o->got > o->demanded)
        sim_judge_violated(j, "C-23", "m%d: %s-%d has delivered %llu of %llu records demanded",
                           member, log->topic->name, (int)log->partition,
                           (unsigned long long)o->got, (unsigned long long)o->demanded);
}

void sim_judge_paused(struct sim_judge *j, int member, const struct sim_log *log, bool paused)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    o->paused = paused;
    for (size_t i = o->settled; i < o->delivered_count && !paused; i++)
        if (o->delivered[i].stuck)
            sim_judge_due(j, member, log, o->delivered[i].offset, o->delivered[i].offset,
                          j->processing_timeout_ms);
}

void sim_judge_demanded(struct sim_judge *j, int member, const struct sim_log *log, uint64_t count)
{
    sim_judge_ownership(j, member, log)->demanded += count;
}

void sim_judge_kept(struct sim_judge *j, int member, const struct sim_log *log,
                    const kohort_record *got)
{
    if (!sim_judge_was_written(log, got))
        sim_judge_violated(j, "S5", "m%d: %s-%d@%lld has changed while it was kept", member,
                           log->topic->name, (int)log->partition, (long long)got->offset);
}
