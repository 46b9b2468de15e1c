#include "assignors/intern.h"

#include "base/status.h"

#include <stdlib.h>

/* ---- the order of members ---- */

typedef bool precedence(const struct kh_assignor_member *, const struct kh_assignor_member *);

static bool id_precedes(const struct kh_assignor_member *a, const struct kh_assignor_member *b)
{
    return kh_string_compare(a->id, b->id) < 0;
}

static bool static_precedes(const struct kh_assignor_member *a, const struct kh_assignor_member *b)
{
    bool a_static = a->instance_id.data != NULL, b_static = b->instance_id.data != NULL;
    if (a_static != b_static)
        return a_static;
    int order = a_static ? kh_string_compare(a->instance_id, b->instance_id) : 0;
    /* Two members with one instance id cannot be in a group; the member id makes the order total
     * all the same. */
    return order != 0 ? order < 0 : kh_string_compare(a->id, b->id) < 0;
}

static void sift_down(const struct kh_assignor_input *input, precedence *before, uint32_t *order,
                      size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count &&
            before(&input->members[order[child]], &input->members[order[child + 1]]))
            child++;
        if (!before(&input->members[order[at]], &input->members[order[child]]))
            return;
        uint32_t moved = order[at];
        order[at] = order[child];
        order[child] = moved;
    }
}

/* A heap sort: qsort hands its comparison no context, and the order is needed as indices. */
static void sort_members(const struct kh_assignor_input *input, precedence *before, uint32_t *order)
{
    size_t count = input->member_count;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(input, before, order, i, count);
    for (size_t end = count; end-- > 1;) {
        uint32_t last = order[end];
        order[end] = order[0];
        order[0] = last;
        sift_down(input, before, order, 0, end);
    }
}

/* ---- partitions in one row ---- */

static int number_partitions(struct kh_interned *group, const struct kh_assignor_input *input)
{
    uint64_t count = 0;
    for (size_t t = 0; t < input->topic_count; t++) {
        group->first[t] = (uint32_t)count;
        count += input->topics[t].partition_count;
        if (count >= KH_DISPUTED) /* no arena holds that many either */
            return KOHORT_ENOMEM;
    }
    group->first[input->topic_count] = group->partition_count = (uint32_t)count;
    return 0;
}

/* ---- subscriptions ---- */

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static bool is_same_set(const struct kh_topic_set *a, const struct kh_topic_set *b)
{
    return a->count == b->count &&
           (a == b || memcmp(a->topics, b->topics, a->count * sizeof *a->topics) == 0);
}

struct set_builder {
    struct kh_arena *arena;
    struct kh_topic_names *names;
    uint32_t *scratch; /* as many as there are topics */
    bool *seen;        /* by topic */
};

/* The topics of one list into scratch. */
static uint32_t number_topics(struct set_builder *b, const struct kh_assignor_subscription *s)
{
    uint32_t count = 0;
    bool rising = true;
    for (size_t i = 0; i < s->topic_count; i++) {
        uint32_t topic = kh_topic_names_find(b->names, s->topics[i]);
        if (topic == KH_NO_TOPIC || b->seen[topic])
            continue;
        b->seen[topic] = true;
        rising = rising && (count == 0 || topic > b->scratch[count - 1]);
        b->scratch[count++] = topic;
    }
    for (uint32_t i = 0; i < count; i++)
        b->seen[b->scratch[i]] = false;
    if (!rising)
        qsort(b->scratch, count, sizeof *b->scratch, compare_numbers);
    return count;
}

/* `last` again when the list says the same. */
static const struct kh_topic_set *make_set(struct set_builder *b,
                                           const struct kh_assignor_subscription *s,
                                           const struct kh_topic_set *last)
{
    const struct kh_topic_set found = {b->scratch, number_topics(b, s)};
    if (last != NULL && is_same_set(&found, last))
        return last;
    struct kh_topic_set *set = kh_arena_alloc(b->arena, 1, sizeof *set);
    uint32_t *topics = kh_arena_take(b->arena, found.count, sizeof *topics);
    if (set == NULL || topics == NULL)
        return NULL;
    if (found.count > 0)
        memcpy(topics, b->scratch, found.count * sizeof *topics);
    *set = (struct kh_topic_set){topics, found.count};
    return set;
}

/* The same list, not only an equal one, is not read again. */
static int intern_sets(struct kh_interned *group, const struct kh_assignor_input *input,
                       struct set_builder *b)
{
    const struct kh_assignor_subscription *previous = NULL;
    const struct kh_topic_set *set = NULL;
    group->equal = true;
    for (uint32_t rank = 0; rank < group->member_count; rank++) {
        const struct kh_assignor_subscription *s = &input->members[group->order[rank]].subscription;
        if (previous == NULL || previous->topics != s->topics ||
            previous->topic_count != s->topic_count)
            set = make_set(b, s, set);
        if (set == NULL)
            return KOHORT_ENOMEM;
        previous = s;
        group->sets[rank] = set;
        if (set->count == 0)
            continue;
        if (group->everything == NULL)
            group->everything = set;
        else if (!is_same_set(group->everything, set))
            group->equal = false;
    }
    return 0;
}

static int intern_names(struct kh_interned *group, const struct kh_assignor *assignor,
                        const struct kh_assignor_input *input, struct kh_arena *arena)
{
    struct kh_topic_names names;
    struct set_builder b = {.arena = arena,
                            .names = &names,
                            .scratch = kh_arena_take(arena, input->topic_count, sizeof *b.scratch),
                            .seen = kh_arena_alloc(arena, input->topic_count, sizeof *b.seen)};
    int status = kh_topic_names_init(&names, input, arena);
    if (status == 0)
        status =
            b.scratch == NULL || b.seen == NULL ? KOHORT_ENOMEM : intern_sets(group, input, &b);
    if (status == 0 && assignor->claims != KH_CLAIMS_NONE)
        status = kh_intern_claims(group, assignor, input, &names, arena);
    kh_topic_names_free(&names);
    return status;
}

int kh_intern(const struct kh_assignor *assignor, const struct kh_assignor_input *input,
              struct kh_arena *arena, struct kh_interned *ret)
{
    struct kh_interned group = {
        .member_count = (uint32_t)input->member_count,
        .topic_count = (uint32_t)input->topic_count,
        .cooperative = assignor->mode == KH_REBALANCE_COOPERATIVE,
        .order = kh_arena_take(arena, input->member_count, sizeof *group.order),
        .first = kh_arena_take(arena, input->topic_count + 1, sizeof *group.first),
        .sets = kh_arena_alloc(arena, input->member_count, sizeof *group.sets),
    };
    if (group.order == NULL || group.first == NULL || group.sets == NULL ||
        number_partitions(&group, input) != 0)
        return KOHORT_ENOMEM;
    sort_members(input, assignor->order == KH_ORDER_BY_ID ? id_precedes : static_precedes,
                 group.order);
    int status = intern_names(&group, assignor, input, arena);
    if (status == 0)
        status = kh_intern_racks(&group, input, arena);
    *ret = group;
    return status;
}
