/* One group of the classic protocol, as its coordinator keeps it (ClassicGroup.java,
 * GroupMetadataManager.java). */
#ifndef TEST_SIM_GROUP_H
#define TEST_SIM_GROUP_H

#include "protocol/join_group.h"
#include "sim/call.h"

enum sim_group_state {
    SIM_GROUP_EMPTY,
    SIM_GROUP_PREPARING,  /* PreparingRebalance: waits for its members to join */
    SIM_GROUP_COMPLETING, /* CompletingRebalance: waits for the leader's assignment */
    SIM_GROUP_STABLE,
};

struct sim_group;

struct sim_group_member {
    struct kh_list node;
    struct sim_group *group;
    char *id;
    char *instance_id; /* KIP-345; NULL: a dynamic member */
    int32_t rebalance_timeout_ms, session_timeout_ms;
    struct kh_join_group_request_protocol *protocols; /* own copies */
    size_t protocol_count;
    struct kh_bytes assignment;   /* own copy; null before the first */
    struct sim_call *join, *sync; /* parked */
    bool is_new;     /* has never been in a generation: its JoinGroup itself may time out */
    bool is_pending; /* KIP-394: given an id, expected to join with it */
    bool owes_sync;
    struct sim_event session;
};

struct sim_offset {
    char *topic;
    int32_t partition;
    int64_t offset;
    int32_t leader_epoch;
    char *metadata;
};

/* What a coordinator has written to __consumer_offsets of a group's membership
 * (GroupMetadataValue.json): who takes over finds this, and nothing else. */
struct sim_group_record {
    struct sim_group_member *members; /* copies; only what the record has is set */
    size_t member_count;
    char *leader, *protocol_type, *protocol; /* NULL: none */
    int32_t generation;
};

struct sim_group {
    struct kh_list node;
    struct sim_cluster *cluster;
    char *id;
    enum sim_group_state state, previous;
    int32_t generation;
    struct kh_list members, pending; /* in the order of their coming */
    struct sim_group_member *leader; /* NULL: none */
    char *protocol_type, *protocol;  /* NULL: none */
    bool new_member_added;
    int64_t initial_delay_ms, initial_left_ms;
    struct sim_event join_timer, sync_timer;
    struct sim_event loaded; /* armed while a new coordinator reads what is written */
    struct sim_group_record record;
    struct sim_offset *offsets;
    size_t offset_count, offset_capacity;
};

/* NULL: there is none. */
struct sim_group *sim_group_find(const struct sim_cluster *c, struct kh_string id);
struct sim_group *sim_group_create(struct sim_cluster *c, struct kh_string id);
const char *sim_group_state_name(enum sim_group_state state);
/* NULL: none committed. */
struct sim_offset *sim_group_offset(const struct sim_group *g, struct kh_string topic,
                                    int32_t partition);

/* Members, by id; NULL: none. */
struct sim_group_member *sim_group_member(const struct sim_group *g, struct kh_string id);
struct sim_group_member *sim_group_pending(const struct sim_group *g, struct kh_string id);
struct sim_group_member *sim_group_static(const struct sim_group *g, struct kh_string instance_id);
struct sim_group_member *sim_group_add(struct sim_group *g, const char *id, bool is_pending);
void sim_group_set_protocols(struct sim_group_member *m,
                             const struct kh_join_group_request *request);
bool sim_group_same_protocols(const struct sim_group_member *m,
                              const struct kh_join_group_request *request);
/* ClassicGroup.supportsProtocols: whether it offers something that all members do, its own earlier
 * self among them. */
bool sim_group_supports(const struct sim_group *g, const struct kh_join_group_request *request);
void sim_group_remove(struct sim_group_member *m);
/* rescheduleClassicGroupMemberHeartbeat */
void sim_group_renew_session(struct sim_group_member *m);
void sim_group_arm_session(struct sim_group_member *m, int64_t timeout_ms);
int32_t sim_group_rebalance_timeout_ms(const struct sim_group *g);
size_t sim_group_size(const struct sim_group *g);

/* group_rebalance.c */
/* prepareRebalance, if the state allows it, else maybeCompleteJoinPhase. */
void sim_group_rebalance(struct sim_group *g, const char *why);
void sim_group_member_gone(struct sim_group_member *m, const char *why);
void sim_group_answer_join(struct sim_group_member *m, int16_t error_code);
/* What the leader is told. */
void sim_group_list_members(const struct sim_group *g, struct sim_call *call,
                            struct kh_join_group_response *response);
/* ClassicGroup.completeSyncFuture with an error. */
void sim_group_refuse_sync(struct sim_group_member *m, int16_t error_code);
/* ClassicGroup.selectProtocol; the caller's. */
char *sim_group_select_protocol(const struct sim_group *g);
/* Gives every member its assignment, or the error. */
void sim_group_propagate(struct sim_group *g, int16_t error_code);
void sim_group_got_sync(struct sim_group_member *m);
void sim_group_set_state(struct sim_group *g, enum sim_group_state state, const char *why);
void sim_group_on_join_timer(struct sim_event *event);
void sim_group_on_sync_timer(struct sim_event *event);

/* group_move.c */
/* The group is as its coordinator's log is to have it from now on. */
void sim_group_write(struct sim_group *g);
void sim_group_free_record(struct sim_group_record *r);
/* Whether another broker is asked, or the right one too early; 0: neither. */
int16_t sim_coordinator_error(const struct sim_call *call, struct kh_string group_id);

/* What a request of a member meets first; 0: go on. */
int16_t sim_group_validate(const struct sim_call *call, struct kh_string group_id,
                           struct kh_string member_id, struct kh_string instance_id,
                           const struct sim_group **ret_group);
/* ClassicGroup.validateMember: whether it is who it says it is. */
int16_t sim_group_validate_member(const struct sim_group *g, struct kh_string member_id,
                                  struct kh_string instance_id);

#endif
