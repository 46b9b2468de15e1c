/* What a consumer says of itself, in every state, and what Kafka says of it (contract row C-45). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

LIVE_SUITE(looking);

enum { PARTITIONS = 3, COMMAND_SIZE = 1024, OUTPUT_SIZE = 16384 };

/* As for somebody who is in no group. */
static void expect_nobody(const struct member *m)
{
    const kohort_consumer *c = m->consumer;
    cr_expect_str_eq(kohort_consumer_state(c), "idle");
    cr_expect_str_eq(kohort_consumer_group_id(c), m->group);
    cr_expect_str_eq(kohort_consumer_member_id(c), "");
    cr_expect_str_eq(kohort_consumer_leader_id(c), "");
    cr_expect_eq(kohort_consumer_generation(c), -1);
    cr_expect_not(kohort_consumer_is_leader(c));
    cr_expect_eq(kohort_partitions_count(kohort_consumer_assignment(c)), 0);
    cr_expect_null(kohort_partitions_at(kohort_consumer_assignment(c), 0));
    cr_expect_null(kohort_consumer_partition(c, "t", 0));
    cr_expect_eq(kohort_consumer_client(c), m->client);
}

KH_TEST(looking, C_45_before_a_start_and_after_a_close_it_is_in_no_group)
{
    struct stage s;
    const char *group = live_name("g"), *topic = live_name("t");
    admin_create_topic(topic, PARTITIONS);
    stage_open(&s);
    struct member *m = member_new(&s, "m", group, NULL);
    expect_nobody(m);
    member_subscribe(m, topic);
    run_until(&s, member_owned(m) == PARTITIONS);
    member_close(m);
    run_until(&s, m->closed);
    expect_nobody(m);
    /* And so again. */
    member_subscribe(m, topic);
    run_until(&s, member_owned(m) == PARTITIONS);
    cr_expect_eq(kohort_consumer_generation(m->consumer), 3);
    stage_close(&s);
}

KH_TEST(looking, C_45_during_a_rebalance_it_says_what_holds_until_then)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t");
    admin_create_topic(topic, PARTITIONS);
    stage_open(&s);
    proxy_open(&proxy, &s);
    const char *eager[] = {"partition.assignment.strategy", "range", NULL};
    const char *options[] = {"bootstrap.servers", proxy.address, "partition.assignment.strategy",
                             "range", NULL};
    struct member *m = member_start(
        &s, "m", group, topic, &(struct member_script){.options = options, .keep_revoked = true});
    const kohort_consumer *c = m->consumer;
    cr_expect_str_eq(kohort_consumer_state(c), "idle", "it starts in the loop's next turn");
    proxy_hold_api(&proxy, KH_API_SYNC_GROUP);
    run_until(&s, member_is(m, "syncing"));
    char *id = strdup(kohort_consumer_member_id(c));
    cr_expect_eq(strncmp(id, "m-", 2), 0, "the client id and more: %s", id);
    cr_expect_str_eq(kohort_consumer_leader_id(c), id);
    cr_expect(kohort_consumer_is_leader(c));
    cr_expect_eq(kohort_consumer_generation(c), 1);
    cr_expect_eq(member_owned(m), 0);
    proxy_release(&proxy);
    run_until(&s, member_owned(m) == PARTITIONS);

    member_start(&s, "other", group, topic, &(struct member_script){.options = eager});
    run_until(&s, m->token.id != 0);
    cr_expect(member_is(m, "revoking"));
    cr_expect_eq(member_owned(m), PARTITIONS, "owned until it lets go");
    cr_expect_str_eq(kohort_consumer_member_id(c), id);
    cr_expect_eq(kohort_consumer_generation(c), 1);
    proxy_hold_api(&proxy, KH_API_JOIN_GROUP);
    member_let_go(m);
    run_until(&s, member_is(m, "joining"));
    cr_expect_eq(member_owned(m), 0);
    cr_expect_null(kohort_consumer_partition(c, topic, 0));
    cr_expect_str_eq(kohort_consumer_member_id(c), id);
    proxy_release(&proxy);
    run_until(&s, member_is(m, "stable") && member_owned(m) > 0);
    cr_expect_str_eq(kohort_consumer_member_id(c), id);
    cr_expect_eq(kohort_consumer_generation(c), 2);
    free(id);
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
}

/* What `kafka-consumer-groups --describe --group` and more prints; the caller's. */
static char *describe(const char *group, const char *more)
{
    char command[COMMAND_SIZE];
    char *output = calloc(1, OUTPUT_SIZE);
    snprintf(command, sizeof command,
             "'%s' kafka cli consumer-groups --bootstrap-server %s --describe --group %s %s 2>&1",
             getenv("KOHORT_TEST_DEV"), live_bootstrap(), group, more);
    FILE *pipe = popen(command, "r");
    cr_assert_not_null(pipe);
    fread(output, 1, OUTPUT_SIZE - 1, pipe);
    cr_assert_eq(pclose(pipe), 0, "%s: %s", command, output);
    return output;
}

/* The line that names `what`, cut out; NULL: there is none. */
static char *line_of(char *output, const char *what)
{
    char *found = strstr(output, what);
    if (found == NULL)
        return NULL;
    while (found > output && found[-1] != '\n')
        found--;
    found[strcspn(found, "\n")] = '\0';
    return found;
}

/* "t(0,1)" or "t:0,1", as versions of the tool have it. */
static void expect_assignment(const char *line, const struct member *m, const char *topic)
{
    char numbers[64] = "", old[160], new[160];
    const kohort_partitions *own = kohort_consumer_assignment(m->consumer);
    for (size_t i = 0, size = 0; i < kohort_partitions_count(own); i++)
        size +=
            (size_t)snprintf(numbers + size, sizeof numbers - size, "%s%" PRId32, i == 0 ? "" : ",",
                             kohort_partition_number(kohort_partitions_at(own, i)));
    snprintf(old, sizeof old, "%s(%s)", topic, numbers);
    snprintf(new, sizeof new, "%s:%s", topic, numbers);
    cr_expect(strstr(line, old) != NULL || strstr(line, new) != NULL, "not %s: %s", old, line);
}

KH_TEST(looking, C_45_agrees_with_the_tool_of_kafka)
{
    struct stage s;
    const char *group = live_name("g"), *topic = live_name("t");
    if (getenv("KOHORT_TEST_DEV") == NULL)
        cr_skip_test("no KOHORT_TEST_DEV: the tool cannot be run");
    admin_create_topic(topic, PARTITIONS);
    stage_open(&s);
    struct member *a = member_start(&s, "a", group, topic, NULL);
    run_until(&s, member_owned(a) == PARTITIONS);
    struct member *b = member_start(&s, "b", group, topic, NULL);
    run_until(&s, member_is(a, "stable") && member_is(b, "stable") && member_owned(a) > 0 &&
                      member_owned(b) > 0);
    struct member *const both[] = {a, b};
    char *members = describe(group, "--members --verbose");
    for (size_t i = 0; i < 2; i++) {
        char *copy = strdup(members);
        char *line = line_of(copy, kohort_consumer_member_id(both[i]->consumer));
        cr_assert_not_null(line, "%s is not in: %s", both[i]->name, members);
        expect_assignment(line, both[i], topic);
        free(copy);
    }
    char *state = describe(group, "--state");
    char *line = line_of(state, " Stable ");
    cr_assert_not_null(line, "%s", state);
    cr_expect_not_null(strstr(line, " cooperative-sticky "), "%s", line);
    free(members);
    free(state);
    cr_expect_neq(kohort_consumer_is_leader(a->consumer), kohort_consumer_is_leader(b->consumer));
    cr_expect_str_eq(kohort_consumer_leader_id(a->consumer),
                     kohort_consumer_leader_id(b->consumer));
    cr_expect_eq(kohort_consumer_generation(a->consumer), 3, "two rounds: b joined, a gave back");
    cr_expect_eq(kohort_consumer_generation(b->consumer), 3);
    stage_close(&s);
}

KH_TEST(looking, K_03_the_tool_of_kafka_shows_the_instance)
{
    struct stage s;
    const char *group = live_name("g"), *topic = live_name("t"), *instance = live_name("i");
    if (getenv("KOHORT_TEST_DEV") == NULL)
        cr_skip_test("no KOHORT_TEST_DEV: the tool cannot be run");
    admin_create_topic(topic, PARTITIONS);
    stage_open(&s);
    const char *options[] = {"group.instance.id", instance, NULL};
    struct member *m =
        member_start(&s, "m", group, topic, &(struct member_script){.options = options});
    run_until(&s, member_owned(m) == PARTITIONS);
    cr_expect_eq(strncmp(kohort_consumer_member_id(m->consumer), instance, strlen(instance)), 0,
                 "the broker names static members by their instance");
    char *members = describe(group, "--members");
    char *line = line_of(members, kohort_consumer_member_id(m->consumer));
    cr_assert_not_null(line, "%s", members);
    char cell[80];
    snprintf(cell, sizeof cell, " %s ", instance);
    cr_expect_not_null(strstr(line, cell), "%s", line);
    free(members);
    stage_close(&s);
}
