/* Plays a sequence against both and compares what they answer. */
#ifndef TEST_DIFFERENTIAL_PLAY_H
#define TEST_DIFFERENTIAL_PLAY_H

#include "differential/sequence.h"
#include "sim/cluster.h"

enum { STORY_SIZE = 1 << 20 };

struct play {
    struct scene scene;
    struct side model, broker;
    struct sim_log *growing;      /* of the model, that steps append to */
    size_t answers[KH_API_COUNT]; /* compared, and equal */
    char leader[SIDE_TEXT];       /* of the group at hand, as normalised; empty: none yet */
    bool parted;                  /* an explained difference that nothing more can be said behind */
    char *story;                  /* of the sequence at hand, and what was different */
    size_t story_size;
};

/* append.c: a batch for both, the same byte for byte. */
void append_both(struct play *p, struct sim_log *log, int64_t timestamp_ms);

/* False: the two differ, and `story` tells all of it. */
bool play(struct play *p, const struct sequence *s);

#endif
