/* The Kafka APIs this library speaks: key, name, the versions it speaks, where the flexible ones
 * start, and how each message is written and read. One row an API; source: the message schemas of
 * Apache Kafka (clients/src/main/resources/common/message). */
#ifndef KH_PROTOCOL_API_H
#define KH_PROTOCOL_API_H

#include "protocol/reader.h"
#include "protocol/writer.h"

#define KH_NEVER_FLEXIBLE INT16_MAX /* "flexibleVersions": "none" */

/* X(NAME, name, Name, key, oldest, newest, first flexible, how its responses are decoded,
 * "Kafka:its newest version …"): versions are those of kafka-clients 4.4.0; a broker speaks a part
 * of them. The last column names the releases since 2.1 that brought a newer version, as their
 * kafka-clients have it; docs/protocol.md is made from it. */
#define KH_API_MAP(X)                                                                              \
    X(PRODUCE, produce, Produce, 0, 3, 13, 9, WHOLE,                                               \
      "2.1:7 2.4:8 2.8:9 3.7:10 3.8:11 4.0:12 4.1:13")                                             \
    X(FETCH, fetch, Fetch, 1, 4, 18, 12, AS_IT_ARRIVES,                                            \
      "2.1:10 2.3:11 2.7:12 3.1:13 3.5:15 3.7:16 3.9:17 4.1:18")                                   \
    X(LIST_OFFSETS, list_offsets, ListOffsets, 2, 1, 11, 6, WHOLE,                                 \
      "2.1:4 2.2:5 2.8:6 3.0:7 3.5:8 3.9:9 4.0:10 4.2:11")                                         \
    X(METADATA, metadata, Metadata, 3, 0, 13, 9, WHOLE, "2.1:7 2.3:8 2.4:9 2.8:11 3.1:12 4.0:13")  \
    X(OFFSET_COMMIT, offset_commit, OffsetCommit, 8, 2, 10, 8, WHOLE,                              \
      "2.1:6 2.3:7 2.4:8 3.7:9 4.2:10")                                                            \
    X(OFFSET_FETCH, offset_fetch, OffsetFetch, 9, 1, 10, 6, WHOLE,                                 \
      "2.1:5 2.4:6 2.5:7 3.0:8 3.7:9 4.2:10")                                                      \
    X(FIND_COORDINATOR, find_coordinator, FindCoordinator, 10, 0, 6, 3, WHOLE,                     \
      "2.1:2 2.4:3 3.0:4 3.8:5 3.9:6")                                                             \
    X(JOIN_GROUP, join_group, JoinGroup, 11, 0, 9, 6, WHOLE,                                       \
      "2.1:3 2.2:4 2.3:5 2.4:6 2.5:7 3.2:9")                                                       \
    X(HEARTBEAT, heartbeat, Heartbeat, 12, 0, 4, 4, WHOLE, "2.1:2 2.3:3 2.4:4")                    \
    X(LEAVE_GROUP, leave_group, LeaveGroup, 13, 0, 5, 4, WHOLE, "2.1:2 2.4:4 3.2:5")               \
    X(SYNC_GROUP, sync_group, SyncGroup, 14, 0, 5, 4, WHOLE, "2.1:2 2.3:3 2.4:4 2.5:5")            \
    X(DESCRIBE_GROUPS, describe_groups, DescribeGroups, 15, 0, 6, 5, WHOLE,                        \
      "2.1:2 2.3:3 2.4:5 4.0:6")                                                                   \
    X(LIST_GROUPS, list_groups, ListGroups, 16, 0, 5, 3, WHOLE, "2.1:2 2.4:3 2.6:4 3.8:5")         \
    X(SASL_HANDSHAKE, sasl_handshake, SaslHandshake, 17, 0, 1, KH_NEVER_FLEXIBLE, WHOLE, "2.1:1")  \
    X(API_VERSIONS, api_versions, ApiVersions, 18, 0, 5, 3, WHOLE, "2.1:2 2.4:3 3.9:4 4.4:5")      \
    X(CREATE_TOPICS, create_topics, CreateTopics, 19, 2, 7, 5, WHOLE, "2.1:3 2.4:5 2.7:6 2.8:7")   \
    X(DELETE_TOPICS, delete_topics, DeleteTopics, 20, 1, 6, 4, WHOLE, "2.1:3 2.4:4 2.7:5 2.8:6")   \
    X(DELETE_RECORDS, delete_records, DeleteRecords, 21, 0, 2, 2, WHOLE, "2.1:1 2.6:2")            \
    X(INIT_PRODUCER_ID, init_producer_id, InitProducerId, 22, 0, 6, 2, WHOLE,                      \
      "2.1:1 2.4:2 2.5:3 2.7:4 3.8:5")                                                             \
    X(OFFSET_FOR_LEADER_EPOCH, offset_for_leader_epoch, OffsetForLeaderEpoch, 23, 2, 4, 4, WHOLE,  \
      "2.1:2 2.3:3 2.8:4")                                                                         \
    X(DESCRIBE_CONFIGS, describe_configs, DescribeConfigs, 32, 1, 4, 4, WHOLE,                     \
      "2.1:2 2.6:3 2.8:4")                                                                         \
    X(SASL_AUTHENTICATE, sasl_authenticate, SaslAuthenticate, 36, 0, 2, 2, WHOLE,                  \
      "2.1:0 2.2:1 2.5:2")                                                                         \
    X(CREATE_PARTITIONS, create_partitions, CreatePartitions, 37, 0, 3, 2, WHOLE,                  \
      "2.1:1 2.5:2 2.7:3")                                                                         \
    X(DELETE_GROUPS, delete_groups, DeleteGroups, 42, 0, 3, 2, WHOLE, "2.1:1 2.4:2 4.4:3")         \
    X(OFFSET_DELETE, offset_delete, OffsetDelete, 47, 0, 0, KH_NEVER_FLEXIBLE, WHOLE, "2.4:0")     \
    X(DESCRIBE_CLUSTER, describe_cluster, DescribeCluster, 60, 0, 2, 0, WHOLE,                     \
      "2.8:0 3.7:1 4.0:2")                                                                         \
    X(CONSUMER_GROUP_HEARTBEAT, consumer_group_heartbeat, ConsumerGroupHeartbeat, 68, 0, 1, 0,     \
      WHOLE, "3.7:0 4.0:1")                                                                        \
    X(CONSUMER_GROUP_DESCRIBE, consumer_group_describe, ConsumerGroupDescribe, 69, 0, 1, 0, WHOLE, \
      "3.8:0 4.0:1")                                                                               \
    X(SHARE_GROUP_HEARTBEAT, share_group_heartbeat, ShareGroupHeartbeat, 76, 1, 1, 0, WHOLE,       \
      "4.1:1")                                                                                     \
    X(SHARE_GROUP_DESCRIBE, share_group_describe, ShareGroupDescribe, 77, 1, 1, 0, WHOLE, "4.1:1") \
    X(SHARE_FETCH, share_fetch, ShareFetch, 78, 1, 2, 0, WHOLE, "4.1:1 4.2:2")                     \
    X(SHARE_ACKNOWLEDGE, share_acknowledge, ShareAcknowledge, 79, 1, 2, 0, WHOLE, "4.1:1 4.2:2")

#define KH_API_ENUM(NAME, ...) KH_API_##NAME,
enum kh_api { KH_API_MAP(KH_API_ENUM) KH_API_COUNT };
#undef KH_API_ENUM

struct kh_api_info {
    const char *name;        /* as Kafka's schemas spell it: "JoinGroup" */
    const char *option_name; /* as options spell it: "join_group" */
    int16_t key, oldest, newest, first_flexible;
    /* Writes the request struct kh_<name>_request at `version`. */
    void (*encode_request)(struct kh_writer *w, int version, const void *request);
    /* Reads struct kh_<name>_response, setting all of it: what a version lacks gets the schema's
     * default, a text null. NULL for Fetch, which is decoded as it arrives (fetch_stream.h). */
    void (*decode_response)(struct kh_reader *r, int version, void *response);
    size_t response_size;
};

const struct kh_api_info *kh_api_info(enum kh_api api);
/* -1 when no row has this key. */
int kh_api_by_key(int16_t key);
/* By the options' spelling ("offset_commit"); -1 when there is none. */
int kh_api_by_option_name(struct kh_string name);

static inline bool kh_api_flexible(const struct kh_api_info *info, int version)
{
    return version >= info->first_flexible;
}

#endif
