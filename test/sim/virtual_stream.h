/* The streams of a virtual platform. */
#ifndef TEST_SIM_VIRTUAL_STREAM_H
#define TEST_SIM_VIRTUAL_STREAM_H

#include "sim/virtual_platform.h"

int sim_stream_open(struct kh_platform *p, const struct kh_address *address,
                    const struct kh_stream_events *events, void *arg, struct kh_stream **ret_stream,
                    int *ret_error_number);
int64_t sim_stream_recv(struct kh_stream *s, void *out, size_t size, int *ret_error_number);
int64_t sim_stream_send(struct kh_stream *s, const struct kh_span *spans, int count,
                        int *ret_error_number);
void sim_stream_want(struct kh_stream *s, bool readable, bool writable);
void sim_stream_close(struct kh_stream *s);
/* Of a dead process: the link goes, the stream stays until its owner closes it. */
void sim_stream_detach(struct kh_list *node);
void sim_stream_close_all(struct sim_platform *p);

#endif
