/* Members that consume by themselves, and starts that the application knows (contract row C-53). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/oracle.h"
#include "support/live/proxy.h"

#include <string.h>

LIVE_SUITE(membership_only);

static size_t offset_requests(const struct proxy *p)
{
    return proxy_count(p, KH_API_OFFSET_FETCH) + proxy_count(p, KH_API_LIST_OFFSETS) +
           proxy_count(p, KH_API_FETCH) + proxy_count(p, KH_API_OFFSET_COMMIT);
}

static void expect_waiting(struct member *m, const char *topic, int32_t partition)
{
    kohort_partition_status status = {.size = sizeof status};
    expect_status(kohort_partition_get_status(member_partition(m, topic, partition), &status),
                  KOHORT_OK);
    cr_expect_str_eq(status.state, "assigned");
    cr_expect_not_null(strstr(status.why_waiting, "membership.only"), "%s", status.why_waiting);
    cr_expect_eq(status.position, -1);
    expect_status(kohort_seek(member_partition(m, topic, partition), 0), KOHORT_ESTATE);
}

KH_TEST(membership_only, C_53_nothing_but_membership_is_on_the_wire)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t6");
    admin_create_topic(topic, 6);
    admin_produce_many(topic, 60, 20, 0, "none");
    stage_open(&s);
    proxy_open(&proxy, &s);
    const char *options[] = {"bootstrap.servers", proxy.address, "membership.only", "true", NULL};
    const struct member_script script = {.options = options};
    struct member *first = member_start(&s, "first", group, topic, &script);
    run_until(&s, member_owned(first) == 6);
    expect_waiting(first, topic, 0);
    expect_status(kohort_resume(member_partition(first, topic, 0)), KOHORT_OK);
    expect_status(kohort_commit(first->consumer, NULL, NULL, NULL), KOHORT_OK);

    /* A rebalance is revocations and assignments, as for any other. */
    struct member *second = member_start(&s, "second", group, topic, &script);
    run_until(&s, member_owned(first) == 3 && member_owned(second) == 3);
    cr_expect_geq(first->counts[MEMBER_REVOKED], 3);
    size_t wanted = proxy_count(&proxy, KH_API_HEARTBEAT) + 10;
    run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) >= wanted);
    expect_waiting(second, topic,
                   kohort_partition_number(
                       kohort_partitions_at(kohort_consumer_assignment(second->consumer), 0)));
    member_end(second);
    run_until(&s, member_owned(first) == 6);
    member_end(first);
    cr_expect_eq(offset_requests(&proxy), 0, "%zu requests", offset_requests(&proxy));
    cr_expect_eq(first->records + second->records, 0);
    cr_expect_eq(first->counts[MEMBER_ERROR] + second->counts[MEMBER_ERROR], 0);
    proxy_close(&proxy);
    stage_close(&s);
}

static void set_true(const kohort_error *error, void *arg)
{
    (void)error;
    *(bool *)arg = true;
}

KH_TEST(membership_only, C_53_on_records_may_be_missing_then_only)
{
    struct stage s;
    kohort_options *o;
    kohort_client *client;
    kohort_consumer *consumer;
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    bool closed = false;
    stage_open(&s);
    kohort_options_new(&o);
    kohort_options_set(o, "bootstrap.servers", live_bootstrap());
    kohort_options_set(o, "group.id", live_name("g"));
    expect_status(kohort_client_new(&client, &s.loop, o), KOHORT_OK);
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_EINVAL);
    kohort_options_set(o, "membership.only", "true");
    expect_status(kohort_consumer_new(&consumer, client, o, &handlers, NULL), KOHORT_OK);
    const char *topic = live_name("t");
    admin_create_topic(topic, 2);
    admin_produce_many(topic, 10, 20, 0, "none");
    expect_status(kohort_subscribe(consumer, &topic, 1), KOHORT_OK);
    run_until(&s, kohort_partitions_count(kohort_consumer_assignment(consumer)) == 2);
    kohort_consumer_free(consumer);
    expect_status(kohort_client_close(client, set_true, &closed), KOHORT_OK);
    run_until(&s, closed);
    kohort_options_free(o);
    stage_close(&s);
}

/* An application that keeps its own offsets: it says where each partition starts. */
static void seek_in_assigned(struct member *m, const struct member_entry *entry)
{
    const int64_t *starts = m->script.arg;
    if (entry->kind != MEMBER_ASSIGNED)
        return;
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++) {
        kohort_partition *p = kohort_partitions_at(owned, i);
        if (kohort_partition_number(p) == entry->partition)
            expect_status(kohort_seek(p, starts[entry->partition]), KOHORT_OK);
    }
}

static size_t records_of(const struct member *m, int32_t partition, int64_t *ret_first)
{
    size_t count = 0;
    for (size_t i = m->entry_count; i-- > 0;)
        if (m->entries[i].kind == MEMBER_RECORDS && m->entries[i].partition == partition) {
            count += m->entries[i].count;
            *ret_first = m->entries[i].offset;
        }
    return count;
}

KH_TEST(membership_only, C_53_offsets_stored_elsewhere_are_used_and_nothing_is_committed)
{
    static int64_t starts[] = {0, 7, 99};
    struct stage s;
    struct proxy proxy;
    struct oracle oracle;
    const char *group = live_name("g"), *topic = live_name("t3");
    admin_create_topic(topic, 3);
    admin_produce_many(topic, 300, 20, 0, "none");
    admin_alter_group_offset(group, topic, 0, 50); /* What the group has stored does not count. */
    stage_open(&s);
    proxy_open(&proxy, &s);
    oracle_open(&oracle, topic);
    s.oracle = &oracle;
    const char *options[] = {"bootstrap.servers", proxy.address, "commit.mode", "manual", NULL};
    struct member *m = member_start(
        &s, "m", group, topic,
        &(struct member_script){.options = options, .on_entry = seek_in_assigned, .arg = starts});
    run_until(&s, m->records == 100 + 93 + 1);
    for (int32_t i = 0; i < 3; i++) {
        int64_t first = -1;
        cr_expect_eq(records_of(m, i, &first), (size_t)(100 - starts[i]));
        cr_expect_eq(first, starts[i]);
    }
    member_end(m);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_FETCH), 0);
    cr_expect_eq(proxy_count(&proxy, KH_API_LIST_OFFSETS), 0);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_COMMIT), 0);
    cr_expect_eq(admin_group_offset(group, topic, 0), 50);
    cr_expect_eq(admin_group_offset(group, topic, 1), -1);
    proxy_close(&proxy);
    stage_close(&s);
    oracle_close(&oracle);
}

/* An application that must ask for its offsets first: nothing flows until it knows. */
static void pause_in_assigned(struct member *m, const struct member_entry *entry)
{
    const kohort_partitions *owned = kohort_consumer_assignment(m->consumer);
    for (size_t i = 0; entry->kind == MEMBER_ASSIGNED && i < kohort_partitions_count(owned); i++)
        expect_status(kohort_pause(kohort_partitions_at(owned, i)), KOHORT_OK);
}

KH_TEST(membership_only, C_53_offsets_stored_elsewhere_may_come_later)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t1");
    int64_t first = -1;
    admin_create_topic(topic, 1);
    admin_produce_many(topic, 100, 20, 0, "none");
    stage_open(&s);
    proxy_open(&proxy, &s);
    const char *options[] = {"bootstrap.servers",     proxy.address, "commit.mode", "manual",
                             "heartbeat.interval.ms", "100",         NULL};
    struct member *m =
        member_start(&s, "m", group, topic,
                     &(struct member_script){.options = options, .on_entry = pause_in_assigned});
    run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) >= 5);
    cr_expect_eq(m->records, 0);
    cr_expect_eq(proxy_count(&proxy, KH_API_FETCH), 0);
    expect_status(kohort_seek(member_partition(m, topic, 0), 70), KOHORT_OK);
    expect_status(kohort_resume(member_partition(m, topic, 0)), KOHORT_OK);
    run_until(&s, m->records == 30);
    cr_expect_eq(records_of(m, 0, &first), 30);
    cr_expect_eq(first, 70);
    member_end(m);
    cr_expect_eq(proxy_count(&proxy, KH_API_OFFSET_COMMIT), 0);
    proxy_close(&proxy);
    stage_close(&s);
}
