/* FindCoordinator (10), v0-v6: which broker coordinates a group.
 * Source: FindCoordinatorRequest.json, FindCoordinatorResponse.json. */
#ifndef KH_PROTOCOL_FIND_COORDINATOR_H
#define KH_PROTOCOL_FIND_COORDINATOR_H

#include "protocol/reader.h"
#include "protocol/writer.h"

enum kh_coordinator_key_type {
    KH_COORDINATOR_GROUP = 0,
    KH_COORDINATOR_TRANSACTION = 1,
    KH_COORDINATOR_SHARE = 2, /* v6+ (KIP-932): the key is "group:topic id:partition" */
};

/* v4 replaced the key by a list of keys (KIP-699). Who asks does not know the version yet, and
 * gives both: each version writes its own. */
struct kh_find_coordinator_request {
    struct kh_string key;                     /* v0-v3 */
    int8_t key_type;                          /* v1+ */
    const struct kh_string *coordinator_keys; /* v4+ */
    size_t coordinator_key_count;
};

struct kh_find_coordinator_response_coordinator {
    struct kh_string key; /* null at v0-v3: the one that was asked for */
    int32_t node_id;
    struct kh_string host;
    int32_t port;
    int16_t error_code;
    struct kh_string error_message; /* v1+, nullable */
};

struct kh_find_coordinator_response {
    int32_t throttle_time_ms;       /* v1+ */
    int16_t error_code;             /* v0-v3 */
    struct kh_string error_message; /* v1-v3, nullable */
    int32_t node_id;                /* v0-v3 */
    struct kh_string host;          /* v0-v3 */
    int32_t port;                   /* v0-v3 */
    /* v4+. Filled at v0-v3 too, with the one that the fields above tell, so that there is one place
     * to look. */
    struct kh_find_coordinator_response_coordinator *coordinators;
    size_t coordinator_count;
};

void kh_find_coordinator_request_encode(struct kh_writer *w, int version, const void *request);
void kh_find_coordinator_response_decode(struct kh_reader *r, int version, void *response);

#endif
