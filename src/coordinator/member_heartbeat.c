/* Heartbeats and the session clock. Heartbeats go on in every state that has a generation and knows
 * the coordinator: also while JoinGroup or SyncGroup is parked at the broker, which may take far
 * longer than a session. */
#include "coordinator/member_internal.h"

#include <stdio.h>

int64_t kh_member_heartbeat_due(const struct kh_member *m)
{
    bool beats = m->state == KH_MEMBER_JOINING || m->state == KH_MEMBER_SYNCING ||
                 m->state == KH_MEMBER_STABLE || m->state == KH_MEMBER_REVOKING;
    return beats && !m->heartbeat_in_flight ? m->heartbeat_due_ms : KH_NEVER;
}

/* A heartbeat is how a member learns that another one has let go of what it waits for, and calls
 * for the second round: mostly at once, so that the first ones come fast, and then slower. */
static int64_t next_interval(const struct kh_member *m)
{
    int64_t usual_ms = m->options.heartbeat_interval_ms;
    int64_t longest_ms = kh_member_earlier(m->options.join_heartbeat_interval_ms, usual_ms);
    if (longest_ms == 0 || m->round_ended_ms == KH_NEVER)
        return usual_ms;
    int64_t since_ms = m->now_ms - m->round_ended_ms;
    if (since_ms >= usual_ms)
        return usual_ms;
    int64_t next_ms = since_ms > KH_MEMBER_FIRST_BEAT_MS ? since_ms : KH_MEMBER_FIRST_BEAT_MS;
    return kh_member_earlier(next_ms, longest_ms);
}

void kh_member_expect_round(struct kh_member *m)
{
    if (!m->cooperative)
        return;
    m->round_ended_ms = m->now_ms;
    m->heartbeat_due_ms = kh_member_earlier(m->heartbeat_due_ms, m->now_ms + next_interval(m));
}

void kh_member_send_heartbeat(struct kh_member *m)
{
    m->heartbeat = (struct kh_heartbeat_request){.group_id = m->options.group_id,
                                                 .generation_id = m->generation,
                                                 .member_id = m->member_id,
                                                 .group_instance_id = m->options.group_instance_id};
    m->heartbeat_in_flight = true;
    m->heartbeat_due_ms = m->now_ms + next_interval(m);
    kh_member_act(m, KH_MEMBER_ACT_HEARTBEAT);
}

/* ---- the session clock ---- */

void kh_member_start_clocks(struct kh_member *m)
{
    if (m->heartbeat_due_ms == KH_NEVER)
        m->heartbeat_due_ms = m->now_ms + m->options.heartbeat_interval_ms;
    /* Nothing is owned yet: the broker's session begins with its answer, not with our question,
     * which it may have parked for minutes. A clock that runs is not touched: heartbeats keep it
     * going. */
    if (m->session_start_ms == KH_NEVER)
        m->session_start_ms = m->now_ms;
}

static int64_t session_end(const struct kh_member *m)
{
    return m->session_start_ms == KH_NEVER ? KH_NEVER
                                           : m->session_start_ms + m->options.session_timeout_ms;
}

int64_t kh_member_session_due(const struct kh_member *m)
{
    bool matters =
        m->state != KH_MEMBER_IDLE && m->state != KH_MEMBER_FAILED && m->state != KH_MEMBER_LEAVING;
    return matters ? session_end(m) : KH_NEVER;
}

bool kh_member_session_alive(const struct kh_member *m, int64_t now_ms)
{
    return m->session_start_ms != KH_NEVER && now_ms < session_end(m);
}

/* A good answer to a heartbeat does so for the member id, whatever the generation is by now: one
 * that JoinGroup's answer has overtaken kept the session too. */
static bool proves_alive(const struct kh_member *m, const struct kh_member_event *event)
{
    if (event->status != 0 || event->identity.member_id_serial != m->member_id_serial)
        return false;
    if (event->type == KH_MEMBER_EV_HEARTBEAT && m->heartbeat_in_flight) {
        const struct kh_heartbeat_response *response = event->message;
        return response->error_code == KH_KAFKA_NONE ||
               response->error_code == KH_KAFKA_REBALANCE_IN_PROGRESS;
    }
    if (!kh_member_is_current(m, event))
        return false;
    if (event->type == KH_MEMBER_EV_JOINED && m->state == KH_MEMBER_JOINING && m->asked) {
        const struct kh_join_group_response *response = event->message;
        return response->error_code == KH_KAFKA_NONE;
    }
    if (event->type == KH_MEMBER_EV_SYNCED && m->state == KH_MEMBER_SYNCING && m->asked) {
        const struct kh_sync_group_response *response = event->message;
        return response->error_code == KH_KAFKA_NONE;
    }
    return false;
}

/* Counted from the sending: the broker may have started its clock right then, and no later than
 * its answer. */
void kh_member_renew_session(struct kh_member *m, const struct kh_member_event *event)
{
    if (m->session_start_ms != KH_NEVER && proves_alive(m, event) &&
        event->sent_ms > m->session_start_ms)
        m->session_start_ms = event->sent_ms;
}

/* The coordinator has given our partitions to others by now, or is about to: stop, and look for it
 * anew. The member id stays; if the coordinator has forgotten it, JoinGroup will be told so. */
void kh_member_on_session_expired(struct kh_member *m)
{
    char why[KH_MEMBER_TEXT];
    snprintf(why, sizeof why, "no heartbeat was answered for %d ms", m->options.session_timeout_ms);
    kh_member_lose(m);
    if (!m->wanted) {
        kh_member_stopped(m, why);
        return;
    }
    kh_member_note_rebalance(m, KOHORT_REBALANCE_SESSION);
    kh_member_set_told_reason(m, why);
    if (m->state != KH_MEMBER_FINDING) {
        kh_member_cancel(m);
        m->coordinator = -1;
        kh_member_enter(m, KH_MEMBER_FINDING, "%s", why);
        m->request_due_ms = m->now_ms;
    }
}

/* ---- answers ---- */

/* What a heartbeat or a commit is told about our membership. */
static void judge(struct kh_member *m, enum kh_api api, enum kh_verdict verdict, int16_t kafka_code,
                  const char *why)
{
    switch (verdict) {
    case KH_VERDICT_REFIND:
        kh_member_refind(m, why);
        break;
    case KH_VERDICT_REJOIN:
        if (m->state == KH_MEMBER_STABLE)
            kh_member_begin_rebalance(m, KOHORT_REBALANCE_GROUP, "the group is rebalancing");
        break;
    case KH_VERDICT_RESET_GENERATION:
        /* While JoinGroup is parked the group may move on to the generation it is about to tell
         * us: only its answer says whether we are part of that. */
        if (m->state == KH_MEMBER_JOINING && m->asked)
            m->ignored_answers++;
        else
            kh_member_evicted(m, false, why);
        break;
    case KH_VERDICT_RESET_MEMBER:
        kh_member_evicted(m, true, why);
        break;
    case KH_VERDICT_FATAL:
        kh_member_fail_kafka(m, api, kafka_code, NULL);
        break;
    case KH_VERDICT_FINE:
    case KH_VERDICT_PARTITION:
    case KH_VERDICT_RETRY:
    case KH_VERDICT_TAKE_ID:
        break;
    }
}

void kh_member_on_heartbeat(struct kh_member *m, const struct kh_member_event *event)
{
    if (!m->heartbeat_in_flight) {
        m->ignored_answers++;
        return;
    }
    m->heartbeat_in_flight = false;
    if (!kh_member_is_current(m, event) || m->generation < 0) {
        m->ignored_answers++;
        return;
    }
    char why[KH_MEMBER_TEXT];
    if (event->status != 0) {
        if (!kh_member_failed_by_status(m, KH_API_HEARTBEAT, event))
            kh_member_refind(m, kh_member_describe(why, KH_API_HEARTBEAT, event, 0));
        return;
    }
    const struct kh_heartbeat_response *response = event->message;
    enum kh_verdict verdict = kh_verdict_of(KH_API_HEARTBEAT, response->error_code);
    if (verdict == KH_VERDICT_FINE) {
        if (m->state == KH_MEMBER_STABLE)
            kh_member_succeeded(m);
        return;
    }
    if (verdict == KH_VERDICT_RETRY)
        m->heartbeat_due_ms = kh_member_earlier(m->heartbeat_due_ms, kh_member_later(m));
    judge(m, KH_API_HEARTBEAT, verdict, response->error_code,
          kh_member_describe(why, KH_API_HEARTBEAT, event, response->error_code));
}

void kh_member_on_commit_verdict(struct kh_member *m, const struct kh_member_event *event)
{
    if (!kh_member_is_current(m, event) || m->generation < 0 || m->state == KH_MEMBER_LEAVING) {
        m->ignored_answers++;
        return;
    }
    char why[KH_MEMBER_TEXT];
    kh_member_describe(why, event->api, event, event->kafka_code);
    if (event->status == 0)
        judge(m, event->api, kh_verdict_of(event->api, event->kafka_code), event->kafka_code, why);
    else if (!kh_member_failed_by_status(m, event->api, event))
        kh_member_refind(m, why);
}
