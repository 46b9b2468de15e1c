/* A verifiable-consumer as a child process, and the rules that the harness of Kafka's system tests
 * holds its events to (kafkatest/services/verifiable_consumer.py): records come only while joined,
 * and only of assigned partitions; each continues where the one before ended; what is committed was
 * consumed, and belongs to what is assigned. Over all of them: no partition is held by two at once,
 * and every record comes. */
#ifndef TEST_SUPPORT_LIVE_HISTORY_H
#define TEST_SUPPORT_LIVE_HISTORY_H

#include "support/live/child.h"

#include <jansson.h>

enum { HISTORY_PARTITIONS = 6, HISTORY_CONSUMERS = 12 };

struct history;

struct verifiable {
    struct history *history;
    struct child child;
    size_t read; /* of what it has written */
    bool cooperative;
    bool started, shutting_down, complete, killed;
    size_t consumed, commits, failed_commits, assignments, revocations;
    bool assigned[HISTORY_PARTITIONS];
    int64_t held_since_ms[HISTORY_PARTITIONS];
    int64_t position[HISTORY_PARTITIONS]; /* -1: nothing since it was assigned */
};

/* Who held what when, by the clocks of the consumers, which are the machine's. */
struct holding {
    const struct verifiable *consumer;
    int partition;
    int64_t from_ms, to_ms;
};

struct history {
    struct stage *stage;
    const char *group, *topic;
    struct verifiable consumers[HISTORY_CONSUMERS]; /* all that ever were */
    size_t count;
    struct holding *holdings; /* that have ended */
    size_t holding_count;
    uint8_t *seen[HISTORY_PARTITIONS]; /* how often each offset came */
    int64_t ends[HISTORY_PARTITIONS];  /* offsets below have room there */
    int64_t committed[HISTORY_PARTITIONS];
};

void history_open(struct history *h, struct stage *s, const char *group, const char *topic);
/* Kills who still runs, and judges what remains to be: holdings that overlap. */
void history_close(struct history *h);

/* flags: beside bootstrap server, topic and group; ended by NULL. */
struct verifiable *history_start(struct history *h, bool cooperative, const char *const *flags);
/* SIGTERM, and its end: it must say that it is complete, and exit with 0. */
void history_shut_down(struct verifiable *v);
void history_kill(struct verifiable *v);

/* Reads what all have written. */
void history_read(struct history *h);
size_t history_owned(const struct verifiable *v);
/* Different records that came, of all partitions. */
size_t history_records(struct history *h);
/* Deliveries beyond each record's first. */
size_t history_duplicates(const struct history *h);
/* Reads, and says whether every one that runs holds so many partitions. */
bool history_shared(struct history *h, size_t each);

#endif
