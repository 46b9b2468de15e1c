#include "assignors/subscriber_masks.h"

#include "base/status.h"

/* How many words there are at most: a topic has no more of them than subscribers. */
static size_t count_words(const struct kh_interned *group, const struct kh_interests *interests,
                          const uint32_t *classes)
{
    size_t most = kh_rank_words(group->member_count), count = 0;
    for (uint32_t t = 0; t < group->topic_count; t++) {
        size_t subscribers = interests->topic_first[t + 1] - interests->topic_first[t];
        if (classes[t] == t)
            count += subscribers < most ? subscribers : most;
    }
    return count;
}

int kh_subscriber_masks_init(struct kh_subscriber_masks *masks, const struct kh_interned *group,
                             const struct kh_interests *interests, const uint32_t *classes,
                             struct kh_arena *arena)
{
    size_t most = count_words(group, interests, classes);
    uint32_t count = 0;
    masks->words = kh_arena_take(arena, most, sizeof *masks->words);
    masks->begins = kh_arena_take(arena, (size_t)group->topic_count + 1, sizeof *masks->begins);
    if (masks->words == NULL || masks->begins == NULL)
        return KOHORT_ENOMEM;
    for (uint32_t t = 0; t < group->topic_count; t++) {
        uint32_t pair = interests->topic_first[t], end = interests->topic_first[t + 1];
        masks->begins[t] = count;
        while (classes[t] == t && pair < end) {
            struct kh_subscriber_word word = {.word = interests->member_of[pair] / KH_RANKS_A_WORD,
                                              .pair = pair};
            for (; pair < end && interests->member_of[pair] / KH_RANKS_A_WORD == word.word; pair++)
                word.bits |= kh_rank_bit(interests->member_of[pair]);
            masks->words[count++] = word;
        }
    }
    masks->begins[group->topic_count] = count;
    return 0;
}
