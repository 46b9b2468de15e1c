#include "message.h"

bool message_begin(struct golden *g, struct message *m, enum schema_kind kind)
{
    const struct vector *v = &g->vector;
    int api = kh_api_by_key(v->key);

    *m = (struct message){.schema = schema_find(v->key, kind), .version = v->version};
    if (m->schema == NULL || api < 0) {
        fail(g, "kohort does not speak this API");
        return false;
    }
    m->api = (enum kh_api)api;
    m->info = kh_api_info(m->api);
    if (m->version < m->info->oldest || m->version > m->info->newest ||
        m->version < m->schema->oldest || m->version > m->schema->newest) {
        fail(g, "kohort does not speak this version");
        return false;
    }
    kh_arena_init(&m->arena, &g->heap, 0);
    m->value = kh_alloc_zeroed(&g->heap, 1, m->schema->size);
    return m->value != NULL;
}

void message_end(struct golden *g, struct message *m)
{
    kh_arena_free(&m->arena);
    kh_free(&g->heap, m->value);
}

bool message_read(struct golden *g, struct message *m, uint8_t *data, size_t size, reads *reads_all)
{
    bool refused = json_is_null(g->vector.value);

    expect_prefixes_refused(g, data, size, size, reads_all, m);
    if (reads_all(g, m, data, size) == refused) {
        if (refused)
            fail(g, "is read, although Kafka refuses it");
        else
            fail(g, "is refused at byte %zu: %s", m->wrong_at, m->wrong);
        return false;
    }
    if (refused)
        return false;
    expect_value(g, m->schema, m->version, m->value);
    return true;
}

void message_encode_by_table(struct golden *g, const struct message *m, int version,
                             struct kh_writer *w)
{
    kh_writer_init(w, &g->heap);
    w->flexible = schema_flexible(m->schema, version);
    schema_encode(m->schema, version, w, m->value);
}
