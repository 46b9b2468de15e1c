/* KIP-881 for the sticky assignors. Evenness and what is kept come first; here the rest changes
 * hands, one for one. */
#include "assignors/sticky_internal.h"

#include "base/status.h"

/* What bounds the work: tries of one partition in one rack, and of all together. */
enum { ROUNDS = 4, TRIES = 256, TRIES_MAX = 200000 };

/* Partitions that nobody keeps, by the rack of who has them; a last rack for members that do not
 * say where they are. */
struct exchange {
    struct kh_sticky *s;
    uint32_t *begins;  /* by rack: its first place in partitions; one more ends them */
    uint32_t *cursors; /* by rack: where to look next */
    uint32_t *partitions;
    uint32_t *topics; /* by place: of the partition there */
    uint32_t tries;
};

static uint32_t rack_of(const struct exchange *x, uint32_t rank)
{
    uint32_t rack = x->s->group->member_racks[rank];
    return rack == KH_NONE ? x->s->group->rack_count : rack;
}

static bool subscribes(const struct exchange *x, uint32_t rank, uint32_t topic)
{
    /* It has something: with equal subscriptions it subscribes to everything. */
    return x->s->group->equal || kh_interned_wants(x->s->group, rank, topic);
}

static bool is_free(const struct kh_sticky *s, uint32_t p)
{
    return s->owners[p] != KH_NONE && s->owners[p] != kh_sticky_holder(s, p);
}

/* A counting sort. */
static void list_partitions(struct exchange *x)
{
    const struct kh_interned *group = x->s->group;
    for (uint32_t p = 0; p < group->partition_count; p++)
        if (is_free(x->s, p))
            x->begins[rack_of(x, x->s->owners[p]) + 1]++;
    for (uint32_t rack = 0; rack <= group->rack_count; rack++) {
        x->begins[rack + 1] += x->begins[rack];
        x->cursors[rack] = x->begins[rack];
    }
    for (uint32_t t = 0; t < group->topic_count; t++)
        for (uint32_t p = group->first[t]; p < group->first[t + 1]; p++)
            if (is_free(x->s, p)) {
                uint32_t place = x->cursors[rack_of(x, x->s->owners[p])]++;
                x->partitions[place] = p;
                x->topics[place] = t;
            }
    for (uint32_t rack = 0; rack <= group->rack_count; rack++)
        x->cursors[rack] = x->begins[rack];
}

/* Whether those two can change owners, and the one at `to` is no farther from its own for it. */
static bool fits(const struct exchange *x, uint32_t from, uint32_t to)
{
    const struct kh_interned *group = x->s->group;
    uint32_t p = x->partitions[from], q = x->partitions[to];
    uint32_t a = x->s->owners[p], b = x->s->owners[q];
    return (kh_interned_near(group, a, q) || !kh_interned_near(group, b, q)) &&
           subscribes(x, a, x->topics[to]) && subscribes(x, b, x->topics[from]);
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;
    *a = *b;
    *b = kept;
}

static void exchange(struct exchange *x, uint32_t from, uint32_t to)
{
    swap(&x->s->owners[x->partitions[from]], &x->s->owners[x->partitions[to]]);
    swap(&x->partitions[from], &x->partitions[to]);
    swap(&x->topics[from], &x->topics[to]);
}

/* Somebody in this rack takes the partition, and gives another for it. */
static bool exchange_with(struct exchange *x, uint32_t from, uint32_t rack)
{
    uint32_t begin = x->begins[rack], count = x->begins[rack + 1] - begin;
    for (uint32_t i = 0; i < count && i < TRIES && x->tries < TRIES_MAX; i++, x->tries++) {
        uint32_t to = x->cursors[rack];
        x->cursors[rack] = to + 1 == begin + count ? begin : to + 1;
        if (!fits(x, from, to))
            continue;
        exchange(x, from, to);
        return true;
    }
    return false;
}

static bool bring_near(struct exchange *x, uint32_t from)
{
    const struct kh_interned *group = x->s->group;
    uint32_t p = x->partitions[from];
    if (kh_interned_near(group, x->s->owners[p], p))
        return false;
    for (uint32_t i = group->rack_first[p]; i < group->rack_first[p + 1]; i++)
        if (exchange_with(x, from, group->racks[i]))
            return true;
    return exchange_with(x, from, group->rack_count);
}

/* What was far from its holder goes back to it where nobody is farther for that. */
static void bring_home(struct exchange *x, uint32_t from)
{
    const struct kh_interned *group = x->s->group;
    uint32_t p = x->partitions[from], home = group->claims[p], owner = x->s->owners[p];
    if ((home & KH_DISPUTED) != 0 || home == owner || !subscribes(x, home, x->topics[from]))
        return;
    uint32_t rack = rack_of(x, home);
    for (uint32_t to = x->begins[rack], end = x->begins[rack + 1], i = 0;
         to < end && i < TRIES && x->tries < TRIES_MAX; to++, i++, x->tries++) {
        uint32_t q = x->partitions[to];
        if (x->s->owners[q] != home || group->claims[q] == home ||
            !subscribes(x, owner, x->topics[to]) ||
            kh_interned_near(group, home, p) + kh_interned_near(group, owner, q) <
                kh_interned_near(group, owner, p) + kh_interned_near(group, home, q))
            continue;
        exchange(x, from, to);
        return;
    }
}

int kh_sticky_bring_near(struct kh_sticky *s)
{
    size_t count = s->group->partition_count, racks = s->group->rack_count;
    struct exchange x = {
        .s = s,
        .begins = kh_arena_alloc(s->arena, racks + 2, sizeof *x.begins),
        .cursors = kh_arena_take(s->arena, racks + 1, sizeof *x.cursors),
        .partitions = kh_arena_take(s->arena, count, sizeof *x.partitions),
        .topics = kh_arena_take(s->arena, count, sizeof *x.topics),
    };
    if (x.begins == NULL || x.cursors == NULL || x.partitions == NULL || x.topics == NULL)
        return KOHORT_ENOMEM;
    list_partitions(&x);
    bool more = true;
    for (int round = 0; more && round < ROUNDS; round++) {
        more = false;
        for (uint32_t place = 0; place < x.begins[racks + 1]; place++)
            more |= bring_near(&x, place);
    }
    for (uint32_t place = 0; place < x.begins[racks + 1]; place++)
        bring_home(&x, place);
    return 0;
}
