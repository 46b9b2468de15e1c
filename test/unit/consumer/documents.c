/* Pages that are made from tables of the code: docs/options.md, and the diagrams of the state
 * machines' pages. `documents DIR` compares, `documents DIR --write` writes them. */
#include "consumer/options.h"
#include "consumer/partition.h"
#include "coordinator/member.h"
#include "net/connection.h"
#include "support/page.h"

#include <string.h>

static void add_range(char *page, const struct kh_option *o)
{
    switch (o->type) {
    case KH_OPTION_TEXT:
        page_add(page, "text");
        break;
    case KH_OPTION_BOOL:
        page_add(page, "true, false");
        break;
    case KH_OPTION_NUMBER:
        if (o->max == INT32_MAX)
            page_add(page, "%lld and more", (long long)o->min);
        else
            page_add(page, "%lld to %lld", (long long)o->min, (long long)o->max);
        break;
    case KH_OPTION_CHOICE:
        for (const char *c = o->choices; *c != '\0'; c++)
            if (*c == '|')
                page_add(page, ", ");
            else
                page_add(page, "%c", *c);
        break;
    }
}

static void make_options(char *page)
{
    size_t count;
    const struct kh_option *table = kh_options_table(&count);
    page_add(page,
             "# Options\n\n"
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
        page_add(page,
                 "\n## Of the %s\n\n| name | values | default | meaning |\n|---|---|---|---|\n",
                 scope == KH_OPTION_CLIENT ? "client" : "consumer");
        for (size_t i = 0; i < count; i++) {
            if ((int)table[i].scope != scope)
                continue;
            page_add(page, "| `%s`", table[i].name);
            if (table[i].alias != NULL)
                page_add(page, " (`%s`)", table[i].alias);
            page_add(page, " | ");
            add_range(page, &table[i]);
            page_add(page, " | %s | %s |\n", table[i].required ? "required" : table[i].default_text,
                     table[i].doc);
        }
    }
}

/* ---- state machines, a page each ---- */

static const char *member_state(int state)
{
    return kh_member_state_name((enum kh_member_state)state);
}

static bool member_moves(int from, int to)
{
    return kh_member_move_is_legal((enum kh_member_state)from, (enum kh_member_state)to);
}

static const char *partition_state(int state)
{
    return kh_partition_state_name((enum kh_partition_state)state);
}

static bool partition_moves(int from, int to)
{
    return kh_partition_move_is_legal((enum kh_partition_state)from, (enum kh_partition_state)to);
}

static const char *connection_state(int state)
{
    return kh_connection_state_name((enum kh_connection_state)state);
}

static bool connection_moves(int from, int to)
{
    return kh_connection_move_is_legal((enum kh_connection_state)from,
                                       (enum kh_connection_state)to);
}

/* Begins in its state 0; `last`: where it ends, -1: nowhere. */
static const struct machine {
    const char *page;
    int count, last;
    const char *(*name)(int state);
    bool (*moves)(int from, int to);
} machines[] = {
    {"member.md", KH_MEMBER_STATE_COUNT, -1, member_state, member_moves},
    {"partition.md", KH_PARTITION_STATE_COUNT, KH_PARTITION_ENDED, partition_state,
     partition_moves},
    {"connection.md", KH_CONNECTION_STATE_COUNT, KH_CONNECTION_CLOSED, connection_state,
     connection_moves},
};
enum { MACHINES = sizeof machines / sizeof *machines };

/* A state's name without blanks, as the diagram needs it. */
static const char *state_id(char out[32], const struct machine *m, int state)
{
    snprintf(out, 32, "%s", m->name(state));
    for (char *c = out; *c != '\0'; c++)
        *c = *c == ' ' ? '_' : *c;
    return out;
}

static void make_diagram(char *page, const struct machine *m)
{
    char a[32], b[32];
    page_add(page, "```mermaid\nstateDiagram-v2\n    [*] --> %s\n", state_id(a, m, 0));
    for (int from = 0; from < m->count; from++)
        for (int to = 0; to < m->count; to++)
            if (m->moves(from, to))
                page_add(page, "    %s --> %s\n", state_id(a, m, from), state_id(b, m, to));
    if (m->last >= 0)
        page_add(page, "    %s --> [*]\n", state_id(a, m, m->last));
    page_add(page, "```\n");
}

/* `page` with its diagram replaced. */
static void replace_diagram(char *out, const char *page, const char *diagram)
{
    const char *begin = strstr(page, "```mermaid\n");
    const char *end = begin == NULL ? NULL : strstr(begin, "\n```\n");
    if (end == NULL)
        return;
    page_add(out, "%.*s%s%s", (int)(begin - page), page, diagram, end + 5);
}

static int settle_machine(const char *folder, const struct machine *m, bool write)
{
    static char is[PAGE_MAX], must_be[PAGE_MAX], diagram[PAGE_MAX];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, m->page);
    page_read(is, path);
    must_be[0] = diagram[0] = '\0';
    make_diagram(diagram, m);
    replace_diagram(must_be, is, diagram);
    return page_settle(m->page, path, is, must_be, write);
}

int main(int count, char **texts)
{
    static char is[PAGE_MAX], must_be[PAGE_MAX];
    char path[4096];
    bool write = count > 2 && strcmp(texts[2], "--write") == 0;
    int failed = 0;
    if (count < 2)
        return 2;
    if (!write)
        printf("1..%d\n", 1 + MACHINES);
    snprintf(path, sizeof path, "%s/options.md", texts[1]);
    page_read(is, path);
    make_options(must_be);
    failed += page_settle("options.md", path, is, must_be, write);
    for (int i = 0; i < MACHINES; i++)
        failed += settle_machine(texts[1], &machines[i], write);
    return failed == 0 ? 0 : 1;
}
