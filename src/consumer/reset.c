/* Positions set by ListOffsets: what auto.offset.reset or kohort_seek() asked for. One request a
 * leader at a time. Only a good answer of the leader moves a position; everything else is asked
 * again. */
#include "consumer/consumer.h"

#include "protocol/list_offsets.h"

#include <string.h>

struct lookup_item {
    uint64_t ownership;
    uint32_t serial; /* of the context: an answer to an older question is dropped */
    int64_t target;
};

/* One ListOffsets. Items, partitions and topics are arrays behind it, of one allocation each. */
struct lookup {
    struct kh_list node;
    kohort_consumer *consumer;
    struct kh_request request;
    struct kh_list_offsets_request message;
    struct kh_list_offsets_request_topic *topics;
    struct kh_list_offsets_request_partition *partitions;
    struct lookup_item *items;
    size_t count;
    int32_t leader;
};

static void free_lookup(struct lookup *lookup)
{
    struct kh_heap *heap = kh_consumer_heap(lookup->consumer);
    for (size_t i = 0; i < lookup->count; i++) {
        kohort_partition *p = kh_ownership_by_id(lookup->consumer, lookup->items[i].ownership);
        if (p != NULL)
            p->looking_up = false;
    }
    for (size_t i = 0; lookup->topics != NULL && i < lookup->message.topic_count; i++)
        kh_free(heap, (char *)(uintptr_t)lookup->topics[i].name.data);
    kh_list_remove(&lookup->node);
    kh_free(heap, lookup->topics);
    kh_free(heap, lookup->partitions);
    kh_free(heap, lookup->items);
    kh_free(heap, lookup);
}

/* The leader says so itself, in the epoch that it was asked under. */
static void apply(kohort_partition *p, int64_t offset, int32_t leader_epoch, int32_t current_epoch)
{
    const char *text = p->reset_by_policy ? p->why : "kohort_seek()";
    int64_t before = p->reset_from;
    bool by_policy = p->reset_by_policy;
    bool to_end = p->reset_target == KH_LIST_OFFSETS_LATEST;
    kh_backoff_reset(&p->backoff);
    p->validated_epoch = current_epoch;
    if (p->reset_keeps) {
        kh_partition_go_on_from(p, offset);
        return;
    }
    kh_partition_start_at(p, offset, leader_epoch);
    p->validated_epoch = current_epoch;
    if (by_policy && to_end && p->committed < 0) {
        /* The start itself is progress: without it a crash before the first acknowledgement would
         * skip what was delivered and failed. So nothing is, before the group knows it. */
        p->awaits_commit = p->consumer->values.commit_mode != KH_COMMIT_MANUAL;
        kh_commit_note(p);
    } else if (!by_policy) {
        kh_commit_note(p);
    }
    kh_event_reset(p, before, offset, text);
}

static const struct kh_list_offsets_response_partition *
find_result(const struct kh_list_offsets_response *response, const kohort_partition *p)
{
    struct kh_string topic = kh_string_of(p->topic);
    for (size_t i = 0; i < response->topic_count; i++)
        for (size_t j = 0; kh_string_equal(response->topics[i].name, topic) &&
                           j < response->topics[i].partition_count;
             j++)
            if (response->topics[i].partitions[j].partition_index == p->number)
                return &response->topics[i].partitions[j];
    return NULL;
}

static void tell_error(kohort_partition *p, const struct lookup *lookup, int16_t code,
                       int16_t version)
{
    kohort_error error;
    kh_error_init_kafka(&error, code);
    error.api_key = kh_api_info(KH_API_LIST_OFFSETS)->key;
    error.api_version = version;
    error.broker_id = lookup->leader;
    kh_error_set_topic(&error, kh_string_of(p->topic), p->number);
    kh_error_text(&error, "%s-%d: ListOffsets v%d to broker %d: %s: %s; it is asked again",
                  p->topic, p->number, version, lookup->leader, kh_kafka_error_name(code),
                  kh_kafka_error_text(code));
    kh_event_error(p->consumer, p, &error);
}

static void take_result(kohort_partition *p, const struct lookup *lookup, size_t index,
                        const struct kh_response *response)
{
    const struct kh_list_offsets_response_partition *result = find_result(response->message, p);
    if (result != NULL && result->error_code == 0 && result->offset >= 0) {
        apply(p, result->offset, result->leader_epoch,
              lookup->partitions[index].current_leader_epoch);
        return;
    }
    if (result != NULL && result->error_code != 0) {
        if (kh_kafka_error_stale_metadata(result->error_code))
            kh_cluster_refresh(p->consumer->client->cluster, "a leader moved");
        if (!kh_kafka_error_retriable(result->error_code))
            tell_error(p, lookup, result->error_code, response->version);
    }
    kh_partition_back_off(p, "asking for its start or end again");
}

static void lookup_done(struct kh_request *request, const struct kh_response *response)
{
    struct lookup *lookup = request->arg;
    kohort_consumer *c = lookup->consumer;
    kh_shared_now(kh_consumer_shared(c));
    if (response->status != 0) {
        kh_cluster_refresh(c->client->cluster, "ListOffsets failed");
        kh_event_error(c, NULL, response->error);
    }
    for (size_t i = 0; i < lookup->count; i++) {
        kohort_partition *p = kh_ownership_by_id(c, lookup->items[i].ownership);
        if (p == NULL || p->state != KH_PARTITION_RESETTING ||
            p->fetch_serial != lookup->items[i].serial ||
            p->reset_target != lookup->items[i].target)
            continue;
        if (response->status == 0)
            take_result(p, lookup, i, response);
        else
            kh_partition_back_off(p, "asking for its start or end again");
    }
    free_lookup(lookup);
    kh_fetch_changed(c);
}

/* foreseen: it will need one, if nothing turns out to be committed. */
static bool needs_lookup(const kohort_partition *p, bool foreseen)
{
    enum kh_partition_state state = foreseen ? KH_PARTITION_RESOLVING : KH_PARTITION_RESETTING;
    return p->state == state && !p->looking_up && p->retry.due_ms == KH_NEVER;
}

/* The leader to ask; -1, with a refresh under way, while there is none. */
static int32_t leader_of(kohort_partition *p)
{
    int32_t epoch;
    return kh_fetch_leader(p, &epoch);
}

static int64_t policy_target(const kohort_consumer *c)
{
    return c->values.auto_offset_reset == KH_RESET_LATEST ? KH_LIST_OFFSETS_LATEST
                                                          : KH_LIST_OFFSETS_EARLIEST;
}

/* What is foreseen is asked for the serial that the reset will have. */
static struct lookup_item make_item(const kohort_partition *p, bool foreseen)
{
    return (struct lookup_item){
        .ownership = p->ownership,
        .serial = foreseen ? p->fetch_serial + 1 : p->fetch_serial,
        .target = foreseen ? policy_target(p->consumer) : p->reset_target,
    };
}

static int add_partition(struct lookup *lookup, kohort_partition *p, bool foreseen)
{
    struct lookup_item item = make_item(p, foreseen);
    struct kh_list_offsets_request *message = &lookup->message;
    struct kh_list_offsets_request_topic *topic =
        message->topic_count == 0 ? NULL : &lookup->topics[message->topic_count - 1];
    if (topic == NULL || strcmp(topic->name.data, p->topic) != 0) {
        char *copy = kh_copy_text(kh_consumer_heap(p->consumer), p->topic, strlen(p->topic));
        if (copy == NULL)
            return KOHORT_ENOMEM;
        topic = &lookup->topics[message->topic_count++];
        *topic = (struct kh_list_offsets_request_topic){
            .name = kh_string_of(copy), .partitions = &lookup->partitions[lookup->count]};
    }
    struct kh_list_offsets_request_partition *partition = &lookup->partitions[lookup->count];
    *partition = KH_LIST_OFFSETS_REQUEST_PARTITION_DEFAULTS;
    partition->partition_index = p->number;
    partition->timestamp = item.target;
    kh_fetch_leader(p, &partition->current_leader_epoch);
    topic->partition_count++;
    lookup->items[lookup->count++] = item;
    p->looking_up = true;
    return 0;
}

static struct lookup *new_lookup(kohort_consumer *c, size_t capacity)
{
    struct kh_heap *heap = kh_consumer_heap(c);
    struct lookup *lookup = kh_alloc_zeroed(heap, 1, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    lookup->consumer = c;
    lookup->message = KH_LIST_OFFSETS_REQUEST_DEFAULTS;
    kh_list_append(&c->start_offsets.lookups, &lookup->node);
    lookup->topics = kh_alloc_zeroed(heap, capacity, sizeof *lookup->topics);
    lookup->partitions = kh_alloc_zeroed(heap, capacity, sizeof *lookup->partitions);
    lookup->items = kh_alloc_zeroed(heap, capacity, sizeof *lookup->items);
    if (lookup->topics != NULL && lookup->partitions != NULL && lookup->items != NULL)
        return lookup;
    free_lookup(lookup);
    return NULL;
}

/* One request for every partition that `leader` leads and that needs one. */
static int ask_leader(kohort_consumer *c, int32_t leader, bool foreseen)
{
    const struct kohort_partitions *owned = &c->ownership.owned;
    struct kh_lane *lane = kh_cluster_lane(c->client->cluster, leader);
    struct lookup *lookup = lane == NULL ? NULL : new_lookup(c, owned->count);
    int status = lookup == NULL ? KOHORT_ENOMEM : 0;
    for (size_t i = 0; i < owned->count && status == 0; i++)
        if (needs_lookup(owned->items[i], foreseen) && leader_of(owned->items[i]) == leader)
            status = add_partition(lookup, owned->items[i], foreseen);
    if (status != 0) {
        if (lookup != NULL)
            free_lookup(lookup);
        return status;
    }
    lookup->leader = leader;
    lookup->message.topics = lookup->topics;
    lookup->message.isolation_level = (int8_t)c->values.isolation_level;
    lookup->message.timeout_ms = (int32_t)c->values.request_timeout_ms;
    lookup->request = (struct kh_request){.api = KH_API_LIST_OFFSETS,
                                          .message = &lookup->message,
                                          .version = -1,
                                          .newest_version = -1,
                                          .priority = KH_PRIORITY_NORMAL,
                                          .timeout_ms = c->values.request_timeout_ms,
                                          .done = lookup_done,
                                          .arg = lookup};
    kh_lane_send(lane, &lookup->request);
    return 0;
}

static void ask_leaders(kohort_consumer *c, bool foreseen)
{
    for (size_t i = 0; i < c->ownership.owned.count; i++) {
        kohort_partition *p = c->ownership.owned.items[i];
        if (!needs_lookup(p, foreseen))
            continue;
        int32_t leader = leader_of(p);
        if (leader < 0 || ask_leader(c, leader, foreseen) == 0)
            continue;
        if (foreseen)
            return; /* It is asked when it is needed. */
        kh_partition_back_off(p, "out of memory");
    }
}

void kh_reset_plan(kohort_consumer *c)
{
    ask_leaders(c, false);
}

void kh_reset_foresee(kohort_consumer *c)
{
    if (kh_member_generation(c->group.member) == 1 && c->values.auto_offset_reset != KH_RESET_NONE)
        ask_leaders(c, true);
}

void kh_reset_cancel(kohort_consumer *c)
{
    kh_list_each_safe (node, &c->start_offsets.lookups) {
        struct lookup *lookup = kh_container(node, struct lookup, node);
        kh_request_cancel(&lookup->request);
        free_lookup(lookup);
    }
}
