#include "story.h"

#include "assignors/range.h"
#include "assignors/sticky.h"

#include <stdarg.h>
#include <stdio.h>

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

const char *story_strategy(const struct story *s)
{
    return s->cooperative ? "cooperative-sticky" : "range";
}

/* A heartbeat is asked beside all others, of which there is one at a time. */
static void send(struct story *s, enum story_request request, const char *what)
{
    for (enum story_request other = 0; other < STORY_REQUESTS; other++)
        cr_assert_not(
            s->flights[other].in_flight &&
                (other == request || (other != STORY_HEARTBEAT && request != STORY_HEARTBEAT)),
            "%s is sent while %d is in flight", what, (int)other);
    s->flights[request] = (struct story_flight){true, kh_member_identity(s->m), s->now_ms};
    tell(s, "         %s", what);
    if (request == STORY_JOIN) {
        const struct kh_join_group_request *join = kh_member_join_request(s->m);
        cr_assert_gt(join->protocol_count, 0);
        cr_assert(kh_string_equal(join->protocols[0].name, kh_string_of(story_strategy(s))));
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

static void let_go(struct story *s, const char *what, const struct kh_partition_list *gone,
                   size_t *counter)
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
    if (gone->count > 0)
        s->revoking = 0;
    tell_list(s, what, gone);
    tell(s, "\n");
}

static void move(struct story *s, const struct kh_member_action *action)
{
    cr_assert(kh_member_move_is_legal(s->state, action->state), "%s -> %s",
              kh_member_state_name(s->state), kh_member_state_name(action->state));
    tell(s, "[%6lld] %s -> %s: %s\n", (long long)s->now_ms, kh_member_state_name(s->state),
         kh_member_state_name(action->state), action->text);
    s->state = action->state;
}

static void revoke(struct story *s, const struct kh_member_action *action)
{
    s->revoking += action->partitions->count;
    cr_assert_gt(action->partitions->count, 0, "REVOKE of nothing");
    cr_assert_leq(s->revoking, s->held.count, "REVOKE of what is going already");
    cr_assert(s->cooperative || s->revoking == s->held.count, "eager members let go of everything");
    tell_list(s, "revoke", action->partitions);
    tell(s, " until %lld\n", (long long)action->deadline_ms);
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
    case KH_MEMBER_ACT_WATCH:
        tell(s, "         watch\n");
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
        revoke(s, action);
        break;
    case KH_MEMBER_ACT_ADOPT:
        hold(s, action->partitions);
        tell_list(s, "adopt", action->partitions);
        tell(s, "\n");
        break;
    case KH_MEMBER_ACT_DROP:
        let_go(s, "drop", action->partitions, &s->dropped);
        break;
    case KH_MEMBER_ACT_LOST:
        let_go(s, "lost", action->partitions, &s->lost);
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

/* What is asked in a state ends with it. */
static void check_question(const struct story *s)
{
    static const enum kh_member_state asked_in[STORY_REQUESTS] = {
        [STORY_FIND] = KH_MEMBER_FINDING,   [STORY_JOIN] = KH_MEMBER_JOINING,
        [STORY_ASSIGN] = KH_MEMBER_SYNCING, [STORY_SYNC] = KH_MEMBER_SYNCING,
        [STORY_LEAVE] = KH_MEMBER_LEAVING,
    };
    for (enum story_request i = 0; i < STORY_REQUESTS; i++)
        cr_assert(i == STORY_HEARTBEAT || !s->flights[i].in_flight || s->state == asked_in[i],
                  "request %d goes on in state %s", (int)i, kh_member_state_name(s->state));
}

static void check(const struct story *s)
{
    check_question(s);
    cr_assert_eq(kh_member_state(s->m), s->state);
    cr_assert_eq(kh_member_owned(s->m)->count, s->held.count);
    cr_assert_gt(kh_member_deadline(s->m), s->now_ms, "what was due has not been done");
    if (s->state == KH_MEMBER_IDLE || s->state == KH_MEMBER_FAILED)
        for (size_t i = 0; i < STORY_REQUESTS; i++)
            cr_assert_not(s->flights[i].in_flight, "request %zu goes on", i);
    if (!s->cooperative && (s->state == KH_MEMBER_JOINING || s->state == KH_MEMBER_SYNCING))
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

int story_try_begin(struct story *s, const char *instance_id, bool cooperative,
                    int32_t join_heartbeat_interval_ms)
{
    static const struct kh_assignor *const eager[] = {&kh_assignor_range, &kh_assignor_sticky};
    static const struct kh_assignor *const one[] = {&kh_assignor_cooperative_sticky};
    const struct kh_member_options options = {
        .group_id = KH_STRING("g"),
        .group_instance_id = kh_string_of(instance_id),
        .session_timeout_ms = 45000,
        .rebalance_timeout_ms = 300000,
        .heartbeat_interval_ms = 3000,
        .join_heartbeat_interval_ms = join_heartbeat_interval_ms,
        .drain_timeout_ms = 30000,
        .retry_backoff_ms = 100,
        .retry_backoff_max_ms = 1000,
        .assignors = cooperative ? one : eager,
        .assignor_count = cooperative ? 1 : 2,
    };
    memset(s, 0, sizeof *s);
    s->cooperative = cooperative;
    static struct kh_heap own; /* what the story itself holds never fails */
    kh_heap_init(&own);
    kh_partition_list_init(&s->held, &own);
    kh_random_seed(&s->random, 1);
    s->log = (struct kh_log){.write = keep_log, .arg = s, .level = KH_LOG_INFO};
    return kh_member_new(&s->m, test_heap, &s->random, &s->log, &options);
}

void story_begin_cooperative(struct story *s, int32_t join_heartbeat_interval_ms)
{
    expect_status(story_try_begin(s, NULL, true, join_heartbeat_interval_ms), 0);
}

void story_begin(struct story *s, const char *instance_id)
{
    expect_status(story_try_begin(s, instance_id, false, 250), 0);
}

void story_end(struct story *s)
{
    kh_partition_list_free(&s->held);
    kh_member_free(s->m);
}
