/* An owned, sorted list of topic partitions. A topic's name is copied once, however many of its
 * partitions are listed. */
#ifndef KH_COORDINATOR_PARTITION_LIST_H
#define KH_COORDINATOR_PARTITION_LIST_H

#include "base/bytes.h"
#include "base/heap.h"
#include "protocol/consumer_protocol.h"

struct kh_topic_partition {
    struct kh_string topic; /* terminated */
    int32_t partition;
};

struct kh_partition_list {
    struct kh_heap *heap;
    struct kh_topic_partition *items; /* sorted by topic, then partition; each once */
    size_t count, capacity;
};

void kh_partition_list_init(struct kh_partition_list *list, struct kh_heap *heap);
void kh_partition_list_free(struct kh_partition_list *list);
/* Keeps the memory of the items. */
void kh_partition_list_clear(struct kh_partition_list *list);
/* Copies the topic. 0 (also when it was there), or KOHORT_ENOMEM: nothing changed. Adding in order
 * costs nothing but the comparison with the last; any other order moves what lies behind. */
int kh_partition_list_add(struct kh_partition_list *list, struct kh_string topic,
                          int32_t partition);
bool kh_partition_list_has(const struct kh_partition_list *list, struct kh_string topic,
                           int32_t partition);
/* `to` becomes equal to `from`, or is empty after KOHORT_ENOMEM. */
int kh_partition_list_copy(struct kh_partition_list *to, const struct kh_partition_list *from);
/* `to` takes all that `from` holds and `from` is empty after it: no memory is needed, so it cannot
 * fail. */
void kh_partition_list_move(struct kh_partition_list *to, struct kh_partition_list *from);
/* out = a without b; empty after KOHORT_ENOMEM. */
int kh_partition_list_difference(struct kh_partition_list *out, const struct kh_partition_list *a,
                                 const struct kh_partition_list *b);
/* out = what a or b has; empty after KOHORT_ENOMEM. */
int kh_partition_list_union(struct kh_partition_list *out, const struct kh_partition_list *a,
                            const struct kh_partition_list *b);
/* `list` loses what `gone` has. Needs no memory, so it cannot fail. */
void kh_partition_list_remove(struct kh_partition_list *list, const struct kh_partition_list *gone);

/* By topic, as messages have it; names stay the list's. 0 or KOHORT_ENOMEM. */
int kh_partition_list_topics(const struct kh_partition_list *list, struct kh_arena *arena,
                             struct kh_consumer_topic **ret_topics, size_t *ret_count);

#endif
