/* Inside tape_*.c only. */
#ifndef KH_NET_TAPE_PLATFORM_INTERNAL_H
#define KH_NET_TAPE_PLATFORM_INTERNAL_H

#include "base/list.h"
#include "net/tape_platform.h"

struct kh_tape_platform {
    struct kh_platform base;
    struct kh_platform *inner; /* NULL: replaying */
    struct kh_tape *tape;
    struct kh_list streams, lookups, works;
    void (*closed)(void *arg);
    void *closed_arg;
};

static inline struct kh_tape_platform *kh_tape_platform_of(struct kh_platform *p)
{
    return kh_container(p, struct kh_tape_platform, base);
}

/* tape_stream.c */
int kh_tape_stream_open(struct kh_platform *p, const struct kh_address *address,
                        const struct kh_stream_events *events, void *arg,
                        struct kh_stream **ret_stream, int *ret_error_number);
int64_t kh_tape_stream_recv(struct kh_stream *s, void *out, size_t size, int *ret_error_number);
int64_t kh_tape_stream_send(struct kh_stream *s, const struct kh_span *spans, int count,
                            int *ret_error_number);
void kh_tape_stream_want(struct kh_stream *s, bool readable, bool writable);
void kh_tape_stream_close(struct kh_stream *s);
/* Its memory alone: the stream behind it is its platform's to close. */
void kh_tape_stream_free(struct kh_list *node);
/* Replaying: CONNECTED, READABLE or WRITABLE of the stream with this number; false: there is none.
 */
bool kh_tape_stream_play(struct kh_tape_platform *p, enum kh_tape_kind kind, int64_t number,
                         int64_t error_number);

#endif
