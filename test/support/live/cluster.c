#include "support/live/cluster.h"

#include "support/live/admin.h"
#include "support/live/dev.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESS_SIZE = 64, MEND_MS = 120000, MEND_PAUSE_US = 50000 };

static const char *directory;
static pid_t restarting[CLUSTER_NODES + 1]; /* 0: no restart is under way */

static pid_t begin_action(const char *action, int node)
{
    char number[8];
    cr_assert(node >= 1 && node <= CLUSTER_NODES, "there is no node %d", node);
    snprintf(number, sizeof number, "%d", node);
    return dev_begin(directory, (const char *const[]){action, number, NULL});
}

static void act(const char *action, int node)
{
    cr_assert_eq(dev_wait(begin_action(action, node)), 0, "could not %s node %d", action, node);
}

void cluster_kill(int node)
{
    act("kill", node);
}

void cluster_stop(int node)
{
    act("stop", node);
}

void cluster_continue(int node)
{
    act("continue", node);
}

void cluster_restart(int node)
{
    cr_assert(cluster_is_up(node), "node %d is being restarted already", node);
    restarting[node] = begin_action("restart", node);
}

bool cluster_is_up(int node)
{
    if (restarting[node] != 0 && dev_ended(restarting[node], "restart a node"))
        restarting[node] = 0;
    return restarting[node] == 0;
}

/* Asks the helper; NULL: whole, else what is missing. Valid until the next call. */
static const char *missing(void)
{
    static char reason[256];
    for (int node = 1; node <= CLUSTER_NODES; node++)
        if (!cluster_is_up(node))
            return "a node is starting";
    json_t *answer = admin_try(json_pack("{ss si}", "do", "checkWhole", "nodes", CLUSTER_NODES));
    bool whole = json_is_true(json_object_get(answer, "whole"));
    const char *text = json_string_value(json_object_get(answer, "missing"));
    if (text == NULL)
        text = json_string_value(json_object_get(answer, "message")); /* it could not be asked */
    snprintf(reason, sizeof reason, "%s", text == NULL ? "" : text);
    json_decref(answer);
    return whole ? NULL : reason;
}

bool cluster_is_whole(void)
{
    return missing() == NULL;
}

/* Criterion says of a failure before a test's body only that there was one. */
static void refuse(const char *why)
{
    fprintf(stderr, "no whole cluster in %s: %s\n", directory, why);
    cr_assert_fail("no whole cluster: %s", why);
}

/* NULL: every leader is the preferred one; else what the controller says, valid until the next
 * call. */
static const char *elect_preferred(void)
{
    static char reason[256];
    json_t *answer = admin_try(json_pack("{ss}", "do", "electPreferredLeaders"));
    bool refused = json_object_get(answer, "error") != NULL;
    snprintf(reason, sizeof reason, "leaders: %s",
             refused ? json_string_value(json_object_get(answer, "message")) : "");
    json_decref(answer);
    return refused ? reason : NULL;
}

void cluster_mend(void)
{
    char count[8];
    const char *what;
    int64_t deadline_ms = live_now_ms() + MEND_MS;
    for (int node = 1; node <= CLUSTER_NODES; node++)
        dev_wait(begin_action("continue", node)); /* fails for one that does not run */
    snprintf(count, sizeof count, "%d", CLUSTER_NODES);
    int up = dev_wait(dev_begin(directory, (const char *const[]){"up", "--nodes", count, NULL}));
    if (up != 0)
        refuse("the cluster could not be started again");
    while ((what = missing()) != NULL || (what = elect_preferred()) != NULL) {
        if (live_now_ms() > deadline_ms)
            refuse(what);
        usleep(MEND_PAUSE_US);
    }
}

void cluster_begin(void)
{
    live_begin();
    directory = getenv("KOHORT_TEST_CLUSTER");
    if (directory == NULL && getenv("CI") == NULL)
        cr_skip_test("no cluster: set KOHORT_TEST_CLUSTER, or run ./dev check");
    cr_assert_not_null(directory, "no cluster: KOHORT_TEST_CLUSTER is not set");
    const char *bootstrap = dev_read(directory, "bootstrap");
    cr_assert_not_null(bootstrap, "no cluster runs in %s", directory);
    live_use(bootstrap);
    cluster_mend();
}

const char *cluster_address(int node)
{
    static char addresses[CLUSTER_NODES + 1][ADDRESS_SIZE];
    const char *address = live_bootstrap();
    cr_assert(node >= 1 && node <= CLUSTER_NODES, "there is no node %d", node);
    for (int i = 1; i < node; i++)
        address = strchr(address, ',') + 1;
    snprintf(addresses[node], ADDRESS_SIZE, "%.*s", (int)strcspn(address, ","), address);
    return addresses[node];
}

static int ask(json_t *request, const char *field)
{
    json_t *answer = admin_call(request);
    int number = (int)json_integer_value(json_object_get(answer, field));
    json_decref(answer);
    return number;
}

int cluster_leader(const char *topic, int partition)
{
    json_t *answer = admin_call(json_pack("{ss ss}", "do", "describeTopic", "topic", topic));
    const json_t *entry = json_array_get(json_object_get(answer, "partitions"), (size_t)partition);
    cr_assert_not_null(entry, "there is no %s-%d", topic, partition);
    int leader = (int)json_integer_value(json_object_get(entry, "leader"));
    json_decref(answer);
    return leader;
}

int cluster_coordinator(const char *group)
{
    return ask(json_pack("{ss ss}", "do", "coordinator", "group", group), "node");
}

int cluster_controller(void)
{
    return ask(json_pack("{ss}", "do", "describeQuorum"), "controller");
}

void cluster_move_leader(const char *topic, int partition, int node)
{
    admin_do(json_pack("{ss ss si si}", "do", "moveLeader", "topic", topic, "partition", partition,
                       "to", node));
}
