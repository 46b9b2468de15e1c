/* bytes.h and log.h */
#include "base/log.h"
#include "support/test.h"

#include <stdio.h>

KH_TEST(bytes, compare_as_bytes_with_null_first)
{
    static const struct kh_string sorted[] = {
        {NULL, 0}, {"", 0}, {"\0", 1}, {"a", 1}, {"a\0", 2}, {"ab", 2}, {"b", 1}, {"\xff", 1},
    };
    enum { COUNT = sizeof sorted / sizeof *sorted };
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < COUNT; j++) {
            int order = kh_string_compare(sorted[i], sorted[j]);
            cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%d against %d", i, j);
            cr_assert_eq(kh_string_equal(sorted[i], sorted[j]), i == j);
        }
    }
}

KH_TEST(bytes, none_is_the_zero_uuid)
{
    struct kh_uuid id = {{0}};
    cr_assert(kh_uuid_is_none(&id));
    id.bytes[15] = 1;
    cr_assert_not(kh_uuid_is_none(&id));
}

static char last_line[2048];
static int last_level;

static void remember(void *arg, int level, const char *line)
{
    *(int *)arg += 1;
    last_level = level;
    snprintf(last_line, sizeof last_line, "%s", line);
}

KH_TEST(log, makes_only_lines_that_are_wanted)
{
    int lines = 0, evaluated = 0;
    struct kh_log log = {.write = remember, .arg = &lines, .level = KH_LOG_INFO};
    kh_log(&log, KH_LOG_DEBUG, "%d", ++evaluated);
    cr_assert_eq(lines + evaluated, 0);
    kh_log(&log, KH_LOG_INFO, "broker %d", 7);
    cr_assert_eq(lines, 1);
    cr_assert_eq(last_level, KH_LOG_INFO);
    cr_assert_str_eq(last_line, "broker 7");
    kh_log(&log, KH_LOG_ERROR, "%2000d", 1);
    cr_assert_eq(strlen(last_line), 1023, "a line is cut, never split");
    log.write = NULL;
    kh_log(&log, KH_LOG_ERROR, "%d", ++evaluated);
    cr_assert_eq(evaluated, 0);
}

KH_TEST(log, wire_text_is_made_harmless)
{
    char out[8];
    cr_assert_str_eq(kh_printable(out, sizeof out, KH_STRING("a\n\x1b~ \x7f\xff")), "a??~ ??");
    cr_assert_str_eq(kh_printable(out, sizeof out, KH_STRING("longer than fits")), "longer ");
    cr_assert_str_eq(kh_printable(out, sizeof out, KH_STRING("")), "");
    cr_assert_str_eq(kh_printable(out, sizeof out, kh_string_of(NULL)), "(null)");
    cr_assert_str_eq(kh_printable(out, 1, KH_STRING("x")), "");
}
