#include "assignors/assignor.h"

#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "assignors/sticky.h"

const struct kh_assignor *kh_assignor_find(struct kh_string name)
{
    static const struct kh_assignor *const all[] = {&kh_assignor_range, &kh_assignor_roundrobin,
                                                    &kh_assignor_sticky,
                                                    &kh_assignor_cooperative_sticky};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (kh_string_equal(name, kh_string_of(all[i]->name)) ||
            kh_string_equal(name, kh_string_of(all[i]->java_name)))
            return all[i];
    return NULL;
}

typedef bool precedence(const struct kh_assignor_member *, const struct kh_assignor_member *);

static bool id_precedes(const struct kh_assignor_member *a, const struct kh_assignor_member *b)
{
    return kh_string_compare(a->id, b->id) < 0;
}

static bool precedes(const struct kh_assignor_member *a, const struct kh_assignor_member *b)
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
static void sort(const struct kh_assignor_input *input, precedence *before, uint32_t *order)
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

void kh_assignor_member_order(const struct kh_assignor_input *input, uint32_t *order)
{
    sort(input, precedes, order);
}

void kh_assignor_id_order(const struct kh_assignor_input *input, uint32_t *order)
{
    sort(input, id_precedes, order);
}
