/* Brokers and topics of the model. */
#include "sim/call.h"
#include "sim/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void init_broker(struct sim_cluster *c, int32_t id)
{
    struct sim_broker *b = &c->brokers[id];

    b->cluster = c;
    b->id = id;
    snprintf(b->host, sizeof b->host, "broker-%d", (int)id);
    b->listener.address = (struct kh_address){.bytes = {10, 0, 0, (uint8_t)(id + 1)}, .port = 9092};
    for (int api = 0; api < KH_API_COUNT; api++) {
        b->oldest[api] = kh_api_info((enum kh_api)api)->oldest;
        b->newest[api] = kh_api_info((enum kh_api)api)->newest;
    }
    kh_list_init(&b->fetches);
    kh_list_init(&b->sessions);
    sim_network_name(c->network, b->host, &b->listener.address);
    sim_broker_listen(b);
}

void sim_cluster_init(struct sim_cluster *c, struct sim_network *network,
                      const struct sim_cluster_options *options)
{
    *c = (struct sim_cluster){.network = network, .options = *options};
    kh_heap_init(&c->heap);
    kh_list_init(&c->topics);
    kh_list_init(&c->groups);
    for (int32_t id = 0; id < options->broker_count; id++)
        init_broker(c, id);
}

static void free_topic(struct sim_topic *t)
{
    for (int32_t i = 0; i < t->partition_count; i++)
        sim_log_free(&t->logs[i]);
    free(t->logs);
    free(t->name);
    free(t);
}

void sim_cluster_free(struct sim_cluster *c)
{
    sim_groups_free(c);
    for (int32_t id = 0; id < c->options.broker_count; id++) {
        sim_broker_close(&c->brokers[id]);
        sim_fetch_sessions_free(&c->brokers[id]);
    }
    kh_list_each_safe (node, &c->topics)
        free_topic(kh_container(node, struct sim_topic, node));
}

struct sim_topic *sim_cluster_add_topic(struct sim_cluster *c, const char *name,
                                        int32_t partition_count)
{
    struct sim_topic *t = sim_new(1, sizeof *t);

    t->name = sim_copy_text(name);
    t->id.bytes[0] = 0x70;
    t->id.bytes[15] = (uint8_t)++c->ids_given;
    t->partition_count = partition_count;
    t->logs = sim_new((size_t)partition_count, sizeof *t->logs);
    for (int32_t i = 0; i < partition_count; i++) {
        t->logs[i] = (struct sim_log){.topic = t,
                                      .partition = i,
                                      .leader = i % c->options.broker_count,
                                      .earlier_leader = i % c->options.broker_count};
        sim_epochs_assign(&t->logs[i].epochs, 0, 0);
    }
    kh_list_append(&c->topics, &t->node);
    return t;
}

struct sim_topic *sim_cluster_topic(const struct sim_cluster *c, struct kh_string name)
{
    kh_list_each (node, &c->topics) {
        struct sim_topic *t = kh_container(node, struct sim_topic, node);
        if (kh_string_equal(kh_string_of(t->name), name))
            return t;
    }
    return NULL;
}

struct sim_topic *sim_cluster_topic_by_id(const struct sim_cluster *c, const struct kh_uuid *id)
{
    kh_list_each (node, &c->topics) {
        struct sim_topic *t = kh_container(node, struct sim_topic, node);
        if (memcmp(&t->id, id, sizeof *id) == 0)
            return t;
    }
    return NULL;
}

struct sim_log *sim_topic_log(const struct sim_topic *t, int32_t partition)
{
    return t != NULL && partition >= 0 && partition < t->partition_count ? &t->logs[partition]
                                                                         : NULL;
}

void sim_cluster_append(struct sim_cluster *c, struct sim_log *log,
                        const struct sim_batch_shape *shape)
{
    sim_log_append(log, shape);
    sim_trace(c->network->trace, SIM_TRACE_RECORDS, "%s-%d now ends at %lld", log->topic->name,
              (int)log->partition, (long long)log->end_offset);
    sim_fetch_wake(sim_cluster_broker(c, log->leader));
}

struct sim_broker *sim_cluster_broker(struct sim_cluster *c, int32_t id)
{
    return &c->brokers[id];
}

struct sim_broker *sim_cluster_coordinator(struct sim_cluster *c, struct kh_string group_id)
{
    uint32_t hash = 0;

    for (int32_t i = 0; i < group_id.size; i++)
        hash = hash * 31 + (uint8_t)group_id.data[i];
    return &c->brokers[(hash + c->coordinator_shift) % (uint32_t)c->options.broker_count];
}

void sim_broker_answer_next(struct sim_broker *b, enum kh_api api, int16_t error_code)
{
    b->faults[api].error_wanted = true;
    b->faults[api].error_code = error_code;
}

void sim_broker_cut_next(struct sim_broker *b, enum kh_api api, size_t behind)
{
    b->faults[api].cut_wanted = true;
    b->faults[api].cut_behind = behind;
}

void sim_broker_hold_next(struct sim_broker *b, enum kh_api api, void (*held)(void *arg, int host),
                          void *arg)
{
    sim_broker_release(b, api);
    b->faults[api].hold_wanted = true;
    b->faults[api].held = held;
    b->faults[api].held_arg = arg;
}

void sim_broker_release(struct sim_broker *b, enum kh_api api)
{
    struct sim_answer_fault *fault = &b->faults[api];
    struct sim_end *end = sim_network_find(b->cluster->network, fault->held_link);

    if (end != NULL)
        sim_end_silence(sim_end_peer(end), false);
    fault->hold_wanted = false;
    fault->held_link = 0;
}

void sim_cluster_violated(struct sim_cluster *c, const char *rule, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (c->observer.violated != NULL)
        c->observer.violated(c->observer.arg, rule, text);
}
