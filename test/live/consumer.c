/* What may be made, and when (contract row C-55). */
#include "support/live/admin.h"
#include "support/live/member.h"

#include <string.h>

LIVE_SUITE(consumer);

static int done(kohort_partition *p, const kohort_batch *batch, void *user)
{
    (void)p;
    (void)batch;
    (void)user;
    return KOHORT_DONE;
}

static void client_gone(const kohort_error *error, void *arg)
{
    (void)error;
    *(bool *)arg = true;
}

static void close_client(struct stage *s, kohort_client *client)
{
    bool gone = false;
    expect_status(kohort_client_close(client, client_gone, &gone), KOHORT_OK);
    run_until(s, gone);
}

/* A client is made, and a consumer of the same options is not: the problem names the field. */
static void expect_refused(const char *name, const char *value, const char *field)
{
    struct stage s;
    kohort_options *o;
    kohort_client *client;
    kohort_consumer *consumer = NULL;
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = done;
    stage_open(&s);
    kohort_options_new(&o);
    kohort_options_set_allocator(o, stage_reallocate, &s);
    kohort_options_set(o, "bootstrap.servers", live_bootstrap());
    expect_status(kohort_client_new(&client, &s.loop, o), KOHORT_OK);
    if (strcmp(name, "group.id") != 0)
        kohort_options_set(o, "group.id", "g");
    if (value != NULL)
        expect_status(kohort_options_set(o, name, value), KOHORT_OK);
    int status = kohort_consumer_new(&consumer, client, o, &handlers, NULL);
    cr_expect_eq(status, KOHORT_EINVAL, "%s=%s: %d", name, value, status);
    cr_expect_not_null(strstr(kohort_options_problem(o), field), "%s=%s: \"%s\"", name, value,
                       kohort_options_problem(o));
    cr_expect_null(consumer);
    close_client(&s, client);
    kohort_options_free(o);
    stage_close(&s);
}

KH_TEST(consumer, C_55_a_bad_option_is_refused_by_its_name)
{
    expect_refused("group.id", NULL, "group.id");
    expect_refused("group.id", "", "group.id");
    expect_refused("max.poll.records", "0", "max.poll.records");
    expect_refused("fetch.max.bytes", "0", "fetch.max.bytes");
    expect_refused("prefetch.bytes", "0", "prefetch.bytes");
    expect_refused("max.partition.fetch.bytes", "-1", "max.partition.fetch.bytes");
    expect_refused("session.timeout.ms", "0", "session.timeout.ms");
    expect_refused("session.timeout.ms", "soon", "session.timeout.ms");
    expect_refused("auto.offset.reset", "first", "auto.offset.reset");
    expect_refused("partition.assignment.strategy", "nearest", "partition.assignment.strategy");
    expect_refused("fetch.max.wait.ms", "30000", "fetch.max.wait.ms");
    /* Row C-14: at or above the session. */
    expect_refused("heartbeat.interval.ms", "45000", "heartbeat.interval.ms");
}

KH_TEST(consumer, C_55_a_client_needs_servers_and_every_problem_is_named)
{
    struct stage s;
    kohort_options *o;
    kohort_client *client = NULL;
    stage_open(&s);
    kohort_options_new(&o);
    expect_status(kohort_client_new(&client, &s.loop, o), KOHORT_EINVAL);
    cr_expect_not_null(strstr(kohort_options_problem(o), "bootstrap.servers"));
    kohort_options_set(o, "bootstrap.servers", "localhost");
    kohort_options_set(o, "request.timeout.ms", "0");
    kohort_options_set(o, "api.versions", "fetch:9-3");
    expect_status(kohort_client_new(&client, &s.loop, o), KOHORT_EINVAL);
    cr_expect_not_null(strstr(kohort_options_problem(o), "bootstrap.servers"));
    cr_expect_not_null(strstr(kohort_options_problem(o), "request.timeout.ms"));
    cr_expect_not_null(strstr(kohort_options_problem(o), "api.versions"));
    expect_status(kohort_options_set(o, "group.ip", "g"), KOHORT_EINVAL);
    cr_expect_not_null(strstr(kohort_options_problem(o), "group.id"));
    cr_expect_null(client);
    kohort_options_free(o);
    stage_close(&s);
}

KH_TEST(consumer, C_55_a_handler_and_a_topic_are_needed)
{
    struct stage s;
    kohort_options *o;
    kohort_client *client;
    kohort_consumer *consumer = NULL;
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    const char *topics[] = {"not a topic"};
    stage_open(&s);
    kohort_options_new(&o);
    kohort_options_set_allocator(o, stage_reallocate, &s);
    kohort_options_set(o, "bootstrap.servers", live_bootstrap());
    kohort_options_set(o, "group.id", "g");
    expect_status(kohort_client_new(&client, &s.loop, o), KOHORT_OK);
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_EINVAL);
    cr_expect_not_null(strstr(kohort_options_problem(o), "on_records"));
    handlers.on_records = done;
    handlers.size = 0;
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_EINVAL);
    handlers.size = sizeof handlers;
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_OK);
    expect_status(kohort_subscribe(consumer, topics, 0), KOHORT_EINVAL);
    expect_status(kohort_subscribe(consumer, NULL, 1), KOHORT_EINVAL);
    expect_status(kohort_subscribe(consumer, topics, 1), KOHORT_EINVAL);
    /* Made, never started: freed without a close. */
    kohort_consumer_free(consumer);
    close_client(&s, client);
    kohort_options_free(o);
    stage_close(&s);
}

KH_TEST(consumer, C_55_started_closed_and_started_again)
{
    struct stage s;
    const char *group = live_name("g"), *topic = live_name("t");
    admin_create_topic(topic, 2);
    admin_produce_many(topic, 10, 20, 0, "none");
    stage_open(&s);
    struct member *m = member_new(&s, "m", group, NULL);
    cr_expect_eq(member_owned(m), 0);
    cr_expect_eq(kohort_consumer_generation(m->consumer), -1);
    cr_expect_str_empty(kohort_consumer_member_id(m->consumer));
    expect_status(kohort_commit(m->consumer, NULL, NULL, NULL), KOHORT_ESTATE);
    for (size_t round = 1; round <= 3; round++) {
        member_subscribe(m, topic);
        run_until(&s, m->records == round * 10);
        member_close(m);
        expect_status(kohort_subscribe(m->consumer, &topic, 1), KOHORT_ESTATE);
        run_until(&s, m->closed);
        cr_expect_eq(member_owned(m), 0);
        cr_expect_eq(admin_group_offset(group, topic, 1), (int64_t)round * 5);
        admin_produce_many(topic, 10, 20, (int)round * 5, "none");
    }
    cr_expect_eq(m->counts[MEMBER_CLOSED], 3);
    stage_close(&s);
}

/* A close that comes at once finds nothing under way, or a connection, or a join. */
KH_TEST(consumer, closing_ends_at_every_step_of_a_start)
{
    struct stage s;
    const char *topic = live_name("t");
    admin_create_topic(topic, 2);
    for (int turns = 0; turns < 40; turns++) {
        stage_open(&s);
        struct member *m = member_start(&s, "m", live_name("g"), topic, NULL);
        for (int i = 0; i < turns; i++)
            uv_run(&s.loop, UV_RUN_NOWAIT);
        member_close(m);
        run_until(&s, m->closed);
        cr_expect_str_empty(member_last(m, MEMBER_CLOSED, -1)->error.text);
        stage_close(&s);
    }
}
