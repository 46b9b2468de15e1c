/* CreateTopics (19), v2-v7: new topics; the controller answers. Source:
 * CreateTopicsRequest.json, CreateTopicsResponse.json. */
#ifndef KH_PROTOCOL_CREATE_TOPICS_H
#define KH_PROTOCOL_CREATE_TOPICS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_create_topics_request_assignment {
    int32_t partition_index;
    const int32_t *broker_ids;
    size_t broker_id_count;
};

struct kh_create_topics_request_config {
    struct kh_string name;
    struct kh_string value; /* nullable */
};

struct kh_create_topics_request_topic {
    struct kh_string name;
    int32_t num_partitions;     /* -1: the broker's default (v4+, KIP-464), or as assigned */
    int16_t replication_factor; /* -1: the same */
    const struct kh_create_topics_request_assignment
        *assignments; /* empty: the broker places the replicas */
    size_t assignment_count;
    const struct kh_create_topics_request_config *configs;
    size_t config_count;
};

struct kh_create_topics_request {
    const struct kh_create_topics_request_topic *topics;
    size_t topic_count;
    int32_t timeout_ms;
    bool validate_only;
};

#define KH_CREATE_TOPICS_REQUEST_DEFAULTS ((struct kh_create_topics_request){.timeout_ms = 60000})

struct kh_create_topics_response_config {
    struct kh_string name;
    struct kh_string value; /* nullable */
    bool read_only;
    int8_t config_source; /* 5: the default; 1: the topic's own; others: a broker's */
    bool is_sensitive;
};

struct kh_create_topics_response_topic {
    struct kh_string name;
    struct kh_uuid topic_id; /* v7+ (KIP-516) */
    int16_t error_code;
    struct kh_string error_message;  /* nullable */
    int16_t topic_config_error_code; /* v5+ (KIP-525), tagged; why there are no configs */
    int32_t num_partitions;          /* v5+ (KIP-525); -1: not told */
    int16_t replication_factor;      /* v5+ (KIP-525); -1: not told */
    struct kh_create_topics_response_config *configs; /* v5+ (KIP-525); NULL: not told */
    size_t config_count;
};

struct kh_create_topics_response {
    int32_t throttle_time_ms;
    struct kh_create_topics_response_topic *topics;
    size_t topic_count;
};

void kh_create_topics_request_encode(struct kh_writer *w, int version, const void *request);
void kh_create_topics_response_decode(struct kh_reader *r, int version, void *response);

#endif
