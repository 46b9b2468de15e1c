/* ApiVersionsRequest.json, ApiVersionsResponse.json. */
#include "protocol/api_versions.h"

#include "schema/fields.h"
#include "schema/tables.h"

#define OWNER struct kh_api_versions_request
static const struct schema_field request_fields[] = {
    STRING(client_software_name, "clientSoftwareName", SINCE(3), IGNORABLE),
    STRING(client_software_version, "clientSoftwareVersion", SINCE(3), IGNORABLE),
    STRING(cluster_id, "clusterId", SINCE(5), NULLABLE_SINCE(5), DEFAULT_NULL, IGNORABLE),
    I32(node_id, "nodeId", SINCE(5), DEFAULT(-1), IGNORABLE),
};
const struct schema schema_api_versions_request =
    MESSAGE("ApiVersionsRequest", 18, SCHEMA_REQUEST, 0, 5, 3, request_fields);
#undef OWNER

#define OWNER struct kh_api_versions_response_api
static const struct schema_field response_api_fields[] = {
    I16(api_key, "apiKey", SINCE(0)),
    I16(min_version, "minVersion", SINCE(0)),
    I16(max_version, "maxVersion", SINCE(0)),
};
static const struct schema response_api = NESTED(response_api_fields);
#undef OWNER

#define OWNER struct kh_api_versions_response_supported_feature
static const struct schema_field response_supported_feature_fields[] = {
    STRING(name, "name", SINCE(3)),
    I16(min_version, "minVersion", SINCE(3)),
    I16(max_version, "maxVersion", SINCE(3)),
};
static const struct schema response_supported_feature = NESTED(response_supported_feature_fields);
#undef OWNER

#define OWNER struct kh_api_versions_response_finalized_feature
static const struct schema_field response_finalized_feature_fields[] = {
    STRING(name, "name", SINCE(3)),
    I16(max_version_level, "maxVersionLevel", SINCE(3)),
    I16(min_version_level, "minVersionLevel", SINCE(3)),
};
static const struct schema response_finalized_feature = NESTED(response_finalized_feature_fields);
#undef OWNER

#define OWNER struct kh_api_versions_response
static const struct schema_field response_fields[] = {
    I16(error_code, "errorCode", SINCE(0)),
    STRUCTS(response_api, api_keys, api_key_count, "apiKeys", SINCE(0)),
    I32(throttle_time_ms, "throttleTimeMs", SINCE(1), IGNORABLE),
    STRUCTS(response_supported_feature, supported_features, supported_feature_count,
            "supportedFeatures", SINCE(3), TAG(0), IGNORABLE),
    I64(finalized_features_epoch, "finalizedFeaturesEpoch", SINCE(3), DEFAULT(-1), TAG(1),
        IGNORABLE),
    STRUCTS(response_finalized_feature, finalized_features, finalized_feature_count,
            "finalizedFeatures", SINCE(3), TAG(2), IGNORABLE),
    BOOL(zk_migration_ready, "zkMigrationReady", SINCE(3), TAG(3), IGNORABLE),
};
const struct schema schema_api_versions_response =
    MESSAGE("ApiVersionsResponse", 18, SCHEMA_RESPONSE, 0, 5, 3, response_fields);
#undef OWNER
