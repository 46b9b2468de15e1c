#include "support/live/member.h"

#include "support/live/oracle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOSE_MS = 10000, STORY_SIZE = 8192, STORY_LINES = 60 };

/* Rebalances that a test can wait for, and a session that no busy machine outlasts. */
static const char *const common_options[] = {"auto.offset.reset",
                                             "earliest",
                                             "session.timeout.ms",
                                             "30000",
                                             "heartbeat.interval.ms",
                                             "200",
                                             "fetch.max.wait.ms",
                                             "100",
                                             "auto.commit.interval.ms",
                                             "100",
                                             NULL};

/* ---- what it is told ---- */

static struct oracle *oracle_of(const struct member *m, const char *topic)
{
    struct oracle *o = m->stage->oracle;
    return o != NULL && strcmp(o->topic, topic) == 0 ? o : NULL;
}

static void note(struct member *m, const struct member_entry *entry)
{
    if (m->entry_count == m->entry_capacity) {
        m->entry_capacity = m->entry_capacity * 2 + 64;
        m->entries = realloc(m->entries, m->entry_capacity * sizeof *m->entries);
    }
    m->counts[entry->kind]++;
    m->entries[m->entry_count] = *entry;
    m->entries[m->entry_count++].at_ms = live_now_ms();
    if (m->script.on_entry != NULL)
        m->script.on_entry(m, entry);
}

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct member *m = user;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    int64_t first = records[0].offset, last = records[count - 1].offset;
    int32_t partition = kohort_partition_number(p);
    struct oracle *o = oracle_of(m, kohort_partition_topic(p));
    m->records += count;
    if (o != NULL)
        oracle_delivered(o, m, partition, records, count);
    int result = m->script.on_records == NULL ? KOHORT_DONE : m->script.on_records(m, p, batch);
    if (o != NULL && result == KOHORT_DONE)
        oracle_acked(o, partition, first, last);
    note(m, &(struct member_entry){
                .kind = MEMBER_RECORDS, .partition = partition, .offset = first, .count = count});
    return result;
}

static void note_list(struct member *m, enum member_entry_kind kind, const kohort_partitions *list)
{
    for (size_t i = 0; i < kohort_partitions_count(list); i++) {
        const kohort_partition *p = kohort_partitions_at(list, i);
        struct oracle *o = oracle_of(m, kohort_partition_topic(p));
        if (o != NULL && kind == MEMBER_ASSIGNED)
            oracle_assigned(o, m, kohort_partition_number(p));
        if (o != NULL && kind == MEMBER_LOST)
            oracle_released(o, m, kohort_partition_number(p));
    }
    /* Apart from the loop above: an entry may let the partitions go. */
    for (size_t i = 0; i < kohort_partitions_count(list); i++)
        note(m, &(struct member_entry){.kind = kind,
                                       .partition =
                                           kohort_partition_number(kohort_partitions_at(list, i))});
}

static void on_assigned(kohort_consumer *c, const kohort_partitions *added, void *user)
{
    (void)c;
    note_list(user, MEMBER_ASSIGNED, added);
}

static void release(struct member *m, uint32_t partitions)
{
    for (int32_t i = 0; m->stage->oracle != NULL && i < ORACLE_PARTITIONS_MAX; i++)
        if ((partitions >> i & 1) != 0)
            oracle_released(m->stage->oracle, m, i);
}

void member_let_go(struct member *m)
{
    kohort_token token = m->token;
    m->token.id = 0;
    if (m->consumer == NULL)
        return; /* Freed inside the callback. */
    release(m, m->going);
    expect_status(kohort_revoke_done(m->consumer, token), KOHORT_OK);
}

static void on_revoked(kohort_consumer *c, const kohort_partitions *going, kohort_token token,
                       void *user)
{
    struct member *m = user;
    (void)c;
    m->token = token;
    m->going = 0;
    for (size_t i = 0; i < kohort_partitions_count(going); i++) {
        const kohort_partition *p = kohort_partitions_at(going, i);
        if (oracle_of(m, kohort_partition_topic(p)) != NULL)
            m->going |= 1u << kohort_partition_number(p);
    }
    note_list(m, MEMBER_REVOKED, going);
    if (!m->script.keep_revoked || m->closing)
        member_let_go(m);
}

static void on_lost(kohort_consumer *c, const kohort_partitions *gone, void *user)
{
    (void)c;
    note_list(user, MEMBER_LOST, gone);
}

static const enum member_entry_kind kind_of_event[] = {
    [KOHORT_EVENT_STATE] = MEMBER_STATE,
    [KOHORT_EVENT_RESET] = MEMBER_RESET,
    [KOHORT_EVENT_ERROR] = MEMBER_ERROR,
    [KOHORT_EVENT_FAILED] = MEMBER_FAILED,
    [KOHORT_EVENT_END] = MEMBER_END,
    [KOHORT_EVENT_COMMITTED] = MEMBER_COMMITTED,
    [KOHORT_EVENT_STALL] = MEMBER_STALL,
    [KOHORT_EVENT_UNCOMMITTED] = MEMBER_UNCOMMITTED,
    [KOHORT_EVENT_TRUNCATED] = MEMBER_TRUNCATED,
    [KOHORT_EVENT_STUCK] = MEMBER_STUCK,
};

static void on_event(kohort_consumer *c, const kohort_event *event, void *user)
{
    struct member *m = user;
    struct member_entry entry = {
        .kind = kind_of_event[event->type], .partition = -1, .offset = event->offset};
    (void)c;
    if (event->partition != NULL)
        entry.partition = kohort_partition_number(event->partition);
    if (event->error != NULL)
        entry.error = *event->error;
    if (event->type == KOHORT_EVENT_STALL)
        entry.offset = event->late_ms;
    if (event->type == KOHORT_EVENT_UNCOMMITTED)
        entry.count = (size_t)event->uncommitted;
    if (event->type == KOHORT_EVENT_TRUNCATED)
        entry.count = (size_t)(event->offset_before - event->offset);
    if (event->type == KOHORT_EVENT_STUCK)
        entry.count = (size_t)(event->last_offset - event->offset + 1);
    if (event->state != NULL)
        snprintf(entry.state, sizeof entry.state, "%s", event->state);
    struct oracle *o =
        event->partition == NULL ? NULL : oracle_of(m, kohort_partition_topic(event->partition));
    if (o != NULL && entry.kind == MEMBER_COMMITTED)
        oracle_committed(o, entry.partition, event->offset);
    note(m, &entry);
}

static void on_log(void *arg, int level, const char *line)
{
    struct member *m = arg;
    if (level != KOHORT_LOG_WARNING)
        return;
    m->warnings++;
    snprintf(m->warning, sizeof m->warning, "%s", line);
}

/* ---- its life ---- */

static void set_options(kohort_options *o, const char *const *pairs)
{
    for (; pairs != NULL && *pairs != NULL; pairs += 2)
        cr_assert_eq(kohort_options_set(o, pairs[0], pairs[1]), 0, "%s", kohort_options_problem(o));
}

struct member *member_new(struct stage *s, const char *name, const char *group,
                          const struct member_script *script)
{
    struct member *m = calloc(1, sizeof *m);
    kohort_handlers handlers = {sizeof handlers, on_records, on_assigned,
                                on_revoked,      on_lost,    on_event};
    kohort_options *o;
    if (s->member_count == s->member_capacity) {
        s->member_capacity = s->member_capacity * 2 + 8;
        s->members = realloc(s->members, s->member_capacity * sizeof(struct member *));
    }
    s->members[s->member_count++] = m;
    m->stage = s;
    m->group = group;
    snprintf(m->name, sizeof m->name, "%s", name);
    if (script != NULL)
        m->script = *script;
    kohort_options_new(&o);
    kohort_options_set(o, "bootstrap.servers", live_bootstrap());
    kohort_options_set(o, "group.id", group);
    kohort_options_set(o, "client.id", name);
    set_options(o, common_options);
    set_options(o, m->script.options);
    if (m->script.assignor != NULL)
        cr_assert_eq(kohort_options_add_assignor(o, m->script.assignor), 0);
    kohort_options_set_log(o, KOHORT_LOG_WARNING, on_log, m);
    kohort_options_set_allocator(o, stage_reallocate, s);
    m->client = m->script.client;
    if (m->client == NULL)
        cr_assert_eq(kohort_client_new(&m->client, &s->loop, o), 0, "%s",
                     kohort_options_problem(o));
    cr_assert_eq(kohort_consumer_new(&m->consumer, m->client, o, &handlers, m), 0, "%s",
                 kohort_options_problem(o));
    kohort_options_free(o);
    return m;
}

void member_subscribe(struct member *m, const char *topic)
{
    expect_status(kohort_subscribe(m->consumer, &topic, 1), KOHORT_OK);
    m->closed = m->closing = false;
}

struct member *member_start(struct stage *s, const char *name, const char *group, const char *topic,
                            const struct member_script *script)
{
    struct member *m = member_new(s, name, group, script);
    member_subscribe(m, topic);
    return m;
}

static void closed(const kohort_error *error, void *arg)
{
    struct member *m = arg;
    struct member_entry entry = {.kind = MEMBER_CLOSED, .partition = -1};
    if (error != NULL)
        entry.error = *error;
    release(m, UINT32_MAX);
    m->closed = true;
    note(m, &entry);
}

static void begin_close(struct member *m, int64_t deadline_ms, int leave_or_stay)
{
    m->closing = true;
    m->closed = false;
    expect_status(kohort_consumer_close(m->consumer, deadline_ms, leave_or_stay, closed, m),
                  KOHORT_OK);
}

void member_close_by(struct member *m, int64_t deadline_ms)
{
    begin_close(m, deadline_ms, KOHORT_LEAVE);
}

void member_close_as(struct member *m, int leave_or_stay)
{
    begin_close(m, CLOSE_MS, leave_or_stay);
}

void member_close(struct member *m)
{
    member_close_by(m, CLOSE_MS);
}

void member_kill(struct member *m)
{
    kohort_consumer_free(m->consumer);
    m->consumer = NULL;
    release(m, UINT32_MAX);
}

static void gone(const kohort_error *error, void *arg)
{
    struct member *m = arg;
    (void)error;
    m->gone = true;
}

void member_end(struct member *m)
{
    if (m->gone)
        return;
    if (m->consumer != NULL) {
        if (!m->closing)
            member_close(m);
        run_until(m->stage, m->closed);
        kohort_consumer_free(m->consumer);
        m->consumer = NULL;
    }
    m->gone = m->script.client != NULL;
    if (!m->gone)
        expect_status(kohort_client_close(m->client, gone, m), KOHORT_OK);
    run_until(m->stage, m->gone);
}

/* ---- looking ---- */

bool member_is(const struct member *m, const char *state)
{
    return strcmp(kohort_consumer_state(m->consumer), state) == 0;
}

size_t member_owned(const struct member *m)
{
    return m->consumer == NULL ? 0
                               : kohort_partitions_count(kohort_consumer_assignment(m->consumer));
}

kohort_partition *member_partition(struct member *m, const char *topic, int32_t number)
{
    kohort_partition *p = kohort_consumer_partition(m->consumer, topic, number);
    if (p == NULL)
        stage_fail(m->stage, "%s does not own %s-%" PRId32, m->name, topic, number);
    return p;
}

const struct member_entry *member_last(const struct member *m, enum member_entry_kind kind,
                                       int32_t partition)
{
    for (size_t i = m->entry_count; i-- > 0;)
        if (m->entries[i].kind == kind && (partition == -1 || m->entries[i].partition == partition))
            return &m->entries[i];
    return NULL;
}

char *member_story(const struct member *m)
{
    static const char *const names[] = {"assigned", "revoked",     "lost",   "records",   "state",
                                        "reset",    "error",       "failed", "committed", "end",
                                        "stall",    "uncommitted", "stuck",  "closed"};
    char *story = malloc(STORY_SIZE);
    size_t size = (size_t)snprintf(story, STORY_SIZE, "%s:\n", m->name);
    size_t first = m->entry_count > STORY_LINES ? m->entry_count - STORY_LINES : 0;
    for (size_t i = first; i < m->entry_count && size < STORY_SIZE; i++) {
        const struct member_entry *e = &m->entries[i];
        size += (size_t)snprintf(story + size, STORY_SIZE - size,
                                 "  [%6" PRId64 "] %s %s partition %" PRId32 " offset %" PRId64
                                 " count %zu %s\n",
                                 e->at_ms - m->entries[0].at_ms, names[e->kind], e->state,
                                 e->partition, e->offset, e->count, e->error.text);
    }
    return story;
}
