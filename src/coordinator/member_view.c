/* What can be read of a member, at any time. */
#include "coordinator/member_internal.h"

#include "base/limits.h"

enum kh_member_state kh_member_state(const struct kh_member *m)
{
    return m->state;
}

struct kh_string kh_member_id(const struct kh_member *m)
{
    return m->member_id;
}

struct kh_string kh_member_leader_id(const struct kh_member *m)
{
    return m->generation < 0 ? KH_STRING("") : m->leader_id;
}

bool kh_member_is_leader(const struct kh_member *m)
{
    return m->generation >= 0 && m->is_leader;
}

int32_t kh_member_generation(const struct kh_member *m)
{
    return m->generation;
}

int32_t kh_member_coordinator(const struct kh_member *m)
{
    return m->coordinator;
}

struct kh_member_identity kh_member_identity(const struct kh_member *m)
{
    return (struct kh_member_identity){m->generation, m->member_id_serial};
}

bool kh_member_outgrew(const struct kh_member *m, struct kh_member_identity identity)
{
    bool joining = m->state == KH_MEMBER_JOINING && m->asked;
    return m->cooperative && m->generation >= 0 &&
           identity.member_id_serial == m->member_id_serial &&
           (identity.generation != m->generation || joining);
}

const struct kh_partition_list *kh_member_owned(const struct kh_member *m)
{
    return &m->owned;
}

uint64_t kh_member_ignored_answers(const struct kh_member *m)
{
    return m->ignored_answers;
}

struct kh_member_statistics kh_member_statistics(const struct kh_member *m, int64_t now_ms)
{
    struct kh_member_statistics statistics = m->statistics;
    if (m->rebalancing_since_ms < now_ms)
        statistics.rebalance_ms += now_ms - m->rebalancing_since_ms;
    return statistics;
}

const struct kh_find_coordinator_request *kh_member_find_request(const struct kh_member *m)
{
    return &m->find;
}

const struct kh_join_group_request *kh_member_join_request(const struct kh_member *m)
{
    return &m->join;
}

const struct kh_sync_group_request *kh_member_sync_request(const struct kh_member *m)
{
    return &m->sync;
}

const struct kh_heartbeat_request *kh_member_heartbeat_request(const struct kh_member *m)
{
    return &m->heartbeat;
}

const struct kh_leave_group_request *kh_member_leave_request(const struct kh_member *m)
{
    return &m->leave_request;
}

int64_t kh_member_join_timeout_ms(const struct kh_member *m)
{
    return m->options.rebalance_timeout_ms;
}

const struct kh_member_round *kh_member_round(const struct kh_member *m)
{
    return &m->round;
}

void kh_member_take_round(struct kh_member *m, struct kh_member_round *ret)
{
    *ret = m->round;
    m->round = (struct kh_member_round){.member_count = 0};
    kh_arena_init(&m->round.arena, m->heap, KH_LIMIT_ARENAS);
}

void kh_member_round_free(struct kh_member_round *round)
{
    if (round->frame != NULL)
        kh_buffer_release(round->frame);
    kh_arena_free(&round->arena);
    round->frame = NULL;
    round->members = NULL;
    round->member_count = 0;
}

const struct kh_assignor *kh_member_assignor(const struct kh_member *m)
{
    return m->assignor;
}
