#include "net/refresh.h"

#include "base/error.h"
#include "base/status.h"
#include "net/cluster_internal.h"
#include "net/metadata.h"

static struct kh_shared *shared_of(const struct kh_refresh *refresh)
{
    return refresh->cluster->shared;
}

static void schedule(struct kh_refresh *refresh, int64_t due_ms)
{
    if (due_ms < refresh->timer.due_ms)
        kh_timer_set(&shared_of(refresh)->timers, &refresh->timer, due_ms);
}

static void free_message(struct kh_refresh *refresh)
{
    struct kh_heap *heap = shared_of(refresh)->heap;
    kh_free(heap, refresh->topics);
    kh_free(heap, refresh->names);
    refresh->topics = NULL;
    refresh->names = NULL;
}

/* By name: an id would not be found again after the topic was created anew. */
static int build_names(struct kh_refresh *refresh)
{
    const struct kh_map *topics = &refresh->cluster->topics;
    struct kh_heap *heap = shared_of(refresh)->heap;
    size_t size = 0, count = 0;
    kh_map_each (topics, i) {
        size += (size_t)topics->items[i].key.size;
    }
    refresh->topics = kh_alloc_zeroed(heap, topics->count, sizeof *refresh->topics);
    refresh->names = kh_alloc(heap, size);
    if (refresh->topics == NULL || refresh->names == NULL) {
        free_message(refresh);
        return KOHORT_ENOMEM;
    }
    char *at = refresh->names;
    kh_map_each (topics, i) {
        struct kh_string name = topics->items[i].key;
        memcpy(at, name.data, (size_t)name.size);
        refresh->topics[count++].name = (struct kh_string){at, name.size};
        at += name.size;
    }
    refresh->message.topics = refresh->topics;
    refresh->message.topic_count = count;
    return 0;
}

static int build_message(struct kh_refresh *refresh)
{
    refresh->message = KH_METADATA_REQUEST_DEFAULTS;
    refresh->stream.of_all = refresh->cluster->listing.wanted > 0;
    if (!refresh->stream.of_all && build_names(refresh) != 0)
        return KOHORT_ENOMEM;
    refresh->message.allow_auto_topic_creation = refresh->cluster->options.allow_auto_create_topics;
    return 0;
}

/* The next one waits longer each time, until nobody has asked for a while: also answers that are
 * good but do not help (a leader that says it is none) must not be asked for in a loop. */
static void end_refresh(struct kh_refresh *refresh)
{
    struct kh_shared *shared = shared_of(refresh);
    refresh->in_flight = false;
    free_message(refresh);
    refresh->ended_ms = kh_shared_now(shared);
    refresh->not_before_ms = shared->now_ms + kh_backoff_next(&refresh->backoff, &shared->random);
}

static void failed(struct kh_refresh *refresh, const kohort_error *error, bool everywhere)
{
    struct kh_cluster *cluster = refresh->cluster;
    refresh->failures++;
    schedule(refresh, refresh->not_before_ms);
    kh_log(&cluster->shared->log, KH_LOG_WARNING, "metadata: %s", error->text);
    if (everywhere || refresh->failures > 1)
        kh_cluster_tell_failed(cluster, error);
}

/* What was read is applied, as far as it could be. */
static void applied(struct kh_refresh *refresh, int16_t version)
{
    struct kh_cluster *cluster = refresh->cluster;
    const struct kh_metadata_stream *stream = &refresh->stream;
    kohort_error error;
    if (stream->error_code != 0) { /* KIP-1102 */
        kh_error_init_kafka(&error, stream->error_code);
        kh_error_set_api(&error, KH_API_METADATA, version);
        if (stream->error_code == KH_KAFKA_REBOOTSTRAP_REQUIRED)
            kh_cluster_replace_nodes(cluster, NULL, 0);
        failed(refresh, &error, false);
        return;
    }
    if (stream->status != 0) {
        kh_error_init(&error, stream->status);
        kh_error_set_api(&error, KH_API_METADATA, version);
        error.retriable = true;
        if (stream->status == KOHORT_EPROTOCOL)
            kh_error_text(&error,
                          "the answer to Metadata (version %d) names no broker that can be "
                          "used: is the cluster still starting?",
                          version);
        failed(refresh, &error, false);
        return;
    }
    refresh->failures = 0;
    schedule(refresh, kh_metadata_end(cluster, stream->of_all)
                          ? refresh->ended_ms + cluster->options.metadata_max_age_ms
                          : refresh->not_before_ms);
    kh_cluster_tell_updated(cluster);
}

static void done(struct kh_request *request, const struct kh_response *response)
{
    struct kh_refresh *refresh = request->arg;
    end_refresh(refresh);
    if (refresh->cluster->closing)
        return;
    if (refresh->again)
        schedule(refresh, refresh->ended_ms);
    refresh->again = false;
    if (response->status == 0) {
        kh_backoff_reset(&refresh->patience);
        applied(refresh, response->version);
    } else {
        failed(refresh, response->error, response->version < 0);
    }
}

static void start(struct kh_timer *timer, int64_t now_ms)
{
    struct kh_refresh *refresh = timer->arg;
    struct kh_cluster *cluster = refresh->cluster;
    (void)now_ms;
    if (build_message(refresh) != 0) {
        kohort_error error;
        kh_error_init(&error, KOHORT_ENOMEM);
        end_refresh(refresh);
        failed(refresh, &error, false);
        return;
    }
    refresh->in_flight = true;
    refresh->request = (struct kh_request){
        .api = KH_API_METADATA,
        .message = &refresh->message,
        .sink = &refresh->stream.sink,
        .timeout_ms = kh_backoff_next(&refresh->patience, &cluster->shared->random),
        .version = -1,
        .newest_version = -1,
        .priority = KH_PRIORITY_NORMAL,
        .done = done,
        .arg = refresh,
    };
    kh_lane_send(cluster->any, &refresh->request);
}

void kh_refresh_init(struct kh_refresh *refresh, struct kh_cluster *cluster)
{
    *refresh = (struct kh_refresh){.cluster = cluster, .ended_ms = -1};
    kh_metadata_stream_init(&refresh->stream, cluster);
    kh_timer_init(&refresh->timer, start, refresh);
    kh_backoff_init(&refresh->backoff, cluster->options.retry_backoff_ms,
                    cluster->options.retry_backoff_max_ms);
    kh_backoff_init(&refresh->patience, KH_LANE_ANY_PATIENCE_MS,
                    cluster->options.request_timeout_ms);
}

void kh_refresh_free(struct kh_refresh *refresh)
{
    kh_timer_set(&shared_of(refresh)->timers, &refresh->timer, KH_NEVER);
    kh_metadata_stream_free(&refresh->stream);
    free_message(refresh);
}

void kh_refresh_ask(struct kh_refresh *refresh, const char *why)
{
    struct kh_shared *shared = shared_of(refresh);
    int64_t now_ms = kh_shared_now(shared);
    if (refresh->in_flight || refresh->cluster->closing)
        return;
    if (refresh->ended_ms < 0 || now_ms - refresh->ended_ms > 2 * refresh->backoff.max_ms)
        kh_backoff_reset(&refresh->backoff);
    int64_t due_ms = refresh->not_before_ms > now_ms ? refresh->not_before_ms : now_ms;
    if (due_ms < refresh->timer.due_ms)
        kh_log(&shared->log, KH_LOG_DEBUG, "metadata is asked for: %s", why);
    schedule(refresh, due_ms);
}

void kh_refresh_new_topic(struct kh_refresh *refresh)
{
    if (refresh->in_flight)
        refresh->again = true;
    else if (!refresh->cluster->closing)
        schedule(refresh, kh_shared_now(shared_of(refresh)));
}
