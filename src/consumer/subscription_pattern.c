/* Subscriptions by pattern: the cluster lists all its topics at each refresh of the metadata, and
 * when what matches is no longer what is subscribed, the member joins again with that
 * (ConsumerCoordinator.maybeUpdateSubscriptionMetadata). */
#include "consumer/consumer.h"

#include <stdlib.h>

void kh_subscription_drop_pattern(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    if (s->pattern == NULL)
        return;
    kh_pattern_free(s->pattern);
    s->pattern = NULL;
    s->pattern_new = false;
    if (c->client->cluster != NULL)
        kh_cluster_unwant_listing(c->client->cluster);
}

void kh_subscription_set_pattern(kohort_consumer *c, struct kh_pattern *pattern)
{
    struct kh_subscription *s = &c->subscription;
    kh_cluster_want_listing(c->client->cluster);
    kh_subscription_drop_pattern(c);
    s->pattern = pattern;
    s->pattern_new = s->listing_new = true;
    s->missing_told = false;
}

static void tell_no_match(kohort_consumer *c, int status)
{
    struct kh_subscription *s = &c->subscription;
    const char *pattern = kh_pattern_text(s->pattern);
    kohort_error error;
    if (s->missing_told)
        return;
    s->missing_told = true;
    kh_error_init(&error, status);
    error.retriable = true;
    if (status == KOHORT_ELIMIT)
        kh_error_text(&error,
                      "the pattern \"%.200s\" takes too long to match some names of topics, which "
                      "are left out: make it simpler",
                      pattern);
    else
        kh_error_text(&error,
                      "no topic matches \"%.200s\"; one that does is consumed once it is seen "
                      "(metadata.max.age.ms)",
                      pattern);
    kh_event_error(c, NULL, &error);
}

/* Into `names`, which has room for all. 0, or why some could not be judged. */
static int choose(kohort_consumer *c, const struct kh_listed_topic *topics, size_t count,
                  struct kh_string *names, size_t *ret_count)
{
    int status = 0;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (topics[i].is_internal && c->values.exclude_internal_topics)
            continue;
        int result = kh_pattern_match(c->subscription.pattern, topics[i].name);
        if (result > 0)
            names[(*ret_count)++] = topics[i].name;
        else if (result < 0)
            status = result;
    }
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return kh_string_compare(*(const struct kh_string *)a, *(const struct kh_string *)b);
}

static bool same_topics(const struct kh_subscription *s, struct kh_string *names, size_t count)
{
    if (count != s->topic_count)
        return false;
    if (count > 1)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (!kh_string_equal(names[i], s->topics[i]))
            return false;
    return true;
}

/* Without memory the topics stay as they are; the next refresh tries again. */
void kh_subscription_match(kohort_consumer *c)
{
    struct kh_subscription *s = &c->subscription;
    const struct kh_listed_topic *topics;
    size_t count, matched;
    if (s->pattern == NULL || !s->listing_new || !(s->pattern_new || c->started) ||
        !kh_cluster_listing(c->client->cluster, &topics, &count))
        return;
    struct kh_string *names = kh_alloc_zeroed(kh_consumer_heap(c), count + 1, sizeof *names);
    s->listing_new = false;
    if (names == NULL)
        return;
    int status = choose(c, topics, count, names, &matched);
    bool same = same_topics(s, names, matched);
    if (status != KOHORT_ENOMEM && (same || kh_subscription_replace(c, names, matched) == 0)) {
        c->start_due = c->start_due || !same || s->pattern_new;
        s->pattern_new = false;
    }
    kh_free(kh_consumer_heap(c), names);
    if (status == KOHORT_ELIMIT || matched == 0)
        tell_no_match(c, status == 0 ? KOHORT_ENOENT : status);
}
