#include "assignors/topic_classes.h"

#include "base/status.h"

/* An open-addressed table of the first topics of classes. */
struct table {
    const struct kh_interests *interests;
    uint32_t *slots;  /* topics; KH_NONE: free */
    uint64_t *hashes; /* by topic */
    size_t mask;
};

/* Four at a time, since a multiplication waits for the one before. */
static uint64_t hash_members(const uint32_t *members, uint32_t count)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    uint64_t lanes[4] = {count, 1, 2, 3};
    for (uint32_t i = 0; i < count; i++)
        lanes[i % 4] = (lanes[i % 4] ^ members[i]) * odd;
    uint64_t hash = 0;
    for (int lane = 0; lane < 4; lane++)
        hash = ((hash ^ lanes[lane]) * odd) ^ (hash >> 32);
    return hash ^ (hash >> 32);
}

static bool have_same_subscribers(const struct table *table, uint32_t a, uint32_t b)
{
    const uint32_t *first = table->interests->topic_first, *members = table->interests->member_of;
    uint32_t count = first[a + 1] - first[a];
    return table->hashes[a] == table->hashes[b] && count == first[b + 1] - first[b] &&
           (count == 0 ||
            memcmp(&members[first[a]], &members[first[b]], count * sizeof *members) == 0);
}

static uint32_t find_or_add(struct table *table, uint32_t topic)
{
    const uint32_t *first = table->interests->topic_first;
    uint64_t hash =
        hash_members(&table->interests->member_of[first[topic]], first[topic + 1] - first[topic]);
    size_t at = hash & table->mask;
    table->hashes[topic] = hash;
    for (; table->slots[at] != KH_NONE; at = (at + 1) & table->mask)
        if (have_same_subscribers(table, table->slots[at], topic))
            return table->slots[at];
    table->slots[at] = topic;
    return topic;
}

int kh_topic_classes(const struct kh_interned *group, const struct kh_interests *interests,
                     struct kh_arena *arena, uint32_t **ret)
{
    size_t slots = 2;
    while (slots < 2 * (size_t)group->topic_count)
        slots *= 2;
    struct table table = {
        .interests = interests,
        .slots = kh_arena_take(arena, slots, sizeof *table.slots),
        .hashes = kh_arena_take(arena, group->topic_count, sizeof *table.hashes),
        .mask = slots - 1,
    };
    uint32_t *classes = kh_arena_take(arena, group->topic_count, sizeof *classes);
    if (table.slots == NULL || table.hashes == NULL || classes == NULL)
        return KOHORT_ENOMEM;
    memset(table.slots, 0xff, slots * sizeof *table.slots);
    for (uint32_t t = 0; t < group->topic_count; t++)
        classes[t] = find_or_add(&table, t);
    *ret = classes;
    return 0;
}
