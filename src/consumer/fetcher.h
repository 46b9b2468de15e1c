/* Fetching from one broker: a lane of its own, one request in flight, a fetch session (KIP-227). */
#ifndef KH_CONSUMER_FETCHER_H
#define KH_CONSUMER_FETCHER_H

#include "consumer/aborted.h"
#include "consumer/consumer.h"
#include "protocol/fetch_stream.h"

/* A partition as the session with this broker knows it. It may outlive the ownership. */
struct kh_fetch_entry {
    char *topic;
    struct kh_uuid topic_id; /* none: fetched by name, at v12 or below */
    int32_t partition;
    uint64_t ownership; /* the context it is fetched for */
    uint32_t
        serial;     /* the context's, when it was asked for: an answer to an older one is dropped */
    int64_t offset; /* that was asked for last */
    int32_t leader_epoch;
    int32_t max_bytes; /* the most that it may bring */
    bool on_broker;    /* the session there holds it */
    bool wanted;       /* by the request being built */
    bool changed;      /* since a request has named it */
};

struct kh_fetch_session {
    int32_t id, epoch;              /* epoch 0: the next request is full */
    struct kh_fetch_entry *entries; /* sorted by topic, then partition */
    size_t count, capacity;
    size_t next_answer; /* where the next partition of an answer is looked for first */
    size_t rotation; /* a full request starts elsewhere each time: the broker fills the first ones
                        first */
};

/* The request's arrays, reused. */
struct kh_fetch_message {
    struct kh_fetch_request request;
    struct kh_fetch_request_topic *topics;
    struct kh_fetch_request_partition *partitions;
    struct kh_fetch_request_forgotten_topic *forgotten;
    int32_t *forgotten_partitions;
    size_t capacity;
};

struct kh_fetcher {
    struct kh_list node;
    kohort_consumer *consumer;
    int32_t node_id;
    struct kh_lane *lane;
    struct kh_request request;
    struct kh_stream_sink sink;
    bool in_flight;
    size_t asked_bytes;    /* that the answer may bring, at most */
    bool empty;            /* it has brought no batch so far */
    struct kh_timer retry; /* after a failure, or as long as the broker throttles us */
    struct kh_backoff backoff;
    struct kh_fetch_session session;
    struct kh_fetch_message message;
    struct kh_fetch_stream stream;
    struct kh_buffer *buffer;         /* of the bytes being read */
    struct kh_aborted aborted;        /* of the partition being read */
    struct kh_fetch_entry *answering; /* the partition being read; NULL: not wanted */
    int16_t used_version;
    bool unwanted_answer; /* an error at its top: what follows means nothing */
};

/* fetch_session.c: fills message->request with what the next Fetch must say. *ret_any: whether
 * there is anything to ask for. 0 or KOHORT_ENOMEM. */
int kh_fetch_session_build(struct kh_fetcher *f, bool *ret_any);
/* The answer's head: the session goes on, or starts anew. */
void kh_fetch_session_answered(struct kh_fetcher *f, int16_t error_code, int32_t session_id);
/* No answer, or a bad one: the next request is full. */
void kh_fetch_session_restart(struct kh_fetcher *f);
struct kh_fetch_entry *kh_fetch_session_find(struct kh_fetcher *f, struct kh_string topic,
                                             const struct kh_uuid *topic_id, int32_t partition);
void kh_fetch_session_free(struct kh_fetcher *f);

/* fetch_answer.c: the sink that reads an answer as it arrives. */
void kh_fetch_answer_init(struct kh_fetcher *f);

#endif
