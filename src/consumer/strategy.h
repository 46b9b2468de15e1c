/* partition.assignment.strategy: "sticky, roundrobin as roundrobin_v2, mine". */
#ifndef KH_CONSUMER_STRATEGY_H
#define KH_CONSUMER_STRATEGY_H

#include "assignors/assignor.h"
#include "consumer/options.h"

struct kh_tape;

enum { KH_ASSIGNOR_NAME_MAX = 100 };

struct kh_strategy {
    struct kh_assignor assignors[KH_ASSIGNORS_MAX];
    char names[KH_ASSIGNORS_MAX][KH_ASSIGNOR_NAME_MAX + 1]; /* on the wire */
    const struct kh_assignor *list[KH_ASSIGNORS_MAX];       /* by preference; may be empty */
    size_t count;
};

/* The applications' assignors stay those of `o`. Complains into `o` of what is wrong. */
void kh_strategy_read(struct kh_strategy *ret, kohort_options *o, const char *text);

/* Its list, in one block with all that its assignors need, which is the caller's: strategy and
 * options may go. `tape`, which may be NULL, has what the application's assignors say. NULL: out of
 * memory. */
const struct kh_assignor **kh_strategy_keep(const struct kh_strategy *strategy,
                                            struct kh_heap *heap, struct kh_tape *tape);

/* Whether a group can be told this name. */
bool kh_assignor_name_valid(const char *name, size_t size);

#endif
