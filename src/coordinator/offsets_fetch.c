#include "coordinator/offsets.h"

#include "base/limits.h"

struct kh_offset_fetch {
    struct kh_heap *heap;
    struct kh_arena arena;
    struct kh_offset_fetch_request request;
    struct kh_offset_fetch_request_group group;
    struct kh_committed_offset *results; /* in the list's order: by topic, then partition */
    size_t count;
};

/* ---- the request ---- */

static int build_topics(struct kh_offset_fetch *f, const struct kh_partition_list *partitions)
{
    struct kh_offset_fetch_request_topic *topics =
        kh_arena_alloc(&f->arena, partitions->count, sizeof *topics);
    int32_t *indexes = kh_arena_alloc(&f->arena, partitions->count, sizeof *indexes);
    if (topics == NULL || indexes == NULL)
        return KOHORT_ENOMEM;
    size_t topic_count = 0;
    for (size_t i = 0; i < partitions->count; i++) {
        const struct kh_topic_partition *item = &partitions->items[i];
        if (topic_count == 0 || !kh_string_equal(topics[topic_count - 1].name, item->topic)) {
            topics[topic_count].name = kh_arena_string(&f->arena, item->topic);
            topics[topic_count].partition_indexes = &indexes[i];
            if (topics[topic_count++].name.data == NULL)
                return KOHORT_ENOMEM;
        }
        indexes[i] = item->partition;
        topics[topic_count - 1].partition_index_count++;
        f->results[i].topic = topics[topic_count - 1].name;
        f->results[i].partition = item->partition;
    }
    f->group.topics = topics;
    f->group.topic_count = topic_count;
    return 0;
}

/* v8 (KIP-709) asks for groups, before it was one: who sends knows the version, so both are there.
 */
static int build(struct kh_offset_fetch *f, struct kh_string group_id,
                 const struct kh_partition_list *partitions)
{
    f->count = partitions->count;
    f->results = kh_arena_alloc(&f->arena, f->count, sizeof *f->results);
    f->group = KH_OFFSET_FETCH_REQUEST_GROUP_DEFAULTS;
    f->group.group_id = kh_arena_string(&f->arena, group_id);
    if (f->results == NULL || f->group.group_id.data == NULL || build_topics(f, partitions) != 0)
        return KOHORT_ENOMEM;
    f->request = (struct kh_offset_fetch_request){.group_id = f->group.group_id,
                                                  .topics = f->group.topics,
                                                  .topic_count = f->group.topic_count,
                                                  .groups = &f->group,
                                                  .group_count = 1,
                                                  .require_stable = true};
    return 0;
}

static void forget_results(struct kh_offset_fetch *f, enum kh_verdict verdict, int16_t error_code)
{
    for (size_t i = 0; i < f->count; i++) {
        f->results[i].verdict = verdict;
        f->results[i].error_code = error_code;
        f->results[i].offset = -1;
        f->results[i].leader_epoch = -1;
        f->results[i].metadata = (struct kh_string){NULL, 0};
    }
}

int kh_offset_fetch_new(struct kh_offset_fetch **ret, struct kh_heap *heap,
                        struct kh_string group_id, const struct kh_partition_list *partitions)
{
    struct kh_offset_fetch *f = kh_alloc_zeroed(heap, 1, sizeof *f);
    if (f == NULL)
        return KOHORT_ENOMEM;
    f->heap = heap;
    kh_arena_init(&f->arena, heap, KH_LIMIT_ARENAS);
    if (build(f, group_id, partitions) != 0) {
        kh_offset_fetch_free(f);
        return KOHORT_ENOMEM;
    }
    forget_results(f, KH_VERDICT_RETRY, KH_KAFKA_NONE);
    *ret = f;
    return 0;
}

void kh_offset_fetch_free(struct kh_offset_fetch *f)
{
    if (f == NULL)
        return;
    kh_arena_free(&f->arena);
    kh_free(f->heap, f);
}

const struct kh_offset_fetch_request *kh_offset_fetch_message(const struct kh_offset_fetch *f)
{
    return &f->request;
}

/* ---- the answer ---- */

static struct kh_committed_offset *find_result(struct kh_offset_fetch *f, struct kh_string topic,
                                               int32_t partition)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct kh_committed_offset *result = &f->results[middle];
        int order = kh_string_compare(result->topic, topic);
        if (order == 0)
            order = (result->partition > partition) - (result->partition < partition);
        if (order == 0)
            return result;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL; /* we did not ask for it */
}

static void read_partition(struct kh_committed_offset *result,
                           const struct kh_offset_fetch_response_partition *partition)
{
    result->error_code = partition->error_code;
    result->verdict = kh_verdict_of(KH_API_OFFSET_FETCH, partition->error_code);
    if (result->verdict != KH_VERDICT_FINE)
        return;
    result->offset = partition->committed_offset < 0 ? -1 : partition->committed_offset;
    result->leader_epoch = partition->committed_leader_epoch;
    result->metadata = partition->metadata;
}

/* v1 has no error for the group: its partitions all carry it then. */
static enum kh_verdict worst_for_group(const struct kh_offset_fetch *f, int16_t *ret_code)
{
    enum kh_verdict worst = KH_VERDICT_FINE;
    for (size_t i = 0; i < f->count; i++) {
        enum kh_verdict verdict = f->results[i].verdict;
        bool of_group = verdict == KH_VERDICT_REFIND || verdict == KH_VERDICT_FATAL;
        if (of_group && verdict > worst) {
            worst = verdict;
            *ret_code = f->results[i].error_code;
        }
    }
    return worst;
}

enum kh_verdict kh_offset_fetch_read(struct kh_offset_fetch *f,
                                     const struct kh_offset_fetch_response *response,
                                     int16_t *ret_code)
{
    *ret_code = KH_KAFKA_NONE;
    forget_results(f, KH_VERDICT_RETRY, KH_KAFKA_NONE);
    if (response->group_count == 0)
        return KH_VERDICT_RETRY;
    const struct kh_offset_fetch_response_group *group = &response->groups[0];
    enum kh_verdict verdict = kh_verdict_of(KH_API_OFFSET_FETCH, group->error_code);
    if (verdict != KH_VERDICT_FINE) {
        *ret_code = group->error_code;
        forget_results(f, verdict, group->error_code);
        return verdict;
    }
    for (size_t t = 0; t < group->topic_count; t++)
        for (size_t p = 0; p < group->topics[t].partition_count; p++) {
            const struct kh_offset_fetch_response_partition *partition =
                &group->topics[t].partitions[p];
            struct kh_committed_offset *result =
                find_result(f, group->topics[t].name, partition->partition_index);
            if (result != NULL)
                read_partition(result, partition);
        }
    return worst_for_group(f, ret_code);
}

size_t kh_offset_fetch_results(const struct kh_offset_fetch *f,
                               const struct kh_committed_offset **ret_results)
{
    *ret_results = f->results;
    return f->count;
}
