/* What can be read of a member, at any time. */
#include "coordinator/member_internal.h"

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
    return m->leader_id;
}

bool kh_member_is_leader(const struct kh_member *m)
{
    return m->is_leader;
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

const struct kh_partition_list *kh_member_owned(const struct kh_member *m)
{
    return &m->owned;
}

uint64_t kh_member_ignored_answers(const struct kh_member *m)
{
    return m->ignored_answers;
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

size_t kh_member_joined(const struct kh_member *m,
                        const struct kh_join_group_response_member **ret_members)
{
    *ret_members = m->joined;
    return m->joined_count;
}

const struct kh_assignor *kh_member_assignor(const struct kh_member *m)
{
    return m->assignor;
}
