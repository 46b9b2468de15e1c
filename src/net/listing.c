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

static int fill(struct kh_listing *listing, const struct kh_metadata_response *response)
{
    listing->topics =
        kh_arena_alloc(&listing->arena, response->topic_count, sizeof *listing->topics);
    if (listing->topics == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < response->topic_count; i++) {
        const struct kh_metadata_response_topic *topic = &response->topics[i];
        if (topic->name.data == NULL)
            continue;
        struct kh_string name = kh_arena_string(&listing->arena, topic->name);
        if (name.data == NULL)
            return KOHORT_ENOMEM;
        listing->topics[listing->count++] = (struct kh_listed_topic){name, topic->is_internal};
    }
    return 0;
}

int kh_listing_apply(struct kh_listing *listing, const struct kh_metadata_response *response)
{
    struct kh_listing next = {.wanted = listing->wanted, .known = true};
    kh_arena_init(&next.arena, listing->arena.heap, KH_LIMIT_ARENAS);
    if (fill(&next, response) != 0) {
        kh_arena_free(&next.arena);
        return KOHORT_ENOMEM;
    }
    kh_arena_free(&listing->arena);
    *listing = next;
    return 0;
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
