/* Request and response headers (RequestHeader.json, ResponseHeader.json). */
#ifndef KH_PROTOCOL_HEADER_H
#define KH_PROTOCOL_HEADER_H

#include "protocol/api.h"

struct kh_request_header {
    int16_t api_key, api_version;
    int32_t correlation_id;
    struct kh_string client_id; /* nullable */
};

/* Header v2 when w->flexible (which stays set for the body), else v1. ClientId keeps its int16
 * length in both. */
void kh_request_header_encode(struct kh_writer *w, const struct kh_request_header *header);

/* The correlation id; the tags of header v1 are skipped when the response is flexible. ApiVersions
 * answers with header v0 at every version, since its reader may not know the version yet (KIP-511).
 * Leaves r->flexible set for the body. */
int32_t kh_response_header_decode(struct kh_reader *r, enum kh_api api, int version);

#endif
