#include "sim/seen.h"

#include "schema/schema.h"
#include "sim/faults.h"

#include <inttypes.h>
#include <string.h>

static void see_error(struct sim_seen *seen, enum kh_api api, int16_t code)
{
    if (code >= -1 && code + 1 < SIM_ERRORS)
        seen->errors[api][code + 1]++;
}

/* Every errorCode of the message, at whatever depth. */
static void see_errors(struct sim_seen *seen, const struct sim_call *call, const struct schema *s,
                       const char *in)
{
    for (size_t i = 0; i < s->field_count; i++) {
        const struct schema_field *f = &s->fields[i];
        const char *at = in + f->offset, *items;

        if (!schema_in(f->versions, call->version))
            continue;
        if (f->type == SCHEMA_I16 && strcmp(f->name, "errorCode") == 0) {
            see_error(seen, call->api, *(const int16_t *)(const void *)at);
        } else if (f->type == SCHEMA_ARRAY && f->item_type == SCHEMA_STRUCT) {
            memcpy(&items, at, sizeof items);
            for (size_t k = 0; k < *(const size_t *)(const void *)(in + f->count_offset); k++)
                see_errors(seen, call, f->schema, items + k * f->item_size);
        }
    }
}

void sim_seen_answer(struct sim_seen *seen, enum kh_member_state state, const struct sim_call *call)
{
    seen->answers[state][call->api]++;
    see_errors(seen, call, schema_find(call->header.api_key, SCHEMA_RESPONSE), call->response);
}

void sim_seen_add(struct sim_seen *to, const struct sim_seen *more)
{
    uint32_t *sums = (uint32_t *)to;
    const uint32_t *counts = (const uint32_t *)more;

    for (size_t i = 0; i < sizeof *to / sizeof *sums; i++)
        sums[i] += counts[i];
}

static void report_faults(const struct sim_seen *seen, FILE *out)
{
    uint64_t all = 0;

    fputs("faults:", out);
    for (int kind = 0; kind < SIM_FAULT_KINDS; kind++) {
        all += seen->faults[kind];
        fprintf(out, " %s %" PRIu32, sim_fault_name((enum sim_fault_kind)kind), seen->faults[kind]);
    }
    fprintf(out, "; %" PRIu64 " in all\n", all);
}

static void report_errors(const struct sim_seen *seen, FILE *out)
{
    for (int api = 0; api < KH_API_COUNT; api++) {
        int16_t code;
        for (size_t i = 0; (code = sim_fault_error((enum kh_api)api, i)) != 0; i++)
            if (seen->errors[api][code + 1] == 0)
                fprintf(out, "never seen: %s answered %s\n", kh_api_info((enum kh_api)api)->name,
                        kohort_kafka_error_name(code));
    }
}

/* Idle and failed members ask nothing of their own. */
static void report_states(const struct sim_seen *seen, FILE *out)
{
    for (int from = 0; from < KH_MEMBER_STATE_COUNT; from++)
        for (int to = 0; to < KH_MEMBER_STATE_COUNT; to++)
            if (kh_member_move_is_legal((enum kh_member_state)from, (enum kh_member_state)to) &&
                from != to && seen->moves[from][to] == 0)
                fprintf(out, "never seen: %s -> %s\n",
                        kh_member_state_name((enum kh_member_state)from),
                        kh_member_state_name((enum kh_member_state)to));
    for (int state = KH_MEMBER_FINDING; state < KH_MEMBER_FAILED; state++)
        for (int api = 0; api < KH_API_COUNT; api++)
            if (seen->answers[KH_MEMBER_STABLE][api] + seen->answers[KH_MEMBER_JOINING][api] > 0 &&
                seen->answers[state][api] == 0)
                fprintf(out, "never seen: an answer of %s while %s\n",
                        kh_api_info((enum kh_api)api)->name,
                        kh_member_state_name((enum kh_member_state)state));
}

void sim_seen_report(const struct sim_seen *seen, FILE *out)
{
    report_faults(seen, out);
    report_errors(seen, out);
    report_states(seen, out);
}
