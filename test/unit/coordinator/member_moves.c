/* The diagram in docs/member.md is the table in member.c. */
#include "coordinator/member.h"
#include "support/test.h"

#include <stdio.h>

/* DOCS: where docs/ lies; from meson. */
static void read_page(char *page, size_t size)
{
    FILE *file = fopen(DOCS "/member.md", "r");
    cr_assert_not_null(file);
    size_t read = fread(page, 1, size - 1, file);
    cr_assert_lt(read, size - 1, "the page outgrew this test's buffer");
    page[read] = '\0';
    fclose(file);
}

KH_TEST(member_moves, the_page_draws_exactly_the_legal_moves)
{
    static char page[64 * 1024];
    read_page(page, sizeof page);
    const char *begin = strstr(page, "```mermaid\n");
    cr_assert_not_null(begin);
    begin += strlen("```mermaid\n");
    char expected[4096] = "stateDiagram-v2\n    [*] --> idle\n";
    size_t used = strlen(expected);
    for (enum kh_member_state from = 0; from < KH_MEMBER_STATE_COUNT; from++)
        for (enum kh_member_state to = 0; to < KH_MEMBER_STATE_COUNT; to++)
            if (kh_member_move_is_legal(from, to))
                used += (size_t)snprintf(expected + used, sizeof expected - used, "    %s --> %s\n",
                                         kh_member_state_name(from), kh_member_state_name(to));
    snprintf(expected + used, sizeof expected - used, "```");
    cr_assert(strncmp(begin, expected, strlen(expected)) == 0, "the diagram should read:\n%s",
              expected);
}
