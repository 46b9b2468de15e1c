/* Every function inside every callback (contract row C-54): no crash, no deadlock, and nothing
 * left behind. */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

LIVE_SUITE(callbacks);

enum { PARTITIONS = 2, RECORDS = 20 };

enum action { COMMIT, ACK, SEEK, PAUSE, SUBSCRIBE, LOOK, CLOSE, FREE, ACTIONS };

struct meddler {
    enum member_entry_kind kind; /* in this callback, the first time */
    enum action action;          /* this is done */
    const char *topic;
    kohort_mark mark; /* of the last batch */
    bool done;
    bool fail_once; /* on_records fails the first time */
};

static void look(kohort_consumer *c)
{
    const kohort_partitions *owned = kohort_consumer_assignment(c);
    cr_expect_not_null(kohort_consumer_state(c));
    cr_expect_not_null(kohort_consumer_group_id(c));
    cr_expect_not_null(kohort_consumer_member_id(c));
    cr_expect_not_null(kohort_consumer_leader_id(c));
    cr_expect_geq(kohort_consumer_generation(c), -1);
    cr_expect_not_null(kohort_consumer_client(c));
    kohort_consumer_is_leader(c);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++) {
        kohort_partition *p = kohort_partitions_at(owned, i);
        kohort_partition_status status = {.size = sizeof status};
        cr_expect_eq(kohort_partition_get_status(p, &status), 0);
        cr_expect_not_null(status.state);
        cr_expect_not_null(status.why_waiting);
        cr_expect_eq(kohort_partition_consumer(p), c);
        cr_expect_eq(
            kohort_consumer_partition(c, kohort_partition_topic(p), kohort_partition_number(p)), p);
    }
    cr_expect_null(kohort_partitions_at(owned, kohort_partitions_count(owned)));
}

/* Also of those that are revoked right now, or lost: they are in the list still. */
static void for_each_owned(kohort_consumer *c, void (*call)(kohort_partition *p))
{
    const kohort_partitions *owned = kohort_consumer_assignment(c);
    for (size_t i = 0; i < kohort_partitions_count(owned); i++)
        call(kohort_partitions_at(owned, i));
}

static void seek(kohort_partition *p)
{
    kohort_seek(p, 0);
    kohort_seek(p, -1);
    kohort_seek(p, -2);
}

static void pause_and_resume(kohort_partition *p)
{
    kohort_pause(p);
    kohort_resume(p);
}

static void act(struct member *m, struct meddler *t)
{
    const kohort_mark nonsense = {.ownership = 12345, .offset = 1 << 20, .count = 7, .span = 6};
    switch (t->action) {
    case COMMIT:
        kohort_commit(m->consumer, NULL, NULL, NULL);
        break;
    case ACK:
        kohort_ack(m->consumer, t->mark);
        cr_expect_eq(kohort_ack(m->consumer, nonsense), KOHORT_ESTALE);
        break;
    case SEEK:
        for_each_owned(m->consumer, seek);
        break;
    case PAUSE:
        for_each_owned(m->consumer, pause_and_resume);
        break;
    case SUBSCRIBE:
        if (kohort_subscribe(m->consumer, &t->topic, 1) == 0)
            m->closed = m->closing = false;
        break;
    case LOOK:
        look(m->consumer);
        break;
    case CLOSE:
        member_close(m);
        break;
    case FREE:
        kohort_consumer_free(m->consumer);
        m->consumer = NULL;
        break;
    case ACTIONS:
        break;
    }
}

static void meddle(struct member *m, const struct member_entry *entry)
{
    struct meddler *t = m->script.arg;
    if (entry->kind != t->kind || t->done)
        return;
    t->done = true;
    act(m, t);
}

static int take(struct member *m, kohort_partition *p, const kohort_batch *batch)
{
    struct meddler *t = m->script.arg;
    bool fails = t->fail_once;
    (void)p;
    t->mark = kohort_batch_mark(batch);
    t->fail_once = false;
    return fails ? -1 : KOHORT_DONE;
}

static const char *new_topic(void)
{
    const char *topic = live_name("t");
    admin_create_topic(topic, PARTITIONS);
    admin_produce_many(topic, RECORDS, 20, 0, "none");
    return topic;
}

/* What was meddled with goes on to the end: it consumes, or is closed, or gone. */
static void settle(struct stage *s, struct member *m, const struct meddler *t)
{
    run_until(s, t->done);
    if (t->action == CLOSE)
        run_until(s, m->closed);
    else if (t->action != FREE && t->kind != MEMBER_FAILED && !m->closing)
        run_until(s, member_owned(m) == PARTITIONS && m->records >= RECORDS);
}

static void meddle_in(enum member_entry_kind kind, const char *const *options,
                      void (*provoke)(struct stage *, struct member *, const struct meddler *))
{
    const char *topic = new_topic();
    for (enum action action = 0; action < ACTIONS; action++) {
        struct stage s;
        struct meddler t = {
            .kind = kind, .action = action, .topic = topic, .fail_once = kind == MEMBER_ERROR};
        const struct member_script script = {
            .options = options, .on_records = take, .on_entry = meddle, .arg = &t};
        stage_open(&s);
        struct member *m = member_start(&s, "m", live_name("g"), topic, &script);
        if (provoke != NULL)
            provoke(&s, m, &t);
        settle(&s, m, &t);
        stage_close(&s);
    }
}

KH_TEST(callbacks, C_54_inside_on_records)
{
    meddle_in(MEMBER_RECORDS, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_on_assigned)
{
    meddle_in(MEMBER_ASSIGNED, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_the_event_of_a_state)
{
    meddle_in(MEMBER_STATE, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_the_event_of_a_reset)
{
    meddle_in(MEMBER_RESET, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_the_event_of_a_commit)
{
    meddle_in(MEMBER_COMMITTED, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_the_event_of_an_end)
{
    meddle_in(MEMBER_END, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_the_event_of_an_error)
{
    meddle_in(MEMBER_ERROR, NULL, NULL);
}

KH_TEST(callbacks, C_54_inside_the_event_of_a_failure)
{
    const char *options[] = {"session.timeout.ms", "50", "heartbeat.interval.ms", "10", NULL};
    meddle_in(MEMBER_FAILED, options, NULL);
}

static void close_it(struct stage *s, struct member *m, const struct meddler *t)
{
    run_until(s, m->records == RECORDS);
    member_close(m);
    run_until(s, t->done);
}

KH_TEST(callbacks, C_54_inside_on_revoked)
{
    meddle_in(MEMBER_REVOKED, NULL, close_it);
}

KH_TEST(callbacks, C_54_inside_the_end_of_a_close)
{
    meddle_in(MEMBER_CLOSED, NULL, close_it);
}

static struct proxy proxy;

static void lose_it(struct stage *s, struct member *m, const struct meddler *t)
{
    run_until(s, m->records == RECORDS);
    proxy_hold(&proxy, PROXY_BOTH);
    run_until(s, t->done);
    proxy_release(&proxy);
}

/* The proxy is the stage's of one round, so the rounds are written out here. */
KH_TEST(callbacks, C_54_inside_on_lost)
{
    const char *topic = new_topic();
    for (enum action action = 0; action < ACTIONS; action++) {
        struct stage s;
        struct meddler t = {.kind = MEMBER_LOST, .action = action, .topic = topic};
        stage_open(&s);
        proxy_open(&proxy, &s);
        const char *options[] = {"bootstrap.servers",
                                 proxy.address,
                                 "session.timeout.ms",
                                 "600",
                                 "request.timeout.ms",
                                 "2000",
                                 NULL};
        const struct member_script script = {
            .options = options, .on_records = take, .on_entry = meddle, .arg = &t};
        struct member *m = member_start(&s, "m", live_name("g"), topic, &script);
        lose_it(&s, m, &t);
        settle(&s, m, &t);
        member_end(m);
        proxy_close(&proxy);
        stage_close(&s);
    }
}

/* ---- the end of a commit ---- */

struct committing {
    struct member *m;
    struct meddler t;
};

static void committed(const kohort_error *error, void *arg)
{
    struct committing *c = arg;
    (void)error;
    if (c->t.done)
        return;
    c->t.done = true;
    act(c->m, &c->t);
}

KH_TEST(callbacks, C_54_inside_the_end_of_an_explicit_commit)
{
    const char *topic = new_topic();
    for (enum action action = 0; action < ACTIONS; action++) {
        struct stage s;
        struct committing c = {.t = {.kind = MEMBER_KIND_COUNT, .action = action, .topic = topic}};
        const struct member_script script = {.on_records = take, .arg = &c.t};
        stage_open(&s);
        c.m = member_start(&s, "m", live_name("g"), topic, &script);
        run_until(&s, c.m->records == RECORDS);
        expect_status(kohort_commit(c.m->consumer, NULL, committed, &c), KOHORT_OK);
        settle(&s, c.m, &c.t);
        stage_close(&s);
    }
}
