/* What has been seen, over all seeds: a fault that never came, an error that nobody was told, a
 * state in which an answer never arrived prove nothing. Counts only; plain data. */
#ifndef TEST_SIM_SEEN_H
#define TEST_SIM_SEEN_H

#include "coordinator/member.h"
#include "sim/call.h"

/* Kafka's codes from -1 on. */
enum { SIM_ERRORS = 160, SIM_FAULT_KINDS_MAX = 32 };

struct sim_seen {
    uint32_t faults[SIM_FAULT_KINDS_MAX];
    uint32_t errors[KH_API_COUNT][SIM_ERRORS];                    /* by code + 1 */
    uint32_t answers[KH_MEMBER_STATE_COUNT][KH_API_COUNT];        /* received in this state */
    uint32_t moves[KH_MEMBER_STATE_COUNT][KH_MEMBER_STATE_COUNT]; /* from, to */
};

/* An answer was received, by a member in this state. */
void sim_seen_answer(struct sim_seen *seen, enum kh_member_state state,
                     const struct sim_call *call);
void sim_seen_add(struct sim_seen *to, const struct sim_seen *more);
/* Prints how much was seen, and what never was. */
void sim_seen_report(const struct sim_seen *seen, FILE *out);

#endif
