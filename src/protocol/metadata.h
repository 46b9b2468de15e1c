/* Metadata (3), v0-v13: the brokers of the cluster, and who leads the partitions of which topics.
 * Source: MetadataRequest.json, MetadataResponse.json. */
#ifndef KH_PROTOCOL_METADATA_H
#define KH_PROTOCOL_METADATA_H

#include "protocol/reader.h"
#include "protocol/writer.h"

/* What a broker says when operations were not asked for. */
#define KH_METADATA_NO_OPERATIONS INT32_MIN

struct kh_metadata_request_topic {
    struct kh_uuid topic_id; /* v10+ (KIP-516); brokers look at it from v12 on */
    struct kh_string name;   /* nullable at v10+ */
};

struct kh_metadata_request {
    /* NULL: all topics; v0 says that with an empty array and cannot ask for none. */
    const struct kh_metadata_request_topic *topics;
    size_t topic_count;
    bool allow_auto_topic_creation;             /* v4+; brokers do as if true before that */
    bool include_cluster_authorized_operations; /* v8-v10 (KIP-430) */
    bool include_topic_authorized_operations;   /* v8+ */
};

#define KH_METADATA_REQUEST_DEFAULTS                                                               \
    ((struct kh_metadata_request){.allow_auto_topic_creation = true})

struct kh_metadata_response_broker {
    int32_t node_id;
    struct kh_string host;
    int32_t port;
    struct kh_string rack; /* v1+, nullable */
};

struct kh_metadata_response_partition {
    int16_t error_code;
    int32_t partition_index;
    int32_t leader_id;
    int32_t leader_epoch; /* v7+ (KIP-320); -1: not known */
    int32_t *replica_nodes;
    size_t replica_node_count;
    int32_t *isr_nodes;
    size_t isr_node_count;
    int32_t *offline_replicas; /* v5+ */
    size_t offline_replica_count;
};

struct kh_metadata_response_topic {
    int16_t error_code;
    struct kh_string name;   /* nullable at v12+: asked for by an id that is not known */
    struct kh_uuid topic_id; /* v10+ (KIP-516) */
    bool is_internal;        /* v1+ */
    struct kh_metadata_response_partition *partitions;
    size_t partition_count;
    int32_t topic_authorized_operations; /* v8+; KH_METADATA_NO_OPERATIONS: not told */
};

struct kh_metadata_response {
    int32_t throttle_time_ms; /* v3+ */
    struct kh_metadata_response_broker *brokers;
    size_t broker_count;
    struct kh_string cluster_id; /* v2+, nullable */
    int32_t controller_id;       /* v1+; -1: not known */
    struct kh_metadata_response_topic *topics;
    size_t topic_count;
    int32_t cluster_authorized_operations; /* v8-v10; KH_METADATA_NO_OPERATIONS: not told */
    int16_t error_code;                    /* v13+ (KIP-1102) */
};

void kh_metadata_request_encode(struct kh_writer *w, int version, const void *request);
void kh_metadata_response_decode(struct kh_reader *r, int version, void *response);

/* The same piece by piece, for answers that nobody wants to hold: the head, topic_count times a
 * topic (zeroed before), the tail. The head leaves `topics` NULL, and takes any topic_count. */
enum { KH_METADATA_TOPIC_MIN = 8 }; /* bytes that a topic takes at least */
void kh_metadata_response_decode_head(struct kh_reader *r, int version,
                                      struct kh_metadata_response *response);
void kh_metadata_response_decode_topic(struct kh_reader *r, int version,
                                       struct kh_metadata_response_topic *topic);
void kh_metadata_response_decode_tail(struct kh_reader *r, int version,
                                      struct kh_metadata_response *response);

#endif
