#include "base/error.h"

#include "base/status.h"
#include "support/test.h"

#include <string.h>

KH_TEST(error, begins_with_nothing_but_its_code)
{
    kohort_error error;
    memset(&error, 0x55, sizeof error);
    kh_error_init(&error, KOHORT_ETIMEDOUT);
    cr_assert_eq(error.size, sizeof error);
    cr_assert_eq(error.code, KOHORT_ETIMEDOUT);
    cr_assert_eq(error.kafka_code, 0);
    cr_assert(error.api_key == -1 && error.api_version == -1 && error.broker_id == -1);
    cr_assert_eq(error.partition, -1);
    cr_assert_not(error.retriable);
    cr_assert_str_eq(error.text, kh_status_text(KOHORT_ETIMEDOUT));
    cr_assert_str_eq(error.topic, "");
    cr_assert_str_eq(error.broker, "");
}

KH_TEST(error, of_a_broker_says_name_number_and_meaning)
{
    kohort_error error;
    kh_error_init_kafka(&error, KH_KAFKA_NOT_COORDINATOR);
    cr_assert_eq(error.code, KOHORT_EBROKER);
    cr_assert_eq(error.kafka_code, 16);
    cr_assert(error.retriable);
    cr_assert_not_null(strstr(error.text, "NOT_COORDINATOR (16): "));
    kh_error_init_kafka(&error, 9999);
    cr_assert_not(error.retriable);
    cr_assert_not_null(strstr(error.text, "(9999)"));
}

KH_TEST(error, texts_are_cut_and_made_harmless)
{
    kohort_error error;
    kh_error_init(&error, KOHORT_EBUG);
    kh_error_text(&error, "%2000d", 1);
    cr_assert_eq(strlen(error.text), sizeof error.text - 1);
    kh_error_set_topic(&error, KH_STRING("a\nb"), 3);
    cr_assert_str_eq(error.topic, "a?b");
    cr_assert_eq(error.partition, 3);
    kh_error_set_broker(&error, 2, "127.0.0.1:9092");
    cr_assert_eq(error.broker_id, 2);
    cr_assert_str_eq(error.broker, "127.0.0.1:9092");
    kh_error_set_broker(&error, 2, NULL);
    cr_assert_str_eq(error.broker, "");
}
