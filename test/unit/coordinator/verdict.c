#include "coordinator/verdict.h"

#include "support/test.h"

/* contract.md, "What each group error does", column by column. */
enum { JOIN, SYNC, BEAT, COMMIT, FETCH, COLUMNS };
static const enum kh_api column_api[COLUMNS] = {KH_API_JOIN_GROUP, KH_API_SYNC_GROUP,
                                                KH_API_HEARTBEAT, KH_API_OFFSET_COMMIT,
                                                KH_API_OFFSET_FETCH};

#define RETRY      KH_VERDICT_RETRY
#define REFIND     KH_VERDICT_REFIND
#define REJOIN     KH_VERDICT_REJOIN
#define GENERATION KH_VERDICT_RESET_GENERATION
#define MEMBER     KH_VERDICT_RESET_MEMBER
#define TAKE_ID    KH_VERDICT_TAKE_ID
#define FATAL      KH_VERDICT_FATAL
#define ONE        KH_VERDICT_PARTITION

static const struct {
    int16_t code;
    enum kh_verdict expected[COLUMNS];
} table[] = {
    /* join, sync, heartbeat, commit, offset fetch */
    {KH_KAFKA_NONE, {KH_VERDICT_FINE}},
    {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, {RETRY, REJOIN, RETRY, RETRY, RETRY}},
    {KH_KAFKA_NOT_COORDINATOR, {REFIND, REFIND, REFIND, REFIND, REFIND}},
    {KH_KAFKA_COORDINATOR_NOT_AVAILABLE, {REFIND, REFIND, REFIND, REFIND, REFIND}},
    {KH_KAFKA_REBALANCE_IN_PROGRESS, {RETRY, REJOIN, REJOIN, REJOIN, FATAL}},
    {KH_KAFKA_ILLEGAL_GENERATION, {GENERATION, GENERATION, GENERATION, GENERATION, FATAL}},
    {KH_KAFKA_UNKNOWN_MEMBER_ID, {MEMBER, MEMBER, MEMBER, MEMBER, FATAL}},
    {KH_KAFKA_MEMBER_ID_REQUIRED, {TAKE_ID, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_FENCED_INSTANCE_ID, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_GROUP_AUTHORIZATION_FAILED, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_INVALID_SESSION_TIMEOUT, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_INVALID_GROUP_ID, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_GROUP_MAX_SIZE_REACHED, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_UNKNOWN_SERVER_ERROR, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {KH_KAFKA_UNSTABLE_OFFSET_COMMIT, {RETRY, RETRY, RETRY, RETRY, RETRY}},
    {KH_KAFKA_REQUEST_TIMED_OUT, {RETRY, RETRY, RETRY, RETRY, RETRY}},
    {KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION, {RETRY, RETRY, RETRY, RETRY, RETRY}},
    {KH_KAFKA_TOPIC_AUTHORIZATION_FAILED, {FATAL, FATAL, FATAL, ONE, ONE}},
    {KH_KAFKA_OFFSET_METADATA_TOO_LARGE, {FATAL, FATAL, FATAL, ONE, FATAL}},
    {KH_KAFKA_INVALID_COMMIT_OFFSET_SIZE, {FATAL, FATAL, FATAL, ONE, FATAL}},
    {KH_KAFKA_UNSUPPORTED_VERSION, {FATAL, FATAL, FATAL, FATAL, FATAL}},
    {9999, {FATAL, FATAL, FATAL, FATAL, FATAL}},
};

KH_TEST(verdict, follows_the_contracts_table)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t c = 0; c < COLUMNS; c++)
            cr_assert_eq(kh_verdict_of(column_api[c], table[i].code), table[i].expected[c],
                         "%s at %s", kh_kafka_error_name(table[i].code),
                         kh_api_info(column_api[c])->name);
}

KH_TEST(verdict, finding_the_coordinator_is_repeated_until_it_is_refused)
{
    static const struct {
        int16_t code;
        enum kh_verdict expected;
    } found[] = {
        {KH_KAFKA_NONE, KH_VERDICT_FINE},
        {KH_KAFKA_COORDINATOR_NOT_AVAILABLE, RETRY},
        {KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS, RETRY},
        {KH_KAFKA_NOT_COORDINATOR, RETRY},
        {KH_KAFKA_GROUP_AUTHORIZATION_FAILED, FATAL},
        {KH_KAFKA_INVALID_GROUP_ID, FATAL},
        {KH_KAFKA_UNKNOWN_SERVER_ERROR, FATAL},
    };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        cr_assert_eq(kh_verdict_of(KH_API_FIND_COORDINATOR, found[i].code), found[i].expected, "%s",
                     kh_kafka_error_name(found[i].code));
}

KH_TEST(verdict, no_answer_is_terminal_only_when_asking_elsewhere_cannot_help)
{
    cr_assert_eq(kh_verdict_of_status(KOHORT_EVERSION, NULL), FATAL);
    cr_assert_eq(kh_verdict_of_status(KOHORT_EINVAL, NULL), FATAL);
    cr_assert_eq(kh_verdict_of_status(KOHORT_EDISCONNECTED, NULL), REFIND);
    cr_assert_eq(kh_verdict_of_status(KOHORT_ETIMEDOUT, NULL), REFIND);
    cr_assert_eq(kh_verdict_of_status(KOHORT_EPROTOCOL, NULL), REFIND);
    kohort_error refused = {.size = sizeof refused, .code = KOHORT_EBROKER};
    cr_assert_eq(kh_verdict_of_status(KOHORT_EBROKER, &refused), FATAL);
    refused.retriable = true;
    cr_assert_eq(kh_verdict_of_status(KOHORT_EBROKER, &refused), REFIND);
}

KH_TEST(verdict, hints_say_what_to_do_where_they_belong)
{
    cr_assert_not_null(kh_verdict_hint(KH_API_JOIN_GROUP, KH_KAFKA_INVALID_SESSION_TIMEOUT));
    cr_assert_not_null(kh_verdict_hint(KH_API_SYNC_GROUP, KH_KAFKA_UNKNOWN_SERVER_ERROR));
    cr_assert_null(kh_verdict_hint(KH_API_HEARTBEAT, KH_KAFKA_UNKNOWN_SERVER_ERROR));
    cr_assert_null(kh_verdict_hint(KH_API_JOIN_GROUP, 9999));
}
