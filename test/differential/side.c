#include "differential/side.h"

#include "base/status.h"
#include "protocol/fetch.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/sync_group.h"
#include "schema/frame.h"
#include "schema/schema_json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { CALL_TURN_MS = 10 };

void side_init(struct side *s, const char *name, const struct side_ops *ops, void *transport)
{
    *s = (struct side){.name = name, .ops = ops, .transport = transport};
    kh_heap_init(&s->heap);
    kh_arena_init(&s->arena, &s->heap, SIZE_MAX);
    for (int i = 0; i < SIDE_CONNECTIONS; i++) {
        s->connections[i].side = s;
        ops->connect(&s->connections[i]);
    }
}

static void forget_ids(struct side *s)
{
    for (size_t i = 0; i < s->id_count; i++)
        free(s->ids[i]);
    s->id_count = s->session_count = 0;
}

void side_free(struct side *s)
{
    for (int i = 0; i < SIDE_CONNECTIONS; i++) {
        s->ops->disconnect(&s->connections[i]);
        test_buffer_free(&s->connections[i].in);
    }
    forget_ids(s);
    free(s->ids);
    kh_arena_free(&s->arena);
}

static void reconnect(struct side *s, struct side_connection *c)
{
    s->ops->disconnect(c);
    test_buffer_free(&c->in);
    *c = (struct side_connection){.side = s, .correlation_id = c->correlation_id};
    s->ops->connect(c);
}

void side_begin(struct side *s)
{
    for (int i = 0; i < SIDE_SLOTS; i++) {
        if (s->connections[i].waiting || s->connections[i].ended)
            reconnect(s, &s->connections[i]);
        s->members[i] = (struct side_member){.generation = -1};
    }
    forget_ids(s);
}

void side_ask(struct side *s, int slot, enum kh_api api, int version, const void *request)
{
    struct side_connection *c = &s->connections[slot];
    const struct kh_api_info *info = kh_api_info(api);
    const struct kh_request_header header = {.api_key = info->key,
                                             .api_version = (int16_t)version,
                                             .correlation_id = ++c->correlation_id,
                                             .client_id = KH_STRING("asks")};
    struct kh_writer w;

    kh_writer_init(&w, &s->heap);
    size_t length_at = kh_write_i32_later(&w);
    schema_write_request(&w, schema_find(info->key, SCHEMA_REQUEST), &header, request);
    kh_write_patch_i32(&w, length_at, (int32_t)(w.size - 4));
    cr_assert_eq(w.status, 0, "%s v%d cannot be written", info->name, version);
    c->waiting = true;
    c->api = api;
    c->version = version;
    s->ops->send(c, w.data, w.size);
    kh_writer_free(&w);
}

static size_t frame_size(const struct test_buffer *in)
{
    struct kh_reader r;

    if (in->size < 4)
        return SIZE_MAX;
    kh_reader_init(&r, in->data, in->size, false, NULL);
    return (size_t)kh_read_i32(&r) + 4;
}

/* A version of ApiVersions that is not known is answered in v0 (KIP-511). */
static int answered_version(const struct side_connection *c)
{
    return c->api == KH_API_API_VERSIONS && c->version > kh_api_info(c->api)->newest ? 0
                                                                                     : c->version;
}

static void read_answer(struct side_connection *c, size_t size, struct side_answer *ret)
{
    struct side *s = c->side;
    const struct schema *schema = schema_find(kh_api_info(c->api)->key, SCHEMA_RESPONSE);
    int version = answered_version(c);
    uint8_t *frame = kh_arena_alloc(&s->arena, size, 1);
    struct kh_reader r;
    int32_t correlation_id;

    memcpy(frame, c->in.data + 4, size - 4);
    c->in.size -= size;
    memmove(c->in.data, c->in.data + size, c->in.size);
    ret->response =
        schema_read_response(&r, schema, version, (struct kh_bytes){frame, (int32_t)(size - 4)},
                             &s->arena, &correlation_id);
    cr_assert_not_null(ret->response, "%s of %s v%d: %s", s->name, schema->name, version, r.wrong);
    cr_assert_eq(correlation_id, c->correlation_id);
    ret->json = schema_to_json(schema, version, ret->response);
}

bool side_has_answer(const struct side_connection *c)
{
    return frame_size(&c->in) <= c->in.size || c->ended;
}

bool side_take(struct side *s, int slot, struct side_answer *ret)
{
    struct side_connection *c = &s->connections[slot];

    *ret = (struct side_answer){0};
    if (!side_has_answer(c))
        return false;
    ret->closed = frame_size(&c->in) > c->in.size;
    if (!ret->closed)
        read_answer(c, frame_size(&c->in), ret);
    c->waiting = false;
    if (ret->closed)
        reconnect(s, c);
    return true;
}

const void *side_call(struct side *s, int slot, enum kh_api api, int version, const void *request)
{
    struct side_answer answer;

    side_ask(s, slot, api, version, request);
    while (!side_take(s, slot, &answer))
        s->ops->turn(s, CALL_TURN_MS);
    cr_assert_not_null(answer.response, "%s has ended the connection", s->name);
    json_decref(answer.json);
    return answer.response;
}

static void keep(char *to, struct kh_string text)
{
    snprintf(to, SIDE_TEXT, "%.*s", (int)text.size, text.data == NULL ? "" : text.data);
}

static void learn_id(struct side *s, const char *id)
{
    for (size_t i = 0; i < s->id_count; i++)
        if (strcmp(s->ids[i], id) == 0)
            return;
    if (s->id_count == s->id_capacity) {
        s->id_capacity = s->id_capacity * 2 + 8;
        s->ids = realloc(s->ids, s->id_capacity * sizeof *s->ids);
    }
    s->ids[s->id_count++] = strdup(id);
}

static void learn_join(struct side *s, struct side_member *m,
                       const struct kh_join_group_response *response)
{
    char id[SIDE_TEXT];

    keep(id, response->member_id);
    if (id[0] != '\0')
        learn_id(s, id);
    if (response->error_code == 0 || response->error_code == KH_KAFKA_MEMBER_ID_REQUIRED)
        keep(m->id, response->member_id);
    if (response->error_code != 0)
        return;
    m->generation = response->generation_id;
    m->leads = kh_string_equal(response->leader, response->member_id);
    /* Told since v7. */
    keep(m->protocol_type,
         response->protocol_type.data == NULL ? KH_STRING("consumer") : response->protocol_type);
    keep(m->protocol_name, response->protocol_name);
}

static void learn_fetch(struct side *s, struct side_member *m,
                        const struct kh_fetch_response *response)
{
    bool is_known = response->session_id == 0;

    for (size_t i = 0; i < s->session_count; i++)
        is_known = is_known || s->sessions[i] == response->session_id;
    if (!is_known && s->session_count < sizeof s->sessions / sizeof *s->sessions)
        s->sessions[s->session_count++] = response->session_id;
    if (response->error_code != 0)
        return;
    m->session_epoch = response->session_id == m->session_id ? m->session_epoch + 1 : 1;
    m->session_id = response->session_id;
}

/* Who is told that it is nobody, or somebody else, begins anew, as clients do. */
static void learn_error(struct side *s, int slot, int16_t error_code)
{
    bool is_out =
        error_code == KH_KAFKA_UNKNOWN_MEMBER_ID || error_code == KH_KAFKA_FENCED_INSTANCE_ID;

    if (is_out && s->connections[slot].honest) {
        s->members[slot].id[0] = '\0';
        s->members[slot].generation = -1;
    }
}

void side_learn(struct side *s, int slot, const void *response)
{
    enum kh_api api = s->connections[slot].api;

    if (api == KH_API_JOIN_GROUP) {
        learn_join(s, &s->members[slot], response);
        learn_error(s, slot, ((const struct kh_join_group_response *)response)->error_code);
    } else if (api == KH_API_SYNC_GROUP) {
        learn_error(s, slot, ((const struct kh_sync_group_response *)response)->error_code);
    } else if (api == KH_API_HEARTBEAT) {
        learn_error(s, slot, ((const struct kh_heartbeat_response *)response)->error_code);
    } else if (api == KH_API_FETCH) {
        learn_fetch(s, &s->members[slot], response);
    }
}
