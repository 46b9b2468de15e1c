/* A member, a clock, and a pretended coordinator: tests answer its requests one by one and compare
 * what happened with a story. The time is virtual.
 *
 * After every step it is checked that moves are legal, that no request is sent twice, that the next
 * deadline is ahead, and that each partition adopted is dropped or lost once. */
#ifndef TEST_UNIT_COORDINATOR_STORY_H
#define TEST_UNIT_COORDINATOR_STORY_H

#include "base/random.h"
#include "coordinator/member.h"
#include "support/test.h"

enum story_request {
    STORY_FIND,
    STORY_JOIN,
    STORY_ASSIGN,
    STORY_SYNC,
    STORY_HEARTBEAT,
    STORY_LEAVE,
    STORY_REQUESTS
};

struct story_flight {
    bool in_flight;
    struct kh_member_identity identity;
    int64_t sent_ms;
};

struct story {
    struct kh_member *m;
    struct kh_random random;
    struct kh_log log;
    int64_t now_ms;
    bool cooperative;
    enum kh_member_state state;
    struct story_flight flights[STORY_REQUESTS];
    struct kh_partition_list held; /* adopted, and neither dropped nor lost */
    size_t revoking;               /* partitions that REVOKE asked for and that are not gone */
    int failures;                  /* FAILED actions since the last START */
    size_t adopted, dropped, lost, stopped;
    kohort_error error;      /* of the last FAILED */
    struct kh_buffer *frame; /* what JoinGroup's answers lie in; NULL: nothing that can be kept */
    bool silent;             /* write no trace */
    char trace[16 * 1024];
    size_t trace_size;
    char last_log[512];
};

/* Group "g"; session 45,000, rebalance 300,000, heartbeat 3,000, drain 30,000, backoff 100..1,000
 * ms without jitter to speak of (the random seed is fixed). instance_id NULL: dynamic. */
void story_begin(struct story *s, const char *instance_id);
/* The same with cooperative-sticky alone. */
void story_begin_cooperative(struct story *s, int32_t join_heartbeat_interval_ms);
/* KOHORT_ENOMEM is possible in sweeps. */
int story_try_begin(struct story *s, const char *instance_id, bool cooperative,
                    int32_t join_heartbeat_interval_ms);
void story_end(struct story *s);
const char *story_strategy(const struct story *s); /* the assignor of the group */

/* Feeds any event. */
int story_step(struct story *s, const struct kh_member_event *event);
/* Lets time pass; deadlines on the way are met. */
void story_run_until(struct story *s, int64_t now_ms);

/* Topics: names separated by spaces. */
int story_start(struct story *s, const char *topics);
int story_subscribe(struct story *s, const char *topics);
void story_stop(struct story *s, bool leave, int64_t deadline_ms);
void story_revoked(struct story *s);
void story_rejoin(struct story *s, const char *why);
void story_commit_verdict(struct story *s, int16_t kafka_code, struct kh_member_identity identity);

/* Answers to what is in flight. */
void story_no_answer(struct story *s, enum story_request request, int status);
void story_found(struct story *s, int16_t error_code, int32_t node_id);
void story_joined(struct story *s, int16_t error_code, const char *member_id, int32_t generation,
                  const char *leader);
void story_join_response(struct story *s, const struct kh_join_group_response *response);
void story_assigned(struct story *s, int status);
/* partitions: "t-0 t-1 u-0" */
void story_synced(struct story *s, int16_t error_code, const char *partitions);
void story_sync_response(struct story *s, const struct kh_sync_group_response *response);
void story_heartbeat(struct story *s, int16_t error_code);
void story_left(struct story *s, int16_t error_code);

/* As far as STABLE, owning these partitions, as follower "m-1" of generation `generation`; from any
 * point where FIND or JOIN is in flight. The trace is forgotten. */
void story_settle(struct story *s, int32_t generation, const char *partitions);

/* Compares with all that happened since the last call, one line a move or action. */
void story_expect(struct story *s, const char *expected);
void story_forget(struct story *s);
bool story_in_flight(const struct story *s, enum story_request request);

#endif
