/* What applications are told, and when. */
#include "sim/judge.h"

#include "sim/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Commits that were asked for before a seek may be on their way for so long. */
enum { LAG_US = 1000 * SIM_MS };

void sim_judge_init(struct sim_judge *j, struct sim_cluster *cluster, struct sim_trace *trace)
{
    *j = (struct sim_judge){.cluster = cluster, .trace = trace};
    for (size_t i = 0; i < SIM_MEMBERS_MAX; i++)
        j->members[i].session_deadline_ms = j->members[i].beat_us = -1;
}

void sim_judge_free(struct sim_judge *j)
{
    for (size_t i = 0; i < SIM_MEMBERS_MAX; i++) {
        for (size_t k = 0; k < j->members[i].ownership_count; k++)
            free(j->members[i].ownerships[k].delivered);
        free(j->members[i].ownerships);
    }
    free(j->progress);
}

void sim_judge_violated(struct sim_judge *j, const char *rule, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (j->violations++ == 0)
        snprintf(j->first, sizeof j->first, "[%6lld] %s violated: %s",
                 (long long)sim_now_ms(j->trace->schedule), rule, text);
    sim_trace(j->trace, SIM_TRACE_FAULT, "%s violated: %s", rule, text);
}

struct sim_ownership *sim_judge_ownership(struct sim_judge *j, int member,
                                          const struct sim_log *log)
{
    struct sim_judged_member *m = &j->members[member];

    for (size_t i = 0; i < m->ownership_count; i++)
        if (m->ownerships[i].log == log)
            return &m->ownerships[i];
    sim_grow(&m->ownerships, &m->ownership_capacity, m->ownership_count, sizeof *m->ownerships);
    m->ownerships[m->ownership_count] = (struct sim_ownership){.log = log};
    return &m->ownerships[m->ownership_count++];
}

struct sim_progress *sim_judge_progress(struct sim_judge *j, const struct sim_log *log)
{
    for (size_t i = 0; i < j->progress_count; i++)
        if (j->progress[i].log == log)
            return &j->progress[i];
    sim_grow(&j->progress, &j->progress_capacity, j->progress_count, sizeof *j->progress);
    j->progress[j->progress_count] =
        (struct sim_progress){.log = log, .stored = -1, .last_member = -1};
    return &j->progress[j->progress_count++];
}

static bool is_silent(struct sim_judge *j, int member, const char *callback)
{
    if (j->members[member].silent)
        sim_judge_violated(j, "S14", "m%d: %s after its end", member, callback);
    return j->members[member].silent;
}

void sim_judge_state(struct sim_judge *j, int member, const char *state)
{
    enum kh_member_state *known = &j->members[member].state, next = KH_MEMBER_IDLE;

    while (next < KH_MEMBER_STATE_COUNT && strcmp(kh_member_state_name(next), state) != 0)
        next++;
    if (next == KH_MEMBER_STATE_COUNT) {
        sim_judge_violated(j, "S14", "m%d is said to be %s", member, state);
        return;
    }
    j->seen.moves[*known][next]++;
    j->members[member].told_out = false;
    *known = next;
    if (next == KH_MEMBER_FINDING)
        j->members[member].finding_us = j->trace->schedule->now_us;
    if (next == KH_MEMBER_IDLE || next == KH_MEMBER_FINDING || next == KH_MEMBER_LEAVING)
        j->members[member].beat_us = -1;
}

/* What breaks may leave a member with partitions that the group has given to another, until its
 * session ends; where nothing breaks there is never a second owner. */
static void judge_single_owner(struct sim_judge *j, int member, const struct sim_log *log)
{
    for (int other = 0; other < SIM_MEMBERS_MAX; other++)
        if (other != member && !j->members[other].silent &&
            sim_judge_ownership(j, other, log)->state == SIM_OWNED)
            sim_judge_violated(j, "S1", "%s-%d is assigned to m%d while m%d owns it",
                               log->topic->name, (int)log->partition, member, other);
}

void sim_judge_assigned(struct sim_judge *j, int member, const struct sim_log *log,
                        int32_t generation)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (is_silent(j, member, "on_assigned"))
        return;
    if (j->graceful)
        judge_single_owner(j, member, log);
    if (o->state == SIM_OWNED)
        sim_judge_violated(j, "S14", "m%d: %s-%d is assigned twice", member, log->topic->name,
                           (int)log->partition);
    bool same_generation = o->generation == generation && generation > 0;
    int64_t bound = same_generation ? sim_judge_commit_bound(j, o) : -1;
    if (same_generation && o->earlier_bound > bound)
        bound = o->earlier_bound;
    struct sim_delivered *delivered = o->delivered;
    size_t capacity = o->delivered_capacity;
    *o = (struct sim_ownership){.log = log,
                                .state = SIM_OWNED,
                                .generation = generation,
                                .serial = ++j->last_serial,
                                .earlier_bound = bound,
                                .stored_before = -1,
                                .counted = -1,
                                .delivered = delivered,
                                .delivered_capacity = capacity};
}

void sim_judge_revoked(struct sim_judge *j, int member, const struct sim_log *log)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (is_silent(j, member, "on_revoked"))
        return;
    if (o->state != SIM_OWNED)
        sim_judge_violated(j, "S14", "m%d: %s-%d is revoked and was not owned", member,
                           log->topic->name, (int)log->partition);
    o->state = SIM_REVOKING;
}

/* Whoever looks for its coordinator gives up the heartbeats under way: what they would have proved
 * it does not know, and its clock runs out earlier than this judge's. */
static bool may_lose(const struct sim_judge *j, int member)
{
    const struct sim_judged_member *m = &j->members[member];

    return j->terminal || m->may_lose ||
           sim_now_ms(j->trace->schedule) >= m->proven_deadline_ms - m->session_timeout_ms / 2;
}

void sim_judge_let_go(struct sim_judge *j, int member)
{
    struct sim_judged_member *m = &j->members[member];

    for (size_t i = 0; i < m->ownership_count; i++)
        m->ownerships[i].let_go = m->ownerships[i].state == SIM_REVOKING;
}

/* The session may end while the application is letting go: it must know that its last commit is
 * not possible any more. */
void sim_judge_lost(struct sim_judge *j, int member, const struct sim_log *log)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (is_silent(j, member, "on_lost"))
        return;
    if (o->state == SIM_GONE)
        sim_judge_violated(j, "S14", "m%d: %s-%d is lost and was not owned", member,
                           log->topic->name, (int)log->partition);
    if (o->state == SIM_OWNED && !may_lose(j, member))
        sim_judge_violated(j, "L2", "m%d: %s-%d is lost, and the group has not said so", member,
                           log->topic->name, (int)log->partition);
    o->state = SIM_GONE;
}

void sim_judge_reset(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);
    const struct sim_progress *p = sim_judge_progress(j, log);
    bool stored_is_good = p->stored >= log->start_offset && p->stored <= log->end_offset;
    /* A process that was suspended may read an old answer before it sees that its session is over;
     * nothing comes of it. */
    bool is_stale = sim_now_ms(j->trace->schedule) >= j->members[member].session_deadline_ms;

    if (is_silent(j, member, "a reset"))
        return;
    if (stored_is_good && !o->out_of_range && !is_stale)
        sim_judge_violated(j, "S12", "m%d: %s-%d is reset to %lld, though %lld is committed",
                           member, log->topic->name, (int)log->partition, (long long)offset,
                           (long long)p->stored);
    if (!j->reset_to_end && !sim_log_began_at(log, offset))
        sim_judge_violated(j, "S3", "m%d: %s-%d is reset to %lld, not to its beginning, %lld",
                           member, log->topic->name, (int)log->partition, (long long)offset,
                           (long long)log->start_offset);
    for (size_t i = 0; i < o->delivered_count; i++)
        o->delivered[i].refused = false;
    o->refused = 0;
    /* Records that the log has lost cannot come again: nobody waits for their acknowledgement. */
    sim_judge_acknowledged(j, member, log, 0, log->start_offset - 1);
    /* What was refused may have gone with the beginning of the log: all behind it comes again. */
    while (o->delivered_count > 0 && o->delivered[o->delivered_count - 1].offset >= offset)
        o->delivered_count--;
    if (o->settled > o->delivered_count)
        o->settled = o->delivered_count;
    o->was_reset = o->started = true;
    if (o->sought_pending)
        o->sought_us = j->trace->schedule->now_us;
    o->sought_pending = false;
    o->serial = ++j->last_serial;
    o->counted = -1;
    o->reset_at = o->delivered_count;
    o->next = offset;
}

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
static const struct sim_record *may_come(const struct sim_judge *j, const struct sim_log *log,
                                         int64_t from, int64_t offset)
{
    const struct sim_record *visible = sim_log_visible(log, from, j->committed);
    const struct sim_record *got = offset < from ? NULL : sim_log_record(log, offset);

    if (got != NULL && got->removed && (visible == NULL || offset < visible->offset))
        return got;
    return visible;
}

/* Where an ownership without a reset must start. */
static void judge_start(struct sim_judge *j, int member, struct sim_ownership *o, int64_t first)
{
    const struct sim_progress *p = sim_judge_progress(j, o->log);

    if (o->started)
        return;
    o->started = true;
    const struct sim_record *before =
        o->stored_before < 0 ? NULL : may_come(j, o->log, o->stored_before, first);
    o->next = before != NULL && before->offset == first ? o->stored_before : p->stored;
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

static bool same_record(const kohort_record *got, const struct sim_record *wanted)
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

static bool is_deleted(const struct sim_ownership *o, const struct sim_delivered *d)
{
    return d->offset < o->log->start_offset || sim_log_record(o->log, d->offset)->removed;
}

/* Refused, and deleted before it came again: nobody waits for it. */
static void forget_removed(struct sim_ownership *o, int64_t before)
{
    struct sim_delivered *again;

    while ((again = lowest_refused(o)) != NULL && again->offset < before && is_deleted(o, again)) {
        again->refused = false;
        again->gone = true;
        o->refused--;
    }
}

/* Whether it need not come again. */
static bool has_gone(const struct sim_ownership *o, const struct sim_delivered *d)
{
    return d->gone || (d->refused && is_deleted(o, d));
}

static void judge_isolation(struct sim_judge *j, int member, const struct sim_log *log,
                            int64_t offset)
{
    const struct sim_record *record = sim_log_record(log, offset);

    if (j->committed && record != NULL && (record->fate == SIM_OPEN || record->fate == SIM_ABORTED))
        sim_judge_violated(j, "S6", "m%d: %s-%d@%lld is delivered, and its transaction %s", member,
                           log->topic->name, (int)log->partition, (long long)offset,
                           record->fate == SIM_OPEN ? "is open" : "was aborted");
}

static void judge_record(struct sim_judge *j, int member, struct sim_ownership *o,
                         const kohort_record *got)
{
    judge_isolation(j, member, o->log, got->offset);
    forget_removed(o, got->offset);
    struct sim_delivered *again = lowest_refused(o);
    const struct sim_record *wanted = again != NULL ? sim_log_record(o->log, again->offset)
                                                    : may_come(j, o->log, o->next, got->offset);

    /* Without memory it is not known any more that it was delivered before. */
    bool forgotten = again != NULL && j->members[member].may_lose;
    if ((got->attempt > 1) != (again != NULL) && !forgotten)
        sim_judge_violated(j, "S4", "m%d: %s-%d@%lld is delivered as attempt %u", member,
                           o->log->topic->name, (int)o->log->partition, (long long)got->offset,
                           (unsigned)got->attempt);
    if (wanted == NULL || wanted->offset != got->offset)
        sim_judge_violated(j, "S4", "m%d: %s-%d delivers %lld, not %lld", member,
                           o->log->topic->name, (int)o->log->partition, (long long)got->offset,
                           wanted == NULL ? -1LL : (long long)wanted->offset);
    else if (!same_record(got, wanted))
        sim_judge_violated(j, "S5", "m%d: %s-%d@%lld is not what was written", member,
                           o->log->topic->name, (int)o->log->partition, (long long)got->offset);
    if (again != NULL) {
        again->refused = false;
        o->refused--;
        return;
    }
    o->next = got->offset + 1;
    sim_grow(&o->delivered, &o->delivered_capacity, o->delivered_count, sizeof *o->delivered);
    o->delivered[o->delivered_count++] = (struct sim_delivered){.offset = got->offset};
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
                         const kohort_record *records, size_t count)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (is_silent(j, member, "on_records"))
        return;
    judge_owner(j, member, o);
    if (o->paused)
        sim_judge_violated(j, "C-26", "m%d: %s-%d is delivered and paused", member,
                           log->topic->name, (int)log->partition);
    judge_start(j, member, o, records[0].offset);
    judge_sync(j, member, o);
    struct sim_progress *p = sim_judge_progress(j, log);
    if (j->graceful && o->refused == 0 && records[0].offset < p->delivered_end)
        sim_judge_violated(j, "C-09", "m%d: %s-%d@%lld is delivered again", member,
                           log->topic->name, (int)log->partition, (long long)records[0].offset);
    if (records[count - 1].offset >= p->delivered_end)
        p->delivered_end = records[count - 1].offset + 1;
    for (size_t i = 0; i < count; i++)
        judge_record(j, member, o, &records[i]);
    j->delivered += count;
    o->got += count;
    if (j->pull && o->got > o->demanded)
        sim_judge_violated(j, "C-23", "m%d: %s-%d has delivered %llu of %llu records demanded",
                           member, log->topic->name, (int)log->partition,
                           (unsigned long long)o->got, (unsigned long long)o->demanded);
}

void sim_judge_paused(struct sim_judge *j, int member, const struct sim_log *log, bool paused)
{
    sim_judge_ownership(j, member, log)->paused = paused;
}

bool sim_judge_may_lag(const struct sim_ownership *o, int64_t sent_us)
{
    return o->sought_pending || (o->sought_us > 0 && sent_us <= o->sought_us + LAG_US);
}

void sim_judge_sought(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (!o->started)
        o->next = sim_judge_progress(j, log)->stored;
    int64_t bound = sim_judge_commit_bound(j, o), now_us = j->trace->schedule->now_us;
    bound = bound > o->counted ? bound : o->counted;
    o->counted = -1;
    if (bound > o->sought_bound || !sim_judge_may_lag(o, now_us))
        o->sought_bound = bound;
    o->sought_us = now_us;
    o->delivered_count = o->settled = o->refused = o->reset_at = 0;
    o->serial = ++j->last_serial;
    o->started = true;
    o->out_of_range = o->sought_pending = offset < 0; /* it will be reset, as it asked for */
    o->next = offset < 0 ? 0 : offset;
}

void sim_judge_demanded(struct sim_judge *j, int member, const struct sim_log *log, uint64_t count)
{
    sim_judge_ownership(j, member, log)->demanded += count;
}

void sim_judge_kept(struct sim_judge *j, int member, const struct sim_log *log,
                    const kohort_record *got)
{
    const struct sim_record *wanted = sim_log_record(log, got->offset);

    if (wanted != NULL && !same_record(got, wanted))
        sim_judge_violated(j, "S5", "m%d: %s-%d@%lld has changed while it was kept", member,
                           log->topic->name, (int)log->partition, (long long)got->offset);
}

void sim_judge_acknowledged(struct sim_judge *j, int member, const struct sim_log *log,
                            int64_t first, int64_t last)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->delivered_count; i > o->settled && o->delivered[i - 1].offset >= first; i--)
        if (o->delivered[i - 1].offset <= last && !o->delivered[i - 1].refused &&
            !o->delivered[i - 1].gone) {
            o->delivered[i - 1].acknowledged = true;
            j->acknowledged++;
        }
    while (o->settled < o->delivered_count && o->delivered[o->settled].acknowledged)
        o->settled++;
}

bool sim_judge_is_acknowledged(struct sim_judge *j, int member, const struct sim_log *log,
                               int64_t offset)
{
    const struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = 0; i < o->delivered_count; i++)
        if (o->delivered[i].offset == offset)
            return o->delivered[i].acknowledged || has_gone(o, &o->delivered[i]);
    return false;
}

void sim_judge_refused(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                       int64_t last)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    for (size_t i = o->delivered_count; i > o->settled && o->delivered[i - 1].offset >= first;
         i--) {
        struct sim_delivered *d = &o->delivered[i - 1];
        if (d->offset > last || d->acknowledged || d->refused)
            continue;
        d->refused = true;
        o->refused++;
        j->refused++;
    }
}

void sim_judge_failed(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                      int64_t last, size_t count)
{
    sim_judge_refused(j, member, log, first, last);
    sim_judge_ownership(j, member, log)->got -= count; /* They are still demanded. */
}

void sim_judge_ended(struct sim_judge *j, int member)
{
    struct sim_judged_member *m = &j->members[member];

    for (size_t i = 0; i < m->ownership_count; i++)
        m->ownerships[i].state = SIM_GONE;
    m->silent = true;
}

int64_t sim_judge_commit_bound(const struct sim_judge *j, const struct sim_ownership *o)
{
    for (size_t i = o->settled; i < o->delivered_count; i++) {
        const struct sim_delivered *d = &o->delivered[i];
        if (!d->acknowledged && !has_gone(o, d))
            return d->offset;
    }
    const struct sim_record *next = sim_log_visible(o->log, o->next, j->committed);
    if (next != NULL)
        return next->offset;
    int64_t end = sim_log_end(o->log, j->committed); /* a seek may go beyond */
    return end > o->next ? end : o->next;
}
