/* Judges what the members of one group do with one topic of stamped records
 * (admin_produce_many): no partition is held by two members at once, offsets grow within an
 * ownership, every value is its partition's and sequence's, a commit never passes a record that is
 * not acknowledged. The first broken rule is kept. */
#ifndef TEST_SUPPORT_LIVE_ORACLE_H
#define TEST_SUPPORT_LIVE_ORACLE_H

#include <kohort/kohort.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct member;

enum { ORACLE_PARTITIONS_MAX = 16 };

struct oracle_partition {
    const struct member *owner; /* NULL: nobody of this process */
    int64_t next;               /* the lowest offset that may be delivered in this ownership */
    int64_t end;                /* offsets below have room in the two arrays */
    uint8_t *delivered;         /* how often; it stays at 255 */
    bool *acked;
    int64_t first_unacked; /* all below are acknowledged */
    int64_t committed;     /* the highest seen; -1: none */
};

struct oracle {
    const char *topic;
    struct oracle_partition partitions[ORACLE_PARTITIONS_MAX];
    char broken[256]; /* empty: every rule holds */
};

void oracle_open(struct oracle *o, const char *topic);
void oracle_close(struct oracle *o);

void oracle_assigned(struct oracle *o, const struct member *m, int32_t partition);
/* Let go, or lost. */
void oracle_released(struct oracle *o, const struct member *m, int32_t partition);
void oracle_delivered(struct oracle *o, const struct member *m, int32_t partition,
                      const kohort_record *records, size_t count);
void oracle_acked(struct oracle *o, int32_t partition, int64_t first, int64_t last);
void oracle_committed(struct oracle *o, int32_t partition, int64_t offset);

/* Records acknowledged, each counted once. */
size_t oracle_acked_count(const struct oracle *o);
/* Deliveries beyond each record's first. */
size_t oracle_duplicates(const struct oracle *o);

#endif
