/* What brokers are asked and answer. */
#include "base/status.h"
#include "protocol/fetch.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_for_leader_epoch.h"
#include "protocol/sync_group.h"
#include "sim/group.h"
#include "sim/judge.h"

/* Of one member, over all brokers: each of a few machines may ask 20 times (L4), and a start and a
 * rebalance may fall into one second. */
enum { ASKED_IN_SECOND_MAX = 80 };

static const char *api_name(const struct sim_call *call)
{
    return kh_api_info(call->api)->name;
}

/* What parks must not park anything else of its kind. A connection that its client has closed does
 * not count: the broker only does not know yet. */
static void judge_alone(struct sim_judge *j, const struct sim_call *call)
{
    kh_list_each (node, &call->broker->calls) {
        const struct sim_call *other = kh_container(node, struct sim_call, all);
        if (other != call && other->api == call->api && other->host == call->host &&
            other->response == NULL && other->connection != NULL &&
            sim_connection_is_open(other->connection))
            sim_judge_violated(j, "S16", "m%d has two requests %s at broker %d", call->host,
                               api_name(call), (int)call->broker->id);
    }
}

static const struct sim_log *log_of(struct sim_judge *j, const struct sim_call *call,
                                    const struct kh_offset_commit_request_topic *topic,
                                    int32_t partition)
{
    const struct sim_topic *t = call->version >= 10
                                    ? sim_cluster_topic_by_id(j->cluster, &topic->topic_id)
                                    : sim_cluster_topic(j->cluster, topic->name);
    return sim_topic_log(t, partition);
}

static void judge_commit(struct sim_judge *j, const struct sim_call *call,
                         const struct sim_log *log,
                         const struct kh_offset_commit_request_partition *p)
{
    const struct kh_offset_commit_request *request = call->request;
    const struct sim_ownership *o = sim_judge_ownership(j, call->host, log);

    sim_trace(j->trace, SIM_TRACE_RECORDS, "m%d commits %s-%d up to %lld", call->host,
              log->topic->name, (int)log->partition, (long long)p->committed_offset);
    if (request->generation_id_or_member_epoch < o->generation)
        return; /* of an earlier ownership; the coordinator refuses it */
    int64_t bound = sim_judge_untold_bound(j, o);
    if (sim_judge_may_lag(o, call->sent_us) && o->sought_bound > bound)
        bound = o->sought_bound;
    /* What nobody could see when the application said so may come all the same, if compaction has
     * taken it since it was sent. Its own count of what is lost may wait for long. */
    bool allowed = p->committed_offset <= o->earlier_bound || p->committed_offset <= o->counted ||
                   p->committed_offset == o->counted_of_lost || j->lenient_commits;
    if (o->started && p->committed_offset > bound && !allowed)
        sim_judge_violated(j, "S7", "m%d commits %s-%d up to %lld, and may only up to %lld",
                           call->host, log->topic->name, (int)log->partition,
                           (long long)p->committed_offset, (long long)bound);
}

static void each_commit(struct sim_judge *j, const struct sim_call *call,
                        void (*each)(struct sim_judge *, const struct sim_call *,
                                     const struct sim_log *,
                                     const struct kh_offset_commit_request_partition *))
{
    const struct kh_offset_commit_request *request = call->request;
    const struct kh_offset_commit_response *response = call->response;

    for (size_t i = 0; i < request->topic_count; i++)
        for (size_t k = 0; k < request->topics[i].partition_count; k++) {
            const struct kh_offset_commit_request_partition *p = &request->topics[i].partitions[k];
            const struct sim_log *log = log_of(j, call, &request->topics[i], p->partition_index);
            bool refused = response != NULL && response->topics[i].partitions[k].error_code != 0;
            if (log != NULL && !refused)
                each(j, call, log, p);
        }
}

/* Any request shows how late the heartbeats are. */
static void judge_heartbeats(struct sim_judge *j, const struct sim_call *call)
{
    struct sim_judged_member *m = &j->members[call->host];
    int64_t gap_us = call->sent_us - m->beat_us;

    if (j->heartbeat_max_us > 0 && m->beat_us >= 0 && gap_us > j->heartbeat_max_us)
        sim_judge_violated(j, "L3", "m%d has sent no heartbeat for %lld ms", call->host,
                           (long long)(gap_us / SIM_MS));
    if (call->api == KH_API_HEARTBEAT)
        m->beat_us = call->sent_us;
}

/* What a member asks to find its way; records and commits have their own pace. */
static void judge_rate(struct sim_judge *j, const struct sim_call *call)
{
    struct sim_judged_member *m = &j->members[call->host];
    int64_t second = sim_now_ms(j->trace->schedule) / 1000;

    if (call->api == KH_API_FETCH || call->api == KH_API_OFFSET_COMMIT)
        return;
    if (m->second != second) {
        m->second = second;
        m->asked_in_second = 0;
    }
    if (++m->asked_in_second == ASKED_IN_SECOND_MAX)
        sim_judge_violated(j, "L4", "m%d asks %d times in one second, %s last", call->host,
                           ASKED_IN_SECOND_MAX, api_name(call));
}

/* Sessions name what has changed alone: an epoch always has. */
static void note_fetched(struct sim_judge *j, const struct sim_call *call)
{
    const struct kh_fetch_request *request = call->request;

    for (size_t i = 0; i < request->topic_count; i++) {
        const struct kh_fetch_request_topic *topic = &request->topics[i];
        const struct sim_topic *t = call->version >= 13
                                        ? sim_cluster_topic_by_id(j->cluster, &topic->topic_id)
                                        : sim_cluster_topic(j->cluster, topic->topic);
        for (size_t k = 0; k < topic->partition_count; k++) {
            const struct sim_log *log = sim_topic_log(t, topic->partitions[k].partition);
            struct sim_ownership *o = log == NULL ? NULL : sim_judge_ownership(j, call->host, log);
            if (o != NULL && topic->partitions[k].current_leader_epoch > o->fetched_epoch)
                o->fetched_epoch = topic->partitions[k].current_leader_epoch;
        }
    }
}

static void asked(void *arg, const struct sim_call *call)
{
    struct sim_judge *j = arg;

    sim_trace(j->trace, SIM_TRACE_REQUESTS, "m%d asks broker %d: %s v%d", call->host,
              (int)call->broker->id, api_name(call), call->version);
    judge_heartbeats(j, call);
    judge_rate(j, call);
    if (call->api == KH_API_FETCH || call->api == KH_API_JOIN_GROUP)
        judge_alone(j, call);
    if (call->api == KH_API_FETCH)
        note_fetched(j, call);
    if (call->api == KH_API_OFFSET_COMMIT)
        each_commit(j, call, judge_commit);
    j->heartbeats += call->api == KH_API_HEARTBEAT;
    j->members[call->host].heartbeats += call->api == KH_API_HEARTBEAT;
    j->joins += call->api == KH_API_JOIN_GROUP;
}

static void judge_stored(struct sim_judge *j, const struct sim_call *call,
                         const struct sim_log *log,
                         const struct kh_offset_commit_request_partition *p)
{
    struct sim_progress *progress = sim_judge_progress(j, log);
    struct sim_ownership *o = sim_judge_ownership(j, call->host, log);

    /* Nothing that a client can do keeps bytes from coming late that it has sent. */
    bool given_up = call->connection == NULL || !sim_connection_is_open(call->connection) ||
                    progress->stored <= o->earlier_bound;

    if (p->committed_offset < progress->stored && given_up)
        progress->excused = progress->stored;
    else if (p->committed_offset < progress->stored && o->sought_us == 0)
        sim_judge_violated(j, "S8", "m%d takes the group's offset of %s-%d back from %lld to %lld",
                           call->host, log->topic->name, (int)log->partition,
                           (long long)progress->stored, (long long)p->committed_offset);
    if (o->generation == 0)
        sim_judge_violated(j, "S9", "m%d commits %s-%d, which it never owned", call->host,
                           log->topic->name, (int)log->partition);
    if (o->state == SIM_OWNED && !o->started && o->stored_before < 0)
        o->stored_before = progress->stored;
    progress->stored = p->committed_offset;
    progress->stored_epoch = call->version >= 6 ? p->committed_leader_epoch : -1;
    j->commits++;
}

static int16_t error_of(const struct sim_call *call)
{
    if (call->api == KH_API_HEARTBEAT)
        return ((const struct kh_heartbeat_response *)call->response)->error_code;
    if (call->api == KH_API_SYNC_GROUP)
        return ((const struct kh_sync_group_response *)call->response)->error_code;
    if (call->api == KH_API_JOIN_GROUP)
        return ((const struct kh_join_group_response *)call->response)->error_code;
    return 0;
}

static int16_t commit_error(const struct sim_call *call)
{
    const struct kh_offset_commit_response *response = call->response;
    int16_t error = 0;

    for (size_t i = 0; i < response->topic_count && error == 0; i++)
        for (size_t k = 0; k < response->topics[i].partition_count && error == 0; k++)
            error = response->topics[i].partitions[k].error_code;
    return error;
}

static int32_t generation_of(const struct sim_call *call, int32_t otherwise)
{
    if (call->api == KH_API_HEARTBEAT)
        return ((const struct kh_heartbeat_request *)call->request)->generation_id;
    if (call->api == KH_API_SYNC_GROUP)
        return ((const struct kh_sync_group_request *)call->request)->generation_id;
    if (call->api == KH_API_OFFSET_COMMIT)
        return ((const struct kh_offset_commit_request *)call->request)
            ->generation_id_or_member_epoch;
    return otherwise;
}

static void note_out_of_range(struct sim_judge *j, const struct sim_call *call)
{
    const struct kh_fetch_response *response = call->response;

    for (size_t i = 0; i < response->response_count; i++) {
        const struct kh_fetch_response_topic *topic = &response->responses[i];
        const struct sim_topic *t = call->version >= 13
                                        ? sim_cluster_topic_by_id(j->cluster, &topic->topic_id)
                                        : sim_cluster_topic(j->cluster, topic->topic);
        for (size_t k = 0; t != NULL && k < topic->partition_count; k++)
            if (topic->partitions[k].error_code == KH_KAFKA_OFFSET_OUT_OF_RANGE)
                sim_judge_ownership(j, call->host,
                                    sim_topic_log(t, topic->partitions[k].partition_index))
                    ->out_of_range = true;
    }
}

/* The log never had such an epoch: nothing can say where the position belongs. */
static void note_unknown_epoch(struct sim_judge *j, const struct sim_call *call)
{
    const struct kh_offset_for_leader_epoch_response *response = call->response;

    for (size_t i = 0; i < response->topic_count; i++) {
        const struct kh_offset_for_leader_epoch_response_topic *topic = &response->topics[i];
        const struct sim_topic *t = sim_cluster_topic(j->cluster, topic->topic);
        for (size_t k = 0; t != NULL && k < topic->partition_count; k++)
            if (topic->partitions[k].error_code == 0 && topic->partitions[k].end_offset < 0)
                sim_judge_ownership(j, call->host, sim_topic_log(t, topic->partitions[k].partition))
                    ->out_of_range = true;
    }
}

static void answered(void *arg, const struct sim_call *call)
{
    struct sim_judge *j = arg;

    sim_trace(j->trace, SIM_TRACE_REQUESTS, "broker %d answers m%d: %s %s", (int)call->broker->id,
              call->host, api_name(call), kh_kafka_error_name(error_of(call)));
    if (call->api == KH_API_OFFSET_COMMIT)
        each_commit(j, call, judge_stored);
    if (call->api == KH_API_FETCH)
        note_out_of_range(j, call);
    if (call->api == KH_API_OFFSET_FOR_LEADER_EPOCH)
        note_unknown_epoch(j, call);
}

/* Who the group does not know has lost what it owned; but not because of a request of a generation
 * that it has outgrown since. */
static void note_eviction(struct sim_judged_member *m, const struct sim_call *call, int16_t error)
{
    if (error == KH_KAFKA_UNKNOWN_MEMBER_ID || error == KH_KAFKA_ILLEGAL_GENERATION ||
        error == KH_KAFKA_FENCED_INSTANCE_ID) {
        bool of_now = generation_of(call, m->generation) >= m->generation;
        m->may_lose = m->may_lose || of_now;
        m->told_out = of_now && call->api == KH_API_OFFSET_COMMIT && m->state == KH_MEMBER_STABLE;
    } else if (call->api == KH_API_JOIN_GROUP && error == 0)
        m->generation = ((const struct kh_join_group_response *)call->response)->generation_id;
    else if (call->api == KH_API_SYNC_GROUP && error == 0)
        m->may_lose = false;
}

/* REBALANCE_IN_PROGRESS in a heartbeat's answer says that the member is alive. */
static void received(void *arg, const struct sim_call *call)
{
    struct sim_judge *j = arg;
    struct sim_judged_member *m = &j->members[call->host];
    int16_t error = error_of(call);
    bool alive =
        error == 0 || (call->api == KH_API_HEARTBEAT && error == KH_KAFKA_REBALANCE_IN_PROGRESS);
    int64_t deadline_ms = call->sent_us / SIM_MS + m->session_timeout_ms;

    sim_seen_answer(&j->seen, m->state, call);
    note_eviction(m, call, call->api == KH_API_OFFSET_COMMIT ? commit_error(call) : error);
    if (call->api == KH_API_SYNC_GROUP && error == 0 && m->beat_us < 0)
        m->beat_us = j->trace->schedule->now_us;
    if (error == KH_KAFKA_UNKNOWN_MEMBER_ID || error == KH_KAFKA_ILLEGAL_GENERATION)
        m->beat_us = -1; /* Whom the group does not know has nothing to keep alive. */
    bool proves = call->api == KH_API_HEARTBEAT || call->api == KH_API_SYNC_GROUP ||
                  call->api == KH_API_JOIN_GROUP; /* completeClassicGroupJoin */
    if (!proves || !alive)
        return;
    if (deadline_ms > m->session_deadline_ms)
        m->session_deadline_ms = deadline_ms;
    if (deadline_ms > m->proven_deadline_ms && call->sent_us > m->finding_us) {
        m->proven_before_ms = m->proven_deadline_ms;
        m->proven_deadline_ms = deadline_ms;
        m->proven_us = j->trace->schedule->now_us;
    }
}

static void violated(void *arg, const char *rule, const char *what)
{
    sim_judge_violated(arg, rule, "%s", what);
}

struct sim_observer sim_judge_observer(struct sim_judge *j)
{
    return (struct sim_observer){
        .asked = asked, .answered = answered, .received = received, .violated = violated, .arg = j};
}
