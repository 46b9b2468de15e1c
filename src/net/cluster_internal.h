/* The inside of a cluster, for the files of src/net. */
#ifndef KH_NET_CLUSTER_INTERNAL_H
#define KH_NET_CLUSTER_INTERNAL_H

#include "base/map.h"
#include "net/cluster.h"
#include "net/lane_internal.h"
#include "net/listing.h"
#include "net/refresh.h"

/* What is remembered of a broker, also while it is in no metadata. */
struct kh_broker {
    int32_t id;
    struct kh_lane *lane; /* shared; NULL: nobody has asked */
    bool versions_known;  /* it was connected to */
    bool served;          /* and answered more than ApiVersions, at reached_host */
    struct kh_broker_versions versions;
    char *reached_host; /* where a connection was last made to; NULL: never */
    uint16_t reached_port;
};

struct kh_topic {
    struct kh_topic_metadata metadata;
    size_t wanted;   /* interests */
    bool listed;     /* by the answer that is being read */
    bool leaderless; /* by the last answer some partition has no leader */
};

struct kh_cluster {
    struct kh_shared *shared;
    struct kh_cluster_options options;
    char *client_id;
    struct kh_bootstrap bootstrap;
    struct kh_arena answers; /* of all connections: one is decoded at a time */
    struct kh_connection_settings settings;
    struct kh_list lanes;
    struct kh_lane *any;
    struct kh_map brokers; /* struct kh_broker, by the bytes of its id */
    struct kh_node *nodes; /* by rising id */
    size_t node_count;
    struct kh_map topics;       /* struct kh_topic, by name */
    struct kh_map topics_by_id; /* those that have an id */
    struct kh_list listeners;
    struct kh_listing listing;
    struct kh_refresh refresh;
    bool closing;
};

/* brokers.c: the address to connect to, now; false: not known. host stays the cluster's. */
bool kh_cluster_peer(const struct kh_cluster *cluster, int32_t id, struct kh_peer *ret_peer);
/* A connection to it is ready. */
void kh_cluster_reached(struct kh_cluster *cluster, const struct kh_peer *peer,
                        const struct kh_broker_versions *versions);
/* It has answered more than ApiVersions: what it speaks need not be waited for the next time. */
void kh_cluster_served(struct kh_cluster *cluster, const struct kh_peer *peer,
                       const struct kh_broker_versions *versions);
/* It may have been replaced: what it speaks must be asked. */
void kh_cluster_doubt_versions(struct kh_cluster *cluster, const struct kh_peer *peer);
/* A broker's shared lane that can write at once; NULL: none. */
struct kh_lane *kh_cluster_connected_lane(struct kh_cluster *cluster);
/* Takes over `nodes`, an array of `count`, sorting it. */
void kh_cluster_replace_nodes(struct kh_cluster *cluster, struct kh_node *nodes, size_t count);
/* Copies host and rack (null: none). KOHORT_EPROTOCOL: not an address. */
int kh_node_init(struct kh_node *node, struct kh_heap *heap, int32_t id, struct kh_string host,
                 int32_t port, struct kh_string rack);
void kh_nodes_free(struct kh_heap *heap, struct kh_node *nodes, size_t count);
void kh_brokers_free(struct kh_cluster *cluster);

/* listeners.c */
void kh_cluster_tell_updated(struct kh_cluster *cluster);
void kh_cluster_tell_failed(struct kh_cluster *cluster, const kohort_error *error);

#endif
