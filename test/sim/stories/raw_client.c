#include "sim/stories/raw_client.h"

#include "schema/frame.h"

static void connected(void *arg, int error_number)
{
    ((struct raw_client *)arg)->error_number = error_number;
}

static void changed(void *arg)
{
    struct raw_client *r = arg;
    uint8_t piece[4096];
    int error_number;
    int64_t size;

    while ((size = sim_end_recv(r->end, piece, sizeof piece, &error_number, NULL)) > 0)
        test_buffer_append(&r->in, piece, (size_t)size);
}

static const struct sim_end_events events = {.connected = connected, .changed = changed};

void raw_connect(struct raw_client *r, struct sim_world *w, struct sim_broker *b)
{
    *r = (struct raw_client){.world = w, .error_number = -1};
    kh_arena_init(&r->arena, test_heap, SIZE_MAX);
    r->end = sim_connect(&w->network, SIM_MEMBERS_MAX - 1, &b->listener.address, &events, r);
    for (int i = 0; i < 1000 && r->error_number < 0; i++)
        sim_world_run_for(w, 1);
    cr_assert_eq(r->error_number, 0);
}

void raw_close(struct raw_client *r)
{
    sim_end_close(r->end);
    test_buffer_free(&r->in);
    kh_arena_free(&r->arena);
}

void raw_ask(struct raw_client *r, enum kh_api api, int version, const void *request)
{
    const struct kh_api_info *info = kh_api_info(api);
    const struct kh_request_header header = {.api_key = info->key,
                                             .api_version = (int16_t)version,
                                             .correlation_id = ++r->correlation_id,
                                             .client_id = KH_STRING("raw")};
    struct kh_writer w;
    int error_number;

    kh_writer_init(&w, test_heap);
    size_t length_at = kh_write_i32_later(&w);
    schema_write_request(&w, schema_find(info->key, SCHEMA_REQUEST), &header, request);
    kh_write_patch_i32(&w, length_at, (int32_t)(w.size - 4));
    cr_assert_eq(w.status, 0);
    cr_assert_eq(sim_end_send(r->end, w.data, w.size, &error_number), (int64_t)w.size);
    kh_writer_free(&w);
    r->api[r->under_way] = api;
    r->version[r->under_way++] = version;
}

static size_t frame_size(const struct raw_client *r)
{
    struct kh_reader reader;

    if (r->in.size < 4)
        return SIZE_MAX;
    kh_reader_init(&reader, r->in.data, r->in.size, false, NULL);
    return (size_t)kh_read_i32(&reader) + 4;
}

const void *raw_answer(struct raw_client *r, int64_t limit_ms)
{
    for (int64_t ms = 0; frame_size(r) > r->in.size; ms++) {
        if (ms == limit_ms)
            return NULL;
        sim_world_run_for(r->world, 1);
    }
    enum kh_api api = r->api[0];
    int version = r->version[0];
    const struct schema *s = schema_find(kh_api_info(api)->key, SCHEMA_RESPONSE);
    struct kh_reader reader;
    int32_t correlation_id;
    size_t size = frame_size(r);

    kh_arena_reset(&r->arena);
    uint8_t *frame = kh_arena_alloc(&r->arena, size, 1);
    memcpy(frame, r->in.data, size);
    r->in.size -= size;
    memmove(r->in.data, r->in.data + size, r->in.size);
    r->under_way--;
    memmove(r->api, r->api + 1, r->under_way * sizeof *r->api);
    memmove(r->version, r->version + 1, r->under_way * sizeof *r->version);
    void *response =
        schema_read_response(&reader, s, version, (struct kh_bytes){frame + 4, (int32_t)(size - 4)},
                             &r->arena, &correlation_id);
    cr_assert_not_null(response, "%s", reader.wrong);
    cr_assert_eq(correlation_id, r->correlation_id - (int32_t)r->under_way);
    return response;
}

const void *raw_call(struct raw_client *r, enum kh_api api, int version, const void *request)
{
    raw_ask(r, api, version, request);
    const void *response = raw_answer(r, 10000);
    cr_assert_not_null(response, "%s v%d is not answered", kh_api_info(api)->name, version);
    return response;
}
