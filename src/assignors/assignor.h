/* What an assignor is: a pure function from members and topics to an assignment. No I/O, no clock,
 * no state of its own. */
#ifndef KH_ASSIGNORS_ASSIGNOR_H
#define KH_ASSIGNORS_ASSIGNOR_H

#include "base/arena.h"
#include "protocol/consumer_protocol.h"

struct kh_assignor_topic {
    struct kh_string name;
    size_t partition_count;
    /* Racks of each partition's replicas (KIP-881); NULL: not known. */
    const struct kh_string *const *racks;
    const size_t *rack_counts;
};

/* One member as its JoinGroup metadata described it. */
struct kh_assignor_member {
    struct kh_string id;
    struct kh_string instance_id; /* null: dynamic */
    struct kh_consumer_subscription subscription;
};

struct kh_assignor_partition {
    uint32_t topic; /* index into the input's topics */
    int32_t partition;
};

struct kh_assignor_input {
    const struct kh_assignor_member *members;
    size_t member_count;
    const struct kh_assignor_topic *topics; /* those that exist, each once, sorted by name */
    size_t topic_count;
};

/* By member, in the input's order. From the arena given to assign. */
struct kh_assignor_result {
    struct kh_assignor_partition *partitions;
    size_t count;
};

enum kh_rebalance_mode { KH_REBALANCE_EAGER, KH_REBALANCE_COOPERATIVE };

struct kh_assignor {
    const char *name;      /* on the wire: "range" */
    const char *java_name; /* alias in options */
    enum kh_rebalance_mode mode;
    /* Fills results[0..member_count). 0, KOHORT_ENOMEM, KOHORT_EASSIGNOR. */
    int (*assign)(const struct kh_assignor_input *input, struct kh_arena *arena,
                  struct kh_assignor_result *results);
    /* Writes what a member tells its leader in JoinGroup beside its subscription: `assigned` is
     * what it was last given, in that generation. NULL: the assignor wants nothing. Failures latch
     * in the writer. */
    void (*write_user_data)(struct kh_writer *w, const struct kh_consumer_topic *assigned,
                            size_t topic_count, int32_t generation);
};

/* By wire name or Java class name; NULL: there is none. */
const struct kh_assignor *kh_assignor_find(struct kh_string name);

/* Member order of range and roundrobin (AbstractPartitionAssignor.MemberInfo): static members
 * first, by instance id; then the others by member id. Fills order[0..member_count) with indices.
 */
void kh_assignor_member_order(const struct kh_assignor_input *input, uint32_t *order);
/* Member order of the sticky assignors: by member id alone. */
void kh_assignor_id_order(const struct kh_assignor_input *input, uint32_t *order);

#endif
