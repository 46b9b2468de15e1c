#include "net/metadata.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/status.h"
#include "net/cluster_internal.h"

/* KAFKA-9212: below, brokers send epochs that may be older than what they know. */
enum { RELIABLE_EPOCHS_SINCE = 9 };

static struct kh_string id_key(const struct kh_uuid *id)
{
    return (struct kh_string){(const char *)id->bytes, sizeof id->bytes};
}

int kh_metadata_apply_brokers(struct kh_cluster *cluster,
                              const struct kh_metadata_response *response)
{
    struct kh_heap *heap = cluster->shared->heap;
    size_t count = response->broker_count, kept = 0;
    if (count > KH_LIMIT_BROKERS)
        return KOHORT_EPROTOCOL;
    struct kh_node *nodes = kh_alloc_zeroed(heap, count, sizeof *nodes);
    if (nodes == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct kh_metadata_response_broker *broker = &response->brokers[i];
        int status = kh_node_init(&nodes[kept], heap, broker->node_id, broker->host, broker->port,
                                  broker->rack);
        if (status == KOHORT_ENOMEM) {
            kh_nodes_free(heap, nodes, kept);
            return status;
        }
        if (status == 0)
            kept++;
        else
            kh_log(&cluster->shared->log, KH_LOG_WARNING,
                   "the metadata gives broker %d no address that can be used; it is passed over",
                   (int)broker->node_id);
    }
    if (kept == 0) { /* A cluster that is starting (NetworkClient.handleSuccessfulResponse). */
        kh_nodes_free(heap, nodes, kept);
        return KOHORT_EPROTOCOL;
    }
    kh_cluster_replace_nodes(cluster, nodes, kept);
    return 0;
}

/* One piece of memory: the partitions, then all their replicas. NULL: out of memory. */
static struct kh_partition_metadata *
allocate_partitions(struct kh_heap *heap, const struct kh_metadata_response_topic *topic)
{
    size_t replicas = 0, count = topic->partition_count;
    struct kh_partition_metadata *partitions;
    for (size_t i = 0; i < count; i++)
        replicas += topic->partitions[i].replica_node_count;
    /* Both counts come from memory that holds as many items: no overflow. */
    size_t items =
        count + (replicas * sizeof(int32_t) + sizeof *partitions - 1) / sizeof *partitions;
    partitions = kh_alloc_zeroed(heap, items, sizeof *partitions);
    for (size_t i = 0; partitions != NULL && i < count; i++)
        partitions[i] = (struct kh_partition_metadata){
            .leader = -1, .leader_epoch = -1, .error = KH_KAFKA_LEADER_NOT_AVAILABLE};
    return partitions;
}

/* A broker that lags behind must not bring back an old leader (KIP-320,
 * Metadata.updateLatestMetadata). */
static void keep_newer_leader(struct kh_partition_metadata *partition,
                              const struct kh_partition_metadata *old)
{
    if (old->leader_epoch < 0 || partition->leader_epoch < 0 ||
        partition->leader_epoch >= old->leader_epoch)
        return;
    partition->leader = old->leader;
    partition->leader_epoch = old->leader_epoch;
    partition->error = old->error;
}

/* `old` has old_count partitions whose epochs still mean something. */
static void fill_partitions(struct kh_partition_metadata *partitions,
                            const struct kh_metadata_response_topic *topic, int16_t version,
                            const struct kh_partition_metadata *old, size_t old_count)
{
    int32_t *replicas = (int32_t *)(void *)(partitions + topic->partition_count);
    for (size_t i = 0; i < topic->partition_count; i++) {
        const struct kh_metadata_response_partition *from = &topic->partitions[i];
        size_t number = (size_t)from->partition_index;
        if (from->partition_index < 0 || number >= topic->partition_count)
            continue; /* Kafka numbers them without holes; what is missing has no leader. */
        partitions[number] = (struct kh_partition_metadata){
            .leader = from->leader_id < 0 ? -1 : from->leader_id,
            .leader_epoch = version < RELIABLE_EPOCHS_SINCE ? -1 : from->leader_epoch,
            .error = from->error_code,
            .replicas = replicas,
            .replica_count = from->replica_node_count,
        };
        if (from->replica_node_count > 0)
            memcpy(replicas, from->replica_nodes, from->replica_node_count * sizeof *replicas);
        replicas += from->replica_node_count;
        if (number < old_count)
            keep_newer_leader(&partitions[number], &old[number]);
    }
}

/* An id that an answer does not tell (v0-v9) is still the last one known. */
static int change_id(struct kh_cluster *cluster, struct kh_topic *topic, const struct kh_uuid *id)
{
    struct kh_topic_metadata *metadata = &topic->metadata;
    if (kh_uuid_is_none(id) || memcmp(id, &metadata->id, sizeof *id) == 0)
        return 0;
    kh_map_remove(&cluster->topics_by_id, id_key(&metadata->id));
    metadata->id = (struct kh_uuid){{0}};
    if (kh_map_get(&cluster->topics_by_id, id_key(id)) != NULL)
        return 0; /* Another topic's: this one goes by its name alone. */
    metadata->id = *id;
    int status = kh_map_put(&cluster->topics_by_id, id_key(&metadata->id), topic);
    if (status != 0)
        metadata->id = (struct kh_uuid){{0}};
    return status;
}

static bool have_leaders(const struct kh_topic_metadata *metadata)
{
    for (size_t i = 0; i < metadata->partition_count; i++)
        if (metadata->partitions[i].leader < 0 ||
            kh_kafka_error_stale_metadata(metadata->partitions[i].error))
            return false;
    return true;
}

static int apply_topic(struct kh_cluster *cluster, struct kh_topic *topic,
                       const struct kh_metadata_response_topic *answer, int16_t version)
{
    struct kh_heap *heap = cluster->shared->heap;
    struct kh_topic_metadata *metadata = &topic->metadata;
    bool is_new = !kh_uuid_is_none(&answer->topic_id) && !kh_uuid_is_none(&metadata->id) &&
                  memcmp(&answer->topic_id, &metadata->id, sizeof metadata->id) != 0;
    if (answer->error_code != 0) {
        metadata->known = true;
        metadata->error = answer->error_code;
        return 0;
    }
    struct kh_partition_metadata *partitions = allocate_partitions(heap, answer);
    if (partitions == NULL)
        return KOHORT_ENOMEM;
    int status = change_id(cluster, topic, &answer->topic_id);
    if (status != 0) {
        kh_free(heap, partitions);
        return status;
    }
    /* KAFKA-12257: epochs of a topic that was created anew start anew. */
    fill_partitions(partitions, answer, version, metadata->partitions,
                    is_new ? 0 : metadata->partition_count);
    kh_free(heap, metadata->partitions);
    metadata->partitions = partitions;
    metadata->partition_count = answer->partition_count;
    metadata->error = 0;
    metadata->known = true;
    topic->leaderless = !have_leaders(metadata);
    return 0;
}

static bool is_settled(const struct kh_topic *topic)
{
    return topic->metadata.known && !kh_kafka_error_retriable(topic->metadata.error) &&
           !topic->leaderless;
}

/* Who asks for all topics is told nothing of those that do not exist. */
static void apply_unlisted(struct kh_cluster *cluster)
{
    kh_map_each (&cluster->topics, i) {
        struct kh_topic *topic = cluster->topics.items[i].value;
        if (topic->listed)
            continue;
        topic->metadata.known = true;
        topic->metadata.error = KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
}

int kh_metadata_apply_topic(struct kh_cluster *cluster,
                            const struct kh_metadata_response_topic *answer, int16_t version)
{
    struct kh_topic *topic = NULL;
    if (answer->name.data != NULL)
        topic = kh_map_get(&cluster->topics, answer->name);
    if (topic == NULL)
        return 0;
    topic->listed = true;
    return apply_topic(cluster, topic, answer, version);
}

void kh_metadata_begin(struct kh_cluster *cluster)
{
    kh_map_each (&cluster->topics, i) {
        ((struct kh_topic *)cluster->topics.items[i].value)->listed = false;
    }
}

bool kh_metadata_end(struct kh_cluster *cluster, bool of_all)
{
    bool settled = true;
    if (of_all)
        apply_unlisted(cluster);
    kh_map_each (&cluster->topics, i) {
        settled = settled && is_settled(cluster->topics.items[i].value);
    }
    return settled;
}

void kh_topic_free(struct kh_cluster *cluster, struct kh_topic *topic)
{
    struct kh_heap *heap = cluster->shared->heap;
    struct kh_topic_metadata *metadata = &topic->metadata;
    if (!kh_uuid_is_none(&metadata->id))
        kh_map_remove(&cluster->topics_by_id, id_key(&metadata->id));
    kh_free(heap, metadata->partitions);
    kh_free(heap, metadata->name);
    kh_free(heap, topic);
}
