/* The simulator's broker model on real sockets: any client can be held against it, and against the
 * faults of a script (script.h). It prints its addresses, then each fault that happens, and ends
 * with its standard input.
 *
 *     model_broker --brokers 2 --topic t:4:100 --faults FILE        then lines on standard input:
 *     {"on":"Heartbeat","do":"error","code":16}                     a fault
 *     {"append":"t","partition":1,"records":5}                      more records */
#include "sim/tcp/bridge.h"
#include "sim/tcp/script.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_RECORDS = 10, VALUE_SIZE = 20, TIMESTAMP_MS = 1000, LINE_SIZE = 4096 };

struct program {
    struct sim_world *world;
    struct bridge bridge;
    struct script script;
    char line[LINE_SIZE];
    size_t line_size;
};

static void say_fault(const struct sim_call *call, const char *action)
{
    printf("%s %s v%d at broker %d\n", action, kh_api_info(call->api)->name, call->version,
           (int)call->broker->id);
    fflush(stdout);
}

static void append(struct sim_world *w, struct sim_log *log, size_t records)
{
    for (size_t size; records > 0; records -= size) {
        size = records < BATCH_RECORDS ? records : BATCH_RECORDS;
        sim_cluster_append(&w->cluster, log,
                           &(struct sim_batch_shape){.record_count = size,
                                                     .value_size = VALUE_SIZE,
                                                     .timestamp_ms = TIMESTAMP_MS});
    }
}

/* "name:partitions:records", records in all. */
static bool add_topic(struct sim_world *w, const char *text)
{
    char name[64];
    int partitions, records;

    if (sscanf(text, "%63[^:]:%d:%d", name, &partitions, &records) != 3 || partitions < 1)
        return false;
    struct sim_topic *t = sim_cluster_add_topic(&w->cluster, name, partitions);
    for (int i = 0; i < partitions; i++)
        append(w, &t->logs[i], (size_t)(records / partitions + (i < records % partitions)));
    return true;
}

/* NULL, or what is wrong with it. */
static const char *read_append(struct program *p, const json_t *json)
{
    const char *name = json_string_value(json_object_get(json, "append"));
    struct sim_topic *t = sim_cluster_topic(&p->world->cluster, kh_string_of(name));
    struct sim_log *log =
        sim_topic_log(t, (int32_t)json_integer_value(json_object_get(json, "partition")));

    if (log == NULL)
        return "no such partition";
    append(p->world, log, (size_t)json_integer_value(json_object_get(json, "records")));
    return NULL;
}

static void take_line(struct program *p, const char *line)
{
    json_t *json = json_loads(line, 0, NULL);
    const char *wrong = json_object_get(json, "append") != NULL ? read_append(p, json)
                                                                : script_read(&p->script, line);
    json_decref(json);
    if (wrong != NULL)
        fprintf(stderr, "model_broker: %s: %s\n", wrong, line);
}

/* False: there is no more. */
static bool read_lines(struct program *p)
{
    ssize_t size = read(STDIN_FILENO, p->line + p->line_size, LINE_SIZE - 1 - p->line_size);
    char *end;

    if (size <= 0)
        return false;
    p->line_size += (size_t)size;
    p->line[p->line_size] = '\0';
    while ((end = strchr(p->line, '\n')) != NULL) {
        *end = '\0';
        take_line(p, p->line);
        p->line_size -= (size_t)(end + 1 - p->line);
        memmove(p->line, end + 1, p->line_size + 1);
    }
    return p->line_size < LINE_SIZE - 1;
}

static bool read_file(struct program *p, const char *path)
{
    char line[LINE_SIZE];
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL)
        take_line(p, line);
    fclose(file);
    return true;
}

static bool take_argument(struct program *p, const char *name, const char *value)
{
    if (strcmp(name, "--topic") == 0)
        return add_topic(p->world, value);
    if (strcmp(name, "--faults") == 0)
        return read_file(p, value);
    return strcmp(name, "--brokers") == 0; /* known before */
}

static struct sim_world *new_world(int count, char **texts)
{
    struct sim_world_options options = SIM_WORLD_DEFAULTS;

    options.steady = true;
    options.cluster.claims_produce = true;
    options.latency_min_us = options.latency_max_us = 0;
    options.cluster.service_min_us = options.cluster.service_max_us = 0;
    for (int i = 1; i + 1 < count; i += 2)
        if (strcmp(texts[i], "--brokers") == 0)
            options.cluster.broker_count = (int32_t)strtol(texts[i + 1], NULL, 10);
    if (options.cluster.broker_count < 1 || options.cluster.broker_count > SIM_BROKERS_MAX)
        return NULL;
    return sim_world_new(1, &options);
}

static void say_addresses(const struct sim_cluster *c)
{
    for (int32_t i = 0; i < c->options.broker_count; i++)
        printf("%s127.0.0.1:%d", i == 0 ? "" : ",", (int)c->brokers[i].listener.address.port);
    printf("\n");
    fflush(stdout);
}

int main(int count, char **texts)
{
    struct program p = {.world = new_world(count, texts), .script.told = say_fault};
    bool good = p.world != NULL && count % 2 == 1;

    for (int i = 1; good && i < count; i += 2)
        good = take_argument(&p, texts[i], texts[i + 1]);
    if (!good) {
        fprintf(stderr, "usage: model_broker [--brokers N] [--topic NAME:PARTITIONS:RECORDS]... "
                        "[--faults FILE]\n");
        return EXIT_FAILURE;
    }
    p.world->cluster.observer = (struct sim_observer){0}; /* any client, and any request */
    p.world->cluster.intercept = script_intercept;
    p.world->cluster.intercept_arg = &p.script;
    bridge_open(&p.bridge, p.world);
    say_addresses(&p.world->cluster);
    while (!bridge_turn(&p.bridge, STDIN_FILENO) || read_lines(&p))
        ;
    bridge_close(&p.bridge);
    script_free(&p.script);
    sim_world_free(p.world);
    return EXIT_SUCCESS;
}
