/* ApiVersions: the first request on every connection (NetworkClient.handleApiVersionsResponse). */
#include "net/connection_internal.h"

#include "base/error.h"
#include "base/status.h"
#include "protocol/api_versions.h"

static const struct kh_version_range none = {0, -1};

static struct kh_version_range allowed_range(const struct kh_connection *c)
{
    return c->settings->shared->versions.ranges[KH_API_API_VERSIONS];
}

/* A version that the broker lacks costs a round trip, so a stranger is asked at one that all
 * brokers since Kafka 2.4 know. What later ones add says whom we expect there (KIP-1242): nobody
 * yet. */
enum { STRANGER_VERSION = 3 };

int kh_connection_first_version(const struct kh_connection *c)
{
    struct kh_version_range allowed = allowed_range(c);
    kohort_error unused = {0};
    int version = -1;
    if (c->versions_assumed)
        version = kh_version_choose(&c->settings->shared->versions, &c->versions,
                                    KH_API_API_VERSIONS, -1, -1, &unused);
    if (version >= 0)
        return version;
    if (allowed.oldest > STRANGER_VERSION)
        return allowed.oldest;
    return allowed.newest < STRANGER_VERSION ? allowed.newest : STRANGER_VERSION;
}

void kh_connection_negotiate(struct kh_connection *c, int version)
{
    struct kh_api_versions_request request = KH_API_VERSIONS_REQUEST_DEFAULTS;
    request.client_software_name = KH_STRING("kohort");
    request.client_software_version = KH_STRING(KOHORT_VERSION);
    c->negotiated_at = (int16_t)version;
    int status = kh_connection_write(c, KH_API_API_VERSIONS, c->negotiated_at, &request, NULL);
    if (status != 0) {
        kohort_error error;
        kh_error_init(&error, status);
        kh_connection_fail(c, &error, NULL);
        return;
    }
    c->settings->shared->platform->ops->want(c->stream, true, false);
    kh_connection_flush(c);
}

static void fill_ranges(struct kh_broker_versions *versions,
                        const struct kh_api_versions_response *response)
{
    for (int api = 0; api < KH_API_COUNT; api++)
        versions->ranges[api] = none;
    for (size_t i = 0; i < response->api_key_count; i++) {
        int api = kh_api_by_key(response->api_keys[i].api_key);
        if (api >= 0)
            versions->ranges[api] = (struct kh_version_range){response->api_keys[i].min_version,
                                                              response->api_keys[i].max_version};
    }
}

/* KIP-511: the broker does not know the version we asked at. Its answer says which it knows; those
 * before 2.4 say nothing, and know 0. */
static void ask_again(struct kh_connection *c)
{
    kohort_error error;
    char address[KH_PEER_TEXT];
    struct kh_version_range *theirs = &c->versions.ranges[KH_API_API_VERSIONS];
    if (theirs->newest < theirs->oldest)
        *theirs = (struct kh_version_range){0, 0};
    kh_error_init(&error, KOHORT_EVERSION);
    kh_error_set_broker(&error, c->peer.broker_id,
                        kh_peer_address(&c->peer, address, sizeof address));
    int version = kh_version_choose(&c->settings->shared->versions, &c->versions,
                                    KH_API_API_VERSIONS, -1, -1, &error);
    if (version >= c->negotiated_at) {
        kh_error_broken(&error, &c->peer, "refuses version %d of ApiVersions and says it knows it",
                        c->negotiated_at);
        version = error.code;
    }
    if (version < 0)
        kh_connection_fail(c, &error, NULL);
    else
        kh_connection_negotiate(c, version);
}

/* What was written behind ApiVersions went at versions that were spoken here before. */
static bool flights_fit(struct kh_connection *c)
{
    for (size_t i = 0; i < c->flight_count; i++) {
        const struct kh_flight *flight = kh_connection_flight(c, i);
        struct kh_version_range theirs = c->versions.ranges[flight->api];
        if (flight->version < theirs.oldest || flight->version > theirs.newest)
            return false;
    }
    return true;
}

/* The broker was replaced by another version of Kafka. What it makes of requests that it does not
 * know is not waited for: their owners send them again, on a connection that asks first. */
static void fail_replaced(struct kh_connection *c)
{
    kohort_error error;
    kh_error_replaced(&error, &c->peer);
    kh_connection_fail(c, &error, NULL);
}

void kh_connection_take_versions(struct kh_connection *c, const void *message)
{
    const struct kh_api_versions_response *response = message;
    kohort_error error;
    char address[KH_PEER_TEXT];
    fill_ranges(&c->versions, response);
    bool refused = response->error_code == KH_KAFKA_UNSUPPORTED_VERSION;
    if (refused ? c->flight_count > 0 : !flights_fit(c)) {
        fail_replaced(c);
        return;
    }
    if (refused) {
        ask_again(c);
        return;
    }
    if (response->error_code != 0) {
        kh_error_init_kafka(&error, response->error_code);
        kh_error_set_broker(&error, c->peer.broker_id,
                            kh_peer_address(&c->peer, address, sizeof address));
        kh_error_set_api(&error, KH_API_API_VERSIONS, c->negotiated_at);
        kh_connection_fail(c, &error, NULL);
        return;
    }
    kh_connection_enter(c, KH_CONNECTION_READY, "versions known");
    c->was_ready = true;
    c->active_ms = c->settings->shared->now_ms;
    kh_timer_set(&c->settings->shared->timers, &c->timer, KH_NEVER);
    if (c->settings->idle_close_ms > 0)
        kh_connection_set_timer(c, c->settings->idle_close_ms);
    c->events->ready(c->arg, c);
}
