/* What an assignor is: a pure function from members and topics to an assignment. No I/O, no clock,
 * no state of its own. */
#ifndef KH_ASSIGNORS_ASSIGNOR_H
#define KH_ASSIGNORS_ASSIGNOR_H

#include "base/arena.h"
#include "base/error.h"
#include "protocol/consumer_protocol.h"

struct kh_assignor_topic {
    struct kh_string name;
    size_t partition_count;
    /* Racks of each partition's replicas (KIP-881); NULL: not known. */
    const struct kh_string *const *racks;
    const size_t *rack_counts;
};

/* What one member said in JoinGroup. */
struct kh_assignor_subscription {
    struct kh_string *topics; /* members may share one list */
    size_t topic_count;
    struct kh_bytes user_data;
    struct kh_bytes owned; /* v1+ (KIP-429), as on the wire: an array of topics with partitions */
    int32_t generation;    /* v2+ (KIP-792); -1: none */
    struct kh_string rack; /* v3+ (KIP-881); null or empty: none */
};

struct kh_assignor_member {
    struct kh_string id;
    struct kh_string instance_id; /* null: dynamic */
    struct kh_assignor_subscription subscription;
};

struct kh_assignor_input {
    const struct kh_assignor_member *members;
    size_t member_count;
    const struct kh_assignor_topic *topics; /* those that exist, each once, sorted by name */
    size_t topic_count;
};

struct kh_assignor_partition {
    uint32_t topic; /* index into the input's topics */
    int32_t partition;
};

/* By member, in the input's order. */
struct kh_assignor_result {
    struct kh_assignor_partition *partitions;
    size_t count;
    struct kh_bytes user_data; /* for the member's assignor; null: none */
};

enum kh_rebalance_mode { KH_REBALANCE_EAGER, KH_REBALANCE_COOPERATIVE };

/* The order in which members come, whatever JoinGroup's is. */
enum kh_member_order {
    KH_ORDER_BY_ID,
    /* AbstractPartitionAssignor.MemberInfo: static members first, by instance id; then the others
     * by member id. */
    KH_ORDER_STATIC_FIRST,
};

/* Where members say what they hold. */
enum kh_claim_source { KH_CLAIMS_NONE, KH_CLAIMS_IN_SUBSCRIPTION, KH_CLAIMS_IN_USER_DATA };

struct kh_interned;
struct kh_assignor;

/* Who gets what, in the dense numbers of intern.h. */
struct kh_shares {
    uint32_t *owners; /* by partition: a rank, or KH_NONE */
    uint32_t *loads;  /* by rank: how many it gets */
};

struct kh_assignor {
    const char *name;      /* on the wire: "range" */
    const char *java_name; /* alias in options; NULL: none */
    enum kh_rebalance_mode mode;
    enum kh_member_order order;
    enum kh_claim_source claims;
    /* One of both. `share` finds owners KH_NONE and loads 0. `assign`, the application's, fills
     * results[0..member_count) with whatever it likes. 0, KOHORT_ENOMEM, or KOHORT_EASSIGNOR with a
     * reason. */
    int (*share)(const struct kh_interned *group, struct kh_arena *arena, struct kh_shares *shares);
    int (*assign)(const struct kh_assignor *self, const struct kh_assignor_input *input,
                  struct kh_arena *arena, struct kh_assignor_result *results, kohort_error *error);
    /* Writes what a member tells its leader in JoinGroup beside its subscription: `assigned` is
     * what it was last given, in that generation. NULL: the assignor wants nothing. The arena is
     * scratch. Failures latch in the writer. */
    void (*write_user_data)(const struct kh_assignor *self, struct kh_arena *arena,
                            struct kh_writer *w, const struct kh_consumer_topic *assigned,
                            size_t topic_count, int32_t generation);
    /* A member was given this, with the leader's user data. NULL: the assignor does not ask. */
    void (*on_assignment)(const struct kh_assignor *self, struct kh_arena *arena,
                          const struct kh_consumer_topic *assigned, size_t topic_count,
                          struct kh_bytes user_data, int32_t generation);
    void *arg; /* the application's */
};

/* By wire name or Java class name; NULL: there is none. */
const struct kh_assignor *kh_assignor_find(struct kh_string name);

/* The whole way of one that has `share`: names to numbers, the assignor, and back; partitions by
 * topic, then number. */
int kh_assignor_assign(const struct kh_assignor *assignor, const struct kh_assignor_input *input,
                       struct kh_arena *arena, struct kh_assignor_result *results);

#endif
