/* What is subscribed, and which topics' metadata that needs: our own, and as leader those of all
 * members, watched for changes (ConsumerCoordinator.metadataSnapshot: only the leader watches, and
 * rejoins when partitions come or go). */
#include "consumer/consumer.h"
#include "consumer/topic_name.h"

#include <stdlib.h>
#include <string.h>

static int compare_topics(const void *a, const void *b)
{
    return kh_string_compare(*(const struct kh_string *)a, *(const struct kh_string *)b);
}

/* Frees names and gives up the interest in them. */
static void drop_topics(kohort_consumer *c, struct kh_string *topics, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (c->client->cluster != NULL)
            kh_cluster_unwant_topic(c->client->cluster, topics[i]);
        kh_free(kh_consumer_heap(c), (char *)(uintptr_t)topics[i].data);
    }
    kh_free(kh_consumer_heap(c), topics);
}

/* Sorted copies, each once, each wanted from the cluster. 0 or KOHORT_ENOMEM, with nothing kept. */
static int take_topics(kohort_consumer *c, const struct kh_string *names, size_t count,
                       struct kh_string **ret_topics, size_t *ret_count)
{
    struct kh_heap *heap = kh_consumer_heap(c);
    struct kh_string *sorted = kh_alloc_zeroed(heap, count + 1, sizeof *sorted);
    struct kh_string *topics = kh_alloc_zeroed(heap, count + 1, sizeof *topics);
    size_t taken = 0;
    int status = sorted == NULL || topics == NULL ? KOHORT_ENOMEM : 0;
    if (status == 0 && count > 0) {
        memcpy(sorted, names, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare_topics);
    }
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (taken > 0 && kh_string_equal(topics[taken - 1], sorted[i]))
            continue;
        char *copy = kh_copy_text(heap, sorted[i].data, (size_t)sorted[i].size);
        status =
            copy == NULL ? KOHORT_ENOMEM : kh_cluster_want_topic(c->client->cluster, sorted[i]);
        if (status == 0)
            topics[taken++] = (struct kh_string){copy, sorted[i].size};
        else
            kh_free(heap, copy);
    }
    kh_free(heap, sorted);
    if (status != 0) {
        drop_topics(c, topics, taken);
        return status;
    }
    *ret_topics = topics;
    *ret_count = taken;
    return 0;
}

int kh_subscription_set(kohort_consumer *c, const char *const *topics, size_t count)
{
    struct kh_subscription *s = &c->subscription;
    struct kh_string *taken;
    size_t taken_count;
    for (size_t i = 0; i < count; i++)
        if (!kh_topic_name_valid(topics[i]))
            return KOHORT_EINVAL;
    struct kh_string *names = kh_alloc_zeroed(kh_consumer_heap(c), count, sizeof *names);
    if (names == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < count; i++)
        names[i] = kh_string_of(topics[i]);
    int status = take_topics(c, names, count, &taken, &taken_count);
    kh_free(kh_consumer_heap(c), names);
    if (status != 0)
        return status;
    drop_topics(c, s->topics, s->topic_count);
    s->topics = taken;
    s->topic_count = taken_count;
    s->missing_told = false;
    return 0;
}

int64_t kh_subscription_partitions(const kohort_consumer *c, struct kh_string topic)
{
    const struct kh_topic_metadata *metadata = kh_cluster_topic(c->client->cluster, topic);
    if (metadata == NULL || metadata->partition_count == 0)
        return -1;
    /* A leader election is no change of the topic: what was last known holds. */
    bool gone = metadata->error == KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION ||
                (metadata->error != 0 && !kh_kafka_error_retriable(metadata->error));
    return gone ? -1 : (int64_t)metadata->partition_count;
}

int kh_subscription_watch(kohort_consumer *c, const struct kh_string *topics, size_t count)
{
    struct kh_subscription *s = &c->subscription;
    struct kh_string *taken;
    size_t taken_count;
    int status = take_topics(c, topics, count, &taken, &taken_count);
    if (status != 0)
        return status;
    int64_t *partitions = kh_alloc_zeroed(kh_consumer_heap(c), taken_count + 1, sizeof *partitions);
    if (partitions == NULL) {
        drop_topics(c, taken, taken_count);
        return KOHORT_ENOMEM;
    }
    kh_subscription_unwatch(c);
    s->watched = taken;
    s->watched_count = taken_count;
    s->watched_partitions = partitions;
    kh_subscription_snapshot(c);
    return 0;
}

void kh_subscription_snapshot(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    s->changed = false;
    for (size_t i = 0; i < s->watched_count; i++)
        s->watched_partitions[i] = kh_subscription_partitions(c, s->watched[i]);
}

void kh_subscription_unwatch(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    drop_topics(c, s->watched, s->watched_count);
    kh_free(kh_consumer_heap(c), s->watched_partitions);
    s->watched = NULL;
    s->watched_partitions = NULL;
    s->watched_count = 0;
}

bool kh_subscription_known(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    for (size_t i = 0; i < s->watched_count; i++) {
        const struct kh_topic_metadata *metadata =
            kh_cluster_topic(c->client->cluster, s->watched[i]);
        if (metadata == NULL || !metadata->known)
            return false;
    }
    return true;
}

static void tell_missing(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    for (size_t i = 0; i < s->topic_count && !s->missing_told; i++) {
        const struct kh_topic_metadata *metadata =
            kh_cluster_topic(c->client->cluster, s->topics[i]);
        kohort_error error;
        if (metadata == NULL || !metadata->known || metadata->error == 0)
            continue;
        kh_error_init_kafka(&error, metadata->error);
        kh_error_set_topic(&error, s->topics[i], -1);
        error.api_key = kh_api_info(KH_API_METADATA)->key;
        kh_error_text(&error, "topic %s: %s; it is consumed as soon as it can be", error.topic,
                      kh_kafka_error_text(metadata->error));
        s->missing_told = true;
        kh_event_error(c, NULL, &error);
    }
}

static void metadata_updated(struct kh_metadata_listener *listener)
{
    kohort_consumer *c = kh_container(listener, kohort_consumer, subscription.listener);
    struct kh_subscription *s = &c->subscription;
    if (c->started)
        tell_missing(c);
    for (size_t i = 0; i < s->watched_count; i++)
        if (kh_subscription_partitions(c, s->watched[i]) != s->watched_partitions[i])
            s->changed = true;
    kh_fetch_changed(
        c); /* Leaders may have moved, and the leader's assignment may have waited for this. */
}

static void metadata_failed(struct kh_metadata_listener *listener, const kohort_error *error)
{
    kohort_consumer *c = kh_container(listener, kohort_consumer, subscription.listener);
    if (c->started)
        kh_event_error(c, NULL, error);
}

void kh_subscription_check(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    if (s->watched_count == 0 || kh_member_state(c->group.member) != KH_MEMBER_STABLE)
        return;
    if (!kh_member_is_leader(c->group.member)) {
        kh_subscription_unwatch(c);
        return;
    }
    if (!s->changed)
        return;
    kh_subscription_snapshot(c);
    kh_group_event(c, &(struct kh_member_event){.type = KH_MEMBER_EV_REJOIN,
                                                .text = "topics of the group changed"});
}

void kh_subscription_init(kohort_consumer *c)
{
    c->subscription.listener =
        (struct kh_metadata_listener){.updated = metadata_updated, .failed = metadata_failed};
    kh_cluster_listen(c->client->cluster, &c->subscription.listener);
}

void kh_subscription_free(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    kh_subscription_unwatch(c);
    drop_topics(c, s->topics, s->topic_count);
    s->topics = NULL;
    s->topic_count = 0;
    kh_cluster_unlisten(&s->listener);
}
