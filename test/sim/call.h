/* One request under way at a broker, and its answer. */
#ifndef TEST_SIM_CALL_H
#define TEST_SIM_CALL_H

#include "sim/cluster.h"

struct sim_connection;

struct sim_call {
    struct kh_list all; /* of the broker */
    struct sim_broker *broker;
    struct sim_connection *connection; /* NULL: it has ended; the broker does not notice */
    int host;                          /* who asked */
    int64_t sent_us;                   /* when the first byte of the request was sent */
    struct kh_request_header header;
    enum kh_api api;
    int version;
    struct kh_arena arena; /* of both messages */
    uint8_t *frame;
    void *request, *response; /* response: NULL until sim_call_answer */
    struct kh_list node;      /* where it is parked */
    struct sim_event event;   /* of who handles it; sim_call_answer disarms it */
    void *state;              /* the same; from the arena */
    struct sim_mark mark;     /* the answer's last byte */
};

void sim_call_free(struct sim_call *call);
/* Reads header and body; NULL, and told, when they cannot be read. `frame` is the call's. */
struct sim_call *sim_call_read(struct sim_broker *b, uint8_t *frame, size_t size);
/* Gives it to its handler. */
void sim_call_handle(struct sim_call *call);
/* The same for one that was intercepted. */
void sim_call_go_on(struct sim_call *call);
/* Zeroed memory for the answer. */
void *sim_call_new(struct sim_call *call, size_t count, size_t size);
/* The API's response, set to Kafka's defaults. */
void *sim_call_response(struct sim_call *call);
/* Sends it; the call is no longer the caller's. */
void sim_call_answer(struct sim_call *call, void *response);

/* One for each API. */
typedef void sim_handler(struct sim_call *call);
sim_handler sim_handle_api_versions, sim_handle_metadata, sim_handle_find_coordinator;
sim_handler sim_handle_join_group, sim_handle_sync_group, sim_handle_heartbeat;
sim_handler sim_handle_leave_group, sim_handle_offset_commit, sim_handle_offset_fetch;
sim_handler sim_handle_list_offsets, sim_handle_fetch, sim_handle_offset_for_leader_epoch;

/* Whether the model serves this API; its brokers speak no other. */
bool sim_serves(enum kh_api api);

/* An answer that says nothing but this error, wherever the API says it. */
void *sim_error_response(struct sim_call *call, int16_t error_code);

/* connection.c */
void sim_broker_listen(struct sim_broker *b);
/* Frees what is under way too. */
void sim_broker_close(struct sim_broker *b);
/* At its client's side; the broker may not know yet. */
bool sim_connection_is_open(const struct sim_connection *connection);
/* Queues the answer's frame. */
void sim_connection_send(struct sim_connection *connection, struct sim_call *call,
                         const struct kh_writer *frame);

/* fetch.c: there are new records. */
void sim_fetch_wake(struct sim_broker *b);
/* fetch_session.c */
void sim_fetch_sessions_free(struct sim_broker *b);

/* group.c */
void sim_groups_free(struct sim_cluster *c);

#endif
