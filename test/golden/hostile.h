/* The parts of `hostile`, the program that damages the golden vectors and looks at what the library
 * makes of it (README.md). */
#ifndef TEST_GOLDEN_HOSTILE_H
#define TEST_GOLDEN_HOSTILE_H

#include "golden.h"
#include "protocol/api.h"
#include "protocol/compress.h"
#include "protocol/fetch_stream.h"
#include "support/counting_heap.h"

/* A reader of one kind of vector. */
struct hostile_kind;

struct hostile {
    struct golden golden;
    bool whole;                /* the long mode: nothing is left out */
    size_t part, parts;        /* which lines: those whose number is `part` modulo `parts` */
    uint64_t inputs;           /* tried so far */
    struct counting_heap heap; /* behind golden.heap */

    /* Of the vector at hand. */
    const struct hostile_kind *kind;
    const struct kh_api_info *info; /* of a response */
    const struct schema *schema;    /* NULL: a batch */
    size_t before;                  /* bytes that precede what the schema describes */
    void *value;

    /* Used again and again, as a client does. */
    struct kh_fetch_stream stream;
    struct kh_decompressor decompressor;
};

struct hostile_kind {
    const char *name;
    /* What the library says of data[0..size): 0, or a negative status. Fails the vector when a
     * limit is not held. */
    int (*read)(struct hostile *h, const uint8_t *data, size_t size);
    /* Puts right what guards the bytes, so that what lies behind is reached. NULL: nothing does. */
    void (*mend)(uint8_t *data, size_t size);
};

void hostile_init(struct hostile *h);
void hostile_free(struct hostile *h);
/* Chooses how the vector at hand is read. False: the library does not read its kind. */
bool hostile_begin(struct hostile *h);
void hostile_end(struct hostile *h);
/* Reads one input, and judges what it cost. */
int hostile_try(struct hostile *h, const uint8_t *data, size_t size);

/* ---- What is done to a vector ---- */

void hostile_cut(struct hostile *h);     /* each prefix */
void hostile_bytes(struct hostile *h);   /* other values of each byte */
void hostile_lengths(struct hostile *h); /* counts and lengths that cannot be */

#endif
