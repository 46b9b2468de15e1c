/* Fetch, ListOffsets, and what is asked of the cluster. */
#include "differential/sequence.h"
#include "protocol/api_versions.h"
#include "protocol/fetch.h"
#include "protocol/find_coordinator.h"
#include "protocol/list_offsets.h"
#include "protocol/metadata.h"

enum { LONG_WAIT_MS = 600000 };

static const int32_t partition_numbers[] = {0, 0, 0, 1, 1, 2, 2, 2, 7};
static const int32_t leader_epochs[] = {-1, -1, -1, 0, 0, 5};

const void *ask_list_offsets(const struct scene *scene, const struct step *step, struct side *side)
{
    static const int64_t times[] = {-1, -2, -1, -2, 0, 1000, 1009, 1010, 5000, 9999};
    static const int64_t special[] = {-3, -4, -5, -9};
    struct kh_list_offsets_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_list_offsets_request_topic *topic = kh_arena_alloc(&side->arena, 1, sizeof *topic);
    struct kh_list_offsets_request_partition *partitions =
        kh_arena_alloc(&side->arena, 2, sizeof *partitions);

    *request = KH_LIST_OFFSETS_REQUEST_DEFAULTS;
    request->isolation_level = (int8_t)(step->version >= 2 ? chosen(step, 0, 2) : 0);
    topic->name = kh_string_of(scene->topics[chosen(step, 1, 10) == 9].name);
    topic->partitions = partitions;
    topic->partition_count = 1 + chosen(step, 2, 2);
    for (size_t i = 0; i < topic->partition_count; i++)
        partitions[i] = (struct kh_list_offsets_request_partition){
            .partition_index = i == 1 ? 1 : CHOSEN(step, 3, partition_numbers),
            .current_leader_epoch = step->version >= 4 ? CHOSEN(step, 4, leader_epochs) : -1,
            .timestamp =
                chosen(step, 6, 8) == 7 ? CHOSEN(step, 5, special) : CHOSEN(step, 5, times)};
    request->topics = topic;
    request->topic_count = 1;
    return request;
}

/* Its own session at its own epoch, mostly; or none; or a new one; or a wrong one. */
static void name_session(struct kh_fetch_request *request, const struct step *step,
                         const struct side_member *m)
{
    uint32_t choice = chosen(step, 0, 20);

    if (step->version < 7 || choice < 3)
        return; /* none */
    request->session_epoch = 0;
    if (choice < 5)
        request->session_id = m->session_id; /* ends it, and makes a new one */
    if (choice < 7 || m->session_id == 0)
        return;
    request->session_id = choice == 7 ? 12345 : m->session_id;
    request->session_epoch = choice == 8   ? m->session_epoch + 1
                             : choice == 9 ? -1
                                           : m->session_epoch;
}

static size_t fetch_partitions(const struct step *step,
                               struct kh_fetch_request_partition *partitions)
{
    static const int64_t offsets[] = {0, 0, 3, 5, 7, 10, 20, 29, 30, 31, 1000, -1};
    static const int32_t sizes[] = {1 << 20, 1 << 20, 1 << 20, 300, 1};
    size_t count = chosen(step, 1, 4);

    for (size_t i = 0; i < count; i++) {
        partitions[i] = KH_FETCH_REQUEST_PARTITION_DEFAULTS;
        partitions[i].partition =
            i == 0 ? CHOSEN(step, 2, partition_numbers) : (int32_t)(count - 1 - i);
        partitions[i].fetch_offset = offsets[(step->choices[3] + i * 5) % 12];
        partitions[i].partition_max_bytes = CHOSEN(step, 4, sizes);
        if (step->version >= 9)
            partitions[i].current_leader_epoch = CHOSEN(step, 5, leader_epochs);
        for (size_t j = 0; j < i; j++) /* each partition once */
            if (partitions[j].partition == partitions[i].partition)
                return i;
    }
    return count;
}

static void forget_some(struct kh_fetch_request *request, const struct scene *scene,
                        const struct step *step, struct side *side)
{
    static const int32_t forgotten[] = {0, 2};
    struct kh_fetch_request_forgotten_topic *topic = kh_arena_alloc(&side->arena, 1, sizeof *topic);

    topic->topic = kh_string_of(scene->topics[TOPIC_WHOLE].name);
    topic->topic_id = scene->topics[TOPIC_WHOLE].id;
    topic->partitions = forgotten;
    topic->partition_count = 1 + chosen(step, 5, 2);
    request->forgotten_topics_data = topic;
    request->forgotten_topic_count = 1;
}

/* Is parked until something comes. */
static void wait_for_more(struct kh_fetch_request *request, const struct scene *scene,
                          const struct step *step, struct side *side)
{
    struct kh_fetch_request_topic *topic = kh_arena_alloc(&side->arena, 1, sizeof *topic);
    struct kh_fetch_request_partition *partition =
        kh_arena_alloc(&side->arena, 1, sizeof *partition);

    request->max_wait_ms = LONG_WAIT_MS;
    request->min_bytes = chosen(step, 3, 2) == 0 ? 1 : 300; /* one batch, or two */
    *partition = KH_FETCH_REQUEST_PARTITION_DEFAULTS;
    partition->fetch_offset = scene->growing_end;
    partition->partition_max_bytes = 1 << 20;
    topic->topic = kh_string_of(scene->topics[TOPIC_GROWING].name);
    topic->topic_id = scene->topics[TOPIC_GROWING].id;
    topic->partitions = partition;
    topic->partition_count = 1;
    request->topics = topic;
    request->topic_count = 1;
}

const void *ask_fetch(const struct scene *scene, const struct step *step, struct side *side)
{
    static const int32_t totals[] = {INT32_MAX, INT32_MAX, INT32_MAX, 500, 1};
    const struct side_member *m = &side->members[step->slot];
    struct kh_fetch_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_fetch_request_topic *topics = kh_arena_alloc(&side->arena, 2, sizeof *topics);
    struct kh_fetch_request_partition *partitions =
        kh_arena_alloc(&side->arena, 4, sizeof *partitions);

    *request = KH_FETCH_REQUEST_DEFAULTS;
    name_session(request, step, m);
    request->max_bytes = CHOSEN(step, 6, totals);
    request->isolation_level = (int8_t)chosen(step, 7, 2);
    if (chosen(step, 2, 5) == 0) {
        wait_for_more(request, scene, step, side);
        return request;
    }
    request->topics = topics;
    topics[0].topic = kh_string_of(scene->topics[TOPIC_WHOLE].name);
    topics[0].topic_id = scene->topics[TOPIC_WHOLE].id;
    topics[0].partitions = partitions;
    topics[0].partition_count = fetch_partitions(step, partitions);
    request->topic_count = topics[0].partition_count > 0;
    if (chosen(step, 7, 9) == 8) { /* and one that is not there */
        topics[request->topic_count] = topics[0];
        topics[request->topic_count].topic = kh_string_of(scene->topics[TOPIC_MISSING].name);
        topics[request->topic_count].topic_id = scene->topics[TOPIC_MISSING].id;
        topics[request->topic_count].partitions = &partitions[3];
        topics[request->topic_count].partition_count = 1;
        partitions[3] = KH_FETCH_REQUEST_PARTITION_DEFAULTS;
        partitions[3].partition_max_bytes = 1000;
        request->topic_count++;
    }
    if (request->session_epoch > 0 && chosen(step, 6, 3) == 2)
        forget_some(request, scene, step, side);
    return request;
}

const void *ask_metadata(const struct scene *scene, const struct step *step, struct side *side)
{
    struct kh_metadata_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_metadata_request_topic *topics = kh_arena_alloc(&side->arena, 2, sizeof *topics);
    bool by_id = step->version >= 12 && chosen(step, 0, 2) == 0;

    *request = KH_METADATA_REQUEST_DEFAULTS;
    request->allow_auto_topic_creation = step->version < 4;
    request->topics = topics;
    request->topic_count = 1 + chosen(step, 1, 2);
    if (step->version >= 1 && chosen(step, 2, 6) == 0)
        request->topic_count = 0;
    for (size_t i = 0; i < request->topic_count; i++) {
        const struct topic_ref *topic = &scene->topics[i == 1 || chosen(step, 3, 4) == 3];
        topics[i].name = by_id ? (struct kh_string){0} : kh_string_of(topic->name);
        if (by_id)
            topics[i].topic_id = topic->id;
    }
    return request;
}

const void *ask_find_coordinator(const struct scene *scene, const struct step *step,
                                 struct side *side)
{
    struct kh_find_coordinator_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_string *keys = kh_arena_alloc(&side->arena, 2, sizeof *keys);

    *request = (struct kh_find_coordinator_request){.key = kh_string_of(scene->group)};
    if (step->version < 4)
        return request;
    request->key = (struct kh_string){0};
    keys[0] = kh_string_of(scene->group);
    keys[1] = KH_STRING("another-group");
    request->coordinator_keys = keys;
    request->coordinator_key_count = 1 + chosen(step, 0, 2);
    return request;
}

const void *ask_api_versions(const struct scene *scene, const struct step *step, struct side *side)
{
    static const char *const names[] = {"asks", "asks", "", "not a name!"};
    struct kh_api_versions_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);

    (void)scene;
    *request = KH_API_VERSIONS_REQUEST_DEFAULTS;
    if (step->version >= 3) {
        request->client_software_name = kh_string_of(CHOSEN(step, 0, names));
        request->client_software_version = KH_STRING("1.0");
    }
    return request;
}
