/* A member of a group in this process: a client with one consumer, that writes down whatever it is
 * told, and tells the stage's oracle. */
#ifndef TEST_SUPPORT_LIVE_MEMBER_H
#define TEST_SUPPORT_LIVE_MEMBER_H

#include "support/live/stage.h"

#include <kohort/kohort.h>

enum member_entry_kind {
    MEMBER_ASSIGNED,    /* one a partition */
    MEMBER_REVOKED,     /* one a partition */
    MEMBER_LOST,        /* one a partition */
    MEMBER_RECORDS,     /* offset of the first, count */
    MEMBER_STATE,       /* text: the state */
    MEMBER_RESET,       /* offset */
    MEMBER_ERROR,       /* error */
    MEMBER_FAILED,      /* error */
    MEMBER_COMMITTED,   /* offset */
    MEMBER_END,         /* offset */
    MEMBER_STALL,       /* offset: milliseconds */
    MEMBER_UNCOMMITTED, /* offset that is committed, count of those beyond */
    MEMBER_TRUNCATED,   /* offset where it goes on, count of those lost behind it */
    MEMBER_STUCK,       /* from offset on, in a range of so many */
    MEMBER_CLOSED,
    MEMBER_KIND_COUNT
};

struct member_entry {
    enum member_entry_kind kind;
    int64_t at_ms;
    int32_t partition; /* -1: none */
    int64_t offset;
    size_t count;
    char state[32];
    kohort_error error;
};

struct member;

/* All may be left out. */
struct member_script {
    const char *const *options;      /* name, value, …, NULL: beside those of member.c */
    const kohort_assignor *assignor; /* added to the options */
    /* What on_records returns; NULL: KOHORT_DONE. */
    int (*on_records)(struct member *m, kohort_partition *p, const kohort_batch *batch);
    /* After an entry was written, inside the callback that it tells of. */
    void (*on_entry)(struct member *m, const struct member_entry *entry);
    bool keep_revoked;     /* the test calls member_let_go() */
    kohort_client *client; /* of another member, which must end after this one; NULL: its own */
    void *arg;
};

struct member {
    struct stage *stage;
    struct member_script script;
    char name[64];
    const char *group;
    kohort_client *client;
    kohort_consumer *consumer; /* NULL once freed */
    kohort_token token;        /* of the revocation in progress; id 0: none */
    uint32_t going;            /* its partitions of the oracle's topic, a bit each */
    bool closing, closed;      /* kohort_consumer_close() was called; has ended */
    bool gone;                 /* the client has closed too */
    size_t records;            /* delivered */
    size_t warnings;           /* log lines of that level; the last one: */
    char warning[512];
    struct member_entry *entries;
    size_t entry_count, entry_capacity;
    size_t counts[MEMBER_KIND_COUNT]; /* of entries */
};

/* Joins `group` for `topic` as `name`, which is its client id too. */
struct member *member_start(struct stage *s, const char *name, const char *group, const char *topic,
                            const struct member_script *script);
/* The same without the subscription. */
struct member *member_new(struct stage *s, const char *name, const char *group,
                          const struct member_script *script);
void member_subscribe(struct member *m, const char *topic);
/* Begins to leave; m->closed follows, and after that the consumer is still readable. */
void member_close(struct member *m);
/* The same, in so many milliseconds. */
void member_close_by(struct member *m, int64_t deadline_ms);
/* The same, with one of KOHORT_LEAVE, KOHORT_STAY, KOHORT_LEAVE_IF_DYNAMIC. */
void member_close_as(struct member *m, int leave_or_stay);
/* Tears it down at once, as if its process had died: the group waits for its session. */
void member_kill(struct member *m);
/* Leaves, if it has not, and frees consumer and client; runs the loop until they are gone. */
void member_end(struct member *m);
/* Ends the revocation in progress. */
void member_let_go(struct member *m);

/* Whether it is in this state now. */
bool member_is(const struct member *m, const char *state);
/* How many partitions it owns; 0 once freed. */
size_t member_owned(const struct member *m);
/* One it owns, else the test fails. */
kohort_partition *member_partition(struct member *m, const char *topic, int32_t number);
/* The last entry of a kind for a partition (-1: any); NULL: there is none. */
const struct member_entry *member_last(const struct member *m, enum member_entry_kind kind,
                                       int32_t partition);

/* What happened, a line an entry, the last ones of many; the caller's. */
char *member_story(const struct member *m);

#endif
