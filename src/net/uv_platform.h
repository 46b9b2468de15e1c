/* The platform on libuv. Everything belongs to the loop's thread, except post.
 *
 * The loop is kept alive (uv_run does not return) from kh_uv_platform_new until shutdown's
 * callback, as by any open libuv handle; then nothing of the platform is left on it. A platform
 * that waits for nothing wakes up never.
 *
 * The functions may be called from anywhere on the loop's thread. Called from outside of the
 * platform's own callbacks they make the loop's backend descriptor readable, so that a loop
 * embedded in another one is run and sees what is new. */
#ifndef KH_NET_UV_PLATFORM_H
#define KH_NET_UV_PLATFORM_H

#include "base/heap.h"
#include "net/platform.h"

struct uv_loop_s;

/* `heap` must outlive shutdown's callback and is used on the loop's thread only: posts from other
 * threads take their memory from the C library. 0, KOHORT_ENOMEM, or KOHORT_ELIMIT: no more
 * descriptors. */
int kh_uv_platform_new(struct kh_platform **ret, struct uv_loop_s *loop, struct kh_heap *heap);

#endif
