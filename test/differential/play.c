#include "differential/play.h"

#include "differential/normal.h"
#include "protocol/describe_groups.h"
#include "protocol/fetch.h"
#include "schema/schema_json.h"
#include "support/json_difference.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SETTLE_MS = 150,        /* of virtual time: what the model will answer at once, it has */
    MODEL_WAIT_MS = 20000,  /* of virtual time: for a timeout of the sequence */
    BROKER_WAIT_MS = 10000, /* until an answer that the model has given is missed */
    TURN_MS = 10,
    BARRIERS = 3,
    APPEND_TIMESTAMP_MS = 3000,
};

__attribute__((format(printf, 2, 3))) static void tell(struct play *p, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int size = vsnprintf(p->story + p->story_size, STORY_SIZE - p->story_size, format, arguments);
    va_end(arguments);
    if (size > 0 && p->story_size + (size_t)size < STORY_SIZE)
        p->story_size += (size_t)size;
}

static void tell_json(struct play *p, const char *who, int slot, json_t *json)
{
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

    tell(p, "      %s m%d %.3000s\n", who, slot, text == NULL ? "the connection ends" : text);
    free(text);
}

static void tell_step(struct play *p, const struct step *step, const void *request)
{
    const struct kh_api_info *info = kh_api_info(step->api);
    json_t *json = request == NULL ? NULL
                                   : schema_to_json(schema_find(info->key, SCHEMA_REQUEST),
                                                    step->version, request);
    char *text;

    if (json != NULL)
        normalise(&p->model, step->api, json);
    text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    tell(p, "  m%d asks %s v%d %.3000s\n", step->slot, info->name, step->version,
         text == NULL ? "" : text);
    free(text);
    json_decref(json);
}

static bool has_come(struct side *s, int slot)
{
    struct side_connection *c = &s->connections[slot];

    return c->waiting && side_has_answer(c);
}

static bool any_has_come(struct side *s)
{
    for (int i = 0; i < SIDE_SLOTS; i++)
        if (has_come(s, i))
            return true;
    return false;
}

/* Requests of groups are handled one after the other (CoordinatorRuntime), so what came before this
 * has been handled when it is answered. Which came first is for the broker's threads to say,
 * though: hence several. */
static void pass_barrier(struct play *p)
{
    const struct kh_string group = kh_string_of(p->scene.group);
    const struct kh_describe_groups_request request = {.groups = &group, .group_count = 1};

    for (int i = 0; i < BARRIERS; i++)
        side_call(&p->broker, SIDE_CONTROL, KH_API_DESCRIBE_GROUPS, 5, &request);
}

/* Lets both do what they will; the broker, until it has answered what the model has. */
static void settle(struct play *p, const struct step *step)
{
    bool parked = false;

    for (int ms = 0; step->waits && !any_has_come(&p->model) && ms < MODEL_WAIT_MS; ms += TURN_MS)
        p->model.ops->turn(&p->model, TURN_MS);
    p->model.ops->turn(&p->model, SETTLE_MS);
    for (int i = 0; i < SIDE_SLOTS; i++) {
        if (!has_come(&p->model, i)) {
            parked = parked || p->model.connections[i].waiting;
            continue;
        }
        for (int ms = 0; !has_come(&p->broker, i) && ms < BROKER_WAIT_MS; ms += TURN_MS)
            p->broker.ops->turn(&p->broker, TURN_MS);
    }
    if (parked)
        pass_barrier(p);
}

static void note_leader(struct play *p, const json_t *json)
{
    const char *leader = json_string_value(json_object_get(json, "leader"));

    if (leader != NULL && leader[0] != '\0')
        snprintf(p->leader, sizeof p->leader, "%s", leader);
}

static bool compare(struct play *p, int slot, enum kh_api api, struct side_answer *model,
                    struct side_answer *broker)
{
    struct json_difference difference;

    if (model->closed && broker->closed)
        return true;
    if (model->json == NULL || broker->json == NULL) {
        tell(p, "    DIFFERENCE: %s does not answer %s of m%d\n",
             model->json == NULL ? "the model" : "Kafka", kh_api_info(api)->name, slot);
        tell_json(p, "model", slot, model->json);
        tell_json(p, "Kafka", slot, broker->json);
        return false;
    }
    normalise(&p->model, api, model->json);
    normalise(&p->broker, api, broker->json);
    tell_json(p, "->", slot, model->json);
    explain(api, model->json, broker->json);
    if (api == KH_API_JOIN_GROUP && explain_leader(model->json, broker->json, p->leader)) {
        p->parted = true;
        return true;
    }
    if (!json_differs(model->json, broker->json, &difference)) {
        p->answers[api]++;
        note_leader(p, model->json);
        return true;
    }
    tell(p, "    DIFFERENCE: %s of m%d: %s (the model here, Kafka expected)\n",
         kh_api_info(api)->name, slot, difference.text);
    tell_json(p, "Kafka", slot, broker->json);
    return false;
}

/* All that was answered, by either. Ids are learnt before anything is compared: a leader is told
 * of members whose own answer comes at the same time. */
static bool compare_all(struct play *p)
{
    struct side_answer model[SIDE_SLOTS] = {0}, broker[SIDE_SLOTS] = {0};
    enum kh_api apis[SIDE_SLOTS];
    bool equal = true;

    for (int i = 0; i < SIDE_SLOTS; i++) {
        apis[i] = p->model.connections[i].api;
        bool has_model = p->model.connections[i].waiting && side_take(&p->model, i, &model[i]);
        bool has_broker = p->broker.connections[i].waiting && side_take(&p->broker, i, &broker[i]);
        if (has_model && model[i].response != NULL)
            side_learn(&p->model, i, model[i].response);
        if (has_broker && broker[i].response != NULL)
            side_learn(&p->broker, i, broker[i].response);
    }
    for (int i = 0; i < SIDE_SLOTS; i++) {
        if (model[i].json != NULL || broker[i].json != NULL || model[i].closed || broker[i].closed)
            equal = compare(p, i, apis[i], &model[i], &broker[i]) && equal;
        json_decref(model[i].json);
        json_decref(broker[i].json);
    }
    return equal;
}

static bool play_step(struct play *p, const struct step *step)
{
    if (step->appends) {
        append_both(p, p->growing, APPEND_TIMESTAMP_MS);
        p->scene.growing_end = p->growing->end_offset;
    } else if (!step->waits) {
        if (p->model.connections[step->slot].waiting)
            return true; /* Its connection is taken by what is parked. */
        const void *request = ask_build(&p->scene, step, &p->model);
        tell_step(p, step, request);
        side_ask(&p->model, step->slot, step->api, step->version, request);
        side_ask(&p->broker, step->slot, step->api, step->version,
                 ask_build(&p->scene, step, &p->broker));
    }
    settle(p, step);
    bool equal = compare_all(p);
    kh_arena_reset(&p->model.arena);
    kh_arena_reset(&p->broker.arena);
    return equal;
}

/* A broker keeps a thousand, and for minutes (max.incremental.fetch.session.cache.slots). */
static void end_sessions(struct side *s)
{
    struct kh_fetch_request request = KH_FETCH_REQUEST_DEFAULTS;

    for (size_t i = 0; i < s->session_count; i++) {
        request.session_id = s->sessions[i];
        side_call(s, SIDE_CONTROL, KH_API_FETCH, 12, &request);
    }
}

static bool play_steps(struct play *p, const struct sequence *s)
{
    for (size_t i = 0; i < s->step_count && !p->parted; i++)
        if (!play_step(p, &s->steps[i]))
            return false;
    return true;
}

bool play(struct play *p, const struct sequence *s)
{
    p->story_size = 0;
    side_begin(&p->model);
    side_begin(&p->broker);
    p->leader[0] = '\0';
    p->parted = false;
    bool equal = play_steps(p, s);
    end_sessions(&p->model);
    end_sessions(&p->broker);
    return equal;
}
