/* Pages that are made from tables of the code: docs/options.md, and the diagram in
 * docs/partition.md. `documents DIR` compares, `documents DIR --write` writes them. */
#include "consumer/options.h"
#include "consumer/partition.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 1 << 17 };

static void add(char *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *page, const char *format, ...)
{
    va_list arguments;
    size_t size = strlen(page);
    va_start(arguments, format);
    vsnprintf(page + size, PAGE_MAX - size, format, arguments);
    va_end(arguments);
}

static void add_range(char *page, const struct kh_option *o)
{
    switch (o->type) {
    case KH_OPTION_TEXT:
        add(page, "text");
        break;
    case KH_OPTION_BOOL:
        add(page, "true, false");
        break;
    case KH_OPTION_NUMBER:
        if (o->max == INT32_MAX)
            add(page, "%lld and more", (long long)o->min);
        else
            add(page, "%lld to %lld", (long long)o->min, (long long)o->max);
        break;
    case KH_OPTION_CHOICE:
        for (const char *c = o->choices; *c != '\0'; c++)
            if (*c == '|')
                add(page, ", ");
            else
                add(page, "%c", *c);
        break;
    }
}

static void make_options(char *page)
{
    size_t count;
    const struct kh_option *table = kh_options_table(&count);
    add(page, "# Options\n\n"
              "Names are Kafka's, so that an existing `client.properties` works; librdkafka's "
              "spellings are aliases. "
              "`kohort_options_set()` takes\none, `kohort_options_set_properties()` a file's text, "
              "`kohort consume -X "
              "NAME=VALUE` one on the command line. Values are judged\ntogether when a client or a "
              "consumer is made: every "
              "problem is named at once.\n\n"
              "This page is made from the table in `src/consumer/options_table.c`; a test compares "
              "them.\n");
    for (int scope = KH_OPTION_CLIENT; scope <= KH_OPTION_CONSUMER; scope++) {
        add(page, "\n## Of the %s\n\n| name | values | default | meaning |\n|---|---|---|---|\n",
            scope == KH_OPTION_CLIENT ? "client" : "consumer");
        for (size_t i = 0; i < count; i++) {
            if ((int)table[i].scope != scope)
                continue;
            add(page, "| `%s`", table[i].name);
            if (table[i].alias != NULL)
                add(page, " (`%s`)", table[i].alias);
            add(page, " | ");
            add_range(page, &table[i]);
            add(page, " | %s | %s |\n", table[i].required ? "required" : table[i].default_text,
                table[i].doc);
        }
    }
}

/* A state's name without blanks, as the diagram needs it. */
static void state_id(char *out, size_t size, enum kh_partition_state state)
{
    snprintf(out, size, "%s", kh_partition_state_name(state));
    for (char *c = out; *c != '\0'; c++)
        *c = *c == ' ' ? '_' : *c;
}

static void make_diagram(char *page)
{
    add(page, "```mermaid\nstateDiagram-v2\n    [*] --> assigned\n");
    for (int from = 0; from < KH_PARTITION_STATE_COUNT; from++) {
        for (int to = 0; to < KH_PARTITION_STATE_COUNT; to++) {
            char a[32], b[32];
            state_id(a, sizeof a, (enum kh_partition_state)from);
            state_id(b, sizeof b, (enum kh_partition_state)to);
            if (kh_partition_move_is_legal((enum kh_partition_state)from,
                                           (enum kh_partition_state)to))
                add(page, "    %s --> %s\n", a, b);
        }
    }
    add(page, "    ended --> [*]\n```\n");
}

static void read_page(char *page, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t size = file == NULL ? 0 : fread(page, 1, PAGE_MAX - 1, file);
    page[size] = '\0';
    if (file != NULL)
        fclose(file);
}

static int write_page(const char *page, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(page, file) < 0)
        return 1;
    return fclose(file);
}

/* `page` with its diagram replaced. */
static void replace_diagram(char *out, const char *page, const char *diagram)
{
    const char *begin = strstr(page, "```mermaid\n");
    const char *end = begin == NULL ? NULL : strstr(begin, "\n```\n");
    if (end == NULL)
        return;
    add(out, "%.*s%s%s", (int)(begin - page), page, diagram, end + 5);
}

static int settle(const char *name, const char *path, const char *is, const char *must_be,
                  bool write)
{
    if (write)
        return write_page(must_be, path);
    bool same = strcmp(is, must_be) == 0;
    printf("%s - %s says what the code says\n", same ? "ok" : "not ok", name);
    return same ? 0 : 1;
}

int main(int count, char **texts)
{
    static char is[PAGE_MAX], must_be[PAGE_MAX], diagram[PAGE_MAX];
    char path[4096];
    bool write = count > 2 && strcmp(texts[2], "--write") == 0;
    int failed = 0;
    if (count < 2)
        return 2;
    if (!write)
        printf("1..2\n");
    snprintf(path, sizeof path, "%s/options.md", texts[1]);
    read_page(is, path);
    make_options(must_be);
    failed += settle("options.md", path, is, must_be, write);
    snprintf(path, sizeof path, "%s/partition.md", texts[1]);
    read_page(is, path);
    must_be[0] = '\0';
    make_diagram(diagram);
    replace_diagram(must_be, is, diagram);
    failed += settle("partition.md", path, is, must_be, write);
    return failed == 0 ? 0 : 1;
}
