/* Where a request to any broker can go: the bootstrap servers, and the brokers we know. */
#ifndef KH_NET_BOOTSTRAP_H
#define KH_NET_BOOTSTRAP_H

#include "base/heap.h"
#include "net/error_text.h"

struct kh_cluster;

struct kh_bootstrap_server {
    struct kh_peer peer;
    bool versions_known;
    struct kh_broker_versions versions;
};

struct kh_bootstrap {
    struct kh_heap *heap;
    struct kh_bootstrap_server *servers;
    size_t count;
};

/* "host:port,[::1]:port", spaces around an entry ignored. 0, KOHORT_EINVAL, KOHORT_ENOMEM; then
 * there is nothing to free. */
int kh_bootstrap_parse(struct kh_bootstrap *bootstrap, struct kh_heap *heap, const char *list);
void kh_bootstrap_free(struct kh_bootstrap *bootstrap);
/* The server at this address; NULL: it is none. */
struct kh_bootstrap_server *kh_bootstrap_find(const struct kh_bootstrap *bootstrap,
                                              const char *host, uint16_t port);

/* A host that a peer told us, or the user: 1 to 255 printable ASCII characters, none a space. */
bool kh_host_is_valid(struct kh_string host);

/* A round of attempts: each known broker once, then each bootstrap server once, in random order.
 * All brokers known from metadata may be gone, so no round is without the bootstrap servers
 * (metadata.recovery.strategy=rebootstrap, KIP-899). */
struct kh_candidates {
    int32_t *items; /* a broker's id, or -1 - the index of a bootstrap server */
    size_t count, at;
};

/* A new round. 0 or KOHORT_ENOMEM. */
int kh_candidates_begin(struct kh_candidates *round, const struct kh_cluster *cluster);
/* False when the round is over. Brokers that are gone meanwhile are passed over. */
bool kh_candidates_next(struct kh_candidates *round, const struct kh_cluster *cluster,
                        struct kh_peer *ret_peer);
bool kh_candidates_left(const struct kh_candidates *round);
void kh_candidates_free(struct kh_candidates *round, struct kh_heap *heap);

#endif
