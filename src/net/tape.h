/* What passes between the library and the world, in one order: written while recording, read while
 * replaying. The same code runs in both: `put` is what the library does, which a replay compares;
 * `get` is what the world says, which a replay takes from the file (docs/recording.md). */
#ifndef KH_NET_TAPE_H
#define KH_NET_TAPE_H

#include "base/heap.h"
#include "net/record_ring.h"

#define KH_TAPE_KINDS(X)                                                                           \
    X(TURN, "turn")                                                                                \
    X(CONNECTED, "connected")                                                                      \
    X(READABLE, "readable")                                                                        \
    X(WRITABLE, "writable")                                                                        \
    X(RESOLVED, "resolved")                                                                        \
    X(WORKED, "work done")                                                                         \
    X(SHUT, "shut down")                                                                           \
    X(CALL, "call")                                                                                \
    X(CALLBACK, "callback")                                                                        \
    X(RESULT, "result")                                                                            \
    X(CHECK, "check")                                                                              \
    X(NOW, "now")                                                                                  \
    X(WALL, "wall clock")                                                                          \
    X(RANDOM, "random bytes")                                                                      \
    X(TIMER, "timer set")                                                                          \
    X(WAKE, "wake")                                                                                \
    X(WORK, "work queued")                                                                         \
    X(OPEN, "open")                                                                                \
    X(RECEIVE, "receive")                                                                          \
    X(RECEIVED, "received bytes")                                                                  \
    X(SEND, "send")                                                                                \
    X(WANT, "want")                                                                                \
    X(CLOSE, "close")                                                                              \
    X(RESOLVE, "resolve")                                                                          \
    X(CANCEL, "resolve cancelled")                                                                 \
    X(SHUTDOWN, "shutdown asked for")                                                              \
    X(ADDRESS, "address")                                                                          \
    X(TEXT, "text")                                                                                \
    X(BATCH, "batch")                                                                              \
    X(RECORDS, "records")                                                                          \
    X(ASSIGNOR, "what an assignor says")

enum kh_tape_kind {
    KH_TAPE_NONE,
#define KH_TAPE_ENUM(name, text) KH_TAPE_##name,
    KH_TAPE_KINDS(KH_TAPE_ENUM)
#undef KH_TAPE_ENUM
};

enum { KH_TAPE_NUMBERS = 8, KH_TAPE_WHY = 200 };

struct kh_platform;

struct kh_tape {
    struct kh_record_ring ring;
    bool recording;
    bool in_file;   /* the ring is closed with the tape */
    bool cut;       /* replaying: it ends within an event */
    uint64_t at;    /* replaying: of the next entry */
    uint64_t event; /* the first is 1 */
    uint64_t hash;  /* of all that passed */
    unsigned depth; /* of events and calls under way */
    char
        why[KH_TAPE_WHY]; /* replaying: where the library left the recording; "" while it has not */
    char wrong[64];       /* what a batch is refused for */
    struct kh_heap *heap; /* of `room`, and of what is between the library and its platform */
    uint8_t *room;
    size_t room_size;
    struct kh_platform *platform;               /* that this tape is of; NULL: it is gone */
    int64_t streams, lookups, works, consumers; /* numbers given out */
};

const char *kh_tape_kind_name(uint8_t kind);
/* On a ring that was formatted, or opened and holds all from the beginning. */
void kh_tape_init(struct kh_tape *t, const struct kh_record_ring *ring, bool recording,
                  struct kh_heap *heap);
/* What its heap gave, and its file. */
void kh_tape_close(struct kh_tape *t);
/* Memory for what goes onto the tape or comes from it, until the next call. NULL: there is none. */
uint8_t *kh_tape_room(struct kh_tape *t, size_t size);

/* What the library does. */
void kh_tape_put(struct kh_tape *t, enum kh_tape_kind kind, const void *data, size_t size);
void kh_tape_put_numbers(struct kh_tape *t, enum kh_tape_kind kind, const int64_t *numbers,
                         size_t count);
/* What the world says; zeros once the replay has left the recording. */
void kh_tape_get(struct kh_tape *t, enum kh_tape_kind kind, void *data, size_t size);
void kh_tape_get_numbers(struct kh_tape *t, enum kh_tape_kind kind, int64_t *numbers, size_t count);
#define kh_tape_put_all(tape, kind, ...)                                                           \
    kh_tape_put_numbers((tape), (kind), (const int64_t[]){__VA_ARGS__},                            \
                        sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* An event from the outside, or a call: what passes until `end` belongs to it. The outermost end
 * closes with the hash so far. */
void kh_tape_begin(struct kh_tape *t, enum kh_tape_kind kind, const int64_t *numbers, size_t count);
#define kh_tape_begin_all(tape, kind, ...)                                                         \
    kh_tape_begin((tape), (kind), (const int64_t[]){__VA_ARGS__},                                  \
                  sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
void kh_tape_end(struct kh_tape *t);

/* ---- replaying ---- */

/* The kind of the next entry, its size, and its numbers, as many as it has, zeros behind them.
 * KH_TAPE_NONE: there is none, or the replay has left the recording. */
enum kh_tape_kind kh_tape_peek(const struct kh_tape *t, int64_t numbers[KH_TAPE_NUMBERS],
                               uint32_t *ret_size);
bool kh_tape_ended(const struct kh_tape *t);
/* The first reason stays. */
void kh_tape_diverge(struct kh_tape *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline bool kh_tape_diverged(const struct kh_tape *t)
{
    return t->why[0] != '\0';
}

#endif
