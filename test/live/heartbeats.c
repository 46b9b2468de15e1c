/* Heartbeats and sessions (contract rows C-14, C-15). */
#include "support/live/admin.h"
#include "support/live/member.h"
#include "support/live/proxy.h"

#include <string.h>

LIVE_SUITE(heartbeats);

enum { INTERVAL_MS = 250, WINDOW = 20, WINDOWS = 4 };

/* The mean interval of the last WINDOW heartbeats, in tenths of a millisecond. */
static int64_t mean_tenths(const struct proxy *p)
{
    int64_t last_ms = 0, first_ms = 0;
    int seen = 0;
    for (size_t i = p->request_count; i-- > 0 && seen <= WINDOW;) {
        if (p->requests[i].api_key != kh_api_info(KH_API_HEARTBEAT)->key)
            continue;
        if (seen++ == 0)
            last_ms = p->requests[i].at_ms;
        first_ms = p->requests[i].at_ms;
    }
    return (last_ms - first_ms) * 10 / WINDOW;
}

/* A busy machine makes some late, never early: the best of a few windows tells what was asked of
 * the timer, and a wrong interval is wrong in each. */
KH_TEST(heartbeats, C_14_the_interval_on_the_wire_is_the_configured_one)
{
    struct stage s;
    struct proxy proxy;
    const char *group = live_name("g"), *topic = live_name("t");
    int64_t best = INT64_MAX;
    stage_open(&s);
    proxy_open(&proxy, &s);
    admin_create_topic(topic, 1);
    const char *options[] = {"bootstrap.servers",
                             proxy.address,
                             "heartbeat.interval.ms",
                             "250",
                             "join.heartbeat.interval.ms",
                             "0",
                             NULL};
    struct member *m =
        member_start(&s, "m", group, topic, &(struct member_script){.options = options});
    run_until(&s, member_owned(m) == 1);
    for (int window = 0; window < WINDOWS && best > INTERVAL_MS * 11; window++) {
        size_t wanted = proxy_count(&proxy, KH_API_HEARTBEAT) + WINDOW + 1;
        run_until(&s, proxy_count(&proxy, KH_API_HEARTBEAT) >= wanted);
        int64_t mean = mean_tenths(&proxy);
        stage_check(&s, mean >= INTERVAL_MS * 9);
        best = mean < best ? mean : best;
    }
    stage_check(&s, best <= INTERVAL_MS * 11);
    member_end(m);
    proxy_close(&proxy);
    stage_close(&s);
}

KH_TEST(heartbeats, C_14_an_interval_too_near_to_the_session_is_warned_of)
{
    struct stage s;
    stage_open(&s);
    const char *near[] = {"heartbeat.interval.ms", "4000", "session.timeout.ms", "10000", NULL};
    const char *third[] = {"heartbeat.interval.ms", "3333", "session.timeout.ms", "10000", NULL};
    struct member *m = member_new(&s, "near", "g", &(struct member_script){.options = near});
    cr_expect_eq(m->warnings, 1);
    cr_expect_not_null(strstr(m->warning, "heartbeat.interval.ms"), "%s", m->warning);
    m = member_new(&s, "third", "g", &(struct member_script){.options = third});
    cr_expect_eq(m->warnings, 0, "%s", m->warning);
    stage_close(&s);
}

static const struct member_entry *fail_by_session(struct stage *s, const char *session_timeout_ms)
{
    const char *topic = live_name("t");
    admin_create_topic(topic, 1);
    const char *options[] = {"session.timeout.ms", session_timeout_ms, "heartbeat.interval.ms",
                             "10", NULL};
    struct member *m =
        member_start(s, "m", live_name("g"), topic, &(struct member_script){.options = options});
    run_until(s, m->counts[MEMBER_FAILED] > 0);
    const struct member_entry *failed = member_last(m, MEMBER_FAILED, -1);
    /* Reported once: nothing goes on by itself. Closing is legal, and quiet. */
    member_close(m);
    run_until(s, m->closed);
    cr_expect_eq(m->counts[MEMBER_FAILED], 1);
    cr_expect_eq(m->counts[MEMBER_ASSIGNED], 0);
    return failed;
}

KH_TEST(heartbeats, C_15_a_session_out_of_the_brokers_bounds_is_one_terminal_error)
{
    static const char *const timeouts[] = {"50", "86400000"};
    for (size_t i = 0; i < 2; i++) {
        struct stage s;
        stage_open(&s);
        const kohort_error *error = &fail_by_session(&s, timeouts[i])->error;
        cr_expect_eq(error->code, KOHORT_EBROKER);
        cr_expect_str_eq(kohort_kafka_error_name(error->kafka_code), "INVALID_SESSION_TIMEOUT");
        cr_expect_not_null(strstr(error->text, "INVALID_SESSION_TIMEOUT"), "%s", error->text);
        cr_expect_not_null(strstr(error->text, "JoinGroup"), "%s", error->text);
        cr_expect_not_null(strstr(error->text, "session.timeout.ms"), "%s", error->text);
        stage_close(&s);
    }
}
