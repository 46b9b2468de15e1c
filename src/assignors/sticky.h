/* Both hand out partitions as evenly as the subscriptions allow, and leave with who holds it what
 * such a layout can: all of it when subscriptions are equal, or the group is not large; in a large
 * one of different subscriptions an exchange among several can be missed. They differ in how a
 * member tells what it holds, and in what happens to a partition that moves: "sticky" (KIP-54)
 * gives it to its new owner at once, for everybody lets go of everything before a rebalance;
 * "cooperative-sticky" (KIP-429) withholds it as long as another member still claims it: the
 * rebalance that follows once that one has let go hands it out.
 *
 * Which member keeps one more than another is not specified by Kafka; here it depends on the member
 * ids and on what they hold, never on the order in which JoinGroup lists them. With
 * racks known (KIP-881) what is held is given up for nearness where that brings at least as much:
 * two partitions near, say, for one that moves. */
#ifndef KH_ASSIGNORS_STICKY_H
#define KH_ASSIGNORS_STICKY_H

#include "assignors/assignor.h"

extern const struct kh_assignor kh_assignor_sticky;
extern const struct kh_assignor kh_assignor_cooperative_sticky;

#endif
