/* A platform between the library and another one, that writes down what passes (recording); or one
 * that has nothing behind it, and says what was written down (replaying). */
#ifndef KH_NET_TAPE_PLATFORM_H
#define KH_NET_TAPE_PLATFORM_H

#include "net/platform.h"
#include "net/tape.h"

/* Takes `inner` (NULL: replaying), which is gone with the shutdown's callback. The tape must
 * outlive that; its heap gives what this takes. KOHORT_ENOMEM: nothing is taken. */
int kh_tape_platform_new(struct kh_platform **ret, struct kh_platform *inner, struct kh_tape *tape);

/* Replaying: lets the event happen that is next on the tape. One that cannot be makes the tape
 * diverge. */
void kh_tape_platform_play(struct kh_platform *p);
/* Replaying: what the library waits for while it is torn down, behind the tape's end. */
void kh_tape_platform_bury(struct kh_platform *p);

#endif
