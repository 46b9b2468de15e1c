/* All partitions, by topic and number, dealt to the members in order like cards; who does not
 * subscribe to a topic is passed over. Java's RoundRobinAssignor gives the same layout. */
#ifndef KH_ASSIGNORS_ROUNDROBIN_H
#define KH_ASSIGNORS_ROUNDROBIN_H

#include "assignors/assignor.h"

extern const struct kh_assignor kh_assignor_roundrobin;

#endif
