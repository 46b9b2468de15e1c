/* What a member of a chaos test writes down: a line of JSON for each thing that it was told or did,
 * in a file of its own, written at once, so that also one that is killed has told all. The clock is
 * CLOCK_MONOTONIC: the same for all on this machine. */
#ifndef TEST_CHAOS_DIARY_H
#define TEST_CHAOS_DIARY_H

#include <stdbool.h>
#include <stdint.h>

/* 0, or -1 and errno. */
int diary_open(const char *path);
/* What is -1 is left out. */
void diary_write(const char *event, int32_t generation, int32_t partition, int64_t first,
                 int64_t last);

/* Whether a record's value is what was written there (admin_produce_many()). */
bool diary_is_stamp(const void *value, int64_t size, int32_t partition, int64_t offset);

#endif
