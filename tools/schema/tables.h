/* The messages that have a table: X(name) for each API. */
#ifndef SCHEMA_TABLES_H
#define SCHEMA_TABLES_H

#include "schema/schema.h"

#define SCHEMA_MAP(X)                                                                              \
    X(produce)                                                                                     \
    X(fetch)                                                                                       \
    X(list_offsets)                                                                                \
    X(metadata)                                                                                    \
    X(offset_commit)                                                                               \
    X(offset_fetch)                                                                                \
    X(find_coordinator)                                                                            \
    X(join_group)                                                                                  \
    X(heartbeat)                                                                                   \
    X(leave_group)                                                                                 \
    X(sync_group)                                                                                  \
    X(describe_groups)                                                                             \
    X(list_groups)                                                                                 \
    X(sasl_handshake)                                                                              \
    X(api_versions)                                                                                \
    X(create_topics)                                                                               \
    X(delete_topics)                                                                               \
    X(delete_records)                                                                              \
    X(init_producer_id)                                                                            \
    X(offset_for_leader_epoch)                                                                     \
    X(describe_configs)                                                                            \
    X(sasl_authenticate)                                                                           \
    X(create_partitions)                                                                           \
    X(delete_groups)                                                                               \
    X(offset_delete)                                                                               \
    X(describe_cluster)                                                                            \
    X(consumer_group_heartbeat)                                                                    \
    X(consumer_group_describe)                                                                     \
    X(share_group_heartbeat)                                                                       \
    X(share_group_describe)                                                                        \
    X(share_fetch)                                                                                 \
    X(share_acknowledge)

#define SCHEMA_DECLARE(api)                                                                        \
    extern const struct schema schema_##api##_request, schema_##api##_response;
SCHEMA_MAP(SCHEMA_DECLARE)
#undef SCHEMA_DECLARE

#endif
