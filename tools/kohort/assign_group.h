/* A group out of JSON, and what an assignor makes of it. The assignors are the library's own files:
 * the tool is built with them, since nothing of them is public. */
#ifndef KOHORT_TOOL_ASSIGN_GROUP_H
#define KOHORT_TOOL_ASSIGN_GROUP_H

#include "assignors/assignor.h"

#include <jansson.h>
#include <stdio.h>

struct assign_group {
    json_t *json;
    struct kh_heap heap;
    struct kh_arena arena;
    const struct kh_assignor *assignor;
    struct kh_assignor_input input;
    struct kh_assignor_result *results; /* by member */
    size_t *moves;                      /* by member: what it had, wants still, and lost */
    size_t move_count, unassigned_count, far_count;
    bool has_racks;
    char wrong[512]; /* one sentence */
};

/* 0, or -1 and `wrong`; assign_group_free either way. */
int assign_group_read(struct assign_group *g, FILE *from, const char *assignor);
int assign_group_run(struct assign_group *g);
void assign_group_free(struct assign_group *g);

#endif
