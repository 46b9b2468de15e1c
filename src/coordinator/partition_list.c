#include "coordinator/partition_list.h"

#include "base/status.h"

void kh_partition_list_init(struct kh_partition_list *list, struct kh_heap *heap)
{
    *list = (struct kh_partition_list){.heap = heap};
}

void kh_partition_list_clear(struct kh_partition_list *list)
{
    /* Partitions of one topic lie together and share its name. */
    for (size_t i = 0; i < list->count; i++)
        if (i + 1 == list->count || list->items[i].topic.data != list->items[i + 1].topic.data)
            kh_free(list->heap, (char *)list->items[i].topic.data);
    list->count = 0;
}

void kh_partition_list_free(struct kh_partition_list *list)
{
    kh_partition_list_clear(list);
    kh_free(list->heap, list->items);
    kh_partition_list_init(list, list->heap);
}

static int compare(const struct kh_topic_partition *item, struct kh_string topic, int32_t partition)
{
    int order = kh_string_compare(item->topic, topic);
    if (order != 0)
        return order;
    return (item->partition > partition) - (item->partition < partition);
}

/* Where the first item stands that is not below; the end when all are. */
static size_t lower_bound(const struct kh_partition_list *list, struct kh_string topic,
                          int32_t partition)
{
    size_t low = 0, high = list->count;
    if (high > 0 && compare(&list->items[high - 1], topic, partition) < 0)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&list->items[middle], topic, partition) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool holds_at(const struct kh_partition_list *list, size_t at, struct kh_string topic,
                     int32_t partition)
{
    return at < list->count && compare(&list->items[at], topic, partition) == 0;
}

static int grow(struct kh_partition_list *list)
{
    if (list->count < list->capacity)
        return 0;
    size_t capacity = list->capacity == 0 ? 1 : list->capacity * 2;
    struct kh_topic_partition *items =
        kh_resize(list->heap, list->items, capacity, sizeof *list->items);
    if (items == NULL)
        return KOHORT_ENOMEM;
    list->items = items;
    list->capacity = capacity;
    return 0;
}

/* The copy of the name that a neighbour holds, or a new one. NULL when memory ran out. */
static const char *intern(struct kh_partition_list *list, size_t at, struct kh_string topic)
{
    if (at > 0 && kh_string_equal(list->items[at - 1].topic, topic))
        return list->items[at - 1].topic.data;
    if (at < list->count && kh_string_equal(list->items[at].topic, topic))
        return list->items[at].topic.data;
    return kh_copy_text(list->heap, topic.data, (size_t)topic.size);
}

int kh_partition_list_add(struct kh_partition_list *list, struct kh_string topic, int32_t partition)
{
    size_t at = lower_bound(list, topic, partition);
    if (holds_at(list, at, topic, partition))
        return 0;
    if (grow(list) != 0)
        return KOHORT_ENOMEM;
    const char *name = intern(list, at, topic);
    if (name == NULL)
        return KOHORT_ENOMEM;
    memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof *list->items);
    list->items[at] = (struct kh_topic_partition){{name, topic.size}, partition};
    list->count++;
    return 0;
}

bool kh_partition_list_has(const struct kh_partition_list *list, struct kh_string topic,
                           int32_t partition)
{
    return holds_at(list, lower_bound(list, topic, partition), topic, partition);
}

int kh_partition_list_copy(struct kh_partition_list *to, const struct kh_partition_list *from)
{
    static const struct kh_partition_list nothing;
    return kh_partition_list_difference(to, from, &nothing);
}

void kh_partition_list_move(struct kh_partition_list *to, struct kh_partition_list *from)
{
    kh_partition_list_free(to);
    *to = *from;
    kh_partition_list_init(from, to->heap);
}

/* Both lists are sorted: `at` only ever moves on. */
static bool advance_to(const struct kh_partition_list *list, size_t *at,
                       const struct kh_topic_partition *item)
{
    while (*at < list->count && compare(&list->items[*at], item->topic, item->partition) < 0)
        ++*at;
    return holds_at(list, *at, item->topic, item->partition);
}

int kh_partition_list_difference(struct kh_partition_list *out, const struct kh_partition_list *a,
                                 const struct kh_partition_list *b)
{
    kh_partition_list_clear(out);
    size_t at = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct kh_topic_partition *item = &a->items[i];
        if (advance_to(b, &at, item))
            continue;
        if (kh_partition_list_add(out, item->topic, item->partition) != 0) {
            kh_partition_list_clear(out);
            return KOHORT_ENOMEM;
        }
    }
    return 0;
}

int kh_partition_list_union(struct kh_partition_list *out, const struct kh_partition_list *a,
                            const struct kh_partition_list *b)
{
    kh_partition_list_clear(out);
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        const struct kh_topic_partition *left = i < a->count ? &a->items[i] : NULL;
        const struct kh_topic_partition *right = j < b->count ? &b->items[j] : NULL;
        bool from_left =
            right == NULL || (left != NULL && compare(left, right->topic, right->partition) <= 0);
        const struct kh_topic_partition *item = from_left ? left : right;
        if (kh_partition_list_add(out, item->topic, item->partition) != 0) {
            kh_partition_list_clear(out);
            return KOHORT_ENOMEM;
        }
        i += from_left;
        j += !from_left;
    }
    return 0;
}

void kh_partition_list_remove(struct kh_partition_list *list, const struct kh_partition_list *gone)
{
    size_t kept = 0, at = 0;
    for (size_t i = 0; i < list->count;) {
        const char *name = list->items[i].topic.data;
        size_t kept_before = kept;
        for (; i < list->count && list->items[i].topic.data == name; i++)
            if (!advance_to(gone, &at, &list->items[i]))
                list->items[kept++] = list->items[i];
        if (kept == kept_before)
            kh_free(list->heap, (char *)name);
    }
    list->count = kept;
}

int kh_partition_list_topics(const struct kh_partition_list *list, struct kh_arena *arena,
                             struct kh_consumer_topic **ret_topics, size_t *ret_count)
{
    int32_t *numbers = kh_arena_alloc(arena, list->count, sizeof *numbers);
    struct kh_consumer_topic *topics = kh_arena_alloc(arena, list->count, sizeof *topics);
    size_t count = 0;
    if (numbers == NULL || topics == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        if (i == 0 || list->items[i].topic.data != list->items[i - 1].topic.data)
            topics[count++] = (struct kh_consumer_topic){.topic = list->items[i].topic,
                                                         .partitions = &numbers[i]};
        numbers[i] = list->items[i].partition;
        topics[count - 1].partition_count++;
    }
    *ret_topics = topics;
    *ret_count = count;
    return 0;
}
