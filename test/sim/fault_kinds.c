/* What each kind of fault does. */
#include "sim/faults.h"
#include "sim/memory.h"

#include <stdlib.h>

enum {
    LASTS_MAX_MS = 8000,
    HIDDEN_MAX_MS = 3000,
    LOADING_MAX_MS = 2000,
    CUT_MAX_BATCHES = 6,
    MEMBERS_AT_ONCE = 5,
    CLOSE_MS = 5000
};

/* Undone by an event. */
struct lasting {
    struct kh_list node;
    struct sim_event event;
    struct sim_faults *faults;
    void (*undo)(struct lasting *lasting);
    struct sim_broker *broker;
    enum kh_api api;
    uint64_t link; /* its number: the link may be gone by then */
    struct sim_name *name;
};

static void end_lasting(struct sim_event *event)
{
    struct lasting *l = kh_container(event, struct lasting, event);

    sim_cancel(&l->faults->world->schedule, event);
    kh_list_remove(&l->node);
    l->undo(l);
    free(l);
}

static struct lasting *make_lasting(struct sim_faults *f, void (*undo)(struct lasting *))
{
    struct lasting *l = sim_new(1, sizeof *l);

    l->faults = f;
    l->undo = undo;
    l->event.fire = end_lasting;
    kh_list_append(&f->lasting, &l->node);
    sim_after(&f->world->schedule, &l->event,
              sim_random_between(&f->random, 0, LASTS_MAX_MS * SIM_MS));
    return l;
}

/* One that can be called: it lives, and is not suspended. */
static struct sim_member *some_member(struct sim_faults *f)
{
    struct sim_world *w = f->world;
    int first = (int)kh_random_below(&f->random, (uint64_t)w->member_count);

    for (int i = 0; i < w->member_count; i++) {
        struct sim_member *m = w->members[1 + (first + i) % w->member_count];
        if (sim_member_lives(m) && !sim_platform_suspended(&m->platform))
            return m;
    }
    return NULL;
}

static struct sim_broker *some_broker(struct sim_faults *f)
{
    uint64_t count = (uint64_t)f->world->cluster.options.broker_count;
    return sim_cluster_broker(&f->world->cluster, (int32_t)kh_random_below(&f->random, count));
}

static struct sim_end *some_link(struct sim_faults *f)
{
    uint64_t skip = kh_random_below(&f->random, 12);
    struct sim_end *end = sim_network_next(&f->world->network, NULL), *chosen = end;

    for (; end != NULL && skip > 0; skip--)
        if ((end = sim_network_next(&f->world->network, end)) != NULL)
            chosen = end;
    return chosen;
}

static void note(struct sim_faults *f, enum sim_fault_kind kind, int who)
{
    f->world->judge.seen.faults[kind]++;
    sim_trace(&f->world->trace, SIM_TRACE_FAULT, "fault: %s (%d)", sim_fault_name(kind), who);
}

static void cut(struct sim_faults *f)
{
    struct sim_member *m = sim_chance(&f->random, 4) ? NULL : some_member(f);
    int host = m == NULL ? -1 : m->number;

    note(f, SIM_FAULT_CUT, host);
    sim_network_cut(&f->world->network, host);
}

static void cut_later(struct sim_faults *f)
{
    struct sim_end *end = some_link(f);

    if (end == NULL)
        return;
    if (sim_chance(&f->random, 2))
        end = sim_end_peer(end);
    note(f, SIM_FAULT_CUT_LATER, sim_end_host(end));
    sim_end_cut_behind(end, sim_end_sent(end) + kh_random_below(&f->random, 600));
}

static void speak_again(struct lasting *l)
{
    struct sim_end *end = sim_network_find(&l->faults->world->network, l->link);

    if (end == NULL)
        return;
    sim_end_silence(end, false);
    sim_end_silence(sim_end_peer(end), false);
}

static void silence(struct sim_faults *f)
{
    struct sim_end *end = some_link(f);

    if (end == NULL)
        return;
    note(f, SIM_FAULT_SILENCE, sim_end_host(end));
    make_lasting(f, speak_again)->link = sim_end_number(end);
    uint64_t ways = kh_random_below(&f->random, 3);
    if (ways != 1)
        sim_end_silence(end, true);
    if (ways != 0)
        sim_end_silence(sim_end_peer(end), true);
}

static void suspend(struct sim_faults *f)
{
    struct sim_member *m = some_member(f);
    int64_t until_us =
        f->world->schedule.now_us + sim_random_between(&f->random, 0, 2 * LASTS_MAX_MS * SIM_MS);

    if (m == NULL)
        return;
    note(f, SIM_FAULT_SUSPEND, m->number);
    sim_judge_stood_still(&f->world->judge, m->number, until_us - f->world->schedule.now_us);
    sim_platform_suspend(&m->platform, until_us);
}

static void listen_again(struct lasting *l)
{
    l->broker->listener.state = SIM_LISTENING;
}

static struct sim_broker *stop_listening(struct sim_faults *f, enum sim_fault_kind kind)
{
    struct sim_broker *b = some_broker(f);

    note(f, kind, (int)b->id);
    b->listener.state = kind == SIM_FAULT_REFUSE ? SIM_REFUSING : SIM_SILENT;
    make_lasting(f, listen_again)->broker = b;
    return b;
}

static void refuse(struct sim_faults *f)
{
    sim_broker_disconnect(stop_listening(f, SIM_FAULT_REFUSE));
}

static void swallow(struct sim_faults *f)
{
    stop_listening(f, SIM_FAULT_BLACK_HOLE);
}

/* What a member asks. */
static enum kh_api some_api(struct sim_faults *f)
{
    static const enum kh_api asked[] = {
        KH_API_API_VERSIONS, KH_API_METADATA,      KH_API_FIND_COORDINATOR,
        KH_API_JOIN_GROUP,   KH_API_SYNC_GROUP,    KH_API_HEARTBEAT,
        KH_API_LEAVE_GROUP,  KH_API_OFFSET_FETCH,  KH_API_LIST_OFFSETS,
        KH_API_FETCH,        KH_API_OFFSET_COMMIT, KH_API_OFFSET_FOR_LEADER_EPOCH};

    return asked[kh_random_below(&f->random, sizeof asked / sizeof *asked)];
}

static void say_error(struct sim_faults *f)
{
    enum kh_api api = some_api(f);
    uint64_t count = 0;

    while (sim_fault_error(api, count) != 0)
        count++;
    if (count == 0)
        return;
    int16_t error_code = sim_fault_error(api, kh_random_below(&f->random, count));
    note(f, SIM_FAULT_ERROR, kh_api_info(api)->key);
    sim_broker_answer_next(some_broker(f), api, error_code);
}

static void break_off(struct sim_faults *f)
{
    enum kh_api api = some_api(f);

    note(f, SIM_FAULT_BREAK_OFF, kh_api_info(api)->key);
    struct sim_broker *b = some_broker(f);
    sim_broker_cut_next(b, api, kh_random_below(&f->random, 400));
}

static void think_fast(struct lasting *l)
{
    l->faults->world->cluster.options.service_max_us =
        l->faults->world->options.cluster.service_max_us;
}

static void think_slow(struct sim_faults *f)
{
    note(f, SIM_FAULT_SLOW, 0);
    f->world->cluster.options.service_max_us = sim_random_between(&f->random, 0, 1500 * SIM_MS);
    make_lasting(f, think_fast);
}

static void find_names(struct lasting *l)
{
    l->name->fails = false;
}

static void lose_name(struct sim_faults *f)
{
    struct sim_network *n = &f->world->network;
    struct sim_name *name = &n->names[kh_random_below(&f->random, n->name_count)];

    note(f, SIM_FAULT_NAMES, 0);
    name->fails = true;
    make_lasting(f, find_names)->name = name;
}

static int alive(const struct sim_world *w)
{
    int count = 0;

    for (int i = 1; i <= w->member_count; i++)
        count += sim_member_lives(w->members[i]);
    return count;
}

static void churn(struct sim_faults *f)
{
    struct sim_world *w = f->world;
    struct sim_member *m = some_member(f);
    int count = alive(w);

    note(f, SIM_FAULT_CHURN, count);
    if (w->member_count < SIM_MEMBERS_MAX - 1 &&
        (count < 2 || (count < MEMBERS_AT_ONCE && sim_chance(&f->random, 2)))) {
        const struct sim_application application = sim_application_some(&f->random);
        sim_member_start(w, &application, "t");
    } else if (m != NULL && count > 1 && sim_chance(&f->random, 2)) {
        sim_member_close(m, CLOSE_MS);
    } else if (m != NULL && count > 1) {
        sim_member_kill(m, sim_chance(&f->random, 2));
    }
}

static void commit(struct sim_faults *f)
{
    struct sim_member *m = some_member(f);

    if (m == NULL)
        return;
    note(f, SIM_FAULT_COMMIT, m->number);
    sim_member_commit(m);
}

static void move_leader(struct sim_faults *f)
{
    struct sim_cluster *c = &f->world->cluster;
    struct sim_topic *t = kh_container(c->topics.next, struct sim_topic, node);
    struct sim_log *log = &t->logs[kh_random_below(&f->random, (uint64_t)t->partition_count)];

    note(f, SIM_FAULT_LEADER, (int)log->partition);
    int32_t leader = some_broker(f)->id; /* Arguments are evaluated in any order. */
    sim_cluster_move_leader(c, log, leader, sim_random_between(&f->random, 0, HIDDEN_MAX_MS));
}

static void move_coordinators(struct sim_faults *f)
{
    note(f, SIM_FAULT_COORDINATOR, 0);
    sim_cluster_move_coordinators(&f->world->cluster,
                                  sim_random_between(&f->random, 0, LOADING_MAX_MS));
}

static void evict_sessions(struct sim_faults *f)
{
    struct sim_broker *b = some_broker(f);

    note(f, SIM_FAULT_SESSIONS, (int)b->id);
    sim_broker_evict_sessions(b);
}

static void change_address(struct sim_faults *f)
{
    struct sim_broker *b = some_broker(f);

    note(f, SIM_FAULT_ADDRESS, (int)b->id);
    sim_broker_change_address(b);
}

/* Rarely, and a little: else nothing is left to be consumed. */
static void delete_records(struct sim_faults *f)
{
    struct sim_cluster *c = &f->world->cluster;
    struct sim_topic *t = kh_container(c->topics.next, struct sim_topic, node);
    struct sim_log *log = &t->logs[kh_random_below(&f->random, (uint64_t)t->partition_count)];
    int64_t left = log->end_offset - log->start_offset;

    if (!sim_chance(&f->random, 4))
        return;
    note(f, SIM_FAULT_DELETE, (int)log->partition);
    sim_cluster_delete_records(
        c, log, log->start_offset + sim_random_between(&f->random, 0, left < 50 ? left : 50));
}

static void starve(struct sim_faults *f)
{
    struct sim_shortage *shortage = &f->world->shortage;

    shortage->behind = kh_random_below(&f->random, 500);
    shortage->count = sim_chance(&f->random, 4) ? 1 + (uint32_t)kh_random_below(&f->random, 30) : 1;
    note(f, SIM_FAULT_MEMORY, (int)shortage->count);
}

/* Also the wall clock is another one afterwards, which nobody may mind. */
static void fall_asleep(struct sim_faults *f)
{
    struct sim_member *m = some_member(f);
    int64_t slept_us = sim_random_between(&f->random, 0, 2 * LASTS_MAX_MS * SIM_MS);

    if (m == NULL)
        return;
    note(f, SIM_FAULT_SLEEP, m->number);
    m->platform.wall_shift_ms = sim_random_between(&f->random, -3600000, 3600000);
    sim_platform_sleep(&m->platform, slept_us);
}

static void release(struct lasting *l)
{
    sim_broker_release(l->broker, l->api);
}

/* Half of those who wait stand still as well, as when a machine is moved: for longer than their
 * session, so that the answer is one to a question of an earlier life. */
static void stand_still(void *arg, int host)
{
    struct lasting *l = arg;
    struct sim_world *w = l->faults->world;
    int64_t until_us = w->schedule.now_us + sim_random_between(&w->random, 6000, 12000) * SIM_MS;

    if (host < 1 || host > w->member_count || !sim_member_lives(w->members[host]) ||
        sim_chance(&w->random, 2))
        return;
    if (!sim_platform_suspended(&w->members[host]->platform))
        sim_judge_stood_still(&w->judge, host, until_us - w->schedule.now_us);
    sim_platform_suspend(&w->members[host]->platform, until_us);
    sim_after(&w->schedule, &l->event,
              until_us - w->schedule.now_us + sim_random_between(&w->random, 500, 6000) * SIM_MS);
}

/* Of what a member asks once in a generation. */
static void hold(struct sim_faults *f)
{
    static const enum kh_api asked[] = {KH_API_JOIN_GROUP,   KH_API_SYNC_GROUP,
                                        KH_API_OFFSET_FETCH, KH_API_OFFSET_FETCH,
                                        KH_API_LIST_OFFSETS, KH_API_OFFSET_FOR_LEADER_EPOCH};
    struct lasting *l = make_lasting(f, release);

    l->broker = some_broker(f);
    l->api = asked[kh_random_below(&f->random, sizeof asked / sizeof *asked)];
    note(f, SIM_FAULT_HOLD, kh_api_info(l->api)->key);
    sim_broker_hold_next(l->broker, l->api, stand_still, l);
}

static void truncate_log(struct sim_faults *f)
{
    struct sim_cluster *c = &f->world->cluster;
    struct sim_topic *t = kh_container(c->topics.next, struct sim_topic, node);
    struct sim_log *log = &t->logs[kh_random_below(&f->random, (uint64_t)t->partition_count)];

    note(f, SIM_FAULT_TRUNCATION, (int)log->partition);
    uint64_t most = f->world->old_brokers ? 0 : CUT_MAX_BATCHES;
    int64_t end = sim_log_choose_cut(log, &f->random, most);
    int32_t leader = some_broker(f)->id;
    sim_cluster_truncate(c, log, leader, sim_random_between(&f->random, 0, HIDDEN_MAX_MS), end);
}

void sim_fault_inject(struct sim_faults *f, enum sim_fault_kind kind)
{
    static void (*const inject[SIM_FAULT_KINDS])(struct sim_faults *) = {
        [SIM_FAULT_CUT] = cut,
        [SIM_FAULT_CUT_LATER] = cut_later,
        [SIM_FAULT_SILENCE] = silence,
        [SIM_FAULT_SUSPEND] = suspend,
        [SIM_FAULT_REFUSE] = refuse,
        [SIM_FAULT_BLACK_HOLE] = swallow,
        [SIM_FAULT_ERROR] = say_error,
        [SIM_FAULT_BREAK_OFF] = break_off,
        [SIM_FAULT_SLOW] = think_slow,
        [SIM_FAULT_NAMES] = lose_name,
        [SIM_FAULT_CHURN] = churn,
        [SIM_FAULT_COMMIT] = commit,
        [SIM_FAULT_LEADER] = move_leader,
        [SIM_FAULT_COORDINATOR] = move_coordinators,
        [SIM_FAULT_SESSIONS] = evict_sessions,
        [SIM_FAULT_ADDRESS] = change_address,
        [SIM_FAULT_DELETE] = delete_records,
        [SIM_FAULT_MEMORY] = starve,
        [SIM_FAULT_SLEEP] = fall_asleep,
        [SIM_FAULT_HOLD] = hold,
        [SIM_FAULT_TRUNCATION] = truncate_log,
    };

    inject[kind](f);
}

void sim_faults_undo(struct sim_faults *f)
{
    f->world->shortage.count = 0;
    while (!kh_list_empty(&f->lasting))
        end_lasting(&kh_container(f->lasting.next, struct lasting, node)->event);
}
