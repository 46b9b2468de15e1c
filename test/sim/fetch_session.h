/* Fetch sessions (KIP-227), as FetchSession.scala has them: which partitions a Fetch is about, and
 * which of them its answer names. */
#ifndef TEST_SIM_FETCH_SESSION_H
#define TEST_SIM_FETCH_SESSION_H

#include "protocol/fetch.h"
#include "sim/call.h"

/* A partition as the session, or one request without a session, has it. */
struct sim_fetch_partition {
    struct kh_string topic; /* the session's or the request's; null: asked for by an id only */
    struct kh_uuid topic_id;
    struct kh_fetch_request_partition asked;
    int64_t high_watermark, log_start_offset; /* as last answered; -1: never */
};

struct sim_fetch_session {
    struct kh_list node;
    int32_t id, epoch;
    int host; /* who made it */
    bool uses_topic_ids;
    struct sim_fetch_partition *partitions;
    size_t count, capacity;
};

/* What one Fetch is about. */
struct sim_fetch_plan {
    struct sim_fetch_session *session; /* NULL: none, and every partition is answered */
    bool full;                         /* the session is new: every partition is answered */
    int32_t session_id;
    struct sim_fetch_partition *partitions; /* as they were when the request came; from the call */
    size_t count;
};

/* 0, or the error to answer. */
int16_t sim_fetch_session_begin(struct sim_call *call, struct sim_fetch_plan *plan);
/* Whether this answer must be named; remembers it if so. The session may have gone meanwhile. */
bool sim_fetch_session_names(struct sim_broker *b, const struct sim_fetch_plan *plan,
                             const struct sim_fetch_partition *partition,
                             const struct kh_fetch_response_partition *answer);

#endif
