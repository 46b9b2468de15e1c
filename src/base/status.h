/* Status codes (the public ones) as text, and Kafka's error codes with their properties. */
#ifndef KH_BASE_STATUS_H
#define KH_BASE_STATUS_H

#include <kohort/errors.h>
#include <stdbool.h>
#include <stdint.h>

/* Kafka's error codes that decisions are taken on, by name; the table in kafka_errors.h has them
 * all. */
#include "base/kafka_errors.h"

/* One sentence; never NULL. */
const char *kh_status_text(int status);
/* "EPROTOCOL"; never NULL. */
const char *kh_status_name(int status);

/* Kafka's name of a code ("NOT_COORDINATOR"), or "UNKNOWN_ERROR_CODE". */
const char *kh_kafka_error_name(int16_t code);
/* What it means, one sentence. */
const char *kh_kafka_error_text(int16_t code);
/* Whether Java's RetriableException family holds it: the same request may succeed later. */
bool kh_kafka_error_retriable(int16_t code);
/* Whether it says that our metadata is old (Java's InvalidMetadataException family). */
bool kh_kafka_error_stale_metadata(int16_t code);

#endif
