/* What may not be in a recording: records, and what SaslAuthenticate carries. One a stream; it
 * reads the frames as they pass, both ways, however they are cut. */
#ifndef KH_NET_RECORD_MASK_H
#define KH_NET_RECORD_MASK_H

#include "protocol/fetch_stream.h"

enum { KH_MASK_FLIGHTS = 64, KH_MASK_HEAD = 12 };

/* Of one direction: where it stands in a frame. */
struct kh_mask_way {
    uint8_t head[KH_MASK_HEAD];
    size_t head_size; /* bytes of the frame seen, up to KH_MASK_HEAD */
    uint64_t left;    /* bytes of the frame behind the head */
    bool secret;      /* what is left is masked */
    bool is_fetch;    /* answers: what is left is a Fetch body */
};

struct kh_record_mask {
    struct kh_heap *heap;
    struct kh_mask_way out, in;
    struct {
        int16_t api_key, version;
    } flights[KH_MASK_FLIGHTS]; /* a ring: Kafka answers in order */
    size_t first, count;
    bool lost; /* not understood: all that comes is masked */

    struct kh_fetch_stream fetch;
    uint8_t *atom; /* bytes of a field that is not whole yet */
    size_t atom_size, atom_capacity;
    uint8_t batch[17]; /* the head of the batch at hand, to its magic */
    size_t batch_at;   /* bytes of it seen */
    uint64_t batch_size;
};

void kh_record_mask_init(struct kh_record_mask *m, struct kh_heap *heap);
void kh_record_mask_free(struct kh_record_mask *m);
/* Bytes that pass: zeros stand where something was secret. `out` may be `data`. */
void kh_record_mask_sent(struct kh_record_mask *m, uint8_t *data, size_t size);
void kh_record_mask_received(struct kh_record_mask *m, uint8_t *data, size_t size);
/* The records of a batch, decompressed: keys, values and headers become zeros, what tells offsets,
 * times and sizes stays. What cannot be read becomes zeros to the end. */
void kh_record_mask_records(uint8_t *records, size_t size);

#endif
