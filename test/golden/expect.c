#include "golden.h"

#include "base/limits.h"
#include "base/poison.h"
#include "base/status.h"
#include "schema/schema_json.h"
#include "support/json_difference.h"

#include <stdio.h>
#include <string.h>

/* A search through the vector's fields, by path or by place. */
struct search {
    const char *path; /* NULL: by place */
    size_t at;        /* what is sought, or where it was found */
    char found[192];
};

static void look(void *arg, const struct schema_place *place)
{
    struct search *search = arg;
    bool is_it = search->path == NULL ? place->begin <= search->at && search->at < place->end
                                      : strcmp(place->path, search->path) == 0;

    if (!is_it)
        return;
    search->at = place->begin;
    snprintf(search->found, sizeof search->found, "%s", place->path);
}

static bool search_bytes(struct golden *g, const struct schema *s, int version, const uint8_t *data,
                         size_t size, struct search *search)
{
    /* The consumer protocol's version goes before what its tables describe. */
    size_t before = s->key < 0 && s->first_flexible > s->newest ? 2 : 0;
    const struct schema_trace trace = {look, search};
    struct kh_arena arena;
    struct kh_reader r;
    void *message = kh_alloc_zeroed(&g->heap, 1, s->size);

    search->found[0] = '\0';
    if (message == NULL || size < before || (search->path == NULL && search->at < before)) {
        kh_free(&g->heap, message);
        return false;
    }
    if (search->path == NULL)
        search->at -= before;
    kh_arena_init(&arena, &g->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, data + before, size - before, schema_flexible(s, version), &arena);
    schema_decode_traced(s, version, &r, message, &trace);
    kh_arena_free(&arena);
    kh_free(&g->heap, message);
    search->at += before;
    return search->found[0] != '\0';
}

void expect_value(struct golden *g, const struct schema *s, int version, const void *message)
{
    const struct vector *v = &g->vector;
    json_t *here = schema_to_json(s, version, message);
    struct json_difference difference;
    struct search search = {.path = difference.path};

    if (json_differs(here, v->value, &difference)) {
        if (search_bytes(g, s, version, v->data, v->size, &search))
            fail(g, "at byte %zu %s", search.at, difference.text);
        else
            fail(g, "%s", difference.text);
    }
    json_decref(here);
}

void expect_bytes(struct golden *g, const struct schema *s, int version, const char *what,
                  const struct kh_writer *w, size_t from, const uint8_t *expected, size_t size)
{
    struct search search = {.at = 0};
    size_t here_size = w->size - from;

    if (w->status != 0) {
        fail(g, "%s: %s", what, kh_status_name(w->status));
        return;
    }
    while (search.at < size && search.at < here_size &&
           w->data[from + search.at] == expected[search.at])
        search.at++;
    if (search.at == size && here_size == size)
        return;
    size_t at = search.at;
    char here[16] = "no byte", there[16] = "no byte";
    if (at < here_size)
        snprintf(here, sizeof here, "%02x", w->data[from + at]);
    if (at < size)
        snprintf(there, sizeof there, "%02x", expected[at]);
    bool found = search_bytes(g, s, version, expected, size, &search);
    fail(g, "%s: at byte %zu %s%s%s here, %s expected (%zu bytes here, %zu expected)", what, at,
         found ? search.found : "", found ? ": " : "", here, there, here_size, size);
}

void expect_prefixes_refused(struct golden *g, uint8_t *data, size_t size, size_t limit,
                             reads *reads_all, void *context)
{
    enum { EACH = 4 * KH_KIB, EDGE = KH_KIB, STEP = 61 };

    if (!g->prefixes)
        return;
    for (size_t cut = limit; cut-- > 0;) {
        if (size > EACH && cut >= EDGE && size - cut > EDGE && cut % STEP != 0)
            continue;
        kh_poison(data + cut, size - cut);
        if (reads_all(g, context, data, cut)) {
            fail(g, "the first %zu of %zu bytes are read as if they were all", cut, size);
            break;
        }
    }
    kh_unpoison(data, size);
}
