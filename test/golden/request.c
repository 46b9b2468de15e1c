/* Requests: decoded by table, encoded by the library. */
#include "message.h"

#include "base/limits.h"
#include "base/status.h"
#include "protocol/header.h"

#include <string.h>

static bool reads_request(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    struct message *m = context;
    struct kh_reader r;

    kh_arena_free(&m->arena);
    kh_arena_init(&m->arena, &g->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, data, size, schema_flexible(m->schema, m->version), &m->arena);
    schema_decode(m->schema, m->version, &r, m->value);
    bool good = kh_read_end(&r);
    m->wrong = r.wrong;
    m->wrong_at = kh_read_offset(&r);
    return good;
}

static void encode_by_library(struct golden *g, const struct message *m, int version,
                              struct kh_writer *w)
{
    kh_writer_init(w, &g->heap);
    w->flexible = kh_api_flexible(m->info, version);
    m->info->encode_request(w, version, m->value);
}

/* The same request at every other version: dropped or refused must be what Kafka drops or refuses.
 * Metadata v0 cannot say null: who asks for all topics is given an empty array (metadata.h). */
static void expect_other_versions(struct golden *g, const struct message *m)
{
    for (int version = m->info->oldest; version <= m->info->newest; version++) {
        struct kh_writer by_library, by_table;

        encode_by_library(g, m, version, &by_library);
        message_encode_by_table(g, m, version, &by_table);
        bool same = by_library.status == by_table.status;
        if (by_table.status == KOHORT_EINVAL) /* a null that the version cannot say */
            same = by_library.status != 0 || (m->api == KH_API_METADATA && version == 0);
        if (!same)
            fail(g, "sent at v%d: %s here, %s expected", version, kh_status_name(by_library.status),
                 kh_status_name(by_table.status));
        else if (by_table.status == 0)
            expect_bytes(g, m->schema, version, "sent at another version", &by_library, 0,
                         by_table.data, by_table.size);
        kh_writer_free(&by_library);
        kh_writer_free(&by_table);
    }
}

static void expect_refused(struct golden *g, const struct message *m, const char *name)
{
    struct kh_writer w;

    encode_by_library(g, m, m->version, &w);
    if (w.status == 0)
        fail(g, "%s: null is written, which Kafka refuses", name);
    kh_writer_free(&w);
}

static void null_each(struct golden *g, const struct message *m, const struct schema *s, void *in);

/* A text or bytes, if it may not be null. */
static void null_value(struct golden *g, const struct message *m, const struct schema_field *field,
                       enum schema_type type, void *at)
{
    struct kh_string *text = at;
    struct kh_bytes *bytes = at;

    if (type == SCHEMA_STRING) {
        const struct kh_string was = *text;
        *text = (struct kh_string){NULL, 0};
        expect_refused(g, m, field->name);
        *text = was;
    } else if (type == SCHEMA_BYTES) {
        const struct kh_bytes was = *bytes;
        *bytes = (struct kh_bytes){NULL, 0};
        expect_refused(g, m, field->name);
        *bytes = was;
    } else if (type == SCHEMA_STRUCT) {
        null_each(g, m, field->schema, at);
    }
}

/* Each text and bytes that may not be null becomes null in turn; of an array the first items. */
static void null_each(struct golden *g, const struct message *m, const struct schema *s, void *in)
{
    enum { ENOUGH = 3 };

    for (size_t i = 0; i < s->field_count; i++) {
        const struct schema_field *field = &s->fields[i];
        char *at = (char *)in + field->offset;
        size_t count;

        if (!schema_in(field->versions, m->version))
            continue;
        if (field->type != SCHEMA_ARRAY) {
            if (!schema_in(field->nullable, m->version))
                null_value(g, m, field, field->type, at);
            continue;
        }
        memcpy(&count, (char *)in + field->count_offset, sizeof count);
        memcpy(&at, (char *)in + field->offset, sizeof at);
        for (size_t k = 0; k < count && k < ENOUGH; k++)
            null_value(g, m, field, field->item_type, at + k * field->item_size);
    }
}

/* The library puts the header of the right version before the request. */
static void expect_request_header(struct golden *g, const struct message *m)
{
    const struct kh_request_header header = {.api_key = g->vector.key,
                                             .api_version = (int16_t)m->version,
                                             .correlation_id = 7,
                                             .client_id = KH_STRING("golden")};
    int header_version = schema_flexible(m->schema, m->version) ? 2 : 1;
    struct kh_writer by_library, by_table;

    if (g->vector.header != header_version && g->vector.header >= 0)
        fail(g, "header v%d goes before it here, v%d expected", header_version, g->vector.header);
    kh_writer_init(&by_library, &g->heap);
    kh_writer_init(&by_table, &g->heap);
    by_library.flexible = kh_api_flexible(m->info, m->version);
    kh_request_header_encode(&by_library, &header);
    by_table.flexible = header_version >= 2;
    schema_encode(&schema_request_header, header_version, &by_table, &header);
    expect_bytes(g, &schema_request_header, header_version, "the header", &by_library, 0,
                 by_table.data, by_table.size);
    kh_writer_free(&by_library);
    kh_writer_free(&by_table);
}

void check_request(struct golden *g)
{
    struct vector *v = &g->vector;
    struct message m;

    if (!message_begin(g, &m, SCHEMA_REQUEST))
        return;
    if (message_read(g, &m, v->data, v->size, reads_request) && v->both_ways) {
        struct kh_writer w;

        encode_by_library(g, &m, v->version, &w);
        expect_bytes(g, m.schema, v->version, "encoded", &w, 0, v->data, v->size);
        kh_writer_free(&w);
        expect_request_header(g, &m);
        expect_other_versions(g, &m);
        null_each(g, &m, m.schema, m.value);
    }
    message_end(g, &m);
}
