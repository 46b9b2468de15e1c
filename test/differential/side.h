/* One of the two that are asked the same: the model, or a real broker. Requests go out and answers
 * come in as bytes; what an answer says of a member is kept, because the next requests of that
 * member depend on it and ids differ between the two. */
#ifndef TEST_DIFFERENTIAL_SIDE_H
#define TEST_DIFFERENTIAL_SIDE_H

#include "protocol/api.h"
#include "protocol/header.h"
#include "support/records/buffer.h"

#include <jansson.h>

/* Members, and one connection more for what only the test wants to know. */
enum { SIDE_SLOTS = 4, SIDE_CONTROL = SIDE_SLOTS, SIDE_CONNECTIONS, SIDE_TEXT = 256 };

/* What a member of the sequence knows of itself. */
struct side_member {
    char id[SIDE_TEXT]; /* empty: none yet */
    char protocol_type[SIDE_TEXT], protocol_name[SIDE_TEXT];
    int32_t generation;
    bool leads;
    int32_t session_id, session_epoch; /* of its fetch session; id 0: none */
};

/* Each member has a connection of its own. */
struct side_connection {
    struct side *side;
    struct test_buffer in;
    bool ended;   /* the other side has closed it */
    bool waiting; /* a request is under way: */
    bool honest;  /* which said of its member what is true */
    enum kh_api api;
    int version;
    int32_t correlation_id;
    void *stream; /* of the transport */
    int descriptor;
};

struct side_ops {
    void (*connect)(struct side_connection *c);
    void (*disconnect)(struct side_connection *c);
    void (*send)(struct side_connection *c, const void *data, size_t size);
    /* Lets time pass until something has come for any connection, for limit_ms at most. */
    void (*turn)(struct side *side, int64_t limit_ms);
};

struct side {
    const struct side_ops *ops;
    const char *name;
    void *transport;
    struct side_connection connections[SIDE_CONNECTIONS];
    struct side_member members[SIDE_SLOTS];
    int32_t node_id; /* where the broker says it is */
    char host[SIDE_TEXT];
    int32_t port;
    char **ids; /* of members, in the order in which they were given out */
    size_t id_count, id_capacity;
    int32_t sessions[64]; /* the same of fetch sessions */
    size_t session_count;
    struct kh_heap heap;
    struct kh_arena arena; /* of one step */
};

/* What came for a request. */
struct side_answer {
    bool closed;    /* the connection ended instead */
    void *response; /* struct kh_<api>_response, from the side's arena */
    json_t *json;   /* the same; the caller's */
};

void side_init(struct side *s, const char *name, const struct side_ops *ops, void *transport);
void side_free(struct side *s);
/* Connections anew, and members that know nothing. */
void side_begin(struct side *s);
void side_ask(struct side *s, int slot, enum kh_api api, int version, const void *request);
/* Whether an answer has come whole, or none will: the connection has ended. */
bool side_has_answer(const struct side_connection *c);
/* The same, and takes it. */
bool side_take(struct side *s, int slot, struct side_answer *ret);
/* Asks, and waits for the answer. */
const void *side_call(struct side *s, int slot, enum kh_api api, int version, const void *request);
/* What the answer tells its member. */
void side_learn(struct side *s, int slot, const void *response);

/* side_model.c */
extern const struct side_ops side_model_ops; /* transport: struct side_model * */
struct side_model {
    struct sim_world *world;
    struct sim_broker *broker;
};
/* side_broker.c */
extern const struct side_ops side_broker_ops; /* transport: none; the broker of live_bootstrap() */

#endif
