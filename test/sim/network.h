/* Streams between hosts, in virtual time. A link is a pair of pipes: what is put in at one end
 * comes out at the other, in order and once (TCP's contract), after a seeded latency, in pieces.
 * Links can be refused, cut behind any byte, be silent one way or both, and have one end whose host
 * is gone.
 *
 * Callbacks come from the schedule only, never from inside a call made here. */
#ifndef TEST_SIM_NETWORK_H
#define TEST_SIM_NETWORK_H

#include "base/list.h"
#include "base/random.h"
#include "net/platform.h"
#include "sim/trace.h"

struct sim_end;

struct sim_end_events {
    /* Of the end that connects; once. error_number 0: open. */
    void (*connected)(void *arg, int error_number);
    /* There may be more to read, room to send, an end or an error. */
    void (*changed)(void *arg);
};

/* A byte that somebody watches for. Embedded in who watches. */
struct sim_mark {
    struct kh_list node; /* linked to itself when it is not set */
    uint64_t at;
    /* Inside the other side's recv; reached: it has read that byte, else it never will. */
    void (*told)(struct sim_mark *mark, bool reached);
};

enum sim_listener_state { SIM_LISTENING, SIM_REFUSING, SIM_SILENT };

/* Embedded in what accepts. */
struct sim_listener {
    struct kh_list node;
    struct kh_address address;
    enum sim_listener_state state;
    /* Takes the end; sim_end_accept() says where its events go. */
    void (*accept)(struct sim_listener *listener, struct sim_end *end);
};

struct sim_name {
    const char *host; /* not copied */
    struct kh_address address;
    bool fails;
};

enum { SIM_NAMES_MAX = 16, SIM_WINDOW = 256 * 1024 };

struct sim_network {
    struct sim_schedule *schedule;
    struct kh_random *random;
    struct sim_trace *trace;
    struct kh_list listeners, links;
    struct sim_name names[SIM_NAMES_MAX];
    size_t name_count;
    int64_t latency_min_us, latency_max_us; /* one way; each link has its own, and jitter */
    size_t piece_max;                       /* the largest piece that arrives at once */
    bool steady;                            /* no jitter, and a lookup takes as long as a byte */
    bool short_io;                          /* recv and send sometimes do less than they could */
    uint64_t links_made;
};

void sim_network_init(struct sim_network *n, struct sim_schedule *schedule,
                      struct kh_random *random, struct sim_trace *trace);
/* Frees links that are still there. */
void sim_network_free(struct sim_network *n);
void sim_network_name(struct sim_network *n, const char *host, const struct kh_address *address);
void sim_listen(struct sim_network *n, struct sim_listener *listener);
void sim_unlisten(struct sim_listener *listener);
/* Evenly from [min, max]. */
int64_t sim_random_between(struct kh_random *random, int64_t min, int64_t max);
/* Once in `bound`. */
bool sim_chance(struct kh_random *random, uint64_t bound);

/* `host` is who connects: a number for the judge and the trace. */
struct sim_end *sim_connect(struct sim_network *n, int host, const struct kh_address *address,
                            const struct sim_end_events *events, void *arg);
void sim_end_accept(struct sim_end *end, const struct sim_end_events *events, void *arg);
int sim_end_host(const struct sim_end *end);
struct sim_end *sim_end_peer(const struct sim_end *end);
/* Of the link; never given twice. */
uint64_t sim_end_number(const struct sim_end *end);
/* What this side cannot know yet. */
bool sim_end_peer_closed(const struct sim_end *end);
/* As in struct kh_platform_ops. *ret_sent_us, which may be NULL: when the first of these bytes was
 * sent; bytes of one call were sent together. */
int64_t sim_end_recv(struct sim_end *end, void *out, size_t size, int *ret_error_number,
                     int64_t *ret_sent_us);
int64_t sim_end_send(struct sim_end *end, const void *data, size_t size, int *ret_error_number);
/* recv would not say AGAIN; send would not. */
bool sim_end_readable(const struct sim_end *end);
bool sim_end_writable(const struct sim_end *end);
/* Tells when the other side has read the first `at` bytes that this end has sent, or will send. */
void sim_end_mark(struct sim_end *end, struct sim_mark *mark, uint64_t at);
/* How many bytes were given to send(). */
uint64_t sim_end_sent(const struct sim_end *end);
/* No event comes any more. The other side reads what is under way, then the end. */
void sim_end_close(struct sim_end *end);

/* Faults. */

/* The link breaks behind the byte with this number of those that this end sends (1: behind the
 * first one sent ever; 0 breaks it before). Both sides meet ECONNRESET. */
void sim_end_cut_behind(struct sim_end *end, uint64_t total);
/* Both sides meet ECONNRESET now. */
void sim_end_break(struct sim_end *end);
/* What this end sends does not arrive until it is made to speak again. */
void sim_end_silence(struct sim_end *end, bool silent);
/* Breaks every link of a host (-1: all). */
void sim_network_cut(struct sim_network *n, int host);
/* Silences every link of a host, new ones too, in both directions: its machine is gone. */
void sim_network_vanish(struct sim_network *n, int host);

/* For each link that is open: the end of who connected. NULL: none left. */
struct sim_end *sim_network_next(struct sim_network *n, struct sim_end *after);
/* By sim_end_number; NULL: it is gone. */
struct sim_end *sim_network_find(struct sim_network *n, uint64_t number);

#endif
