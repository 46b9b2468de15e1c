/* Every option of the library, in one place. Names, types, ranges and defaults are Kafka's
 * (ConsumerConfig.java, CommonClientConfigs.java) where Kafka has them. docs/options.md is made
 * from this table, and a test compares them. */
#include "consumer/options.h"

#include <stddef.h>
#include <string.h>

#define AT(field) offsetof(struct kh_option_values, field)
#define CLIENT    KH_OPTION_CLIENT
#define CONSUMER  KH_OPTION_CONSUMER
#define TEXT(scope, name, alias, text, field, required, doc)                                       \
    {                                                                                              \
        name, alias, KH_OPTION_TEXT, scope, text, 0, 0, NULL, AT(field), required, doc             \
    }
#define NUMBER(scope, name, alias, text, min, max, field, doc)                                     \
    {                                                                                              \
        name, alias, KH_OPTION_NUMBER, scope, text, min, max, NULL, AT(field), false, doc          \
    }
#define BOOL(scope, name, alias, text, field, doc)                                                 \
    {                                                                                              \
        name, alias, KH_OPTION_BOOL, scope, text, 0, 0, NULL, AT(field), false, doc                \
    }
#define CHOICE(scope, name, alias, text, choices, field, doc)                                      \
    {                                                                                              \
        name, alias, KH_OPTION_CHOICE, scope, text, 0, 0, choices, AT(field), false, doc           \
    }

static const struct kh_option table[] = {
    TEXT(CLIENT, "bootstrap.servers", "metadata.broker.list", NULL, bootstrap_servers, true,
         "Brokers to start from: host:port, parted by commas. The rest of the cluster is learnt "
         "from them."),
    TEXT(CLIENT, "client.id", NULL, "kohort", client_id, false,
         "A name for this program, shown in the broker's logs, quotas and group descriptions."),
    CHOICE(CLIENT, "security.protocol", NULL, "PLAINTEXT", "PLAINTEXT", security_protocol,
           "How to talk to brokers."),
    TEXT(CLIENT, "api.versions", NULL, "", api_versions, false,
         "Bounds on the versions used, by API: fetch:4-11,offset_commit:3. Empty: the newest that "
         "both sides speak."),
    NUMBER(CLIENT, "request.timeout.ms", "socket.timeout.ms", "30000", 1, INT32_MAX,
           request_timeout_ms,
           "How long a request waits for its answer, the time to connect included."),
    NUMBER(CLIENT, "socket.connection.setup.timeout.ms", NULL, "10000", 1, INT32_MAX,
           connect_timeout_ms, "How long one attempt to connect may take."),
    NUMBER(CLIENT, "connections.max.idle.ms", NULL, "540000", 0, INT32_MAX, idle_close_ms,
           "A connection without traffic for so long is closed."),
    NUMBER(CLIENT, "reconnect.backoff.ms", NULL, "50", 0, INT32_MAX, reconnect_backoff_ms,
           "The wait before connecting again, doubled at each failure, jittered by 20 %."),
    NUMBER(CLIENT, "reconnect.backoff.max.ms", NULL, "1000", 0, INT32_MAX, reconnect_backoff_max_ms,
           "The longest such wait."),
    NUMBER(CLIENT, "retry.backoff.ms", NULL, "100", 1, INT32_MAX, retry_backoff_ms,
           "The wait before a failed request is tried again, doubled at each failure, jittered by "
           "20 %."),
    NUMBER(CLIENT, "retry.backoff.max.ms", NULL, "1000", 1, INT32_MAX, retry_backoff_max_ms,
           "The longest such wait."),
    NUMBER(CLIENT, "metadata.max.age.ms", "topic.metadata.refresh.interval.ms", "300000", 1,
           INT32_MAX, metadata_max_age_ms, "Metadata is refreshed when it is older than this."),
    BOOL(CLIENT, "allow.auto.create.topics", NULL, "true", allow_auto_create_topics,
         "Whether asking for a missing topic may create it, when the broker allows that."),
    TEXT(CONSUMER, "group.id", NULL, NULL, group_id, true, "The consumer group to join."),
    TEXT(CONSUMER, "group.instance.id", NULL, "", group_instance_id, false,
         "Makes a static member (KIP-345): one that comes back within session.timeout.ms gets its "
         "partitions back, and the group does not rebalance. Each member needs its own. Empty: a "
         "dynamic member. Brokers since Kafka 2.3."),
    CHOICE(CONSUMER, "group.protocol", NULL, "classic", "classic", group_protocol,
           "The protocol of membership."),
    TEXT(CONSUMER, "partition.assignment.strategy", NULL, "cooperative-sticky", assignors, false,
         "Assignors by preference, parted by commas: their names, or Java's class names. \"NAME as "
         "OTHER\" is called OTHER in the group."),
    BOOL(CONSUMER, "exclude.internal.topics", NULL, "true", exclude_internal_topics,
         "Whether patterns of topics pass over the brokers' own topics (__consumer_offsets, …)."),
    TEXT(CONSUMER, "client.rack", NULL, "", client_rack, false,
         "Where this program runs; compared with the racks of replicas."),
    NUMBER(CONSUMER, "session.timeout.ms", NULL, "45000", 1, INT32_MAX, session_timeout_ms,
           "Without a heartbeat for so long, the group goes on without this member. The broker "
           "bounds it."),
    NUMBER(CONSUMER, "heartbeat.interval.ms", NULL, "3000", 1, INT32_MAX, heartbeat_interval_ms,
           "How often a heartbeat is sent. Below session.timeout.ms, at best a third of it."),
    NUMBER(CONSUMER, "join.heartbeat.interval.ms", NULL, "250", 0, INT32_MAX,
           join_heartbeat_interval_ms,
           "After each round of a cooperative group heartbeats come at least so often, for one "
           "heartbeat.interval.ms: they tell of the round that hands over what others let go of. "
           "0: as ever."),
    NUMBER(CONSUMER, "max.poll.interval.ms", NULL, "300000", 1, INT32_MAX, max_poll_interval_ms,
           "Sent as the rebalance timeout: how long the group waits for its members to let go and "
           "join again."),
    NUMBER(
        CONSUMER, "session.timeout.padding.ms", NULL, "10000", 0, INT32_MAX, join_padding_ms,
        "Added to the rebalance timeout for the deadline of JoinGroup and SyncGroup on this side."),
    NUMBER(CONSUMER, "rebalance.drain.timeout.ms", NULL, "30000", 0, INT32_MAX, drain_timeout_ms,
           "How long a revocation waits for the application. Below max.poll.interval.ms."),
    CHOICE(CONSUMER, "commit.mode", NULL, "async", "async|sync|manual", commit_mode,
           "async: what is acknowledged is committed every auto.commit.interval.ms, on revocation "
           "and on close. sync: at once, and the next batch of a partition waits for the answer. "
           "manual: only when the application asks."),
    BOOL(CONSUMER, "enable.auto.commit", NULL, "true", enable_auto_commit,
         "false means commit.mode=manual."),
    NUMBER(CONSUMER, "auto.commit.interval.ms", NULL, "5000", 1, INT32_MAX, auto_commit_interval_ms,
           "The longest that an acknowledgement waits for its commit."),
    NUMBER(CONSUMER, "commit.threshold", NULL, "0", 0, INT32_MAX, commit_threshold,
           "With commit.mode=async: so many acknowledged records are committed without waiting for "
           "the interval. 0: off."),
    CHOICE(
        CONSUMER, "commit.metadata", NULL, "none", "none|done", commit_metadata,
        "done: a commit says in its metadata which records above its offset are acknowledged, as "
        "far as that fits into 4096 bytes; the next owner, if it has done too, passes over them. "
        "An acknowledgement out of order is committed like any other. kohort_commit_offsets() "
        "takes no metadata then."),
    CHOICE(CONSUMER, "auto.offset.reset", NULL, "latest", "earliest|latest|none", auto_offset_reset,
           "Where to start when the group has no committed offset, or when it is out of range. "
           "none: an error on that "
           "partition, which then waits for kohort_seek()."),
    CHOICE(CONSUMER, "isolation.level", NULL, "read_uncommitted", "read_uncommitted|read_committed",
           isolation_level,
           "read_committed: what is written in a transaction is delivered when it is committed, "
           "and not at all when it is aborted; a partition ends before the first that is open."),
    BOOL(CONSUMER, "check.crcs", NULL, "true", check_crcs,
         "Whether the CRC of each batch is checked."),
    NUMBER(CONSUMER, "fetch.min.bytes", NULL, "1", 0, INT32_MAX, fetch_min_bytes,
           "A broker answers a Fetch when it has so many bytes, or after fetch.max.wait.ms."),
    NUMBER(CONSUMER, "fetch.max.bytes", NULL, "52428800", 1, INT32_MAX, fetch_max_bytes,
           "The most bytes in one answer; one larger batch always passes (KIP-74)."),
    NUMBER(CONSUMER, "fetch.max.wait.ms", "fetch.wait.max.ms", "500", 0, INT32_MAX,
           fetch_max_wait_ms, "How long a broker may hold a Fetch for fetch.min.bytes."),
    NUMBER(CONSUMER, "max.partition.fetch.bytes", "fetch.message.max.bytes", "1048576", 1,
           INT32_MAX, max_partition_fetch_bytes,
           "The most bytes of one partition in one answer; one larger batch always passes."),
    NUMBER(
        CONSUMER, "prefetch.bytes", NULL, "4194304", 1, INT32_MAX, prefetch_bytes,
        "So many bytes of one partition are received beyond what the application has taken; what "
        "it keeps counts. One larger batch always passes."),
    NUMBER(
        CONSUMER, "queued.max.bytes", NULL, "67108864", 1, INT32_MAX, queued_max_bytes,
        "And of all partitions of a consumer together: each may have its part of it. Beyond it is "
        "at most one batch of each broker."),
    NUMBER(CONSUMER, "fetch.empty.backoff.ms", NULL, "0", 0, INT32_MAX, fetch_empty_backoff_ms,
           "The wait before a broker is asked again that had no record for us. 0: none, since it "
           "has waited for fetch.max.wait.ms itself."),
    CHOICE(CONSUMER, "demand.mode", NULL, "push", "push|pull", demand_mode,
           "pull: a partition delivers as many records as kohort_demand() asked for, and is not "
           "fetched without. push: all that come."),
    BOOL(CONSUMER, "membership.only", NULL, "false", membership_only,
         "true: the member joins, is told what it owns, and that is all: no offset is asked for, "
         "nothing is fetched or committed, on_records may be NULL."),
    NUMBER(CONSUMER, "max.unacked.records", NULL, "10000", 1, INT32_MAX, max_unacked_records,
           "A partition with so many records delivered and not acknowledged gets no more, and "
           "never has "
           "more."),
    NUMBER(CONSUMER, "processing.timeout.ms", NULL, "0", 0, INT32_MAX, processing_timeout_ms,
           "A record that was delivered so long ago, and is neither acknowledged nor refused nor "
           "extended (kohort_extend()), is stuck; seen up to a sixteenth later. Time in which the "
           "loop did not turn does not count. 0: off."),
    CHOICE(CONSUMER, "on.stuck", NULL, "suspend", "suspend|redeliver|leave", on_stuck,
           "What then happens, with an event. suspend: its partition delivers nothing until that "
           "is acknowledged, refused or extended, or the partition is resumed or sought. "
           "redeliver: it comes again, as if refused. leave: the member commits what is "
           "acknowledged and leaves the group, so that others get its partitions."),
    NUMBER(CONSUMER, "max.poll.records", NULL, "1000", 1, 1024, max_poll_records,
           "The most records in one call of on_records."),
};

const struct kh_option *kh_options_table(size_t *ret_count)
{
    *ret_count = sizeof table / sizeof table[0];
    return table;
}

/* Java's configuration holds classes and switches of the JVM's own; a shared properties file may
 * well have them. */
bool kh_option_is_java_only(const char *name)
{
    static const char *const prefixes[] = {"key.deserializer",
                                           "value.deserializer",
                                           "key.serializer",
                                           "value.serializer",
                                           "interceptor.classes",
                                           "metric.",
                                           "metrics.",
                                           "enable.metrics.push",
                                           "config.providers",
                                           "auto.include.jmx",
                                           "security.providers",
                                           "client.dns.lookup",
                                           "default.api.timeout.ms"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}
