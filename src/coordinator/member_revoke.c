/* Giving partitions back, and losing them. Draining goes on beside the state: in REVOKING while the
 * coordinator is known, in FINDING while it is looked for. */
#include "coordinator/member_internal.h"

#include "base/status.h"

#include <stdio.h>

void kh_member_begin_rebalance(struct kh_member *m, enum kohort_rebalance_reason reason,
                               const char *why)
{
    m->settled = false;
    kh_member_note_rebalance(m, reason);
    kh_member_set_told_reason(m, why);
    if (m->cooperative || m->owned.count == 0) {
        kh_member_begin_join(m, m->now_ms, why);
        return;
    }
    kh_member_enter(m, KH_MEMBER_REVOKING, "%s", why);
    kh_member_drain_all(m);
}

void kh_member_on_subscribe(struct kh_member *m)
{
    if (m->state == KH_MEMBER_STABLE)
        kh_member_begin_rebalance(m, KOHORT_REBALANCE_SUBSCRIPTION, "the subscription changed");
    else if (m->settled || m->state == KH_MEMBER_SYNCING ||
             (m->state == KH_MEMBER_JOINING && m->asked))
        m->rejoin_wanted = true; /* others wait for this round: it is finished first */
}

/* A JoinGroup in flight needs no repetition for this: the leader assigns with what it knows then.
 */
void kh_member_on_rejoin(struct kh_member *m, const char *why)
{
    if (m->state == KH_MEMBER_STABLE)
        kh_member_begin_rebalance(m, KOHORT_REBALANCE_TOPICS, why != NULL ? why : "topics changed");
    else if (m->settled || m->state == KH_MEMBER_SYNCING)
        m->rejoin_wanted = true;
}

/* ---- draining ---- */

void kh_member_shorten_drain(struct kh_member *m)
{
    if (m->stop_due_ms == KH_NEVER)
        return;
    int64_t left_ms = m->stop_due_ms > m->now_ms ? m->stop_due_ms - m->now_ms : 0;
    int64_t reserve_ms = kh_member_earlier(KH_MEMBER_RESERVE_MS, left_ms / 4);
    m->drain_due_ms = kh_member_earlier(m->drain_due_ms, m->now_ms + left_ms - reserve_ms);
}

static void start_drain(struct kh_member *m, const struct kh_partition_list *partitions)
{
    m->draining = true;
    m->all_going = partitions == &m->owned;
    m->drain_due_ms = m->now_ms + m->options.drain_timeout_ms;
    kh_member_shorten_drain(m);
    struct kh_member_action *revoke = kh_member_act(m, KH_MEMBER_ACT_REVOKE);
    revoke->partitions = partitions;
    revoke->deadline_ms = m->drain_due_ms;
}

void kh_member_drain_all(struct kh_member *m)
{
    start_drain(m, &m->owned);
}

void kh_member_give_back(struct kh_member *m)
{
    char why[KH_MEMBER_TEXT];
    snprintf(why, sizeof why, "giving back %zu of %zu partitions", m->going.count, m->owned.count);
    m->settled = false;
    kh_member_note_rebalance(m, KOHORT_REBALANCE_HANDOVER);
    kh_member_set_told_reason(m, why);
    kh_member_enter(m, KH_MEMBER_REVOKING, "%s", why);
    start_drain(m, &m->going);
}

void kh_member_drain_rest(struct kh_member *m)
{
    if (m->all_going || kh_partition_list_difference(&m->added, &m->owned, &m->going) != 0) {
        kh_member_shorten_drain(m); /* without memory the rest goes after it */
        return;
    }
    if (m->added.count > 0)
        start_drain(m, &m->added);
    else
        kh_member_shorten_drain(m);
    m->all_going = true;
}

static int find_unsubscribed(struct kh_member *m)
{
    kh_partition_list_clear(&m->going);
    bool subscribed = true;
    for (size_t i = 0; i < m->owned.count; i++) {
        const struct kh_topic_partition *item = &m->owned.items[i];
        if (i == 0 || item->topic.data != m->owned.items[i - 1].topic.data)
            subscribed = kh_member_is_subscribed(m, item->topic);
        if (!subscribed && kh_partition_list_add(&m->going, item->topic, item->partition) != 0)
            return KOHORT_ENOMEM;
    }
    return 0;
}

bool kh_member_give_back_unsubscribed(struct kh_member *m)
{
    if (!m->cooperative || m->draining || m->owned.count == 0)
        return false;
    if (find_unsubscribed(m) != 0) { /* Letting go of everything needs no memory. */
        kh_member_enter(m, KH_MEMBER_REVOKING, "out of memory");
        kh_member_drain_all(m);
        return true;
    }
    if (m->going.count == 0)
        return false;
    kh_member_give_back(m);
    return true;
}

static void stop_draining(struct kh_member *m)
{
    m->draining = false;
    m->drain_due_ms = KH_NEVER;
}

void kh_member_end_drain(struct kh_member *m, const char *why)
{
    stop_draining(m);
    if (m->all_going) {
        kh_partition_list_move(&m->gone, &m->owned);
    } else {
        kh_partition_list_remove(&m->owned, &m->going);
        kh_partition_list_move(&m->gone, &m->going);
    }
    kh_member_act(m, KH_MEMBER_ACT_DROP)->partitions = &m->gone;
    if (!m->wanted && m->owned.count > 0)
        kh_member_drain_all(m);
    else if (!m->wanted)
        kh_member_leave(m, why);
    else if (m->state == KH_MEMBER_REVOKING)
        kh_member_begin_join(m, m->now_ms, why);
}

void kh_member_on_revoked(struct kh_member *m)
{
    if (m->draining)
        kh_member_end_drain(m, "revoked");
}

/* ---- losing ---- */

void kh_member_lose(struct kh_member *m)
{
    stop_draining(m);
    kh_partition_list_clear(&m->going);
    m->settled = false;
    m->generation = -1;
    m->heartbeat_due_ms = m->session_start_ms = KH_NEVER;
    if (m->owned.count == 0)
        return;
    kh_partition_list_move(&m->gone, &m->owned);
    kh_member_act(m, KH_MEMBER_ACT_LOST)->partitions = &m->gone;
}

void kh_member_forget_id(struct kh_member *m)
{
    if (m->member_id.size == 0)
        return;
    ((char *)m->member_id.data)[0] = '\0'; /* in place: forgetting must not need memory */
    m->member_id.size = 0;
    m->member_id_serial++;
}

void kh_member_evicted(struct kh_member *m, bool forget_member_id, const char *why)
{
    bool finding = m->state == KH_MEMBER_FINDING;
    if (!finding)
        kh_member_cancel(m);
    kh_member_lose(m);
    if (forget_member_id)
        kh_member_forget_id(m);
    if (m->wanted)
        kh_member_note_rebalance(m, KOHORT_REBALANCE_EVICTED);
    if (!m->wanted)
        kh_member_leave(m, why);
    else if (!finding)
        kh_member_rejoin(m, kh_member_soon(m), why);
}
