#include "base/error.h"

#include "base/log.h"
#include "base/status.h"

#include <stdio.h>

void kh_error_init(kohort_error *error, int code)
{
    *error = (kohort_error){.size = sizeof *error,
                            .code = code,
                            .api_key = -1,
                            .api_version = -1,
                            .broker_id = -1,
                            .partition = -1};
    snprintf(error->text, sizeof error->text, "%s", kh_status_text(code));
}

void kh_error_init_kafka(kohort_error *error, int16_t kafka_code)
{
    kh_error_init(error, KOHORT_EBROKER);
    error->kafka_code = kafka_code;
    error->retriable = kh_kafka_error_retriable(kafka_code);
    snprintf(error->text, sizeof error->text, "%s (%d): %s", kh_kafka_error_name(kafka_code),
             kafka_code, kh_kafka_error_text(kafka_code));
}

void kh_error_text(kohort_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
}

void kh_error_set_topic(kohort_error *error, struct kh_string topic, int32_t partition)
{
    kh_printable(error->topic, sizeof error->topic, topic);
    error->partition = partition;
}

void kh_error_set_broker(kohort_error *error, int32_t broker_id, const char *address)
{
    error->broker_id = broker_id;
    snprintf(error->broker, sizeof error->broker, "%s", address == NULL ? "" : address);
}
