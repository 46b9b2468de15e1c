#include "consumer/pattern.h"

#include "support/test.h"

#include <string.h>

static bool matches(const char *text, const char *name)
{
    struct kh_pattern *p;
    char problem[256];
    expect_status(kh_pattern_new(&p, test_heap, text, problem, sizeof problem), 0);
    cr_assert_str_eq(kh_pattern_text(p), text);
    int result = kh_pattern_match(p, kh_string_of(name));
    kh_pattern_free(p);
    cr_assert_geq(result, 0);
    return result == 1;
}

KH_TEST(pattern, a_name_matches_as_a_whole)
{
    cr_assert(matches("orders", "orders"));
    cr_assert_not(matches("orders", "orders-1"));
    cr_assert_not(matches("orders", "my-orders"));
    cr_assert(matches("orders.*", "orders-1"));
    /* Each alternative, and not only the first that fits the beginning. */
    cr_assert(matches("a|ab", "ab"));
    cr_assert_not(matches("a|ab", "abc"));
    cr_assert(matches("^orders$", "orders"), "what others write is no mistake");
}

/* What java.util.regex has too. */
KH_TEST(pattern, the_language_is_that_of_java)
{
    cr_assert(matches("orders\\.v\\d+", "orders.v12"));
    cr_assert_not(matches("orders\\.v\\d+", "orders-v12"));
    cr_assert(matches("(?i)Orders", "oRDERS"));
    cr_assert(matches("(?!internal-).*", "orders"));
    cr_assert_not(matches("(?!internal-).*", "internal-orders"));
    cr_assert(matches("[a-c]{2,3}?(?:x|y)++", "abcxy"));
    cr_assert(matches("(\\w+)-\\1", "ab-ab"));
    cr_assert(matches("\\Qa.b\\E", "a.b"));
    cr_assert_not(matches("\\Qa.b\\E", "axb"));
}

static void expect_problem(const char *text, const char *part)
{
    struct kh_pattern *p = NULL;
    char problem[256] = "";
    expect_status(kh_pattern_new(&p, test_heap, text, problem, sizeof problem), KOHORT_EINVAL);
    cr_assert_null(p);
    cr_assert_not_null(strstr(problem, part), "\"%s\" does not say \"%s\"", problem, part);
    expect_status(kh_pattern_new(&p, test_heap, text, NULL, 0), KOHORT_EINVAL);
}

KH_TEST(pattern, what_is_wrong_is_told_with_its_position)
{
    expect_problem("orders-(", "the pattern \"orders-(\" is wrong at position 8: missing closing");
    expect_problem("a**", "is wrong at position");
    expect_problem("[z-a]", "is wrong at position 3: range out of order");
    expect_problem("", "the pattern is empty");
    expect_problem(NULL, "the pattern is empty");
    expect_problem("(*UTF)a", "is wrong at position");
}

KH_TEST(pattern, one_that_backtracks_without_end_is_given_up)
{
    struct kh_pattern *p;
    char name[250];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    expect_status(kh_pattern_new(&p, test_heap, "(a|aa)*[bc]", NULL, 0), 0);
    expect_status(kh_pattern_match(p, kh_string_of(name)), KOHORT_ELIMIT);
    cr_assert_eq(kh_pattern_match(p, KH_STRING("aaaac")), 1);
    kh_pattern_free(p);
}

KH_TEST(pattern, each_failing_allocation_is_told)
{
    for (size_t i = 0; test_sweep(i); i++) {
        struct kh_pattern *p;
        char problem[256];
        int status = kh_pattern_new(&p, test_heap, "(x+x+)+y|[a-z]*", problem, sizeof problem);
        if (status == 0) {
            int result = kh_pattern_match(p, KH_STRING("abc"));
            cr_assert(result == 1 || (test_allocation_failed() && result == KOHORT_ENOMEM));
            kh_pattern_free(p);
        } else {
            expect_status(status, KOHORT_ENOMEM);
        }
    }
}
