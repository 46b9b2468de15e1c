#include "protocol/api_versions.h"

#include "base/status.h"

void kh_api_versions_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_api_versions_request *req = request;

    if (version >= 3) { /* KIP-511: who is asking */
        kh_write_string(w, req->client_software_name);
        kh_write_string(w, req->client_software_version);
    }
    if (version >= 5) { /* KIP-1242: whom we mean to have reached */
        kh_write_nullable_string(w, req->cluster_id);
        kh_write_i32(w, req->node_id);
    }
    kh_write_tags(w);
}

enum { API_MIN = 6, FEATURE_MIN = 6 };

static void read_api(struct kh_reader *r, struct kh_api_versions_response_api *api)
{
    api->api_key = kh_read_i16(r);
    api->min_version = kh_read_i16(r);
    api->max_version = kh_read_i16(r);
    kh_skip_tags(r);
}

/* KIP-584: what the brokers can do, apart from their APIs. */
static void read_supported_features(struct kh_reader *r, struct kh_api_versions_response *res)
{
    res->supported_feature_count =
        kh_read_array(r, FEATURE_MIN, sizeof *res->supported_features, &res->supported_features);
    for (size_t i = 0; i < res->supported_feature_count && kh_read_ok(r); i++) {
        res->supported_features[i].name = kh_read_string(r);
        res->supported_features[i].min_version = kh_read_i16(r);
        res->supported_features[i].max_version = kh_read_i16(r);
        kh_skip_tags(r);
    }
}

/* KIP-584: what the cluster has switched on. */
static void read_finalized_features(struct kh_reader *r, struct kh_api_versions_response *res)
{
    res->finalized_feature_count =
        kh_read_array(r, FEATURE_MIN, sizeof *res->finalized_features, &res->finalized_features);
    for (size_t i = 0; i < res->finalized_feature_count && kh_read_ok(r); i++) {
        res->finalized_features[i].name = kh_read_string(r);
        res->finalized_features[i].max_version_level = kh_read_i16(r);
        res->finalized_features[i].min_version_level = kh_read_i16(r);
        kh_skip_tags(r);
    }
}

static void read_response(struct kh_reader *r, int version, struct kh_api_versions_response *res)
{
    *res = (struct kh_api_versions_response){.finalized_features_epoch = -1};
    res->error_code = kh_read_i16(r);
    res->api_key_count = kh_read_array(r, API_MIN, sizeof *res->api_keys, &res->api_keys);
    for (size_t i = 0; i < res->api_key_count && kh_read_ok(r); i++)
        read_api(r, &res->api_keys[i]);
    if (version >= 1)
        res->throttle_time_ms = kh_read_i32(r);
    for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);) {
        switch (tags.tag) {
        case 0:
            read_supported_features(r, res);
            break;
        case 1:
            res->finalized_features_epoch = kh_read_i64(r);
            break;
        case 2:
            read_finalized_features(r, res);
            break;
        case 3: /* KIP-866 */
            res->zk_migration_ready = kh_read_bool(r);
            break;
        default:
            kh_skip_tag(r, &tags);
        }
    }
}

void kh_api_versions_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_api_versions_response *res = response;
    const struct kh_reader start = *r;

    read_response(r, version, res);
    /* KIP-511: a broker that does not know the version answers at v0, with the versions it knows.
     * Nothing but the layout tells the one from the other (ApiVersionsResponse.parse). */
    if (res->error_code == KH_KAFKA_UNSUPPORTED_VERSION && !kh_read_end(r)) {
        *r = start;
        r->flexible = false;
        read_response(r, 0, res);
    }
}
