/* Getting out, from wherever we are. Telling the group is best effort: peers get the partitions at
 * once instead of after our session. */
#include "coordinator/member_internal.h"

void kh_member_stopped(struct kh_member *m, const char *why)
{
    kh_member_cancel(m);
    kh_member_lose(m);
    kh_member_note_rebalanced(m, false);
    kh_member_forget_id(m);
    m->leader_id.size = 0;
    m->is_leader = false;
    m->assignor = NULL;
    kh_member_round_free(&m->round);
    m->coordinator = -1;
    m->wanted = false;
    m->stop_due_ms = KH_NEVER;
    kh_member_enter(m, KH_MEMBER_IDLE, "%s", why);
    kh_member_act(m, KH_MEMBER_ACT_STOPPED);
}

/* KIP-800: for the broker's log. */
static struct kh_string leave_reason(const struct kh_member *m)
{
    if (m->state == KH_MEMBER_FAILED)
        return kh_string_of(m->told_reason);
    return kh_string_of(m->stop_reason == NULL ? "the consumer is being closed" : m->stop_reason);
}

void kh_member_leave(struct kh_member *m, const char *why)
{
    bool reachable = m->coordinator >= 0 || m->state == KH_MEMBER_FINDING;
    if (!m->leave || m->member_id.size == 0 || !reachable) {
        kh_member_stopped(m, why);
        return;
    }
    m->stop_due_ms = kh_member_earlier(m->stop_due_ms, m->now_ms + KH_MEMBER_LEAVE_MS);
    if (m->coordinator < 0)
        return; /* FINDING goes on, for as long as that is worth */
    kh_member_cancel(m);
    m->leave_member = (struct kh_leave_group_request_member){
        .member_id = m->member_id,
        .group_instance_id = m->options.group_instance_id,
        .reason = leave_reason(m),
    };
    m->leave_request = (struct kh_leave_group_request){.group_id = m->options.group_id,
                                                       .member_id = m->member_id,
                                                       .members = &m->leave_member,
                                                       .member_count = 1};
    kh_member_enter(m, KH_MEMBER_LEAVING, "%s", why);
    m->asked = true;
    kh_member_act(m, KH_MEMBER_ACT_LEAVE);
}

/* Whatever the answer says, or that none came: there is nothing better to do than to go. */
void kh_member_on_left(struct kh_member *m)
{
    if (m->state != KH_MEMBER_LEAVING || !m->asked) {
        m->ignored_answers++;
        return;
    }
    m->asked = false;
    kh_member_stopped(m, "left");
}

void kh_member_on_stop_due(struct kh_member *m)
{
    kh_member_stopped(m, "the time to stop is over");
}

/* Owned partitions are drained first; without any, the group is told at once. */
static void let_go(struct kh_member *m)
{
    const char *why = "stopping";
    m->settled = false;
    if (m->draining) {
        kh_member_drain_rest(m);
    } else if (m->owned.count == 0) {
        kh_member_leave(m, why);
    } else {
        if (m->state != KH_MEMBER_FINDING)
            kh_member_enter(m, KH_MEMBER_REVOKING, "%s", why);
        kh_member_drain_all(m);
    }
}

/* What is owned in a cooperative round can only be committed in the generation that the round leads
 * to: giving the round up would cost what is acknowledged from now on. */
static bool may_finish_round(const struct kh_member *m)
{
    return m->cooperative && m->owned.count > 0 && (m->state == KH_MEMBER_SYNCING || m->asked);
}

static void stop(struct kh_member *m)
{
    switch (m->state) {
    case KH_MEMBER_IDLE:
        m->stop_due_ms = KH_NEVER;
        kh_member_act(m, KH_MEMBER_ACT_STOPPED);
        break;
    case KH_MEMBER_JOINING:
    case KH_MEMBER_SYNCING:
        if (may_finish_round(m)) {
            kh_member_drain_all(m);
        } else {
            kh_member_cancel(m);
            let_go(m);
        }
        break;
    case KH_MEMBER_FINDING:
    case KH_MEMBER_STABLE:
    case KH_MEMBER_REVOKING:
    case KH_MEMBER_FAILED:
        let_go(m);
        break;
    case KH_MEMBER_LEAVING:
    case KH_MEMBER_STATE_COUNT:
        break;
    }
}

void kh_member_on_stop(struct kh_member *m, const struct kh_member_event *event)
{
    int64_t due_ms = event->deadline_ms != 0
                         ? event->deadline_ms
                         : m->now_ms + m->options.drain_timeout_ms + KH_MEMBER_LEAVE_MS;
    bool again = !m->wanted && m->state != KH_MEMBER_IDLE && m->state != KH_MEMBER_FAILED;
    if (!again) {
        m->wanted = false;
        m->leave = event->leave;
        m->stop_reason = event->text;
        m->stop_due_ms = KH_NEVER;
    }
    m->stop_due_ms = kh_member_earlier(m->stop_due_ms, due_ms);
    if (!again)
        stop(m);
    else if (m->draining)
        let_go(m); /* the deadline only ever comes nearer */
}
