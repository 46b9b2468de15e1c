/* A broker of the largest group there is: it has `members` - 1 other members, who never speak, and
 * gives their leader all of it at once. On a thread of its own, on 127.0.0.1. */
#ifndef BENCH_CROWD_BROKER_H
#define BENCH_CROWD_BROKER_H

#include "base/heap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd_options {
    size_t members, topics, partitions; /* of a topic */
    bool owned;                         /* the other members say what they hold */
};

struct crowd_broker;

struct crowd_broker *crowd_start(const struct crowd_options *options, uint16_t *ret_port);
/* Sizes of what it sent and received last, in bytes; 0: not yet. */
size_t crowd_metadata_bytes(const struct crowd_broker *b);
size_t crowd_join_bytes(const struct crowd_broker *b);
size_t crowd_sync_bytes(const struct crowd_broker *b);
/* NULL: each partition was given to one member, and nobody has two more than another. */
const char *crowd_problem(const struct crowd_broker *b);
void crowd_stop(struct crowd_broker *b);

/* The names that both sides use, at least 16 bytes each. */
void crowd_topic_name(char *name, size_t number);

#endif
