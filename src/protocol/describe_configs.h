/* DescribeConfigs (32), v1-v4: the settings of topics, brokers and groups (KIP-133). Source:
 * DescribeConfigsRequest.json, DescribeConfigsResponse.json. */
#ifndef KH_PROTOCOL_DESCRIBE_CONFIGS_H
#define KH_PROTOCOL_DESCRIBE_CONFIGS_H

#include "protocol/reader.h"
#include "protocol/writer.h"

struct kh_describe_configs_request_resource {
    int8_t resource_type; /* 2: topic, 4: broker, 8: broker's loggers, 32: group */
    struct kh_string resource_name;
    const struct kh_string *configuration_keys; /* NULL: all */
    size_t configuration_key_count;
};

struct kh_describe_configs_request {
    const struct kh_describe_configs_request_resource *resources;
    size_t resource_count;
    bool include_synonyms;
    bool include_documentation; /* v3+ (KIP-569) */
};

struct kh_describe_configs_response_synonym {
    struct kh_string name;
    struct kh_string value; /* nullable */
    int8_t source;
};

struct kh_describe_configs_response_config {
    struct kh_string name;
    struct kh_string value; /* nullable */
    bool read_only;
    int8_t config_source; /* where the value is set; 5: nowhere */
    bool is_sensitive;
    struct kh_describe_configs_response_synonym
        *synonyms; /* all places where it is set, the one that counts first */
    size_t synonym_count;
    int8_t config_type;             /* v3+ (KIP-569); 0: not told */
    struct kh_string documentation; /* v3+ (KIP-569), nullable */
};

struct kh_describe_configs_response_result {
    int16_t error_code;
    struct kh_string error_message; /* nullable */
    int8_t resource_type;           /* 2: topic, 4: broker, 8: broker's loggers, 32: group */
    struct kh_string resource_name;
    struct kh_describe_configs_response_config *configs;
    size_t config_count;
};

struct kh_describe_configs_response {
    int32_t throttle_time_ms;
    struct kh_describe_configs_response_result *results;
    size_t result_count;
};

void kh_describe_configs_request_encode(struct kh_writer *w, int version, const void *request);
void kh_describe_configs_response_decode(struct kh_reader *r, int version, void *response);

#endif
