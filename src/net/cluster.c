/* A cluster's life, and the topics somebody wants. */
#include "net/cluster.h"

#include "base/check.h"
#include "base/error.h"
#include "base/limits.h"
#include "net/cluster_internal.h"
#include "net/metadata.h"

static void free_topics(struct kh_cluster *cluster)
{
    kh_map_each (&cluster->topics, i) {
        kh_topic_free(cluster, cluster->topics.items[i].value);
    }
    kh_map_free(&cluster->topics);
    kh_map_free(&cluster->topics_by_id);
}

static void free_parts(struct kh_cluster *cluster)
{
    struct kh_heap *heap = cluster->shared->heap;
    kh_refresh_free(&cluster->refresh);
    kh_listing_free(&cluster->listing);
    free_topics(cluster);
    kh_brokers_free(cluster);
    kh_arena_free(&cluster->answers);
    kh_bootstrap_free(&cluster->bootstrap);
    kh_free(heap, cluster->client_id);
    kh_free(heap, cluster);
}

static void init(struct kh_cluster *cluster, struct kh_shared *shared,
                 const struct kh_cluster_options *options)
{
    cluster->shared = shared;
    cluster->options = *options;
    cluster->options.bootstrap_servers = NULL; /* parsed */
    cluster->options.client_id = NULL;         /* copied */
    kh_list_init(&cluster->lanes);
    kh_list_init(&cluster->listeners);
    kh_map_init(&cluster->brokers, shared->heap, (uint32_t)kh_random_next(&shared->random));
    kh_map_init(&cluster->topics, shared->heap, (uint32_t)kh_random_next(&shared->random));
    kh_map_init(&cluster->topics_by_id, shared->heap, (uint32_t)kh_random_next(&shared->random));
    kh_arena_init(&cluster->answers, shared->heap, 0);
    kh_listing_init(&cluster->listing, shared->heap);
    kh_refresh_init(&cluster->refresh, cluster);
}

int kh_cluster_new(struct kh_cluster **ret, struct kh_shared *shared,
                   const struct kh_cluster_options *options)
{
    struct kh_cluster *cluster = kh_alloc_zeroed(shared->heap, 1, sizeof *cluster);
    if (cluster == NULL)
        return KOHORT_ENOMEM;
    init(cluster, shared, options);
    int status = kh_bootstrap_parse(&cluster->bootstrap, shared->heap, options->bootstrap_servers);
    if (status == 0) {
        cluster->client_id =
            kh_copy_text(shared->heap, options->client_id, strlen(options->client_id));
        cluster->any = kh_lane_new(cluster, -1, KH_LANE_SHARED);
        status = cluster->client_id == NULL || cluster->any == NULL ? KOHORT_ENOMEM : 0;
    }
    if (status != 0) {
        kh_lane_close(cluster->any);
        free_parts(cluster);
        return status;
    }
    cluster->settings = (struct kh_connection_settings){
        .shared = shared,
        .answers = &cluster->answers,
        .client_id = kh_string_of(cluster->client_id),
        .connect_timeout_ms = options->connect_timeout_ms,
        .idle_close_ms = options->idle_close_ms,
    };
    *ret = cluster;
    return 0;
}

void kh_cluster_free(struct kh_cluster *cluster)
{
    kohort_error closed;
    kh_error_init(&closed, KOHORT_ECLOSED);
    cluster->closing = true;
    while (!kh_list_empty(&cluster->lanes)) {
        struct kh_lane *lane = kh_container(cluster->lanes.next, struct kh_lane, node);
        (void)kh_check(lane->kind == KH_LANE_SHARED); /* The others' owners close them. */
        kh_lane_end(lane, &closed);
    }
    free_parts(cluster);
}

int kh_cluster_want_topic(struct kh_cluster *cluster, struct kh_string name)
{
    struct kh_heap *heap = cluster->shared->heap;
    struct kh_topic *topic = kh_map_get(&cluster->topics, name);
    if (topic != NULL) {
        topic->wanted++;
        return 0;
    }
    topic = kh_alloc_zeroed(heap, 1, sizeof *topic);
    if (topic == NULL)
        return KOHORT_ENOMEM;
    topic->wanted = 1;
    topic->metadata.name = kh_copy_text(heap, name.data, (size_t)name.size);
    struct kh_string key = {topic->metadata.name, name.size};
    if (topic->metadata.name == NULL || kh_map_put(&cluster->topics, key, topic) != 0) {
        kh_topic_free(cluster, topic);
        return KOHORT_ENOMEM;
    }
    kh_refresh_new_topic(&cluster->refresh);
    return 0;
}

void kh_cluster_unwant_topic(struct kh_cluster *cluster, struct kh_string name)
{
    struct kh_topic *topic = kh_map_get(&cluster->topics, name);
    if (!kh_check(topic != NULL) || --topic->wanted > 0)
        return;
    kh_map_remove(&cluster->topics, name);
    kh_topic_free(cluster, topic);
}

const struct kh_topic_metadata *kh_cluster_topic(const struct kh_cluster *cluster,
                                                 struct kh_string name)
{
    const struct kh_topic *topic = kh_map_get(&cluster->topics, name);
    return topic == NULL ? NULL : &topic->metadata;
}

const struct kh_topic_metadata *kh_cluster_topic_by_id(const struct kh_cluster *cluster,
                                                       const struct kh_uuid *id)
{
    struct kh_string key = {(const char *)id->bytes, sizeof id->bytes};
    const struct kh_topic *topic = kh_map_get(&cluster->topics_by_id, key);
    return topic == NULL ? NULL : &topic->metadata;
}

void kh_cluster_refresh(struct kh_cluster *cluster, const char *why)
{
    kh_refresh_ask(&cluster->refresh, why);
}

void kh_cluster_learn_leader(struct kh_cluster *cluster, struct kh_string name, int32_t number,
                             int32_t leader, int32_t leader_epoch)
{
    struct kh_topic *topic = kh_map_get(&cluster->topics, name);
    if (topic == NULL || leader < 0 || number < 0 ||
        (size_t)number >= topic->metadata.partition_count)
        return;
    struct kh_partition_metadata *partition = &topic->metadata.partitions[number];
    if (leader_epoch <= partition->leader_epoch)
        return;
    partition->leader = leader;
    partition->leader_epoch = leader_epoch;
    partition->error = 0;
}

struct kh_lane *kh_lane_open(struct kh_cluster *cluster, int32_t node_id, enum kh_lane_kind kind)
{
    return kh_lane_new(cluster, node_id, kind);
}
