/* The leader's work: from the members that JoinGroup listed to one encoded assignment each. Pure
 * functions: everything comes from the arena, whose limit bounds what a peer's metadata can cost.
 */
#ifndef KH_COORDINATOR_ASSIGN_H
#define KH_COORDINATOR_ASSIGN_H

#include "assignors/assignor.h"
#include "protocol/join_group.h"
#include "protocol/sync_group.h"

#include <kohort/kohort.h>

struct kh_assign_group {
    struct kh_assignor_member *members; /* in JoinGroup's order */
    size_t member_count;
    struct kh_string *topics; /* all that any member subscribes to; sorted, each once */
    size_t topic_count;
};

/* Decodes what the members sent. Texts point into their metadata. `seed`: any number that they do
 * not know. 0, KOHORT_ENOMEM, or
 * KOHORT_EASSIGNOR with `error` naming the member whose metadata cannot be read. */
int kh_assign_read(struct kh_arena *arena, const struct kh_join_group_response_member *members,
                   size_t member_count, uint32_t seed, struct kh_assign_group *ret,
                   kohort_error *error);

/* Runs the assignor over `topics` (those of ret->topics that exist, each once, sorted by name),
 * checks what it gives - no partition twice, only such that exist, only to who subscribes - and
 * encodes it, from the arena: one assignment a member, in JoinGroup's order. 0, KOHORT_ENOMEM, or
 * KOHORT_EASSIGNOR with `error` saying what is wrong with the layout. */
int kh_assign_run(const struct kh_assignor *assignor, struct kh_arena *arena,
                  const struct kh_assign_group *group, const struct kh_assignor_topic *topics,
                  size_t topic_count, struct kh_sync_group_layout *ret, kohort_error *error);

/* assign_encode.c: what each member is told, in JoinGroup's order. 0 or KOHORT_ENOMEM. */
struct kh_interned;
int kh_assign_encode(const struct kh_assignor_input *input, const struct kh_interned *group,
                     const struct kh_shares *shares, const struct kh_assignor_result *results,
                     struct kh_arena *arena, struct kh_sync_group_layout *ret);

#endif
