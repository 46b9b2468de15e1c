/* The tracker's blocks, between its files: tracker.c says what is delivered and acknowledged,
 * tracker_room.c makes room. */
#ifndef KH_CONSUMER_TRACKER_BLOCK_H
#define KH_CONSUMER_TRACKER_BLOCK_H

#include "consumer/tracker.h"

enum {
    KH_BLOCK_SIZE = 64,
    KH_BLOCK_MOST = 56 /* with fewer a block becomes sparse, once there is room for deltas */
};

static inline uint32_t *kh_block_deltas(const struct kh_tracker *t,
                                        const struct kh_tracker_block *b)
{
    return &t->deltas[(size_t)(b - t->blocks) * KH_BLOCK_SIZE];
}

static inline int64_t kh_block_offset(const struct kh_tracker *t, const struct kh_tracker_block *b,
                                      uint32_t i)
{
    return b->first + (b->count == 0 ? i : kh_block_deltas(t, b)[i]);
}

static inline uint32_t kh_lowest_bit(uint64_t bits)
{
    return (uint32_t)__builtin_ctzll(bits);
}

static inline uint32_t kh_count_bits(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

static inline uint64_t kh_bits(uint32_t from, uint32_t to)
{
    return to <= from ? 0 : (UINT64_MAX >> (KH_BLOCK_SIZE - (to - from))) << from;
}

static inline bool kh_block_fits(const struct kh_tracker_block *b, int64_t offset)
{
    int64_t delta = offset - b->first;
    return b->count == 0 ? delta < KH_BLOCK_SIZE : b->count < KH_BLOCK_SIZE && delta <= UINT32_MAX;
}

#endif
