/* From a topic's name to its index. Members name the same topics in the same order over and over,
 * so what followed a name last time is tried before the hash. */
#ifndef KH_ASSIGNORS_TOPIC_NAMES_H
#define KH_ASSIGNORS_TOPIC_NAMES_H

#include "assignors/assignor.h"
#include "base/map.h"

#define KH_NO_TOPIC UINT32_MAX

struct kh_topic_names {
    const struct kh_assignor_topic *topics;
    struct kh_map map;
    uint32_t *followers; /* by topic: the one asked for after it; one more: the first one asked */
    size_t previous;
};

/* The map is from the arena's heap: kh_topic_names_free, also after a failure. 0, KOHORT_ENOMEM. */
int kh_topic_names_init(struct kh_topic_names *names, const struct kh_assignor_input *input,
                        struct kh_arena *arena);
void kh_topic_names_free(struct kh_topic_names *names);
/* KH_NO_TOPIC for one that does not exist. */
uint32_t kh_topic_names_find(struct kh_topic_names *names, struct kh_string name);

#endif
