/* The parts of `golden`, the program that holds the library against bytes of Kafka's own classes
 * (README.md says what a line is). */
#ifndef TEST_GOLDEN_GOLDEN_H
#define TEST_GOLDEN_GOLDEN_H

#include "base/arena.h"
#include "base/random.h"
#include "schema/schema.h"

#include <jansson.h>

/* One line of a file. Views are those of `line`. */
struct vector {
    json_t *line;
    const char *api, *kind, *note;
    json_t *value; /* JSON null: Kafka refuses the bytes, and so must we */
    int16_t key;
    int version, header;
    bool both_ways; /* encoding the value gives the same bytes */
    bool compressed;
    uint8_t *data;
    size_t size;
};

struct golden {
    struct kh_heap heap;
    struct kh_random random;
    bool prefixes; /* each prefix is tried as well */
    const char *file;
    size_t line;
    struct vector vector;
    bool failure; /* of this vector */
};

/* Reads g->vector from a line of text. False: it is not one, and that was said. */
bool vector_read(struct golden *g, const char *text, size_t size);
void vector_free(struct golden *g);

struct golden_count {
    size_t passed, failed;
};
/* Reads each vector of a file and hands it to `check`, which calls fail when something is wrong
 * with it; counts vectors, and as a failure too what is no vector and memory that stays. */
void golden_file(struct golden *g, const char *path, void (*check)(struct golden *g, void *arg),
                 void *arg, struct golden_count *count);

/* Says what is wrong with the vector at hand: file, line, API, kind, version come first. */
__attribute__((format(printf, 2, 3))) void fail(struct golden *g, const char *format, ...);

void check_request(struct golden *g);
void check_response(struct golden *g);
void check_header(struct golden *g);
void check_batch(struct golden *g);
/* Prints a batch that is not compressed as the library encodes it with each codec, and what Kafka's
 * reader has to say of that: a line of JSON each (java/read.sh). */
void print_batch_compressed(struct golden *g);
void check_subscription(struct golden *g);
void check_assignment(struct golden *g);

/* ---- What the checks share ---- */

/* Fails when the message is not the vector's value: names the field and where it lies. */
void expect_value(struct golden *g, const struct schema *s, int version, const void *message);
/* Fails when the bytes are not expected[0..size): names the first one that differs, and its field.
 * `what` says whose bytes they are. */
void expect_bytes(struct golden *g, const struct schema *s, int version, const char *what,
                  const struct kh_writer *w, size_t from, const uint8_t *expected, size_t size);

/* Whether all of data[0..size) is what the check reads. */
typedef bool reads(struct golden *g, void *context, const uint8_t *data, size_t size);
/* Fails when a prefix shorter than `limit` is read. Longer vectors are cut at fewer places: at each
 * of their first and last KIB bytes, and at every 61st between. The bytes beyond a prefix are out
 * of sight for AddressSanitizer. */
void expect_prefixes_refused(struct golden *g, uint8_t *data, size_t size, size_t limit,
                             reads *reads_all, void *context);
/* Fails when a text, bytes or an empty array that may not be null is read when it is: each becomes
 * null in turn, up to 64 of a vector. The message begins at data + before. */
void expect_nulls_refused(struct golden *g, const struct schema *s, int version,
                          const uint8_t *data, size_t size, size_t before, reads *reads_all,
                          void *context);

#endif
