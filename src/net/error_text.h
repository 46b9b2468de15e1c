/* What can go wrong between us and a broker, as errors for people: what happened, where, and what
 * to do about it. One place, so that the same mistake of a set-up always reads the same. */
#ifndef KH_NET_ERROR_TEXT_H
#define KH_NET_ERROR_TEXT_H

#include "net/version_ranges.h"
#include "protocol/api.h"

#include <kohort/kohort.h>
#include <stdarg.h>

/* Whom a connection was, or is to be, made to. */
struct kh_peer {
    char *host; /* checked: printable ASCII without spaces */
    uint16_t port;
    int32_t broker_id;   /* -1: a bootstrap address */
    bool reached_before; /* at this address: then it is no mistake in the broker's configuration */
    /* What was spoken at this address the last time that requests were answered there; NULL: not
     * known. Valid where the peer was found; a connection keeps its own copy. */
    const struct kh_broker_versions *versions;
};

/* The name cannot be resolved: KOHORT_ERESOLVE. `why` is a sentence, or a part of one. */
void kh_error_resolve(kohort_error *error, const struct kh_peer *peer, const char *why);
/* No connection: KOHORT_ECONNECT. `address`: the last one that was tried. */
void kh_error_connect(kohort_error *error, const struct kh_peer *peer, const char *address,
                      int error_number);
/* Nothing happened for timeout_ms while `doing`: KOHORT_ETIMEDOUT. */
void kh_error_setup_timeout(kohort_error *error, const struct kh_peer *peer, const char *doing,
                            int64_t timeout_ms);
/* The connection was accepted, and then nothing came: KOHORT_ETIMEDOUT. */
void kh_error_silent(kohort_error *error, const struct kh_peer *peer, int64_t timeout_ms);
/* A connection that was open ended; error_number 0: closed by the peer. KOHORT_EDISCONNECTED. */
void kh_error_disconnected(kohort_error *error, const struct kh_peer *peer, int error_number);
/* As above, before ApiVersions was answered. */
void kh_error_closed_at_first_request(kohort_error *error, const struct kh_peer *peer);
/* As above, when ApiVersions is all that was ever answered: SASL listeners answer that, and close
 * at anything else that comes unauthenticated. */
void kh_error_closed_after_versions(kohort_error *error, const struct kh_peer *peer);
/* It speaks other versions than the last time: KOHORT_EDISCONNECTED. */
void kh_error_replaced(kohort_error *error, const struct kh_peer *peer);
/* The first bytes of the first answer make no sense: TLS, HTTP or something else is spoken there.
 * KOHORT_EPROTOCOL. */
void kh_error_not_kafka(kohort_error *error, const struct kh_peer *peer, const uint8_t *bytes,
                        size_t size);
/* An answer that breaks the protocol: KOHORT_EPROTOCOL. The text follows "<peer> ". */
void kh_error_broken(kohort_error *error, const struct kh_peer *peer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The broker is not in the metadata: KOHORT_ECONNECT. */
void kh_error_unknown_broker(kohort_error *error, int32_t broker_id);

/* "broker 1 (kafka-1:9092)", "kafka-1:9092". Returns out. */
char *kh_peer_text(const struct kh_peer *peer, char *out, size_t size);
/* "kafka-1:9092", "[::1]:9092": as kohort_error.broker has it. Returns out. */
char *kh_peer_address(const struct kh_peer *peer, char *out, size_t size);
/* Sets the API's key, and the version that was used, -1 when it was never written. */
void kh_error_set_api(kohort_error *error, enum kh_api api, int16_t version);

enum { KH_PEER_TEXT = 288 };

#endif
