#include "consumer/options.h"

#include "support/test.h"

#include <uv.h>

static kohort_options *options_of(const char *pairs[][2], size_t count)
{
    kohort_options *o;
    expect_status(kohort_options_new(&o), 0);
    for (size_t i = 0; i < count; i++)
        expect_status(kohort_options_set(o, pairs[i][0], pairs[i][1]), 0);
    return o;
}
#define OPTIONS(...)                                                                               \
    options_of((const char *[][2]){__VA_ARGS__},                                                   \
               sizeof((const char *[][2]){__VA_ARGS__}) / sizeof(const char *[2]))

static void expect_problem(kohort_options *o, const char *part)
{
    struct kh_option_values values;
    expect_status(kh_options_read(o, KH_OPTION_CONSUMER, &values), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), part), "\"%s\" does not say \"%s\"",
                       kohort_options_problem(o), part);
    kohort_options_free(o);
}

KH_TEST(options, have_kafkas_defaults)
{
    struct kh_option_values values;
    kohort_options *o = OPTIONS({"bootstrap.servers", "127.0.0.1:9092"}, {"group.id", "g"});
    expect_status(kh_options_read(o, KH_OPTION_CONSUMER, &values), 0);
    cr_assert_eq(values.session_timeout_ms, 45000);
    cr_assert_eq(values.heartbeat_interval_ms, 3000);
    cr_assert_eq(values.max_poll_interval_ms, 300000);
    cr_assert_eq(values.fetch_max_bytes, 52428800);
    cr_assert_eq(values.auto_offset_reset, KH_RESET_LATEST);
    cr_assert_eq(values.commit_mode, KH_COMMIT_ASYNC);
    cr_assert(values.check_crcs);
    kohort_options_free(o);
}

KH_TEST(options, take_librdkafkas_spellings)
{
    kohort_options *o =
        OPTIONS({"metadata.broker.list", "127.0.0.1:9092"}, {"fetch.wait.max.ms", "17"});
    cr_assert_str_eq(kohort_options_get(o, "bootstrap.servers"), "127.0.0.1:9092");
    cr_assert_str_eq(kohort_options_get(o, "fetch.max.wait.ms"), "17");
    cr_assert_str_eq(kohort_options_get(o, "auto.offset.reset"), "latest");
    cr_assert_null(kohort_options_get(o, "no.such.option"));
    kohort_options_free(o);
}

KH_TEST(options, values_outlive_the_set_they_were_made_from)
{
    for (size_t i = 0; test_sweep(i); i++) {
        struct kh_option_values values;
        kohort_options *o = OPTIONS({"bootstrap.servers", "127.0.0.1:9092"}, {"group.id", "g"},
                                    {"group.instance.id", "one"});
        expect_status(kh_options_read(o, KH_OPTION_CONSUMER, &values), 0);
        char *texts = kh_option_values_own(&values, test_heap);
        cr_assert_eq(texts == NULL, test_allocation_failed());
        if (texts != NULL)
            kohort_options_free(o);
        cr_assert_str_eq(values.bootstrap_servers, "127.0.0.1:9092");
        cr_assert_str_eq(values.group_id, "g");
        cr_assert_str_eq(values.group_instance_id, "one");
        cr_assert_str_eq(values.assignors, "cooperative-sticky");
        if (texts == NULL)
            kohort_options_free(o);
        kh_free(test_heap, texts);
    }
}

KH_TEST(options, C_55_names_what_is_missing)
{
    expect_problem(OPTIONS({"bootstrap.servers", "127.0.0.1:9092"}), "group.id: missing");
    expect_problem(OPTIONS({"group.id", "g"}), "bootstrap.servers: missing");
}

KH_TEST(options, C_55_names_every_problem_at_once)
{
    struct kh_option_values values;
    kohort_options *o = OPTIONS({"fetch.max.bytes", "0"}, {"check.crcs", "yes"},
                                {"session.timeout.ms", "1s"}, {"auto.offset.reset", "middle"});
    expect_status(kh_options_read(o, KH_OPTION_CONSUMER, &values), KOHORT_EINVAL);
    const char *problem = kohort_options_problem(o);
    const char *const parts[] = {
        "bootstrap.servers: missing",
        "group.id: missing",
        "fetch.max.bytes=0: must be 1 to 2147483647",
        "check.crcs=yes: must be true or false",
        "session.timeout.ms=1s: not a whole number",
        "auto.offset.reset=middle: this version takes earliest|latest|none"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_assert_not_null(strstr(problem, parts[i]), "\"%s\" does not say \"%s\"", problem,
                           parts[i]);
    kohort_options_free(o);
}

KH_TEST(options, C_14_refuse_a_heartbeat_as_long_as_the_session)
{
    expect_problem(
        OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"}, {"session.timeout.ms", "3000"}),
        "heartbeat.interval.ms=3000: must be below session.timeout.ms=3000");
}

KH_TEST(options, refuse_what_contradicts)
{
    expect_problem(OPTIONS({"bootstrap.servers", "http://h:1"}, {"group.id", "g"}), "is a URL");
    expect_problem(OPTIONS({"bootstrap.servers", "h:1,h:99999"}, {"group.id", "g"}),
                   "\"h:99999\" is not host:port");
    expect_problem(OPTIONS({"bootstrap.servers", "h"}, {"group.id", "g"}),
                   "\"h\" is not host:port");
    expect_problem(OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"},
                           {"partition.assignment.strategy", "best"}),
                   "there is no assignor \"best\"");
    expect_problem(
        OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"}, {"group.instance.id", "one two"}),
        "group.instance.id=one two: letters, digits");
    expect_problem(
        OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"}, {"group.instance.id", ".."}),
        "group.instance.id=..: letters, digits");
    expect_problem(
        OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"}, {"api.versions", "fetch:99"}),
        "api.versions");
    expect_problem(
        OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"}, {"request.timeout.ms", "100"}),
        "fetch.max.wait.ms=500: must be below request.timeout.ms=100");
    expect_problem(
        OPTIONS({"bootstrap.servers", "h:1"}, {"group.id", "g"}, {"security.protocol", "SSL"}),
        "security.protocol=SSL: this version takes PLAINTEXT");
}

KH_TEST(options, guess_what_a_misspelt_name_meant)
{
    kohort_options *o = OPTIONS({"group.id", "g"});
    expect_status(kohort_options_set(o, "session.timout.ms", "1"), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "did you mean \"session.timeout.ms\"?"));
    expect_status(kohort_options_set(o, "quite.another.thing.altogether", "1"), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "docs/options.md"));
    expect_status(kohort_options_set(o, "group.id", NULL), KOHORT_EINVAL);
    kohort_options_free(o);
}

KH_TEST(options, read_a_java_properties_file)
{
    static const char text[] = "# a comment\n! another\n\n"
                               "bootstrap.servers = h1:9092,\\\n    h2:9092\r\n"
                               "group.id: payments\n"
                               "  client.id\tworker 7\n"
                               "key.deserializer=org.example.Strings\n"
                               "enable.auto.commit=false";
    struct kh_option_values values;
    kohort_options *o;
    expect_status(kohort_options_new(&o), 0);
    expect_status(kohort_options_set_properties(o, text, sizeof text - 1), 0);
    expect_status(kh_options_read(o, KH_OPTION_CONSUMER, &values), 0);
    cr_assert_str_eq(values.bootstrap_servers, "h1:9092,h2:9092");
    cr_assert_str_eq(values.group_id, "payments");
    cr_assert_str_eq(values.client_id, "worker 7");
    cr_assert_eq(values.commit_mode, KH_COMMIT_MANUAL);
    kohort_options_free(o);
}

KH_TEST(options, properties_stop_at_an_unknown_name)
{
    static const char text[] = "group.id=g\nno.such.thing=1\n";
    kohort_options *o;
    expect_status(kohort_options_new(&o), 0);
    expect_status(kohort_options_set_properties(o, text, sizeof text - 1), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "no.such.thing"));
    kohort_options_free(o);
}

static int no_records(kohort_partition *p, const kohort_batch *b, void *user)
{
    (void)p;
    (void)b;
    (void)user;
    return KOHORT_DONE;
}

KH_TEST(options, C_55_create_fails_with_the_names_and_leaves_nothing)
{
    uv_loop_t loop;
    kohort_client *client = NULL;
    kohort_consumer *consumer = NULL;
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    kohort_options *o = OPTIONS({"client.id", "x"});
    uv_loop_init(&loop);
    expect_status(kohort_client_new(&client, &loop, o), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "bootstrap.servers"));
    cr_assert_null(client);
    expect_status(kohort_options_set(o, "bootstrap.servers", "127.0.0.1:1"), 0);
    expect_status(kohort_client_new(&client, NULL, o), KOHORT_EINVAL);
    expect_status(kohort_client_new(&client, &loop, o), 0);
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "on_records is missing"));
    cr_assert_not_null(strstr(kohort_options_problem(o), "group.id: missing"));
    expect_status(kohort_options_set(o, "membership.only", "true"), 0);
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_EINVAL);
    cr_assert_null(strstr(kohort_options_problem(o), "on_records"));
    expect_status(kohort_options_set(o, "membership.only", "false"), 0);
    handlers.on_records = no_records;
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_EINVAL);
    cr_assert_not_null(strstr(kohort_options_problem(o), "group.id: missing"));
    cr_assert_null(consumer);
    expect_status(kohort_options_set(o, "group.id", "g"), 0);
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), 0);
    expect_status(kohort_subscribe(consumer, NULL, 0), KOHORT_EINVAL);
    expect_status(kohort_subscribe(consumer, (const char *const[]){"bad name"}, 1), KOHORT_EINVAL);
    expect_status(kohort_client_close(client, NULL, NULL), KOHORT_ESTATE);
    kohort_consumer_free(consumer);
    expect_status(kohort_client_close(client, NULL, NULL), 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&loop), 0);
    kohort_options_free(o);
}
