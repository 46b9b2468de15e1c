/* What a story's member is told: the application's wishes, and the coordinator's answers. */
#include "story.h"

#include <stdlib.h>

enum { TOPICS = 8 };

/* ---- events ---- */

static size_t split(const char *text, struct kh_string *parts)
{
    size_t count = 0;
    while (*text != '\0') {
        size_t size = strcspn(text, " ");
        parts[count++] = (struct kh_string){text, (int32_t)size};
        text += size + (text[size] == ' ');
    }
    return count;
}

static int step_topics(struct story *s, enum kh_member_event_type type, const char *text)
{
    struct kh_string topics[TOPICS];
    size_t count = split(text, topics);
    return story_step(
        s, &(struct kh_member_event){.type = type, .topics = topics, .topic_count = count});
}

int story_start(struct story *s, const char *topics)
{
    s->failures = 0;
    return step_topics(s, KH_MEMBER_EV_START, topics);
}

int story_subscribe(struct story *s, const char *topics)
{
    return step_topics(s, KH_MEMBER_EV_SUBSCRIBE, topics);
}

void story_stop(struct story *s, bool leave, int64_t deadline_ms)
{
    story_step(s, &(struct kh_member_event){
                      .type = KH_MEMBER_EV_STOP, .leave = leave, .deadline_ms = deadline_ms});
}

void story_revoked(struct story *s)
{
    cr_assert_gt(s->revoking, 0);
    story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_REVOKED});
}

void story_rejoin(struct story *s, const char *why)
{
    story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_REJOIN, .text = why});
}

void story_commit_verdict(struct story *s, int16_t kafka_code, struct kh_member_identity identity)
{
    story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_COMMIT_VERDICT,
                                            .api = KH_API_OFFSET_COMMIT,
                                            .kafka_code = kafka_code,
                                            .identity = identity});
}

/* ---- answers ---- */

static void answer(struct story *s, enum story_request request, int status, const void *message)
{
    static const enum kh_member_event_type types[] = {
        [STORY_FIND] = KH_MEMBER_EV_COORDINATOR,    [STORY_JOIN] = KH_MEMBER_EV_JOINED,
        [STORY_ASSIGN] = KH_MEMBER_EV_ASSIGNED,     [STORY_SYNC] = KH_MEMBER_EV_SYNCED,
        [STORY_HEARTBEAT] = KH_MEMBER_EV_HEARTBEAT, [STORY_LEAVE] = KH_MEMBER_EV_LEFT,
    };
    struct story_flight *flight = &s->flights[request];
    cr_assert(flight->in_flight, "request %d was not asked", (int)request);
    flight->in_flight = false;
    struct kh_member_event event = {.type = types[request],
                                    .status = status,
                                    .identity = flight->identity,
                                    .sent_ms = flight->sent_ms,
                                    .message = message,
                                    .frame = request == STORY_JOIN ? s->frame : NULL};
    if (request == STORY_ASSIGN)
        event.layout = message;
    story_step(s, &event);
}

void story_no_answer(struct story *s, enum story_request request, int status)
{
    answer(s, request, status, NULL);
}

void story_found(struct story *s, int16_t error_code, int32_t node_id)
{
    struct kh_find_coordinator_response_coordinator found = {
        .node_id = node_id, .error_code = error_code, .host = KH_STRING("h"), .port = 9092};
    answer(s, STORY_FIND, 0,
           &(struct kh_find_coordinator_response){.coordinators = &found, .coordinator_count = 1});
}

void story_join_response(struct story *s, const struct kh_join_group_response *response)
{
    answer(s, STORY_JOIN, 0, response);
}

void story_joined(struct story *s, int16_t error_code, const char *member_id, int32_t generation,
                  const char *leader)
{
    struct kh_join_group_response_member members[] = {
        {.member_id = kh_string_of(member_id)},
        {.member_id = KH_STRING("other"), .metadata = {(const uint8_t *)"xy", 2}}};
    bool leads = error_code == 0 && strcmp(member_id, leader) == 0;
    story_join_response(s, &(struct kh_join_group_response){
                               .error_code = error_code,
                               .generation_id = generation,
                               .protocol_type = KH_STRING("consumer"),
                               .protocol_name = kh_string_of(story_strategy(s)),
                               .leader = kh_string_of(leader),
                               .member_id = kh_string_of(member_id),
                               .members = leads ? members : NULL,
                               .member_count = leads ? 2 : 0,
                           });
}

void story_assigned(struct story *s, int status)
{
    static struct kh_sync_group_request_assignment assignments[] = {
        {{"m-1", 3}, {(const uint8_t *)"a", 1}}, {{"other", 5}, {(const uint8_t *)"b", 1}}};
    static const struct kh_sync_group_layout layout = {.assignments = assignments, .count = 2};
    answer(s, STORY_ASSIGN, status, &layout);
}

void story_sync_response(struct story *s, const struct kh_sync_group_response *response)
{
    answer(s, STORY_SYNC, 0, response);
}

void story_synced(struct story *s, int16_t error_code, const char *partitions)
{
    struct kh_string parts[TOPICS];
    struct kh_consumer_topic topics[TOPICS];
    int32_t numbers[TOPICS];
    size_t count = split(partitions, parts);
    for (size_t i = 0; i < count; i++) {
        const char *dash = memchr(parts[i].data, '-', (size_t)parts[i].size);
        numbers[i] = (int32_t)strtol(dash + 1, NULL, 10);
        topics[i] = (struct kh_consumer_topic){
            {parts[i].data, (int32_t)(dash - parts[i].data)}, &numbers[i], 1};
    }
    struct kh_heap heap;
    kh_heap_init(&heap);
    struct kh_writer w;
    kh_writer_init(&w, &heap);
    kh_consumer_assignment_encode(
        &w, 3, &(struct kh_consumer_assignment){.topics = topics, .topic_count = count});
    story_sync_response(
        s, &(struct kh_sync_group_response){.error_code = error_code,
                                            .protocol_type = KH_STRING("consumer"),
                                            .protocol_name = kh_string_of(story_strategy(s)),
                                            .assignment = {w.data, (int32_t)w.size}});
    kh_writer_free(&w);
}

void story_heartbeat(struct story *s, int16_t error_code)
{
    answer(s, STORY_HEARTBEAT, 0, &(struct kh_heartbeat_response){.error_code = error_code});
}

void story_left(struct story *s, int16_t error_code)
{
    answer(s, STORY_LEAVE, 0, &(struct kh_leave_group_response){.error_code = error_code});
}

/* ---- shortcuts ---- */

bool story_in_flight(const struct story *s, enum story_request request)
{
    return s->flights[request].in_flight;
}

void story_settle(struct story *s, int32_t generation, const char *partitions)
{
    if (story_in_flight(s, STORY_FIND))
        story_found(s, 0, 1);
    story_joined(s, 0, "m-1", generation, "other");
    story_synced(s, 0, partitions);
    cr_assert_eq(s->state, KH_MEMBER_STABLE);
    story_forget(s);
}
