/* A client's life: made from options, turned by its platform, closed when the last handle is gone.
 */
#include "consumer/client.h"

#include "base/error.h"
#include "base/limits.h"
#include "consumer/taped.h"
#include "net/tape_platform.h"
#include "net/uv_platform.h"

#include <string.h>

static void free_client(kohort_client *cl)
{
    struct kh_heap heap = cl->heap;
    kh_decompressor_free(&cl->decompressor);
    kh_buffer_pool_free(&cl->shared.buffers);
    kohort_options_free(cl->options);
    kh_free(&cl->heap, cl->views);
    if (cl->recording != NULL) {
        kh_tape_close(cl->recording);
        kh_free(&heap, cl->recording);
    }
    kh_free(&heap, cl);
}

static void platform_closed(void *arg)
{
    kohort_client *cl = arg;
    kohort_done *closed = cl->closed;
    void *closed_arg = cl->closed_arg;
    free_client(cl);
    if (closed != NULL)
        closed(NULL, closed_arg);
}

static void shut_down(kohort_client *cl)
{
    struct kh_platform *platform = cl->shared.platform;
    kh_client_cancel_queries(cl);
    kh_cluster_free(cl->cluster);
    cl->cluster = NULL;
    platform->ops->shutdown(platform, platform_closed, cl);
}

/* Those that asked until now; who asks again meanwhile gets another turn, and I/O comes first. */
static void turn_consumers(kohort_client *cl)
{
    struct kh_list *last = cl->busy.previous;
    while (!kh_list_empty(&cl->busy)) {
        struct kh_list *node = cl->busy.next;
        kh_list_remove(node);
        kh_consumer_turn(kh_container(node, kohort_consumer, busy_node));
        if (node == last)
            break;
    }
}

/* Some deadline is always as near as the next heartbeat: one that is met a whole interval late was
 * not met by a loop that turned. */
static void note_stall(kohort_client *cl, int64_t late_ms)
{
    kh_list_each_safe (node, &cl->consumers) {
        kohort_consumer *c = kh_container(node, kohort_consumer, node);
        if (!c->started || late_ms <= c->values.heartbeat_interval_ms)
            continue;
        c->late_ms = late_ms;
        kh_client_ask_turn(c);
    }
}

static void turn(void *arg)
{
    kohort_client *cl = arg;
    struct kh_shared *shared = &cl->shared;
    cl->in_turn = true;
    shared->counters.turns++;
    int64_t due_ms = kh_timers_due(&shared->timers), late_ms = kh_shared_now(shared) - due_ms;
    if (late_ms > cl->shortest_heartbeat_ms) /* Nearly all turns are late, by a millisecond. */
        note_stall(cl, late_ms);
    kh_timers_run(&shared->timers, shared->now_ms);
    turn_consumers(cl);
    kh_timers_run(&shared->timers, shared->now_ms); /* Lanes send what the consumers asked for. */
    kh_list_each_safe (node, &cl->buried)
        kh_consumer_bury(kh_container(node, kohort_consumer, node));
    cl->in_turn = false;
    if (cl->closing && cl->cluster != NULL) {
        shut_down(cl);
        return;
    }
    if (!kh_list_empty(&cl->busy))
        kh_client_wake(cl);
    shared->platform->ops->set_timer(shared->platform, kh_timers_due(&shared->timers));
}

/* A machine outside of a turn armed an earlier deadline than the loop's timer has. */
static void earlier(void *arg, int64_t due_ms)
{
    kohort_client *cl = arg;
    if (!cl->in_turn)
        cl->shared.platform->ops->set_timer(cl->shared.platform, due_ms);
}

/* The end of a turn looks at all that was asked for in it: an idle consumer must not cost its host
 * a second turn for each first one. */
void kh_client_wake(kohort_client *cl)
{
    if (!cl->in_turn)
        cl->shared.platform->ops->wake(cl->shared.platform);
}

void kh_client_ask_turn(kohort_consumer *c)
{
    if (!kh_list_empty(&c->busy_node))
        return;
    kh_list_append(&c->client->busy, &c->busy_node);
    kh_client_wake(c->client);
}

static void fill_cluster_options(struct kh_cluster_options *out,
                                 const struct kh_option_values *values)
{
    *out = (struct kh_cluster_options){
        .bootstrap_servers = values->bootstrap_servers,
        .client_id = values->client_id,
        .request_timeout_ms = values->request_timeout_ms,
        .connect_timeout_ms = values->connect_timeout_ms,
        .idle_close_ms = values->idle_close_ms,
        .reconnect_backoff_ms = values->reconnect_backoff_ms,
        .reconnect_backoff_max_ms = values->reconnect_backoff_max_ms,
        .retry_backoff_ms = values->retry_backoff_ms,
        .retry_backoff_max_ms = values->retry_backoff_max_ms,
        .metadata_max_age_ms = values->metadata_max_age_ms,
        .allow_auto_create_topics = values->allow_auto_create_topics,
    };
}

static int init_shared(kohort_client *cl, struct kh_platform *platform)
{
    struct kh_shared *shared = &cl->shared;
    uint64_t seed = 0;
    shared->heap = &cl->heap;
    shared->platform = platform;
    if (platform->ops->random(platform, &seed, sizeof seed) != 0)
        return KOHORT_ENOMEM;
    kh_random_seed(&shared->random, seed);
    kh_timers_init(&shared->timers);
    shared->timers.earlier = earlier;
    shared->timers.arg = cl;
    shared->log = (struct kh_log){cl->options->log_write, cl->options->log_arg,
                                  (enum kh_log_level)cl->options->log_level};
    platform->turn = turn;
    platform->turn_arg = cl;
    kh_shared_now(shared);
    return 0;
}

static void start_failed(void *arg)
{
    free_client(arg);
}

static int start_cluster(kohort_client *cl)
{
    struct kh_option_values values;
    struct kh_cluster_options cluster_options;
    cl->views = kh_alloc(&cl->heap, KH_SLICE_RECORDS * sizeof *cl->views);
    if (cl->views == NULL)
        return KOHORT_ENOMEM;
    int status = kh_options_read(cl->options, KH_OPTION_CLIENT, &values);
    if (status == 0)
        status = kh_version_ranges_parse(&cl->shared.versions, values.api_versions, NULL, 0);
    if (status != 0)
        return status;
    fill_cluster_options(&cluster_options, &values);
    return kh_cluster_new(&cl->cluster, &cl->shared, &cluster_options);
}

/* A client without a platform: memory and options. */
static int prepare(kohort_client **ret, const struct kh_heap *heap, const kohort_options *o)
{
    struct kh_heap own = *heap;
    own.outstanding = 0;
    kohort_client *cl = kh_alloc_zeroed(&own, 1, sizeof *cl);
    if (cl == NULL)
        return KOHORT_ENOMEM;
    cl->heap = own;
    cl->shortest_heartbeat_ms = KH_NEVER;
    kh_list_init(&cl->consumers);
    kh_list_init(&cl->busy);
    kh_list_init(&cl->buried);
    kh_list_init(&cl->queries);
    kh_list_init(&cl->kept);
    kh_decompressor_init(&cl->decompressor, &cl->heap);
    kh_version_ranges_init(&cl->shared.versions);
    kh_buffer_pool_init(&cl->shared.buffers, &cl->heap, KH_RECEIVE_BUFFER, KH_RECEIVE_BUFFERS_KEPT);
    if (kh_options_copy(&cl->options, o) != 0) {
        free_client(cl);
        return KOHORT_ENOMEM;
    }
    *ret = cl;
    return 0;
}

/* The platform is the client's from here on. When this fails, both go once the platform is closed.
 */
static int start_on(kohort_client *cl, struct kh_platform *platform)
{
    int status = init_shared(cl, platform);
    if (status == 0)
        status = start_cluster(cl);
    if (status != 0)
        platform->ops->shutdown(platform, start_failed, cl);
    return status;
}

static int start(kohort_client *cl, struct kh_platform *platform)
{
    struct kh_tape *tape = cl->shared.tape;
    if (tape == NULL)
        return start_on(cl, platform);
    kh_call_begin(tape, &(struct kh_taped_call){.call = KH_CALL_CLIENT_NEW,
                                                .text_count = kh_taped_option_count(cl->options)});
    kh_taped_options(tape, cl->options);
    return kh_call_end(tape, start_on(cl, platform));
}

/* Puts the tape between the client and its platform. When this fails the client is gone, and the
 * platform still there. */
static int put_on_tape(kohort_client *cl, struct kh_platform **platform, struct kh_tape *tape)
{
    int status = kh_tape_platform_new(platform, *platform, tape);
    if (status != 0)
        free_client(cl);
    else
        cl->shared.tape = tape;
    return status;
}

int kh_client_new(kohort_client **ret, struct kh_platform *platform, const struct kh_heap *heap,
                  kohort_options *o, struct kh_tape *tape)
{
    kohort_client *cl;
    int status = prepare(&cl, heap, o);
    if (status == 0 && tape != NULL)
        status = put_on_tape(cl, &platform, tape);
    if (status != 0)
        return status;
    status = start(cl, platform);
    if (status == 0)
        *ret = cl;
    return status;
}

static int begin_recording(kohort_client *cl, kohort_options *o)
{
    struct kh_record_ring ring;
    if (o->recording == NULL)
        return 0;
    cl->recording = kh_alloc_zeroed(&cl->heap, 1, sizeof *cl->recording);
    if (cl->recording == NULL)
        return KOHORT_ENOMEM;
    int error = kh_record_file_create(&ring, o->recording, o->recording_size);
    if (error != 0) {
        kh_free(&cl->heap, cl->recording);
        cl->recording = NULL;
        kh_options_complain(o, "recording %s: %s", o->recording, strerror(error));
        return KOHORT_EINVAL;
    }
    kh_tape_init(cl->recording, &ring, true, &cl->heap);
    cl->recording->in_file = true;
    return 0;
}

int kohort_client_new(kohort_client **ret, struct uv_loop_s *loop, kohort_options *o)
{
    struct kh_option_values values;
    struct kh_platform *platform;
    struct kh_heap heap;
    kohort_client *cl;
    int status = kh_options_read(o, KH_OPTION_CLIENT, &values);
    if (status != 0)
        return status;
    if (loop == NULL) {
        kh_options_complain(o, "loop: must not be NULL");
        return KOHORT_EINVAL;
    }
    kh_heap_init(&heap);
    if (o->reallocate != NULL)
        heap = (struct kh_heap){.reallocate = o->reallocate, .arg = o->allocator_arg};
    status = prepare(&cl, &heap, o);
    if (status != 0)
        return status;
    status = begin_recording(cl, o);
    if (status == 0)
        status = kh_uv_platform_new(&platform, loop, &cl->heap);
    if (status != 0) {
        free_client(cl);
        return status;
    }
    if (cl->recording != NULL && kh_tape_platform_new(&platform, platform, cl->recording) != 0) {
        platform->ops->shutdown(platform, start_failed, cl);
        return KOHORT_ENOMEM;
    }
    cl->shared.tape = cl->recording;
    status = start(cl, platform);
    if (status == 0)
        *ret = cl;
    return status;
}

static int close_client(kohort_client *cl, kohort_done *done, void *arg)
{
    if (cl->closing || !kh_list_empty(&cl->consumers) || !kh_list_empty(&cl->kept))
        return KOHORT_ESTATE;
    cl->closing = true;
    cl->closed = done;
    cl->closed_arg = arg;
    /* Not here: this may be a callback of something that the closing frees. */
    kh_client_wake(cl);
    return 0;
}

int kohort_client_close(kohort_client *cl, kohort_done *done, void *arg)
{
    return kh_taped(cl->shared.tape, close_client(cl, done, arg), .call = KH_CALL_CLIENT_CLOSE);
}

int kohort_post(kohort_client *cl, void (*fn)(void *), void *arg)
{
    return cl->shared.platform->ops->post(cl->shared.platform, fn, arg);
}

static int set_api_versions(kohort_client *cl, const char *ranges, char *problem, size_t size)
{
    struct kh_version_ranges parsed;
    kh_version_ranges_init(&parsed);
    int status = kh_version_ranges_parse(&parsed, ranges, problem, size);
    if (status == 0)
        cl->shared.versions = parsed;
    return status;
}

int kohort_client_set_api_versions(kohort_client *cl, const char *ranges, char *problem,
                                   size_t size)
{
    return kh_taped(cl->shared.tape, set_api_versions(cl, ranges, problem, size),
                    .call = KH_CALL_CLIENT_SET_API_VERSIONS, .texts = &ranges, .text_count = 1);
}
