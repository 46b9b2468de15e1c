/* One Kafka cluster as a client sees it: bootstrap addresses, brokers, the metadata cache with
 * leader epochs, and its refresh. */
#ifndef KH_NET_CLUSTER_H
#define KH_NET_CLUSTER_H

#include "base/list.h"
#include "net/lane.h"
#include "net/shared.h"
#include "net/version_ranges.h"

/* Texts are copied. */
struct kh_cluster_options {
    const char *bootstrap_servers; /* "host:port,host:port"; checked by the options table */
    const char *client_id;
    int64_t request_timeout_ms;
    int64_t connect_timeout_ms; /* socket.connection.setup.timeout.ms */
    int64_t idle_close_ms;      /* connections.max.idle.ms; 0: never */
    int64_t reconnect_backoff_ms, reconnect_backoff_max_ms;
    int64_t retry_backoff_ms, retry_backoff_max_ms;
    int64_t metadata_max_age_ms;
    bool allow_auto_create_topics;
};

struct kh_node {
    int32_t id;
    char *host; /* printable ASCII without spaces */
    uint16_t port;
    char *rack; /* NULL: none */
};

struct kh_partition_metadata {
    int32_t leader;       /* -1: none now */
    int32_t leader_epoch; /* -1: unknown */
    int16_t error;        /* Kafka's code */
    int32_t *replicas;
    size_t replica_count;
};

struct kh_topic_metadata {
    char *name;
    struct kh_uuid id;
    int16_t error; /* Kafka's code; UNKNOWN_TOPIC_OR_PARTITION while it does not exist */
    /* By partition number. With an error, those that were last known. */
    struct kh_partition_metadata *partitions;
    size_t partition_count;
    bool known; /* an answer has come */
};

/* Told after each good refresh. Listeners may remove themselves or others, and ask anything,
 * inside.
 */
struct kh_metadata_listener {
    struct kh_list node;
    void (*updated)(struct kh_metadata_listener *listener);
    /* A refresh failed, at every broker or twice in a row: told so that it can be shown; the
     * cluster goes on trying. May be NULL. */
    void (*failed)(struct kh_metadata_listener *listener, const kohort_error *error);
};

/* 0, KOHORT_EINVAL (bootstrap_servers), KOHORT_ENOMEM. Nothing is connected, nor asked for, until
 * someone wants something. */
int kh_cluster_new(struct kh_cluster **ret, struct kh_shared *shared,
                   const struct kh_cluster_options *options);
/* Closes all connections; every request not cancelled by its owner ends with KOHORT_ECLOSED before
 * this returns, and what is sent from inside is dropped. Not from inside a done() or a listener. */
void kh_cluster_free(struct kh_cluster *cluster);

void kh_cluster_listen(struct kh_cluster *cluster, struct kh_metadata_listener *listener);
void kh_cluster_unlisten(struct kh_metadata_listener *listener);

/* Counts an interest in a topic; the first one makes it part of every refresh and asks for one. 0
 * or KOHORT_ENOMEM. */
int kh_cluster_want_topic(struct kh_cluster *cluster, struct kh_string name);
void kh_cluster_unwant_topic(struct kh_cluster *cluster, struct kh_string name);
/* Counts an interest in the names of all topics; while there is one each refresh asks for all of
 * them. Then topics that are missing are not created by asking for them, since nobody names them.
 */
void kh_cluster_want_listing(struct kh_cluster *cluster);
void kh_cluster_unwant_listing(struct kh_cluster *cluster);
struct kh_listed_topic {
    struct kh_string name;
    bool is_internal; /* of the brokers' own; Metadata v1+ tells */
};
/* Until the loop's next turn. False: no answer has come since somebody wanted it. */
bool kh_cluster_listing(const struct kh_cluster *cluster, const struct kh_listed_topic **ret_topics,
                        size_t *ret_count);
/* What is found here and below is valid until the loop's next turn. NULL: nobody wants it. */
const struct kh_topic_metadata *kh_cluster_topic(const struct kh_cluster *cluster,
                                                 struct kh_string name);
/* By id (Fetch 13+); NULL: not known. */
const struct kh_topic_metadata *kh_cluster_topic_by_id(const struct kh_cluster *cluster,
                                                       const struct kh_uuid *id);
/* NULL when not known (yet). */
const struct kh_node *kh_cluster_node(const struct kh_cluster *cluster, int32_t id);
/* By rising id. */
size_t kh_cluster_nodes(const struct kh_cluster *cluster, const struct kh_node **ret_nodes);

/* Asks for a refresh soon: requests made meanwhile share it, and repeated ones back off. `why` is
 * for the log. */
void kh_cluster_refresh(struct kh_cluster *cluster, const char *why);
/* A coordinator's address, or a leader's that an answer told us (KIP-951). 0, KOHORT_ENOMEM, or
 * KOHORT_EPROTOCOL for what cannot be an address. */
int kh_cluster_learn_node(struct kh_cluster *cluster, int32_t id, struct kh_string host,
                          int32_t port);
/* A newer leader that an answer told us (KIP-951). Epochs that are not newer change nothing. */
void kh_cluster_learn_leader(struct kh_cluster *cluster, struct kh_string topic, int32_t partition,
                             int32_t leader, int32_t leader_epoch);

/* The versions that broker spoke when it was last connected to. NULL when it never was. */
const struct kh_broker_versions *kh_cluster_broker_versions(const struct kh_cluster *cluster,
                                                            int32_t node_id);

#endif
