#include "chaos/history.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- adding ---- */

void chaos_history_free(struct chaos_history *h)
{
    for (size_t i = 0; i < CHAOS_PARTITIONS_MAX; i++)
        free(h->tallies[i].acked);
    free(h->events);
}

static void tally(struct chaos_tally *t, int64_t first, int64_t last)
{
    if (last >= t->end) {
        int64_t end = last * 2 + 64;
        t->acked = realloc(t->acked, (size_t)end * sizeof *t->acked);
        memset(t->acked + t->end, 0, (size_t)(end - t->end) * sizeof *t->acked);
        t->end = end;
    }
    for (int64_t offset = first; offset <= last; offset++) {
        t->acked_count += !t->acked[offset];
        t->acked[offset] = true;
    }
}

void chaos_history_add(struct chaos_history *h, const struct chaos_event *event)
{
    if (h->count == h->capacity) {
        h->capacity = h->capacity * 2 + 1024;
        h->events = realloc(h->events, h->capacity * sizeof *h->events);
    }
    h->events[h->count] = *event;
    h->events[h->count].order = h->count;
    h->count++;
    h->counts[event->kind]++;
    uint32_t bit = event->partition < 0 ? 0 : UINT32_C(1) << event->partition;
    if (event->kind == CHAOS_ACKED)
        tally(&h->tallies[event->partition], event->first, event->last);
    else if (event->kind == CHAOS_ASSIGNED)
        h->owned[event->member] |= bit;
    else if (event->kind == CHAOS_REVOKED || event->kind == CHAOS_LOST)
        h->owned[event->member] &= ~bit;
    else if (event->kind == CHAOS_KILLED || event->kind == CHAOS_ENDED)
        h->owned[event->member] = 0;
}

static int compare(const void *left, const void *right)
{
    const struct chaos_event *a = left, *b = right;
    if (a->at_us != b->at_us)
        return a->at_us < b->at_us ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void chaos_history_sort(struct chaos_history *h)
{
    qsort(h->events, h->count, sizeof *h->events, compare);
}

/* ---- reading ---- */

static int64_t number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static const char *const names[CHAOS_KIND_COUNT] = {
    [CHAOS_ASSIGNED] = "assigned",   [CHAOS_REVOKING] = "revoking", [CHAOS_REVOKED] = "revoked",
    [CHAOS_LOST] = "lost",           [CHAOS_RECORDS] = "records",   [CHAOS_ACKED] = "acked",
    [CHAOS_COMMITTED] = "committed", [CHAOS_RESET] = "reset",       [CHAOS_DAMAGED] = "damaged",
    [CHAOS_STALL] = "stall",         [CHAOS_FAILED] = "failed",     [CHAOS_ENDED] = "ended",
    [CHAOS_KILLED] = "killed",       [CHAOS_STOPPED] = "stopped",   [CHAOS_CONTINUED] = "continued",
    [CHAOS_BROKER] = "broker",
};

const char *chaos_kind_name(enum chaos_event_kind kind)
{
    return names[kind];
}

/* -1: there is none of that name. */
static int kind_of(const char *name)
{
    for (size_t i = 0; name != NULL && i < CHAOS_KIND_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static bool is_about_partition(enum chaos_event_kind kind)
{
    return kind <= CHAOS_DAMAGED;
}

static bool makes_sense(const struct chaos_event *e)
{
    if (e->at_us < 0 || e->partition >= CHAOS_PARTITIONS_MAX || e->member >= CHAOS_MEMBERS_MAX)
        return false;
    if (e->member < 0 && e->kind != CHAOS_BROKER)
        return false;
    if (is_about_partition(e->kind) && e->partition < 0)
        return false;
    return (e->kind != CHAOS_RECORDS && e->kind != CHAOS_ACKED) ||
           (e->first >= 0 && e->last >= e->first);
}

bool chaos_history_read(struct chaos_history *h, int member, const char *line, size_t size)
{
    json_t *object = json_loadb(line, size, 0, NULL);
    int kind = kind_of(json_string_value(json_object_get(object, "event")));
    struct chaos_event event = {.at_us = number(object, "at_us"),
                                .kind = (enum chaos_event_kind)kind,
                                .member = member,
                                .partition = (int32_t)number(object, "partition"),
                                .generation = (int32_t)number(object, "generation"),
                                .first = number(object, "first"),
                                .last = number(object, "last")};
    if (kind >= CHAOS_KILLED)
        event.member = (int)number(object, "member");
    json_decref(object);
    if (kind < 0 || !makes_sense(&event))
        return false;
    chaos_history_add(h, &event);
    return true;
}

/* Kafka's events have a list of partitions, or of offsets. */
static void add_java(struct chaos_history *h, struct chaos_event event, enum chaos_event_kind kind,
                     const json_t *list)
{
    const json_t *entry;
    size_t index;
    event.kind = kind;
    json_array_foreach(list, index, entry)
    {
        event.partition = (int32_t)number(entry, "partition");
        event.first = number(entry, "minOffset");
        event.last = kind == CHAOS_COMMITTED ? number(entry, "offset") : number(entry, "maxOffset");
        if (makes_sense(&event))
            chaos_history_add(h, &event);
    }
}

bool chaos_history_read_java(struct chaos_history *h, int member, const char *line, size_t size,
                             int64_t clock_offset_us)
{
    json_t *object = json_loadb(line, size, 0, NULL);
    const char *name = json_string_value(json_object_get(object, "name"));
    const json_t *partitions = json_object_get(object, "partitions");
    struct chaos_event event = {.at_us = number(object, "timestamp") * 1000 + clock_offset_us,
                                .member = member,
                                .partition = -1,
                                .generation = -1};
    bool known = name != NULL;
    if (known && strcmp(name, "partitions_assigned") == 0) {
        event.at_us += 999; /* It says milliseconds; it held nothing before the last of this one. */
        add_java(h, event, CHAOS_ASSIGNED, partitions);
    } else if (known && strcmp(name, "partitions_revoked") == 0) {
        add_java(h, event, CHAOS_REVOKED, partitions);
    } else if (known && strcmp(name, "records_consumed") == 0) {
        event.at_us += 999;
        add_java(h, event, CHAOS_RECORDS, partitions);
        add_java(h, event, CHAOS_ACKED, partitions);
    } else if (known && strcmp(name, "offsets_committed") == 0) {
        event.at_us += 999;
        if (json_is_true(json_object_get(object, "success")))
            add_java(h, event, CHAOS_COMMITTED, json_object_get(object, "offsets"));
    } else if (known && strcmp(name, "shutdown_complete") == 0) {
        event.at_us += 999;
        event.kind = CHAOS_ENDED;
        chaos_history_add(h, &event);
    }
    json_decref(object);
    return known;
}

/* ---- files ---- */

int64_t chaos_clock_offset_us(void)
{
    struct timespec ours, wall;
    clock_gettime(CLOCK_MONOTONIC, &ours);
    clock_gettime(CLOCK_REALTIME, &wall);
    return ((int64_t)ours.tv_sec - wall.tv_sec) * 1000000 + (ours.tv_nsec - wall.tv_nsec) / 1000;
}

const char *chaos_history_read_file(struct chaos_history *h, int member, const char *path,
                                    long *read, bool is_java, int64_t clock_offset_us)
{
    static char line[8192];
    FILE *file = fopen(path, "re");
    bool known = true;
    if (file == NULL)
        return NULL;
    fseek(file, *read, SEEK_SET);
    while (known && fgets(line, sizeof line, file) != NULL) {
        size_t size = strlen(line);
        if (line[size - 1] != '\n')
            break; /* It is being written. */
        *read += (long)size;
        known = is_java ? chaos_history_read_java(h, member, line, size, clock_offset_us)
                        : chaos_history_read(h, member, line, size);
    }
    fclose(file);
    return known ? NULL : line;
}
