/* The events of Kafka's VerifiableConsumer: one line of JSON each on stdout, flushed, with the time
 * and its name. */
#ifndef TEST_VERIFIABLE_REPORT_H
#define TEST_VERIFIABLE_REPORT_H

#include <jansson.h>
#include <kohort/kohort.h>

/* fields: what the event has beside, taken over; NULL: nothing. */
void report(const char *name, json_t *fields);
/* [{"topic": …, "partition": …}]; the caller's. */
json_t *report_partitions(const kohort_partitions *list);
/* record_data, of --verbose. */
void report_record(const kohort_partition *p, const kohort_record *record);

#endif
