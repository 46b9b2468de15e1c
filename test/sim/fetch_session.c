#include "sim/fetch_session.h"

#include "base/status.h"
#include "sim/memory.h"

#include <stdlib.h>

/* FetchMetadata.java */
enum { INITIAL_EPOCH = 0, FINAL_EPOCH = -1 };

static void free_session(struct sim_fetch_session *s)
{
    kh_list_remove(&s->node);
    for (size_t i = 0; i < s->count; i++)
        free((void *)(uintptr_t)s->partitions[i].topic.data);
    free(s->partitions);
    free(s);
}

void sim_fetch_sessions_free(struct sim_broker *b)
{
    kh_list_each_safe (node, &b->sessions)
        free_session(kh_container(node, struct sim_fetch_session, node));
}

static struct sim_fetch_session *find_session(struct sim_broker *b, int32_t id)
{
    kh_list_each (node, &b->sessions) {
        struct sim_fetch_session *s = kh_container(node, struct sim_fetch_session, node);
        if (s->id == id)
            return s;
    }
    return NULL;
}

static bool is_same_topic(const struct sim_fetch_session *s, const struct sim_fetch_partition *p,
                          struct kh_string topic, const struct kh_uuid *id)
{
    return s->uses_topic_ids ? memcmp(&p->topic_id, id, sizeof *id) == 0
                             : kh_string_equal(p->topic, topic);
}

static struct sim_fetch_partition *find_partition(struct sim_fetch_session *s,
                                                  struct kh_string topic, const struct kh_uuid *id,
                                                  int32_t partition)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->partitions[i].asked.partition == partition &&
            is_same_topic(s, &s->partitions[i], topic, id))
            return &s->partitions[i];
    return NULL;
}

/* CachedPartition.updateRequestParams: what was answered is kept. */
static void set_partition(struct sim_fetch_session *s, const struct kh_fetch_request_topic *topic,
                          const struct kh_fetch_request_partition *asked)
{
    struct sim_fetch_partition *p =
        find_partition(s, topic->topic, &topic->topic_id, asked->partition);

    if (p == NULL) {
        sim_grow(&s->partitions, &s->capacity, s->count, sizeof *s->partitions);
        p = &s->partitions[s->count++];
        char *name = s->uses_topic_ids ? NULL : sim_copy_string(topic->topic);
        *p = (struct sim_fetch_partition){.topic = kh_string_of(name),
                                          .topic_id = topic->topic_id,
                                          .high_watermark = -1,
                                          .log_start_offset = -1};
    }
    p->asked = *asked;
}

static void forget_partition(struct sim_fetch_session *s,
                             const struct kh_fetch_request_forgotten_topic *topic,
                             int32_t partition)
{
    struct sim_fetch_partition *p = find_partition(s, topic->topic, &topic->topic_id, partition);

    if (p == NULL)
        return;
    free((void *)(uintptr_t)p->topic.data);
    memmove(p, p + 1, (size_t)(s->partitions + --s->count - p) * sizeof *p);
}

static void update_session(struct sim_fetch_session *s, const struct kh_fetch_request *request)
{
    for (size_t i = 0; i < request->topic_count; i++)
        for (size_t j = 0; j < request->topics[i].partition_count; j++)
            set_partition(s, &request->topics[i], &request->topics[i].partitions[j]);
    for (size_t i = 0; i < request->forgotten_topic_count; i++)
        for (size_t j = 0; j < request->forgotten_topics_data[i].partition_count; j++)
            forget_partition(s, &request->forgotten_topics_data[i],
                             request->forgotten_topics_data[i].partitions[j]);
}

static struct sim_fetch_session *new_session(struct sim_call *call)
{
    struct sim_fetch_session *s = sim_new(1, sizeof *s);

    s->id = ++call->broker->last_session_id;
    s->epoch = INITIAL_EPOCH + 1;
    s->host = call->host;
    s->uses_topic_ids = call->version >= 13;
    kh_list_append(&call->broker->sessions, &s->node);
    return s;
}

/* The session changes under a parked Fetch; names live as long as the call. */
static void plan_of_session(struct sim_call *call, struct sim_fetch_session *s,
                            struct sim_fetch_plan *plan)
{
    plan->session = s;
    plan->session_id = s->id;
    plan->count = s->count;
    plan->partitions = sim_call_new(call, s->count, sizeof *plan->partitions);
    for (size_t i = 0; i < s->count; i++) {
        plan->partitions[i] = s->partitions[i];
        plan->partitions[i].topic = kh_arena_string(&call->arena, s->partitions[i].topic);
    }
}

static void plan_of_request(struct sim_call *call, struct sim_fetch_plan *plan)
{
    const struct kh_fetch_request *request = call->request;
    size_t count = 0;

    for (size_t i = 0; i < request->topic_count; i++)
        count += request->topics[i].partition_count;
    plan->partitions = sim_call_new(call, count, sizeof *plan->partitions);
    for (size_t i = 0; i < request->topic_count; i++)
        for (size_t j = 0; j < request->topics[i].partition_count; j++)
            plan->partitions[plan->count++] = (struct sim_fetch_partition){
                .topic = call->version < 13 ? request->topics[i].topic : (struct kh_string){0},
                .topic_id = request->topics[i].topic_id,
                .asked = request->topics[i].partitions[j]};
}

/* FetchManager.newContext: epochs 0 and -1 say all that is wanted, and end what was. */
static void begin_full(struct sim_call *call, struct sim_fetch_plan *plan)
{
    const struct kh_fetch_request *request = call->request;
    struct sim_fetch_session *old = find_session(call->broker, request->session_id);

    if (old != NULL)
        free_session(old);
    plan->full = true;
    if (request->session_epoch == FINAL_EPOCH || call->version < 7 ||
        call->broker->cluster->options.no_fetch_sessions) {
        plan_of_request(call, plan);
        return;
    }
    struct sim_fetch_session *s = new_session(call);
    update_session(s, request);
    plan_of_session(call, s, plan);
}

int16_t sim_fetch_session_begin(struct sim_call *call, struct sim_fetch_plan *plan)
{
    const struct kh_fetch_request *request = call->request;

    *plan = (struct sim_fetch_plan){0};
    if (call->version < 7 || request->session_epoch == INITIAL_EPOCH ||
        request->session_epoch == FINAL_EPOCH) {
        begin_full(call, plan);
        return 0;
    }
    struct sim_fetch_session *s = find_session(call->broker, request->session_id);
    if (s == NULL)
        return KH_KAFKA_FETCH_SESSION_ID_NOT_FOUND;
    if (s->epoch != request->session_epoch) {
        sim_cluster_violated(call->broker->cluster, "S16",
                             "m%d: epoch %d of a fetch session that is at %d", call->host,
                             (int)request->session_epoch, (int)s->epoch);
        return KH_KAFKA_INVALID_FETCH_SESSION_EPOCH;
    }
    if (s->uses_topic_ids != (call->version >= 13))
        return KH_KAFKA_FETCH_SESSION_TOPIC_ID_ERROR;
    if (s->host != call->host)
        sim_cluster_violated(call->broker->cluster, "S16", "a fetch session of somebody else");
    update_session(s, request);
    if (s->count == 0) { /* FetchManager.newContext: an empty session is not kept */
        free_session(s);
        plan->full = true;
        plan_of_request(call, plan);
        return 0;
    }
    s->epoch = s->epoch == INT32_MAX ? 1 : s->epoch + 1;
    plan_of_session(call, s, plan);
    return 0;
}

/* Who was given records waits behind the others (PartitionIterator). */
static void move_last(struct sim_fetch_session *s, struct sim_fetch_partition *p)
{
    struct sim_fetch_partition moved = *p;

    memmove(p, p + 1, (size_t)(s->partitions + s->count - (p + 1)) * sizeof *p);
    s->partitions[s->count - 1] = moved;
}

/* CachedPartition.maybeUpdateResponseData */
bool sim_fetch_session_names(struct sim_broker *b, const struct sim_fetch_plan *plan,
                             const struct sim_fetch_partition *partition,
                             const struct kh_fetch_response_partition *answer)
{
    struct sim_fetch_session *s = find_session(b, plan->session_id);

    if (plan->session == NULL || s == NULL)
        return true;
    struct sim_fetch_partition *cached =
        find_partition(s, partition->topic, &partition->topic_id, answer->partition_index);
    if (cached == NULL)
        return plan->full;
    bool named = plan->full || answer->records.size > 0 || answer->error_code != 0 ||
                 cached->high_watermark != answer->high_watermark ||
                 cached->log_start_offset != answer->log_start_offset;
    cached->high_watermark = answer->error_code != 0 ? -1 : answer->high_watermark;
    cached->log_start_offset = answer->log_start_offset;
    if (!plan->full && answer->records.size > 0)
        move_last(s, cached);
    return named;
}
