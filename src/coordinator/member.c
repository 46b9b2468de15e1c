/* The machine itself: its states, the step, the clocks, and what can be asked of it. */
#include "coordinator/member_internal.h"

#include "base/check.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TO(state) (1u << KH_MEMBER_##state)

static const struct {
    const char *name;
    unsigned next; /* the legal moves from here */
} states[KH_MEMBER_STATE_COUNT] = {
    [KH_MEMBER_IDLE] = {"idle", TO(FINDING)},
    [KH_MEMBER_FINDING] = {"finding", TO(JOINING) | TO(STABLE) | TO(REVOKING) | TO(LEAVING) |
                                          TO(IDLE) | TO(FAILED)},
    [KH_MEMBER_JOINING] = {"joining", TO(JOINING) | TO(SYNCING) | TO(FINDING) | TO(REVOKING) |
                                          TO(LEAVING) | TO(IDLE) | TO(FAILED)},
    [KH_MEMBER_SYNCING] = {"syncing", TO(STABLE) | TO(JOINING) | TO(FINDING) | TO(REVOKING) |
                                          TO(LEAVING) | TO(IDLE) | TO(FAILED)},
    [KH_MEMBER_STABLE] = {"stable", TO(REVOKING) | TO(JOINING) | TO(FINDING) | TO(LEAVING) |
                                        TO(IDLE) | TO(FAILED)},
    [KH_MEMBER_REVOKING] = {"revoking",
                            TO(JOINING) | TO(FINDING) | TO(LEAVING) | TO(IDLE) | TO(FAILED)},
    [KH_MEMBER_LEAVING] = {"leaving", TO(IDLE)},
    [KH_MEMBER_FAILED] = {"failed", TO(FINDING) | TO(LEAVING) | TO(IDLE)},
};

const char *kh_member_state_name(enum kh_member_state state)
{
    return states[state].name;
}

bool kh_member_move_is_legal(enum kh_member_state from, enum kh_member_state to)
{
    return (states[from].next & 1u << to) != 0;
}

struct kh_member_action *kh_member_act(struct kh_member *m, enum kh_member_action_type type)
{
    struct kh_member_actions *actions = m->actions;
    if (!kh_check(actions->count < KH_MEMBER_ACTIONS_MAX))
        actions->count--; /* what comes last matters most */
    struct kh_member_action *action = &actions->items[actions->count++];
    *action = (struct kh_member_action){.type = type, .state = m->state};
    return action;
}

static void tell_move(struct kh_member *m, enum kh_member_state next, const char *why)
{
    char group[128];
    kh_log(m->log, KH_LOG_INFO, "group %s: member %s -> %s: %s",
           kh_printable(group, sizeof group, m->options.group_id), states[m->state].name,
           states[next].name, why);
    m->state = next;
    m->asked = m->assigning = false;
    m->request_due_ms = KH_NEVER;
    kh_member_act(m, KH_MEMBER_ACT_STATE)->text = why;
}

static void fail_with_bug(struct kh_member *m, enum kh_member_state next)
{
    kohort_error *error = &m->actions->error;
    kh_error_init(error, KOHORT_EBUG);
    kh_error_text(error,
                  "a mistake inside kohort: its member moved from %s to %s; please report it",
                  states[m->state].name, states[next].name);
    kh_member_cancel(m);
    kh_member_lose(m);
    kh_member_set_told_reason(m, error->text);
    tell_move(m, KH_MEMBER_FAILED, error->text);
    kh_member_act(m, KH_MEMBER_ACT_FAILED)->error = error;
}

void kh_member_enter(struct kh_member *m, enum kh_member_state next, const char *format, ...)
{
    if (!kh_check(kh_member_move_is_legal(m->state, next))) {
        fail_with_bug(m, next);
        return;
    }
    struct kh_member_actions *actions = m->actions;
    char *why = actions->texts[actions->text_count];
    if (actions->text_count < KH_MEMBER_TEXTS - 1)
        actions->text_count++;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, KH_MEMBER_TEXT, format, arguments);
    va_end(arguments);
    tell_move(m, next, why);
}

void kh_member_cancel(struct kh_member *m)
{
    if (m->asked || m->assigning || m->heartbeat_in_flight)
        kh_member_act(m, KH_MEMBER_ACT_CANCEL);
    m->asked = m->assigning = m->heartbeat_in_flight = false;
    m->request_due_ms = KH_NEVER;
}

int kh_member_set_text(struct kh_member *m, struct kh_string *slot, struct kh_string text)
{
    char *copy = kh_copy_text(m->heap, text.data, (size_t)text.size);
    if (copy == NULL)
        return KOHORT_ENOMEM;
    kh_free(m->heap, (char *)slot->data);
    *slot = (struct kh_string){copy, text.size};
    return 0;
}

bool kh_member_is_current(const struct kh_member *m, const struct kh_member_event *event)
{
    return event->identity.generation == m->generation &&
           event->identity.member_id_serial == m->member_id_serial;
}

int64_t kh_member_later(struct kh_member *m)
{
    return m->now_ms + kh_backoff_next(&m->backoff, m->random);
}

int64_t kh_member_soon(struct kh_member *m)
{
    if (m->hurried)
        return kh_member_later(m);
    m->hurried = true;
    return m->now_ms;
}

void kh_member_succeeded(struct kh_member *m)
{
    kh_backoff_reset(&m->backoff);
    m->hurried = false;
}

void kh_member_note_rebalance(struct kh_member *m, enum kohort_rebalance_reason reason)
{
    if (m->rebalancing_since_ms != KH_NEVER)
        return;
    m->reason = reason;
    m->rebalancing_since_ms = m->now_ms;
}

void kh_member_note_rebalanced(struct kh_member *m, bool completed)
{
    m->statistics = kh_member_statistics(m, m->now_ms);
    m->statistics.rebalances[m->reason] += completed;
    m->rebalancing_since_ms = KH_NEVER;
}

/* ---- the step ---- */

static int compare_names(const void *a, const void *b)
{
    return kh_string_compare(*(const struct kh_string *)a, *(const struct kh_string *)b);
}

static bool same_topics(const struct kh_member *m, const struct kh_string *topics, size_t count)
{
    if (count != m->topic_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!kh_string_equal(topics[i], m->topics[i]))
            return false;
    return true;
}

/* Sorted, as Java sends them; names and list in one piece of memory. 1: they are the same as
 * before. */
static int set_topics(struct kh_member *m, const struct kh_member_event *event)
{
    size_t bytes = event->topic_count * sizeof *event->topics;
    for (size_t i = 0; i < event->topic_count; i++)
        bytes += (size_t)event->topics[i].size;
    struct kh_string *topics = kh_alloc(m->heap, bytes);
    if (topics == NULL)
        return KOHORT_ENOMEM;
    char *text = (char *)(topics + event->topic_count);
    for (size_t i = 0; i < event->topic_count; i++) {
        memcpy(text, event->topics[i].data, (size_t)event->topics[i].size);
        topics[i] = (struct kh_string){text, event->topics[i].size};
        text += event->topics[i].size;
    }
    if (event->topic_count > 0)
        qsort(topics, event->topic_count, sizeof *topics, compare_names);
    bool same = same_topics(m, topics, event->topic_count);
    kh_free(m->heap, m->topics);
    m->topics = topics;
    m->topic_count = event->topic_count;
    return same;
}

static int start(struct kh_member *m, const struct kh_member_event *event)
{
    if (m->state != KH_MEMBER_IDLE && m->state != KH_MEMBER_FAILED)
        return KOHORT_ESTATE;
    if (set_topics(m, event) < 0)
        return KOHORT_ENOMEM;
    m->wanted = true;
    m->stop_due_ms = KH_NEVER;
    m->rejoin_wanted = false;
    m->coordinator = -1;
    kh_member_succeeded(m);
    kh_member_set_told_reason(m, NULL);
    kh_member_note_rebalance(m, KOHORT_REBALANCE_START);
    kh_member_enter(m, KH_MEMBER_FINDING, "subscribed");
    m->request_due_ms = m->now_ms;
    return 0;
}

static int subscribe(struct kh_member *m, const struct kh_member_event *event)
{
    if (!m->wanted || m->state == KH_MEMBER_FAILED)
        return KOHORT_ESTATE;
    int status = set_topics(m, event);
    if (status == 0)
        kh_member_on_subscribe(m);
    return status < 0 ? status : 0;
}

static int dispatch(struct kh_member *m, const struct kh_member_event *event)
{
    switch (event->type) {
    case KH_MEMBER_EV_START:
        return start(m, event);
    case KH_MEMBER_EV_SUBSCRIBE:
        return subscribe(m, event);
    case KH_MEMBER_EV_STOP:
        kh_member_on_stop(m, event);
        break;
    case KH_MEMBER_EV_TIME:
        break; /* the clocks are looked at after every event */
    case KH_MEMBER_EV_COORDINATOR:
        kh_member_on_coordinator(m, event);
        break;
    case KH_MEMBER_EV_JOINED:
        kh_member_on_joined(m, event);
        break;
    case KH_MEMBER_EV_ASSIGNED:
        kh_member_on_assigned(m, event);
        break;
    case KH_MEMBER_EV_SYNCED:
        kh_member_on_synced(m, event);
        break;
    case KH_MEMBER_EV_HEARTBEAT:
        kh_member_on_heartbeat(m, event);
        break;
    case KH_MEMBER_EV_LEFT:
        kh_member_on_left(m);
        break;
    case KH_MEMBER_EV_REVOKED:
        kh_member_on_revoked(m);
        break;
    case KH_MEMBER_EV_COMMIT_VERDICT:
        kh_member_on_commit_verdict(m, event);
        break;
    case KH_MEMBER_EV_REJOIN:
        kh_member_on_rejoin(m, event->text);
        break;
    }
    return 0;
}

static void send_request(struct kh_member *m)
{
    m->request_due_ms = KH_NEVER;
    if (m->state == KH_MEMBER_FINDING)
        kh_member_send_find(m);
    else if (m->state == KH_MEMBER_JOINING)
        kh_member_send_join(m);
    else if (kh_check(m->state == KH_MEMBER_SYNCING))
        kh_member_send_sync(m);
}

/* Whatever the event was: all that is due happens now, so that the next deadline is ahead. */
static void run_clocks(struct kh_member *m)
{
    if (m->drain_due_ms <= m->now_ms)
        kh_member_end_drain(m, "the revocation took too long");
    if (m->stop_due_ms <= m->now_ms)
        kh_member_on_stop_due(m);
    if (m->request_due_ms <= m->now_ms)
        send_request(m);
    if (kh_member_heartbeat_due(m) <= m->now_ms)
        kh_member_send_heartbeat(m);
}

int kh_member_step(struct kh_member *m, int64_t now_ms, const struct kh_member_event *event,
                   struct kh_member_actions *actions)
{
    actions->count = actions->text_count = 0;
    m->actions = actions;
    m->now_ms = now_ms;
    kh_partition_list_free(&m->gone);
    kh_partition_list_free(&m->added);
    /* A process that was suspended reads answers of long ago first: the clock is judged before they
     * are. */
    kh_member_renew_session(m, event);
    if (kh_member_session_due(m) <= now_ms)
        kh_member_on_session_expired(m);
    int status = dispatch(m, event);
    run_clocks(m);
    m->actions = NULL;
    return status;
}

int64_t kh_member_deadline(const struct kh_member *m)
{
    int64_t due = kh_member_earlier(m->request_due_ms, kh_member_heartbeat_due(m));
    due = kh_member_earlier(due, kh_member_session_due(m));
    due = kh_member_earlier(due, m->drain_due_ms);
    return kh_member_earlier(due, m->stop_due_ms);
}

/* ---- birth and death ---- */

/* ConsumerCoordinator: the protocol is the one that all configured assignors support. */
static bool all_cooperative(const struct kh_member_options *options)
{
    for (size_t i = 0; i < options->assignor_count; i++)
        if (options->assignors[i]->mode != KH_REBALANCE_COOPERATIVE)
            return false;
    return options->assignor_count > 0;
}

static int copy_options(struct kh_member *m, const struct kh_member_options *options)
{
    struct kh_member_options *own = &m->options;
    *own = *options;
    own->group_id = own->group_instance_id = own->rack = (struct kh_string){NULL, 0};
    const struct kh_assignor **assignors =
        kh_alloc_zeroed(m->heap, options->assignor_count, sizeof *assignors);
    own->assignors = assignors;
    if (assignors == NULL || kh_member_set_text(m, &own->group_id, options->group_id) != 0)
        return KOHORT_ENOMEM;
    memcpy(assignors, options->assignors, options->assignor_count * sizeof *assignors);
    m->cooperative = all_cooperative(options);
    if (options->group_instance_id.data != NULL &&
        kh_member_set_text(m, &own->group_instance_id, options->group_instance_id) != 0)
        return KOHORT_ENOMEM;
    if (options->rack.data != NULL && kh_member_set_text(m, &own->rack, options->rack) != 0)
        return KOHORT_ENOMEM;
    return 0;
}

int kh_member_new(struct kh_member **ret, struct kh_heap *heap, struct kh_random *random,
                  const struct kh_log *log, const struct kh_member_options *options)
{
    struct kh_member *m = kh_alloc_zeroed(heap, 1, sizeof *m);
    if (m == NULL)
        return KOHORT_ENOMEM;
    m->heap = heap;
    m->random = random;
    m->log = log;
    m->coordinator = m->generation = -1;
    m->request_due_ms = m->heartbeat_due_ms = m->session_start_ms = m->round_ended_ms = KH_NEVER;
    m->drain_due_ms = m->stop_due_ms = m->rebalancing_since_ms = KH_NEVER;
    kh_backoff_init(&m->backoff, options->retry_backoff_ms, options->retry_backoff_max_ms);
    kh_arena_init(&m->join_arena, heap, KH_LIMIT_ARENAS);
    kh_arena_init(&m->round.arena, heap, KH_LIMIT_ARENAS);
    kh_partition_list_init(&m->owned, heap);
    kh_partition_list_init(&m->told, heap);
    m->told_generation = -1;
    kh_partition_list_init(&m->going, heap);
    kh_partition_list_init(&m->added, heap);
    kh_partition_list_init(&m->gone, heap);
    if (copy_options(m, options) != 0 || kh_member_set_text(m, &m->member_id, KH_STRING("")) != 0 ||
        kh_member_set_text(m, &m->leader_id, KH_STRING("")) != 0) {
        kh_member_free(m);
        return KOHORT_ENOMEM;
    }
    *ret = m;
    return 0;
}

void kh_member_free(struct kh_member *m)
{
    if (m == NULL)
        return;
    kh_partition_list_free(&m->owned);
    kh_partition_list_free(&m->told);
    kh_partition_list_free(&m->going);
    kh_partition_list_free(&m->added);
    kh_partition_list_free(&m->gone);
    kh_arena_free(&m->join_arena);
    kh_member_round_free(&m->round);
    kh_free(m->heap, m->told_reason);
    kh_free(m->heap, m->topics);
    kh_free(m->heap, (char *)m->member_id.data);
    kh_free(m->heap, (char *)m->leader_id.data);
    kh_free(m->heap, (char *)m->options.group_id.data);
    kh_free(m->heap, (char *)m->options.group_instance_id.data);
    kh_free(m->heap, (char *)m->options.rack.data);
    kh_free(m->heap, (void *)m->options.assignors);
    kh_free(m->heap, m);
}
