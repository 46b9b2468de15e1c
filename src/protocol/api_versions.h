/* ApiVersions (18), v0-v5: which versions of which APIs this broker speaks. The first request on
 * every connection. Source: ApiVersionsRequest.json, ApiVersionsResponse.json. */
#ifndef KH_PROTOCOL_API_VERSIONS_H
#define KH_PROTOCOL_API_VERSIONS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_api_versions_request {
    struct kh_string client_software_name;    /* v3+ (KIP-511) */
    struct kh_string client_software_version; /* v3+ */
    struct kh_string cluster_id;              /* v5+ (KIP-1242), nullable: not known */
    int32_t node_id;                          /* v5+; -1: not known */
};

#define KH_API_VERSIONS_REQUEST_DEFAULTS                                                           \
    ((struct kh_api_versions_request){                                                             \
        .client_software_name = KH_STRING(""),                                                     \
        .client_software_version = KH_STRING(""),                                                  \
        .node_id = -1,                                                                             \
    })

struct kh_api_versions_response_api {
    int16_t api_key;
    int16_t min_version;
    int16_t max_version;
};

struct kh_api_versions_response_supported_feature {
    struct kh_string name;
    int16_t min_version;
    int16_t max_version;
};

struct kh_api_versions_response_finalized_feature {
    struct kh_string name;
    int16_t max_version_level;
    int16_t min_version_level;
};

/* With UNSUPPORTED_VERSION the broker answers in the layout of v0, whatever was asked (KIP-511). */
struct kh_api_versions_response {
    int16_t error_code;
    struct kh_api_versions_response_api *api_keys;
    size_t api_key_count;
    int32_t throttle_time_ms;                                              /* v1+ */
    struct kh_api_versions_response_supported_feature *supported_features; /* v3+, tagged */
    size_t supported_feature_count;
    int64_t finalized_features_epoch; /* v3+, tagged; -1: not known */
    struct kh_api_versions_response_finalized_feature *finalized_features; /* v3+, tagged */
    size_t finalized_feature_count;
    bool zk_migration_ready; /* v3+, tagged */
};

void kh_api_versions_request_encode(struct kh_writer *w, int version, const void *request);
void kh_api_versions_response_decode(struct kh_reader *r, int version, void *response);

#endif
