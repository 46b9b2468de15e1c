/* A real cluster of three nodes, each of which a test may kill, stop and start again.
 *
 *     CLUSTER_SUITE(leaders);
 *     KH_TEST(leaders, C_40_…)
 *     {
 *         admin_create_topic(topic, 6);             three replicas each, as all topics have here
 *         …                                         members, oracle, admin: as with a lone node
 *         int node = cluster_leader(topic, 0);
 *         cluster_kill(node);
 *         run_until(&s, oracle_acked_count(&oracle) == RECORDS);
 *         cluster_restart(node);                    goes on beside the loop
 *         run_until(&s, cluster_is_whole());
 *     }
 *
 * All tests of all programs share one cluster, which `./dev check` starts once (KOHORT_TEST_CLUSTER
 * is its run directory). Each test begins with all nodes up, every replica in sync and every leader
 * the preferred one: what an earlier test left broken is mended first. Put programs into the list
 * `cluster` of test/live/meson.build.
 *
 * A node that is gone is given up after 3 s (broker.session.timeout.ms); a killed one may come back
 * only after that, so a restart takes up to 6 s. */
#ifndef TEST_SUPPORT_LIVE_CLUSTER_H
#define TEST_SUPPORT_LIVE_CLUSTER_H

#include "support/live/live.h"

enum { CLUSTER_NODES = 3, CLUSTER_TEST_SECONDS = 900 };

#define CLUSTER_SUITE(name) TestSuite(name, .init = cluster_begin, .timeout = CLUSTER_TEST_SECONDS)

/* Skips the test where there is no cluster (where CI is set it fails). From here on
 * live_bootstrap() and the admin helper are those of the cluster. */
void cluster_begin(void);

/* "host:port" of a node, 1 to CLUSTER_NODES. Valid as long as the program. */
const char *cluster_address(int node);

/* kill -9. Returns when the process is gone. */
void cluster_kill(int node);
/* Freezes the process: its connections stay open, and nobody answers on them. */
void cluster_stop(int node);
void cluster_continue(int node);
/* Ends a node cleanly if it still runs, and starts it again on the same port with the same data.
 * Returns at once: cluster_is_up() and cluster_is_whole() tell when it is there. */
void cluster_restart(int node);

/* Whether no restart of the node is under way. */
bool cluster_is_up(int node);
/* Whether all nodes answer and every replica of every partition is in sync. */
bool cluster_is_whole(void);
/* Continues and restarts what does not run, waits until all is whole, and gives partitions back to
 * their preferred leaders. The loop of the test stands still meanwhile. */
void cluster_mend(void);

/* Who leads a partition; -1: nobody now. */
int cluster_leader(const char *topic, int partition);
/* Who coordinates a group, which need not exist yet; -1: nobody now. */
int cluster_coordinator(const char *group);
/* Whose process has the active controller. */
int cluster_controller(void);
/* Makes a node the (preferred) leader of a partition, and waits until it is. */
void cluster_move_leader(const char *topic, int partition, int node);

#endif
