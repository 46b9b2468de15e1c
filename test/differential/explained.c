/* Where the model is not as Kafka is, and need not be. */
#include "differential/normal.h"

#include "protocol/api.h"

#include <string.h>

/* Whether there was something to explain. */
typedef bool explanation(json_t *model, json_t *broker);

static const json_t *find_key(const json_t *list, json_int_t key)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item) if (json_integer_value(json_object_get(item, "apiKey")) ==
                                          key) return item;
    return NULL;
}

/* The model has the APIs that the simulator needs, at the versions that kohort speaks. All of them
 * must be Kafka's too. */
static bool explain_other_apis(json_t *model, json_t *broker)
{
    json_t *ours = json_object_get(model, "apiKeys"), *item;
    const json_t *theirs = json_object_get(broker, "apiKeys");
    size_t i;

    json_array_foreach(
        ours, i, item) if (find_key(theirs, json_integer_value(json_object_get(item, "apiKey"))) ==
                           NULL) return false;
    json_object_del(model, "apiKeys");
    json_object_del(broker, "apiKeys");
    return true;
}

/* No client of a group looks at them. */
static bool explain_features(json_t *model, json_t *broker)
{
    static const char *const keys[] = {"supportedFeatures", "finalizedFeatures",
                                       "finalizedFeaturesEpoch", "zkMigrationReady"};
    bool found = false;

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        found = json_object_get(broker, keys[i]) != NULL || found;
        json_object_del(model, keys[i]);
        json_object_del(broker, keys[i]);
    }
    return found;
}

static const struct {
    const char *name;
    enum kh_api api;
    explanation *apply;
} explanations[] = {
    {"other-apis", KH_API_API_VERSIONS, explain_other_apis},
    {"features", KH_API_API_VERSIONS, explain_features},
    {"leader", KH_API_JOIN_GROUP, NULL}, /* explain_leader */
};
enum { BY_LEADER = 2 };
static size_t counts[EXPLAINED_MAX];

void explain(enum kh_api api, json_t *model, json_t *broker)
{
    for (size_t i = 0; explained_name(i) != NULL; i++)
        if (explanations[i].api == api && explanations[i].apply != NULL &&
            explanations[i].apply(model, broker))
            counts[i]++;
}

bool explain_leader(const json_t *model, const json_t *broker, const char *leader_before)
{
    const char *ours = json_string_value(json_object_get(model, "leader"));
    const char *theirs = json_string_value(json_object_get(broker, "leader"));
    bool applies = leader_before[0] != '\0' && ours != NULL && theirs != NULL && ours[0] != '\0' &&
                   theirs[0] != '\0' && strcmp(ours, theirs) != 0 &&
                   strcmp(ours, leader_before) != 0 && strcmp(theirs, leader_before) != 0;

    counts[BY_LEADER] += applies;
    return applies;
}

const char *explained_name(size_t index)
{
    return index < sizeof explanations / sizeof *explanations ? explanations[index].name : NULL;
}

size_t explained_count(size_t index)
{
    return counts[index];
}
