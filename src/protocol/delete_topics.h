/* DeleteTopics (20), v1-v6: topics that are to go; the controller answers. Source:
 * DeleteTopicsRequest.json, DeleteTopicsResponse.json. */
#ifndef KH_PROTOCOL_DELETE_TOPICS_H
#define KH_PROTOCOL_DELETE_TOPICS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_delete_topics_request_topic {
    struct kh_string name;   /* nullable: by the id */
    struct kh_uuid topic_id; /* none: by the name */
};

/* Who asks does not know the version yet, and gives both: each version writes its own. */
struct kh_delete_topics_request {
    const struct kh_delete_topics_request_topic *topics; /* v6+ (KIP-516) */
    size_t topic_count;
    const struct kh_string *topic_names; /* v1-v5 */
    size_t topic_name_count;
    int32_t timeout_ms;
};

struct kh_delete_topics_response_topic {
    struct kh_string name;   /* nullable at v6+: asked for by an id that is not known */
    struct kh_uuid topic_id; /* v6+ (KIP-516) */
    int16_t error_code;
    struct kh_string error_message; /* v5+ (KIP-599), nullable */
};

struct kh_delete_topics_response {
    int32_t throttle_time_ms;
    struct kh_delete_topics_response_topic *responses;
    size_t response_count;
};

void kh_delete_topics_request_encode(struct kh_writer *w, int version, const void *request);
void kh_delete_topics_response_decode(struct kh_reader *r, int version, void *response);

#endif
