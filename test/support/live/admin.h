/* The hand on the broker: requests to the helper of test/kafka (its README is the protocol). Calls
 * wait for the answer; the loop of the test stands still meanwhile. */
#ifndef TEST_SUPPORT_LIVE_ADMIN_H
#define TEST_SUPPORT_LIVE_ADMIN_H

#include <jansson.h>
#include <stdint.h>

/* In main(), around all tests: starts the helper where the environment names one, and ends it. */
void admin_start(void);
void admin_stop(void);

/* Sends a request, which is taken over, and gives back the answer, the caller's. An answer that is
 * an error fails the test. */
json_t *admin_call(json_t *request);
/* The same, for a test that expects an error. */
json_t *admin_try(json_t *request);
/* The same as admin_call, for those who need nothing of the answer. */
void admin_do(json_t *request);

void admin_create_topic(const char *topic, int partitions);
/* `count` records of `size` bytes, taking partitions in turn: "p<partition>-<sequence>" and dots.
 * The sequence goes on from `first`. */
void admin_produce_many(const char *topic, int count, int size, int first, const char *compression);
/* One record "p<partition>-<sequence>" into one partition. */
void admin_produce_one(const char *topic, int partition, int sequence);
/* What the group has committed; -1: nothing. */
int64_t admin_group_offset(const char *group, const char *topic, int partition);
void admin_alter_group_offset(const char *group, const char *topic, int partition, int64_t offset);
/* The group's description: "state", "members", …; NULL: there is no such group. The caller's. */
json_t *admin_describe_group(const char *group);

#endif
