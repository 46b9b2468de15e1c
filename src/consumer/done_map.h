/* Which records above the committed offset are finished, as text for the commit's metadata
 * (commit.metadata=done): the next owner passes over them. Pure.
 *
 *     kohort-done/1 BASE64
 *
 * is a base offset, a leader epoch, and then runs of offsets in turn, not finished and finished,
 * all as varints. The text may leave out what does not fit; it never has what is not finished. It
 * holds only for the offset and epoch that it was committed with; without an epoch, which tells of
 * truncations (KIP-320), there is none. */
#ifndef KH_CONSUMER_DONE_MAP_H
#define KH_CONSUMER_DONE_MAP_H

#include "base/bytes.h"
#include "consumer/tracker.h"

/* The broker's default offset.metadata.max.bytes. */
enum { KH_DONE_MAP_SIZE = 4096 };

struct kh_done_run {
    int64_t first, last;
};

struct kh_done_map {
    struct kh_done_run *runs; /* by offset */
    uint32_t count;
    int32_t
        leader_epoch; /* what is of a later one was written since: it is not what was finished */
};

/* What is acknowledged from `base`, the lowest that is not, up to `end`, behind the last delivered;
 * and what was inherited beyond, unless a later epoch was seen: under that one other records may
 * lie there. Returns the text's size; 0: there is nothing to say. */
size_t kh_done_map_write(const struct kh_tracker *t, const struct kh_done_map *inherited,
                         int64_t base, int64_t end, int32_t leader_epoch,
                         char text[KH_DONE_MAP_SIZE]);
/* 0, with no runs when the text is not such a map, or not of this offset and epoch. KOHORT_ENOMEM:
 * without it all comes again. */
int kh_done_map_read(struct kh_done_map *map, struct kh_heap *heap, struct kh_string text,
                     int64_t offset, int32_t leader_epoch);
void kh_done_map_free(struct kh_done_map *map, struct kh_heap *heap);
/* How many of these, from the first on, are all finished, or all not: *ret_done. Those below `from`
 * count as not finished. */
uint32_t kh_done_map_run(const struct kh_done_map *map, const kohort_record *records,
                         uint32_t count, int64_t from, bool *ret_done);

#endif
