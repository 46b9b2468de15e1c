#include "coordinator/assign.h"

#include "base/error.h"
#include "base/log.h"
#include "base/status.h"

#include <stdlib.h>

static int refuse(kohort_error *error, const char *what, struct kh_string member)
{
    char name[256];
    kh_error_init(error, KOHORT_EASSIGNOR);
    kh_error_text(error, "%s (member '%s')", what, kh_printable(name, sizeof name, member));
    return KOHORT_EASSIGNOR;
}

/* ---- what the members sent ---- */

static int compare_names(const void *a, const void *b)
{
    return kh_string_compare(*(const struct kh_string *)a, *(const struct kh_string *)b);
}

static int collect_topics(struct kh_arena *arena, struct kh_assign_group *group)
{
    size_t count = 0;
    for (size_t i = 0; i < group->member_count; i++)
        count += group->members[i].subscription.topic_count;
    struct kh_string *topics = kh_arena_alloc(arena, count, sizeof *topics);
    if (topics == NULL)
        return KOHORT_ENOMEM;
    count = 0;
    for (size_t i = 0; i < group->member_count; i++) {
        const struct kh_consumer_subscription *subscription = &group->members[i].subscription;
        for (size_t t = 0; t < subscription->topic_count; t++)
            topics[count++] = subscription->topics[t];
    }
    if (count > 1)
        qsort(topics, count, sizeof *topics, compare_names);
    group->topics = topics;
    group->topic_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !kh_string_equal(topics[i], topics[i - 1]))
            topics[group->topic_count++] = topics[i];
    return 0;
}

int kh_assign_read(struct kh_arena *arena, const struct kh_join_group_response_member *members,
                   size_t member_count, struct kh_assign_group *ret, kohort_error *error)
{
    struct kh_assign_group group = {.member_count = member_count};
    group.members = kh_arena_alloc(arena, member_count, sizeof *group.members);
    if (group.members == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < member_count; i++) {
        struct kh_assignor_member *member = &group.members[i];
        member->id = members[i].member_id;
        member->instance_id = members[i].group_instance_id;
        struct kh_reader r;
        kh_reader_init(&r, members[i].metadata.data, (size_t)members[i].metadata.size, false,
                       arena);
        kh_consumer_subscription_decode(&r, &member->subscription);
        if (!kh_read_ok(&r))
            return refuse(error, "a member's subscription cannot be read", member->id);
    }
    if (collect_topics(arena, &group) != 0)
        return KOHORT_ENOMEM;
    *ret = group;
    return 0;
}

/* ---- the layout ---- */

struct layout {
    const struct kh_assign_group *group;
    const struct kh_assignor_topic *topics;
    size_t topic_count;
    bool **taken;          /* by topic and partition: somebody was given it */
    size_t *subscribed_by; /* by topic: the member looked at, plus one, if it subscribes to it */
};

static int compare_topics(const void *name, const void *topic)
{
    return kh_string_compare(*(const struct kh_string *)name,
                             ((const struct kh_assignor_topic *)topic)->name);
}

static void mark_subscribed(struct layout *layout, size_t member)
{
    const struct kh_consumer_subscription *subscription =
        &layout->group->members[member].subscription;
    for (size_t t = 0; t < subscription->topic_count && layout->topic_count > 0; t++) {
        const struct kh_assignor_topic *topic =
            bsearch(&subscription->topics[t], layout->topics, layout->topic_count, sizeof *topic,
                    compare_topics);
        if (topic != NULL)
            layout->subscribed_by[topic - layout->topics] = member + 1;
    }
}

/* NULL: nothing is wrong with it. */
static const char *wrong_with(struct layout *layout, size_t member,
                              struct kh_assignor_partition given)
{
    if (given.topic >= layout->topic_count)
        return "it gives a topic that does not exist";
    if (given.partition < 0 ||
        (size_t)given.partition >= layout->topics[given.topic].partition_count)
        return "it gives a partition that does not exist";
    if (layout->subscribed_by[given.topic] != member + 1)
        return "it gives a topic to a member that does not subscribe to it";
    if (layout->taken[given.topic][given.partition])
        return "it gives a partition twice";
    layout->taken[given.topic][given.partition] = true;
    return NULL;
}

static int check_layout(struct layout *layout, struct kh_arena *arena,
                        const struct kh_assignor_result *results, kohort_error *error)
{
    layout->taken = kh_arena_alloc(arena, layout->topic_count, sizeof *layout->taken);
    layout->subscribed_by =
        kh_arena_alloc(arena, layout->topic_count, sizeof *layout->subscribed_by);
    if (layout->taken == NULL || layout->subscribed_by == NULL)
        return KOHORT_ENOMEM;
    for (size_t t = 0; t < layout->topic_count; t++) {
        layout->taken[t] = kh_arena_alloc(arena, layout->topics[t].partition_count, sizeof(bool));
        if (layout->taken[t] == NULL)
            return KOHORT_ENOMEM;
    }
    for (size_t m = 0; m < layout->group->member_count; m++) {
        mark_subscribed(layout, m);
        for (size_t i = 0; i < results[m].count; i++) {
            const char *wrong = wrong_with(layout, m, results[m].partitions[i]);
            if (wrong != NULL)
                return refuse(error, wrong, layout->group->members[m].id);
        }
    }
    return 0;
}

/* ---- the bytes ---- */

static int compare_partitions(const void *a, const void *b)
{
    const struct kh_assignor_partition *left = a, *right = b;
    if (left->topic != right->topic)
        return left->topic < right->topic ? -1 : 1;
    return (left->partition > right->partition) - (left->partition < right->partition);
}

/* Sorted, partitions of one topic lie together. */
static int group_by_topic(const struct kh_assignor_result *result,
                          const struct kh_assignor_topic *topics, struct kh_arena *arena,
                          struct kh_consumer_assignment *ret)
{
    if (result->count > 1)
        qsort(result->partitions, result->count, sizeof *result->partitions, compare_partitions);
    int32_t *numbers = kh_arena_alloc(arena, result->count, sizeof *numbers);
    struct kh_consumer_topic *grouped = kh_arena_alloc(arena, result->count, sizeof *grouped);
    if (numbers == NULL || grouped == NULL)
        return KOHORT_ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < result->count; i++) {
        if (i == 0 || result->partitions[i].topic != result->partitions[i - 1].topic)
            grouped[count++] = (struct kh_consumer_topic){
                .topic = topics[result->partitions[i].topic].name, .partitions = &numbers[i]};
        numbers[i] = result->partitions[i].partition;
        grouped[count - 1].partition_count++;
    }
    *ret = (struct kh_consumer_assignment){.topics = grouped, .topic_count = count};
    return 0;
}

static int encode(const struct kh_consumer_assignment *assignment, struct kh_arena *arena,
                  struct kh_writer *w, struct kh_bytes *ret)
{
    kh_writer_reset(w);
    kh_consumer_assignment_encode(w, KH_CONSUMER_PROTOCOL_NEWEST, assignment);
    uint8_t *copy = w->status == 0 ? kh_arena_alloc(arena, w->size, 1) : NULL;
    if (copy == NULL)
        return KOHORT_ENOMEM;
    memcpy(copy, w->data, w->size);
    *ret = (struct kh_bytes){copy, (int32_t)w->size};
    return 0;
}

int kh_assign_run(const struct kh_assignor *assignor, struct kh_arena *arena,
                  const struct kh_assign_group *group, const struct kh_assignor_topic *topics,
                  size_t topic_count, struct kh_bytes *assignments, kohort_error *error)
{
    const struct kh_assignor_input input = {.members = group->members,
                                            .member_count = group->member_count,
                                            .topics = topics,
                                            .topic_count = topic_count};
    struct kh_assignor_result *results =
        kh_arena_alloc(arena, group->member_count, sizeof *results);
    if (results == NULL)
        return KOHORT_ENOMEM;
    int status = assignor->assign(&input, arena, results);
    if (status == KOHORT_EASSIGNOR)
        kh_error_init(error, KOHORT_EASSIGNOR);
    struct layout layout = {.group = group, .topics = topics, .topic_count = topic_count};
    if (status == 0)
        status = check_layout(&layout, arena, results, error);
    struct kh_writer w;
    kh_writer_init(&w, arena->heap);
    for (size_t m = 0; m < group->member_count && status == 0; m++) {
        struct kh_consumer_assignment assignment;
        status = group_by_topic(&results[m], topics, arena, &assignment);
        if (status == 0)
            status = encode(&assignment, arena, &w, &assignments[m]);
    }
    kh_writer_free(&w);
    return status;
}
