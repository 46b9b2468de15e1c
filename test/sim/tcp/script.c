#include "sim/tcp/script.h"

#include "sim/memory.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const actions[] = {"error", "delay", "cut", "drop"};
enum { ACTION_COUNT = sizeof actions / sizeof *actions };

void script_free(struct script *s)
{
    free(s->faults);
}

static int find_api(const char *name)
{
    for (int api = 0; name != NULL && api < KH_API_COUNT; api++)
        if (strcmp(kh_api_info((enum kh_api)api)->name, name) == 0)
            return sim_serves((enum kh_api)api) ? api : -1;
    return -1;
}

static int find_action(const char *name)
{
    for (int i = 0; name != NULL && i < ACTION_COUNT; i++)
        if (strcmp(actions[i], name) == 0)
            return i;
    return -1;
}

static int64_t number(const json_t *json, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(json, key);

    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const char *read_fault(struct script *s, const json_t *json)
{
    int api = find_api(json_string_value(json_object_get(json, "on")));
    int action = find_action(json_string_value(json_object_get(json, "do")));

    if (api < 0)
        return "\"on\" names no API of the model";
    if (action < 0)
        return "\"do\" is none of error, delay, cut, drop";
    sim_grow(&s->faults, &s->capacity, s->count, sizeof *s->faults);
    s->faults[s->count++] = (struct script_fault){.api = (enum kh_api)api,
                                                  .version = (int)number(json, "version", -1),
                                                  .skip = number(json, "nth", 1) - 1,
                                                  .times = number(json, "times", 1),
                                                  .action = (enum script_action)action,
                                                  .code = (int16_t)number(json, "code", -1),
                                                  .ms = number(json, "ms", 0),
                                                  .behind = number(json, "behind", 0)};
    return NULL;
}

const char *script_read(struct script *s, const char *line)
{
    json_t *json = json_loads(line, 0, NULL);
    const char *wrong = json == NULL ? "not JSON" : read_fault(s, json);

    json_decref(json);
    return wrong;
}

/* The first that concerns this request and is due; others that count it go on counting. */
static struct script_fault *find_due(struct script *s, const struct sim_call *call)
{
    struct script_fault *due = NULL;

    for (size_t i = 0; i < s->count; i++) {
        struct script_fault *f = &s->faults[i];
        if (f->api != call->api || f->times == 0 ||
            (f->version >= 0 && f->version != call->version))
            continue;
        if (f->skip > 0)
            f->skip--;
        else if (due == NULL)
            due = f;
    }
    return due;
}

static void handle_late(struct sim_event *event)
{
    sim_call_go_on(kh_container(event, struct sim_call, event));
}

bool script_intercept(void *script, struct sim_call *call)
{
    struct script *s = script;
    struct script_fault *f = find_due(s, call);

    if (f == NULL)
        return false;
    f->times--;
    s->told(call, actions[f->action]);
    switch (f->action) {
    case SCRIPT_ERROR:
        sim_call_answer(call, sim_error_response(call, f->code));
        return true;
    case SCRIPT_DELAY:
        call->event.fire = handle_late;
        sim_after(call->broker->cluster->network->schedule, &call->event, f->ms * SIM_MS);
        return true;
    case SCRIPT_CUT:
        sim_broker_cut_next(call->broker, call->api, (size_t)f->behind);
        return false;
    case SCRIPT_DROP: /* Its connection says nothing any more. */
        return true;
    }
    return false;
}
