#include "golden.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(struct golden *g, const char *format, ...)
{
    const struct vector *v = &g->vector;
    va_list arguments;

    printf("%s:%zu: ", g->file, g->line);
    if (v->api != NULL && v->kind != NULL)
        printf("%s %s v%d (%s): ", v->api, v->kind, v->version, v->note);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    g->failure = true;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

static bool read_hex(struct golden *g, const char *hex)
{
    struct vector *v = &g->vector;
    size_t letters = strlen(hex);

    v->size = letters / 2;
    v->data = kh_alloc(&g->heap, v->size);
    if (v->data == NULL || letters % 2 != 0)
        return false;
    for (size_t i = 0; i < v->size; i++) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        v->data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool flag(const struct vector *v, const char *name)
{
    return json_is_true(json_object_get(v->line, name));
}

bool vector_read(struct golden *g, const char *text, size_t size)
{
    struct vector *v = &g->vector;
    json_error_t error;
    json_int_t key, version, header = -1;
    const char *hex;

    *v = (struct vector){
        .line = json_loadb(text, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error)};
    if (v->line == NULL) {
        fail(g, "not a JSON object: %s", error.text);
        return false;
    }
    if (json_unpack_ex(v->line, &error, 0, "{s:s, s:I, s:s, s:I, s?I, s?s, s:s, s:o}", "api",
                       &v->api, "key", &key, "kind", &v->kind, "version", &version, "header",
                       &header, "note", &v->note, "hex", &hex, "value", &v->value) != 0) {
        v->api = NULL;
        fail(g, "not a vector: %s", error.text);
        return false;
    }
    if (v->note == NULL)
        v->note = "no note";
    v->key = (int16_t)key;
    v->version = (int)version;
    v->header = (int)header;
    v->compressed = flag(v, "compressed");
    v->both_ways = !json_is_null(v->value) && !flag(v, "unknown_tags") && !flag(v, "decode_only");
    if (!read_hex(g, hex)) {
        fail(g, "\"hex\" is not bytes in lower case");
        return false;
    }
    return true;
}

void vector_free(struct golden *g)
{
    json_decref(g->vector.line);
    kh_free(&g->heap, g->vector.data);
    g->vector = (struct vector){0};
}

static void do_line(struct golden *g, const char *text, size_t size,
                    void (*check)(struct golden *g, void *arg), void *arg,
                    struct golden_count *count)
{
    g->failure = false;
    if (vector_read(g, text, size))
        check(g, arg);
    vector_free(g);
    if (g->heap.outstanding != 0) {
        fail(g, "%zu blocks of memory were not freed", g->heap.outstanding);
        g->heap.outstanding = 0;
    }
    if (g->failure)
        count->failed++;
    else
        count->passed++;
}

void golden_file(struct golden *g, const char *path, void (*check)(struct golden *g, void *arg),
                 void *arg, struct golden_count *count)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t capacity = 0;
    ssize_t size;

    g->file = path;
    g->line = 0;
    if (file == NULL) {
        printf("%s: cannot be read\n", path);
        count->failed++;
        return;
    }
    while ((size = getline(&text, &capacity, file)) > 0) {
        g->line++;
        if (text[0] != '\n')
            do_line(g, text, (size_t)size, check, arg, count);
    }
    free(text);
    fclose(file);
}
