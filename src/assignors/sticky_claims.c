/* What members say of what they hold, and whom to believe. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

enum { TOPIC_MIN = 6 };

static size_t read_topics(struct kh_reader *r, struct kh_consumer_topic **topics)
{
    size_t count = kh_read_array(r, TOPIC_MIN, sizeof **topics, topics);
    for (size_t i = 0; i < count && kh_read_ok(r); i++) {
        (*topics)[i].topic = kh_read_string(r);
        (*topics)[i].partition_count = kh_read_i32_array(r, &(*topics)[i].partitions);
    }
    return count;
}

/* StickyAssignor.java: a list of topics, in v1 a generation behind it, and no version in front: v1
 * is tried first. */
int kh_sticky_read_user_data(const struct kh_consumer_subscription *subscription,
                             struct kh_arena *arena, struct kh_sticky_claim *ret)
{
    *ret = (struct kh_sticky_claim){.generation = -1};
    if (subscription->user_data.size <= 0)
        return 0;
    struct kh_reader r;
    struct kh_consumer_topic *topics = NULL;
    kh_reader_init(&r, subscription->user_data.data, (size_t)subscription->user_data.size, false,
                   arena);
    size_t count = read_topics(&r, &topics);
    if (!kh_read_ok(&r))
        return r.status == KOHORT_EPROTOCOL ? 0 : KOHORT_ENOMEM;
    *ret = (struct kh_sticky_claim){topics, count, kh_read_i32(&r)};
    if (!kh_read_ok(&r))
        ret->generation = -1; /* v0 */
    return 0;
}

/* CooperativeStickyAssignor.java: the subscription says it all since its v2 (KIP-792); before, the
 * generation alone is in the user data. */
int kh_sticky_read_owned(const struct kh_consumer_subscription *subscription,
                         struct kh_arena *arena, struct kh_sticky_claim *ret)
{
    *ret = (struct kh_sticky_claim){subscription->owned, subscription->owned_count,
                                    subscription->generation};
    if (ret->generation >= 0 || subscription->user_data.size <= 0)
        return 0;
    struct kh_reader r;
    kh_reader_init(&r, subscription->user_data.data, (size_t)subscription->user_data.size, false,
                   arena);
    int32_t generation = kh_read_i32(&r);
    ret->generation = kh_read_ok(&r) ? generation : -1;
    return 0;
}

static void weigh(struct kh_sticky *s, const int32_t *generations, uint32_t rank,
                  uint32_t partition)
{
    uint32_t other = s->claims[partition];
    if (other == KH_NONE) {
        s->claims[partition] = rank;
        return;
    }
    uint32_t other_rank = other & ~KH_DISPUTED;
    if (other_rank == rank)
        return; /* said twice */
    if (generations[rank] > generations[other_rank])
        s->claims[partition] = rank;
    else if (generations[rank] == generations[other_rank])
        s->claims[partition] |= KH_DISPUTED;
}

int kh_sticky_weigh_claims(struct kh_sticky *s, struct kh_topic_names *names,
                           kh_sticky_reader *reader)
{
    int32_t *generations = kh_arena_alloc(s->arena, s->input->member_count, sizeof *generations);
    if (generations == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t rank = 0; rank < s->input->member_count; rank++) {
        struct kh_sticky_claim claim;
        int status = reader(&s->input->members[s->order[rank]].subscription, s->arena, &claim);
        if (status != 0)
            return status;
        generations[rank] = claim.generation;
        for (size_t i = 0; i < claim.topic_count; i++) {
            uint32_t topic = kh_topic_names_find(names, claim.topics[i].topic);
            if (topic == KH_NO_TOPIC)
                continue;
            uint32_t first = s->first[topic], count = s->first[topic + 1] - first;
            for (size_t p = 0; p < claim.topics[i].partition_count; p++)
                if ((uint32_t)claim.topics[i].partitions[p] < count)
                    weigh(s, generations, rank, first + (uint32_t)claim.topics[i].partitions[p]);
        }
    }
    return 0;
}
