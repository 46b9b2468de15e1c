#include "support/json_difference.h"
#include "schema/base64.h"
#include "support/test.h"

static void expect_difference(const char *here_text, const char *expected_text, const char *said)
{
    json_t *here = json_loads(here_text, JSON_DECODE_ANY, NULL);
    json_t *expected = json_loads(expected_text, JSON_DECODE_ANY, NULL);
    struct json_difference difference;

    cr_assert(here != NULL && expected != NULL);
    cr_assert_eq(json_differs(here, expected, &difference), said != NULL);
    if (said != NULL)
        cr_assert_str_eq(difference.text, said);
    json_decref(here);
    json_decref(expected);
}

KH_TEST(json_difference, equal_values_do_not_differ)
{
    expect_difference("{\"a\": [1, {\"b\": null}], \"c\": \"x\"}",
                      "{\"c\": \"x\", \"a\": [1, {\"b\": null}]}", NULL);
    expect_difference("[]", "[]", NULL);
}

KH_TEST(json_difference, the_first_difference_is_named_with_its_path)
{
    expect_difference("{\"topics\": [{}, {\"partitions\": [{\"leaderEpoch\": 3}]}]}",
                      "{\"topics\": [{}, {\"partitions\": [{\"leaderEpoch\": 4}]}]}",
                      "topics[1].partitions[0].leaderEpoch: 3 here, 4 expected");
    expect_difference("{\"a\": 9007199254740993}", "{\"a\": 9007199254740992}",
                      "a: 9007199254740993 here, 9007199254740992 expected");
    expect_difference("{\"a\": null}", "{\"a\": \"\"}", "a: null here, \"\" expected");
    expect_difference("{\"a\": []}", "{\"a\": null}", "a: [] here, null expected");
    expect_difference("{\"a\": 1}", "{\"a\": true}", "a: 1 here, true expected");
}

KH_TEST(json_difference, what_is_there_on_one_side_only_is_named)
{
    expect_difference("{\"a\": 1}", "{\"a\": 1, \"b\": 2}", "b: nothing here, 2 expected");
    expect_difference("{\"a\": 1, \"b\": null}", "{\"a\": 1}", "b: null here, nothing expected");
    expect_difference("{\"a\": [1, 2]}", "{\"a\": [1]}", "a[1]: 2 here, nothing expected");
    expect_difference("{\"a\": [1]}", "{\"a\": [1, 2]}", "a[1]: nothing here, 2 expected");
    expect_difference("1", "2", "the value: 1 here, 2 expected");
}

static void expect_base64(const char *bytes, int32_t size, const char *expected)
{
    json_t *json = base64_json((struct kh_bytes){(const uint8_t *)bytes, size});

    cr_assert_str_eq(json_string_value(json), expected);
    json_decref(json);
}

/* RFC 4648, section 10, and the letters that differ between its two alphabets. */
KH_TEST(json_difference, bytes_are_base64)
{
    expect_base64("", 0, "");
    expect_base64("f", 1, "Zg==");
    expect_base64("fo", 2, "Zm8=");
    expect_base64("foo", 3, "Zm9v");
    expect_base64("foobar", 6, "Zm9vYmFy");
    expect_base64("\xfb\xff", 2, "+/8=");
    cr_assert(json_is_null(base64_json((struct kh_bytes){NULL, 0})));

    const struct kh_uuid id = {{0xfb, 0xff, [15] = 1}};
    json_t *json = base64_json_uuid(&id);
    cr_assert_str_eq(json_string_value(json), "-_8AAAAAAAAAAAAAAAAAAQ");
    json_decref(json);
}
