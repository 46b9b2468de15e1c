/* The application of a replay: it calls what the tape says, in callbacks too. */
#ifndef KH_CONSUMER_REPLAY_CALL_H
#define KH_CONSUMER_REPLAY_CALL_H

#include "consumer/client.h"

struct kh_replay {
    struct kh_tape tape;
    struct kh_heap heap;
    kohort_client *client;     /* NULL: not made yet, or gone */
    const kohort_batch *batch; /* inside on_records */
};

/* Makes the call at hand; the replay has left the recording when it cannot be made. */
void kh_replay_call(struct kh_replay *r);
/* The last that the client does. */
void kh_replay_client_gone(const kohort_error *error, void *arg);

#endif
