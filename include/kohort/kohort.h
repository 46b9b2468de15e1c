/* kohort: Kafka consumer groups for C, on your event loop.
 *
 * A client is one Kafka cluster on one libuv loop; consumers are made on it. Everything belongs to
 * that loop and its thread: callbacks fire there, never from inside a call you make, and every
 * function here may be called from every callback, except where its comment says otherwise. Only
 * kohort_post() may be called on another thread. The library starts no threads of its own (libuv's
 * pool looks up names), handles no signals, keeps no globals, prints nothing and never blocks.
 *
 * Functions return 0 or a negative KOHORT_E… (errors.h); a `ret_` argument is written on success
 * only. */
#ifndef KOHORT_H
#define KOHORT_H

#include <kohort/assignor.h>
#include <kohort/errors.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define KOHORT_EXPORT __attribute__((visibility("default")))
#else
#define KOHORT_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s;

typedef struct kohort_options kohort_options; /* names and values, as in a client.properties file */
typedef struct kohort_client kohort_client;   /* one cluster on one loop */
typedef struct kohort_consumer kohort_consumer; /* one member of one group, on a client */
typedef struct kohort_partition
    kohort_partition; /* one ownership: valid until its revocation is done or on_lost returns */
typedef struct kohort_partitions
    kohort_partitions; /* a list of them, valid during the callback that gives it */
typedef struct kohort_batch
    kohort_batch; /* up to 1,024 records of one partition, valid during on_records */
typedef struct kohort_loop kohort_loop; /* a private loop behind one descriptor */

/* ---- Errors ---- */

/* What went wrong, where, and whether it may heal. A plain value: copy it freely. Fields are only
 * ever appended. */
typedef struct kohort_error {
    size_t size;
    int code;            /* KOHORT_E… */
    int16_t kafka_code;  /* Kafka's error code with KOHORT_EBROKER; else 0 */
    int16_t api_key;     /* Kafka's API key; -1: none */
    int16_t api_version; /* -1: none */
    bool retriable;    /* the same may succeed later; the library retries by itself where it can */
    int32_t broker_id; /* -1: none, or a bootstrap address */
    int32_t partition; /* -1: none */
    char topic[256];   /* empty: none */
    char broker[128];  /* "host:port"; empty: none */
    char text[512];    /* one sentence for a person: what happened, where, what to do */
} kohort_error;

/* One sentence about a KOHORT_E… code; never NULL. */
KOHORT_EXPORT const char *kohort_status_text(int status);
/* Kafka's name of one of its error codes ("NOT_COORDINATOR"); never NULL. */
KOHORT_EXPORT const char *kohort_kafka_error_name(int16_t kafka_code);
/* "0.1.0" */
KOHORT_EXPORT const char *kohort_version(void);

/* ---- Options ---- */

/* An empty set. Names are Kafka's ("bootstrap.servers", "group.id", …), librdkafka's spellings are
 * aliases; docs/options.md lists all with types, ranges and defaults. The set is copied by what is
 * created from it. KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_options_new(kohort_options **ret);
/* Copies name and value; the last value of a name wins. KOHORT_EINVAL: there is no such option
 * (kohort_options_problem says what it might have been). Values are judged together, when something
 * is created from the set. */
KOHORT_EXPORT int kohort_options_set(kohort_options *o, const char *name, const char *value);
/* Reads the text of a Java properties file ("name=value" lines, # comments). Names that only Java
 * clients have (serializers, interceptors, metrics reporters) are passed over. */
KOHORT_EXPORT int kohort_options_set_properties(kohort_options *o, const char *text, size_t size);
/* The value that holds: as set, or the default; NULL: no such option, or no value. Valid until the
 * next call on `o`. */
KOHORT_EXPORT const char *kohort_options_get(const kohort_options *o, const char *name);
/* What was wrong with the last call that used this set, every problem named, one a line; "" when
 * nothing was. Valid until the next call on `o`. */
KOHORT_EXPORT const char *kohort_options_problem(const kohort_options *o);
/* NULL is harmless. What was created from the set does not need it. */
KOHORT_EXPORT void kohort_options_free(kohort_options *o);

enum kohort_log_level {
    KOHORT_LOG_ERROR,
    KOHORT_LOG_WARNING,
    KOHORT_LOG_INFO,
    KOHORT_LOG_DEBUG,
    KOHORT_LOG_TRACE
};
/* Lines up to `level` go to write(), on the loop, without an end-of-line. Default: no log. No
 * secret is ever in one. */
KOHORT_EXPORT void kohort_options_set_log(kohort_options *o, int level,
                                          void (*write)(void *arg, int level, const char *line),
                                          void *arg);
/* As realloc: old NULL allocates, size 0 frees. Used by the client for everything it holds.
 * Default: the C library's. */
KOHORT_EXPORT void
kohort_options_set_allocator(kohort_options *o,
                             void *(*reallocate)(void *arg, void *old, size_t size), void *arg);

/* What is smaller holds too little to be of use. */
enum { KOHORT_RECORDING_MIN = 1 << 16 };

/* A client that is made from this set writes all that happens to it, and all that the application
 * calls, into a file of `size` bytes, which is made, or overwritten, by kohort_client_new()
 * (KOHORT_EINVAL there, and why in kohort_options_problem(), when that cannot be). `path` is
 * copied; NULL: no recording. kohort_replay() runs the library from the file.
 *
 * The file is the client's until kohort_client_close() is done; what is in it is yours. Keys,
 * values and headers of records, and what SaslAuthenticate carries, are zeros in it. Names of
 * hosts, topics and groups, ids, options, offsets, times and sizes are not: look before you share
 * it. When it is full the oldest entries make room: it can be read then, but not replayed, because
 * a replay starts where the client did. docs/recording.md has the format, and what can be replayed.
 *
 * KOHORT_EINVAL: size is below KOHORT_RECORDING_MIN. KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_options_set_recording(kohort_options *o, const char *path, size_t size);

/* What a replay found. Fields are only ever appended. */
typedef struct kohort_replay_report {
    size_t size;
    uint64_t events; /* replayed: what came from outside, and calls outside of callbacks */
    uint64_t hash;   /* of all that passed: the same for the same recording */
    bool same;       /* the library did all that is recorded, and nothing else */
    bool complete;   /* the recording goes on to the client's end */
    char text[256];  /* when it is not the same, at which event, and how */
} kohort_replay_report;
/* Runs the library, on no loop and no network, from a file that kohort_options_set_recording()
 * made; nothing in it is trusted. report->size must be set by the caller. 0: it was replayed, and
 * `report` says how that went. KOHORT_EINVAL: there is no such recording, or it cannot be replayed:
 * report->text says why. KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_replay(const char *path, kohort_replay_report *report);

/* Makes an assignor of one's own known under its name, so that `partition.assignment.strategy` may
 * name it, for every consumer that is made from this set or on a client that is. Copied; `arg` must
 * outlive these consumers. KOHORT_EINVAL (kohort_options_problem), KOHORT_ENOMEM; KOHORT_ELIMIT: 8
 * are known already. */
KOHORT_EXPORT int kohort_options_add_assignor(kohort_options *o, const kohort_assignor *a);
/* Inside assign(): a member of the group (its place in group->members) gets this partition of a
 * topic (its place in group->topics). KOHORT_EINVAL: there is no such member, topic or partition;
 * the layout is refused then. KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_layout_give(kohort_layout *layout, size_t member, size_t topic,
                                     int32_t partition);
/* Inside assign(): what on_assignment() of this member hears. Copied; the last one holds.
 * KOHORT_EINVAL, KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_layout_tell(kohort_layout *layout, size_t member,
                                     kohort_user_data user_data);

/* ---- Client ---- */

/* How an asynchronous call ended. error NULL: success. Exactly once for each call that returned 0,
 * never inside it. */
typedef void kohort_done(const kohort_error *error, void *arg);

/* Nothing is connected until a consumer needs it. KOHORT_EINVAL (kohort_options_problem names every
 * problem), KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_client_new(kohort_client **ret, struct uv_loop_s *loop, kohort_options *o);
/* Every consumer must have been freed, and every kept batch released, else KOHORT_ESTATE. `done`
 * fires when the last handle, byte and lookup is gone, as the last thing this client ever does: it
 * frees the client itself. KOHORT_ESTATE too when already closing. */
KOHORT_EXPORT int kohort_client_close(kohort_client *cl, kohort_done *done, void *arg);
/* The only call legal on another thread: runs fn(arg) on the client's loop, in the order of the
 * calls. KOHORT_ENOMEM; KOHORT_ECLOSED once the client closes. The caller makes sure that the
 * client is not gone. */
KOHORT_EXPORT int kohort_post(kohort_client *cl, void (*fn)(void *), void *arg);
/* Changes `api.versions` for the requests that follow, as in "fetch:4-11,offset_commit:3"; "" lifts
 * all bounds. KOHORT_EINVAL with a sentence in *problem (may be NULL; size bytes). */
KOHORT_EXPORT int kohort_client_set_api_versions(kohort_client *cl, const char *ranges,
                                                 char *problem, size_t size);

/* What a broker and this library speak of one API, and what is chosen. Versions are -1 when there
 * is none. */
typedef struct kohort_api_versions {
    size_t size;
    const char *name; /* "JoinGroup" */
    int16_t key;
    int16_t broker_oldest, broker_newest;
    int16_t library_oldest, library_newest;
    int16_t chosen;
} kohort_api_versions;
typedef void kohort_versions_done(const kohort_error *error, int32_t broker_id, const char *broker,
                                  const kohort_api_versions *apis, size_t count, void *arg);
/* Asks a broker (broker_id -1: any) what it speaks. The table is valid during `done`.
 * KOHORT_ENOMEM, KOHORT_ECLOSED. */
KOHORT_EXPORT int kohort_client_versions(kohort_client *cl, int32_t broker_id, int64_t timeout_ms,
                                         kohort_versions_done *done, void *arg);

/* ---- Records ---- */

typedef struct kohort_bytes {
    const void *data; /* NULL: Kafka's null */
    int32_t size;
} kohort_bytes;

/* 64 bytes, frozen: arrays of it are handed out. Points into received data: valid as long as its
 * batch. */
typedef struct kohort_record {
    int64_t offset, timestamp_ms;
    kohort_bytes key, value;
    const void *headers; /* for kohort_header_next() */
    uint32_t header_count;
    uint32_t attempt; /* 1 at the first delivery in this ownership */
} kohort_record;

/* Walks a record's headers: start with *ret_next = record->headers, and call header_count times.
 * The key is UTF-8, not terminated; a value may be null. */
KOHORT_EXPORT void kohort_header_next(const void **next, kohort_bytes *ret_key,
                                      kohort_bytes *ret_value);

/* What is acknowledged: plain data. Copy it, queue it, send it to a thread and back; it never
 * dangles. */
typedef struct kohort_mark {
    uint64_t ownership;
    int64_t offset;    /* of the first record */
    uint16_t count;    /* of records */
    uint16_t delivery; /* which delivery it speaks of: refused records come again in another */
    uint32_t span;     /* offset of the last record - offset of the first; 0 for one record */
} kohort_mark;

/* The records, in the order of their offsets; never none. Valid during on_records. */
KOHORT_EXPORT const kohort_record *kohort_batch_records(const kohort_batch *b, size_t *ret_count);
/* All of the batch, for kohort_ack(). */
KOHORT_EXPORT kohort_mark kohort_batch_mark(const kohort_batch *b);
/* Of one of its records. */
KOHORT_EXPORT kohort_mark kohort_record_mark(const kohort_batch *b, const kohort_record *r);
/* The leader epoch under which the batch was written (KIP-320); -1: not known. */
KOHORT_EXPORT int32_t kohort_batch_leader_epoch(const kohort_batch *b);

/* Inside on_records: keeps the batch beyond it, until kohort_batch_release(). *ret has the same
 * records; like its bytes they may be read on any thread. What is kept counts against
 * prefetch.bytes and queued.max.bytes. It may outlive its ownership and its consumer, not the
 * client. KOHORT_EINVAL: it is a kept one already. KOHORT_ENOMEM. */
KOHORT_EXPORT int kohort_batch_keep(const kohort_batch *b, kohort_batch **ret);
/* On the loop. NULL is harmless. Not an acknowledgement. */
KOHORT_EXPORT void kohort_batch_release(kohort_batch *b);

/* ---- Consumer ---- */

enum {
    KOHORT_DONE = 0,  /* on_records: the whole batch is done */
    KOHORT_LATER = 1, /* on_records: I acknowledge with kohort_ack() */
};

/* A revocation in progress: plain data; a stale one is refused. */
typedef struct kohort_token {
    uint64_t id;
} kohort_token;

enum kohort_event_type {
    KOHORT_EVENT_STATE = 1, /* the membership moved: `state`, and in `text` from where and why */
    KOHORT_EVENT_RESET = 2, /* a position was set by auto.offset.reset: `partition`, from
                               `offset_before` (-1: there was none) to `offset` */
    KOHORT_EVENT_ERROR =
        3, /* something failed that is retried or concerns one partition: `error` */
    KOHORT_EVENT_FAILED = 4, /* terminal: `error`; reported once, the consumer has stopped. Close or
                                start it again. */
    KOHORT_EVENT_COMMITTED =
        5, /* offsets were committed: partition, offset; one event a partition */
    KOHORT_EVENT_END =
        6, /* the partition has been read to its end (with read_committed: to the first
              open transaction): `offset` is the next one; again after new records */
    KOHORT_EVENT_STALL = 7, /* the loop was kept busy, or the process stopped: heartbeats were late
                               by more than heartbeat.interval.ms, in all by `late_ms`; `text` */
    KOHORT_EVENT_UNCOMMITTED = 8, /* a revocation has ended, and not all that was delivered of
                                     `partition` is committed: the application did not let go of it
                                     in time, did not acknowledge it, or does not commit. The group
                                     has `offset` (-1: nothing); `uncommitted` offsets from there on
                                     come again, wherever it is read next. Before it goes. */
    KOHORT_EVENT_TRUNCATED = 9, /* a leader came that does not have all that was read of `partition`
                                   (KIP-320): what was read from `offset` to `offset_before` is no
                                   longer in the log, and reading goes on at `offset`, with the
                                   records that are there now. Marks of what is lost are stale. With
                                   auto.offset.reset=none it waits for kohort_seek(), and
                                   KOHORT_EVENT_ERROR with KOHORT_ETRUNCATED follows. */
    KOHORT_EVENT_STUCK = 10,    /* what was delivered of `partition` from `offset` to `last_offset`,
                                  and    is not acknowledged, is older than processing.timeout.ms;
                                  on.stuck    has its way; `text` */
};

/* Fields that do not belong to the type are zero. Valid during on_event. Fields are only ever
 * appended. */
typedef struct kohort_event {
    size_t size;
    int type; /* enum kohort_event_type */
    const char *state;
    const char *text;
    kohort_partition *partition;
    const kohort_error *error;
    int64_t offset, offset_before;
    int64_t late_ms;
    int64_t uncommitted;
    int64_t last_offset;
} kohort_event;

/* Start from KOHORT_HANDLERS_INIT; set what you need. on_records is required, unless
 * membership.only=true, where it is never called. */
typedef struct kohort_handlers {
    size_t size;
    /* Records of one partition, in order, `max.poll.records` at most. Return KOHORT_DONE,
     * KOHORT_LATER, or a negative value: the batch failed, it comes again after retry.backoff.ms.
     */
    int (*on_records)(kohort_partition *p, const kohort_batch *b, void *user);
    /* These are owned from now on; only what is new is in the list, which is empty when a round of
     * a cooperative group (KIP-429) brought nothing new. Fetching starts when this returns:
     * kohort_seek() here starts from elsewhere. May be NULL. */
    void (*on_assigned)(kohort_consumer *c, const kohort_partitions *added, void *user);
    /* These must be handed back: finish, acknowledge, then call kohort_revoke_done() with the
     * token, now or later, before rebalance.drain.timeout.ms. Nothing of them is delivered any
     * more; what else is owned flows on (cooperative-sticky). What was acknowledged is committed
     * before they go. Closing in the middle of it calls this once more, for the rest: the later
     * token stands for both. NULL: revoked once outstanding acknowledgements have come. */
    void (*on_revoked)(kohort_consumer *c, const kohort_partitions *going, kohort_token token,
                       void *user);
    /* These are no longer ours, and no commit of them is possible. May be NULL. */
    void (*on_lost)(kohort_consumer *c, const kohort_partitions *gone, void *user);
    /* May be NULL. */
    void (*on_event)(kohort_consumer *c, const kohort_event *e, void *user);
} kohort_handlers;
#define KOHORT_HANDLERS_INIT                                                                       \
    {                                                                                              \
        sizeof(kohort_handlers), 0, 0, 0, 0, 0                                                     \
    }

/* Overrides for one request: size stamped by sizeof; timeout_ms 0: request.timeout.ms; api_version
 * -1: chosen. */
typedef struct kohort_call {
    size_t size;
    int64_t timeout_ms;
    int16_t api_version;
} kohort_call;

/* A stopped consumer. Options that the client was made with hold unless set here again; `h` is
 * copied. KOHORT_EINVAL (kohort_options_problem), KOHORT_ENOMEM, KOHORT_ECLOSED. */
KOHORT_EXPORT int kohort_consumer_new(kohort_consumer **ret, kohort_client *cl, kohort_options *o,
                                      const kohort_handlers *h, void *user);
/* Starts, or changes what is subscribed; names are copied. After a close, or a terminal failure,
 * starts again. KOHORT_EINVAL: no topic, or a name that Kafka does not allow. KOHORT_ESTATE:
 * closing. */
KOHORT_EXPORT int kohort_subscribe(kohort_consumer *c, const char *const *topics, size_t count);

/* The same for all topics whose whole name matches a regular expression (PCRE2's, anchored as
 * Java's Pattern.matches(); docs/patterns.md), those that come later too: within
 * metadata.max.age.ms and a rebalance. Topics of the brokers' own are left out, unless
 * exclude.internal.topics=false. What was subscribed before holds until the cluster has listed its
 * topics. KOHORT_EINVAL: the pattern is wrong; `problem` (may be NULL; size bytes) says at which
 * position, counted from 0, and why. KOHORT_ENOMEM. KOHORT_ESTATE: closing. */
KOHORT_EXPORT int kohort_subscribe_pattern(kohort_consumer *c, const char *pattern, char *problem,
                                           size_t size);

/* Acknowledges a mark: its records are done. Acknowledgements may come in any order, twice is once.
 * KOHORT_ESTALE: that ownership has ended, or its records were refused since; nothing changes, they
 * come again. KOHORT_EINVAL: not delivered. */
KOHORT_EXPORT int kohort_ack(kohort_consumer *c, kohort_mark m);
/* Refuses a mark: what of it is not acknowledged comes again in `delay_ms`, with `attempt` one
 * higher, in the order of offsets, and before any record that was not delivered yet: the partition
 * waits so long. Other records that the application holds are not affected. Inside on_records the
 * rest of the batch is settled by what that returns. KOHORT_ESTALE: as kohort_ack(). KOHORT_EINVAL:
 * nothing of it is outstanding, or a bad delay. KOHORT_ENOMEM: nothing has changed. */
KOHORT_EXPORT int kohort_nack(kohort_consumer *c, kohort_mark m, int64_t delay_ms);
/* With processing.timeout.ms: what of the mark is not acknowledged has `timeout_ms` from now on
 * before it is stuck, whether that is longer or shorter than it had; 0: processing.timeout.ms once
 * more. Call it as often as it takes (a worker on another thread: by kohort_post()). With
 * processing.timeout.ms=0 nothing ever is stuck, and this changes nothing. KOHORT_ESTALE: as
 * kohort_ack(): whoever works on it should stop, it comes, or has come, again. KOHORT_EINVAL:
 * nothing of it is outstanding, or a bad time. KOHORT_ENOMEM: nothing has changed. */
KOHORT_EXPORT int kohort_extend(kohort_consumer *c, kohort_mark m, int64_t timeout_ms);
/* Commits what is acknowledged now, of all partitions. One commit of a group is in flight at a
 * time; what is asked for meanwhile goes out together in the next. `done` fires in the order of the
 * calls, but for one whose time is up; with an error when a partition's offset was refused too.
 * `call` may be NULL, `done` too. KOHORT_ESTATE: not a member. */
KOHORT_EXPORT int kohort_commit(kohort_consumer *c, const kohort_call *call, kohort_done *done,
                                void *arg);

/* An offset of the application's own choice. */
typedef struct kohort_offset {
    uint64_t ownership;   /* kohort_partition_ownership(), or a mark's */
    int64_t offset;       /* of the next record to read: the last one done, and one */
    int32_t leader_epoch; /* kohort_batch_leader_epoch() of the last one done; -1: not known */
    const char *metadata; /* kept beside it, for whoever reads the group's offsets; NULL: none */
} kohort_offset;
/* Commits these offsets, and no others, whatever is acknowledged; with commit.mode=manual this
 * replaces acknowledging, with the others what is acknowledged beyond goes on being committed. They
 * are copied; of one partition named twice the last one counts. `done` as above; KOHORT_ESTALE in
 * it: an ownership ended before. Returned: KOHORT_ESTALE, an ownership has ended; KOHORT_EINVAL, no
 * offset, one below 0, or metadata with commit.metadata=done; KOHORT_ENOMEM; KOHORT_ESTATE, not a
 * member. Nothing is committed then. */
KOHORT_EXPORT int kohort_commit_offsets(kohort_consumer *c, const kohort_offset *offsets,
                                        size_t count, const kohort_call *call, kohort_done *done,
                                        void *arg);
/* Ends a revocation. KOHORT_ESTALE: it has ended already. */
KOHORT_EXPORT int kohort_revoke_done(kohort_consumer *c, kohort_token token);

/* No record of this partition is delivered until resumed; it stays owned. Pausing twice is pausing
 * once. */
KOHORT_EXPORT int kohort_pause(kohort_partition *p);
/* Delivery goes on where it stopped, with what was received meanwhile first. */
KOHORT_EXPORT int kohort_resume(kohort_partition *p);
/* With demand.mode=pull: so many records more may be delivered. What is demanded adds up; without
 * any the partition is not fetched, while heartbeats go on. A batch that on_records refused, and
 * that comes again, is demanded still. KOHORT_ESTATE: demand.mode is push. KOHORT_ESTALE: it is
 * being handed back. */
KOHORT_EXPORT int kohort_demand(kohort_partition *p, uint64_t records);
/* The next record delivered is the first at or after `offset`; -2: the partition's beginning, -1:
 * its end. What was delivered before and is not acknowledged counts as dropped: its marks are
 * stale, and commits go on from the new position, as after an acknowledgement up to there.
 * KOHORT_EINVAL: below -2. KOHORT_ESTALE: it is being handed back. KOHORT_ESTATE: membership.only
 * is true. */
KOHORT_EXPORT int kohort_seek(kohort_partition *p, int64_t offset);

enum {
    KOHORT_LEAVE = 0,
    KOHORT_STAY = 1,             /* the group waits for the session's end, or for who comes back */
    KOHORT_LEAVE_IF_DYNAMIC = 2, /* as Java's close(): stays with group.instance.id, else leaves */
};
/* Stops: hands partitions back (on_revoked), commits, leaves the group. `done` fires by
 * `deadline_ms` (milliseconds from now; 0: 30,000) in every state; no other callback fires after
 * it. The object stays readable, and can be started again, until freed. Closing again moves the
 * deadline forward only and fires both `done`. */
KOHORT_EXPORT int kohort_consumer_close(kohort_consumer *c, int64_t deadline_ms, int leave_or_stay,
                                        kohort_done *done, void *arg);
/* In or after close's `done`, or before the first subscribe; else the consumer is torn down at
 * once, without leaving. */
KOHORT_EXPORT void kohort_consumer_free(kohort_consumer *c);

/* ---- Looking ---- */

/* The state of membership: "stable", "joining", … This and what follows are plain reads, valid in
 * every state until kohort_consumer_free(); texts are valid until the next callback. */
KOHORT_EXPORT const char *kohort_consumer_state(const kohort_consumer *c);
/* As configured. */
KOHORT_EXPORT const char *kohort_consumer_group_id(const kohort_consumer *c);
/* Given by the coordinator; "": none. */
KOHORT_EXPORT const char *kohort_consumer_member_id(const kohort_consumer *c);
/* The member that assigns in this generation; "": not known. */
KOHORT_EXPORT const char *kohort_consumer_leader_id(const kohort_consumer *c);
/* Counts the group's rebalances; -1: none. */
KOHORT_EXPORT int32_t kohort_consumer_generation(const kohort_consumer *c);
/* Whether this member assigns in this generation. */
KOHORT_EXPORT bool kohort_consumer_is_leader(const kohort_consumer *c);
/* The partitions owned now; the pointer is valid until the next callback or call on `c`. */
KOHORT_EXPORT const kohort_partitions *kohort_consumer_assignment(const kohort_consumer *c);
/* NULL: not owned. */
KOHORT_EXPORT kohort_partition *kohort_consumer_partition(const kohort_consumer *c,
                                                          const char *topic, int32_t partition);
/* The client it was made on. */
KOHORT_EXPORT kohort_client *kohort_consumer_client(const kohort_consumer *c);

/* What begins a rebalance. */
enum kohort_rebalance_reason {
    KOHORT_REBALANCE_START, /* kohort_subscribe() of a consumer that was in no group */
    KOHORT_REBALANCE_GROUP, /* the coordinator says so: another member came, went or changed */
    KOHORT_REBALANCE_SUBSCRIPTION, /* what this member subscribes to has changed */
    KOHORT_REBALANCE_TOPICS,   /* it leads, and the group's topics, their partitions or racks have
                                  changed */
    KOHORT_REBALANCE_HANDOVER, /* it has given partitions back: the round that others get them in
                                  (KIP-429) */
    KOHORT_REBALANCE_EVICTED,  /* the group had gone on without it */
    KOHORT_REBALANCE_SESSION,  /* no heartbeat was answered for session.timeout.ms */
    KOHORT_REBALANCE_REASONS
};
/* "start", "group", "subscription", "topics", "handover", "evicted", "session"; "": none of them.
 */
KOHORT_EXPORT const char *kohort_rebalance_reason_name(int reason);

/* Counted since the consumer was made, through closes and starts. Fields are only ever appended. */
typedef struct kohort_consumer_statistics {
    size_t size;
    uint64_t records, batches;  /* delivered, those that came again included */
    uint64_t commits;           /* answered without an error */
    uint64_t rebalances;        /* that ended in an assignment, an empty one included */
    uint64_t rebalances_by[16]; /* the same by enum kohort_rebalance_reason: by what began them */
    int64_t rebalance_ms; /* from the beginnings to the assignments; one under way counts so far */
    uint64_t partitions_assigned, partitions_revoked, partitions_lost;
} kohort_consumer_statistics;
/* statistics->size must be set to sizeof(kohort_consumer_statistics) by the caller; else
 * KOHORT_EINVAL. */
KOHORT_EXPORT int kohort_consumer_get_statistics(const kohort_consumer *c,
                                                 kohort_consumer_statistics *statistics);

/* How many partitions the list has. */
KOHORT_EXPORT size_t kohort_partitions_count(const kohort_partitions *list);
/* By topic, then number; NULL: beyond the list. */
KOHORT_EXPORT kohort_partition *kohort_partitions_at(const kohort_partitions *list, size_t index);

/* The consumer that owns it. */
KOHORT_EXPORT kohort_consumer *kohort_partition_consumer(const kohort_partition *p);
/* Its topic; valid as long as the partition. */
KOHORT_EXPORT const char *kohort_partition_topic(const kohort_partition *p);
/* Its number in the topic, from 0. */
KOHORT_EXPORT int32_t kohort_partition_number(const kohort_partition *p);
/* What marks carry: never the same for two ownerships of one consumer. */
KOHORT_EXPORT uint64_t kohort_partition_ownership(const kohort_partition *p);

/* Where a partition stands. Offsets are -1 while not known. Fields are only ever appended. */
typedef struct kohort_partition_status {
    size_t size;
    const char *state;        /* "fetching", "paused", "resolving offset", … */
    const char *why_waiting;  /* why nothing arrives, one sentence; "" while records flow */
    int64_t position;         /* the next offset to deliver */
    int64_t acked;            /* the lowest not acknowledged: what a commit would say */
    int64_t committed;        /* what the group has stored */
    int64_t high_watermark;   /* the partition's end, as of the last answer */
    int64_t log_start_offset; /* its beginning */
    int64_t lag;              /* from the position to where it ends: with read_committed
                                 last_stable_offset, else high_watermark */
    uint64_t unacknowledged;  /* records delivered and not yet acknowledged */
    int32_t leader;           /* the broker fetched from */
    bool paused;
    uint64_t buffered_bytes;    /* received and not delivered */
    uint64_t kept_bytes;        /* of batches that the application keeps */
    uint64_t demand;            /* records still demanded (demand.mode=pull) */
    int64_t last_stable_offset; /* before it no transaction is open, as of the last answer */
} kohort_partition_status;
/* status->size must be set to sizeof(kohort_partition_status) by the caller. */
KOHORT_EXPORT int kohort_partition_get_status(const kohort_partition *p,
                                              kohort_partition_status *status);
/* Free for the application: kept with the ownership, NULL at first. */
KOHORT_EXPORT void kohort_partition_set_data(kohort_partition *p, void *data);
/* What kohort_partition_set_data() kept. */
KOHORT_EXPORT void *kohort_partition_data(const kohort_partition *p);

/* ---- Other loops ---- */

/* A private uv loop behind one descriptor, for epoll, glib, libevent, …. KOHORT_ENOMEM;
 * KOHORT_ELIMIT: the process may have no more descriptors. */
KOHORT_EXPORT int kohort_loop_new(kohort_loop **ret);
/* The uv loop itself, for kohort_client_new() and for handles of one's own. */
KOHORT_EXPORT struct uv_loop_s *kohort_loop_uv(kohort_loop *l);
/* Readable: call kohort_loop_dispatch(). On Linux timers make it readable too, and no timeout of
 * the host's own is needed; elsewhere also wait no longer than uv_backend_timeout() says. */
KOHORT_EXPORT int kohort_loop_fd(const kohort_loop *l);
/* Handles what is ready; never blocks. Returns whether anything is left to wait for. */
KOHORT_EXPORT bool kohort_loop_dispatch(kohort_loop *l);
/* Everything on it must be closed, else KOHORT_ESTATE and nothing changes. */
KOHORT_EXPORT int kohort_loop_free(kohort_loop *l);

#ifdef __cplusplus
}
#endif

#endif
