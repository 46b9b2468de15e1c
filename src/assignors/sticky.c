#include "assignors/sticky.h"

#include "assignors/sticky_internal.h"
#include "base/status.h"

/* Partitions in one row. What this cannot count no arena holds either. */
static int number_partitions(struct kh_sticky *s)
{
    uint64_t count = 0;
    for (size_t t = 0; t < s->input->topic_count; t++) {
        s->first[t] = (uint32_t)count;
        count += s->input->topics[t].partition_count;
        if (count >= KH_DISPUTED)
            return KOHORT_ENOMEM;
    }
    s->first[s->input->topic_count] = s->partition_count = (uint32_t)count;
    s->claims = kh_arena_alloc(s->arena, count, sizeof *s->claims);
    s->owners = kh_arena_alloc(s->arena, count, sizeof *s->owners);
    if (s->claims == NULL || s->owners == NULL)
        return KOHORT_ENOMEM;
    memset(s->claims, 0xff, count * sizeof *s->claims);
    memset(s->owners, 0xff, count * sizeof *s->owners);
    return 0;
}

/* From here on there are numbers instead of names. */
static int intern(struct kh_sticky *s, kh_sticky_reader *reader)
{
    s->order = kh_arena_alloc(s->arena, s->input->member_count, sizeof *s->order);
    s->loads = kh_arena_alloc(s->arena, s->input->member_count, sizeof *s->loads);
    s->first = kh_arena_alloc(s->arena, s->input->topic_count + 1, sizeof *s->first);
    if (s->order == NULL || s->loads == NULL || s->first == NULL || number_partitions(s) != 0)
        return KOHORT_ENOMEM;
    kh_assignor_id_order(s->input, s->order);
    struct kh_topic_names names;
    int status = kh_topic_names_init(&names, s->input, s->arena);
    if (status == 0)
        status = kh_interests_init(&s->interests, s->input, s->order, &names, s->arena);
    if (status == 0)
        status = kh_sticky_weigh_claims(s, &names, reader);
    kh_topic_names_free(&names);
    return status;
}

static bool subscriptions_are_equal(const struct kh_sticky *s)
{
    uint32_t members = 0;
    for (size_t rank = 0; rank < s->input->member_count; rank++)
        members += s->interests.member_first[rank] < s->interests.member_first[rank + 1];
    for (size_t t = 0; t < s->input->topic_count; t++)
        if (kh_sticky_subscribers(s, t) != 0 && kh_sticky_subscribers(s, t) != members)
            return false;
    return true;
}

/* KIP-429: nobody is given what another one has not let go of. Equal claims of two are no exception
 * for either of them. */
static void withhold(struct kh_sticky *s)
{
    for (uint32_t p = 0; p < s->partition_count; p++) {
        if (s->owners[p] == KH_NONE || s->claims[p] == KH_NONE || s->claims[p] == s->owners[p])
            continue;
        s->loads[s->owners[p]]--;
        s->owners[p] = KH_NONE;
    }
}

static int collect(const struct kh_sticky *s, struct kh_assignor_result *results)
{
    for (size_t rank = 0; rank < s->input->member_count; rank++) {
        struct kh_assignor_result *result = &results[s->order[rank]];
        *result = (struct kh_assignor_result){
            kh_arena_alloc(s->arena, s->loads[rank], sizeof *result->partitions), 0};
        if (result->partitions == NULL)
            return KOHORT_ENOMEM;
    }
    for (uint32_t t = 0; t < s->input->topic_count; t++)
        for (uint32_t p = s->first[t]; p < s->first[t + 1]; p++) {
            if (s->owners[p] == KH_NONE)
                continue;
            struct kh_assignor_result *result = &results[s->order[s->owners[p]]];
            result->partitions[result->count++] =
                (struct kh_assignor_partition){t, (int32_t)(p - s->first[t])};
        }
    return 0;
}

static int assign(const struct kh_assignor_input *input, struct kh_arena *arena,
                  struct kh_assignor_result *results, kh_sticky_reader *reader, bool cooperative)
{
    struct kh_sticky s = {.input = input, .arena = arena};
    int status = intern(&s, reader);
    if (status == 0)
        status = subscriptions_are_equal(&s) ? kh_sticky_share_equally(&s) : kh_sticky_share(&s);
    if (status != 0)
        return status;
    if (cooperative)
        withhold(&s);
    return collect(&s, results);
}

static int sticky_assign(const struct kh_assignor_input *input, struct kh_arena *arena,
                         struct kh_assignor_result *results)
{
    return assign(input, arena, results, kh_sticky_read_user_data, false);
}

static int cooperative_assign(const struct kh_assignor_input *input, struct kh_arena *arena,
                              struct kh_assignor_result *results)
{
    return assign(input, arena, results, kh_sticky_read_owned, true);
}

/* StickyAssignor.java, v1 of its user data. Before the first assignment there is none. */
static void sticky_write_user_data(struct kh_writer *w, const struct kh_consumer_topic *assigned,
                                   size_t topic_count, int32_t generation)
{
    if (generation < 0)
        return;
    kh_write_array(w, topic_count);
    for (size_t i = 0; i < topic_count; i++) {
        kh_write_string(w, assigned[i].topic);
        kh_write_i32_array(w, assigned[i].partitions, assigned[i].partition_count);
    }
    kh_write_i32(w, generation);
}

/* CooperativeStickyAssignor.java: always there, for readers of subscriptions before v2. */
static void cooperative_write_user_data(struct kh_writer *w,
                                        const struct kh_consumer_topic *assigned,
                                        size_t topic_count, int32_t generation)
{
    (void)assigned;
    (void)topic_count;
    kh_write_i32(w, generation);
}

const struct kh_assignor kh_assignor_sticky = {
    .name = "sticky",
    .java_name = "org.apache.kafka.clients.consumer.StickyAssignor",
    .mode = KH_REBALANCE_EAGER,
    .assign = sticky_assign,
    .write_user_data = sticky_write_user_data,
};

const struct kh_assignor kh_assignor_cooperative_sticky = {
    .name = "cooperative-sticky",
    .java_name = "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    .mode = KH_REBALANCE_COOPERATIVE,
    .assign = cooperative_assign,
    .write_user_data = cooperative_write_user_data,
};
