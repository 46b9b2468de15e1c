#include "shapes.h"

#include "base/heap.h"
#include "protocol/consumer_protocol.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAIRS_MAX = 2000000 }; /* a JoinGroup that lists more is longer than a frame may be */
enum { NOBODY = -1 };

enum subscriptions {
    EQUAL,
    ONE_LESS,
    RANDOM,
    CHAIN,
    NESTED,
    STAR,
    BLOCKS,
    TREE,
    TAILS,
    SPANS,
    MODULO,
    LADDER,
    KINDS
};
enum holdings { NONE, PILED, SCRAMBLED, SHIFTED, DEALT, OLD, MIRRORED, FIRST, HOLDINGS };
enum places { NOWHERE, ANYWHERE, APART, MANY, PLACES };

static const char *const subscription_names[] = {"equal",  "one less", "random", "chain",
                                                 "nested", "star",     "blocks", "tree",
                                                 "tails",  "spans",    "modulo", "ladder"};
static const char *const holding_names[] = {"nothing held",   "piled up",         "scrambled",
                                            "shifted by one", "dealt like cards", "old claims",
                                            "mirrored",       "by the first"};
static const char *const place_names[] = {"no racks", "racks", "racks apart", "many racks"};

struct maker {
    struct kh_random random;
    struct kh_arena *arena;
    enum subscriptions subscriptions;
    enum holdings holdings;
    enum places places;
    size_t member_count, topic_count, partition_count, width, span_begin, span_end;
    struct kh_assignor_member *members;
    struct kh_assignor_topic *topics;
    bool *subscribes;     /* by member, then topic */
    size_t *first;        /* by topic: its partition 0 in one row */
    int *holder, *second; /* by partition: who says to hold it */
};

static void *need(void *memory)
{
    if (memory == NULL) {
        fprintf(stderr, "shapes: out of memory\n");
        exit(1);
    }
    return memory;
}

static size_t below(struct maker *m, size_t bound)
{
    return (size_t)kh_random_below(&m->random, bound);
}

static struct kh_string name(struct maker *m, const char *what, size_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%s%05zu", what, number);
    struct kh_string copy = kh_arena_string(m->arena, kh_string_of(text));
    need((void *)(uintptr_t)copy.data);
    return copy;
}

/* ---- topics ---- */

static void make_topics(struct maker *m, size_t partition_max)
{
    static const size_t counts[] = {1, 2, 10, 100, 500, 1000, 2000, 10000};
    m->topic_count = counts[below(m, sizeof counts / sizeof *counts)];
    while (m->topic_count > partition_max || m->topic_count * m->member_count > 10000000)
        m->topic_count /= 2;
    m->topics = need(kh_arena_alloc(m->arena, m->topic_count, sizeof *m->topics));
    m->first = need(kh_arena_alloc(m->arena, m->topic_count + 1, sizeof *m->first));
    bool skewed = below(m, 3) == 0;
    size_t left = partition_max;
    for (size_t t = 0; t < m->topic_count; t++) {
        size_t others = m->topic_count - t - 1, share = (left - others) / (others + 1);
        size_t count = skewed ? (left - others) / 2 : share;
        m->topics[t].name = name(m, "topic", t);
        m->topics[t].partition_count = count == 0 ? 1 : count;
        m->first[t] = m->partition_count;
        m->partition_count += m->topics[t].partition_count;
        left -= m->topics[t].partition_count;
    }
    m->first[m->topic_count] = m->partition_count;
}

/* ---- subscriptions ---- */

static bool wants(struct maker *m, size_t member, size_t topic)
{
    size_t topics = m->topic_count, members = m->member_count;
    size_t own = member * topics / members; /* members over the topics */
    switch (m->subscriptions) {
    case EQUAL:
        return true;
    case ONE_LESS:
        return member != members / 2 || topic != topics - 1;
    case RANDOM:
        return below(m, topics) < m->width;
    case CHAIN:
        return topic >= own && topic <= own + m->width;
    case NESTED:
        return topic <= own;
    case STAR:
        return topic == 0 || topic == own;
    case BLOCKS:
        return topic / (m->width + 1) == own / (m->width + 1) || (member % 50 == 0 && topic == 0);
    case TREE:
        for (size_t at = own;; at = (at - 1) / 2) {
            if (at == topic)
                return true;
            if (at == 0)
                return false;
        }
    case TAILS: /* all but one topic each: lists that differ late */
        return topic != topics - 1 - member % topics;
    case SPANS: /* from somewhere to somewhere */
        if (topic == 0) {
            m->span_begin = below(m, topics);
            m->span_end = m->span_begin + below(m, topics - m->span_begin) + 1;
        }
        return topic >= m->span_begin && topic < m->span_end;
    case MODULO: /* sets that cross each other everywhere */
        return topic % (member % m->width + 1) == 0;
    case LADDER: /* a chain, and one who has it all */
        return member == 0 || topic == own || topic == own + 1;
    case KINDS:
        break;
    }
    return false;
}

static size_t subscribe(struct maker *m)
{
    size_t pairs = 0;
    m->subscribes = need(kh_arena_alloc(m->arena, m->member_count * m->topic_count, 1));
    for (size_t i = 0; i < m->member_count; i++) {
        struct kh_assignor_subscription *s = &m->members[i].subscription;
        for (size_t t = 0; t < m->topic_count && pairs < PAIRS_MAX; t++) {
            bool *at = &m->subscribes[i * m->topic_count + t];
            *at = wants(m, i, t);
            pairs += *at;
            s->topic_count += *at;
        }
        s->topics = need(kh_arena_take(m->arena, s->topic_count, sizeof *s->topics));
        size_t count = 0;
        for (size_t t = 0; t < m->topic_count; t++)
            if (m->subscribes[i * m->topic_count + t])
                s->topics[count++] = m->topics[t].name;
    }
    return pairs;
}

/* ---- what is held ---- */

static int next_subscriber(const struct maker *m, size_t topic, size_t from)
{
    for (size_t i = 0; i < m->member_count; i++) {
        size_t member = (from + i) % m->member_count;
        if (m->subscribes[member * m->topic_count + topic])
            return (int)member;
    }
    return NOBODY;
}

static size_t wanted_holder(struct maker *m, size_t partition)
{
    switch (m->holdings) {
    case PILED:
        return 0;
    case SHIFTED:
        return (partition * m->member_count / m->partition_count + 1) % m->member_count;
    case DEALT:
        return partition % m->member_count;
    case MIRRORED:
        return m->member_count - 1 - partition * m->member_count / m->partition_count;
    case FIRST: /* of each topic's subscribers, a few */
        return partition % 7;
    case SCRAMBLED:
    case OLD:
    case NONE:
    case HOLDINGS:
        break;
    }
    return below(m, m->member_count);
}

static void hold(struct maker *m)
{
    m->holder = need(kh_arena_alloc(m->arena, m->partition_count, sizeof *m->holder));
    m->second = need(kh_arena_alloc(m->arena, m->partition_count, sizeof *m->second));
    for (size_t t = 0; t < m->topic_count; t++)
        for (size_t p = m->first[t]; p < m->first[t + 1]; p++) {
            m->holder[p] = m->second[p] = NOBODY;
            if (m->holdings != NONE)
                m->holder[p] = next_subscriber(m, t, wanted_holder(m, p));
            if (m->holdings == OLD && below(m, 3) == 0)
                m->second[p] = (int)below(m, m->member_count);
        }
}

static struct kh_bytes keep(struct maker *m, const struct kh_writer *w)
{
    uint8_t *copy = need(kh_arena_take(m->arena, w->size, 1));
    memcpy(copy, w->data, w->size);
    return (struct kh_bytes){copy, (int32_t)w->size};
}

struct held_list {
    struct kh_consumer_topic *topics;
    size_t count;
};

static void add_held(struct held_list *list, struct maker *m, size_t t, size_t p)
{
    struct kh_consumer_topic *topic = list->count == 0 ? NULL : &list->topics[list->count - 1];
    if (topic == NULL || topic->topic.data != m->topics[t].name.data) {
        topic = &list->topics[list->count++];
        topic->topic = m->topics[t].name;
        topic->partition_count = 0;
        topic->partitions =
            need(kh_arena_take(m->arena, m->first[t + 1] - m->first[t], sizeof *topic->partitions));
    }
    topic->partitions[topic->partition_count++] = (int32_t)(p - m->first[t]);
}

static void write_holdings(struct maker *m, struct kh_heap *heap)
{
    struct held_list *lists = need(kh_arena_alloc(m->arena, m->member_count, sizeof *lists));
    size_t *counts = need(kh_arena_alloc(m->arena, m->member_count, sizeof *counts));
    for (size_t p = 0; p < m->partition_count; p++) {
        if (m->holder[p] != NOBODY)
            counts[m->holder[p]]++;
        if (m->second[p] != NOBODY)
            counts[m->second[p]]++;
    }
    for (size_t i = 0; i < m->member_count; i++)
        lists[i].topics = need(kh_arena_take(m->arena, counts[i], sizeof *lists[i].topics));
    for (size_t t = 0; t < m->topic_count; t++)
        for (size_t p = m->first[t]; p < m->first[t + 1]; p++) {
            if (m->holder[p] != NOBODY)
                add_held(&lists[m->holder[p]], m, t, p);
            if (m->second[p] != NOBODY)
                add_held(&lists[m->second[p]], m, t, p);
        }
    for (size_t i = 0; i < m->member_count; i++) {
        struct kh_assignor_subscription *s = &m->members[i].subscription;
        struct kh_writer w;
        s->generation = m->holdings == OLD ? (int32_t)below(m, 5) : 7;
        kh_writer_init(&w, heap);
        kh_consumer_topics_write(&w, lists[i].topics, lists[i].count);
        s->owned = keep(m, &w);
        kh_write_i32(&w, s->generation);
        s->user_data = keep(m, &w);
        kh_writer_free(&w);
    }
}

/* ---- racks ---- */

static void place(struct maker *m)
{
    size_t racks = m->places == MANY ? 200 : m->places == APART ? 4 : 2 + below(m, 8);
    struct kh_string *names = need(kh_arena_take(m->arena, racks, sizeof *names));
    for (size_t r = 0; r < racks; r++)
        names[r] = name(m, "rack", r);
    for (size_t i = 0; i < m->member_count; i++)
        m->members[i].subscription.rack =
            names[m->places == APART ? (i < m->member_count / 100 ? 1 : 0) : below(m, racks)];
    size_t replicas = m->places == APART ? 1 : 1 + below(m, 3);
    for (size_t t = 0; t < m->topic_count; t++) {
        size_t count = m->topics[t].partition_count;
        const struct kh_string **lists = need(kh_arena_take(m->arena, count, sizeof *lists));
        size_t *counts = need(kh_arena_take(m->arena, count, sizeof *counts));
        for (size_t p = 0; p < count; p++) {
            struct kh_string *list = need(kh_arena_take(m->arena, replicas, sizeof *list));
            for (size_t r = 0; r < replicas; r++)
                list[r] = names[m->places == APART ? 1 + below(m, racks - 1) : below(m, racks)];
            lists[p] = list;
            counts[p] = replicas;
        }
        m->topics[t].racks = lists;
        m->topics[t].rack_counts = counts;
    }
}

void shape_make(struct shape *shape, struct kh_arena *arena, uint64_t seed, size_t member_max,
                size_t partition_max)
{
    struct maker m = {.arena = arena};
    kh_random_seed(&m.random, seed);
    m.subscriptions = (enum subscriptions)below(&m, KINDS);
    m.holdings = (enum holdings)below(&m, HOLDINGS);
    m.places = below(&m, 2) == 0 ? NOWHERE : (enum places)below(&m, PLACES);
    m.member_count = below(&m, 3) == 0 ? 20 + below(&m, member_max - 20) : member_max;
    m.width = (size_t)1 << below(&m, 10);
    make_topics(&m, partition_max);
    m.members = need(kh_arena_alloc(arena, m.member_count, sizeof *m.members));
    for (size_t i = 0; i < m.member_count; i++)
        m.members[i].id = name(&m, "member", i);
    shape->pair_count = subscribe(&m);
    hold(&m);
    write_holdings(&m, arena->heap);
    if (m.places != NOWHERE)
        place(&m);
    shape->input = (struct kh_assignor_input){m.members, m.member_count, m.topics, m.topic_count};
    snprintf(shape->text, sizeof shape->text,
             "%s (width %zu), %s, %s; %zu members, %zu topics, %zu partitions",
             subscription_names[m.subscriptions], m.width, holding_names[m.holdings],
             place_names[m.places], m.member_count, m.topic_count, m.partition_count);
}
