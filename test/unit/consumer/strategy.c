#include "consumer/strategy.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

static int give_nothing(void *arg, const kohort_group *group, kohort_layout *layout)
{
    (void)arg;
    (void)group;
    (void)layout;
    return 0;
}

static kohort_options *options_with(const char *name)
{
    kohort_options *o;
    kohort_assignor assignor = KOHORT_ASSIGNOR_INIT;
    expect_status(kohort_options_new(&o), 0);
    assignor.name = name;
    assignor.assign = give_nothing;
    expect_status(kohort_options_add_assignor(o, &assignor), 0);
    return o;
}

/* "wire=own", parted by spaces: own is '!' for the application's. */
static void expect_strategy(const char *text, const char *expected)
{
    struct kh_strategy strategy;
    char found[512] = "";
    kohort_options *o = options_with("mine");
    kh_strategy_read(&strategy, o, text);
    cr_assert_str_empty(kohort_options_problem(o));
    for (size_t i = 0; i < strategy.count; i++) {
        size_t used = strlen(found);
        snprintf(found + used, sizeof found - used, "%s%s%s", i == 0 ? "" : " ",
                 strategy.list[i]->name, strategy.list[i]->share == NULL ? "!" : "");
    }
    cr_assert_str_eq(found, expected);
    kohort_options_free(o);
}

static void expect_problem(const char *text, const char *problem)
{
    struct kh_strategy strategy;
    kohort_options *o = options_with("mine");
    kh_strategy_read(&strategy, o, text);
    cr_assert_not_null(strstr(kohort_options_problem(o), problem), "\"%s\" gives \"%s\"", text,
                       kohort_options_problem(o));
    kohort_options_free(o);
}

KH_TEST(strategy, takes_names_javas_names_wire_names_and_the_applications)
{
    expect_strategy("range", "range");
    expect_strategy(" sticky , org.apache.kafka.clients.consumer.RoundRobinAssignor ",
                    "sticky roundrobin");
    expect_strategy("roundrobin as roundrobin_v2, roundrobin", "roundrobin_v2 roundrobin");
    expect_strategy("cooperative-sticky, range", "cooperative-sticky range");
    expect_strategy("mine,range as  assign", "mine! assign");
    expect_strategy("mine as range", "range!");
}

KH_TEST(strategy, what_is_kept_outlives_the_options)
{
    for (size_t i = 0; test_sweep(i); i++) {
        struct kh_strategy strategy;
        kohort_options *o = options_with("mine");
        kh_strategy_read(&strategy, o, "mine as assign, range");
        const struct kh_assignor **list = kh_strategy_keep(&strategy, test_heap, NULL);
        kohort_options_free(o);
        memset(&strategy, 0xAA, sizeof strategy);
        cr_assert_eq(list == NULL, test_allocation_failed());
        if (list == NULL)
            continue;
        const kohort_assignor *custom = list[0]->arg;
        cr_assert_str_eq(list[0]->name, "assign");
        cr_assert_eq(custom->assign, give_nothing);
        cr_assert_str_eq(list[1]->name, "range");
        cr_assert_eq(list[1]->share, kh_assignor_find(KH_STRING("range"))->share);
        kh_free(test_heap, (void *)list);
    }
}

KH_TEST(strategy, names_what_is_wrong)
{
    expect_problem("", "no assignor \"\"");
    expect_problem("range,,sticky", "no assignor \"\"");
    expect_problem("nearest", "no assignor \"nearest\"");
    expect_problem("range as a b", "\"a b\" cannot be an assignor's name");
    expect_problem("range,roundrobin as range", "\"range\" is there twice");
    expect_problem("range,range as a,range as b,range as c,range as d,range as e,range as f,range "
                   "as g,range as h",
                   "more than 8 assignors");
    char text[256];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "range as ", 9);
    text[sizeof text - 1] = '\0';
    expect_problem(text, "cannot be an assignor's name");
}

KH_TEST(strategy, an_assignor_is_judged_when_it_is_added)
{
    kohort_options *o;
    kohort_assignor assignor = KOHORT_ASSIGNOR_INIT;
    expect_status(kohort_options_new(&o), 0);
    assignor.name = "mine";
    expect_status(kohort_options_add_assignor(o, &assignor), KOHORT_EINVAL);
    assignor.assign = give_nothing;
    expect_status(kohort_options_add_assignor(o, &assignor), 0);
    assignor.name = "not mine";
    expect_status(kohort_options_add_assignor(o, &assignor), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "its name"));
    assignor.name = "";
    expect_status(kohort_options_add_assignor(o, &assignor), KOHORT_EINVAL);
    for (int i = 1; i < KH_ASSIGNORS_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "a%d", i);
        assignor.name = name;
        expect_status(kohort_options_add_assignor(o, &assignor), 0);
    }
    assignor.name = "one more";
    expect_status(kohort_options_add_assignor(o, &assignor), KOHORT_EINVAL);
    assignor.name = "more";
    expect_status(kohort_options_add_assignor(o, &assignor), KOHORT_ELIMIT);
    assignor.name = "mine";
    expect_status(kohort_options_add_assignor(o, &assignor), 0);
    kohort_options *copy;
    expect_status(kh_options_copy(&copy, o), 0);
    kohort_options_free(o);
    cr_assert_eq(copy->assignor_count, KH_ASSIGNORS_MAX);
    cr_assert_str_eq(copy->assignors[0].name, "mine");
    kohort_options_free(copy);
}
