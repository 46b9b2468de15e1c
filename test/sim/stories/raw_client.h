/* A client that says exactly what a test wants, and nothing by itself: requests are written and
 * answers read by the schema tables. */
#ifndef TEST_SIM_STORIES_RAW_CLIENT_H
#define TEST_SIM_STORIES_RAW_CLIENT_H

#include "sim/world.h"
#include "support/test.h"

struct raw_client {
    struct sim_world *world;
    struct sim_end *end;
    struct test_buffer in;
    struct kh_arena arena; /* of the last answer */
    int error_number;      /* of connecting; -1: not yet */
    int32_t correlation_id;
    enum kh_api api[8]; /* of requests under way, in order */
    int version[8];
    size_t under_way;
};

/* Connects to a broker, and waits until it is connected. */
void raw_connect(struct raw_client *r, struct sim_world *w, struct sim_broker *b);
void raw_close(struct raw_client *r);
void raw_ask(struct raw_client *r, enum kh_api api, int version, const void *request);
/* The next answer, struct kh_<api>_response, valid until the next one; NULL: none within limit_ms.
 */
const void *raw_answer(struct raw_client *r, int64_t limit_ms);
/* Both. */
const void *raw_call(struct raw_client *r, enum kh_api api, int version, const void *request);

#endif
