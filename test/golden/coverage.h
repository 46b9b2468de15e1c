/* Whether a set of vectors has enough of everything that kohort speaks. */
#ifndef TEST_GOLDEN_COVERAGE_H
#define TEST_GOLDEN_COVERAGE_H

#include "golden.h"

/* Adds the vector to `counts`, an object. Only those with a value that went both ways count, and of
 * batches those that Kafka reads. */
void coverage_add(json_t *counts, const struct vector *v);
/* Says of every API, kind and version whether there are 20 of it; returns how many have, and in
 * *ret_failed how many have not. */
size_t coverage_judge(const json_t *counts, size_t *ret_failed);

#endif
