/* The application of a member: it records what it is told, and does what its options say. */
#include "base/status.h"
#include "sim/memory.h"
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIST_TEXT = 512, AGAIN_MS = 100, BACK_MS = 1000 };

/* An acknowledgement to come. */
struct pending_ack {
    struct kh_list node;
    struct sim_member *member;
    const struct sim_log *log;
    kohort_mark mark;
    bool late; /* of a delivery that was refused since: it must not count */
    struct sim_event event;
};

static void enter(struct sim_member *m, const char *callback)
{
    if (m->calls > 0)
        sim_judge_violated(&m->world->judge, "S14", "m%d: %s inside a call", m->number, callback);
    if (m->callbacks > 0)
        sim_judge_violated(&m->world->judge, "S14", "m%d: %s inside a callback", m->number,
                           callback);
    m->callbacks++;
}

static void leave(struct sim_member *m)
{
    sim_meddle_sometimes(m);
    m->callbacks--;
}

static bool by_chance(const struct sim_member *m, unsigned percent)
{
    return percent > 0 && kh_random_below(&m->world->random, 100) < percent;
}

const struct sim_log *sim_partition_log(const struct sim_member *m, const kohort_partition *p)
{
    const struct sim_topic *t =
        sim_cluster_topic(&m->world->cluster, kh_string_of(kohort_partition_topic(p)));
    return sim_topic_log(t, kohort_partition_number(p));
}

static void free_ack(struct pending_ack *ack)
{
    sim_cancel(&ack->member->world->schedule, &ack->event);
    kh_list_remove(&ack->node);
    free(ack);
}

static void acknowledge(struct sim_member *m, const struct sim_log *log, kohort_mark mark)
{
    bool may_count =
        sim_judge_is_delivery(&m->world->judge, m->number, log, mark.offset, mark.delivery);
    int status = kohort_ack(m->consumer, mark);

    if (status == 0 && mark.span == 0 && !may_count)
        sim_judge_violated(&m->world->judge, "S7", "m%d: %s-%d@%lld counts by its delivery %u",
                           m->number, log->topic->name, (int)log->partition, (long long)mark.offset,
                           (unsigned)mark.delivery);
    if (status == 0)
        sim_judge_acknowledged(&m->world->judge, m->number, log, mark.offset,
                               mark.offset + mark.span, mark.delivery);
    else if (status != KOHORT_ESTALE &&
             !(status == KOHORT_EINVAL && m->world->judge.members[m->number].forgets))
        sim_judge_violated(&m->world->judge, "S10", "m%d: kohort_ack of %s-%d@%lld says %d",
                           m->number, log->topic->name, (int)log->partition, (long long)mark.offset,
                           status);
}

static void acknowledge_too_late(struct sim_member *m, const struct sim_log *log, kohort_mark mark)
{
    if (kohort_ack(m->consumer, mark) == 0 &&
        !sim_judge_is_acknowledged(&m->world->judge, m->number, log, mark.offset))
        sim_judge_violated(
            &m->world->judge, "S7", "m%d: %s-%d@%lld counts as done by a delivery that was refused",
            m->number, log->topic->name, (int)log->partition, (long long)mark.offset);
}

static void refuse(struct sim_member *m, const struct sim_log *log, kohort_mark mark)
{
    int64_t delay_ms = sim_random_between(&m->world->random, 0, m->application.refuse_max_ms);
    int status = kohort_nack(m->consumer, mark, delay_ms);

    if (status == 0)
        sim_judge_refused(&m->world->judge, m->number, log, mark.offset, mark.offset + mark.span);
    else if (status == KOHORT_ENOMEM) /* Nothing has changed: it may still be done. */
        acknowledge(m, log, mark);
    else if (status != KOHORT_ESTALE && sim_judge_holds(&m->world->judge, m->number, log,
                                                        mark.offset, mark.offset + mark.span))
        sim_judge_violated(&m->world->judge, "S10", "m%d: kohort_nack of %s-%d@%lld says %d",
                           m->number, log->topic->name, (int)log->partition, (long long)mark.offset,
                           status);
}

static struct pending_ack *acknowledge_later(struct sim_member *m, const struct sim_log *log,
                                             kohort_mark mark);

/* Whether it takes more time for it, and has it. */
static bool extend(struct pending_ack *ack)
{
    struct sim_member *m = ack->member;
    int64_t ms = sim_random_between(&m->world->random, 1, 1000);

    if (ack->late || !by_chance(m, m->application.extends) || m->consumer == NULL)
        return false;
    int status = kohort_extend(m->consumer, ack->mark, ms);
    if (status == 0)
        sim_judge_due(&m->world->judge, m->number, ack->log, ack->mark.offset,
                      ack->mark.offset + ack->mark.span, ms);
    else if (status != KOHORT_ESTALE && status != KOHORT_ENOMEM &&
             sim_judge_holds(&m->world->judge, m->number, ack->log, ack->mark.offset,
                             ack->mark.offset + ack->mark.span))
        sim_judge_violated(&m->world->judge, "S10", "m%d: kohort_extend of %s-%d@%lld says %d",
                           m->number, ack->log->topic->name, (int)ack->log->partition,
                           (long long)ack->mark.offset, status);
    return status == 0;
}

static void settle_taken(struct pending_ack *ack)
{
    struct sim_member *m = ack->member;

    if (ack->late)
        acknowledge_too_late(m, ack->log, ack->mark);
    else if (!by_chance(m, m->application.refuses))
        acknowledge(m, ack->log, ack->mark);
    else {
        refuse(m, ack->log, ack->mark);
        if (ack->mark.span == 0 && by_chance(m, 50))
            acknowledge_later(m, ack->log, ack->mark)->late = true;
    }
}

static void let_go(struct sim_member *m)
{
    if (m->world->options.commit_every_ms > 0)
        sim_member_commit(m);
    int status = kohort_revoke_done(m->consumer, m->token);

    if (status == 0)
        sim_judge_let_go(&m->world->judge, m->number);
    else if (status != KOHORT_ESTALE)
        sim_judge_violated(&m->world->judge, "S10", "m%d: kohort_revoke_done says %d", m->number,
                           status);
}

/* Whether an acknowledgement is to come of what is to be let go of. */
static bool owes(const struct sim_member *m)
{
    kh_list_each (node, &m->acks) {
        const struct pending_ack *ack = kh_container(node, const struct pending_ack, node);
        if (sim_judge_ownership(&m->world->judge, m->number, ack->log)->state == SIM_REVOKING)
            return true;
    }
    return false;
}

static void settle_in_time(struct pending_ack *ack)
{
    struct sim_member *m = ack->member;

    sim_after(&m->world->schedule, &ack->event,
              sim_random_between(&m->world->random, 0, m->application.later_max_ms * SIM_MS));
}

static void on_ack_due(struct sim_event *event)
{
    struct pending_ack *ack = kh_container(event, struct pending_ack, event);
    struct sim_member *m = ack->member;

    bool extended = false;

    if (!sim_platform_runs(&m->platform, event))
        return;
    SIM_CALL(m, extended = extend(ack));
    if (extended) {
        settle_in_time(ack);
        return;
    }
    if (m->consumer != NULL)
        SIM_CALL(m, settle_taken(ack));
    free_ack(ack);
    if (m->application.drains && m->consumer != NULL && !owes(m))
        SIM_CALL(m, let_go(m)); /* Stale, and refused, when nothing is to be let go of. */
}

static struct pending_ack *acknowledge_later(struct sim_member *m, const struct sim_log *log,
                                             kohort_mark mark)
{
    struct pending_ack *ack = sim_new(1, sizeof *ack);

    ack->member = m;
    ack->log = log;
    ack->mark = mark;
    ack->event.fire = on_ack_due;
    kh_list_append(&m->acks, &ack->node);
    settle_in_time(ack);
    return ack;
}

static int settle(struct sim_member *m, const struct sim_log *log, const kohort_batch *batch)
{
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);

    if (by_chance(m, m->application.fails)) {
        sim_trace(&m->world->trace, SIM_TRACE_RECORDS, "m%d refuses %s-%d from %lld on", m->number,
                  log->topic->name, (int)log->partition, (long long)records[0].offset);
        return KOHORT_EINVAL;
    }
    if (!by_chance(m, m->application.later)) {
        sim_judge_acknowledged(&m->world->judge, m->number, log, records[0].offset,
                               records[count - 1].offset, SIM_ANY_DELIVERY);
        return KOHORT_DONE;
    }
    if (!by_chance(m, m->application.by_record)) {
        acknowledge_later(m, log, kohort_batch_mark(batch));
        return KOHORT_LATER;
    }
    for (size_t i = 0; i < count; i++)
        acknowledge_later(m, log, kohort_record_mark(batch, &records[i]));
    return KOHORT_LATER;
}

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct sim_member *m = user;
    const struct sim_log *log = sim_partition_log(m, p);
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);

    enter(m, "on_records");
    sim_trace(&m->world->trace, SIM_TRACE_RECORDS, "m%d gets %s-%d %lld to %lld", m->number,
              log->topic->name, (int)log->partition, (long long)records[0].offset,
              (long long)records[count - 1].offset);
    sim_judge_delivered(&m->world->judge, m->number, log, records, count,
                        kohort_batch_mark(batch).delivery);
    if (by_chance(m, m->application.keeps))
        sim_holding_take(m, log, batch);
    uint64_t serial = sim_judge_ownership(&m->world->judge, m->number, log)->serial;
    int result = settle(m, log, batch);
    leave(m);
    if (result < 0 && sim_judge_ownership(&m->world->judge, m->number, log)->serial == serial)
        sim_judge_failed(&m->world->judge, m->number, log, records[0].offset,
                         records[count - 1].offset, count);
    return result;
}

static const char *list_text(const kohort_partitions *list, char *out, size_t size)
{
    size_t used = 0;

    snprintf(out, size, " nothing");
    for (size_t i = 0; i < kohort_partitions_count(list) && used < size; i++) {
        const kohort_partition *p = kohort_partitions_at(list, i);
        int added = snprintf(out + used, size - used, " %s-%d", kohort_partition_topic(p),
                             (int)kohort_partition_number(p));
        used += added < 0 ? 0 : (size_t)added;
    }
    return out;
}

static void on_assigned(kohort_consumer *c, const kohort_partitions *added, void *user)
{
    struct sim_member *m = user;
    char text[LIST_TEXT];

    enter(m, "on_assigned");
    sim_trace(&m->world->trace, SIM_TRACE_MEMBER, "m%d is assigned%s", m->number,
              list_text(added, text, sizeof text));
    for (size_t i = 0; i < kohort_partitions_count(added); i++)
        sim_judge_assigned(&m->world->judge, m->number,
                           sim_partition_log(m, kohort_partitions_at(added, i)),
                           kohort_consumer_generation(c));
    leave(m);
}

static void on_let_go(struct sim_event *event)
{
    struct sim_member *m = kh_container(event, struct sim_member, let_go);

    if (sim_platform_runs(&m->platform, event) && m->consumer != NULL)
        SIM_CALL(m, let_go(m));
}

static void on_revoked(kohort_consumer *c, const kohort_partitions *going, kohort_token token,
                       void *user)
{
    struct sim_member *m = user;
    char text[LIST_TEXT];

    (void)c;
    enter(m, "on_revoked");
    sim_trace(&m->world->trace, SIM_TRACE_MEMBER, "m%d must let go of%s", m->number,
              list_text(going, text, sizeof text));
    for (size_t i = 0; i < kohort_partitions_count(going); i++)
        sim_judge_revoked(&m->world->judge, m->number,
                          sim_partition_log(m, kohort_partitions_at(going, i)));
    m->token = token;
    m->let_go.fire = on_let_go;
    bool wait_for_acks = m->application.drains && owes(m);
    if (m->application.drain_max_ms == 0 && !wait_for_acks)
        SIM_CALL(m, let_go(m));
    else if (!m->application.drains)
        sim_after(&m->world->schedule, &m->let_go,
                  sim_random_between(&m->world->random, m->application.drain_min_ms * SIM_MS,
                                     m->application.drain_max_ms * SIM_MS));
    leave(m);
}

static void on_lost(kohort_consumer *c, const kohort_partitions *gone, void *user)
{
    struct sim_member *m = user;
    char text[LIST_TEXT];

    (void)c;
    enter(m, "on_lost");
    sim_trace(&m->world->trace, SIM_TRACE_MEMBER, "m%d has lost%s", m->number,
              list_text(gone, text, sizeof text));
    for (size_t i = 0; i < kohort_partitions_count(gone); i++)
        sim_judge_lost(&m->world->judge, m->number,
                       sim_partition_log(m, kohort_partitions_at(gone, i)));
    leave(m);
}

static void tell_event(struct sim_member *m, const kohort_event *e)
{
    struct sim_trace *t = &m->world->trace;

    switch ((enum kohort_event_type)e->type) {
    case KOHORT_EVENT_STATE:
        sim_trace(t, SIM_TRACE_MEMBER, "m%d is %s: %s", m->number, e->state, e->text);
        sim_judge_state(&m->world->judge, m->number, e->state);
        break;
    case KOHORT_EVENT_RESET:
        sim_trace(t, SIM_TRACE_RECORDS, "m%d starts %s-%d at %lld: %s", m->number,
                  kohort_partition_topic(e->partition), (int)kohort_partition_number(e->partition),
                  (long long)e->offset, e->text);
        sim_judge_reset(&m->world->judge, m->number, sim_partition_log(m, e->partition), e->offset);
        break;
    case KOHORT_EVENT_ERROR:
        sim_trace(t, SIM_TRACE_MEMBER, "m%d is told: %s", m->number, e->error->text);
        if (e->partition != NULL && e->error->kafka_code == KH_KAFKA_OFFSET_OUT_OF_RANGE)
            sim_judge_given_up(&m->world->judge, m->number, sim_partition_log(m, e->partition));
        break;
    case KOHORT_EVENT_FAILED:
        sim_trace(t, SIM_TRACE_MEMBER, "m%d fails: %s", m->number, e->error->text);
        m->failures++;
        m->failure = *e->error;
        if (m->failure.code == KOHORT_ENOMEM)
            sim_after(&m->world->schedule, &m->subscribe_again, AGAIN_MS * SIM_MS);
        break;
    case KOHORT_EVENT_STALL:
        sim_trace(t, SIM_TRACE_MEMBER, "m%d stood still for %lld ms", m->number,
                  (long long)e->late_ms);
        break;
    case KOHORT_EVENT_TRUNCATED:
        sim_trace(t, SIM_TRACE_RECORDS, "m%d loses %s-%d %lld to %lld", m->number,
                  kohort_partition_topic(e->partition), (int)kohort_partition_number(e->partition),
                  (long long)e->offset, (long long)e->offset_before - 1);
        sim_judge_truncated(&m->world->judge, m->number, sim_partition_log(m, e->partition),
                            e->offset, e->offset_before);
        break;
    case KOHORT_EVENT_STUCK:
        sim_trace(t, SIM_TRACE_RECORDS, "m%d is told: %s", m->number, e->text);
        sim_judge_stuck(&m->world->judge, m->number, sim_partition_log(m, e->partition), e->offset,
                        e->last_offset);
        if (!m->world->judge.suspends && !m->world->judge.redelivers)
            sim_after(&m->world->schedule, &m->subscribe_again, BACK_MS * SIM_MS);
        break;
    case KOHORT_EVENT_COMMITTED:
    case KOHORT_EVENT_UNCOMMITTED:
    case KOHORT_EVENT_END:
        break;
    }
}

static void on_event(kohort_consumer *c, const kohort_event *e, void *user)
{
    struct sim_member *m = user;

    (void)c;
    enter(m, "on_event");
    if (m->world->judge.members[m->number].silent)
        sim_judge_violated(&m->world->judge, "S14", "m%d: on_event after its end", m->number);
    tell_event(m, e);
    leave(m);
}

const kohort_handlers sim_application_handlers = {.size = sizeof(kohort_handlers),
                                                  .on_records = on_records,
                                                  .on_assigned = on_assigned,
                                                  .on_revoked = on_revoked,
                                                  .on_lost = on_lost,
                                                  .on_event = on_event};

/* One that counts by itself what it has done of some partitions. */
static void commit_some_offsets(struct sim_member *m)
{
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    enum { MOST = 4 };
    const struct sim_log *logs[MOST];
    kohort_offset offsets[MOST];
    size_t owned_count = kohort_partitions_count(owned), count = 0;

    if (owned_count == 0)
        return;
    size_t first = kh_random_below(&m->world->random, owned_count);
    size_t most = 1 + kh_random_below(&m->world->random, MOST);
    for (size_t i = first; i < owned_count && count < most; i++) {
        const kohort_partition *p = kohort_partitions_at(owned, i);
        struct sim_ownership *o =
            sim_judge_ownership(&m->world->judge, m->number, sim_partition_log(m, p));
        kohort_partition_status status = {.size = sizeof status};
        kohort_partition_get_status(p, &status);
        if (!o->started || o->state == SIM_GONE || status.acked < 0)
            continue;
        o->counted = status.acked;
        logs[count] = o->log;
        offsets[count++] = (kohort_offset){.ownership = kohort_partition_ownership(p),
                                           .offset = o->counted,
                                           .leader_epoch = -1,
                                           .metadata = m->world->judge.done ? NULL : "counted"};
    }
    if (count > 0)
        sim_member_commit_offsets(m, logs, offsets, count);
}

static void on_commit_due(struct sim_event *event)
{
    struct sim_member *m = kh_container(event, struct sim_member, commit_due);

    if (!sim_platform_runs(&m->platform, event) || m->consumer == NULL)
        return;
    if (by_chance(m, 30))
        commit_some_offsets(m);
    else
        sim_member_commit(m);
    sim_after(&m->world->schedule, event, m->world->options.commit_every_ms * SIM_MS);
}

/* Who fails for want of memory is as good as new: its owner subscribes once more. */
static void on_subscribe_again(struct sim_event *event)
{
    struct sim_member *m = kh_container(event, struct sim_member, subscribe_again);
    int status;

    if (!sim_platform_runs(&m->platform, event) || !sim_member_lives(m))
        return;
    SIM_CALL(m, status = kohort_subscribe(m->consumer, &m->topic, 1));
    if (status == KOHORT_ENOMEM || status == KOHORT_ESTATE) /* It is on its way out still. */
        sim_after(&m->world->schedule, event, AGAIN_MS * SIM_MS);
    else if (status != 0)
        sim_judge_violated(&m->world->judge, "S10", "m%d cannot subscribe again: %d", m->number,
                           status);
}

void sim_application_start(struct sim_member *m)
{
    m->subscribe_again.fire = on_subscribe_again;
    sim_holding_start(m);
    sim_meddling_start(m);
    m->commit_due.fire = on_commit_due;
    if (m->world->options.commit_every_ms > 0)
        sim_after(&m->world->schedule, &m->commit_due, m->world->options.commit_every_ms * SIM_MS);
}

struct sim_application sim_application_some(struct kh_random *random)
{
    return (struct sim_application){
        .later = (unsigned)kh_random_below(random, 101),
        .later_max_ms = sim_random_between(random, 0, 800),
        .by_record = (unsigned)kh_random_below(random, 101),
        .fails = sim_chance(random, 3) ? (unsigned)kh_random_below(random, 10) : 0,
        .hurries = sim_chance(random, 2) ? 20 : 0,
        .refuses = sim_chance(random, 3) ? (unsigned)kh_random_below(random, 20) : 0,
        .refuse_max_ms = sim_random_between(random, 0, 1000),
        .extends = sim_chance(random, 3) ? (unsigned)kh_random_below(random, 40) : 0,
        .drain_max_ms = sim_chance(random, 2) ? sim_random_between(random, 0, 1500) : 0,
        .frees_in_done = 50,
        .keeps = sim_chance(random, 3) ? (unsigned)kh_random_below(random, 101) : 0,
        .keep_max_ms = sim_random_between(random, 0, 2000)};
}

void sim_application_stop(struct sim_member *m)
{
    kh_list_each_safe (node, &m->acks)
        free_ack(kh_container(node, struct pending_ack, node));
    sim_cancel(&m->world->schedule, &m->let_go);
    sim_cancel(&m->world->schedule, &m->commit_due);
    sim_cancel(&m->world->schedule, &m->subscribe_again);
    sim_holding_stop(m);
    sim_meddling_stop(m);
}
