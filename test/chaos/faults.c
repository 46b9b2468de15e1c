#include "chaos/faults.h"

#include "support/live/cluster.h"

enum {
    MEMBERS_MIN = 2, /* of ours */
    MEMBERS_MAX = 5,
    PAUSE_MIN_MS = 500, /* between faults of members */
    PAUSE_MAX_MS = 7000,
    LOOK_MS = 500, /* between looks whether the cluster is whole */
    GROWTHS_MAX = 3,
    ALL_TIMES = 32
};

const char *chaos_fault_name(enum chaos_fault fault)
{
    static const char *const names[] = {"joins",
                                        "leaves",
                                        "kill -9",
                                        "stopped within the session",
                                        "stopped beyond the session",
                                        "java killed",
                                        "java left",
                                        "librdkafka killed",
                                        "librdkafka left",
                                        "coordinator killed",
                                        "leader killed",
                                        "node stopped",
                                        "rolling restart",
                                        "leader moved",
                                        "partitions added"};
    return names[fault];
}

static uint64_t below(struct chaos_faults *f, uint64_t bound)
{
    return kh_random_below(&f->random, bound);
}

static int64_t later_ms(struct chaos_faults *f, int least_ms, int most_ms)
{
    return live_now_ms() + least_ms + (int64_t)below(f, (uint64_t)(most_ms - least_ms));
}

/* ---- members ---- */

static bool join(struct chaos_faults *f)
{
    if (chaos_running(f->group, CHAOS_KOHORT) >= MEMBERS_MAX)
        return false;
    chaos_start(f->group, CHAOS_KOHORT);
    return true;
}

/* One of ours, so that enough are left; SIZE_MAX: there is none. */
static size_t victim(struct chaos_faults *f)
{
    uint64_t random = below(f, ALL_TIMES);
    if (chaos_running(f->group, CHAOS_KOHORT) <= MEMBERS_MIN)
        return SIZE_MAX;
    return chaos_pick(f->group, CHAOS_KOHORT, random);
}

static bool stop(struct chaos_faults *f, int least_ms, int most_ms)
{
    size_t member = victim(f);
    if (member != SIZE_MAX)
        chaos_stop(f->group, member, later_ms(f, least_ms, most_ms) - live_now_ms());
    return member != SIZE_MAX;
}

static bool remove_peer(struct chaos_faults *f, enum chaos_client client, bool kill)
{
    size_t member = chaos_pick(f->group, client, 0);
    if (member == SIZE_MAX)
        return false;
    if (kill)
        chaos_kill(f->group, member);
    else
        chaos_leave(f->group, member);
    f->return_ms[client] = later_ms(f, 1000, 5000);
    return true;
}

static bool do_to_members(struct chaos_faults *f, enum chaos_fault fault)
{
    size_t member;
    if (fault == CHAOS_JOIN)
        return join(f);
    if (fault == CHAOS_PAUSE)
        return stop(f, 500, CHAOS_SESSION_MS - 2 * CHAOS_HEARTBEAT_MS);
    if (fault == CHAOS_OVERSLEEP)
        return stop(f, CHAOS_SESSION_MS + 1500, 2 * CHAOS_SESSION_MS);
    if (fault == CHAOS_JAVA_KILL || fault == CHAOS_JAVA_LEAVE)
        return remove_peer(f, CHAOS_JAVA, fault == CHAOS_JAVA_KILL);
    if (fault == CHAOS_LIBRDKAFKA_KILL || fault == CHAOS_LIBRDKAFKA_LEAVE)
        return remove_peer(f, CHAOS_LIBRDKAFKA, fault == CHAOS_LIBRDKAFKA_KILL);
    if ((member = victim(f)) == SIZE_MAX)
        return false;
    if (fault == CHAOS_KILL)
        chaos_kill(f->group, member);
    else
        chaos_leave(f->group, member);
    return true;
}

/* ---- nodes and partitions ---- */

static void restart(struct chaos_faults *f)
{
    chaos_note_broker(f->group);
    cluster_restart(f->node);
    f->cluster = CHAOS_MENDING;
    f->cluster_ms = live_now_ms();
}

static bool take_away(struct chaos_faults *f, int node, bool stopped)
{
    if (node < 1)
        return false;
    f->node = node;
    f->node_stopped = stopped;
    chaos_note_broker(f->group);
    if (stopped)
        cluster_stop(node);
    else
        cluster_kill(node);
    chaos_note_broker(f->group);
    f->cluster = CHAOS_BROKEN;
    f->cluster_ms = later_ms(f, 1000, 6000);
    return true;
}

static bool grow(struct chaos_faults *f)
{
    struct chaos_group *g = f->group;
    int partitions = chaos_partitions(g);
    if (f->counts[CHAOS_GROWTH] == GROWTHS_MAX)
        return false;
    admin_do(json_pack("{ss ss si}", "do", "createPartitions", "topic", g->topic, "partitions",
                       partitions + 2));
    chaos_produce(g, partitions, 2);
    return true;
}

static bool do_to_cluster(struct chaos_faults *f, enum chaos_fault fault)
{
    struct chaos_group *g = f->group;
    int partition = (int)below(f, (uint64_t)chaos_partitions(g));
    int node = 1 + (int)below(f, CLUSTER_NODES);
    if (fault == CHAOS_COORDINATOR_KILL)
        return take_away(f, cluster_coordinator(g->group), false);
    if (fault == CHAOS_LEADER_KILL)
        return take_away(f, cluster_leader(g->topic, partition), false);
    if (fault == CHAOS_NODE_PAUSE)
        return take_away(f, node, true);
    if (fault == CHAOS_GROWTH)
        return grow(f);
    if (fault == CHAOS_LEADER_MOVE) {
        cluster_move_leader(g->topic, partition, node);
        return true;
    }
    if (!f->may_roll)
        return false;
    f->node = 1;
    f->to_roll = CLUSTER_NODES - 1;
    restart(f);
    return true;
}

/* ---- one after the other ---- */

static void shuffle(struct chaos_faults *f, struct chaos_deck *deck)
{
    for (size_t i = deck->count; i > 1; i--) {
        size_t k = below(f, i);
        uint8_t card = deck->cards[i - 1];
        deck->cards[i - 1] = deck->cards[k];
        deck->cards[k] = card;
    }
    deck->next = 0;
}

static void put(struct chaos_deck *deck, enum chaos_fault fault, size_t times)
{
    while (times-- > 0)
        deck->cards[deck->count++] = (uint8_t)fault;
}

/* The next fault that is possible now. */
static void draw(struct chaos_faults *f, struct chaos_deck *deck,
                 bool (*act)(struct chaos_faults *, enum chaos_fault))
{
    for (size_t tries = 0; tries < 2 * deck->count; tries++) {
        if (deck->next == deck->count)
            shuffle(f, deck);
        enum chaos_fault fault = deck->cards[deck->next++];
        if (!act(f, fault))
            continue;
        f->counts[fault]++;
        live_say("[%8.3f] %s", (double)live_now_ms() / 1000, chaos_fault_name(fault));
        return;
    }
}

static void look_after_cluster(struct chaos_faults *f)
{
    if (live_now_ms() < f->cluster_ms)
        return;
    if (f->cluster == CHAOS_WHOLE) {
        f->cluster_ms = later_ms(f, PAUSE_MIN_MS, PAUSE_MAX_MS);
        draw(f, &f->nodes, do_to_cluster);
    } else if (f->cluster == CHAOS_BROKEN && !f->node_stopped) {
        restart(f);
    } else if (f->cluster == CHAOS_BROKEN) {
        chaos_note_broker(f->group);
        cluster_continue(f->node);
        f->cluster = CHAOS_MENDING;
    } else if (!cluster_is_up(f->node) || !cluster_is_whole()) {
        f->cluster_ms = live_now_ms() + LOOK_MS;
    } else if (f->to_roll > 0) {
        f->to_roll--;
        f->node++;
        restart(f);
    } else {
        chaos_note_broker(f->group);
        f->cluster = CHAOS_WHOLE;
        f->cluster_ms = later_ms(f, PAUSE_MIN_MS, PAUSE_MAX_MS);
    }
}

static void look_after_peers(struct chaos_faults *f)
{
    for (int client = CHAOS_JAVA; client <= CHAOS_LIBRDKAFKA; client++)
        if (f->return_ms[client] > 0 && live_now_ms() >= f->return_ms[client]) {
            f->return_ms[client] = 0;
            chaos_start(f->group, (enum chaos_client)client);
        }
}

void chaos_faults_begin(struct chaos_faults *f, struct chaos_group *g, uint64_t seed, bool may_roll)
{
    *f = (struct chaos_faults){.group = g, .may_roll = may_roll};
    kh_random_seed(&f->random, seed);
    put(&f->members, CHAOS_JOIN, 6);
    put(&f->members, CHAOS_LEAVE, 3);
    put(&f->members, CHAOS_KILL, 3);
    put(&f->members, CHAOS_PAUSE, 2);
    put(&f->members, CHAOS_OVERSLEEP, 2);
    for (int fault = CHAOS_JAVA_KILL; fault <= CHAOS_LIBRDKAFKA_LEAVE; fault++)
        put(&f->members, (enum chaos_fault)fault, 1);
    for (int fault = CHAOS_COORDINATOR_KILL; fault <= CHAOS_GROWTH; fault++)
        put(&f->nodes, (enum chaos_fault)fault, 1);
    put(&f->nodes, CHAOS_COORDINATOR_KILL, 1);
    put(&f->nodes, CHAOS_LEADER_MOVE, 1);
    shuffle(f, &f->members);
    shuffle(f, &f->nodes);
}

void chaos_faults_step(struct chaos_faults *f)
{
    chaos_step(f->group);
    look_after_peers(f);
    look_after_cluster(f);
    if (live_now_ms() < f->member_ms)
        return;
    draw(f, &f->members, do_to_members);
    f->member_ms = later_ms(f, PAUSE_MIN_MS, PAUSE_MAX_MS);
}

void chaos_faults_end(struct chaos_faults *f)
{
    for (size_t i = 0; i < f->group->count; i++)
        f->group->members[i]->continue_ms = 0;
    chaos_step(f->group);
    cluster_mend();
    for (int node = 1; node <= CLUSTER_NODES; node++)
        run_until(&f->group->stage, cluster_is_up(node));
}

size_t chaos_faults_total(const struct chaos_faults *f)
{
    size_t total = 0;
    for (size_t i = 0; i < CHAOS_FAULT_COUNT; i++)
        total += f->counts[i];
    return total;
}
