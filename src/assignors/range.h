/* Per topic: members in order, partitions in order, each member a range of them; the first
 * (partitions mod members) members get one more. With racks known (KIP-881) members get partitions
 * that have a replica in their rack, as far as that leaves everybody's share as it was. Java's
 * RangeAssignor gives the same layout. */
#ifndef KH_ASSIGNORS_RANGE_H
#define KH_ASSIGNORS_RANGE_H

#include "assignors/assignor.h"

extern const struct kh_assignor kh_assignor_range;

#endif
