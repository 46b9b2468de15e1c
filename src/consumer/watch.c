/* The leader's watch on the topics of all members: when partitions come or go, or replicas move to
 * other racks, it joins again, so that all is assigned anew (ConsumerCoordinator.metadataSnapshot;
 * followers do not watch). */
#include "consumer/consumer.h"

int64_t kh_watch_partitions(const kohort_consumer *c, struct kh_string topic)
{
    const struct kh_topic_metadata *metadata = kh_cluster_topic(c->client->cluster, topic);
    if (metadata == NULL || metadata->partition_count == 0)
        return -1;
    /* A leader election is no change of the topic: what was last known holds. */
    bool gone = metadata->error == KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION ||
                (metadata->error != 0 && !kh_kafka_error_retriable(metadata->error));
    return gone ? -1 : (int64_t)metadata->partition_count;
}

/* ---- racks ---- */

static const char *rack_of(const kohort_consumer *c, int32_t node_id, bool *complete)
{
    const struct kh_node *node = kh_cluster_node(c->client->cluster, node_id);
    *complete = *complete && node != NULL;
    return node == NULL ? NULL : node->rack;
}

/* FNV-1a */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* The set of racks that a partition has replicas in, as a number; 0: a replica's node is not there
 * now, and which rack it is in cannot be said. */
static uint64_t racks_of(const kohort_consumer *c, const struct kh_partition_metadata *partition)
{
    uint64_t sum = 1;
    bool complete = true;
    for (size_t i = 0; i < partition->replica_count; i++) {
        const char *rack = rack_of(c, partition->replicas[i], &complete);
        bool counted = rack == NULL;
        for (size_t k = 0; k < i && !counted; k++) {
            const char *other = rack_of(c, partition->replicas[k], &complete);
            counted = other != NULL && strcmp(rack, other) == 0;
        }
        if (!counted)
            sum += hash_text(rack) << 1;
    }
    return complete ? sum | 1 : 0;
}

/* A leader without a rack of its own assigns without them (KIP-881). */
static bool watches_racks(const kohort_consumer *c)
{
    return *c->values.client_rack != '\0';
}

/* Brokers that are away for a while move nothing: what cannot be said counts as before. True: some
 * partition's racks are others. */
static bool racks_changed(kohort_consumer *c, struct kh_watched *w)
{
    const struct kh_topic_metadata *metadata = kh_cluster_topic(c->client->cluster, w->topic);
    bool changed = false;
    for (size_t i = 0; w->racks != NULL && i < (size_t)w->partitions; i++) {
        uint64_t now = racks_of(c, &metadata->partitions[i]);
        changed = changed || (now != 0 && w->racks[i] != 0 && now != w->racks[i]);
        if (w->racks[i] == 0)
            w->racks[i] = now;
    }
    return changed;
}

/* Without memory racks of this topic are not watched. */
static void note_racks(kohort_consumer *c, struct kh_watched *w)
{
    kh_free(kh_consumer_heap(c), w->racks);
    w->racks = NULL;
    if (!watches_racks(c) || w->partitions <= 0)
        return;
    const struct kh_topic_metadata *metadata = kh_cluster_topic(c->client->cluster, w->topic);
    w->racks = kh_alloc_zeroed(kh_consumer_heap(c), (size_t)w->partitions, sizeof *w->racks);
    for (size_t i = 0; w->racks != NULL && i < (size_t)w->partitions; i++)
        w->racks[i] = racks_of(c, &metadata->partitions[i]);
}

/* ---- the watch ---- */

static void drop(kohort_consumer *c, struct kh_watched *topics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kh_free(kh_consumer_heap(c), topics[i].racks);
        kh_topics_drop_one(c, topics[i].topic);
    }
    kh_free(kh_consumer_heap(c), topics);
}

int kh_watch_begin(kohort_consumer *c, const struct kh_string *topics, size_t count)
{
    struct kh_subscription *s = &c->subscription;
    struct kh_string *taken;
    size_t taken_count;
    int status = kh_topics_take(c, topics, count, &taken, &taken_count);
    if (status != 0)
        return status;
    struct kh_watched *watched =
        kh_alloc_zeroed(kh_consumer_heap(c), taken_count + 1, sizeof *watched);
    if (watched == NULL) {
        kh_topics_drop(c, taken, taken_count);
        return KOHORT_ENOMEM;
    }
    for (size_t i = 0; i < taken_count; i++)
        watched[i].topic = taken[i];
    kh_free(kh_consumer_heap(c), taken);
    kh_watch_end(c);
    s->watched = watched;
    s->watched_count = taken_count;
    kh_watch_snapshot(c);
    return 0;
}

void kh_watch_snapshot(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    s->changed = false;
    for (size_t i = 0; i < s->watched_count; i++) {
        s->watched[i].partitions = kh_watch_partitions(c, s->watched[i].topic);
        note_racks(c, &s->watched[i]);
    }
}

void kh_watch_end(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    drop(c, s->watched, s->watched_count);
    s->watched = NULL;
    s->watched_count = 0;
}

bool kh_watch_known(const kohort_consumer *c)
{
    const struct kh_subscription *s = &c->subscription;
    for (size_t i = 0; i < s->watched_count; i++) {
        const struct kh_topic_metadata *metadata =
            kh_cluster_topic(c->client->cluster, s->watched[i].topic);
        if (metadata == NULL || !metadata->known)
            return false;
    }
    return true;
}

void kh_watch_look(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    for (size_t i = 0; i < s->watched_count; i++) {
        struct kh_watched *w = &s->watched[i];
        if (kh_watch_partitions(c, w->topic) != w->partitions || racks_changed(c, w))
            s->changed = true;
    }
}

void kh_watch_check(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    if (s->watched_count == 0 || kh_member_state(c->group.member) != KH_MEMBER_STABLE)
        return;
    if (!kh_member_is_leader(c->group.member)) {
        kh_watch_end(c);
        return;
    }
    if (!s->changed)
        return;
    kh_watch_snapshot(c);
    kh_group_event(c, &(struct kh_member_event){.type = KH_MEMBER_EV_REJOIN,
                                                .text = "topics of the group changed"});
}
