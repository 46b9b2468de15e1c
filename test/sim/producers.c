#include "sim/producers.h"

enum { PAUSE_MAX_MS = 400, STANDSTILL_MAX_MS = 5000, CLEAN_MAX_MS = 4000 };

static void shape_batch(struct kh_random *random, struct sim_batch_shape *shape, int64_t now_ms)
{
    *shape = (struct sim_batch_shape){.record_count = 1 + kh_random_below(random, 40),
                                      .value_size = kh_random_below(random, 300),
                                      .timestamp_ms = 1767225600000 + now_ms,
                                      .null_keys = sim_chance(random, 4),
                                      .headers = sim_chance(random, 4)};
    if (sim_chance(random, 6))
        shape->gap = sim_random_between(random, 1, 3);
    if (sim_chance(random, 6))
        shape->tail_gap = sim_random_between(random, 1, 3);
    if (sim_chance(random, 40)) /* larger than any receive buffer */
        shape->value_size = 20000;
    if (sim_chance(random, 12))
        shape->record_count = 0;
    shape->gzip = sim_chance(random, 8);
}

static void append(struct sim_producers *p, size_t partition, const struct sim_batch_shape *shape)
{
    sim_cluster_append(&p->world->cluster, &p->topic->logs[partition], shape);
}

static void produce(struct sim_event *event)
{
    struct sim_producers *p = kh_container(event, struct sim_producers, event);
    struct kh_random *random = &p->world->random;
    struct sim_batch_shape shape;
    size_t partition = kh_random_below(random, SIM_PRODUCED_PARTITIONS);

    shape_batch(random, &shape, sim_now_ms(&p->world->schedule));
    shape.control =
        sim_chance(random, 12); /* the marker of a transaction that wrote nothing here */
    append(p, partition, &shape);
    if (--p->left > 0)
        sim_after(&p->world->schedule, event, sim_random_between(random, 0, PAUSE_MAX_MS * SIM_MS));
}

/* False: each partition that it has written to has its marker. */
static bool write_marker(struct sim_transactional *t)
{
    struct sim_world *w = t->of->world;

    for (size_t i = 0; i < SIM_PRODUCED_PARTITIONS; i++) {
        const struct sim_batch_shape marker = {.timestamp_ms =
                                                   1767225600000 + sim_now_ms(&w->schedule),
                                               .producer_id = t->producer_id,
                                               .transactional = true,
                                               .control = true,
                                               .aborts = t->aborts};
        if (!t->touched[i])
            continue;
        t->touched[i] = false;
        append(t->of, i, &marker);
        return true;
    }
    return false;
}

static void write_data(struct sim_transactional *t)
{
    struct kh_random *random = &t->of->world->random;
    struct sim_batch_shape shape;
    size_t partition = kh_random_below(random, SIM_PRODUCED_PARTITIONS);

    shape_batch(random, &shape, sim_now_ms(&t->of->world->schedule));
    shape.producer_id = t->producer_id;
    shape.transactional = true;
    t->is_open = t->touched[partition] = true;
    append(t->of, partition, &shape);
}

static void go_on(struct sim_event *event)
{
    struct sim_transactional *t = kh_container(event, struct sim_transactional, event);
    struct kh_random *random = &t->of->world->random;
    bool is_last = t->of->left == 0;

    if (t->ends && !write_marker(t))
        t->is_open = t->ends = false;
    else if (!t->ends && t->is_open && (is_last || sim_chance(random, 4))) {
        t->ends = true;
        t->aborts = sim_chance(random, 2);
    } else if (!t->ends && !is_last) {
        write_data(t);
    }
    if (!t->is_open && is_last)
        return;
    int64_t pause_ms = sim_chance(random, 20) ? STANDSTILL_MAX_MS : PAUSE_MAX_MS;
    sim_after(&t->of->world->schedule, event, sim_random_between(random, 0, pause_ms * SIM_MS));
}

static void clean(struct sim_event *event)
{
    struct sim_producers *p = kh_container(event, struct sim_producers, cleaner);
    struct kh_random *random = &p->world->random;

    sim_cluster_compact(&p->world->cluster,
                        &p->topic->logs[kh_random_below(random, SIM_PRODUCED_PARTITIONS)]);
    if (p->left > 0)
        sim_after(&p->world->schedule, event, sim_random_between(random, 0, CLEAN_MAX_MS * SIM_MS));
}

void sim_producers_start(struct sim_producers *p, struct sim_world *w, int batches)
{
    *p = (struct sim_producers){
        .event.fire = produce, .cleaner.fire = clean, .world = w, .left = batches};
    p->topic = sim_cluster_add_topic(&w->cluster, "t", SIM_PRODUCED_PARTITIONS);
    sim_after(&w->schedule, &p->event, 0);
    if (sim_chance(&w->random, 2))
        p->transactional_count = 1 + kh_random_below(&w->random, SIM_TRANSACTIONAL_MAX);
    for (size_t i = 0; i < p->transactional_count; i++) {
        p->transactional[i] = (struct sim_transactional){
            .event.fire = go_on, .of = p, .producer_id = 1000 + (int64_t)i};
        sim_after(&w->schedule, &p->transactional[i].event, 0);
    }
    if (sim_chance(&w->random, 3))
        sim_after(&w->schedule, &p->cleaner, 0);
}

bool sim_producers_busy(const struct sim_producers *p)
{
    bool busy = p->left > 0;

    for (size_t i = 0; i < p->transactional_count; i++)
        busy = busy || p->transactional[i].is_open;
    return busy;
}
