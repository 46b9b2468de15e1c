/* What members say of what they hold, and whom to believe. Read where it lies: in a large group
 * these bytes are most of what JoinGroup brings. */
#include "assignors/intern.h"

#include "base/status.h"
#include "protocol/big_endian.h"

/* What one member says to hold, since when. */
struct claim {
    struct kh_bytes topics;
    int32_t generation; /* -1: it does not say */
};

/* StickyAssignor.java: a list of topics, in v1 a generation behind it, and no version in front: v1
 * is tried first. */
static struct claim read_user_data(const struct kh_assignor_subscription *s)
{
    struct kh_reader r;
    struct claim claim = {.generation = -1};
    if (s->user_data.size <= 0)
        return claim;
    kh_reader_init(&r, s->user_data.data, (size_t)s->user_data.size, false, NULL);
    claim.topics = kh_consumer_topics_skip(&r);
    int32_t generation = kh_read_i32(&r);
    if (kh_read_ok(&r))
        claim.generation = generation; /* else v0, or nothing that can be read */
    return claim;
}

/* CooperativeStickyAssignor.java: the subscription says it all since its v2 (KIP-792); before, the
 * generation alone is in the user data. */
static struct claim read_subscription(const struct kh_assignor_subscription *s)
{
    struct claim claim = {s->owned, s->generation};
    if (claim.generation >= 0 || s->user_data.size < 4)
        return claim;
    claim.generation = kh_load_i32(s->user_data.data);
    return claim;
}

static void weigh(uint32_t *claims, const int32_t *generations, uint32_t rank, uint32_t partition)
{
    uint32_t other = claims[partition];
    if (other == KH_NONE) {
        claims[partition] = rank;
        return;
    }
    uint32_t other_rank = other & ~KH_DISPUTED;
    if (other_rank == rank)
        return; /* said twice */
    if (generations[rank] > generations[other_rank])
        claims[partition] = rank;
    else if (generations[rank] == generations[other_rank])
        claims[partition] |= KH_DISPUTED;
}

/* The bytes have been walked once: they are well formed. */
static void weigh_all(struct kh_interned *group, const int32_t *generations, uint32_t rank,
                      struct kh_bytes topics, struct kh_topic_names *names)
{
    struct kh_consumer_topics_cursor cursor;
    for (kh_consumer_topics_begin(&cursor, topics); kh_consumer_topics_next(&cursor);) {
        uint32_t topic = kh_topic_names_find(names, cursor.topic);
        if (topic == KH_NO_TOPIC)
            continue;
        uint32_t first = group->first[topic], count = group->first[topic + 1] - first;
        for (uint32_t i = 0; i < cursor.partition_count; i++) {
            uint32_t partition = kh_load_u32(cursor.partitions + (size_t)4 * i);
            if (partition < count)
                weigh(group->claims, generations, rank, first + partition);
        }
    }
}

int kh_intern_claims(struct kh_interned *group, const struct kh_assignor *assignor,
                     const struct kh_assignor_input *input, struct kh_topic_names *names,
                     struct kh_arena *arena)
{
    int32_t *generations = kh_arena_take(arena, group->member_count, sizeof *generations);
    group->claims = kh_arena_take(arena, group->partition_count, sizeof *group->claims);
    if (generations == NULL || group->claims == NULL)
        return KOHORT_ENOMEM;
    memset(group->claims, 0xff, group->partition_count * sizeof *group->claims);
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        const struct kh_assignor_subscription *s = &input->members[group->order[rank]].subscription;
        struct claim claim =
            assignor->claims == KH_CLAIMS_IN_USER_DATA ? read_user_data(s) : read_subscription(s);
        generations[rank] = claim.generation;
        weigh_all(group, generations, rank, claim.topics, names);
    }
    return 0;
}
