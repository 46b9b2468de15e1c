#include "protocol/describe_configs.h"

static void write_resource(struct kh_writer *w,
                           const struct kh_describe_configs_request_resource *resource)
{
    kh_write_i8(w, resource->resource_type);
    kh_write_string(w, resource->resource_name);
    kh_write_nullable_string_array(w, resource->configuration_keys,
                                   resource->configuration_key_count);
    kh_write_tags(w);
}

void kh_describe_configs_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_describe_configs_request *req = request;

    kh_write_array(w, req->resource_count);
    for (size_t i = 0; i < req->resource_count; i++)
        write_resource(w, &req->resources[i]);
    kh_write_bool(w, req->include_synonyms);
    if (version >= 3) /* KIP-569: what a setting is for */
        kh_write_bool(w, req->include_documentation);
    else
        kh_write_unsupported(w, req->include_documentation, "include_documentation");
    kh_write_tags(w);
}

enum { RESULT_MIN = 7, CONFIG_MIN = 9, SYNONYM_MIN = 4 };

static void read_synonym(struct kh_reader *r, struct kh_describe_configs_response_synonym *synonym)
{
    synonym->name = kh_read_string(r);
    synonym->value = kh_read_nullable_string(r);
    synonym->source = kh_read_i8(r);
    kh_skip_tags(r);
}

static void read_config(struct kh_reader *r, int version,
                        struct kh_describe_configs_response_config *config)
{
    config->name = kh_read_string(r);
    config->value = kh_read_nullable_string(r);
    config->read_only = kh_read_bool(r);
    config->config_source = kh_read_i8(r);
    config->is_sensitive = kh_read_bool(r);
    config->synonym_count =
        kh_read_array(r, SYNONYM_MIN, sizeof *config->synonyms, &config->synonyms);
    for (size_t i = 0; i < config->synonym_count && kh_read_ok(r); i++)
        read_synonym(r, &config->synonyms[i]);
    if (version >= 3) { /* KIP-569 */
        config->config_type = kh_read_i8(r);
        config->documentation = kh_read_nullable_string(r);
    }
    kh_skip_tags(r);
}

static void read_result(struct kh_reader *r, int version,
                        struct kh_describe_configs_response_result *result)
{
    result->error_code = kh_read_i16(r);
    result->error_message = kh_read_nullable_string(r);
    result->resource_type = kh_read_i8(r);
    result->resource_name = kh_read_string(r);
    result->config_count = kh_read_array(r, CONFIG_MIN, sizeof *result->configs, &result->configs);
    for (size_t i = 0; i < result->config_count && kh_read_ok(r); i++)
        read_config(r, version, &result->configs[i]);
    kh_skip_tags(r);
}

void kh_describe_configs_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_describe_configs_response *res = response;

    *res = (struct kh_describe_configs_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->result_count = kh_read_array(r, RESULT_MIN, sizeof *res->results, &res->results);
    for (size_t i = 0; i < res->result_count && kh_read_ok(r); i++)
        read_result(r, version, &res->results[i]);
    kh_skip_tags(r);
}
