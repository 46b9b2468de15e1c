/* Who owns what, and where it is read from. */
#include "sim/judge.h"

#include "sim/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer comes by then, as a rule. */
enum { ANSWER_US = 500 * SIM_MS };

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
    for (size_t i = 0; i < j->progress_count; i++)
        free(j->progress[i].finished);
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
        (struct sim_progress){.log = log, .stored = -1, .stored_epoch = -1, .last_member = -1};
    return &j->progress[j->progress_count++];
}

bool sim_judge_is_silent(struct sim_judge *j, int member, const char *callback)
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

    if (sim_judge_is_silent(j, member, "on_assigned"))
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
                                .sought_us = same_generation ? o->sought_us : 0,
                                .stored_before = -1,
                                .counted = -1,
                                .counted_of_lost = -1,
                                .epoch = -1,
                                .fetched_epoch = o->fetched_epoch,
                                .delivered = delivered,
                                .delivered_capacity = capacity};
}

void sim_judge_revoked(struct sim_judge *j, int member, const struct sim_log *log)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    if (sim_judge_is_silent(j, member, "on_revoked"))
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
    bool on_its_way = j->trace->schedule->now_us < m->proven_us + ANSWER_US;
    int64_t deadline_ms = on_its_way ? m->proven_before_ms : m->proven_deadline_ms;

    return j->terminal || m->may_lose || sim_now_ms(j->trace->schedule) >= deadline_ms;
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

    if (sim_judge_is_silent(j, member, "on_lost"))
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

    if (sim_judge_is_silent(j, member, "a reset"))
        return;
    if (stored_is_good && !o->out_of_range && !is_stale)
        sim_judge_violated(j, "S12", "m%d: %s-%d is reset to %lld, though %lld is committed",
                           member, log->topic->name, (int)log->partition, (long long)offset,
                           (long long)p->stored);
    /* What is to come again may lie below the log by now: that is no reason, where the position
     * does not. */
    bool only_again = o->refused > 0 && o->next >= log->start_offset &&
                      o->next <= log->end_offset && log->epochs.truncation_count == 0;
    if (only_again && !o->sought_pending && !is_stale && !j->members[member].forgets)
        sim_judge_violated(j, "S12",
                           "m%d: %s-%d is reset to %lld, and only what was refused is gone", member,
                           log->topic->name, (int)log->partition, (long long)offset);
    if (!j->reset_to_end && !sim_log_began_at(log, offset))
        sim_judge_violated(j, "S3", "m%d: %s-%d is reset to %lld, not to its beginning, %lld",
                           member, log->topic->name, (int)log->partition, (long long)offset,
                           (long long)log->start_offset);
    /* Out of range at its end: what was read there comes again, and what is stored goes back. */
    if (log->epochs.truncation_count > 0)
        sim_judge_forget(j, o, offset);
    for (size_t i = 0; i < o->delivered_count; i++)
        o->delivered[i].refused = false;
    o->refused = 0;
    /* Records that the log has lost cannot come again: nobody waits for their acknowledgement. */
    sim_judge_acknowledged(j, member, log, 0, log->start_offset - 1, SIM_ANY_DELIVERY);
    o->was_reset = o->started = true;
    if (o->sought_pending)
        o->sought_us = j->trace->schedule->now_us;
    o->sought_pending = false;
    o->serial = ++j->last_serial;
    o->counted = -1;
    o->reset_at = o->delivered_count;
    o->next = offset;
    o->epoch = -1;
}

void sim_judge_note_move(struct sim_judge *j, struct sim_ownership *o)
{
    if (!o->started)
        o->next = sim_judge_progress(j, o->log)->stored;
    int64_t bound = sim_judge_untold_bound(j, o), now_us = j->trace->schedule->now_us;
    bound = bound > o->counted ? bound : o->counted;
    o->counted = -1;
    if (bound > o->sought_bound || !sim_judge_may_lag(o, now_us))
        o->sought_bound = bound;
    o->sought_us = now_us;
    o->serial = ++j->last_serial;
}

void sim_judge_sought(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset)
{
    struct sim_ownership *o = sim_judge_ownership(j, member, log);

    sim_judge_note_move(j, o);
    o->delivered_count = o->settled = o->refused = o->reset_at = 0;
    o->started = true;
    o->epoch = -1;
    o->out_of_range = o->sought_pending = offset < 0; /* it will be reset, as it asked for */
    o->next = offset < 0 ? 0 : offset;
}

void sim_judge_ended(struct sim_judge *j, int member)
{
    struct sim_judged_member *m = &j->members[member];

    for (size_t i = 0; i < m->ownership_count; i++)
        m->ownerships[i].state = SIM_GONE;
    m->silent = true;
}
