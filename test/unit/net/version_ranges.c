#include "net/version_ranges.h"

#include "base/error.h"
#include "support/test.h"

static struct kh_version_ranges user;
static struct kh_broker_versions broker;
static kohort_error error;

static void start(void)
{
    kh_version_ranges_init(&user);
    for (int api = 0; api < KH_API_COUNT; api++)
        broker.ranges[api] = user.ranges[api];
    kh_error_init(&error, 0);
    kh_error_set_broker(&error, 7, "kafka-7:9092");
}

static void parse(const char *text)
{
    char problem[256] = "";
    expect_status(kh_version_ranges_parse(&user, text, problem, sizeof problem), 0);
    cr_assert_str_eq(problem, "");
}

static void refuse(const char *text, const char *part)
{
    char problem[256] = "";
    struct kh_version_ranges before = user;
    expect_status(kh_version_ranges_parse(&user, text, problem, sizeof problem), KOHORT_EINVAL);
    cr_assert_not_null(strstr(problem, part), "\"%s\" does not say \"%s\"", problem, part);
    cr_assert_eq(memcmp(&before, &user, sizeof user), 0, "nothing may have changed");
}

static int choose(enum kh_api api, int16_t wanted, int16_t newest)
{
    return kh_version_choose(&user, &broker, api, wanted, newest, &error);
}

KH_TEST(version_ranges, the_newest_that_all_allow)
{
    start();
    cr_assert_eq(choose(KH_API_FETCH, -1, -1), 18);
    broker.ranges[KH_API_FETCH] = (struct kh_version_range){0, 16};
    cr_assert_eq(choose(KH_API_FETCH, -1, -1), 16);
    parse(" fetch:4-11 , offset_commit:3,");
    cr_assert_eq(choose(KH_API_FETCH, -1, -1), 11);
    cr_assert_eq(choose(KH_API_FETCH, -1, 12), 11);
    cr_assert_eq(choose(KH_API_FETCH, -1, 9), 9);
    cr_assert_eq(choose(KH_API_FETCH, 5, -1), 5);
    cr_assert_eq(choose(KH_API_OFFSET_COMMIT, -1, -1), 3);
    parse("fetch:0-99");
    cr_assert_eq(choose(KH_API_FETCH, -1, -1), 16);
    parse("");
    parse("fetch:4");
    cr_assert_eq(choose(KH_API_FETCH, -1, -1), 4);
}

KH_TEST(version_ranges, P03_no_overlap_names_the_api_all_ranges_and_the_broker)
{
    start();
    broker.ranges[KH_API_FETCH] = (struct kh_version_range){13, 17};
    parse("fetch:4-11");
    expect_status(choose(KH_API_FETCH, -1, -1), KOHORT_EVERSION);
    cr_assert_str_eq(error.text, "no version of Fetch fits: the broker at kafka-7:9092 speaks "
                                 "versions 13 to 17, kohort versions 4 to 18, api.versions allows "
                                 "versions 4 to 11");
    cr_assert_eq(error.code, KOHORT_EVERSION);
    cr_assert_eq(error.api_key, 1);
    cr_assert_eq(error.broker_id, 7);
    cr_assert_str_eq(error.broker, "kafka-7:9092");
    cr_assert_not(error.retriable);

    broker.ranges[KH_API_FETCH] = (struct kh_version_range){0, -1};
    parse("fetch:11");
    expect_status(choose(KH_API_FETCH, -1, -1), KOHORT_EVERSION);
    cr_assert_not_null(strstr(error.text, "speaks no version, "));
    cr_assert_not_null(strstr(error.text, "allows version 11 only"));
}

KH_TEST(version_ranges, P03_what_the_request_asks_for_is_named_too)
{
    start();
    expect_status(choose(KH_API_HEARTBEAT, 9, -1), KOHORT_EVERSION);
    cr_assert_not_null(strstr(error.text, "; this request asks for version 9"));
    broker.ranges[KH_API_FETCH] = (struct kh_version_range){13, 17};
    expect_status(choose(KH_API_FETCH, -1, 12), KOHORT_EVERSION);
    cr_assert_not_null(strstr(error.text, "; this request cannot be written above version 12"));
}

KH_TEST(version_ranges, what_cannot_be_meant_is_refused_with_a_sentence)
{
    start();
    refuse("fetsh:4-11", "\"fetsh:4-11\" does not begin with the name of an API");
    refuse("fetch", "is not name:oldest-newest");
    refuse("fetch:", "is not name:oldest-newest");
    refuse("fetch:a-b", "is not name:oldest-newest");
    refuse("fetch:-3", "is not name:oldest-newest");
    refuse("fetch:11-4", "is not name:oldest-newest");
    refuse("fetch:4-", "is not name:oldest-newest");
    refuse("fetch:4-99999", "is not name:oldest-newest");
    refuse("offset_commit:3,fetch:0-3", "leaves nothing: kohort speaks versions 4 to 18");
    expect_status(kh_version_ranges_parse(&user, "nonsense", NULL, 0), KOHORT_EINVAL);
}
