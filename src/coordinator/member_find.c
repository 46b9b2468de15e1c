/* Who coordinates the group. Asking again keeps the member id, the generation and what is owned:
 * the session, not the connection, decides how long partitions are ours. */
#include "coordinator/member_internal.h"

void kh_member_send_find(struct kh_member *m)
{
    m->find = (struct kh_find_coordinator_request){.key = m->options.group_id,
                                                   .key_type = KH_COORDINATOR_GROUP,
                                                   .coordinator_keys = &m->options.group_id,
                                                   .coordinator_key_count = 1};
    m->asked = true;
    kh_member_act(m, KH_MEMBER_ACT_FIND);
}

void kh_member_refind(struct kh_member *m, const char *why)
{
    if (m->state == KH_MEMBER_FINDING)
        return;
    kh_member_cancel(m);
    m->coordinator = -1;
    kh_member_enter(m, KH_MEMBER_FINDING, "%s", why);
    m->request_due_ms = kh_member_later(m);
}

/* Back to where the search began. */
static void go_on(struct kh_member *m)
{
    const char *why = "the coordinator is known";
    if (m->draining) {
        kh_member_enter(m, KH_MEMBER_REVOKING, "%s", why);
    } else if (!m->wanted) {
        kh_member_leave(m, why);
    } else if (m->settled) {
        kh_member_enter(m, KH_MEMBER_STABLE, "%s", why);
        if (m->rejoin_wanted)
            kh_member_begin_rebalance(m, KOHORT_REBALANCE_SUBSCRIPTION,
                                      "what is subscribed changed meanwhile");
    } else {
        kh_member_begin_join(m, m->now_ms, why);
    }
}

static void ask_again(struct kh_member *m, const char *why)
{
    m->request_due_ms = kh_member_later(m);
    char group[128];
    kh_log(m->log, KH_LOG_DEBUG, "group %s: asking for the coordinator again: %s",
           kh_printable(group, sizeof group, m->options.group_id), why);
}

void kh_member_on_coordinator(struct kh_member *m, const struct kh_member_event *event)
{
    if (m->state != KH_MEMBER_FINDING || !m->asked) {
        m->ignored_answers++;
        return;
    }
    m->asked = false;
    char why[KH_MEMBER_TEXT];
    if (event->status != 0) {
        if (!kh_member_failed_by_status(m, KH_API_FIND_COORDINATOR, event))
            ask_again(m, kh_member_describe(why, KH_API_FIND_COORDINATOR, event, 0));
        return;
    }
    const struct kh_find_coordinator_response *response = event->message;
    if (response->coordinator_count == 0) {
        ask_again(m, "FindCoordinator: the answer names nobody");
        return;
    }
    const struct kh_find_coordinator_response_coordinator *found = &response->coordinators[0];
    if (kh_verdict_of(KH_API_FIND_COORDINATOR, found->error_code) == KH_VERDICT_FATAL) {
        kh_member_fail_kafka(m, KH_API_FIND_COORDINATOR, found->error_code, NULL);
    } else if (found->error_code != KH_KAFKA_NONE || found->node_id < 0) {
        ask_again(m, kh_member_describe(why, KH_API_FIND_COORDINATOR, event, found->error_code));
    } else {
        m->coordinator = found->node_id;
        go_on(m);
    }
}
