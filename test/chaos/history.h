/* What the members of one group did with one topic, and what was done to them, in the order of
 * time: each member keeps a diary (diary.h) in a file of its own; all of them, and the faults, come
 * together here and are judged (judge.h). */
#ifndef TEST_CHAOS_HISTORY_H
#define TEST_CHAOS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHAOS_PARTITIONS_MAX = 32, CHAOS_MEMBERS_MAX = 512 };

enum chaos_event_kind {
    CHAOS_ASSIGNED,
    CHAOS_REVOKING, /* it is asked to let go */
    CHAOS_REVOKED,  /* it has let go */
    CHAOS_LOST,
    CHAOS_RECORDS,   /* delivered, from first to last */
    CHAOS_ACKED,     /* from first to last */
    CHAOS_COMMITTED, /* the answer has come; last: the offset */
    CHAOS_RESET,     /* the position is set to last */
    CHAOS_DAMAGED,   /* the record at last is not what was written */
    CHAOS_STALL,     /* its loop stood still, in all for last milliseconds */
    CHAOS_FAILED,    /* a terminal error */
    CHAOS_ENDED,     /* cleanly; it owns nothing any more */
    /* Done to it. */
    CHAOS_KILLED,
    CHAOS_STOPPED,
    CHAOS_CONTINUED,
    CHAOS_BROKER, /* something is done to a node: no member */
    CHAOS_KIND_COUNT
};

struct chaos_event {
    int64_t at_us; /* CLOCK_MONOTONIC */
    enum chaos_event_kind kind;
    int member;
    int32_t partition, generation; /* -1: none, or not known */
    int64_t first, last;
    size_t order; /* of those at the same time */
};

/* What is done, whatever the order in which diaries are read. */
struct chaos_tally {
    bool *acked;
    int64_t end; /* offsets below have room */
    int64_t acked_count;
};

struct chaos_history {
    struct chaos_event *events;
    size_t count, capacity;
    struct chaos_tally tallies[CHAOS_PARTITIONS_MAX];
    /* Partitions that a member owns now, as far as its diary is read: a bit each. */
    uint32_t owned[CHAOS_MEMBERS_MAX];
    size_t counts[CHAOS_KIND_COUNT];
};

void chaos_history_free(struct chaos_history *h);
void chaos_history_add(struct chaos_history *h, const struct chaos_event *event);
/* A line of a diary, or of the faults, which names its member; false: it is none. */
bool chaos_history_read(struct chaos_history *h, int member, const char *line, size_t size);
/* A line of Kafka's VerifiableConsumer, whose wall clock is so many microseconds before
 * CLOCK_MONOTONIC. What it has consumed is done. */
bool chaos_history_read_java(struct chaos_history *h, int member, const char *line, size_t size,
                             int64_t clock_offset_us);
/* The lines of a file that are whole, from *read bytes on, which go up; NULL, else one that is no
 * line of a diary, valid until the next call. A file that is not there has none. */
const char *chaos_history_read_file(struct chaos_history *h, int member, const char *path,
                                    long *read, bool is_java, int64_t clock_offset_us);
/* CLOCK_MONOTONIC - wall clock. */
int64_t chaos_clock_offset_us(void);
/* What a line of a diary calls it; NULL: members do not write of it, nor do faults. */
const char *chaos_kind_name(enum chaos_event_kind kind);
void chaos_history_sort(struct chaos_history *h);

#endif
