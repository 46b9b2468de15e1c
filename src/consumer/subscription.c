/* What is subscribed: topics by name, or what a pattern chooses of all topics that the cluster
 * lists. */
#include "consumer/consumer.h"
#include "consumer/topic_name.h"

#include <stdlib.h>
#include <string.h>

static int compare_topics(const void *a, const void *b)
{
    return kh_string_compare(*(const struct kh_string *)a, *(const struct kh_string *)b);
}

void kh_topics_drop_one(kohort_consumer *c, struct kh_string topic)
{
    if (c->client->cluster != NULL)
        kh_cluster_unwant_topic(c->client->cluster, topic);
    kh_free(kh_consumer_heap(c), (char *)(uintptr_t)topic.data);
}

void kh_topics_drop(kohort_consumer *c, struct kh_string *topics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kh_topics_drop_one(c, topics[i]);
    kh_free(kh_consumer_heap(c), topics);
}

int kh_topics_take(kohort_consumer *c, const struct kh_string *names, size_t count,
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
        kh_topics_drop(c, topics, taken);
        return status;
    }
    *ret_topics = topics;
    *ret_count = taken;
    return 0;
}

int kh_subscription_replace(kohort_consumer *c, const struct kh_string *names, size_t count)
{
    struct kh_subscription *s = &c->subscription;
    struct kh_string *taken;
    size_t taken_count;
    int status = kh_topics_take(c, names, count, &taken, &taken_count);
    if (status != 0)
        return status;
    kh_topics_drop(c, s->topics, s->topic_count);
    s->topics = taken;
    s->topic_count = taken_count;
    s->missing_told = false;
    return 0;
}

int kh_subscription_set(kohort_consumer *c, const char *const *topics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!kh_topic_name_valid(topics[i]))
            return KOHORT_EINVAL;
    struct kh_string *names = kh_alloc_zeroed(kh_consumer_heap(c), count, sizeof *names);
    if (names == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < count; i++)
        names[i] = kh_string_of(topics[i]);
    int status = kh_subscription_replace(c, names, count);
    kh_free(kh_consumer_heap(c), names);
    if (status == 0)
        kh_subscription_drop_pattern(c);
    return status;
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
    s->listing_new = true;
    if (c->started)
        tell_missing(c);
    kh_watch_look(c);
    kh_validation_wanted(
        c); /* Leaders may have moved, and the leader's assignment may have waited for this. */
}

static void metadata_failed(struct kh_metadata_listener *listener, const kohort_error *error)
{
    kohort_consumer *c = kh_container(listener, kohort_consumer, subscription.listener);
    if (c->started || c->subscription.pattern_new)
        kh_event_error(c, NULL, error);
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
    kh_watch_end(c);
    kh_subscription_drop_pattern(c);
    kh_topics_drop(c, s->topics, s->topic_count);
    s->topics = NULL;
    s->topic_count = 0;
    kh_cluster_unlisten(&s->listener);
}
