#include "sim/faults.h"

#include "base/status.h"

const char *sim_fault_name(enum sim_fault_kind kind)
{
    static const char *const names[SIM_FAULT_KINDS] = {
        "cut",       "cut later", "silence", "suspend", "refuse", "black hole", "error",
        "break off", "slow",      "names",   "churn",   "commit", "leader",     "coordinator",
        "sessions",  "address",   "delete",  "memory",  "sleep",  "hold",       "truncation"};
    return names[kind];
}

enum { ERRORS_MAX = 5 };

int16_t sim_fault_error(enum kh_api api, size_t index)
{
    static const int16_t errors[KH_API_COUNT][ERRORS_MAX] = {
        [KH_API_FETCH] = {KH_KAFKA_FETCH_SESSION_ID_NOT_FOUND,
                          KH_KAFKA_INVALID_FETCH_SESSION_EPOCH},
        [KH_API_LIST_OFFSETS] = {KH_KAFKA_NOT_LEADER_OR_FOLLOWER, KH_KAFKA_LEADER_NOT_AVAILABLE,
                                 KH_KAFKA_OFFSET_NOT_AVAILABLE},
        [KH_API_OFFSET_FOR_LEADER_EPOCH] = {KH_KAFKA_UNKNOWN_LEADER_EPOCH,
                                            KH_KAFKA_NOT_LEADER_OR_FOLLOWER,
                                            KH_KAFKA_KAFKA_STORAGE_ERROR},
        [KH_API_METADATA] = {KH_KAFKA_LEADER_NOT_AVAILABLE, KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION},
        [KH_API_OFFSET_COMMIT] = {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, KH_KAFKA_NOT_COORDINATOR,
                                  KH_KAFKA_REBALANCE_IN_PROGRESS, KH_KAFKA_ILLEGAL_GENERATION,
                                  KH_KAFKA_UNKNOWN_MEMBER_ID},
        [KH_API_OFFSET_FETCH] = {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, KH_KAFKA_NOT_COORDINATOR,
                                 KH_KAFKA_UNSTABLE_OFFSET_COMMIT},
        [KH_API_FIND_COORDINATOR] = {KH_KAFKA_COORDINATOR_NOT_AVAILABLE,
                                     KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS},
        [KH_API_JOIN_GROUP] = {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, KH_KAFKA_NOT_COORDINATOR,
                               KH_KAFKA_UNKNOWN_MEMBER_ID, KH_KAFKA_REBALANCE_IN_PROGRESS},
        [KH_API_HEARTBEAT] = {KH_KAFKA_REBALANCE_IN_PROGRESS, KH_KAFKA_ILLEGAL_GENERATION,
                              KH_KAFKA_UNKNOWN_MEMBER_ID, KH_KAFKA_NOT_COORDINATOR,
                              KH_KAFKA_COORDINATOR_NOT_AVAILABLE},
        [KH_API_LEAVE_GROUP] = {KH_KAFKA_COORDINATOR_NOT_AVAILABLE},
        [KH_API_SYNC_GROUP] = {KH_KAFKA_REBALANCE_IN_PROGRESS, KH_KAFKA_ILLEGAL_GENERATION,
                               KH_KAFKA_UNKNOWN_MEMBER_ID, KH_KAFKA_NOT_COORDINATOR,
                               KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS},
    };

    return index < ERRORS_MAX ? errors[api][index] : 0;
}

static bool chosen(const struct sim_faults *f)
{
    if (f->choice == NULL)
        return true;
    for (size_t i = 0; i < f->choice->count; i++)
        if (f->choice->numbers[i] == f->number)
            return true;
    return false;
}

static void next_fault(struct sim_event *event)
{
    struct sim_faults *f = kh_container(event, struct sim_faults, event);
    enum sim_fault_kind kind;

    kh_random_seed(&f->random, f->seed + f->number * UINT64_C(0x9e3779b97f4a7c15));
    kind = (enum sim_fault_kind)kh_random_below(&f->random, SIM_FAULT_KINDS);
    int64_t pause_us = sim_random_between(&f->random, 0, f->pause_max_us);
    if ((f->enabled >> kind & 1) != 0 && chosen(f))
        sim_fault_inject(f, kind);
    f->number++;
    sim_after(&f->world->schedule, event, pause_us);
}

void sim_faults_start(struct sim_faults *f, struct sim_world *w,
                      const struct sim_fault_choice *choice)
{
    *f = (struct sim_faults){.world = w, .choice = choice, .event.fire = next_fault};
    f->seed = (uint64_t)sim_random_between(&w->random, 0, INT64_MAX - 1);
    f->enabled = (unsigned)kh_random_below(&w->random, 1u << SIM_FAULT_KINDS);
    f->pause_max_us = sim_random_between(&w->random, 20, 1000) * SIM_MS;
    kh_list_init(&f->lasting);
    sim_after(&w->schedule, &f->event, 0);
}

void sim_faults_stop(struct sim_faults *f)
{
    struct sim_world *w = f->world;

    sim_cancel(&w->schedule, &f->event);
    sim_faults_undo(f);
    for (int32_t id = 0; id < w->options.cluster.broker_count; id++)
        memset(sim_cluster_broker(&w->cluster, id)->faults, 0,
               sizeof sim_cluster_broker(&w->cluster, id)->faults);
    for (int i = 1; i <= w->member_count; i++)
        if (sim_platform_suspended(&w->members[i]->platform))
            sim_world_run_until(w, w->members[i]->platform.suspended_until_us / SIM_MS + 1);
    /* What an application refuses for ever is never done. */
    for (int i = 1; i <= w->member_count; i++)
        w->members[i]->application.refuses = w->members[i]->application.fails = 0;
    sim_trace(&w->trace, SIM_TRACE_FAULT, "the faults stop");
}
