/* Subscriptions and assignments: both directions are the library's. */
#include "golden.h"

#include "base/limits.h"
#include "protocol/consumer_protocol.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))

struct embedded {
    const struct schema *schema;
    struct kh_arena arena;
    int version_read;
    size_t used; /* bytes; a later version has more */
    union {
        struct kh_consumer_subscription subscription;
        struct kh_consumer_assignment assignment;
    } value;
};

static bool reads_embedded(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    struct embedded *e = context;
    size_t limit = size * KH_LIMIT_ARENA_FACTOR;
    struct kh_reader r;

    kh_arena_free(&e->arena);
    kh_arena_init(&e->arena, &g->heap, limit);
    kh_reader_init(&r, data, size, false, &e->arena);
    e->version_read = e->schema == &schema_consumer_subscription
                          ? kh_consumer_subscription_decode(&r, &e->value.subscription)
                          : kh_consumer_assignment_decode(&r, &e->value.assignment);
    e->used = kh_read_offset(&r);
    if (e->arena.held > limit)
        fail(g, "%zu bytes take %zu bytes of memory", size, e->arena.held);
    return kh_read_ok(&r);
}

static void expect_both_encoders(struct golden *g, const struct embedded *e)
{
    const struct vector *v = &g->vector;
    struct kh_writer by_library, by_table;

    kh_writer_init(&by_library, &g->heap);
    kh_writer_init(&by_table, &g->heap);
    if (e->schema == &schema_consumer_subscription)
        kh_consumer_subscription_encode(&by_library, v->version, &e->value.subscription);
    else
        kh_consumer_assignment_encode(&by_library, v->version, &e->value.assignment);
    kh_write_i16(&by_table, (int16_t)v->version);
    schema_encode(e->schema, v->version, &by_table, &e->value);
    expect_bytes(g, e->schema, v->version, "encoded", &by_library, 0, v->data, v->size);
    expect_bytes(g, e->schema, v->version, "encoded by table", &by_table, 0, v->data, v->size);
    kh_writer_free(&by_library);
    kh_writer_free(&by_table);
}

static void check_value(struct golden *g, const struct embedded *e)
{
    const struct vector *v = &g->vector;

    if (e->version_read != v->version)
        fail(g, "the version is %d here, %d expected", e->version_read, v->version);
    if (v->version <= e->schema->newest && e->used != v->size)
        fail(g, "%zu of its %zu bytes are read", e->used, v->size);
    expect_value(g, e->schema, MIN(v->version, e->schema->newest), &e->value);
    if (v->both_ways)
        expect_both_encoders(g, e);
}

static void check(struct golden *g, const struct schema *schema)
{
    struct vector *v = &g->vector;
    struct embedded e = {.schema = schema};

    kh_arena_init(&e.arena, &g->heap, 0);
    bool read = reads_embedded(g, &e, v->data, v->size);
    size_t used = read ? e.used : v->size;
    if (read && json_is_null(v->value))
        fail(g, "is read, although Kafka refuses it");
    else if (read)
        check_value(g, &e);
    else if (!json_is_null(v->value))
        fail(g, "is refused at byte %zu", e.used);
    if (!g->failure && !json_is_null(v->value))
        expect_nulls_refused(g, schema, MIN(v->version, schema->newest), v->data, used, 2,
                             reads_embedded, &e);
    /* What a later version appends may be cut anywhere: it is not looked at. */
    expect_prefixes_refused(g, v->data, v->size, used, reads_embedded, &e);
    kh_arena_free(&e.arena);
}

void check_subscription(struct golden *g)
{
    check(g, &schema_consumer_subscription);
}

void check_assignment(struct golden *g)
{
    check(g, &schema_consumer_assignment);
}
