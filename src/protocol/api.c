#include "protocol/api.h"

#include "protocol/api_versions.h"
#include "protocol/consumer_group_describe.h"
#include "protocol/consumer_group_heartbeat.h"
#include "protocol/create_partitions.h"
#include "protocol/create_topics.h"
#include "protocol/delete_groups.h"
#include "protocol/delete_records.h"
#include "protocol/delete_topics.h"
#include "protocol/describe_cluster.h"
#include "protocol/describe_configs.h"
#include "protocol/describe_groups.h"
#include "protocol/fetch.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/init_producer_id.h"
#include "protocol/join_group.h"
#include "protocol/leave_group.h"
#include "protocol/list_groups.h"
#include "protocol/list_offsets.h"
#include "protocol/metadata.h"
#include "protocol/offset_commit.h"
#include "protocol/offset_delete.h"
#include "protocol/offset_fetch.h"
#include "protocol/offset_for_leader_epoch.h"
#include "protocol/produce.h"
#include "protocol/sasl_authenticate.h"
#include "protocol/sasl_handshake.h"
#include "protocol/share_acknowledge.h"
#include "protocol/share_fetch.h"
#include "protocol/share_group_describe.h"
#include "protocol/share_group_heartbeat.h"
#include "protocol/sync_group.h"

#define DECODE_WHOLE(api)         kh_##api##_response_decode
#define DECODE_AS_IT_ARRIVES(api) NULL

#define ROW(NAME, api, Name, key_, oldest_, newest_, flexible_, how, since)                        \
    [KH_API_##NAME] = {                                                                            \
        .name = #Name,                                                                             \
        .option_name = #api,                                                                       \
        .key = (key_),                                                                             \
        .oldest = (oldest_),                                                                       \
        .newest = (newest_),                                                                       \
        .first_flexible = (flexible_),                                                             \
        .encode_request = kh_##api##_request_encode,                                               \
        .decode_response = DECODE_##how(api),                                                      \
        .response_size = sizeof(struct kh_##api##_response),                                       \
    },
static const struct kh_api_info table[KH_API_COUNT] = {KH_API_MAP(ROW)};

const struct kh_api_info *kh_api_info(enum kh_api api)
{
    return &table[api];
}

int kh_api_by_key(int16_t key)
{
    for (int i = 0; i < KH_API_COUNT; i++)
        if (table[i].key == key)
            return i;
    return -1;
}

int kh_api_by_option_name(struct kh_string name)
{
    for (int i = 0; i < KH_API_COUNT; i++)
        if (kh_string_equal(kh_string_of(table[i].option_name), name))
            return i;
    return -1;
}
