#include "assignors/custom.h"

#include "base/status.h"
#include "protocol/big_endian.h"

#include <kohort/kohort.h>

struct kohort_layout {
    const struct kh_assignor_input *input;
    struct kh_arena *arena;
    struct kh_assignor_result *results;
    size_t *capacities; /* by member */
    kohort_error *error;
    int status; /* the first that went wrong */
};

/* ---- from our names to the application's ---- */

static const char *text_of(struct kh_arena *arena, struct kh_string text, int *status)
{
    const char *copy = kh_arena_string(arena, text).data;
    if (copy == NULL && text.data != NULL)
        *status = KOHORT_ENOMEM;
    return copy;
}

static kohort_user_data user_data_of(struct kh_bytes bytes)
{
    return (kohort_user_data){bytes.data, bytes.size > 0 ? (size_t)bytes.size : 0};
}

static const kohort_topic_partitions *list_topics(struct kh_arena *arena,
                                                  const struct kh_consumer_topic *topics,
                                                  size_t count, int *status)
{
    kohort_topic_partitions *list = kh_arena_alloc(arena, count, sizeof *list);
    if (list == NULL)
        *status = KOHORT_ENOMEM;
    for (size_t i = 0; i < count && *status == 0; i++)
        list[i] = (kohort_topic_partitions){text_of(arena, topics[i].topic, status),
                                            topics[i].partitions, topics[i].partition_count};
    return list;
}

static void list_owned(struct kh_arena *arena, struct kh_bytes owned, kohort_group_member *member,
                       int *status)
{
    struct kh_consumer_topics_cursor cursor;
    kh_consumer_topics_begin(&cursor, owned);
    kohort_topic_partitions *list = kh_arena_alloc(arena, cursor.left, sizeof *list);
    if (list == NULL)
        *status = KOHORT_ENOMEM;
    while (*status == 0 && kh_consumer_topics_next(&cursor)) {
        int32_t *numbers = kh_arena_take(arena, cursor.partition_count, sizeof *numbers);
        if (numbers == NULL) {
            *status = KOHORT_ENOMEM;
            return;
        }
        for (size_t i = 0; i < cursor.partition_count; i++)
            numbers[i] = kh_load_i32(cursor.partitions + 4 * i);
        list[member->owned_count++] = (kohort_topic_partitions){
            text_of(arena, cursor.topic, status), numbers, cursor.partition_count};
    }
    member->owned = list;
}

static void fill_member(struct kh_arena *arena, const struct kh_assignor_member *from,
                        kohort_group_member *to, int *status)
{
    const struct kh_assignor_subscription *s = &from->subscription;
    const char **topics = kh_arena_alloc(arena, s->topic_count, sizeof *topics);
    if (topics == NULL)
        *status = KOHORT_ENOMEM;
    for (size_t i = 0; i < s->topic_count && *status == 0; i++)
        topics[i] = text_of(arena, s->topics[i], status);
    *to = (kohort_group_member){.id = text_of(arena, from->id, status),
                                .instance_id = text_of(arena, from->instance_id, status),
                                .topics = topics,
                                .topic_count = s->topic_count,
                                .generation = s->generation,
                                .user_data = user_data_of(s->user_data)};
    if (s->rack.size > 0)
        to->rack = text_of(arena, s->rack, status);
    list_owned(arena, s->owned, to, status);
}

static int fill_group(struct kh_arena *arena, const struct kh_assignor_input *input,
                      kohort_group *ret)
{
    int status = 0;
    kohort_group_member *members = kh_arena_alloc(arena, input->member_count, sizeof *members);
    kohort_group_topic *topics = kh_arena_alloc(arena, input->topic_count, sizeof *topics);
    if (members == NULL || topics == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < input->member_count && status == 0; i++)
        fill_member(arena, &input->members[i], &members[i], &status);
    for (size_t i = 0; i < input->topic_count && status == 0; i++)
        topics[i] = (kohort_group_topic){text_of(arena, input->topics[i].name, &status),
                                         (int32_t)input->topics[i].partition_count};
    *ret = (kohort_group){sizeof *ret, members, input->member_count, topics, input->topic_count};
    return status;
}

/* ---- the layout ---- */

static int refuse(kohort_layout *layout, const char *why, size_t number)
{
    if (layout->status == 0)
        kh_error_text(layout->error, "it gives to %s (number %zu)", why, number);
    layout->status = KOHORT_EASSIGNOR;
    return KOHORT_EINVAL;
}

static int fail(kohort_layout *layout)
{
    layout->status = KOHORT_ENOMEM;
    return KOHORT_ENOMEM;
}

int kohort_layout_give(kohort_layout *layout, size_t member, size_t topic, int32_t partition)
{
    if (member >= layout->input->member_count)
        return refuse(layout, "a member that is not in the group", member);
    struct kh_assignor_result *result = &layout->results[member];
    if (result->count == layout->capacities[member]) {
        size_t capacity = result->count == 0 ? 8 : 2 * result->count;
        struct kh_assignor_partition *grown = kh_arena_take(layout->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return fail(layout);
        if (result->count > 0)
            memcpy(grown, result->partitions, result->count * sizeof *grown);
        result->partitions = grown;
        layout->capacities[member] = capacity;
    }
    /* Kept also when it cannot be: what is refused is refused with the member's name. */
    uint32_t number = topic < UINT32_MAX ? (uint32_t)topic : UINT32_MAX;
    result->partitions[result->count++] = (struct kh_assignor_partition){number, partition};
    return topic < layout->input->topic_count && partition >= 0 &&
                   (size_t)partition < layout->input->topics[topic].partition_count
               ? 0
               : KOHORT_EINVAL;
}

int kohort_layout_tell(kohort_layout *layout, size_t member, kohort_user_data user_data)
{
    if (member >= layout->input->member_count || user_data.size > INT32_MAX)
        return refuse(layout, "a member that is not in the group", member);
    uint8_t *copy = kh_arena_take(layout->arena, user_data.size, 1);
    if (copy == NULL)
        return fail(layout);
    if (user_data.size > 0)
        memcpy(copy, user_data.data, user_data.size);
    layout->results[member].user_data =
        (struct kh_bytes){user_data.data == NULL ? NULL : copy, (int32_t)user_data.size};
    return 0;
}

/* ---- as one of ours ---- */

static int assign(const struct kh_assignor *self, const struct kh_assignor_input *input,
                  struct kh_arena *arena, struct kh_assignor_result *results, kohort_error *error)
{
    const kohort_assignor *custom = self->arg;
    kohort_group group;
    kohort_layout layout = {
        .input = input,
        .arena = arena,
        .results = results,
        .capacities = kh_arena_alloc(arena, input->member_count, sizeof *layout.capacities),
        .error = error};
    int status = layout.capacities == NULL ? KOHORT_ENOMEM : fill_group(arena, input, &group);
    if (status != 0)
        return status;
    int given_up = custom->assign(custom->arg, &group, &layout);
    if (given_up != 0 && layout.status == 0) {
        kh_error_text(error, "it gave up with %d", given_up);
        return KOHORT_EASSIGNOR;
    }
    return layout.status;
}

static void write_user_data(const struct kh_assignor *self, struct kh_arena *arena,
                            struct kh_writer *w, const struct kh_consumer_topic *assigned,
                            size_t topic_count, int32_t generation)
{
    const kohort_assignor *custom = self->arg;
    int status = 0;
    const kohort_topic_partitions *list = list_topics(arena, assigned, topic_count, &status);
    if (status != 0) {
        w->status = status;
        return;
    }
    kohort_user_data told = custom->user_data(custom->arg, list, topic_count, generation);
    kh_write_raw(w, told.data, told.size);
}

static void on_assignment(const struct kh_assignor *self, struct kh_arena *arena,
                          const struct kh_consumer_topic *assigned, size_t topic_count,
                          struct kh_bytes user_data, int32_t generation)
{
    const kohort_assignor *custom = self->arg;
    int status = 0;
    const kohort_topic_partitions *list = list_topics(arena, assigned, topic_count, &status);
    if (status == 0)
        custom->on_assignment(custom->arg, list, topic_count, user_data_of(user_data), generation);
}

struct kh_assignor kh_assignor_custom(const kohort_assignor *custom)
{
    return (struct kh_assignor){
        .name = custom->name,
        .mode = custom->cooperative ? KH_REBALANCE_COOPERATIVE : KH_REBALANCE_EAGER,
        .claims = custom->cooperative ? KH_CLAIMS_IN_SUBSCRIPTION : KH_CLAIMS_NONE,
        .assign = assign,
        .write_user_data = custom->user_data == NULL ? NULL : write_user_data,
        .on_assignment = custom->on_assignment == NULL ? NULL : on_assignment,
        .arg = (void *)(uintptr_t)custom,
    };
}
