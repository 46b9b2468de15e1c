/* What is asked: sequences of requests from a seed. A step says only what is to be decided; what
 * the request then holds depends on what the side has told so far, ids and generations. */
#ifndef TEST_DIFFERENTIAL_SEQUENCE_H
#define TEST_DIFFERENTIAL_SEQUENCE_H

#include "base/random.h"
#include "differential/side.h"

enum { SEQUENCE_STEPS_MAX = 48, STEP_CHOICES = 8 };

struct step {
    int slot; /* who asks */
    enum kh_api api;
    int version;
    uint32_t choices[STEP_CHOICES]; /* what the request builder decides by */
    bool waits;                     /* no request: time passes until something is answered */
    bool appends;                   /* no request: records come to the growing topic */
};

/* What sequences are about. */
enum sequence_kind {
    SEQUENCE_GROUP,   /* dynamic members */
    SEQUENCE_STATIC,  /* members with a group.instance.id */
    SEQUENCE_TIMEOUT, /* members that do not come back in time */
    SEQUENCE_OFFSETS,
    SEQUENCE_FETCH,
    SEQUENCE_CLUSTER,
    SEQUENCE_KIND_COUNT,
};

struct sequence {
    enum sequence_kind kind;
    struct step steps[SEQUENCE_STEPS_MAX];
    size_t step_count;
};

/* Which versions the broker speaks. */
struct version_range {
    int16_t oldest, newest; /* newest < oldest: none */
};

struct topic_ref {
    const char *name;
    struct kh_uuid id;
};

enum { TOPIC_WHOLE, TOPIC_MISSING, TOPIC_GROWING, TOPIC_COUNT };

/* What all sequences are played with. */
struct scene {
    struct version_range versions[KH_API_COUNT];
    struct topic_ref topics[TOPIC_COUNT];
    int64_t growing_end;
    char group[SIDE_TEXT];
    size_t seed; /* of the sequence */
    enum sequence_kind kind;
};

void sequence_make(struct sequence *s, const struct scene *scene, uint64_t seed);
const char *sequence_kind_name(enum sequence_kind kind);

/* The request of a step, from the side's arena; NULL: it has no body. */
const void *ask_build(const struct scene *scene, const struct step *step, struct side *side);

/* Of those who build requests: one of a list, by choice i. */
static inline uint32_t chosen(const struct step *step, int i, size_t count)
{
    return step->choices[i] % (uint32_t)count;
}
#define CHOSEN(step, i, list) ((list)[chosen((step), (i), sizeof(list) / sizeof *(list))])
typedef const void *ask_builder(const struct scene *scene, const struct step *step,
                                struct side *side);
/* ask_group.c */
ask_builder ask_join_group, ask_sync_group, ask_heartbeat, ask_leave_group;
/* Who the request says it is. */
struct identity {
    struct kh_string member_id, instance_id;
    int32_t generation;
};
struct identity ask_identity(const struct scene *scene, const struct step *step, struct side *side,
                             int static_since);
/* ask_offsets.c */
ask_builder ask_offset_commit, ask_offset_fetch;
/* ask_data.c */
ask_builder ask_list_offsets, ask_fetch, ask_metadata, ask_find_coordinator, ask_api_versions;

#endif
