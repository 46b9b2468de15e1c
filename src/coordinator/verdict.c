#include "coordinator/verdict.h"

struct row {
    int16_t code;
    enum kh_verdict verdicts[KH_API_COUNT]; /* KH_VERDICT_FINE: the row says nothing of this API */
    const char *hint;
};

#define IN_ALL(verdict)                                                                            \
    {                                                                                              \
        [KH_API_FIND_COORDINATOR] = (verdict), [KH_API_JOIN_GROUP] = (verdict),                    \
        [KH_API_SYNC_GROUP] = (verdict), [KH_API_HEARTBEAT] = (verdict),                           \
        [KH_API_OFFSET_COMMIT] = (verdict), [KH_API_OFFSET_FETCH] = (verdict)                      \
    }

#define MOVED                                                                                      \
    {                                                                                              \
        [KH_API_FIND_COORDINATOR] = KH_VERDICT_RETRY, [KH_API_JOIN_GROUP] = KH_VERDICT_REFIND,     \
        [KH_API_SYNC_GROUP] = KH_VERDICT_REFIND, [KH_API_HEARTBEAT] = KH_VERDICT_REFIND,           \
        [KH_API_OFFSET_COMMIT] = KH_VERDICT_REFIND, [KH_API_OFFSET_FETCH] = KH_VERDICT_REFIND      \
    }

#define IN_MEMBERSHIP(verdict)                                                                     \
    {                                                                                              \
        [KH_API_JOIN_GROUP] = (verdict), [KH_API_SYNC_GROUP] = (verdict),                          \
        [KH_API_HEARTBEAT] = (verdict), [KH_API_OFFSET_COMMIT] = (verdict)                         \
    }

static const struct row rows[] = {
    /* While a coordinator loads it answers SyncGroup for a generation that may be gone: joining
     * again is the safe way out. */
    {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS,
     {[KH_API_FIND_COORDINATOR] = KH_VERDICT_RETRY,
      [KH_API_JOIN_GROUP] = KH_VERDICT_RETRY,
      [KH_API_SYNC_GROUP] = KH_VERDICT_REJOIN,
      [KH_API_HEARTBEAT] = KH_VERDICT_RETRY,
      [KH_API_OFFSET_COMMIT] = KH_VERDICT_RETRY,
      [KH_API_OFFSET_FETCH] = KH_VERDICT_RETRY},
     NULL},
    {KH_KAFKA_NOT_COORDINATOR, MOVED, NULL},
    {KH_KAFKA_COORDINATOR_NOT_AVAILABLE, MOVED, NULL},
    {KH_KAFKA_REBALANCE_IN_PROGRESS,
     {[KH_API_JOIN_GROUP] = KH_VERDICT_RETRY,
      [KH_API_SYNC_GROUP] = KH_VERDICT_REJOIN,
      [KH_API_HEARTBEAT] = KH_VERDICT_REJOIN,
      [KH_API_OFFSET_COMMIT] = KH_VERDICT_REJOIN},
     NULL},
    {KH_KAFKA_ILLEGAL_GENERATION, IN_MEMBERSHIP(KH_VERDICT_RESET_GENERATION), NULL},
    {KH_KAFKA_UNKNOWN_MEMBER_ID, IN_MEMBERSHIP(KH_VERDICT_RESET_MEMBER), NULL},
    {KH_KAFKA_MEMBER_ID_REQUIRED, {[KH_API_JOIN_GROUP] = KH_VERDICT_TAKE_ID}, NULL},
    {KH_KAFKA_FENCED_INSTANCE_ID, IN_ALL(KH_VERDICT_FATAL),
     "another member has joined with the same group.instance.id; give each member its own"},
    {KH_KAFKA_GROUP_AUTHORIZATION_FAILED, IN_ALL(KH_VERDICT_FATAL),
     "allow this user READ on the group (kafka-acls --add --operation READ --group ...)"},
    {KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, IN_ALL(KH_VERDICT_FATAL),
     "all members of a group need an assignor in common"},
    {KH_KAFKA_INVALID_SESSION_TIMEOUT, IN_ALL(KH_VERDICT_FATAL),
     "set session.timeout.ms between the broker's group.min.session.timeout.ms and "
     "group.max.session.timeout.ms"},
    {KH_KAFKA_INVALID_GROUP_ID, IN_ALL(KH_VERDICT_FATAL), "set another group.id"},
    {KH_KAFKA_GROUP_MAX_SIZE_REACHED,
     {[KH_API_JOIN_GROUP] = KH_VERDICT_FATAL},
     "run fewer members, or raise the broker's group.max.size"},
    /* Measured: an assignment of about 1 MiB in total is answered with this code. */
    {KH_KAFKA_UNKNOWN_SERVER_ERROR,
     {[KH_API_SYNC_GROUP] = KH_VERDICT_FATAL},
     "is the assignment larger than the broker's message.max.bytes?"},
    {KH_KAFKA_TOPIC_AUTHORIZATION_FAILED,
     {[KH_API_OFFSET_COMMIT] = KH_VERDICT_PARTITION, [KH_API_OFFSET_FETCH] = KH_VERDICT_PARTITION},
     "allow this user READ on the topic"},
    {KH_KAFKA_OFFSET_METADATA_TOO_LARGE,
     {[KH_API_OFFSET_COMMIT] = KH_VERDICT_PARTITION},
     "shorten the commit's metadata, or raise the broker's offset.metadata.max.bytes"},
    {KH_KAFKA_INVALID_COMMIT_OFFSET_SIZE, {[KH_API_OFFSET_COMMIT] = KH_VERDICT_PARTITION}, NULL},
};

static const struct row *find_row(int16_t kafka_code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == kafka_code)
            return &rows[i];
    return NULL;
}

enum kh_verdict kh_verdict_of(enum kh_api api, int16_t kafka_code)
{
    if (kafka_code == KH_KAFKA_NONE)
        return KH_VERDICT_FINE;
    const struct row *row = find_row(kafka_code);
    if (row != NULL && row->verdicts[api] != KH_VERDICT_FINE)
        return row->verdicts[api];
    return kh_kafka_error_retriable(kafka_code) ? KH_VERDICT_RETRY : KH_VERDICT_FATAL;
}

enum kh_verdict kh_verdict_of_status(int status, const kohort_error *error)
{
    if (status == KOHORT_EVERSION || status == KOHORT_EINVAL)
        return KH_VERDICT_FATAL;
    /* The broker was reached and refused us before the request (credentials). */
    if (status == KOHORT_EBROKER && error != NULL && !error->retriable)
        return KH_VERDICT_FATAL;
    return KH_VERDICT_REFIND;
}

const char *kh_verdict_hint(enum kh_api api, int16_t kafka_code)
{
    const struct row *row = find_row(kafka_code);
    return row != NULL && row->verdicts[api] != KH_VERDICT_FINE ? row->hint : NULL;
}
