/* Runs the library from a tape: the application's calls are the tape's, too. */
#ifndef KH_CONSUMER_REPLAY_H
#define KH_CONSUMER_REPLAY_H

#include "consumer/client.h"

/* Plays what the ring holds; report->size is not looked at. 0 or KOHORT_ENOMEM. */
int kh_replay(const struct kh_record_ring *ring, const struct kh_heap *heap,
              kohort_replay_report *report);

#endif
