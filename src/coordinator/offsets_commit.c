#include "coordinator/offsets.h"

#include "base/limits.h"

#include <stdlib.h>

struct kh_offset_commit {
    struct kh_heap *heap;
    struct kh_arena arena;
    struct kh_offset_commit_request request;
    struct kh_offset_to_commit *results; /* by topic, then partition */
    size_t count;
};

/* ---- the request ---- */

static int compare_offsets(const void *a, const void *b)
{
    const struct kh_offset_to_commit *left = a, *right = b;
    int order = kh_string_compare(left->topic, right->topic);
    if (order != 0)
        return order;
    return (left->partition > right->partition) - (left->partition < right->partition);
}

static int copy_text(struct kh_arena *arena, struct kh_string *text)
{
    if (text->data == NULL)
        return 0;
    *text = kh_arena_string(arena, *text);
    return text->data == NULL ? KOHORT_ENOMEM : 0;
}

static int copy_offsets(struct kh_offset_commit *c, const struct kh_offset_to_commit *offsets,
                        size_t count)
{
    c->results = kh_arena_alloc(&c->arena, count, sizeof *c->results);
    if (c->results == NULL)
        return KOHORT_ENOMEM;
    c->count = count;
    for (size_t i = 0; i < count; i++) {
        c->results[i] = offsets[i];
        c->results[i].verdict = KH_VERDICT_RETRY;
        c->results[i].error_code = KH_KAFKA_NONE;
    }
    if (count > 1)
        qsort(c->results, count, sizeof *c->results, compare_offsets);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && kh_string_equal(c->results[i].topic, c->results[i - 1].topic))
            c->results[i].topic = c->results[i - 1].topic;
        else if (copy_text(&c->arena, &c->results[i].topic) != 0)
            return KOHORT_ENOMEM;
        if (copy_text(&c->arena, &c->results[i].metadata) != 0)
            return KOHORT_ENOMEM;
    }
    return 0;
}

static int build_topics(struct kh_offset_commit *c)
{
    struct kh_offset_commit_request_topic *topics =
        kh_arena_alloc(&c->arena, c->count, sizeof *topics);
    struct kh_offset_commit_request_partition *partitions =
        kh_arena_alloc(&c->arena, c->count, sizeof *partitions);
    if (topics == NULL || partitions == NULL)
        return KOHORT_ENOMEM;
    size_t topic_count = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct kh_offset_to_commit *offset = &c->results[i];
        if (i == 0 || offset->topic.data != c->results[i - 1].topic.data) {
            topics[topic_count].name = offset->topic;
            topics[topic_count++].partitions = &partitions[i];
        }
        partitions[i] = (struct kh_offset_commit_request_partition){
            .partition_index = offset->partition,
            .committed_offset = offset->offset,
            .committed_leader_epoch = offset->leader_epoch,
            .committed_metadata = offset->metadata,
        };
        topics[topic_count - 1].partition_count++;
    }
    c->request.topics = topics;
    c->request.topic_count = topic_count;
    return 0;
}

static int build(struct kh_offset_commit *c, const struct kh_offset_committer *committer,
                 const struct kh_offset_to_commit *offsets, size_t count)
{
    c->request = KH_OFFSET_COMMIT_REQUEST_DEFAULTS;
    c->request.group_id = committer->group_id;
    c->request.member_id = committer->member_id;
    c->request.group_instance_id = committer->group_instance_id;
    c->request.generation_id_or_member_epoch = committer->generation;
    if (copy_text(&c->arena, &c->request.group_id) != 0 ||
        copy_text(&c->arena, &c->request.member_id) != 0 ||
        copy_text(&c->arena, &c->request.group_instance_id) != 0 ||
        copy_offsets(c, offsets, count) != 0)
        return KOHORT_ENOMEM;
    return build_topics(c);
}

int kh_offset_commit_new(struct kh_offset_commit **ret, struct kh_heap *heap,
                         const struct kh_offset_committer *committer,
                         const struct kh_offset_to_commit *offsets, size_t count)
{
    struct kh_offset_commit *c = kh_alloc_zeroed(heap, 1, sizeof *c);
    if (c == NULL)
        return KOHORT_ENOMEM;
    c->heap = heap;
    kh_arena_init(&c->arena, heap, KH_LIMIT_ARENAS);
    if (build(c, committer, offsets, count) != 0) {
        kh_offset_commit_free(c);
        return KOHORT_ENOMEM;
    }
    *ret = c;
    return 0;
}

void kh_offset_commit_free(struct kh_offset_commit *c)
{
    if (c == NULL)
        return;
    kh_arena_free(&c->arena);
    kh_free(c->heap, c);
}

const struct kh_offset_commit_request *kh_offset_commit_message(const struct kh_offset_commit *c)
{
    return &c->request;
}

/* ---- the answer ---- */

static void read_partition(struct kh_offset_commit *c, struct kh_string topic,
                           const struct kh_offset_commit_response_partition *partition)
{
    struct kh_offset_to_commit key = {.topic = topic, .partition = partition->partition_index};
    struct kh_offset_to_commit *result =
        c->count == 0 ? NULL
                      : bsearch(&key, c->results, c->count, sizeof *c->results, compare_offsets);
    if (result == NULL)
        return; /* we did not ask for it */
    result->error_code = partition->error_code;
    result->verdict = kh_verdict_of(KH_API_OFFSET_COMMIT, partition->error_code);
}

enum kh_verdict kh_offset_commit_read(struct kh_offset_commit *c,
                                      const struct kh_offset_commit_response *response,
                                      int16_t *ret_code)
{
    for (size_t i = 0; i < c->count; i++) { /* what the answer passes over is sent again */
        c->results[i].verdict = KH_VERDICT_RETRY;
        c->results[i].error_code = KH_KAFKA_NONE;
    }
    for (size_t t = 0; t < response->topic_count; t++)
        for (size_t p = 0; p < response->topics[t].partition_count; p++)
            read_partition(c, response->topics[t].name, &response->topics[t].partitions[p]);
    enum kh_verdict worst = KH_VERDICT_FINE;
    *ret_code = KH_KAFKA_NONE;
    for (size_t i = 0; i < c->count; i++)
        if (c->results[i].verdict > worst && c->results[i].verdict != KH_VERDICT_PARTITION) {
            worst = c->results[i].verdict;
            *ret_code = c->results[i].error_code;
        }
    return worst;
}

size_t kh_offset_commit_results(const struct kh_offset_commit *c,
                                const struct kh_offset_to_commit **ret_results)
{
    *ret_results = c->results;
    return c->count;
}
