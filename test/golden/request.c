/* Requests: decoded by table, encoded by the library. */
#include "message.h"

#include "base/limits.h"
#include "base/status.h"
#include "protocol/header.h"

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
 * A null that a version cannot say is left out: that is each encoder's to judge. */
static void expect_other_versions(struct golden *g, const struct message *m)
{
    for (int version = m->info->oldest; version <= m->info->newest; version++) {
        struct kh_writer by_library, by_table;

        encode_by_library(g, m, version, &by_library);
        message_encode_by_table(g, m, version, &by_table);
        if (by_table.status == 0 && by_library.status == 0)
            expect_bytes(g, m->schema, version, "sent at another version", &by_library, 0,
                         by_table.data, by_table.size);
        else if (by_table.status != KOHORT_EINVAL && by_library.status != by_table.status)
            fail(g, "sent at v%d: %s here, %s expected", version, kh_status_name(by_library.status),
                 kh_status_name(by_table.status));
        kh_writer_free(&by_library);
        kh_writer_free(&by_table);
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
    }
    message_end(g, &m);
}
