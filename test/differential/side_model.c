/* The model, on virtual time. */
#include "differential/side.h"
#include "sim/world.h"

#include <criterion/criterion.h>

static void note_connected(void *arg, int error_number)
{
    ((struct side_connection *)arg)->descriptor = error_number;
}

static void note_changed(void *arg)
{
    struct side_connection *c = arg;
    uint8_t piece[4096];
    int error_number;
    int64_t size;

    while ((size = sim_end_recv(c->stream, piece, sizeof piece, &error_number, NULL)) > 0)
        test_buffer_append(&c->in, piece, (size_t)size);
    c->ended = size != KH_IO_AGAIN;
}

static const struct sim_end_events events = {.connected = note_connected, .changed = note_changed};

static void connect_model(struct side_connection *c)
{
    const struct side_model *m = c->side->transport;

    c->descriptor = -1;
    c->stream = sim_connect(&m->world->network, SIM_MEMBERS_MAX - 1, &m->broker->listener.address,
                            &events, c);
    while (c->descriptor < 0)
        sim_world_run_for(m->world, 1);
    cr_assert_eq(c->descriptor, 0);
}

static void disconnect_model(struct side_connection *c)
{
    sim_end_close(c->stream);
}

static void send_to_model(struct side_connection *c, const void *data, size_t size)
{
    int error_number;

    cr_assert_eq(sim_end_send(c->stream, data, size, &error_number), (int64_t)size);
}

static void turn_model(struct side *side, int64_t limit_ms)
{
    sim_world_run_for(((const struct side_model *)side->transport)->world, limit_ms);
}

const struct side_ops side_model_ops = {connect_model, disconnect_model, send_to_model, turn_model};
