/* Judges the diaries that a chaos test has left, again:
 *
 *   chaos-rejudge DIRECTORY SESSION_MS HEARTBEAT_MS
 *
 * on the machine where they were written, before it is started again. What was produced is not
 * known: all that was ever delivered must be done. */
#include "chaos/judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 512 };

static const char *const clients[] = {"kohort", "java", "librdkafka"};

static void read_all(struct chaos_history *h, const char *directory, bool *is_ours)
{
    char path[PATH_SIZE];
    long read = 0;
    snprintf(path, sizeof path, "%s/faults", directory);
    const char *wrong = chaos_history_read_file(h, -1, path, &read, false, 0);
    for (int m = 0; m < CHAOS_MEMBERS_MAX && wrong == NULL; m++)
        for (int k = 0; k < 3 && wrong == NULL; k++) {
            snprintf(path, sizeof path, "%s/%d-%s", directory, m, clients[k]);
            read = 0;
            wrong = chaos_history_read_file(h, m, path, &read, k == 1, chaos_clock_offset_us());
            is_ours[m] = is_ours[m] || (k == 0 && read > 0);
        }
    if (wrong == NULL)
        return;
    fprintf(stderr, "%s: what is this? %s\n", path, wrong);
    exit(EXIT_FAILURE);
}

int main(int count, char **texts)
{
    static bool is_ours[CHAOS_MEMBERS_MAX];
    struct chaos_history h = {0};
    struct chaos_verdict v;
    struct chaos_conditions conditions = {.is_ours = is_ours};
    if (count != 4) {
        fprintf(stderr, "usage: chaos-rejudge DIRECTORY SESSION_MS HEARTBEAT_MS\n");
        return EXIT_FAILURE;
    }
    conditions.session_us = strtoll(texts[2], NULL, 10) * 1000;
    conditions.heartbeat_us = strtoll(texts[3], NULL, 10) * 1000;
    read_all(&h, texts[1], is_ours);
    for (size_t i = 0; i < h.count; i++) {
        const struct chaos_event *e = &h.events[i];
        if (e->kind == CHAOS_RECORDS && e->last >= conditions.produced[e->partition])
            conditions.produced[e->partition] = e->last + 1;
    }
    chaos_judge(&h, &conditions, &v);
    printf("%zu events; %" PRId64 " records delivered, %" PRId64 " of them again\n", h.count,
           v.delivered, v.duplicates);
    for (size_t i = 0; i < CHAOS_RULE_COUNT; i++)
        printf("%s: %zu by kohort, %zu by other clients\n", chaos_rule_name((enum chaos_rule)i),
               v.ours[i], v.peers[i]);
    printf("%s%s%s\n", v.first, v.first[0] != '\0' && v.first_peer[0] != '\0' ? "\n" : "",
           v.first_peer);
    size_t violations = chaos_violations(&v);
    chaos_history_free(&h);
    return violations == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
