#include "cluster_fixture.h"

#include <errno.h>
#include <stdio.h>

char story[256];

static bool is_among(const uint16_t *ports, uint16_t port)
{
    for (int i = 0; i < 4; i++)
        if (ports[i] != 0 && ports[i] == port)
            return true;
    return false;
}

static int on_open(struct fake *f, struct kh_stream *s)
{
    struct fixture *x = f->arg;
    s->error_number = is_among(x->refusing, s->address.port) ? ECONNREFUSED : 0;
    s->silent = is_among(x->silent, s->address.port);
    return 0;
}

static struct kh_uuid id_of(uint8_t byte)
{
    struct kh_uuid id;
    memset(id.bytes, byte, sizeof id.bytes);
    return id;
}

static void write_topic(struct kh_writer *w, int version, const struct topic_row *topic)
{
    struct kh_uuid id = id_of(topic->id);
    kh_write_i16(w, topic->error);
    kh_write_string(w, kh_string_of(topic->name));
    if (version >= 10)
        kh_write_uuid(w, &id);
    kh_write_bool(w, topic->is_internal);
    kh_write_array(w, (size_t)topic->partition_count);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        int32_t replicas[] = {1, 2};
        kh_write_i16(w, topic->partitions[i].error);
        kh_write_i32(w, topic->partitions[i].index);
        kh_write_i32(w, topic->partitions[i].leader);
        if (version >= 7)
            kh_write_i32(w, topic->partitions[i].epoch);
        kh_write_i32_array(w, replicas, 2);
        kh_write_i32_array(w, replicas, 2);
        kh_write_i32_array(w, replicas, 0);
        kh_write_tags(w);
    }
    if (version >= 8)
        kh_write_i32(w, KH_METADATA_NO_OPERATIONS);
    kh_write_tags(w);
}

/* v8 to v13 */
static void answer_metadata(struct fixture *x, const struct fake_request *request)
{
    struct kh_writer w = fake_answer_begin(&x->fake, request);
    size_t topics = 0;
    while (topics < 4 && x->topics[topics].name != NULL)
        topics++;
    cr_assert_geq(request->version, 8);
    kh_write_i32(&w, 0);
    kh_write_array(&w, x->broker_count);
    for (size_t i = 0; i < x->broker_count; i++) {
        kh_write_i32(&w, x->brokers[i].id);
        kh_write_string(&w, kh_string_of(x->brokers[i].host));
        kh_write_i32(&w, x->brokers[i].port);
        kh_write_nullable_string(&w, KH_STRING("rack"));
        kh_write_tags(&w);
    }
    kh_write_nullable_string(&w, KH_STRING("cluster"));
    kh_write_i32(&w, 1);
    kh_write_array(&w, topics);
    for (size_t i = 0; i < topics; i++)
        write_topic(&w, request->version, &x->topics[i]);
    if (request->version >= 8 && request->version <= 10)
        kh_write_i32(&w, KH_METADATA_NO_OPERATIONS);
    if (request->version >= 13)
        kh_write_i16(&w, x->metadata_error);
    kh_write_tags(&w);
    fake_answer_end(request, &w);
}

static void read_metadata_request(struct fixture *x, const struct fake_request *request)
{
    struct kh_reader r;
    x->metadata_requests++;
    x->metadata_at_ms = x->fake.now_ms;
    x->asked_topics[0] = '\0';
    kh_reader_init(&r, request->body, request->body_size, request->version >= 9, NULL);
    uint32_t count = r.flexible ? kh_read_uvarint(&r) - 1 : kh_read_u32(&r);
    if (count == UINT32_MAX) { /* null: all topics */
        snprintf(x->asked_topics, sizeof x->asked_topics, "*");
        count = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (request->version >= 10)
            kh_read_uuid(&r);
        struct kh_string name = kh_read_string(&r);
        size_t at = strlen(x->asked_topics);
        snprintf(x->asked_topics + at, sizeof x->asked_topics - at, "%s%.*s", at == 0 ? "" : ",",
                 (int)name.size, name.data);
        kh_skip_tags(&r);
    }
    cr_assert(kh_read_ok(&r));
}

static void on_request(struct fake *f, struct fake_request *request)
{
    struct fixture *x = f->arg;
    switch ((int)request->api) {
    case KH_API_API_VERSIONS:
        if (!x->hold_versions)
            fake_answer_versions_with(f, request, KH_API_METADATA, 8, x->metadata_newest);
        break;
    case KH_API_METADATA:
        read_metadata_request(x, request);
        x->held = *request;
        if (!x->hold_metadata)
            answer_metadata(x, request);
        break;
    case KH_API_HEARTBEAT:
        x->heartbeats++;
        if (!x->hold_heartbeats)
            fake_answer_heartbeat(f, request, 0);
        break;
    default:
        cr_assert_fail("%s was not expected", kh_api_info(request->api)->name);
    }
}

void fixture_release(struct fixture *x)
{
    answer_metadata(x, &x->held);
}

int fixture_try_init(struct fixture *x)
{
    *x = (struct fixture){.metadata_newest = 13};
    story[0] = '\0';
    fake_init(&x->fake);
    x->fake.arg = x;
    x->fake.on_open = on_open;
    x->fake.on_request = on_request;
    x->brokers[0] = (struct broker_row){1, "127.0.0.1", 9001};
    x->brokers[1] = (struct broker_row){2, "127.0.0.1", 9002};
    x->broker_count = 2;
    x->options = (struct kh_cluster_options){
        .bootstrap_servers = "127.0.0.1:9092",
        .client_id = "tester",
        .request_timeout_ms = 30000,
        .connect_timeout_ms = 10000,
        .idle_close_ms = 540000,
        .reconnect_backoff_ms = 50,
        .reconnect_backoff_max_ms = 1000,
        .retry_backoff_ms = 100,
        .retry_backoff_max_ms = 1000,
        .metadata_max_age_ms = 300000,
        .allow_auto_create_topics = true,
    };
    return kh_cluster_new(&x->cluster, &x->fake.shared, &x->options);
}

void fixture_init(struct fixture *x)
{
    expect_status(fixture_try_init(x), 0);
}

void fixture_free(struct fixture *x)
{
    if (x->cluster != NULL)
        kh_cluster_free(x->cluster);
    fake_free(&x->fake);
}

static void done(struct kh_request *request, const struct kh_response *response)
{
    struct asked *asked = request->arg;
    size_t size = strlen(story);
    asked->ends++;
    asked->status = response->status;
    asked->version = response->version;
    asked->broker_id = response->broker_id;
    if (response->error != NULL)
        asked->error = *response->error;
    if (size + 1 < sizeof story) {
        story[size] = asked->tag;
        story[size + 1] = '\0';
    }
    if (asked->inside != NULL)
        asked->inside(asked);
}

void ask(struct kh_lane *lane, struct asked *asked, char tag, int8_t priority, int64_t timeout_ms)
{
    int ends = asked->ends;
    asked->tag = tag;
    asked->message =
        (struct kh_heartbeat_request){.group_id = KH_STRING("g"), .member_id = KH_STRING("m")};
    asked->request = (struct kh_request){
        .api = KH_API_HEARTBEAT,
        .message = &asked->message,
        .timeout_ms = timeout_ms,
        .version = -1,
        .newest_version = -1,
        .priority = priority,
        .done = done,
        .arg = asked,
    };
    kh_lane_send(lane, &asked->request);
    cr_assert_eq(asked->ends, ends, "done() inside kh_lane_send");
}
