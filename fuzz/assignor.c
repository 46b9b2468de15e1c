/* A leader's whole way with members that send anything: their bytes are read, the assignor runs,
 * the layout is encoded; then it is judged. An input is
 *
 *   which assignor, then a byte for each of the TOPICS: how many partitions; then members:
 *   what it subscribes to (a bit a topic), its rack, its generation, how many claims, those claims
 *   (a byte for the topic, one for the partition); with the highest bit of `how many claims` its
 *   user data is instead so many bytes as they come, with the next one all that it sends.
 */
#include "assignors/range.h"
#include "assignors/roundrobin.h"
#include "assignors/sticky.h"
#include "coordinator/assign.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TOPICS = 8, MEMBERS = 24, CLAIMS = 63, PARTITIONS = 64, RACKS = 4, NOBODY = -1 };

struct member {
    uint8_t topics;
    bool raw;                /* what it sends is not of our making */
    uint64_t claims[TOPICS]; /* bits: partitions it says to hold */
    struct kh_writer metadata;
    char id[8];
};

struct fuzz {
    const uint8_t *at, *end;
    struct kh_heap heap;
    struct kh_arena arena;
    const struct kh_assignor *assignor;
    struct kh_assignor_topic topics[TOPICS];
    struct member members[MEMBERS];
    size_t member_count;
    int owners[TOPICS][PARTITIONS];
};

static const struct kh_string names[TOPICS] = {{"t0", 2}, {"t1", 2}, {"t2", 2}, {"t3", 2},
                                               {"t4", 2}, {"t5", 2}, {"t6", 2}, {"t7", 2}};
static const struct kh_string racks[RACKS] = {{"", 0}, {"r1", 2}, {"r2", 2}, {"r3", 2}};

static uint8_t next(struct fuzz *f)
{
    return f->at == f->end ? 0 : *f->at++;
}

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* ---- what the members send ---- */

static void make_topics(struct fuzz *f)
{
    static const struct kh_string *lists[PARTITIONS];
    static size_t counts[PARTITIONS];
    for (size_t p = 0; p < PARTITIONS; p++) {
        lists[p] = &racks[1 + p % (RACKS - 1)];
        counts[p] = p % 3 == 0 && p % 2 == 0 ? 2 : 1; /* the next one too */
    }
    for (size_t t = 0; t < TOPICS; t++) {
        uint8_t size = next(f);
        f->topics[t].name = names[t];
        f->topics[t].partition_count = size % PARTITIONS;
        f->topics[t].racks = size >= 128 ? lists : NULL;
        f->topics[t].rack_counts = counts;
    }
}

static struct kh_bytes take_bytes(struct fuzz *f, size_t most)
{
    size_t left = (size_t)(f->end - f->at), size = most < left ? most : left;
    struct kh_bytes bytes = {f->at, (int32_t)size};
    f->at += size;
    return bytes;
}

static void claim(struct fuzz *f, struct member *m, struct kh_consumer_topic *owned,
                  int32_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t topic = next(f) % TOPICS, partition = next(f) % PARTITIONS;
        numbers[i] = partition;
        owned[i] = (struct kh_consumer_topic){names[topic], &numbers[i], 1};
        m->claims[topic] |= (uint64_t)1 << partition;
    }
}

static void make_member(struct fuzz *f, struct member *m)
{
    struct kh_string topics[TOPICS];
    struct kh_consumer_topic owned[CLAIMS];
    int32_t numbers[CLAIMS];
    struct kh_consumer_subscription s = {.topics = topics, .owned = owned};
    struct kh_writer user_data;
    m->topics = next(f);
    s.rack = racks[next(f) % RACKS];
    s.generation = (int8_t)next(f);
    uint8_t how = next(f);
    s.owned_count = how % (CLAIMS + 1);
    for (size_t t = 0; t < TOPICS; t++)
        if ((m->topics >> t & 1) != 0)
            topics[s.topic_count++] = names[t];
    kh_writer_init(&m->metadata, &f->heap);
    kh_writer_init(&user_data, &f->heap);
    m->raw = how >= 128;
    if (how >= 192) {
        struct kh_bytes bytes = take_bytes(f, how % 64u * 4);
        kh_write_raw(&m->metadata, bytes.data, (size_t)bytes.size);
        return;
    }
    if (m->raw) {
        s.user_data = take_bytes(f, s.owned_count);
        s.owned_count = 0;
    } else {
        claim(f, m, owned, numbers, s.owned_count);
        if (f->assignor == &kh_assignor_sticky)
            kh_consumer_topics_write(&user_data, owned, s.owned_count);
        kh_write_i32(&user_data, s.generation);
        s.user_data = (struct kh_bytes){user_data.data, (int32_t)user_data.size};
    }
    kh_consumer_subscription_encode(&m->metadata, KH_CONSUMER_PROTOCOL_NEWEST, &s);
    kh_writer_free(&user_data);
}

/* ---- the layout ---- */

static void take_assignment(struct fuzz *f, size_t member, struct kh_bytes bytes)
{
    struct kh_reader r;
    struct kh_consumer_assignment assignment;
    kh_reader_init(&r, bytes.data, (size_t)bytes.size, false, &f->arena);
    kh_consumer_assignment_decode(&r, &assignment);
    expect(kh_read_end(&r));
    for (size_t i = 0; i < assignment.topic_count; i++) {
        const struct kh_consumer_topic *topic = &assignment.topics[i];
        expect(topic->topic.size == 2);
        size_t t = (size_t)(topic->topic.data[1] - '0');
        expect(t < TOPICS);
        for (size_t p = 0; p < topic->partition_count; p++) {
            int32_t partition = topic->partitions[p];
            expect(partition >= 0 && (size_t)partition < f->topics[t].partition_count);
            expect(f->owners[t][partition] == NOBODY);
            f->owners[t][partition] = (int)member;
        }
    }
}

/* In this order: by place, a member. False: refused, for what a member sent. */
static bool run(struct fuzz *f, const size_t *order)
{
    struct kh_join_group_response_member joined[MEMBERS] = {0};
    struct kh_assignor_topic topics[TOPICS];
    struct kh_assign_group group;
    struct kh_sync_group_layout layout;
    kohort_error error;
    size_t topic_count = 0;
    bool raw = false;
    for (size_t i = 0; i < f->member_count; i++) {
        const struct member *m = &f->members[order[i]];
        raw = raw || m->raw;
        joined[i].member_id = kh_string_of(m->id);
        joined[i].metadata = (struct kh_bytes){m->metadata.data, (int32_t)m->metadata.size};
    }
    for (size_t t = 0; t < TOPICS; t++)
        if (f->topics[t].partition_count > 0)
            topics[topic_count++] = f->topics[t];
    int status = kh_assign_read(&f->arena, joined, f->member_count, 7, &group, &error);
    expect(status == 0 || (raw && status == KOHORT_EASSIGNOR));
    if (status != 0)
        return false;
    expect(kh_assign_run(f->assignor, &f->arena, &group, topics, topic_count, &layout, &error) ==
           0);
    memset(f->owners, 0xff, sizeof f->owners);
    for (size_t i = 0; i < f->member_count; i++)
        take_assignment(f, order[i], layout.assignments[i].assignment);
    return true;
}

/* Only where we know what the members said. */
static void judge(const struct fuzz *f)
{
    bool cooperative = f->assignor == &kh_assignor_cooperative_sticky;
    for (size_t t = 0; t < TOPICS; t++)
        for (size_t p = 0; p < f->topics[t].partition_count; p++) {
            int owner = f->owners[t][p];
            bool wanted = false, claimed = false;
            for (size_t m = 0; m < f->member_count; m++) {
                bool claims = (f->members[m].claims[t] >> p & 1) != 0;
                wanted = wanted || (f->members[m].topics >> t & 1) != 0;
                claimed = claimed || claims;
            }
            expect(owner == NOBODY || (f->members[owner].topics >> t & 1) != 0);
            expect(owner != NOBODY || !wanted || (cooperative && claimed));
            /* KIP-429: not before it was let go. */
            expect(!cooperative || owner == NOBODY || !claimed ||
                   (f->members[owner].claims[t] >> p & 1) != 0);
        }
}

static void run_and_judge(struct fuzz *f)
{
    size_t order[MEMBERS];
    int owners[TOPICS][PARTITIONS];
    bool raw = false;
    for (size_t i = 0; i < f->member_count; i++) {
        order[i] = i;
        raw = raw || f->members[i].raw;
    }
    if (!run(f, order))
        return;
    if (!raw)
        judge(f);
    memcpy(owners, f->owners, sizeof owners);
    for (size_t i = 0; i < f->member_count; i++)
        order[i] = (i * 7 + 3) % f->member_count;
    for (size_t i = 0; f->member_count % 7 == 0 && i < f->member_count; i++)
        order[i] = f->member_count - 1 - i;
    expect(run(f, order));
    expect(memcmp(owners, f->owners, sizeof owners) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kh_assignor *const assignors[] = {
        &kh_assignor_range, &kh_assignor_roundrobin, &kh_assignor_sticky,
        &kh_assignor_cooperative_sticky};
    static struct fuzz f;
    memset(&f, 0, sizeof f);
    f.at = data;
    f.end = data + size;
    kh_heap_init(&f.heap);
    kh_arena_init(&f.arena, &f.heap, SIZE_MAX);
    f.assignor = assignors[next(&f) % 4];
    make_topics(&f);
    while (f.at < f.end && f.member_count < MEMBERS) {
        struct member *m = &f.members[f.member_count];
        snprintf(m->id, sizeof m->id, "m%02u", (unsigned)(f.member_count++ * 5 % MEMBERS));
        make_member(&f, m);
    }
    run_and_judge(&f);
    kh_arena_free(&f.arena);
    for (size_t m = 0; m < f.member_count; m++)
        kh_writer_free(&f.members[m].metadata);
    expect(f.heap.outstanding == 0);
    return 0;
}
