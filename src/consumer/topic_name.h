/* What Kafka takes as the name of a topic, and of a static member too (Topic.java). */
#ifndef KH_CONSUMER_TOPIC_NAME_H
#define KH_CONSUMER_TOPIC_NAME_H

#include <stdbool.h>

enum { KH_TOPIC_NAME_MAX = 249 };

/* NULL is none. */
bool kh_topic_name_valid(const char *name);

#endif
