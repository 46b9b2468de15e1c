/* A thousand members that only belong, on one client, beside the broker model: what each holds
 * while it has nothing to do (contract rows C-49, C-53). No Kafka is needed. */
#include "consumer/client.h"
#include "support/live/child.h"
#include "support/live/live.h"
#include "support/live/process.h"
#include "support/live/stage.h"

#include <criterion/logging.h>
#include <kohort/kohort.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

TestSuite(belonging, .init = live_die_with_parent, .timeout = LIVE_TEST_SECONDS);

enum { MEMBERS = 1000, AT_ONCE = 25, BYTES_MAX = 4096 };

/* Before each block, as wide as what must be aligned behind it. */
union block_head {
    size_t size;
    max_align_t aligned;
};

struct crowd {
    struct stage stage;
    struct child model;
    kohort_options *options;
    kohort_client *client;
    kohort_consumer *members[MEMBERS];
    size_t count, per_group;
    size_t bytes; /* that the client holds, with all its members */
    size_t sockets_before;
    bool closed;
};

/* As stage_reallocate(), counting bytes. */
static void *reallocate(void *arg, void *old, size_t size)
{
    struct crowd *t = arg;
    union block_head *head = old == NULL ? NULL : (union block_head *)old - 1;
    t->bytes -= head == NULL ? 0 : head->size;
    head = stage_reallocate(&t->stage, head, size == 0 ? 0 : sizeof *head + size);
    if (head == NULL)
        return NULL;
    head->size = size;
    t->bytes += size;
    return head + 1;
}

static void set(struct crowd *t, const char *name, const char *value)
{
    expect_status(kohort_options_set(t->options, name, value), KOHORT_OK);
}

static void begin(struct crowd *t)
{
    char address[64];
    const char *program = getenv("KOHORT_TEST_MODEL");
    cr_assert_not_null(program, "KOHORT_TEST_MODEL does not name model_broker");
    stage_open(&t->stage);
    child_start_told(&t->model, &t->stage, program,
                     (const char *[]){"--brokers", "1", "--topic", "t:1:10", NULL});
    run_until(&t->stage, child_said(&t->model.out, "\n") > 0);
    snprintf(address, sizeof address, "%.*s", (int)strcspn(t->model.out.text, "\n"),
             t->model.out.text);
    t->sockets_before = process_sockets();
    expect_status(kohort_options_new(&t->options), KOHORT_OK);
    kohort_options_set_allocator(t->options, reallocate, t);
    set(t, "bootstrap.servers", address);
    set(t, "membership.only", "true");
    expect_status(kohort_client_new(&t->client, &t->stage.loop, t->options), KOHORT_OK);
}

static bool all_are_stable(const struct crowd *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(kohort_consumer_state(t->members[i]), "stable") != 0)
            return false;
    return true;
}

/* Each joins in a connection of its own: some at a time. */
static void join(struct crowd *t, size_t count)
{
    static const char *const topics[] = {"t"};
    const kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    char group[32];
    for (size_t i = 0; i < count; i++) {
        kohort_consumer **c = &t->members[t->count];
        snprintf(group, sizeof group, "group-%zu", t->count++ / t->per_group);
        set(t, "group.id", group);
        expect_status(kohort_consumer_new(c, t->client, t->options, &handlers, NULL), KOHORT_OK);
        expect_status(kohort_subscribe(*c, topics, 1), KOHORT_OK);
    }
    run_until(&t->stage, all_are_stable(t));
}

static void set_true(const kohort_error *error, void *arg)
{
    (void)error;
    *(bool *)arg = true;
}

static void leave(struct crowd *t)
{
    for (size_t i = 0; i < t->count; i++)
        kohort_consumer_free(t->members[i]);
}

static void end(struct crowd *t)
{
    expect_status(kohort_client_close(t->client, set_true, &t->closed), KOHORT_OK);
    run_until(&t->stage, t->closed);
    kohort_options_free(t->options);
    child_hang_up(&t->model);
    run_until(&t->stage, child_ended(&t->model));
    cr_expect_eq(t->model.exit_code, 0, "%s", t->model.err.text);
    child_close(&t->model);
    stage_close(&t->stage);
}

static bool all_is_given_back(const struct crowd *t)
{
    return kh_list_empty(&t->client->buried);
}

/* A second connection opens where an answer has not come for 100 ms, as on a busy machine. */
static void expect_little(size_t per_group)
{
    struct crowd t = {.per_group = per_group};
    begin(&t);
    while (t.count < MEMBERS)
        join(&t, AT_ONCE);
    run_until(&t.stage, process_sockets() <= t.sockets_before + 2);
    cr_expect(all_are_stable(&t));

    /* What goes with the members is theirs; what stays is the client's own. */
    size_t bytes = t.bytes;
    leave(&t);
    run_until(&t.stage, all_is_given_back(&t));
    bytes = (bytes - t.bytes) / MEMBERS;
    cr_expect_leq(bytes, BYTES_MAX, "%zu bytes each", bytes);
    cr_log_info("%zu bytes each, %zu to a group", bytes, per_group);
    end(&t);
}

KH_TEST(belonging, C_53_a_thousand_members_share_a_lane_and_take_4_KiB_each)
{
    expect_little(1); /* each with the one partition that there is */
}

KH_TEST(belonging, C_53_members_without_partitions_take_no_more)
{
    expect_little(AT_ONCE);
}
