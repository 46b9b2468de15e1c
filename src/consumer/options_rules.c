/* The rules that one row of the table cannot say: shapes of texts, and what options mean together.
 */
#include "consumer/options.h"
#include "consumer/strategy.h"
#include "consumer/topic_name.h"
#include "net/version_ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_MAX = 512, GROUP_ID_MAX = 32767 };

/* Calls `entry` for each part of a list parted by commas, spaces around it cut. */
static void each_entry(kohort_options *o, const char *list,
                       void (*entry)(kohort_options *, const char *))
{
    char text[ENTRY_MAX];
    for (const char *at = list; at != NULL;) {
        const char *end = strchr(at, ',');
        size_t size = end == NULL ? strlen(at) : (size_t)(end - at);
        while (size > 0 && *at == ' ') {
            at++;
            size--;
        }
        while (size > 0 && at[size - 1] == ' ')
            size--;
        snprintf(text, sizeof text, "%.*s", (int)size, at);
        entry(o, text);
        at = end == NULL ? NULL : end + 1;
    }
}

static void check_server(kohort_options *o, const char *server)
{
    const char *colon = strrchr(server, ':');
    if (strstr(server, "://") != NULL) {
        kh_options_complain(o, "bootstrap.servers: \"%s\" is a URL; write host:port", server);
        return;
    }
    char *end = NULL;
    long port = colon == NULL ? 0 : strtol(colon + 1, &end, 10);
    if (colon == NULL || colon == server || end == colon + 1 || *end != '\0' || port < 1 ||
        port > 65535)
        kh_options_complain(
            o, "bootstrap.servers: \"%s\" is not host:port (an IPv6 address goes in brackets)",
            server);
}

void kh_options_check_texts(kohort_options *o, enum kh_option_scope scope,
                            const struct kh_option_values *values)
{
    each_entry(o, values->bootstrap_servers, check_server);
    struct kh_version_ranges ranges;
    char problem[ENTRY_MAX];
    kh_version_ranges_init(&ranges);
    if (kh_version_ranges_parse(&ranges, values->api_versions, problem, sizeof problem) != 0)
        kh_options_complain(o, "api.versions: %s", problem);
    if (scope != KH_OPTION_CONSUMER)
        return;
    struct kh_strategy strategy;
    kh_strategy_read(&strategy, o, values->assignors);
    if (values->group_id != NULL && strlen(values->group_id) > GROUP_ID_MAX)
        kh_options_complain(o, "group.id: longer than %d bytes", GROUP_ID_MAX);
    /* JoinGroupRequest.validateGroupInstanceId: as a topic. */
    if (*values->group_instance_id != '\0' && !kh_topic_name_valid(values->group_instance_id))
        kh_options_complain(o,
                            "group.instance.id=%.300s: letters, digits, '.', '_' and '-', at most "
                            "%d, and neither \".\" nor \"..\"",
                            values->group_instance_id, KH_TOPIC_NAME_MAX);
}

static void check_client(struct kh_option_values *values)
{
    if (values->retry_backoff_ms > values->retry_backoff_max_ms)
        values->retry_backoff_max_ms = values->retry_backoff_ms;
    if (values->reconnect_backoff_ms > values->reconnect_backoff_max_ms)
        values->reconnect_backoff_max_ms = values->reconnect_backoff_ms;
}

static void check_consumer(kohort_options *o, struct kh_option_values *values)
{
    if (values->heartbeat_interval_ms >= values->session_timeout_ms)
        kh_options_complain(o,
                            "heartbeat.interval.ms=%lld: must be below session.timeout.ms=%lld, at "
                            "best a third of it",
                            (long long)values->heartbeat_interval_ms,
                            (long long)values->session_timeout_ms);
    /* A drain must end while the group still waits for us. */
    if (values->drain_timeout_ms >= values->max_poll_interval_ms)
        values->drain_timeout_ms = values->max_poll_interval_ms / 2;
    if (!values->enable_auto_commit) /* Kafka's switch for the same thing. */
        values->commit_mode = KH_COMMIT_MANUAL;
    if (values->fetch_max_wait_ms >= values->request_timeout_ms)
        kh_options_complain(o, "fetch.max.wait.ms=%lld: must be below request.timeout.ms=%lld",
                            (long long)values->fetch_max_wait_ms,
                            (long long)values->request_timeout_ms);
}

void kh_options_check_together(kohort_options *o, enum kh_option_scope scope,
                               struct kh_option_values *values)
{
    check_client(values);
    if (scope == KH_OPTION_CONSUMER)
        check_consumer(o, values);
}
