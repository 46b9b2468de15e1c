/* Both hand out partitions as evenly as the subscriptions allow, and leave with who holds it what
 * such a layout can: all of it when subscriptions are equal; when they differ, an exchange between
 * three that would save one move more can be missed. They differ in how a member tells what it
 * holds, and in what happens to a partition that moves: "sticky" (KIP-54) gives it to its new owner
 * at once, for everybody lets go of everything before a rebalance; "cooperative-sticky" (KIP-429)
 * withholds it as long as another member still claims it: the rebalance that follows once that one
 * has let go hands it out.
 *
 * Which member keeps one more than another is not specified by Kafka; here it depends on the member
 * ids and on what they hold, never on the order in which JoinGroup lists them. With
 * racks known (KIP-881) what is held far from its holder counts as held by nobody, and as many
 * partitions as exchanges of equals find go to who is near. */
#ifndef KH_ASSIGNORS_STICKY_H
#define KH_ASSIGNORS_STICKY_H

#include "assignors/assignor.h"

extern const struct kh_assignor kh_assignor_sticky;
extern const struct kh_assignor kh_assignor_cooperative_sticky;

#endif
