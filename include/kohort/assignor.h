/* Assignors of the application's own: who gets which partition is decided by the member that leads
 * the group, with code that every member must know by the same name. Included by kohort.h. */
#ifndef KOHORT_ASSIGNOR_H
#define KOHORT_ASSIGNOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Partitions of one topic. */
typedef struct kohort_topic_partitions {
    const char *topic;
    const int32_t *partitions;
    size_t count;
} kohort_topic_partitions;

/* Bytes that assignors tell each other; data NULL: none. */
typedef struct kohort_user_data {
    const void *data;
    size_t size;
} kohort_user_data;

/* One member, as its JoinGroup described it. Fields are only ever appended. */
typedef struct kohort_group_member {
    const char *id;
    const char *instance_id; /* NULL: dynamic */
    const char *rack;        /* NULL: it does not say */
    const char *const *topics;
    size_t topic_count;
    const kohort_topic_partitions *owned; /* of members that let go of nothing before a rebalance */
    size_t owned_count;
    int32_t generation; /* of what is owned; -1: it does not say */
    kohort_user_data user_data;
} kohort_group_member;

typedef struct kohort_group_topic {
    const char *name;
    int32_t partition_count;
} kohort_group_topic;

/* What the leader knows. Valid during assign(). Fields are only ever appended. */
typedef struct kohort_group {
    size_t size;
    const kohort_group_member *members; /* in the coordinator's order, which means nothing */
    size_t member_count;
    const kohort_group_topic *topics; /* those that exist, by name */
    size_t topic_count;
} kohort_group;

/* The assignment that assign() makes; valid during it. */
typedef struct kohort_layout kohort_layout;

/* All of it is called on the client's loop. Start from KOHORT_ASSIGNOR_INIT. Fields are only ever
 * appended. */
typedef struct kohort_assignor {
    size_t size;
    /* On the wire, and in partition.assignment.strategy; 1 to 100 printable characters without
     * commas and spaces. Copied. */
    const char *name;
    /* Members keep what they own through a rebalance (KIP-429). This version refuses it. */
    bool cooperative;
    /* What this member tells the leader when it joins: `assigned` is what it was last given, in
     * that generation (-1: nothing yet). What is returned must be valid until the next call. May
     * be NULL. */
    kohort_user_data (*user_data)(void *arg, const kohort_topic_partitions *assigned, size_t count,
                                  int32_t generation);
    /* On the leader alone: calls kohort_layout_give() for each partition that somebody gets; what
     * is not given stays unread. 0, or a negative value: there is no layout. A layout that gives a
     * partition twice, or a topic to a member that does not subscribe to it, is not sent to anybody
     * either: KOHORT_EVENT_ERROR says what is wrong with it, and the group rebalances again after
     * retry.backoff.ms. Required. */
    int (*assign)(void *arg, const kohort_group *group, kohort_layout *layout);
    /* On every member: what it was given, with what the leader told it. May be NULL. */
    void (*on_assignment)(void *arg, const kohort_topic_partitions *assigned, size_t count,
                          kohort_user_data user_data, int32_t generation);
    void *arg;
} kohort_assignor;
#define KOHORT_ASSIGNOR_INIT                                                                       \
    {                                                                                              \
        sizeof(kohort_assignor), 0, false, 0, 0, 0, 0                                              \
    }

#ifdef __cplusplus
}
#endif

#endif
