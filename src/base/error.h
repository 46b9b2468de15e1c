/* Fills the public kohort_error: a code, where, and one sentence for a person. */
#ifndef KH_BASE_ERROR_H
#define KH_BASE_ERROR_H

#include "base/bytes.h"

#include <kohort/kohort.h>
#include <stdarg.h>

/* Everything "none", the code set, the text that of the code. */
void kh_error_init(kohort_error *error, int code);
/* KOHORT_EBROKER with Kafka's code; the text says its name and meaning; retriable as Kafka's table
 * has it. */
void kh_error_init_kafka(kohort_error *error, int16_t kafka_code);
/* Replaces the text. Wire text must have gone through kh_printable. */
void kh_error_text(kohort_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Copies, made printable and cut to fit. */
void kh_error_set_topic(kohort_error *error, struct kh_string topic, int32_t partition);
void kh_error_set_broker(kohort_error *error, int32_t broker_id, const char *address);

#endif
