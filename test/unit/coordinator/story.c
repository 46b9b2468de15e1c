#include "story.h"

#include "assignors/range.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOPICS = 8 };

/* ---- the trace ---- */

__attribute__((format(printf, 2, 3))) static void tell(struct story *s, const char *format, ...)
{
    if (s->silent)
        return;
    va_list arguments;
    va_start(arguments, format);
    int size =
        vsnprintf(s->trace + s->trace_size, sizeof s->trace - s->trace_size, format, arguments);
    va_end(arguments);
    s->trace_size += (size_t)size;
    cr_assert_lt(s->trace_size, sizeof s->trace, "the trace is too long");
}

static void tell_list(struct story *s, const char *what, const struct kh_partition_list *list)
{
    tell(s, "         %s", what);
    for (size_t i = 0; i < list->count; i++)
        tell(s, " %s-%d", list->items[i].topic.data, list->items[i].partition);
}

void story_expect(struct story *s, const char *expected)
{
    cr_assert(strcmp(s->trace, expected) == 0, "happened:\n%s\nexpected:\n%s", s->trace, expected);
    story_forget(s);
}

void story_forget(struct story *s)
{
    s->trace_size = 0;
    s->trace[0] = '\0';
}

static void keep_log(void *arg, int level, const char *line)
{
    struct story *s = arg;
    (void)level;
    snprintf(s->last_log, sizeof s->last_log, "%s", line);
}

/* ---- the driver ---- */

static void send(struct story *s, enum story_request request, const char *what)
{
    cr_assert_not(s->flights[request].in_flight, "%s is sent while one is in flight", what);
    s->flights[request] = (struct story_flight){true, kh_member_identity(s->m), s->now_ms};
    tell(s, "         %s", what);
    if (request == STORY_JOIN) {
        const struct kh_join_group_request *join = kh_member_join_request(s->m);
        cr_assert_gt(join->protocol_count, 0);
        cr_assert(kh_string_equal(join->protocols[0].name, KH_STRING("range")));
        tell(s, " as '%.*s'", (int)join->member_id.size, join->member_id.data);
    } else if (request == STORY_SYNC) {
        const struct kh_sync_group_request *sync = kh_member_sync_request(s->m);
        cr_assert_eq(sync->generation_id, kh_member_generation(s->m));
        tell(s, " with %zu assignments", sync->assignment_count);
    } else if (request == STORY_HEARTBEAT) {
        tell(s, " of generation %d", kh_member_heartbeat_request(s->m)->generation_id);
    } else if (request == STORY_LEAVE) {
        const struct kh_leave_group_request *leave = kh_member_leave_request(s->m);
        cr_assert(kh_string_equal(leave->member_id, leave->members[0].member_id));
        tell(s, " as '%.*s'", (int)leave->member_id.size, leave->member_id.data);
    }
    tell(s, "\n");
}

static void cancel(struct story *s)
{
    bool any = false;
    for (size_t i = 0; i < STORY_REQUESTS; i++) {
        any = any || s->flights[i].in_flight;
        s->flights[i].in_flight = false;
    }
    cr_assert(any, "CANCEL with nothing in flight");
    tell(s, "         cancel\n");
}

static void hold(struct story *s, const struct kh_partition_list *added)
{
    for (size_t i = 0; i < added->count; i++) {
        const struct kh_topic_partition *item = &added->items[i];
        cr_assert_not(kh_partition_list_has(&s->held, item->topic, item->partition),
                      "adopted twice");
        cr_assert_eq(kh_partition_list_add(&s->held, item->topic, item->partition), 0);
    }
    s->adopted += added->count;
}

static void let_go(struct story *s, const struct kh_partition_list *gone, size_t *counter)
{
    for (size_t i = 0; i < gone->count; i++)
        cr_assert(kh_partition_list_has(&s->held, gone->items[i].topic, gone->items[i].partition),
                  "what goes was not held");
    struct kh_partition_list left;
    kh_partition_list_init(&left, s->held.heap);
    cr_assert_eq(kh_partition_list_difference(&left, &s->held, gone), 0);
    kh_partition_list_move(&s->held, &left);
    kh_partition_list_free(&left);
    *counter += gone->count;
    s->revoking = NULL;
}

static void move(struct story *s, const struct kh_member_action *action)
{
    cr_assert(kh_member_move_is_legal(s->state, action->state), "%s -> %s",
              kh_member_state_name(s->state), kh_member_state_name(action->state));
    tell(s, "[%6lld] %s -> %s: %s\n", (long long)s->now_ms, kh_member_state_name(s->state),
         kh_member_state_name(action->state), action->text);
    s->state = action->state;
}

static void perform(struct story *s, const struct kh_member_action *action)
{
    switch (action->type) {
    case KH_MEMBER_ACT_FIND:
        send(s, STORY_FIND, "find");
        break;
    case KH_MEMBER_ACT_JOIN:
        send(s, STORY_JOIN, "join");
        break;
    case KH_MEMBER_ACT_ASSIGN:
        send(s, STORY_ASSIGN, "assign");
        break;
    case KH_MEMBER_ACT_SYNC:
        send(s, STORY_SYNC, "sync");
        break;
    case KH_MEMBER_ACT_HEARTBEAT:
        send(s, STORY_HEARTBEAT, "heartbeat");
        break;
    case KH_MEMBER_ACT_LEAVE:
        send(s, STORY_LEAVE, "leave");
        break;
    case KH_MEMBER_ACT_CANCEL:
        cancel(s);
        break;
    case KH_MEMBER_ACT_REVOKE:
        cr_assert_null(s->revoking, "REVOKE while one goes on");
        s->revoking = "yes";
        tell_list(s, "revoke", action->partitions);
        tell(s, " until %lld\n", (long long)action->deadline_ms);
        break;
    case KH_MEMBER_ACT_ADOPT:
        hold(s, action->partitions);
        tell_list(s, "adopt", action->partitions);
        tell(s, "\n");
        break;
    case KH_MEMBER_ACT_DROP:
        let_go(s, action->partitions, &s->dropped);
        tell_list(s, "drop", action->partitions);
        tell(s, "\n");
        break;
    case KH_MEMBER_ACT_LOST:
        let_go(s, action->partitions, &s->lost);
        tell_list(s, "lost", action->partitions);
        tell(s, "\n");
        break;
    case KH_MEMBER_ACT_STATE:
        move(s, action);
        break;
    case KH_MEMBER_ACT_FAILED:
        cr_assert_eq(s->failures++, 0, "reported twice");
        cr_assert_eq(s->held.count, 0, "failed members own nothing");
        s->error = *action->error;
        tell(s, "         failed\n");
        break;
    case KH_MEMBER_ACT_STOPPED:
        cr_assert_eq(s->held.count, 0, "stopped members own nothing");
        s->stopped++;
        tell(s, "         stopped\n");
        break;
    }
}

static void check(const struct story *s)
{
    cr_assert_eq(kh_member_state(s->m), s->state);
    cr_assert_eq(kh_member_owned(s->m)->count, s->held.count);
    cr_assert_gt(kh_member_deadline(s->m), s->now_ms, "what was due has not been done");
    if (s->state == KH_MEMBER_IDLE || s->state == KH_MEMBER_FAILED)
        for (size_t i = 0; i < STORY_REQUESTS; i++)
            cr_assert_not(s->flights[i].in_flight, "request %zu goes on", i);
    if (s->state == KH_MEMBER_JOINING || s->state == KH_MEMBER_SYNCING)
        cr_assert_eq(s->held.count, 0, "eager members own nothing while they join");
}

int story_step(struct story *s, const struct kh_member_event *event)
{
    struct kh_member_actions actions;
    int status = kh_member_step(s->m, s->now_ms, event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        perform(s, &actions.items[i]);
    check(s);
    return status;
}

void story_run_until(struct story *s, int64_t now_ms)
{
    cr_assert_neq(now_ms, KH_NEVER, "nothing is due, in state %s", kh_member_state_name(s->state));
    for (int64_t due; (due = kh_member_deadline(s->m)) <= now_ms;) {
        s->now_ms = due;
        story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_TIME});
    }
    s->now_ms = now_ms;
}

/* ---- birth and death ---- */

int story_try_begin(struct story *s, const char *instance_id)
{
    static const struct kh_assignor *const assignors[] = {&kh_assignor_range};
    const struct kh_member_options options = {
        .group_id = KH_STRING("g"),
        .group_instance_id = kh_string_of(instance_id),
        .session_timeout_ms = 45000,
        .rebalance_timeout_ms = 300000,
        .heartbeat_interval_ms = 3000,
        .drain_timeout_ms = 30000,
        .retry_backoff_ms = 100,
        .retry_backoff_max_ms = 1000,
        .assignors = assignors,
        .assignor_count = 1,
    };
    memset(s, 0, sizeof *s);
    static struct kh_heap own; /* what the story itself holds never fails */
    kh_heap_init(&own);
    kh_partition_list_init(&s->held, &own);
    kh_random_seed(&s->random, 1);
    s->log = (struct kh_log){.write = keep_log, .arg = s, .level = KH_LOG_INFO};
    return kh_member_new(&s->m, test_heap, &s->random, &s->log, &options);
}

void story_begin(struct story *s, const char *instance_id)
{
    expect_status(story_try_begin(s, instance_id), 0);
}

void story_end(struct story *s)
{
    kh_partition_list_free(&s->held);
    kh_member_free(s->m);
}

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
    cr_assert_not_null(s->revoking);
    story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_REVOKED});
}

void story_rejoin(struct story *s, const char *why)
{
    story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_REJOIN, .text = why});
}

void story_commit_verdict(struct story *s, int16_t kafka_code, struct kh_member_identity identity)
{
    story_step(s, &(struct kh_member_event){.type = KH_MEMBER_EV_COMMIT_VERDICT,
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
                                    .message = message};
    if (request == STORY_ASSIGN)
        event.assignments = message;
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
                               .protocol_name = KH_STRING("range"),
                               .leader = kh_string_of(leader),
                               .member_id = kh_string_of(member_id),
                               .members = leads ? members : NULL,
                               .member_count = leads ? 2 : 0,
                           });
}

void story_assigned(struct story *s, int status)
{
    static const struct kh_bytes assignments[] = {{(const uint8_t *)"a", 1},
                                                  {(const uint8_t *)"b", 1}};
    answer(s, STORY_ASSIGN, status, assignments);
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
    story_sync_response(s,
                        &(struct kh_sync_group_response){.error_code = error_code,
                                                         .protocol_type = KH_STRING("consumer"),
                                                         .protocol_name = KH_STRING("range"),
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
