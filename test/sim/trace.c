#include "sim/trace.h"

#include "sim/memory.h"

#include <stdarg.h>
#include <stdlib.h>

enum { LINE_MAX_SIZE = 1024 };

void sim_trace_init(struct sim_trace *t, const struct sim_schedule *schedule)
{
    *t = (struct sim_trace){.schedule = schedule, .hash = UINT64_C(0xcbf29ce484222325)};
}

void sim_trace_free(struct sim_trace *t)
{
    free(t->text);
    t->text = NULL;
}

/* FNV-1a */
static void hash_line(struct sim_trace *t, const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        t->hash = (t->hash ^ (uint8_t)line[i]) * UINT64_C(0x100000001b3);
}

static void keep_line(struct sim_trace *t, const char *line, size_t size)
{
    while (t->size + size + 1 > t->capacity)
        sim_grow(&t->text, &t->capacity, t->capacity, 1);
    memcpy(t->text + t->size, line, size + 1);
    t->size += size;
}

void sim_trace(struct sim_trace *t, enum sim_trace_kind kind, const char *format, ...)
{
    char line[LINE_MAX_SIZE];
    va_list arguments;
    size_t size =
        (size_t)snprintf(line, sizeof line, "[%6lld] ", (long long)sim_now_ms(t->schedule));

    va_start(arguments, format);
    int added = vsnprintf(line + size, sizeof line - size - 1, format, arguments);
    va_end(arguments);
    size += added < 0 ? 0 : (size_t)added;
    if (size > sizeof line - 2)
        size = sizeof line - 2;
    line[size++] = '\n';
    line[size] = '\0';
    hash_line(t, line, size);
    if ((t->kept & kind) != 0)
        keep_line(t, line, size);
    if ((t->shown & kind) != 0)
        fputs(line, t->out);
}

const char *sim_trace_take(struct sim_trace *t)
{
    const char *text = t->size == 0 ? "" : t->text;
    t->size = 0;
    return text;
}
