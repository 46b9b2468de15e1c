/* A member's life: started, closed, killed. */
#include "consumer/client.h"
#include "sim/memory.h"
#include "sim/recording.h"
#include "sim/world.h"

#include <stdlib.h>

static bool is_refused(struct sim_member *m)
{
    struct sim_shortage *shortage = &m->world->shortage;

    if (shortage->count == 0)
        return false;
    if (shortage->behind > 0) {
        shortage->behind--;
        return false;
    }
    shortage->count--;
    m->starved = true;
    m->world->judge.members[m->number].may_lose = m->world->judge.members[m->number].forgets = true;
    sim_trace(&m->world->trace, SIM_TRACE_FAULT, "m%d gets no memory", m->number);
    return true;
}

static void *reallocate(void *arg, void *old, size_t size)
{
    struct sim_member *m = arg;
    void *memory;

    if (size == 0) {
        m->outstanding -= old != NULL;
        free(old);
        return NULL;
    }
    if (is_refused(m))
        return NULL;
    memory = realloc(old, size);
    m->outstanding += old == NULL && memory != NULL;
    return memory;
}

static void write_log(void *arg, int level, const char *line)
{
    struct sim_member *m = arg;

    (void)level;
    sim_trace(&m->world->trace, SIM_TRACE_LOG, "m%d log: %s", m->number, line);
}

static kohort_options *make_options(struct sim_member *m)
{
    const char *const *pairs = m->world->options.member_options;
    char session[24];
    kohort_options *o;
    int status = kohort_options_new(&o);

    snprintf(session, sizeof session, "%lld", (long long)m->world->options.session_timeout_ms);
    status |= kohort_options_set(o, "bootstrap.servers", "broker-0:9092");
    status |= kohort_options_set(o, "group.id", "g");
    status |= kohort_options_set(o, "client.id", "sim");
    status |= kohort_options_set(o, "auto.offset.reset", "earliest");
    status |= kohort_options_set(o, "session.timeout.ms", session);
    if (m->instance != NULL)
        status |= kohort_options_set(o, "group.instance.id", m->instance);
    for (size_t i = 0; i < SIM_OPTIONS_MAX && pairs[2 * i] != NULL; i++)
        status |= kohort_options_set(o, pairs[2 * i], pairs[2 * i + 1]);
    if (m->world->options.assignor != NULL)
        status |= kohort_options_add_assignor(o, m->world->options.assignor);
    kohort_options_set_log(o, KOHORT_LOG_DEBUG, write_log, m);
    if (status != 0)
        sim_judge_violated(&m->world->judge, "model", "options: %s", kohort_options_problem(o));
    return o;
}

static void on_client_closed(const kohort_error *error, void *arg)
{
    struct sim_member *m = arg;

    (void)error;
    m->client_closed = true;
    sim_judge_ended(&m->world->judge, m->number);
    if (!m->killed && m->commits_done != m->commits_asked)
        sim_judge_violated(&m->world->judge, "S10", "m%d: %d commits were never done", m->number,
                           (int)(m->commits_asked - m->commits_done));
    if (m->outstanding != 0)
        sim_judge_violated(&m->world->judge, "S17", "m%d holds %zu allocations after closing",
                           m->number, m->outstanding);
}

static void free_consumer(struct sim_member *m)
{
    SIM_CALL(m, kohort_consumer_free(m->consumer));
    m->consumer = NULL;
    SIM_CALL(m, kohort_client_close(m->client, on_client_closed, m));
}

static void on_free_later(struct sim_event *event)
{
    struct sim_member *m = kh_container(event, struct sim_member, free_later);

    if (sim_platform_runs(&m->platform, event))
        free_consumer(m);
}

static void on_closed(const kohort_error *error, void *arg)
{
    struct sim_member *m = arg;
    struct sim_world *w = m->world;
    int64_t stopped_until_ms = m->platform.suspended_until_us / SIM_MS;
    int64_t late_ms =
        sim_now_ms(&w->schedule) -
        (m->close_deadline_ms > stopped_until_ms ? m->close_deadline_ms : stopped_until_ms);

    sim_trace(&w->trace, SIM_TRACE_MEMBER, "m%d is closed%s", m->number,
              error == NULL ? "" : ", too late");
    if (m->consumer_closed || m->calls > 0)
        sim_judge_violated(&w->judge, m->calls > 0 ? "S14" : "S10", "m%d: a closing is done %s",
                           m->number, m->calls > 0 ? "inside a call" : "twice");
    if (late_ms > 0)
        sim_judge_violated(&w->judge, "L5", "m%d closes %lld ms late", m->number,
                           (long long)late_ms);
    m->consumer_closed = true;
    sim_judge_ended(&w->judge, m->number);
    sim_application_stop(m);
    if (kh_random_below(&w->random, 100) < m->application.frees_in_done) {
        free_consumer(m);
        return;
    }
    m->free_later.fire = on_free_later;
    sim_after(&w->schedule, &m->free_later, sim_random_between(&w->random, 0, 5 * SIM_MS));
}

/* 0, or why it is not up. */
static int bring_up(struct sim_member *m, kohort_options *o, const char *topic)
{
    const struct kh_heap heap = {.reallocate = reallocate, .arg = m};
    int status = kh_client_new(&m->client, &m->platform.base, &heap, o, sim_recording_begin(m));

    if (status != 0)
        return status;
    status = kohort_consumer_new(&m->consumer, m->client, o, &sim_application_handlers, m);
    if (status == 0)
        SIM_CALL(m, status = kohort_subscribe(m->consumer, &topic, 1));
    return status;
}

static void on_given_up(struct sim_event *event)
{
    on_client_closed(NULL, kh_container(event, struct sim_member, free_later));
}

static void give_up(struct sim_member *m, int status, const kohort_options *o)
{
    struct sim_world *w = m->world;

    if (status != KOHORT_ENOMEM || !m->starved)
        sim_judge_violated(&w->judge, "model", "m%d cannot start: %d %s", m->number, status,
                           kohort_options_problem(o));
    m->killed = true;
    if (m->consumer != NULL)
        SIM_CALL(m, kohort_consumer_free(m->consumer));
    m->consumer = NULL;
    if (m->client != NULL)
        SIM_CALL(m, kohort_client_close(m->client, on_client_closed, m));
    else { /* what there was goes with the platform, not inside the call */
        m->free_later.fire = on_given_up;
        sim_after(&w->schedule, &m->free_later, SIM_MS);
    }
}

struct sim_member *sim_member_start(struct sim_world *w, const struct sim_application *application,
                                    const char *topic)
{
    return sim_member_start_static(w, application, topic, NULL);
}

struct sim_member *sim_member_start_static(struct sim_world *w,
                                           const struct sim_application *application,
                                           const char *topic, const char *instance)
{
    struct sim_member *m = sim_new(1, sizeof *m);

    m->world = w;
    m->instance = instance;
    m->number = ++w->member_count;
    m->topic = topic;
    m->application = *application;
    kh_list_init(&m->acks);
    kh_list_init(&m->kept);
    kh_list_init(&m->commits);
    kh_list_init(&m->told_commits);
    w->members[m->number] = m;
    w->judge.members[m->number].instance = instance;
    w->judge.members[m->number].session_timeout_ms = w->options.session_timeout_ms;
    sim_trace(&w->trace, SIM_TRACE_FAULT, "m%d starts", m->number);
    sim_platform_init(&m->platform, &w->network, m->number, kh_random_next(&w->random));
    kohort_options *o = make_options(m);
    int status = bring_up(m, o, topic);
    if (status != 0)
        give_up(m, status, o);
    else
        sim_application_start(m);
    kohort_options_free(o);
    return m;
}

void sim_member_close(struct sim_member *m, int64_t deadline_ms)
{
    struct sim_world *w = m->world;

    sim_trace(&w->trace, SIM_TRACE_FAULT, "m%d is asked to close", m->number);
    m->close_deadline_ms = sim_now_ms(&w->schedule) + deadline_ms;
    int status;
    do /* a shortage ends */
        SIM_CALL(m, status = kohort_consumer_close(m->consumer, deadline_ms,
                                                   KOHORT_LEAVE_IF_DYNAMIC, on_closed, m));
    while (status == KOHORT_ENOMEM);
}

void sim_member_kill(struct sim_member *m, bool silently)
{
    struct sim_world *w = m->world;

    sim_trace(&w->trace, SIM_TRACE_FAULT, "m%d is killed%s", m->number,
              silently ? ", with its machine" : "");
    m->killed = true;
    sim_judge_ended(&w->judge, m->number);
    sim_application_stop(m);
    sim_cancel(&w->schedule, &m->free_later);
    sim_platform_kill(&m->platform, silently);
    if (m->consumer != NULL)
        free_consumer(m);
    while (!m->client_closed && sim_platform_bury(&m->platform))
        ;
    if (!m->client_closed)
        sim_judge_violated(&w->judge, "S17", "m%d cannot be freed", m->number);
}

size_t sim_member_owns(const struct sim_member *m)
{
    const struct sim_judged_member *judged = &m->world->judge.members[m->number];
    size_t count = 0;

    for (size_t i = 0; i < judged->ownership_count; i++)
        count += judged->ownerships[i].state == SIM_OWNED;
    return count;
}
