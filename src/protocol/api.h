/* The Kafka APIs this library speaks: key, name, the versions it speaks, where the flexible ones
 * start, and how each message is written and read. One row an API; source: the message schemas of
 * Apache Kafka (clients/src/main/resources/common/message). */
#ifndef KH_PROTOCOL_API_H
#define KH_PROTOCOL_API_H

#include "protocol/reader.h"
#include "protocol/writer.h"

/* X(NAME, name, Name, key, oldest, newest, first flexible, how its responses are decoded): versions
 * are those of kafka-clients 4.4.0. A broker speaks a part of them. */
#define KH_API_MAP(X)                                                                              \
    X(FETCH, fetch, Fetch, 1, 4, 18, 12, AS_IT_ARRIVES)                                            \
    X(LIST_OFFSETS, list_offsets, ListOffsets, 2, 1, 11, 6, WHOLE)                                 \
    X(METADATA, metadata, Metadata, 3, 0, 13, 9, WHOLE)                                            \
    X(OFFSET_COMMIT, offset_commit, OffsetCommit, 8, 2, 10, 8, WHOLE)                              \
    X(OFFSET_FETCH, offset_fetch, OffsetFetch, 9, 1, 10, 6, WHOLE)                                 \
    X(FIND_COORDINATOR, find_coordinator, FindCoordinator, 10, 0, 6, 3, WHOLE)                     \
    X(JOIN_GROUP, join_group, JoinGroup, 11, 0, 9, 6, WHOLE)                                       \
    X(HEARTBEAT, heartbeat, Heartbeat, 12, 0, 4, 4, WHOLE)                                         \
    X(LEAVE_GROUP, leave_group, LeaveGroup, 13, 0, 5, 4, WHOLE)                                    \
    X(SYNC_GROUP, sync_group, SyncGroup, 14, 0, 5, 4, WHOLE)                                       \
    X(API_VERSIONS, api_versions, ApiVersions, 18, 0, 5, 3, WHOLE)

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
