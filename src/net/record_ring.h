/* The file of a recording (docs/recording.md): a header, and a ring of entries, kind and size
 * first. It is one piece of memory, of a file or not; what adds to it never waits. */
#ifndef KH_NET_RECORD_RING_H
#define KH_NET_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KH_RECORD_HEADER = 64, KH_RECORD_ENTRY = 5, KH_RECORD_VERSION = 1 };

struct kh_record_ring {
    uint8_t *memory; /* the header; the ring follows */
    uint64_t size;   /* of the ring */
    uint64_t begin;  /* bytes ever added before the oldest entry still there */
    uint64_t end;    /* bytes ever added */
    uint64_t lost;   /* entries overwritten; 0: it can be replayed */
};

/* Makes an empty one; size is that of all the memory, above KH_RECORD_HEADER + KH_RECORD_ENTRY. */
void kh_record_ring_format(struct kh_record_ring *r, uint8_t *memory, size_t size);
/* Adds an entry; the oldest ones make room. One that is larger than the ring is lost, and all
 * before it. */
void kh_record_ring_add(struct kh_record_ring *r, uint8_t kind, const void *data, size_t size);

/* Reads the header of what somebody hands us. NULL, or what is wrong with it. */
const char *kh_record_ring_open(struct kh_record_ring *r, uint8_t *memory, size_t size);
/* The entry at `*at`, which starts as r->begin and moves behind it; its bytes start at *ret_data,
 * as kh_record_ring_read counts. False: the end, or damage (`*at` is not r->end then). */
bool kh_record_ring_next(const struct kh_record_ring *r, uint64_t *at, uint8_t *ret_kind,
                         uint64_t *ret_data, uint32_t *ret_size);
void kh_record_ring_read(const struct kh_record_ring *r, uint64_t at, void *out, size_t size);

/* record_file.c: the same in a file. */

/* Creates or overwrites it, all `size` bytes at once, so that a full disk is told here and not by a
 * signal later. 0, or an error number. */
int kh_record_file_create(struct kh_record_ring *r, const char *path, size_t size);
/* 0, or an error number; *ret_wrong when it is no recording. */
int kh_record_file_open(struct kh_record_ring *r, const char *path, const char **ret_wrong);
void kh_record_file_close(struct kh_record_ring *r);

#endif
