/* Mutation of messages as what they are: read by the schema tables, one field of one struct made
 * another, written again. */
#ifndef FUZZ_MUTATE_MESSAGE_H
#define FUZZ_MUTATE_MESSAGE_H

#include "schema/schema.h"

/* libFuzzer's own mutation of bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* What a target defines to replace it. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* Changes the message in data[0..size); one that cannot be read begins anew from Kafka's defaults.
 * The new size: at most max_size. */
size_t mutate_message(const struct schema *s, int version, uint8_t *data, size_t size,
                      size_t max_size, uint64_t seed);

#endif
