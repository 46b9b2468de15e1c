/* Responses: decoded by the library, encoded by table. */
#include "message.h"

#include "base/limits.h"
#include "protocol/api_versions.h"
#include "protocol/header.h"
#include "support/records/fetch_collect.h"

#include <string.h>

/* KIP-511: an ApiVersions answer has header v0 at every version, since its reader may not know the
 * version yet. */
static int header_version(const struct message *m)
{
    return schema_flexible(m->schema, m->version) && m->api != KH_API_API_VERSIONS ? 1 : 0;
}

/* A correlation id; a byte for no tagged fields. */
static size_t header_size(const struct message *m)
{
    return header_version(m) == 0 ? 4 : 5;
}

/* KIP-511: an ApiVersions answer with UNSUPPORTED_VERSION may come in the layout of v0, and only
 * the layout tells: a prefix that is such an answer is rightly read, but is not this version's. */
static bool is_of_version(struct golden *g, const struct message *m, const uint8_t *body,
                          size_t size)
{
    struct kh_api_versions_response ignored;
    struct kh_arena arena;
    struct kh_reader r;

    if (m->api != KH_API_API_VERSIONS)
        return true;
    kh_arena_init(&arena, &g->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, body, size, schema_flexible(m->schema, m->version), &arena);
    schema_decode(m->schema, m->version, &r, &ignored);
    bool is_it = kh_read_end(&r);
    kh_arena_free(&arena);
    return is_it;
}

/* A frame as a connection hands it over: the header, then the body. */
static bool reads_response(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    struct message *m = context;
    size_t limit = size * KH_LIMIT_ARENA_FACTOR;
    struct kh_reader r;

    kh_arena_free(&m->arena);
    kh_arena_init(&m->arena, &g->heap, limit);
    kh_reader_init(&r, data, size, false, &m->arena);
    kh_response_header_decode(&r, m->api, m->version);
    kh_read_items(&r, 1, m->info->response_size); /* the connection has it from there too */
    m->info->decode_response(&r, m->version, m->value);
    bool good = kh_read_end(&r);
    m->wrong = r.wrong;
    size_t at = kh_read_offset(&r), before = header_size(m);
    m->wrong_at = at > before ? at - before : 0;
    if (m->arena.held > limit)
        fail(g, "%zu bytes take %zu bytes of memory", size, m->arena.held);
    if (good && !is_of_version(g, m, data + before, size - before)) {
        m->wrong = "it is read in the layout of v0";
        return false;
    }
    return good;
}

/* Fetch: a body that comes in pieces. All that the stream held counts. */
static bool collects(struct golden *g, struct message *m, const uint8_t *data, size_t size,
                     size_t piece, struct kh_random *random)
{
    struct test_fetch_collected collected;

    kh_arena_free(&m->arena);
    kh_arena_init(&m->arena, &g->heap, KH_LIMIT_ARENAS);
    int status = test_fetch_collect(&m->arena, m->version, data, size, piece, random, &collected);
    m->wrong = collected.wrong;
    m->wrong_at = 0; /* the stream does not tell */
    memcpy(m->value, &collected.response, sizeof collected.response);
    if (collected.arena_used > size * KH_LIMIT_ARENA_FACTOR)
        fail(g, "%zu bytes take %zu bytes of memory", size, collected.arena_used);
    return status == 0;
}

static bool reads_fetch_response(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    return collects(g, context, data, size, 0, NULL);
}

static void expect_same_in_pieces(struct golden *g, struct message *m)
{
    enum { ROUNDS = 4 };
    const struct vector *v = &g->vector;

    for (size_t round = 0; round < ROUNDS && !g->failure; round++) {
        size_t piece = (size_t)1 << 3 * round; /* 1: each byte by itself */
        if (collects(g, m, v->data, v->size, piece, &g->random))
            expect_value(g, m->schema, m->version, m->value);
        else
            fail(g, "is refused when it comes in pieces: %s", m->wrong);
        if (g->failure)
            fail(g, "(in pieces of up to %zu bytes)", piece);
    }
}

/* What the version lacks is at its default in what the library reads. */
static const char *find_not_default(const struct schema *s, int version, const void *in)
{
    const char *name = NULL;

    for (size_t i = 0; i < s->field_count && name == NULL; i++) {
        const struct schema_field *field = &s->fields[i];
        const char *item = (const char *)in + field->offset;
        size_t count = 1;

        if (!schema_in(field->versions, version)) {
            if (!field->either_form && !schema_is_default(field, in))
                name = field->name;
            continue;
        }
        if (field->schema == NULL)
            continue;
        if (field->type == SCHEMA_ARRAY) {
            memcpy(&item, (const char *)in + field->offset, sizeof item);
            memcpy(&count, (const char *)in + field->count_offset, sizeof count);
        }
        if (field->type == SCHEMA_OPTIONAL) {
            memcpy(&item, (const char *)in + field->offset, sizeof item);
            count = item != NULL;
        }
        for (size_t k = 0; k < count && name == NULL; k++)
            name = find_not_default(field->schema, version, item + k * field->item_size);
    }
    return name;
}

static void expect_encoded_again(struct golden *g, const struct message *m)
{
    struct kh_writer w;

    message_encode_by_table(g, m, m->version, &w);
    expect_bytes(g, m->schema, m->version, "encoded again", &w, 0, g->vector.data, g->vector.size);
    kh_writer_free(&w);
}

static void check_whole(struct golden *g, struct message *m)
{
    const struct vector *v = &g->vector;
    const struct schema_response_header header = {.correlation_id = 7};
    struct kh_writer frame;

    kh_writer_init(&frame, &g->heap);
    frame.flexible = header_version(m) == 1;
    schema_encode(&schema_response_header, header_version(m), &frame, &header);
    kh_write_raw(&frame, v->data, v->size);
    if (message_read(g, m, frame.data, frame.size, reads_response)) {
        const char *name = find_not_default(m->schema, m->version, m->value);
        if (name != NULL)
            fail(g, "this version lacks %s, but it is not at its default", name);
        if (v->both_ways)
            expect_encoded_again(g, m);
        expect_nulls_refused(g, m->schema, m->version, frame.data, frame.size, header_size(m),
                             reads_response, m);
    }
    kh_writer_free(&frame);
}

static void check_stream(struct golden *g, struct message *m)
{
    struct vector *v = &g->vector;

    if (!message_read(g, m, v->data, v->size, reads_fetch_response))
        return;
    if (v->both_ways)
        expect_encoded_again(g, m);
    expect_same_in_pieces(g, m);
    expect_nulls_refused(g, m->schema, m->version, v->data, v->size, 0, reads_fetch_response, m);
}

void check_response(struct golden *g)
{
    struct message m;

    if (!message_begin(g, &m, SCHEMA_RESPONSE))
        return;
    if (g->vector.header != header_version(&m) && g->vector.header >= 0)
        fail(g, "header v%d goes before it here, v%d expected", header_version(&m),
             g->vector.header);
    if (m.info->decode_response == NULL)
        check_stream(g, &m);
    else
        check_whole(g, &m);
    message_end(g, &m);
}
