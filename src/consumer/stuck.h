/* Records that the application does not come to an end with (processing.timeout.ms, on.stuck). One
 * timer a consumer looks at ranges of delivered offsets, so that no record pays for it. Time in
 * which the loop did not turn is nobody's processing time: no acknowledgement could come. */
#ifndef KH_CONSUMER_STUCK_H
#define KH_CONSUMER_STUCK_H

#include "consumer/consumer.h"

void kh_stuck_init(kohort_consumer *c);
void kh_stuck_stop(kohort_consumer *c);
/* Before on_records: room to take note of what it gets. 0 or KOHORT_ENOMEM. */
int kh_stuck_reserve(kohort_partition *p);
/* Delivered, to be acknowledged later. */
void kh_stuck_note(kohort_partition *p, int64_t first, int64_t last);
/* The application wants to go on from here: what is overdue has its time once more. */
void kh_stuck_lift(kohort_partition *p);
/* What was delivered does not count any more. */
void kh_stuck_forget(kohort_partition *p);
/* In the consumer's turn: what is overdue, and what is not any more. */
void kh_stuck_check(kohort_consumer *c);

#endif
