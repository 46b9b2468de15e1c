#include "net/error_text.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

char *kh_peer_address(const struct kh_peer *peer, char *out, size_t size)
{
    bool ipv6 = strchr(peer->host, ':') != NULL;
    snprintf(out, size, ipv6 ? "[%s]:%u" : "%s:%u", peer->host, (unsigned)peer->port);
    return out;
}

char *kh_peer_text(const struct kh_peer *peer, char *out, size_t size)
{
    char address[KH_PEER_TEXT];
    kh_peer_address(peer, address, sizeof address);
    if (peer->broker_id < 0)
        snprintf(out, size, "%s", address);
    else
        snprintf(out, size, "broker %d (%s)", (int)peer->broker_id, address);
    return out;
}

static void init(kohort_error *error, int code, const struct kh_peer *peer, bool retriable)
{
    char address[KH_PEER_TEXT];
    kh_error_init(error, code);
    kh_error_set_broker(error, peer->broker_id, kh_peer_address(peer, address, sizeof address));
    error->retriable = retriable;
}

/* The few that people meet; strerror is neither thread-safe nor the same in every locale. */
static const char *reason(int error_number, char *out, size_t size)
{
    switch (error_number) {
    case ECONNREFUSED:
        return "connection refused";
    case ECONNRESET:
        return "connection reset";
    case EPIPE:
        return "connection closed";
    case ETIMEDOUT:
        return "no answer from the host";
    case EHOSTUNREACH:
        return "no route to the host";
    case ENETUNREACH:
        return "no route to the network";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case EACCES:
    case EPERM:
        return "not permitted";
    default:
        snprintf(out, size, "system error %d", error_number);
        return out;
    }
}

/* A broker's own address, never reached: what it advertises is the first suspect. */
static bool suspect_listener(const struct kh_peer *peer)
{
    return peer->broker_id >= 0 && !peer->reached_before;
}

static void blame_listener(kohort_error *error, const struct kh_peer *peer, const char *why)
{
    char address[KH_PEER_TEXT];
    kh_error_text(error,
                  "broker %d advertises %s (advertised.listeners), which cannot be reached from "
                  "here: %s; set it to an address that clients can reach",
                  (int)peer->broker_id, kh_peer_address(peer, address, sizeof address), why);
}

void kh_error_resolve(kohort_error *error, const struct kh_peer *peer, const char *why)
{
    init(error, KOHORT_ERESOLVE, peer, true);
    if (suspect_listener(peer)) {
        char text[KH_PEER_TEXT];
        snprintf(text, sizeof text, "the name cannot be resolved: %.128s", why);
        blame_listener(error, peer, text);
        return;
    }
    kh_error_text(error, "the host name \"%s\" cannot be resolved: %.128s; check %s", peer->host,
                  why, peer->broker_id < 0 ? "bootstrap.servers" : "DNS");
}

void kh_error_connect(kohort_error *error, const struct kh_peer *peer, const char *address,
                      int error_number)
{
    char number[32], text[KH_PEER_TEXT];
    const char *why = reason(error_number, number, sizeof number);
    init(error, KOHORT_ECONNECT, peer, true);
    if (suspect_listener(peer)) {
        snprintf(text, sizeof text, "%s at %s", why, address);
        blame_listener(error, peer, text);
        return;
    }
    kh_error_text(error, "cannot connect to %s: %s at %s; is a broker running there?",
                  kh_peer_text(peer, text, sizeof text), why, address);
}

void kh_error_setup_timeout(kohort_error *error, const struct kh_peer *peer, const char *doing,
                            int64_t timeout_ms)
{
    char text[KH_PEER_TEXT];
    init(error, KOHORT_ETIMEDOUT, peer, true);
    if (suspect_listener(peer)) {
        snprintf(text, sizeof text, "%s took longer than %lld ms", doing, (long long)timeout_ms);
        blame_listener(error, peer, text);
        return;
    }
    kh_error_text(error,
                  "cannot connect to %s: %s took longer than %lld ms "
                  "(socket.connection.setup.timeout.ms); is the address right, and does a firewall "
                  "let us through?",
                  kh_peer_text(peer, text, sizeof text), doing, (long long)timeout_ms);
}

void kh_error_silent(kohort_error *error, const struct kh_peer *peer, int64_t timeout_ms)
{
    char text[KH_PEER_TEXT];
    init(error, KOHORT_ETIMEDOUT, peer, true);
    error->api_key = kh_api_info(KH_API_API_VERSIONS)->key;
    kh_error_text(error,
                  "%s accepted the connection and did not answer the first request (ApiVersions) "
                  "within %lld ms (socket.connection.setup.timeout.ms): is it a Kafka broker, and "
                  "not overloaded?",
                  kh_peer_text(peer, text, sizeof text), (long long)timeout_ms);
}

void kh_error_disconnected(kohort_error *error, const struct kh_peer *peer, int error_number)
{
    char number[32], text[KH_PEER_TEXT];
    init(error, KOHORT_EDISCONNECTED, peer, true);
    kh_error_text(error, "the connection to %s ended: %s", kh_peer_text(peer, text, sizeof text),
                  error_number == 0 ? "the broker closed it"
                                    : reason(error_number, number, sizeof number));
}

void kh_error_closed_at_first_request(kohort_error *error, const struct kh_peer *peer)
{
    char text[KH_PEER_TEXT];
    init(error, KOHORT_EDISCONNECTED, peer, true);
    error->api_key = kh_api_info(KH_API_API_VERSIONS)->key;
    kh_error_text(error,
                  "%s closed the connection at the first request (ApiVersions): is this a TLS or "
                  "SASL listener (security.protocol), or not Kafka?",
                  kh_peer_text(peer, text, sizeof text));
}

void kh_error_closed_after_versions(kohort_error *error, const struct kh_peer *peer)
{
    char text[KH_PEER_TEXT];
    init(error, KOHORT_EDISCONNECTED, peer, true);
    kh_error_text(
        error,
        "%s answered ApiVersions and closed the connection at the next request: does this "
        "listener want SASL (security.protocol)?",
        kh_peer_text(peer, text, sizeof text));
}

void kh_error_replaced(kohort_error *error, const struct kh_peer *peer)
{
    char text[KH_PEER_TEXT];
    init(error, KOHORT_EDISCONNECTED, peer, true);
    kh_error_text(error,
                  "%s speaks other versions than when it was last connected to: it is asked again",
                  kh_peer_text(peer, text, sizeof text));
}

/* RFC 8446 5.1: a record begins with its type (21 alert, 22 handshake) and 0x03. */
static bool is_tls(const uint8_t *bytes, size_t size)
{
    return size >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03;
}

void kh_error_not_kafka(kohort_error *error, const struct kh_peer *peer, const uint8_t *bytes,
                        size_t size)
{
    char text[KH_PEER_TEXT], hex[3 * 8 + 1] = "";
    init(error, KOHORT_EPROTOCOL, peer, false);
    error->api_key = kh_api_info(KH_API_API_VERSIONS)->key;
    kh_peer_text(peer, text, sizeof text);
    if (is_tls(bytes, size)) {
        kh_error_text(error,
                      "%s answered in TLS: this looks like a TLS port: set security.protocol=SSL, "
                      "or use the port of a PLAINTEXT listener",
                      text);
        return;
    }
    if (size >= 4 && memcmp(bytes, "HTTP", 4) == 0) {
        kh_error_text(error,
                      "%s answered in HTTP: this is a web server, not a Kafka broker; check "
                      "the port",
                      text);
        return;
    }
    for (size_t i = 0; i < size && i < 8; i++)
        snprintf(hex + 3 * i, sizeof hex - 3 * i, " %02x", bytes[i]);
    kh_error_text(
        error,
        "%s answered with bytes that are not Kafka's protocol (%s …): is this the port of "
        "a broker?",
        text, hex[0] == '\0' ? hex : hex + 1);
}

void kh_error_broken(kohort_error *error, const struct kh_peer *peer, const char *format, ...)
{
    char text[KH_PEER_TEXT], what[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    init(error, KOHORT_EPROTOCOL, peer, true);
    kh_error_text(error, "%s %s", kh_peer_text(peer, text, sizeof text), what);
}

void kh_error_unknown_broker(kohort_error *error, int32_t broker_id)
{
    kh_error_init(error, KOHORT_ECONNECT);
    error->broker_id = broker_id;
    error->retriable = true;
    kh_error_text(error,
                  "broker %d is not in the cluster's metadata: it may have gone, or has yet "
                  "to come; the metadata is asked for again",
                  (int)broker_id);
}

void kh_error_set_api(kohort_error *error, enum kh_api api, int16_t version)
{
    error->api_key = kh_api_info(api)->key;
    error->api_version = version;
}
