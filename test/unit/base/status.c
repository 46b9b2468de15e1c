#include "base/status.h"

#include "support/test.h"

#include <string.h>

KH_TEST(status, has_a_name_and_a_text)
{
    cr_assert_str_eq(kh_status_name(KOHORT_EPROTOCOL), "EPROTOCOL");
    cr_assert_str_eq(kh_status_name(0), "OK");
    cr_assert_str_eq(kh_status_name(-4711), "UNKNOWN");
    cr_assert_str_eq(kh_status_text(KOHORT_ECLOSED), "closed");
    cr_assert_not_null(kh_status_text(-4711));
}

KH_TEST(status, kafka_codes_are_sorted_and_complete)
{
    static const int16_t codes[] = {
#define CODE(name, code, retriable, stale_metadata, meaning) (code),
        KH_KAFKA_ERRORS(CODE)
#undef CODE
    };
    enum { COUNT = sizeof codes / sizeof *codes };
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(codes[i], i - 1, "no gap, for the search relies on the order");
    cr_assert_geq(COUNT, 135);
    for (int i = 0; i < COUNT; i++) {
        cr_assert_str_neq(kh_kafka_error_name(codes[i]), "UNKNOWN_ERROR_CODE");
        cr_assert_gt(strlen(kh_kafka_error_text(codes[i])), 0);
    }
    cr_assert_str_eq(kh_kafka_error_name(KH_KAFKA_NOT_COORDINATOR), "NOT_COORDINATOR");
    cr_assert_str_eq(kh_kafka_error_name(INT16_MIN), "UNKNOWN_ERROR_CODE");
    cr_assert_str_eq(kh_kafka_error_name(INT16_MAX), "UNKNOWN_ERROR_CODE");
    cr_assert_not(kh_kafka_error_retriable(INT16_MAX));
}

static bool among(const int16_t *codes, size_t count, int code)
{
    for (size_t i = 0; i < count; i++)
        if (codes[i] == code)
            return true;
    return false;
}

/* As Kafka 4.4's exception classes have it. */
KH_TEST(status, kafka_properties_are_those_of_the_java_client)
{
    static const int16_t retriable[] = {2,  3,  5,  6,  7,   9,   13,  14,  15,  16, 19,
                                        20, 41, 51, 56, 70,  71,  72,  74,  75,  78, 80,
                                        83, 84, 88, 89, 100, 103, 106, 122, 123, 133};
    static const int16_t stale[] = {3, 5, 6, 9, 13, 56, 72, 74, 80, 83, 84, 100, 103};
    for (int code = -3; code < 200; code++) {
        cr_assert_eq(kh_kafka_error_retriable((int16_t)code),
                     among(retriable, sizeof retriable / 2, code), "%d", code);
        cr_assert_eq(kh_kafka_error_stale_metadata((int16_t)code),
                     among(stale, sizeof stale / 2, code), "%d", code);
    }
}
