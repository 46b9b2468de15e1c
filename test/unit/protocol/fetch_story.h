/* What a Fetch response's stream tells, as a text that tests compare: the story must be the same
 * however the bytes are cut. */
#ifndef TEST_UNIT_PROTOCOL_FETCH_STORY_H
#define TEST_UNIT_PROTOCOL_FETCH_STORY_H

#include "protocol/fetch_stream.h"

struct fetch_story {
    char text[1 << 16];
    size_t size;
    int status;             /* of the stream: 0, or negative */
    bool ended;             /* END was told */
    size_t skip_partitions; /* in: the first so many partitions' records are not wanted */
    size_t arenas;          /* the most that the stream's arenas held */
};

/* Hands over a body in pieces, the first of `first` bytes, then of `piece` each (0: all the rest),
 * as a connection would: again only once what is needed lies together. Every piece lies in memory
 * of exactly its size. */
void fetch_story_tell(struct fetch_story *story, int version, const uint8_t *body, size_t size,
                      size_t first, size_t piece);

#endif
