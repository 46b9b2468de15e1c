/* All that the library asks of the world: time, one timer, sockets, names, random bytes, threads.
 * libuv is one implementation (uv_platform.c), the simulator in test/sim another; a recorder can
 * wrap either. No file above this one reads a clock, a socket or a random source.
 *
 * Callbacks come from the loop's thread, never from inside a call made here. */
#ifndef KH_NET_PLATFORM_H
#define KH_NET_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kh_platform;
struct kh_stream;
struct kh_lookup;

struct kh_address {
    uint8_t bytes[16]; /* network order; an IPv4 address takes the first 4 */
    uint16_t port;     /* host order */
    bool ipv6;
    uint32_t scope_id; /* of a link-local IPv6 address */
};

struct kh_span {
    const void *data;
    size_t size;
};

/* What happens to a stream. readable and writable come only while they are wanted; none fires after
 * close. */
struct kh_stream_events {
    /* Once; error_number 0: open. After an error only close is legal. */
    void (*connected)(void *arg, int error_number);
    /* recv gives bytes, the end, or an error. */
    void (*readable)(void *arg);
    void (*writable)(void *arg);
};

/* What recv and send return when it is not a count of bytes. The end of a stream is 0 from recv. */
enum { KH_IO_AGAIN = -1, KH_IO_FAILED = -2 };

/* Work that leaves the loop: run() on another thread (inline, in virtual time, in the simulator),
 * then done() on the loop. */
struct kh_work {
    void (*run)(struct kh_work *work);
    void (*done)(struct kh_work *work);
};

struct kh_platform_ops {
    /* Milliseconds that never go back and count a suspend of the machine (CLOCK_BOOTTIME where
     * there is one). */
    int64_t (*now_ms)(struct kh_platform *p);
    /* Milliseconds since 1970, for timestamps. */
    int64_t (*wall_ms)(struct kh_platform *p);
    /* The one timer: turn() is called at due_ms, or soon after. A new call replaces the last;
     * KH_NEVER disarms. */
    void (*set_timer)(struct kh_platform *p, int64_t due_ms);
    /* turn() is called once more, after what is ready now has been handled. */
    void (*wake)(struct kh_platform *p);
    /* The only entry legal on any thread: fn(arg) on the loop, in order. 0 or KOHORT_ENOMEM or
     * KOHORT_ECLOSED. */
    int (*post)(struct kh_platform *p, void (*fn)(void *), void *arg);
    /* 0 or KOHORT_ENOMEM. What was accepted always ends in done(). */
    int (*queue_work)(struct kh_platform *p, struct kh_work *work);
    /* Cryptographically strong. 0 or KOHORT_ENOMEM. */
    int (*random)(struct kh_platform *p, void *out, size_t size);

    /* Starts a non-blocking connect. 0, KOHORT_ENOMEM, or KOHORT_ECONNECT and *ret_error_number. */
    int (*open)(struct kh_platform *p, const struct kh_address *address,
                const struct kh_stream_events *events, void *arg, struct kh_stream **ret_stream,
                int *ret_error_number);
    /* Bytes, 0 at the end, KH_IO_AGAIN, or KH_IO_FAILED with *ret_error_number. Never SIGPIPE. */
    int64_t (*recv)(struct kh_stream *s, void *out, size_t size, int *ret_error_number);
    int64_t (*send)(struct kh_stream *s, const struct kh_span *spans, int count,
                    int *ret_error_number);
    /* Which of readable and writable may fire; level-triggered. Both are off until connected. */
    void (*want)(struct kh_stream *s, bool readable, bool writable);
    /* No event fires any more; the memory is the platform's. */
    void (*close)(struct kh_stream *s);

    /* Looks a name up; IP literals never start one (kh_address_parse). done fires once, never
     * inside the call: error NULL and 1 or more addresses, or a sentence. NULL: out of memory. */
    struct kh_lookup *(*resolve)(struct kh_platform *p, const char *host, uint16_t port,
                                 void (*done)(void *arg, const char *error,
                                              const struct kh_address *addresses, size_t count),
                                 void *arg);
    /* done will not fire. */
    void (*resolve_cancel)(struct kh_lookup *lookup);

    /* Ends the platform: streams still open are closed, lookups cancelled, turn() is not called any
     * more; posts and work that were accepted still run. closed(arg) once all of it is gone, never
     * inside the call. After it, nobody may post. */
    void (*shutdown)(struct kh_platform *p, void (*closed)(void *arg), void *arg);
};

struct kh_platform {
    const struct kh_platform_ops *ops;
    /* Set by the owner before the first call: a timer that is due, or a wake. */
    void (*turn)(void *arg);
    void *turn_arg;
};

/* Reads "127.0.0.1", "::1" or "fe80::1%2" without any lookup; false when it is not a literal. */
bool kh_address_parse(const char *host, uint16_t port, struct kh_address *ret_address);
/* "127.0.0.1:9092", "[::1]:9092"; size >= KH_ADDRESS_TEXT. */
enum { KH_ADDRESS_TEXT = 64 };
char *kh_address_text(const struct kh_address *address, char *out, size_t size);

#endif
