/* A large request whose end lies elsewhere (SyncGroup's layout), and a large answer whose bytes are
 * kept where they came (JoinGroup's members). */
#include "base/limits.h"
#include "connection_fixture.h"
#include "protocol/join_group.h"
#include "protocol/sync_group.h"

static struct fixture x;

enum { TAIL = 1000 };

/* The tail is the caller's to free. */
static uint8_t *ask_with_tail(struct asked *asked, struct kh_sync_group_request *message)
{
    uint8_t *tail = kh_alloc(test_heap, TAIL);
    for (int i = 0; i < TAIL; i++)
        tail[i] = (uint8_t)i;
    *message = (struct kh_sync_group_request){.group_id = KH_STRING("g"),
                                              .member_id = KH_STRING("m"),
                                              .protocol_type = KH_STRING("consumer"),
                                              .protocol_name = KH_STRING("range"),
                                              .encoded = {tail, TAIL}};
    asked->request.api = KH_API_SYNC_GROUP;
    asked->request.message = message;
    expect_status(ask(&x, asked), 0);
    return tail;
}

static void answer_sync(const struct fake_request *request)
{
    struct kh_writer w = fake_answer_begin(&x.fake, request);
    kh_write_i32(&w, 0);
    kh_write_i16(&w, 0);
    kh_write_nullable_string(&w, kh_string_of(NULL));
    kh_write_nullable_string(&w, kh_string_of(NULL));
    kh_write_bytes(&w, (struct kh_bytes){(const uint8_t *)"", 0});
    kh_write_tags(&w);
    fake_answer_end(request, &w);
}

KH_TEST(connection_tail, leaves_behind_its_request_in_as_many_pieces_as_it_takes)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked sync = {0}, beat = {0};
    struct kh_sync_group_request message;
    uint8_t *tail = ask_with_tail(&sync, &message);
    struct kh_stream *stream = x.fake.streams[0];
    for (size_t room = 1; !kh_connection_has_room(x.c); room += 7) {
        cr_assert_lt(room, 1000);
        stream->send_room = room;
        kh_connection_flush(x.c);
        fake_run(&x.fake);
    }
    kh_free(test_heap, tail); /* all of it is sent */
    stream->send_room = SIZE_MAX;
    expect_status(ask(&x, &beat), 0);
    kh_connection_flush(x.c);
    struct fake_request one = fake_expect(&x.fake, 0, KH_API_SYNC_GROUP);
    cr_assert_gt(one.body_size, TAIL);
    for (int i = 0; i < TAIL; i++)
        cr_assert_eq(one.body[one.body_size - TAIL + (size_t)i], (uint8_t)i);
    answer_sync(&one);
    struct fake_request two = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &two, 0);
    fake_run(&x.fake);
    cr_assert_eq(sync.ends, 1);
    cr_assert_eq(sync.status, 0);
    cr_assert_eq(beat.ends, 1);
    cr_assert_eq(x.closes, 0);
    fixture_free(&x);
}

KH_TEST(connection_tail, is_let_go_of_when_its_request_is_cancelled_and_the_connection_ends)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked sync = {0};
    struct kh_sync_group_request message;
    uint8_t *tail = ask_with_tail(&sync, &message);
    struct kh_stream *stream = x.fake.streams[0];
    stream->send_room = 300;
    kh_connection_flush(x.c);
    cr_assert(kh_connection_forget(x.c, &sync.request));
    kh_free(test_heap, tail);
    cr_assert_not(kh_connection_has_room(x.c));
    stream->send_room = SIZE_MAX;
    fake_run(&x.fake);
    cr_assert_eq(x.closes, 1);
    cr_assert_eq(sync.ends, 0);
    fixture_free(&x);
}

KH_TEST(connection_tail, is_let_go_of_when_the_broker_answers_before_it_has_read_it)
{
    fixture_init(&x);
    fixture_ready(&x);
    struct asked sync = {0};
    struct kh_sync_group_request message;
    uint8_t *tail = ask_with_tail(&sync, &message);
    struct kh_stream *stream = x.fake.streams[0];
    stream->send_room = 300;
    kh_connection_flush(x.c);
    answer_sync(&(struct fake_request){.stream = stream,
                                       .api = KH_API_SYNC_GROUP,
                                       .version = 5,
                                       .correlation_id = x.c->correlation_id - 1});
    fake_run(&x.fake);
    kh_free(test_heap, tail);
    stream->send_room = SIZE_MAX;
    fake_run(&x.fake);
    cr_assert_eq(sync.ends, 1);
    cr_assert_eq(sync.status, 0);
    cr_assert_eq(x.closes, 1);
    fixture_free(&x);
}

/* ---- a frame that is kept ---- */

static struct kh_buffer *kept;
static const uint8_t *kept_metadata;

static void keep(struct kh_request *request, const struct kh_response *response)
{
    struct asked *asked = request->arg;
    const struct kh_join_group_response *joined = response->message;
    asked->ends++;
    kept = response->frame;
    kept_metadata = joined->members[0].metadata.data;
    if (kept != NULL)
        kh_buffer_reference(kept);
}

static void join(size_t metadata_size)
{
    const struct kh_join_group_request message = {.group_id = KH_STRING("g"),
                                                  .member_id = KH_STRING(""),
                                                  .protocol_type = KH_STRING("consumer")};
    struct asked asked = {.request = {.api = KH_API_JOIN_GROUP, .message = &message}};
    expect_status(ask(&x, &asked), 0);
    asked.request.done = keep;
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_JOIN_GROUP);
    uint8_t *metadata = kh_alloc(test_heap, metadata_size);
    memset(metadata, 'k', metadata_size);
    struct kh_writer w = fake_answer_begin(&x.fake, &request);
    kh_write_i32(&w, 0);
    kh_write_i16(&w, 0);
    kh_write_i32(&w, 1);
    kh_write_nullable_string(&w, KH_STRING("consumer"));
    kh_write_nullable_string(&w, KH_STRING("range"));
    kh_write_string(&w, KH_STRING("m"));
    kh_write_bool(&w, false);
    kh_write_string(&w, KH_STRING("m"));
    kh_write_array(&w, 1);
    kh_write_string(&w, KH_STRING("m"));
    kh_write_nullable_string(&w, kh_string_of(NULL));
    kh_write_bytes(&w, (struct kh_bytes){metadata, (int32_t)metadata_size});
    kh_write_tags(&w);
    kh_write_tags(&w);
    fake_answer_end(&request, &w);
    fake_run(&x.fake);
    kh_free(test_heap, metadata);
    cr_assert_eq(asked.ends, 1);
}

KH_TEST(connection_frame, a_large_one_can_be_kept_and_a_small_one_is_not_offered)
{
    fixture_init(&x);
    fixture_ready(&x);
    join(100);
    cr_assert_null(kept);
    size_t size = 3 * (size_t)KH_RECEIVE_BUFFER;
    join(size);
    cr_assert_not_null(kept);
    struct asked beat = {0};
    expect_status(ask(&x, &beat), 0);
    kh_connection_flush(x.c);
    struct fake_request request = fake_expect(&x.fake, 0, KH_API_HEARTBEAT);
    fake_answer_heartbeat(&x.fake, &request, 0);
    fake_run(&x.fake);
    for (size_t i = 0; i < size; i++)
        cr_assert_eq(kept_metadata[i], 'k');
    kh_buffer_release(kept);
    cr_assert_eq(x.fake.shared.buffers.live_bytes, 0);
    fixture_free(&x);
}
