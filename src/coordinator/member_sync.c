/* SyncGroup: the leader hands in the layout, everybody is given a share. */
#include "coordinator/member_internal.h"

#include "base/limits.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>

void kh_member_begin_sync(struct kh_member *m, bool assign)
{
    m->sync = (struct kh_sync_group_request){.group_id = m->options.group_id,
                                             .generation_id = m->generation,
                                             .member_id = m->member_id,
                                             .group_instance_id = m->options.group_instance_id,
                                             .protocol_type = KH_MEMBER_PROTOCOL_TYPE,
                                             .protocol_name = kh_string_of(m->assignor->name)};
    if (assign) {
        m->assigning = true;
        kh_member_act(m, KH_MEMBER_ACT_ASSIGN);
    } else {
        m->request_due_ms = m->now_ms;
    }
}

void kh_member_send_sync(struct kh_member *m)
{
    m->asked = true;
    kh_member_act(m, KH_MEMBER_ACT_SYNC);
}

/* ---- the leader's assignor has finished ---- */

void kh_member_on_assigned(struct kh_member *m, const struct kh_member_event *event)
{
    if (m->state != KH_MEMBER_SYNCING || !m->assigning || !kh_member_is_current(m, event)) {
        m->ignored_answers++;
        return;
    }
    m->assigning = false;
    if (event->status == 0) {
        m->sync.assignments = event->layout->assignments;
        m->sync.assignment_count = event->layout->count;
        m->sync.encoded = event->layout->encoded;
        m->request_due_ms = m->now_ms;
        return;
    }
    /* A layout that is not valid is never handed in; the next round may see other members. */
    char why[KH_MEMBER_TEXT];
    snprintf(why, sizeof why, "assignor %s: %.150s", m->assignor->name,
             event->error != NULL ? event->error->text : kh_status_text(event->status));
    kh_member_rejoin(m, kh_member_later(m), why);
}

/* ---- the answer ---- */

static int compare_topics(const void *a, const void *b)
{
    return kh_string_compare(((const struct kh_consumer_topic *)a)->topic,
                             ((const struct kh_consumer_topic *)b)->topic);
}

static int compare_partitions(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

/* Sorted first: the list grows at its end then, however the leader ordered things. */
static int fill_list(struct kh_partition_list *list,
                     const struct kh_consumer_assignment *assignment)
{
    if (assignment->topic_count > 1)
        qsort(assignment->topics, assignment->topic_count, sizeof *assignment->topics,
              compare_topics);
    for (size_t t = 0; t < assignment->topic_count; t++) {
        const struct kh_consumer_topic *topic = &assignment->topics[t];
        if (topic->partition_count > 1)
            qsort(topic->partitions, topic->partition_count, sizeof *topic->partitions,
                  compare_partitions);
        for (size_t p = 0; p < topic->partition_count; p++) {
            if (topic->partitions[p] < 0)
                return KOHORT_EPROTOCOL;
            if (list->count >= KH_LIMIT_ASSIGNMENT)
                return KOHORT_ELIMIT;
            if (kh_partition_list_add(list, topic->topic, topic->partitions[p]) != 0)
                return KOHORT_ENOMEM;
        }
    }
    return 0;
}

/* No bytes at all is what a broker gives to a member that the leader passed over. */
static int read_assignment(struct kh_member *m, struct kh_bytes bytes,
                           struct kh_partition_list *list, struct kh_bytes *ret_user_data)
{
    *ret_user_data = (struct kh_bytes){NULL, 0};
    if (bytes.size == 0)
        return 0;
    struct kh_consumer_assignment assignment = {0};
    struct kh_arena arena;
    kh_arena_init(&arena, m->heap, KH_LIMIT_ARENAS);
    struct kh_reader r;
    kh_reader_init(&r, bytes.data, (size_t)bytes.size, false, &arena);
    kh_consumer_assignment_decode(&r, &assignment);
    int status = kh_read_ok(&r) ? fill_list(list, &assignment) : KOHORT_EPROTOCOL;
    kh_arena_free(&arena);
    *ret_user_data = assignment.user_data;
    return status;
}

bool kh_member_is_subscribed(const struct kh_member *m, struct kh_string topic)
{
    for (size_t i = 0; i < m->topic_count; i++)
        if (kh_string_equal(m->topics[i], topic))
            return true;
    return false;
}

static bool all_subscribed(const struct kh_member *m, const struct kh_partition_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if ((i == 0 || list->items[i].topic.data != list->items[i - 1].topic.data) &&
            !kh_member_is_subscribed(m, list->items[i].topic))
            return false;
    return true;
}

/* Java's onAssignment. Without memory the leader is told nothing, and may move more than it must.
 */
static void remember(struct kh_member *m, const struct kh_partition_list *assigned)
{
    if (m->assignor->write_user_data == NULL)
        return;
    bool copied = kh_partition_list_copy(&m->told, assigned) == 0;
    m->told_generation = copied ? m->generation : -1;
}

/* What stays is not touched; what others wait for is still ours until it was let go of. */
static int merge(struct kh_member *m, const struct kh_partition_list *assigned)
{
    struct kh_partition_list all;
    kh_partition_list_init(&all, m->heap);
    int status = kh_partition_list_difference(&m->going, &m->owned, assigned);
    if (status == 0)
        status = kh_partition_list_difference(&m->added, assigned, &m->owned);
    if (status == 0)
        status = kh_partition_list_union(&all, &m->owned, &m->added);
    if (status == 0)
        kh_partition_list_move(&m->owned, &all);
    kh_partition_list_free(&all);
    return status;
}

static void adopt(struct kh_member *m, struct kh_partition_list *assigned,
                  struct kh_bytes user_data)
{
    size_t count = assigned->count;
    if (m->cooperative && merge(m, assigned) != 0) {
        kh_member_rejoin(m, kh_member_later(m), "out of memory for the assignment");
        return;
    }
    kh_member_succeeded(m);
    kh_member_set_told_reason(m, NULL);
    remember(m, assigned);
    if (!m->cooperative)
        kh_partition_list_move(&m->owned, assigned);
    m->settled = true;
    kh_member_enter(m, KH_MEMBER_STABLE, "assigned %zu partitions", count);
    kh_member_note_rebalanced(m, true);
    struct kh_member_action *action = kh_member_act(m, KH_MEMBER_ACT_ADOPT);
    action->partitions = m->cooperative ? &m->added : &m->owned;
    action->user_data = user_data;
    kh_member_expect_round(m);
    if (m->cooperative && m->going.count > 0)
        kh_member_give_back(m);
}

static void synced(struct kh_member *m, const struct kh_sync_group_response *response)
{
    if ((response->protocol_type.data != NULL && /* v5+ (KIP-559) */
         !kh_string_equal(response->protocol_type, KH_MEMBER_PROTOCOL_TYPE)) ||
        (response->protocol_name.data != NULL &&
         !kh_string_equal(response->protocol_name, kh_string_of(m->assignor->name)))) {
        kh_member_fail_kafka(m, KH_API_SYNC_GROUP, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL,
                             "the group's protocol is not the one that was joined with");
        return;
    }
    if (!m->wanted) {
        kh_member_enter(m, KH_MEMBER_REVOKING, "stopping");
        return;
    }
    if (m->rejoin_wanted) {
        kh_member_rejoin(m, m->now_ms, "what is subscribed changed meanwhile");
        return;
    }
    struct kh_partition_list assigned;
    struct kh_bytes user_data;
    kh_partition_list_init(&assigned, m->heap);
    int status = read_assignment(m, response->assignment, &assigned, &user_data);
    char why[KH_MEMBER_TEXT];
    if (status != 0) {
        snprintf(why, sizeof why, "the assignment cannot be used: %s", kh_status_text(status));
        kh_member_rejoin(m, kh_member_later(m), why);
    } else if (!all_subscribed(m, &assigned)) {
        kh_member_rejoin(m, kh_member_later(m), "assigned a topic that is not subscribed");
    } else {
        adopt(m, &assigned, user_data);
    }
    kh_partition_list_free(&assigned);
}

void kh_member_on_synced(struct kh_member *m, const struct kh_member_event *event)
{
    if (m->state != KH_MEMBER_SYNCING || !m->asked || !kh_member_is_current(m, event)) {
        m->ignored_answers++;
        return;
    }
    m->asked = false;
    char why[KH_MEMBER_TEXT];
    if (event->status != 0) {
        if (!kh_member_failed_by_status(m, KH_API_SYNC_GROUP, event))
            kh_member_refind(m, kh_member_describe(why, KH_API_SYNC_GROUP, event, 0));
        return;
    }
    const struct kh_sync_group_response *response = event->message;
    kh_member_describe(why, KH_API_SYNC_GROUP, event, response->error_code);
    switch (kh_verdict_of(KH_API_SYNC_GROUP, response->error_code)) {
    case KH_VERDICT_FINE:
        synced(m, response);
        break;
    case KH_VERDICT_REFIND:
        kh_member_refind(m, why);
        break;
    case KH_VERDICT_REJOIN:
        kh_member_rejoin(m, kh_member_soon(m), why);
        break;
    case KH_VERDICT_RESET_GENERATION:
    case KH_VERDICT_RESET_MEMBER:
        kh_member_evicted(m, response->error_code == KH_KAFKA_UNKNOWN_MEMBER_ID, why);
        break;
    case KH_VERDICT_FATAL:
        kh_member_fail_kafka(m, KH_API_SYNC_GROUP, response->error_code, NULL);
        break;
    case KH_VERDICT_PARTITION:
    case KH_VERDICT_TAKE_ID:
    case KH_VERDICT_RETRY:
        m->request_due_ms = kh_member_later(m); /* the same question again */
        break;
    }
}
