/* Faults of the model over TCP, as lines of JSON say them:
 *
 *     {"on":"OffsetFetch","do":"error","code":14,"times":2}
 *     {"on":"Fetch","version":12,"nth":3,"do":"cut","behind":40}
 *     {"on":"Heartbeat","do":"delay","ms":500}        {"on":"JoinGroup","do":"drop"}
 *
 * `nth` counts requests of that API, and of that version if there is one, from when the line came
 * (default: the next one); `times` says how many in a row. */
#ifndef TEST_SIM_TCP_SCRIPT_H
#define TEST_SIM_TCP_SCRIPT_H

#include "sim/call.h"

enum script_action { SCRIPT_ERROR, SCRIPT_DELAY, SCRIPT_CUT, SCRIPT_DROP };

struct script_fault {
    enum kh_api api;
    int version; /* -1: any */
    int64_t skip, times;
    enum script_action action;
    int16_t code;
    int64_t ms, behind;
};

struct script {
    struct script_fault *faults;
    size_t count, capacity;
    /* Each fault that happens; for the program's output. */
    void (*told)(const struct sim_call *call, const char *action);
};

void script_free(struct script *s);
/* NULL, or what is wrong with the line. */
const char *script_read(struct script *s, const char *line);
/* For sim_cluster.intercept. */
bool script_intercept(void *script, struct sim_call *call);

#endif
