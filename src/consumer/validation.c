/* Whether a position is still in the log (KIP-320). A new leader may lack what the old one had, an
 * unclean one always may: what the position's epoch ends with there says how far both agree. Asked
 * once under each new leader epoch; until the answer has come nothing is fetched or delivered. One
 * request a leader at a time. An answer counts only for the position, and the leader epoch, that it
 * was asked for (KAFKA-8429). */
#include "consumer/consumer.h"

#include "protocol/offset_for_leader_epoch.h"

#include <string.h>

/* Below, brokers answer replicas alone (KIP-320: the permission to describe a topic is enough from
 * v3 on). */
enum { USABLE_SINCE = 3 };

/* Metadata that is older than the position is asked for again so often; then its epoch is one that
 * this log has never had: the topic was created anew, or the offset comes from elsewhere. */
enum { UNKNOWN_EPOCH_ANSWERS = 5 };

struct question {
    uint64_t ownership;
    uint32_t serial; /* of the context, as it was asked */
    int32_t current_epoch;
};

/* One OffsetForLeaderEpoch. Arrays are of one allocation each. */
struct validation {
    struct kh_list node;
    kohort_consumer *consumer;
    struct kh_request request;
    struct kh_offset_for_leader_epoch_request message;
    struct kh_offset_for_leader_epoch_request_topic *topics;
    struct kh_offset_for_leader_epoch_request_partition *partitions;
    struct question *questions;
    size_t count;
    int32_t leader;
};

static void free_validation(struct validation *v)
{
    struct kh_heap *heap = kh_consumer_heap(v->consumer);
    for (size_t i = 0; v->topics != NULL && i < v->message.topic_count; i++)
        kh_free(heap, (char *)(uintptr_t)v->topics[i].topic.data);
    kh_list_remove(&v->node);
    kh_free(heap, v->topics);
    kh_free(heap, v->partitions);
    kh_free(heap, v->questions);
    kh_free(heap, v);
}

/* ---- the answer ---- */

static void resume(kohort_partition *p)
{
    p->validated_epoch = p->asked_epoch;
    p->unknown_epochs = 0;
    kh_partition_enter(p, KH_PARTITION_FETCHING, "");
    kh_partition_rewind(p, "the application refused a record"); /* Meanwhile, perhaps. */
}

static void lower(int64_t *offset, int64_t most)
{
    *offset = *offset < most ? *offset : most;
}

/* What was read from `end` on is no longer in the log: it is forgotten, and its marks are stale.
 * Returns where it is forgotten from: below, when the log was truncated before, and of that the
 * application still holds something. */
static int64_t truncate_at(kohort_partition *p, int64_t end)
{
    int64_t acked = kh_partition_acked(p), before = kh_partition_read_end(p);
    p->delivery++;
    if (p->truncated_from < end && acked < p->truncated_to) {
        /* One boundary is remembered. All marks are stale where an earlier one still matters. */
        end = acked < end ? acked : end;
        p->oldest_delivery = p->delivery;
    }
    kh_tracker_forget_from(&p->tracker, end);
    kh_redelivery_forget(&p->redelivery, end, INT64_MAX);
    lower(&p->position, end);
    lower(&p->delivered_end, end);
    lower(&p->started_at, end);
    lower(&p->commit_floor, end);
    p->truncated_from = end;
    p->truncated_to = before;
    p->truncated_delivery = p->delivery;
    kh_partition_begin_anew(p);
    return end;
}

/* With auto.offset.reset=none the application decides: Java's LogTruncationException. */
static void suspend(kohort_partition *p, int64_t from, int64_t to)
{
    kohort_error error;
    kh_partition_enter(p, KH_PARTITION_SUSPENDED, "the log was truncated below its position");
    kh_error_init(&error, KOHORT_ETRUNCATED);
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error,
                  "%s-%d: the log was truncated: offsets %lld to %lld were read and are lost, and "
                  "auto.offset.reset is none: it waits for kohort_seek()",
                  p->topic, p->number, (long long)from, (long long)to - 1);
    kh_event_error(p->consumer, p, &error);
}

static void take_truncation(kohort_partition *p, int64_t end, int32_t leader_epoch)
{
    int64_t before = kh_partition_read_end(p);
    bool by_policy = p->consumer->values.auto_offset_reset != KH_RESET_NONE;
    end = truncate_at(p, end);
    p->leader_epoch = leader_epoch;
    if (by_policy) {
        resume(p);
        kh_commit_note(p);
    }
    uint32_t serial = p->fetch_serial;
    kh_event_truncated(p, before, end);
    if (!by_policy && p->fetch_serial == serial && p->state == KH_PARTITION_VALIDATING)
        suspend(p, end, before);
}

static void tell_error(kohort_partition *p, const struct validation *v, int16_t code,
                       int16_t version)
{
    kohort_error error;
    kh_error_init_kafka(&error, code);
    error.api_key = kh_api_info(KH_API_OFFSET_FOR_LEADER_EPOCH)->key;
    error.api_version = version;
    error.broker_id = v->leader;
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error, "%s-%d: OffsetForLeaderEpoch v%d to broker %d: %s: %s; it is asked again",
                  p->topic, p->number, version, v->leader, kh_kafka_error_name(code),
                  kh_kafka_error_text(code));
    kh_event_error(p->consumer, p, &error);
}

static const struct kh_offset_for_leader_epoch_response_partition *
find_result(const struct kh_offset_for_leader_epoch_response *response, const kohort_partition *p)
{
    struct kh_string topic = kh_string_of(p->topic);
    for (size_t i = 0; i < response->topic_count; i++)
        for (size_t j = 0; kh_string_equal(response->topics[i].topic, topic) &&
                           j < response->topics[i].partition_count;
             j++)
            if (response->topics[i].partitions[j].partition == p->number)
                return &response->topics[i].partitions[j];
    return NULL;
}

/* The leader knows its own epoch at least: only one above all of them is answered so. */
static void take_unknown_epoch(kohort_partition *p)
{
    if (++p->unknown_epochs >= UNKNOWN_EPOCH_ANSWERS) {
        p->unknown_epochs = 0;
        kh_partition_reset_by_policy(p, "the log never had the leader epoch of its position");
        return;
    }
    kh_cluster_refresh(p->consumer->client->cluster, "it is older than a position");
    kh_partition_back_off(p, "the metadata is older than its position");
}

static void take_result(kohort_partition *p, const struct validation *v,
                        const struct kh_response *response)
{
    const struct kh_offset_for_leader_epoch_response_partition *result;
    if (response->version < USABLE_SINCE) {
        resume(p);
        return;
    }
    result = find_result(response->message, p);
    if (result != NULL && result->error_code == 0) {
        if (result->end_offset < 0 || result->leader_epoch < 0)
            take_unknown_epoch(p);
        else if (result->end_offset < kh_partition_read_end(p))
            take_truncation(p, result->end_offset, result->leader_epoch);
        else
            resume(p);
        return;
    }
    if (result != NULL) {
        if (kh_kafka_error_stale_metadata(result->error_code))
            kh_cluster_refresh(p->consumer->client->cluster,
                               kh_kafka_error_name(result->error_code));
        if (!kh_kafka_error_retriable(result->error_code))
            tell_error(p, v, result->error_code, response->version);
    }
    kh_partition_back_off(p, "asking again whether its position is in the log");
}

/* NULL: another position by now, or another leader epoch. */
static kohort_partition *asked_for(const kohort_consumer *c, const struct question *question)
{
    kohort_partition *p = kh_ownership_by_id(c, question->ownership);
    return p != NULL && p->state == KH_PARTITION_VALIDATING &&
                   p->fetch_serial == question->serial && p->asked_epoch == question->current_epoch
               ? p
               : NULL;
}

static void validation_done(struct kh_request *request, const struct kh_response *response)
{
    struct validation *v = request->arg;
    kohort_consumer *c = v->consumer;
    bool unspoken = response->status == KOHORT_EVERSION;
    kh_shared_now(kh_consumer_shared(c));
    if (response->status != 0 && !unspoken) {
        kh_cluster_refresh(c->client->cluster, "OffsetForLeaderEpoch failed");
        kh_event_error(c, NULL, response->error);
    }
    for (size_t i = 0; i < v->count; i++) {
        kohort_partition *p = asked_for(c, &v->questions[i]);
        if (p == NULL)
            continue;
        p->asked_serial = 0;
        if (unspoken)
            resume(p);
        else if (response->status == 0)
            take_result(p, v, response);
        else
            kh_partition_back_off(p, "asking again whether its position is in the log");
    }
    free_validation(v);
    kh_validation_wanted(c);
}

/* ---- the request ---- */

static int add_partition(struct validation *v, kohort_partition *p)
{
    struct kh_offset_for_leader_epoch_request *message = &v->message;
    struct kh_offset_for_leader_epoch_request_topic *topic =
        message->topic_count == 0 ? NULL : &v->topics[message->topic_count - 1];
    if (topic == NULL || strcmp(topic->topic.data, p->topic) != 0) {
        char *copy = kh_copy_text(kh_consumer_heap(p->consumer), p->topic, strlen(p->topic));
        if (copy == NULL)
            return KOHORT_ENOMEM;
        topic = &v->topics[message->topic_count++];
        *topic = (struct kh_offset_for_leader_epoch_request_topic){
            .topic = kh_string_of(copy), .partitions = &v->partitions[v->count]};
    }
    v->partitions[v->count] = (struct kh_offset_for_leader_epoch_request_partition){
        .partition = p->number,
        .current_leader_epoch = p->asked_epoch,
        .leader_epoch = p->leader_epoch};
    topic->partition_count++;
    v->questions[v->count++] = (struct question){
        .ownership = p->ownership, .serial = p->fetch_serial, .current_epoch = p->asked_epoch};
    p->asked_serial = p->fetch_serial;
    return 0;
}

static struct validation *new_validation(kohort_consumer *c, size_t capacity)
{
    struct kh_heap *heap = kh_consumer_heap(c);
    struct validation *v = kh_alloc_zeroed(heap, 1, sizeof *v);
    if (v == NULL)
        return NULL;
    v->consumer = c;
    v->message = (struct kh_offset_for_leader_epoch_request){.replica_id = -1};
    kh_list_append(&c->validations.requests, &v->node);
    v->topics = kh_alloc_zeroed(heap, capacity, sizeof *v->topics);
    v->partitions = kh_alloc_zeroed(heap, capacity, sizeof *v->partitions);
    v->questions = kh_alloc_zeroed(heap, capacity, sizeof *v->questions);
    if (v->topics != NULL && v->partitions != NULL && v->questions != NULL)
        return v;
    free_validation(v);
    return NULL;
}

static bool is_to_be_asked(const kohort_partition *p)
{
    return p->state == KH_PARTITION_VALIDATING && p->asked_serial != p->fetch_serial &&
           p->retry.due_ms == KH_NEVER;
}

/* One request for every partition that `leader` leads and that needs one. */
static int ask_leader(kohort_consumer *c, int32_t leader)
{
    const struct kohort_partitions *owned = &c->ownership.owned;
    struct kh_lane *lane = kh_cluster_lane(c->client->cluster, leader);
    struct validation *v = lane == NULL ? NULL : new_validation(c, owned->count);
    int status = v == NULL ? KOHORT_ENOMEM : 0;
    for (size_t i = 0; i < owned->count && status == 0; i++) {
        kohort_partition *p = owned->items[i];
        if (is_to_be_asked(p) && kh_fetch_leader(p, &p->asked_epoch) == leader)
            status = add_partition(v, p);
    }
    if (status != 0) {
        if (v != NULL)
            free_validation(v);
        return status;
    }
    v->leader = leader;
    v->message.topics = v->topics;
    v->request = (struct kh_request){.api = KH_API_OFFSET_FOR_LEADER_EPOCH,
                                     .message = &v->message,
                                     .version = -1,
                                     .newest_version = -1,
                                     .priority = KH_PRIORITY_NORMAL,
                                     .timeout_ms = c->values.request_timeout_ms,
                                     .done = validation_done,
                                     .arg = v};
    kh_lane_send(lane, &v->request);
    return 0;
}

static bool answers_consumers(const kohort_consumer *c, int32_t leader)
{
    const struct kh_broker_versions *versions =
        kh_cluster_broker_versions(c->client->cluster, leader);
    return versions == NULL ||
           versions->ranges[KH_API_OFFSET_FOR_LEADER_EPOCH].newest >= USABLE_SINCE;
}

/* The leader's epoch is another one than the position was last found good under. KAFKA-9840: one
 * that is not reliable is -1 here. */
static void meet_leader(kohort_partition *p, int32_t leader, int32_t epoch)
{
    if (p->leader_epoch == epoch) { /* What was read under its own epoch is in its log. */
        p->validated_epoch = epoch;
        return;
    }
    p->asked_epoch = epoch;
    p->unknown_epochs = 0;
    kh_partition_begin_anew(p); /* What came from the one before, or will, no longer counts. */
    if (p->leader_epoch >= 0 && answers_consumers(p->consumer, leader))
        kh_partition_enter(p, KH_PARTITION_VALIDATING,
                           "asking the new leader whether its position is in the log");
    else
        p->validated_epoch = epoch;
}

static void look_at(kohort_partition *p)
{
    int32_t epoch, leader;
    if (p->state != KH_PARTITION_FETCHING && p->state != KH_PARTITION_VALIDATING)
        return;
    leader = kh_fetch_leader(p, &epoch);
    if (leader < 0 || epoch < 0)
        return;
    if (p->state == KH_PARTITION_FETCHING && epoch != p->validated_epoch) {
        meet_leader(p, leader, epoch);
    } else if (p->state == KH_PARTITION_VALIDATING && epoch != p->asked_epoch) {
        p->asked_epoch = epoch; /* The one before may say what it likes. */
        kh_partition_begin_anew(p);
    }
}

void kh_validation_plan(kohort_consumer *c)
{
    const struct kohort_partitions *owned = &c->ownership.owned;
    if (!c->validations.wanted)
        return;
    c->validations.wanted = false;
    for (size_t i = 0; i < owned->count; i++)
        look_at(owned->items[i]);
    for (size_t i = 0; i < owned->count; i++) {
        kohort_partition *p = owned->items[i];
        int32_t leader = is_to_be_asked(p) ? kh_fetch_leader(p, &p->asked_epoch) : -1;
        if (leader >= 0 && ask_leader(c, leader) != 0)
            kh_partition_back_off(p, "out of memory");
    }
}

void kh_validation_wanted(kohort_consumer *c)
{
    c->validations.wanted = true;
    kh_fetch_changed(c);
}

void kh_validation_init(kohort_consumer *c)
{
    kh_list_init(&c->validations.requests);
}

void kh_validation_cancel(kohort_consumer *c)
{
    kh_list_each_safe (node, &c->validations.requests) {
        struct validation *v = kh_container(node, struct validation, node);
        kh_request_cancel(&v->request);
        free_validation(v);
    }
}
