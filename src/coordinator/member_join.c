/* JoinGroup: becoming a member, and joining each new generation. */
#include "coordinator/member_internal.h"

#include <stdio.h>

/* ---- the request ---- */

static int keep_written(struct kh_member *m, const struct kh_writer *w, struct kh_bytes *ret)
{
    uint8_t *copy = w->status == 0 ? kh_arena_alloc(&m->join_arena, w->size, 1) : NULL;
    if (copy == NULL)
        return KOHORT_ENOMEM;
    if (w->size > 0)
        memcpy(copy, w->data, w->size);
    *ret = (struct kh_bytes){copy, (int32_t)w->size};
    return 0;
}

/* Null where the assignor has nothing to say. */
static int encode_user_data(struct kh_member *m, const struct kh_assignor *assignor,
                            struct kh_bytes *ret)
{
    struct kh_consumer_topic *topics;
    size_t count;
    *ret = (struct kh_bytes){NULL, 0};
    if (assignor->write_user_data == NULL)
        return 0;
    if (kh_partition_list_topics(&m->told, &m->join_arena, &topics, &count) != 0)
        return KOHORT_ENOMEM;
    struct kh_writer w;
    kh_writer_init(&w, m->heap);
    assignor->write_user_data(assignor, &m->join_arena, &w, topics, count, m->told_generation);
    int status = w.status == 0 && w.size == 0 ? 0 : keep_written(m, &w, ret);
    kh_writer_free(&w);
    return status;
}

/* KIP-429: what is still ours, so that the leader gives none of it to another one. */
static int encode_subscription(struct kh_member *m, const struct kh_assignor *assignor,
                               struct kh_bytes *ret)
{
    struct kh_consumer_subscription subscription = {.topics = m->topics,
                                                    .topic_count = m->topic_count,
                                                    .generation = m->generation,
                                                    .rack = m->options.rack};
    if (encode_user_data(m, assignor, &subscription.user_data) != 0 ||
        kh_partition_list_topics(&m->owned, &m->join_arena, &subscription.owned,
                                 &subscription.owned_count) != 0)
        return KOHORT_ENOMEM;
    struct kh_writer w;
    kh_writer_init(&w, m->heap);
    kh_consumer_subscription_encode(&w, KH_CONSUMER_PROTOCOL_NEWEST, &subscription);
    int status = keep_written(m, &w, ret);
    kh_writer_free(&w);
    return status;
}

static int build_request(struct kh_member *m)
{
    const struct kh_member_options *options = &m->options;
    kh_arena_reset(&m->join_arena);
    struct kh_join_group_request_protocol *protocols =
        kh_arena_alloc(&m->join_arena, options->assignor_count, sizeof *protocols);
    if (protocols == NULL)
        return KOHORT_ENOMEM;
    for (size_t i = 0; i < options->assignor_count; i++) {
        protocols[i].name = kh_string_of(options->assignors[i]->name);
        if (encode_subscription(m, options->assignors[i], &protocols[i].metadata) != 0)
            return KOHORT_ENOMEM;
    }
    m->join = (struct kh_join_group_request){
        .group_id = options->group_id,
        .session_timeout_ms = options->session_timeout_ms,
        .rebalance_timeout_ms = options->rebalance_timeout_ms,
        .member_id = m->member_id,
        .group_instance_id = options->group_instance_id,
        .protocol_type = KH_MEMBER_PROTOCOL_TYPE,
        .protocols = protocols,
        .protocol_count = options->assignor_count,
        .reason = kh_arena_string(&m->join_arena, kh_string_of(m->told_reason)),
    };
    return 0;
}

void kh_member_set_told_reason(struct kh_member *m, const char *why)
{
    kh_free(m->heap, m->told_reason);
    m->told_reason =
        why == NULL ? NULL : kh_copy_text(m->heap, why, strnlen(why, KH_MEMBER_TOLD_MAX));
}

void kh_member_begin_join(struct kh_member *m, int64_t due_ms, const char *why)
{
    kh_member_enter(m, KH_MEMBER_JOINING, "%s", why);
    m->request_due_ms = due_ms;
}

void kh_member_rejoin(struct kh_member *m, int64_t due_ms, const char *why)
{
    kh_member_set_told_reason(m, why);
    kh_member_begin_join(m, due_ms, why);
}

void kh_member_send_join(struct kh_member *m)
{
    if (kh_member_give_back_unsubscribed(m))
        return;
    if (build_request(m) != 0) {
        m->request_due_ms = kh_member_later(m);
        return;
    }
    m->rejoin_wanted = false; /* it carries all that is wanted now */
    kh_member_round_free(&m->round);
    m->asked = true;
    kh_member_act(m, KH_MEMBER_ACT_JOIN);
}

/* ---- the answer ---- */

/* KIP-394: the first JoinGroup of a dynamic member is refused with an id, so that one whose answer
 * is lost leaves nothing behind. */
static void take_id(struct kh_member *m, const struct kh_join_group_response *response)
{
    bool first = m->member_id.size == 0 && response->member_id.size > 0;
    if (!first || kh_member_set_text(m, &m->member_id, response->member_id) != 0) {
        kh_member_rejoin(m, kh_member_later(m), "a member id is asked for again");
        return;
    }
    m->member_id_serial++;
    kh_member_rejoin(m, m->now_ms, "a member id was given");
}

static const struct kh_assignor *chosen_assignor(const struct kh_member *m, struct kh_string name)
{
    for (size_t i = 0; i < m->options.assignor_count; i++)
        if (kh_string_equal(name, kh_string_of(m->options.assignors[i]->name)))
            return m->options.assignors[i];
    return NULL;
}

/* The group must be one of consumers, and use an assignor that we offered. False: failed. */
static bool check_protocol(struct kh_member *m, const struct kh_join_group_response *response)
{
    char name[64], detail[KH_MEMBER_TEXT];
    if (response->protocol_type.data != NULL && /* v7+ (KIP-559) */
        !kh_string_equal(response->protocol_type, KH_MEMBER_PROTOCOL_TYPE)) {
        snprintf(detail, sizeof detail, "the group's protocol type is '%s', not 'consumer'",
                 kh_printable(name, sizeof name, response->protocol_type));
        kh_member_fail_kafka(m, KH_API_JOIN_GROUP, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, detail);
        return false;
    }
    m->assignor = chosen_assignor(m, response->protocol_name);
    if (m->assignor == NULL) {
        snprintf(detail, sizeof detail, "the group uses assignor '%s'",
                 kh_printable(name, sizeof name, response->protocol_name));
        kh_member_fail_kafka(m, KH_API_JOIN_GROUP, KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, detail);
        return false;
    }
    return true;
}

static int copy_member(struct kh_arena *arena, const struct kh_join_group_response_member *from,
                       struct kh_join_group_response_member *to)
{
    uint8_t *metadata = kh_arena_take(arena, (size_t)from->metadata.size, 1);
    to->member_id = kh_arena_string(arena, from->member_id);
    to->group_instance_id = kh_arena_string(arena, from->group_instance_id);
    if (metadata == NULL || to->member_id.data == NULL ||
        (to->group_instance_id.data == NULL && from->group_instance_id.data != NULL))
        return KOHORT_ENOMEM;
    if (from->metadata.size > 0)
        memcpy(metadata, from->metadata.data, (size_t)from->metadata.size);
    to->metadata = (struct kh_bytes){metadata, from->metadata.size};
    return 0;
}

/* The leader keeps what the members sent, for its assignor: in a large group where it lies. */
static int keep_members(struct kh_member *m, const struct kh_join_group_response *response,
                        struct kh_buffer *frame)
{
    struct kh_member_round *round = &m->round;
    size_t count = m->is_leader ? response->member_count : 0;
    kh_member_round_free(round);
    if (count == 0)
        return 0;
    round->members = kh_arena_take(&round->arena, count, sizeof *round->members);
    if (round->members == NULL)
        return KOHORT_ENOMEM;
    if (frame != NULL) {
        kh_buffer_reference(frame);
        round->frame = frame;
        memcpy(round->members, response->members, count * sizeof *round->members);
    }
    for (size_t i = 0; round->frame == NULL && i < count; i++)
        if (copy_member(&round->arena, &response->members[i], &round->members[i]) != 0)
            return KOHORT_ENOMEM;
    round->member_count = count;
    return 0;
}

/* Who we are from now on. False: nothing came of it, and JoinGroup will be sent again. */
static bool take_identity(struct kh_member *m, const struct kh_join_group_response *response,
                          struct kh_buffer *frame)
{
    if (response->generation_id < 0 || response->member_id.size == 0) {
        kh_member_rejoin(m, kh_member_later(m),
                         "JoinGroup's answer names no generation or no member");
        return false;
    }
    m->is_leader = kh_string_equal(response->leader, response->member_id);
    bool new_id = !kh_string_equal(m->member_id, response->member_id);
    if (new_id)
        kh_member_cancel(m); /* a heartbeat that still waits to be written names the old one */
    if ((new_id && kh_member_set_text(m, &m->member_id, response->member_id) != 0) ||
        kh_member_set_text(m, &m->leader_id, response->leader) != 0 ||
        keep_members(m, response, frame) != 0) {
        kh_member_rejoin(m, kh_member_later(m), "out of memory for JoinGroup's answer");
        return false;
    }
    m->member_id_serial += new_id;
    m->generation = response->generation_id;
    return true;
}

static void joined(struct kh_member *m, const struct kh_join_group_response *response,
                   struct kh_buffer *frame)
{
    if (!check_protocol(m, response) || !take_identity(m, response, frame))
        return;
    kh_member_start_clocks(m);
    kh_member_enter(m, KH_MEMBER_SYNCING, "joined generation %d as %s", m->generation,
                    m->is_leader ? "leader" : "follower");
    /* KIP-814: a static leader that came back must not assign anew, but it goes on watching. */
    if (m->is_leader && response->skip_assignment)
        kh_member_act(m, KH_MEMBER_ACT_WATCH);
    kh_member_begin_sync(m, m->is_leader && !response->skip_assignment);
}

void kh_member_on_joined(struct kh_member *m, const struct kh_member_event *event)
{
    if (m->state != KH_MEMBER_JOINING || !m->asked || !kh_member_is_current(m, event)) {
        m->ignored_answers++;
        return;
    }
    m->asked = false;
    kh_arena_free(&m->join_arena);
    char why[KH_MEMBER_TEXT];
    if (event->status != 0) {
        if (!kh_member_failed_by_status(m, KH_API_JOIN_GROUP, event))
            kh_member_refind(m, kh_member_describe(why, KH_API_JOIN_GROUP, event, 0));
        return;
    }
    const struct kh_join_group_response *response = event->message;
    kh_member_describe(why, KH_API_JOIN_GROUP, event, response->error_code);
    switch (kh_verdict_of(KH_API_JOIN_GROUP, response->error_code)) {
    case KH_VERDICT_FINE:
        joined(m, response, event->frame);
        break;
    case KH_VERDICT_TAKE_ID:
        take_id(m, response);
        break;
    case KH_VERDICT_REFIND:
        kh_member_refind(m, why);
        break;
    case KH_VERDICT_RESET_GENERATION:
    case KH_VERDICT_RESET_MEMBER:
        kh_member_evicted(m, response->error_code == KH_KAFKA_UNKNOWN_MEMBER_ID, why);
        break;
    case KH_VERDICT_FATAL:
        kh_member_fail_kafka(m, KH_API_JOIN_GROUP, response->error_code, NULL);
        break;
    case KH_VERDICT_PARTITION:
    case KH_VERDICT_RETRY:
    case KH_VERDICT_REJOIN:
        kh_member_rejoin(m, kh_member_later(m), why);
        break;
    }
}
