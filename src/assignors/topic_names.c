#include "assignors/topic_names.h"

#include "base/status.h"

int kh_topic_names_init(struct kh_topic_names *names, const struct kh_assignor_input *input,
                        struct kh_arena *arena)
{
    *names = (struct kh_topic_names){.topics = input->topics, .previous = input->topic_count};
    kh_map_init(&names->map, arena->heap, 0); /* the names are the cluster's, not a peer's */
    names->followers = kh_arena_alloc(arena, input->topic_count + 1, sizeof *names->followers);
    if (names->followers == NULL)
        return KOHORT_ENOMEM;
    for (size_t t = 0; t < input->topic_count; t++)
        if (kh_map_put(&names->map, input->topics[t].name, (void *)&input->topics[t]) != 0)
            return KOHORT_ENOMEM;
    return 0;
}

void kh_topic_names_free(struct kh_topic_names *names)
{
    kh_map_free(&names->map);
}

uint32_t kh_topic_names_find(struct kh_topic_names *names, struct kh_string name)
{
    if (names->map.count == 0)
        return KH_NO_TOPIC;
    uint32_t topic = names->followers[names->previous];
    if (!kh_string_equal(names->topics[topic].name, name)) {
        const struct kh_assignor_topic *found = kh_map_get(&names->map, name);
        if (found == NULL)
            return KH_NO_TOPIC;
        topic = (uint32_t)(found - names->topics);
        names->followers[names->previous] = topic;
    }
    names->previous = topic;
    return topic;
}
