/* The hand on the broker: requests to the helper of test/kafka (its README is the protocol). Calls
 * wait for the answer, and the loop of the test stands still meanwhile, unless the request is begun
 * in the background. */
#ifndef TEST_SUPPORT_LIVE_ADMIN_H
#define TEST_SUPPORT_LIVE_ADMIN_H

#include <jansson.h>
#include <stdbool.h>
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

/* Begins a request, which is taken over, that the helper does beside others: the loop goes on.
 *     admin_job produce = admin_begin_produce(topic, 6000, 0, 2000);
 *     …
 *     run_until(&s, admin_done(produce));   */
typedef json_int_t admin_job;
admin_job admin_begin(json_t *request);
/* The answer, the caller's, which ends the job; NULL: it has not come yet. */
json_t *admin_answer(admin_job job);
/* Whether the answer has come, which ends the job; one that is an error fails the test. */
bool admin_done(admin_job job);
/* As admin_produce_many() with 100 bytes a record, in the background: so many records a second (0:
 * as fast as can be). Leaders may move and nodes end meanwhile: nothing is left out or written
 * twice. */
admin_job admin_begin_produce(const char *topic, int count, int first, int rate);

void admin_create_topic(const char *topic, int partitions);
/* `count` records of `size` bytes, taking partitions in turn: "p<partition>-<sequence>" and dots.
 * The sequence goes on from `first`. */
void admin_produce_many(const char *topic, int count, int size, int first, const char *compression);
/* One record "p<partition>-<sequence>" into one partition. */
void admin_produce_one(const char *topic, int partition, int sequence);
/* What lies before `offset` is gone. */
void admin_delete_records(const char *topic, int partition, int64_t before);
/* What the group has committed; -1: nothing. */
int64_t admin_group_offset(const char *group, const char *topic, int partition);
void admin_alter_group_offset(const char *group, const char *topic, int partition, int64_t offset);
/* The group's description: "state", "members", …; NULL: there is no such group. The caller's. */
json_t *admin_describe_group(const char *group);

#endif
