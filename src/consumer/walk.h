/* One batch, from its bytes to a walk over its records (struct kh_batch_walk). */
#ifndef KH_CONSUMER_WALK_H
#define KH_CONSUMER_WALK_H

#include "consumer/aborted.h"
#include "consumer/consumer.h"

/* A batch that cannot be read, for a person. */
void kh_walk_error(kohort_partition *p, kohort_error *error, int code, int64_t offset,
                   const char *what);
/* Reads the header and checks the CRC of a batch that has just arrived; whether anybody may see its
 * records. */
int kh_walk_check(kohort_partition *p, struct kh_aborted *aborted, const uint8_t *data, size_t size,
                  struct kh_batch_walk *walk, kohort_error *error);
/* Its header was read; `buffer` is where it lies. */
int kh_walk_open(kohort_partition *p, struct kh_buffer *buffer, const uint8_t *data, size_t size,
                 struct kh_batch_walk *walk, kohort_error *error);
/* The batch waits. When it was opened (`walk`) its rest goes on where it stopped: it is neither
 * walked nor decompressed again. KOHORT_ENOMEM. */
int kh_walk_keep(kohort_partition *p, struct kh_buffer *buffer, const uint8_t *data, size_t size,
                 const struct kh_batch_walk *walk);
/* One that waits, unless it is opened already. */
int kh_walk_open_waiting(kohort_partition *p, struct kh_waiting_batch *w, kohort_error *error);
/* What was decompressed would be overwritten by the next batch: its rest takes the batch's place.
 */
void kh_walk_keep_decompressed(kohort_partition *p, struct kh_waiting_batch *w);

#endif
