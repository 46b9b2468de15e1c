/* Streamed answers, however they are cut. */
#include "connection_fixture.h"

#include "base/limits.h"

#include <stdlib.h>

static struct fixture x;

enum { BODY_MAX = 1 << 20 };

/* Takes its body as parts of part_size bytes, each only when it lies together. */
struct sink {
    struct kh_stream_sink base;
    size_t part_size, taken, calls, longest;
    int64_t told_size;
    int64_t result; /* given back at the call `fails_at` */
    size_t fails_at;
    bool saw_last;
    void (*inside)(struct sink *sink);
    struct asked *asked;
    uint8_t body[BODY_MAX];
};

static struct sink sink;
static uint8_t body[BODY_MAX];

static void sink_begin(struct kh_stream_sink *base, int16_t version, int64_t body_size)
{
    struct sink *s = kh_container(base, struct sink, base);
    cr_assert_eq(version, 18);
    s->told_size = body_size;
}

static int64_t sink_bytes(struct kh_stream_sink *base, struct kh_buffer *buffer,
                          const uint8_t *data, size_t size, bool last, size_t *need)
{
    struct sink *s = kh_container(base, struct sink, base);
    size_t used = 0;
    cr_assert(data >= buffer->data && data + size <= buffer->data + buffer->capacity);
    s->calls++;
    s->longest = size > s->longest ? size : s->longest;
    s->saw_last = s->saw_last || last;
    if (s->inside != NULL)
        s->inside(s);
    if (s->calls == s->fails_at)
        return s->result;
    while (size - used >= s->part_size || (last && size > used)) {
        size_t part = size - used < s->part_size ? size - used : s->part_size;
        memcpy(s->body + s->taken, data + used, part);
        s->taken += part;
        used += part;
    }
    size_t left = (size_t)s->told_size - s->taken;
    *need = left < s->part_size ? left : s->part_size;
    return (int64_t)used;
}

static void ask_stream(struct asked *fetch, size_t part_size)
{
    static struct kh_fetch_request message;
    message = KH_FETCH_REQUEST_DEFAULTS;
    memset(&sink, 0, sizeof sink);
    sink.base = (struct kh_stream_sink){.bytes = sink_bytes, .begin = sink_begin};
    sink.part_size = part_size;
    sink.asked = fetch;
    fetch->request = (struct kh_request){
        .api = KH_API_FETCH, .message = &message, .sink = &sink.base, .version = -1};
    expect_status(ask(&x, fetch), 0);
    kh_connection_flush(x.c);
}

static void answer_stream(const struct fake_request *request, size_t size)
{
    struct kh_writer w = fake_answer_begin(&x.fake, request);
    for (size_t i = 0; i < size; i++)
        body[i] = (uint8_t)(i * 7 + (i >> 8));
    kh_write_raw(&w, body, size);
    fake_answer_end(request, &w);
}

static void stream(size_t part_size, size_t size, size_t recv_most)
{
    struct asked fetch = {0};
    fixture_init(&x);
    fixture_ready(&x);
    ask_stream(&fetch, part_size);
    x.fake.streams[0]->recv_most = recv_most;
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
    answer_stream(&request, size);
    fake_run(&x.fake);
    cr_assert_eq(fetch.ends, 1);
    cr_assert_eq(fetch.status, 0);
    cr_assert_eq(sink.told_size, (int64_t)size);
    cr_assert_eq(sink.taken, size);
    cr_assert(sink.saw_last);
    cr_assert_eq(memcmp(sink.body, body, size), 0);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, 0);
    struct asked beat = {0};
    ask(&x, &beat);
    kh_connection_flush(x.c);
    request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    cr_assert_eq(beat.status, 0, "the next answer begins where this one ended");
    fixture_free(&x);
}

KH_TEST(connection_frames, a_streamed_answer_of_any_size_in_parts_of_any_size)
{
    static const size_t parts[] = {1, 61, 5000, KH_RECEIVE_BUFFER, 300000};
    static const size_t sizes[] = {0, 1, 17, KH_RECEIVE_BUFFER - 9, KH_RECEIVE_BUFFER, 1000000};
    static const size_t recvs[] = {4099, SIZE_MAX};
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 6; j++)
            for (size_t k = 0; k < 2; k++)
                stream(parts[i], sizes[j], recvs[k]);
    stream(13, 300, 1);
}

KH_TEST(connection_frames, a_large_batch_is_received_into_a_buffer_of_its_size)
{
    struct asked fetch = {0};
    fixture_init(&x);
    fixture_ready(&x);
    ask_stream(&fetch, 300000);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
    answer_stream(&request, 900000);
    const struct kh_stream *s = x.fake.streams[0];
    int first = s->recvs;
    fake_run(&x.fake);
    cr_assert_eq(sink.taken, 900000);
    cr_assert_eq(sink.longest, 300000);
    /* A standard buffer and the rest of the first batch; then a head and a rest for each. The last
     * one fills its buffer, so the socket is asked whether there is more. */
    cr_assert_eq(s->recvs - first, 7);
    cr_assert_eq(s->asked[first], KH_RECEIVE_BUFFER);
    cr_assert_eq(s->asked[first + 2], 4096);
    cr_assert_eq(s->asked[first + 3], 300000 - 4096);
    fixture_free(&x);
}

KH_TEST(connection_frames, after_a_large_batch_buffers_are_small_again)
{
    struct asked fetch = {0}, beat = {0};
    fixture_init(&x);
    fixture_ready(&x);
    ask_stream(&fetch, 300000);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
    answer_stream(&request, 300000);
    fake_run(&x.fake);
    cr_assert_eq(fetch.ends, 1);
    ask(&x, &beat);
    kh_connection_flush(x.c);
    fake_send(x.fake.streams[0], "\0\0", 2);
    fake_run(&x.fake);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, KH_RECEIVE_BUFFER);
    fixture_free(&x);
}

static struct kh_buffer *kept[64];
static size_t kept_count;

static int64_t keep_bytes(struct kh_stream_sink *base, struct kh_buffer *buffer,
                          const uint8_t *data, size_t size, bool last, size_t *need)
{
    if (kept_count == 0 || kept[kept_count - 1] != buffer) {
        kh_buffer_reference(buffer);
        kept[kept_count++] = buffer;
    }
    return sink_bytes(base, buffer, data, size, last, need);
}

KH_TEST(connection_frames, a_kept_buffer_is_never_written_over)
{
    struct asked fetch = {0};
    fixture_init(&x);
    fixture_ready(&x);
    ask_stream(&fetch, 1000);
    sink.base.bytes = keep_bytes;
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
    answer_stream(&request, 400000);
    fake_run(&x.fake);
    cr_assert_eq(sink.taken, 400000);
    cr_assert_eq(memcmp(sink.body, body, 400000), 0);
    cr_assert_eq(kept_count, 4);
    /* The first buffer still begins as the frame did: 4 + 4 + 1 bytes, then the body. */
    cr_assert_eq(memcmp(kept[0]->data + 9, body, KH_RECEIVE_BUFFER - 9), 0);
    for (size_t i = 0; i < kept_count; i++)
        kh_buffer_release(kept[i]);
    fixture_free(&x);
}

KH_TEST(connection_frames, a_sink_that_leaves_bytes_or_fails_ends_its_request)
{
    static const int64_t results[] = {KOHORT_ECORRUPT, KOHORT_ELIMIT, KOHORT_ENOMEM, 0};
    for (size_t i = 0; i < 4; i++) {
        struct asked fetch = {0};
        fixture_init(&x);
        fixture_ready(&x);
        ask_stream(&fetch, 10);
        sink.fails_at = 1;
        sink.result = results[i];
        struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
        answer_stream(&request, 100);
        fake_run(&x.fake);
        cr_assert_eq(fetch.ends, 1);
        cr_assert_eq(fetch.status, results[i] == 0 ? KOHORT_EPROTOCOL : (int)results[i]);
        cr_assert_eq(x.closes, 1);
        fixture_free(&x);
    }
}

static void cancel(struct sink *s)
{
    if (s->calls == 2 && s->asked->request.connection != NULL)
        kh_connection_forget(x.c, &s->asked->request);
}

KH_TEST(connection_frames, a_stream_cancelled_inside_is_dropped_to_its_end)
{
    struct asked fetch = {0}, beat = {0};
    fixture_init(&x);
    fixture_ready(&x);
    ask_stream(&fetch, 1000);
    sink.inside = cancel;
    ask(&x, &beat);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
    answer_stream(&request, 500000);
    request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    cr_assert_eq(sink.calls, 2);
    cr_assert_eq(fetch.ends, 0);
    cr_assert_eq(beat.ends, 1);
    cr_assert_eq(beat.status, 0);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, 0);
    fixture_free(&x);
}

static size_t abandoned_at;

static void abandon(struct sink *s)
{
    if (s->calls == abandoned_at) {
        kh_connection_abandon(x.c);
        x.c = NULL;
    }
}

KH_TEST(connection_frames, a_connection_abandoned_inside_a_sink_is_gone_afterwards)
{
    for (abandoned_at = 1; abandoned_at <= 4; abandoned_at++) { /* the fourth call is the last */
        struct asked fetch = {0}, beats[KH_CONNECTION_FLIGHTS - 1] = {{.ends = 0}};
        fixture_init(&x);
        fixture_ready(&x);
        ask_stream(&fetch, 1000);
        for (int i = 0; i < KH_CONNECTION_FLIGHTS - 1; i++)
            ask(&x, &beats[i]);
        sink.inside = abandon;
        struct fake_request request = fake_expect(&x.fake, 0, KH_API_FETCH);
        answer_stream(&request, 500000);
        fake_run(&x.fake);
        cr_assert_eq(sink.calls, abandoned_at);
        cr_assert_eq(sink.saw_last, abandoned_at == 4);
        cr_assert_eq(fetch.ends + beats[0].ends, 0);
        cr_assert_eq(fake_open_streams(&x.fake), 0);
        fixture_free(&x);
    }
}

/* P-04: a flipped byte anywhere in two answers: one of them fails, or the content differs; nothing
 * else happens. */
KH_TEST(connection_frames, P04_any_byte_of_an_answer_may_be_any_other)
{
    for (size_t at = 0; at < 30; at++)
        for (int value = 0; value < 256; value += 5) {
            struct asked fetch = {0}, beat = {0};
            fixture_init(&x);
            fixture_ready(&x);
            ask(&x, &beat);
            ask_stream(&fetch, 4);
            struct kh_stream *s = x.fake.streams[0];
            struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
            size_t start = s->to_client.size;
            fake_answer_heartbeat(&x.fake, &request, 0);
            request = fake_expect(&x.fake, 0, KH_API_FETCH);
            answer_stream(&request, 10);
            if (start + at < s->to_client.size)
                s->to_client.data[start + at] = (uint8_t)value;
            fake_run(&x.fake);
            fake_end(s);
            fake_run(&x.fake);
            cr_assert_eq(beat.ends, 1);
            cr_assert_eq(fetch.ends, 1);
            fixture_free(&x);
        }
}
