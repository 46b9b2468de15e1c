/* Topics that the same members subscribe to are one class. */
#ifndef KH_ASSIGNORS_TOPIC_CLASSES_H
#define KH_ASSIGNORS_TOPIC_CLASSES_H

#include "assignors/interests.h"

/* By topic: the first topic of its class. All memory is the arena's. 0 or KOHORT_ENOMEM. */
int kh_topic_classes(const struct kh_interned *group, const struct kh_interests *interests,
                     struct kh_arena *arena, uint32_t **ret);

#endif
