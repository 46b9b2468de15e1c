#include "support/live/oracle.h"

#include "support/live/member.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void oracle_open(struct oracle *o, const char *topic)
{
    *o = (struct oracle){.topic = topic};
    for (size_t i = 0; i < ORACLE_PARTITIONS_MAX; i++)
        o->partitions[i].committed = -1;
}

void oracle_close(struct oracle *o)
{
    for (size_t i = 0; i < ORACLE_PARTITIONS_MAX; i++) {
        free(o->partitions[i].delivered);
        free(o->partitions[i].acked);
    }
}

__attribute__((format(printf, 2, 3))) static void complain(struct oracle *o, const char *format,
                                                           ...)
{
    va_list arguments;
    if (o->broken[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(o->broken, sizeof o->broken, format, arguments);
    va_end(arguments);
}

static struct oracle_partition *find(struct oracle *o, int32_t partition)
{
    cr_assert(partition >= 0 && partition < ORACLE_PARTITIONS_MAX);
    return &o->partitions[partition];
}

static void make_room(struct oracle_partition *p, int64_t end)
{
    if (end <= p->end)
        return;
    size_t old = (size_t)p->end, grown = (size_t)end * 2;
    p->delivered = realloc(p->delivered, grown * sizeof *p->delivered);
    p->acked = realloc(p->acked, grown * sizeof *p->acked);
    memset(p->delivered + old, 0, (grown - old) * sizeof *p->delivered);
    memset(p->acked + old, 0, (grown - old) * sizeof *p->acked);
    p->end = (int64_t)grown;
}

void oracle_assigned(struct oracle *o, const struct member *m, int32_t partition)
{
    struct oracle_partition *p = find(o, partition);
    if (p->owner != NULL)
        complain(o, "partition %d was given to %s while %s held it", partition, m->name,
                 p->owner->name);
    p->owner = m;
    p->next = 0;
}

void oracle_released(struct oracle *o, const struct member *m, int32_t partition)
{
    struct oracle_partition *p = find(o, partition);
    if (p->owner == m)
        p->owner = NULL;
}

static bool stamp_is(const kohort_bytes *value, int32_t partition, int64_t offset)
{
    char stamp[48];
    int size = snprintf(stamp, sizeof stamp, "p%" PRId32 "-%" PRId64, partition, offset);
    return value->size >= size && memcmp(value->data, stamp, (size_t)size) == 0 &&
           (value->size == size || ((const char *)value->data)[size] == '.');
}

void oracle_delivered(struct oracle *o, const struct member *m, int32_t partition,
                      const kohort_record *records, size_t count)
{
    struct oracle_partition *p = find(o, partition);
    if (p->owner != m)
        complain(o, "%s was given records of partition %d, which it does not hold", m->name,
                 partition);
    for (size_t i = 0; i < count; i++) {
        int64_t offset = records[i].offset;
        if (offset < p->next)
            complain(o, "partition %d: offset %" PRId64 " came after %" PRId64, partition, offset,
                     p->next - 1);
        if (!stamp_is(&records[i].value, partition, offset))
            complain(o, "partition %d: the record at offset %" PRId64 " is another one: \"%.*s\"",
                     partition, offset,
                     (int)(records[i].value.size < 32 ? records[i].value.size : 32),
                     (const char *)records[i].value.data);
        make_room(p, offset + 1);
        if (p->delivered[offset] < UINT8_MAX)
            p->delivered[offset]++;
        p->next = offset + 1;
    }
}

void oracle_acked(struct oracle *o, int32_t partition, int64_t first, int64_t last)
{
    struct oracle_partition *p = find(o, partition);
    make_room(p, last + 1);
    for (int64_t offset = first; offset <= last; offset++)
        p->acked[offset] = true;
    while (p->first_unacked < p->end && p->acked[p->first_unacked])
        p->first_unacked++;
}

void oracle_committed(struct oracle *o, int32_t partition, int64_t offset)
{
    struct oracle_partition *p = find(o, partition);
    if (offset > p->first_unacked)
        complain(o, "partition %d: offset %" PRId64 " was committed, but %" PRId64 " is not done",
                 partition, offset, p->first_unacked);
    if (offset > p->committed)
        p->committed = offset;
}

size_t oracle_acked_count(const struct oracle *o)
{
    size_t count = 0;
    for (size_t i = 0; i < ORACLE_PARTITIONS_MAX; i++)
        for (int64_t offset = 0; offset < o->partitions[i].end; offset++)
            count += o->partitions[i].acked[offset];
    return count;
}

size_t oracle_duplicates(const struct oracle *o)
{
    size_t count = 0;
    for (size_t i = 0; i < ORACLE_PARTITIONS_MAX; i++)
        for (int64_t offset = 0; offset < o->partitions[i].end; offset++)
            if (o->partitions[i].delivered[offset] > 1)
                count += o->partitions[i].delivered[offset] - 1u;
    return count;
}
