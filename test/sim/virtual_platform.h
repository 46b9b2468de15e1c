/* src/net/platform.h in virtual time: one instance a process, many in one simulation. What the
 * library does on it is real; time, streams, names and random bytes come from the seed. */
#ifndef TEST_SIM_VIRTUAL_PLATFORM_H
#define TEST_SIM_VIRTUAL_PLATFORM_H

#include "sim/network.h"

struct sim_platform {
    struct kh_platform base;
    struct sim_network *network;
    int host; /* as sim_connect() has it */
    struct kh_random random;
    struct kh_list streams, lookups, posts, works;
    struct sim_event timer, wake, posted, closed;
    int64_t suspended_until_us;
    int64_t wall_shift_ms;
    int64_t work_delay_us; /* what is queued takes so much longer */
    bool dead;             /* killed: nothing it does reaches the world, and nothing reaches it */
    bool shut_down;
    void (*when_closed)(void *arg);
    void *when_closed_arg;
    bool gone;      /* when_closed has been called */
    uint64_t turns; /* of the loop */
};

/* The memory is the caller's, who keeps it until `gone`, and then ends it with sim_platform_free.
 */
void sim_platform_init(struct sim_platform *p, struct sim_network *network, int host,
                       uint64_t seed);
void sim_platform_free(struct sim_platform *p);

/* SIGSTOP until then: time goes on, nothing of this process runs; what was due happens at once
 * afterwards. */
void sim_platform_suspend(struct sim_platform *p, int64_t until_us);
/* A machine that sleeps for so long: CLOCK_MONOTONIC, by which a loop's timers go, stands still,
 * CLOCK_BOOTTIME does not. */
void sim_platform_sleep(struct sim_platform *p, int64_t duration_us);
bool sim_platform_suspended(const struct sim_platform *p);
/* SIGKILL: the kernel closes its streams; `silently`, the machine is gone and nobody is told. The
 * library may then be torn down on it, unseen: what it asks for is granted and comes to nothing. */
void sim_platform_kill(struct sim_platform *p, bool silently);
/* Runs what the library waits for while it is torn down on a dead platform; false: nothing. */
bool sim_platform_bury(struct sim_platform *p);

/* virtual_stream.c */
extern const struct kh_platform_ops sim_platform_ops;
/* False while the process is suspended or dead: the event was put off, or is no more. */
bool sim_platform_runs(struct sim_platform *p, struct sim_event *event);

#endif
