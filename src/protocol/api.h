/* The Kafka APIs this library speaks: key, name, the versions it speaks, where the flexible ones start, and how each
 * message is written and read. One row an API; source: the message schemas of Apache Kafka (clients .../common/message). */
#ifndef KH_PROTOCOL_API_H
#define KH_PROTOCOL_API_H

#include "protocol/reader.h"
#include "protocol/writer.h"

/* X(NAME, name, key, oldest, newest, first flexible): versions are those of trunk's `validVersions`. */
#define KH_API_MAP(X)                                                                              \
    X(FETCH, fetch, 1, 4, 18, 12)                                                                  \
    X(LIST_OFFSETS, list_offsets, 2, 1, 11, 6)                                                     \
    X(METADATA, metadata, 3, 0, 13, 9)                                                             \
    X(OFFSET_COMMIT, offset_commit, 8, 2, 10, 8)                                                   \
    X(OFFSET_FETCH, offset_fetch, 9, 1, 10, 6)                                                     \
    X(FIND_COORDINATOR, find_coordinator, 10, 0, 6, 3)                                             \
    X(JOIN_GROUP, join_group, 11, 0, 9, 6)                                                         \
    X(HEARTBEAT, heartbeat, 12, 0, 4, 4)                                                           \
    X(LEAVE_GROUP, leave_group, 13, 0, 5, 4)                                                       \
    X(SYNC_GROUP, sync_group, 14, 0, 5, 4)                                                         \
    X(API_VERSIONS, api_versions, 18, 0, 5, 3)

/* clang-format off */
#define KH_API_ENUM(NAME, name, key, oldest, newest, flexible) KH_API_##NAME,
/* clang-format on */
enum kh_api { KH_API_MAP(KH_API_ENUM) KH_API_COUNT };
#undef KH_API_ENUM

struct kh_api_info {
    const char *name;        /* as Kafka's schemas spell it: "JoinGroup" */
    const char *option_name; /* as options spell it: "join_group" */
    int16_t key, oldest, newest, first_flexible;
    /* Writes the request struct kh_<name>_request at `version`. */
    void (*encode_request)(struct kh_writer *w, int version, const void *request);
    /* Reads struct kh_<name>_response; NULL for Fetch, which is decoded as it arrives (fetch_stream.h). */
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
