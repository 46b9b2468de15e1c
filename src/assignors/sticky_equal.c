/* The usual case: all subscribe to the same. Everybody's share is known beforehand, so one pass
 * keeps what fits into it and another hands out the rest; no layout moves less. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

static bool takes_part(const struct kh_sticky *s, uint32_t rank)
{
    return s->interests.member_first[rank] < s->interests.member_first[rank + 1];
}

static bool is_held(const struct kh_sticky *s, uint32_t partition)
{
    uint32_t claim = s->claims[partition];
    return (claim & KH_DISPUTED) == 0 && takes_part(s, claim); /* KH_NONE has the bit too */
}

/* Everybody gets the same number, some one more: first of all those who hold that many. */
static int set_quotas(const struct kh_sticky *s, uint32_t *quotas)
{
    uint32_t *held = kh_arena_alloc(s->arena, s->input->member_count, sizeof *held);
    if (held == NULL)
        return KOHORT_ENOMEM;
    uint32_t total = 0, members = 0;
    for (size_t t = 0; t < s->input->topic_count; t++) {
        if (kh_sticky_subscribers(s, t) == 0)
            continue;
        total += s->first[t + 1] - s->first[t];
        for (uint32_t p = s->first[t]; p < s->first[t + 1]; p++)
            if (is_held(s, p))
                held[s->claims[p]]++;
    }
    for (uint32_t rank = 0; rank < s->input->member_count; rank++)
        members += takes_part(s, rank);
    if (members == 0)
        return 0;
    uint32_t quota = total / members, extra = total % members;
    for (uint32_t rank = 0; rank < s->input->member_count; rank++) {
        bool one_more = extra > 0 && held[rank] > quota;
        quotas[rank] = takes_part(s, rank) ? quota + one_more : 0;
        extra -= one_more;
    }
    for (uint32_t rank = 0; rank < s->input->member_count && extra > 0; rank++)
        if (takes_part(s, rank) && quotas[rank] == quota) {
            quotas[rank]++;
            extra--;
        }
    return 0;
}

/* By partition, then topic: who must give some up keeps a bit of every topic. */
static void keep(struct kh_sticky *s, const uint32_t *quotas, uint32_t *topics)
{
    size_t count = 0; /* topics that have a partition of this number */
    for (uint32_t t = 0; t < s->input->topic_count; t++)
        if (kh_sticky_subscribers(s, t) > 0)
            topics[count++] = t;
    for (uint32_t number = 0; count > 0; number++) {
        size_t left = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t p = s->first[topics[i]] + number;
            if (p >= s->first[topics[i] + 1])
                continue;
            topics[left++] = topics[i];
            if (!is_held(s, p) || s->loads[s->claims[p]] == quotas[s->claims[p]])
                continue;
            s->owners[p] = s->claims[p];
            s->loads[s->claims[p]]++;
        }
        count = left;
    }
}

/* In rounds over those who have room, so that each topic is spread. */
static void hand_out(struct kh_sticky *s, const uint32_t *quotas, uint32_t *members)
{
    size_t count = 0, at = 0, left = 0; /* of this round; `left` have room after it */
    for (uint32_t rank = 0; rank < s->input->member_count; rank++)
        if (s->loads[rank] < quotas[rank])
            members[count++] = rank;
    for (size_t t = 0; t < s->input->topic_count; t++) {
        if (kh_sticky_subscribers(s, t) == 0)
            continue;
        for (uint32_t p = s->first[t]; p < s->first[t + 1]; p++) {
            if (s->owners[p] != KH_NONE)
                continue;
            if (at == count) {
                count = left;
                at = left = 0;
            }
            uint32_t rank = members[at++];
            s->owners[p] = rank;
            if (++s->loads[rank] < quotas[rank])
                members[left++] = rank;
        }
    }
}

int kh_sticky_share_equally(struct kh_sticky *s)
{
    uint32_t *quotas = kh_arena_alloc(s->arena, s->input->member_count, sizeof *quotas);
    uint32_t *members = kh_arena_alloc(s->arena, s->input->member_count, sizeof *members);
    uint32_t *topics = kh_arena_alloc(s->arena, s->input->topic_count, sizeof *topics);
    if (quotas == NULL || members == NULL || topics == NULL || set_quotas(s, quotas) != 0)
        return KOHORT_ENOMEM;
    keep(s, quotas, topics);
    hand_out(s, quotas, members);
    return 0;
}
