/* A set of option texts: set, get, copy, merge, and the typed reading of its rows. */
#include "consumer/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_SIZE = 128, PROBLEM_LINE = 512 };

/* The row of a name or alias, or -1. */
static int find_row(const char *name)
{
    size_t count;
    const struct kh_option *rows = kh_options_table(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0 || (rows[i].alias && strcmp(rows[i].alias, name) == 0))
            return (int)i;
    return -1;
}

int kohort_options_new(kohort_options **ret)
{
    struct kh_heap heap;
    kh_heap_init(&heap);
    kohort_options *o = kh_alloc_zeroed(&heap, 1, sizeof *o);
    if (o == NULL)
        return KOHORT_ENOMEM;
    kh_heap_init(&o->heap);
    o->log_level = KOHORT_LOG_INFO;
    *ret = o;
    return 0;
}

void kohort_options_free(kohort_options *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < KH_OPTIONS_MAX; i++)
        kh_free(&o->heap, o->texts[i]);
    for (size_t i = 0; i < o->assignor_count; i++)
        kh_free(&o->heap, (char *)(uintptr_t)o->assignors[i].name);
    kh_free(&o->heap, o->problem);
    kh_free(&o->heap, o->recording);
    struct kh_heap heap = o->heap;
    kh_free(&heap, o);
}

int kohort_options_set_recording(kohort_options *o, const char *path, size_t size)
{
    char *copy = NULL;
    if (path != NULL && size < KOHORT_RECORDING_MIN)
        return KOHORT_EINVAL;
    if (path != NULL && (copy = kh_copy_text(&o->heap, path, strlen(path))) == NULL)
        return KOHORT_ENOMEM;
    kh_free(&o->heap, o->recording);
    o->recording = copy;
    o->recording_size = size;
    return 0;
}

void kh_options_forget_problem(kohort_options *o)
{
    kh_free(&o->heap, o->problem);
    o->problem = NULL;
}

void kh_options_complain(kohort_options *o, const char *format, ...)
{
    char line[PROBLEM_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    size_t had = o->problem == NULL ? 0 : strlen(o->problem);
    char *text = kh_resize(&o->heap, o->problem, had + strlen(line) + 2, 1);
    if (text == NULL)
        return; /* The code says that something is wrong; the text is a courtesy. */
    if (had > 0)
        text[had++] = '\n';
    memcpy(text + had, line, strlen(line) + 1);
    o->problem = text;
}

const char *kohort_options_problem(const kohort_options *o)
{
    return o->problem == NULL ? "" : o->problem;
}

/* How many single-letter edits part two names: small when it was a slip of the finger. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_SIZE], b_size = strlen(b);
    if (b_size >= NAME_MAX_SIZE || strlen(a) >= NAME_MAX_SIZE)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t shorter = row[j - 1] < row[j] ? row[j - 1] : row[j];
            diagonal = row[j];
            row[j] = replaced < shorter + 1 ? replaced : shorter + 1;
        }
    }
    return row[b_size];
}

static void complain_unknown(kohort_options *o, const char *name)
{
    size_t count, best = SIZE_MAX, best_row = 0;
    const struct kh_option *rows = kh_options_table(&count);
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(name, rows[i].name);
        if (distance < best) {
            best = distance;
            best_row = i;
        }
    }
    if (best <= 4)
        kh_options_complain(o, "there is no option \"%s\"; did you mean \"%s\"?", name,
                            rows[best_row].name);
    else
        kh_options_complain(o, "there is no option \"%s\"; docs/options.md lists all", name);
}

int kohort_options_set(kohort_options *o, const char *name, const char *value)
{
    kh_options_forget_problem(o);
    if (name == NULL || value == NULL) {
        kh_options_complain(o, "an option's name and value must not be NULL");
        return KOHORT_EINVAL;
    }
    int row = find_row(name);
    if (row < 0) {
        complain_unknown(o, name);
        return KOHORT_EINVAL;
    }
    char *copy = kh_copy_text(&o->heap, value, strlen(value));
    if (copy == NULL)
        return KOHORT_ENOMEM;
    kh_free(&o->heap, o->texts[row]);
    o->texts[row] = copy;
    return 0;
}

const char *kohort_options_get(const kohort_options *o, const char *name)
{
    size_t count;
    const struct kh_option *rows = kh_options_table(&count);
    int row = find_row(name);
    if (row < 0)
        return NULL;
    return o->texts[row] != NULL ? o->texts[row] : rows[row].default_text;
}

void kohort_options_set_log(kohort_options *o, int level, void (*write)(void *, int, const char *),
                            void *arg)
{
    o->log_level = level;
    o->log_write = write;
    o->log_arg = arg;
}

void kohort_options_set_allocator(kohort_options *o, void *(*reallocate)(void *, void *, size_t),
                                  void *arg)
{
    o->reallocate = reallocate;
    o->allocator_arg = arg;
}

int kh_options_copy(kohort_options **ret, const kohort_options *o)
{
    kohort_options *copy;
    if (kohort_options_new(&copy) != 0)
        return KOHORT_ENOMEM;
    kohort_options_set_log(copy, o->log_level, o->log_write, o->log_arg);
    kohort_options_set_allocator(copy, o->reallocate, o->allocator_arg);
    if (kh_options_merge(copy, o) != 0) {
        kohort_options_free(copy);
        return KOHORT_ENOMEM;
    }
    *ret = copy;
    return 0;
}

int kh_options_merge(kohort_options *o, const kohort_options *over)
{
    for (size_t i = 0; i < KH_OPTIONS_MAX; i++) {
        if (over->texts[i] == NULL)
            continue;
        char *copy = kh_copy_text(&o->heap, over->texts[i], strlen(over->texts[i]));
        if (copy == NULL)
            return KOHORT_ENOMEM;
        kh_free(&o->heap, o->texts[i]);
        o->texts[i] = copy;
    }
    for (size_t i = 0; i < over->assignor_count; i++) {
        int status = kh_options_put_assignor(o, &over->assignors[i]);
        if (status != 0)
            return status;
    }
    return 0;
}

static void read_number(kohort_options *o, const struct kh_option *row, const char *text,
                        int64_t *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0)
        kh_options_complain(o, "%s=%s: not a whole number", row->name, text);
    else if (number < row->min || number > row->max)
        kh_options_complain(o, "%s=%s: must be %lld to %lld", row->name, text, (long long)row->min,
                            (long long)row->max);
    else
        *value = number;
}

static void read_bool(kohort_options *o, const struct kh_option *row, const char *text, bool *value)
{
    if (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0)
        *value = strcasecmp(text, "true") == 0;
    else
        kh_options_complain(o, "%s=%s: must be true or false", row->name, text);
}

static void read_choice(kohort_options *o, const struct kh_option *row, const char *text,
                        int *value)
{
    int index = 0;
    for (const char *choice = row->choices; choice != NULL; index++) {
        const char *end = strchr(choice, '|');
        size_t size = end == NULL ? strlen(choice) : (size_t)(end - choice);
        if (strlen(text) == size && strncasecmp(text, choice, size) == 0) {
            *value = index;
            return;
        }
        choice = end == NULL ? NULL : end + 1;
    }
    kh_options_complain(o, "%s=%s: this version takes %s", row->name, text, row->choices);
}

static void read_row(kohort_options *o, const struct kh_option *row, const char *text,
                     struct kh_option_values *values)
{
    char *field = (char *)values + row->offset;
    if (row->required && (text == NULL || *text == '\0')) {
        kh_options_complain(o, "%s: missing. %s", row->name, row->doc);
        return;
    }
    if (text == NULL)
        return;
    switch (row->type) {
    case KH_OPTION_TEXT:
        memcpy(field, &text, sizeof text);
        break;
    case KH_OPTION_NUMBER:
        read_number(o, row, text, (int64_t *)(void *)field);
        break;
    case KH_OPTION_BOOL:
        read_bool(o, row, text, (bool *)field);
        break;
    case KH_OPTION_CHOICE:
        read_choice(o, row, text, (int *)(void *)field);
        break;
    }
}

int kh_options_read(kohort_options *o, enum kh_option_scope scope, struct kh_option_values *values)
{
    size_t count;
    const struct kh_option *rows = kh_options_table(&count);
    kh_options_forget_problem(o);
    *values = (struct kh_option_values){0};
    for (size_t i = 0; i < count; i++)
        if (rows[i].scope == KH_OPTION_CLIENT || rows[i].scope == scope)
            read_row(o, &rows[i], o->texts[i] != NULL ? o->texts[i] : rows[i].default_text, values);
    kh_options_check_texts(o, scope, values);
    if (o->problem == NULL)
        kh_options_check_together(o, scope, values);
    return o->problem == NULL ? 0 : KOHORT_EINVAL;
}

/* Where `values` has the text of this row; NULL: it has none. */
static const char **find_text(struct kh_option_values *values, const struct kh_option *row)
{
    const char **text = (const char **)(void *)((char *)values + row->offset);
    return row->type == KH_OPTION_TEXT && *text != NULL ? text : NULL;
}

char *kh_option_values_own(struct kh_option_values *values, struct kh_heap *heap)
{
    size_t count, size = 0;
    const struct kh_option *rows = kh_options_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char **text = find_text(values, &rows[i]);
        size += text == NULL ? 0 : strlen(*text) + 1;
    }
    char *block = kh_alloc(heap, size), *to = block;
    for (size_t i = 0; i < count && block != NULL; i++) {
        const char **text = find_text(values, &rows[i]);
        if (text == NULL)
            continue;
        size_t length = strlen(*text) + 1;
        *text = memcpy(to, *text, length);
        to += length;
    }
    return block;
}
