/* docs/protocol.md is made from the table of APIs (protocol/api.h). `documents DIR` compares,
 * `documents DIR --write` writes it. */
#include "protocol/api.h"
#include "support/page.h"

#include <string.h>

/* "2.1:7 2.4:8" as "7 (2.1), 8 (2.4)". Returns the last version. */
static int add_releases(char *page, const char *releases)
{
    int version = -1, used = 0;
    char release[8];
    for (const char *at = releases; sscanf(at, "%7[^:]:%d%n", release, &version, &used) == 2;) {
        page_add(page, "%s%d (%s)", at == releases ? "" : ", ", version, release);
        at += used;
        at += *at == ' ';
    }
    return version;
}

static void add_row(char *page, const struct kh_api_info *info, const char *releases)
{
    page_add(page, "| %d | %s | `%s` | %d", info->key, info->name, info->option_name, info->oldest);
    if (info->newest > info->oldest)
        page_add(page, "-%d", info->newest);
    page_add(page, " | ");
    if (info->first_flexible == KH_NEVER_FLEXIBLE)
        page_add(page, "never | ");
    else
        page_add(page, "%d | ", info->first_flexible);
    for (int version = add_releases(page, releases) + 1; version <= info->newest; version++)
        page_add(page, ", %d (unstable)", version);
    page_add(page, " |\n");
}

static void make_page(char *page)
{
    page_add(page,
             "# The protocol\n\n"
             "The APIs of Kafka that kohort speaks, each with a request that it writes and a "
             "response that it reads. For every request the highest version\nis taken that the "
             "broker and kohort both speak, within the range that `api.versions` gives this API "
             "(`api.versions=fetch:4-11,offset_commit:3`);\n`kohort versions` shows what that is "
             "with a broker.\n\n"
             "*Flexible* is the first version with compact lengths and tagged fields (KIP-482). "
             "The last column says which release of Kafka brought which\nnewest version, beginning "
             "with 2.1: brokers speak that version and those before it, down to the first that "
             "their release still has.\n*Unstable* versions are spoken by brokers with "
             "`unstable.api.versions.enable` only.\n\n"
             "This page is made from the table in `src/protocol/api.h`; a test compares them.\n\n"
             "| key | API | in `api.versions` | kohort speaks | flexible from | newest version of "
             "Kafka (since release) |\n|---|---|---|---|---|---|\n");
#define ROW(NAME, name, Name, key, oldest, newest, flexible, how, releases)                        \
    add_row(page, kh_api_info(KH_API_##NAME), releases);
    KH_API_MAP(ROW)
#undef ROW
}

int main(int count, char **texts)
{
    static char is[PAGE_MAX], must_be[PAGE_MAX];
    char path[4096];
    bool write = count > 2 && strcmp(texts[2], "--write") == 0;
    if (count < 2)
        return 2;
    if (!write)
        printf("1..1\n");
    snprintf(path, sizeof path, "%s/protocol.md", texts[1]);
    page_read(is, path);
    make_page(must_be);
    return page_settle("protocol.md", path, is, must_be, write);
}
