/* DescribeConfigsRequest.json, DescribeConfigsResponse.json. */
#include "protocol/describe_configs.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_describe_configs_request_resource
static const struct schema_field request_resource_fields[] = {
    I8(resource_type, "resourceType", SINCE(0)),
    STRING(resource_name, "resourceName", SINCE(0)),
    STRINGS(configuration_keys, configuration_key_count, "configurationKeys", SINCE(0),
            NULLABLE_SINCE(0)),
};
static const struct schema request_resource = NESTED(request_resource_fields);
#undef OWNER

#define OWNER struct kh_describe_configs_request
static const struct schema_field request_fields[] = {
    STRUCTS(request_resource, resources, resource_count, "resources", SINCE(0)),
    BOOL(include_synonyms, "includeSynonyms", SINCE(1)),
    BOOL(include_documentation, "includeDocumentation", SINCE(3)),
};
const struct schema schema_describe_configs_request =
    MESSAGE("DescribeConfigsRequest", 32, SCHEMA_REQUEST, 1, 4, 4, request_fields);
#undef OWNER

#define OWNER struct kh_describe_configs_response_synonym
static const struct schema_field response_synonym_fields[] = {
    STRING(name, "name", SINCE(1)),
    STRING(value, "value", SINCE(1), NULLABLE_SINCE(1)),
    I8(source, "source", SINCE(1)),
};
static const struct schema response_synonym = NESTED(response_synonym_fields);
#undef OWNER

#define OWNER struct kh_describe_configs_response_config
static const struct schema_field response_config_fields[] = {
    STRING(name, "name", SINCE(0)),
    STRING(value, "value", SINCE(0), NULLABLE_SINCE(0)),
    BOOL(read_only, "readOnly", SINCE(0)),
    I8(config_source, "configSource", SINCE(1), DEFAULT(-1), IGNORABLE),
    BOOL(is_sensitive, "isSensitive", SINCE(0)),
    STRUCTS(response_synonym, synonyms, synonym_count, "synonyms", SINCE(1), IGNORABLE),
    I8(config_type, "configType", SINCE(3), IGNORABLE),
    STRING(documentation, "documentation", SINCE(3), NULLABLE_SINCE(3), IGNORABLE),
};
static const struct schema response_config = NESTED(response_config_fields);
#undef OWNER

#define OWNER struct kh_describe_configs_response_result
static const struct schema_field response_result_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRING(error_message, "errorMessage", SINCE(0), NULLABLE_SINCE(0)),
    I8(resource_type, "resourceType", SINCE(0)),
    STRING(resource_name, "resourceName", SINCE(0)),
    STRUCTS(response_config, configs, config_count, "configs", SINCE(0)),
};
static const struct schema response_result = NESTED(response_result_fields);
#undef OWNER

#define OWNER struct kh_describe_configs_response
static const struct schema_field response_fields[] = {
    I32(throttle_time_ms, "throttleTimeMs", SINCE(0)),
    STRUCTS(response_result, results, result_count, "results", SINCE(0)),
};
const struct schema schema_describe_configs_response =
    MESSAGE("DescribeConfigsResponse", 32, SCHEMA_RESPONSE, 1, 4, 4, response_fields);
#undef OWNER
