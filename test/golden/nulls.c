#include "golden.h"

#include "base/limits.h"

#include <string.h>

struct nulls {
    struct golden *g;
    const uint8_t *data;
    size_t size, before;
    bool flexible;
    reads *reads_all;
    void *context;
    size_t tried;
};

/* One more than the length, in a compact field; else -1, in as many bytes as the length has. */
static size_t null_size(const struct nulls *n, enum schema_type type)
{
    return n->flexible ? 1 : type == SCHEMA_STRING ? 2 : 4;
}

static bool is_empty_array(const struct nulls *n, const struct schema_place *place)
{
    const uint8_t *count = n->data + n->before + place->begin;

    return place->type == SCHEMA_ARRAY &&
           memcmp(count, n->flexible ? "\1" : "\0\0\0", n->flexible ? 1 : 4) == 0;
}

static void try_null(void *arg, const struct schema_place *place)
{
    enum { ENOUGH = 64 };
    struct nulls *n = arg;
    size_t begin = n->before + place->begin, end = n->before + place->end;
    size_t marker = null_size(n, place->type), size = begin + marker + (n->size - end);

    if (place->nullable || n->g->failure || n->tried == ENOUGH)
        return;
    if (place->type != SCHEMA_STRING && place->type != SCHEMA_BYTES && !is_empty_array(n, place))
        return;
    uint8_t *data = kh_alloc(&n->g->heap, size);
    if (data == NULL)
        return;
    memcpy(data, n->data, begin);
    memset(data + begin, n->flexible ? 0 : 0xff, marker);
    memcpy(data + begin + marker, n->data + end, n->size - end);
    if (n->reads_all(n->g, n->context, data, size))
        fail(n->g, "at byte %zu %s: null is read, which Kafka refuses", place->begin, place->path);
    kh_free(&n->g->heap, data);
    n->tried++;
}

void expect_nulls_refused(struct golden *g, const struct schema *s, int version,
                          const uint8_t *data, size_t size, size_t before, reads *reads_all,
                          void *context)
{
    struct nulls n = {g, data, size, before, schema_flexible(s, version), reads_all, context, 0};
    const struct schema_trace trace = {try_null, &n};
    void *ignored = kh_alloc_zeroed(&g->heap, 1, s->size);
    struct kh_arena arena;
    struct kh_reader r;

    kh_arena_init(&arena, &g->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, data + before, size - before, n.flexible, &arena);
    if (ignored != NULL)
        schema_decode_traced(s, version, &r, ignored, &trace);
    kh_arena_free(&arena);
    kh_free(&g->heap, ignored);
}
