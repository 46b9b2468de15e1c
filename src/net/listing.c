#include "net/listing.h"

#include "base/limits.h"
#include "base/status.h"
#include "net/cluster_internal.h"

void kh_listing_init(struct kh_listing *listing, struct kh_heap *heap)
{
    *listing = (struct kh_listing){.wanted = 0};
    kh_arena_init(&listing->arena, heap, KH_LIMIT_ARENAS);
}

void kh_listing_free(struct kh_listing *listing)
{
    kh_arena_free(&listing->arena);
    listing->topics = NULL;
    listing->count = 0;
    listing->known = false;
}

int kh_listing_begin(struct kh_listing *next, struct kh_heap *heap, size_t topic_count)
{
    kh_listing_init(next, heap);
    next->topics = kh_arena_alloc(&next->arena, topic_count, sizeof *next->topics);
    return next->topics == NULL ? KOHORT_ENOMEM : 0;
}

int kh_listing_add(struct kh_listing *next, const struct kh_metadata_response_topic *topic)
{
    if (topic->name.data == NULL)
        return 0;
    struct kh_string name = kh_arena_string(&next->arena, topic->name);
    if (name.data == NULL)
        return KOHORT_ENOMEM;
    next->topics[next->count++] = (struct kh_listed_topic){name, topic->is_internal};
    return 0;
}

void kh_listing_replace(struct kh_listing *listing, struct kh_listing *next)
{
    next->wanted = listing->wanted;
    next->known = true;
    kh_arena_free(&listing->arena);
    *listing = *next;
    kh_listing_init(next, listing->arena.heap);
}

void kh_cluster_want_listing(struct kh_cluster *cluster)
{
    cluster->listing.wanted++;
    kh_refresh_new_topic(&cluster->refresh);
}

void kh_cluster_unwant_listing(struct kh_cluster *cluster)
{
    if (--cluster->listing.wanted == 0)
        kh_listing_free(&cluster->listing);
}

bool kh_cluster_listing(const struct kh_cluster *cluster, const struct kh_listed_topic **ret_topics,
                        size_t *ret_count)
{
    *ret_topics = cluster->listing.topics;
    *ret_count = cluster->listing.count;
    return cluster->listing.known;
}
