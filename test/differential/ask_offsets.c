/* OffsetCommit and OffsetFetch. */
#include "differential/sequence.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_fetch.h"

enum { BY_GENERATION = 1, BY_TOPIC = 3, BY_PARTITION, BY_OFFSET, BY_FOURTH, BY_LAST };
enum { METADATA_LIMIT = 4096 }; /* offset.metadata.max.bytes */

static struct kh_string note_of(const struct step *step, struct side *side)
{
    char *large = kh_arena_alloc(&side->arena, METADATA_LIMIT + 2, 1);
    uint32_t choice = chosen(step, BY_LAST, 16);

    memset(large, 'n', METADATA_LIMIT + 1);
    if (choice == 15)
        return (struct kh_string){large, METADATA_LIMIT + 1};
    if (choice == 14)
        return (struct kh_string){large, METADATA_LIMIT};
    if (choice == 13)
        return (struct kh_string){0};
    return choice > 8 ? KH_STRING("a note") : KH_STRING("");
}

/* Which of two topics: the one that is there, mostly. */
static const struct topic_ref *topic_of(const struct scene *scene, const struct step *step)
{
    return &scene->topics[chosen(step, BY_TOPIC, 8) == 7];
}

const void *ask_offset_commit(const struct scene *scene, const struct step *step, struct side *side)
{
    struct identity who = ask_identity(scene, step, side, 7);
    struct kh_offset_commit_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_offset_commit_request_topic *topic = kh_arena_alloc(&side->arena, 1, sizeof *topic);
    struct kh_offset_commit_request_partition *partitions =
        kh_arena_alloc(&side->arena, 2, sizeof *partitions);
    static const int32_t numbers[] = {0, 0, 1, 1, 2, 7};

    *request = KH_OFFSET_COMMIT_REQUEST_DEFAULTS;
    request->group_id =
        chosen(step, BY_FOURTH, 30) == 29 ? KH_STRING("") : kh_string_of(scene->group);
    request->generation_id_or_member_epoch = who.generation;
    request->member_id = who.member_id;
    request->group_instance_id = who.instance_id;
    if (chosen(step, BY_FOURTH, 4) == 0 && scene->kind == SEQUENCE_OFFSETS) {
        request->generation_id_or_member_epoch = -1;
        request->member_id = KH_STRING("");
    }
    topic->name = kh_string_of(topic_of(scene, step)->name);
    topic->topic_id = topic_of(scene, step)->id;
    topic->partitions = partitions;
    topic->partition_count = 1 + chosen(step, BY_PARTITION, 2);
    for (size_t i = 0; i < topic->partition_count; i++)
        partitions[i] = (struct kh_offset_commit_request_partition){
            .partition_index = i == 1 ? 2 : CHOSEN(step, BY_OFFSET, numbers),
            .committed_offset = (int64_t)chosen(step, BY_OFFSET, 1000),
            .committed_leader_epoch =
                step->version < 6 ? -1 : (int32_t)chosen(step, BY_FOURTH, 4) - 1,
            .committed_metadata = note_of(step, side)};
    request->topics = topic;
    request->topic_count = 1;
    return request;
}

static struct kh_offset_fetch_request_topic *
asked_topics(const struct scene *scene, const struct step *step, struct side *side)
{
    static const int32_t partitions[] = {0, 1, 2, 7};
    struct kh_offset_fetch_request_topic *topic = kh_arena_alloc(&side->arena, 1, sizeof *topic);

    topic->name = kh_string_of(topic_of(scene, step)->name);
    topic->topic_id = topic_of(scene, step)->id;
    topic->partition_indexes = partitions;
    topic->partition_index_count = 1 + chosen(step, BY_PARTITION, 4);
    return topic;
}

const void *ask_offset_fetch(const struct scene *scene, const struct step *step, struct side *side)
{
    struct kh_offset_fetch_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_offset_fetch_request_group *groups = kh_arena_alloc(&side->arena, 2, sizeof *groups);
    bool wants_all = chosen(step, BY_LAST, 5) == 0 && step->version >= 2;
    struct kh_offset_fetch_request_topic *topics =
        wants_all ? NULL : asked_topics(scene, step, side);
    struct kh_string group =
        chosen(step, BY_FOURTH, 16) == 15 ? KH_STRING("no-such-group") : kh_string_of(scene->group);

    *request = (struct kh_offset_fetch_request){.require_stable = step->version >= 7 &&
                                                                  chosen(step, BY_OFFSET, 2) == 0};
    if (step->version < 8) {
        request->group_id = group;
        request->topics = topics;
        request->topic_count = !wants_all;
        return request;
    }
    request->groups = groups;
    request->group_count = 1 + chosen(step, BY_OFFSET, 2);
    for (size_t i = 0; i < request->group_count; i++) {
        groups[i] = KH_OFFSET_FETCH_REQUEST_GROUP_DEFAULTS;
        groups[i].group_id = i == 0 ? group : KH_STRING("another-group");
        groups[i].topics = topics;
        groups[i].topic_count = !wants_all;
    }
    return request;
}
