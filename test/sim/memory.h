/* The simulator's own memory: a simulation cannot go on without it, so running out ends the
 * program. What the library under test takes goes through its member's heap instead. */
#ifndef TEST_SIM_MEMORY_H
#define TEST_SIM_MEMORY_H

#include "base/bytes.h"

#include <stddef.h>

/* Zeroed; given back with free(). */
void *sim_new(size_t count, size_t size);
/* Room for one more item behind `count` of them; `items` is a pointer to an array of its own. */
void sim_grow(void *items, size_t *capacity, size_t count, size_t size);
/* Terminated copies; NULL of a null one. */
char *sim_copy_string(struct kh_string text);
char *sim_copy_text(const char *text);
struct kh_bytes sim_copy_bytes(struct kh_bytes bytes);

#endif
