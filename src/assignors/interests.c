#include "assignors/interests.h"

#include "base/status.h"

/* Pairs as the members name them: an upper bound of what is needed. */
static size_t count_names(const struct kh_assignor_input *input)
{
    size_t count = 0;
    for (size_t m = 0; m < input->member_count; m++)
        count += input->members[m].subscription.topic_count;
    return count;
}

/* Counts into topic_first, shifted by one, and lists each member's topics, each once. */
static void list_topics(struct kh_interests *interests, const struct kh_assignor_input *input,
                        const uint32_t *order, struct kh_topic_names *names, uint32_t *seen)
{
    for (size_t rank = 0; rank < input->member_count; rank++) {
        const struct kh_consumer_subscription *subscription =
            &input->members[order[rank]].subscription;
        interests->member_first[rank] = interests->pair_count;
        for (size_t i = 0; i < subscription->topic_count; i++) {
            uint32_t topic = kh_topic_names_find(names, subscription->topics[i]);
            if (topic == KH_NO_TOPIC || seen[topic] == rank + 1)
                continue;
            seen[topic] = (uint32_t)rank + 1;
            interests->member_of[interests->pair_count] = (uint32_t)rank;
            interests->topic_of[interests->pair_count++] = topic;
            interests->topic_first[topic + 1]++;
        }
    }
    interests->member_first[input->member_count] = interests->pair_count;
}

int kh_interests_init(struct kh_interests *interests, const struct kh_assignor_input *input,
                      const uint32_t *order, struct kh_topic_names *names, struct kh_arena *arena)
{
    size_t names_count = count_names(input);
    uint32_t *next = kh_arena_alloc(arena, input->topic_count, sizeof *next);
    *interests = (struct kh_interests){
        .member_first =
            kh_arena_alloc(arena, input->member_count + 1, sizeof *interests->member_first),
        .member_of = kh_arena_alloc(arena, names_count, sizeof *interests->member_of),
        .topic_of = kh_arena_alloc(arena, names_count, sizeof *interests->topic_of),
        .topic_first =
            kh_arena_alloc(arena, input->topic_count + 1, sizeof *interests->topic_first),
        .pair_of = kh_arena_alloc(arena, names_count, sizeof *interests->pair_of),
    };
    if (next == NULL || interests->member_first == NULL || interests->member_of == NULL ||
        interests->topic_of == NULL || interests->topic_first == NULL || interests->pair_of == NULL)
        return KOHORT_ENOMEM;
    list_topics(interests, input, order, names, next);
    for (size_t t = 0; t < input->topic_count; t++) {
        interests->topic_first[t + 1] += interests->topic_first[t];
        next[t] = interests->topic_first[t];
    }
    for (uint32_t pair = 0; pair < interests->pair_count; pair++)
        interests->pair_of[next[interests->topic_of[pair]]++] = pair;
    return 0;
}
