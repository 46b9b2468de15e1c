/* The options: one table (options_table.c) of name, alias, type, range, default and doc feeds
 * parsing, validation and docs/options.md. A set of texts becomes typed values when a client or
 * consumer is made from it. */
#ifndef KH_CONSUMER_OPTIONS_H
#define KH_CONSUMER_OPTIONS_H

#include "base/heap.h"

#include <kohort/kohort.h>

enum kh_option_type {
    KH_OPTION_TEXT,
    KH_OPTION_NUMBER,
    KH_OPTION_BOOL,
    KH_OPTION_CHOICE, /* of `choices`, parted by '|'; the value is the index, case is ignored */
};

enum kh_option_scope { KH_OPTION_CLIENT = 1, KH_OPTION_CONSUMER = 2 };

enum { KH_OPTIONS_MAX = 64, KH_ASSIGNORS_MAX = 8 };

struct kh_option {
    const char *name;
    const char *alias; /* librdkafka's spelling; NULL: none */
    enum kh_option_type type;
    enum kh_option_scope scope;
    const char *default_text; /* NULL: no value */
    int64_t min, max;
    const char *choices;
    size_t offset; /* of the typed value in struct kh_option_values: const char *, int64_t, bool or
                      int */
    bool required;
    const char *doc;
};

enum kh_offset_reset { KH_RESET_EARLIEST, KH_RESET_LATEST, KH_RESET_NONE };
enum kh_commit_mode { KH_COMMIT_ASYNC, KH_COMMIT_SYNC, KH_COMMIT_MANUAL };

/* As requests say it. */
enum kh_isolation_level { KH_READ_UNCOMMITTED, KH_READ_COMMITTED };
enum kh_commit_metadata { KH_METADATA_NONE, KH_METADATA_DONE };
enum kh_on_stuck { KH_STUCK_SUSPEND, KH_STUCK_REDELIVER, KH_STUCK_LEAVE };
enum kh_demand_mode { KH_DEMAND_PUSH, KH_DEMAND_PULL };

/* Typed values. Texts point into the set they were made from. */
struct kh_option_values {
    const char *bootstrap_servers, *client_id, *api_versions;
    int64_t request_timeout_ms, connect_timeout_ms, idle_close_ms;
    int64_t reconnect_backoff_ms, reconnect_backoff_max_ms;
    int64_t retry_backoff_ms, retry_backoff_max_ms;
    int64_t metadata_max_age_ms;
    bool allow_auto_create_topics;
    int security_protocol;

    const char *group_id, *group_instance_id, *assignors, *client_rack;
    int group_protocol;
    int64_t session_timeout_ms, heartbeat_interval_ms, join_heartbeat_interval_ms,
        max_poll_interval_ms, join_padding_ms;
    int64_t drain_timeout_ms;
    int commit_mode;       /* enum kh_commit_mode */
    int auto_offset_reset; /* enum kh_offset_reset */
    int isolation_level;   /* enum kh_isolation_level */
    bool enable_auto_commit, check_crcs, membership_only, exclude_internal_topics;
    int64_t auto_commit_interval_ms, commit_threshold;
    int64_t fetch_min_bytes, fetch_max_bytes, fetch_max_wait_ms, max_partition_fetch_bytes;
    int64_t fetch_empty_backoff_ms;
    int64_t prefetch_bytes, queued_max_bytes, max_unacked_records, max_poll_records;
    int demand_mode; /* enum kh_demand_mode */
    int64_t processing_timeout_ms;
    int on_stuck;        /* enum kh_on_stuck */
    int commit_metadata; /* enum kh_commit_metadata */
};

struct kohort_options {
    struct kh_heap heap;
    char *texts[KH_OPTIONS_MAX];                 /* by row; NULL: not set */
    kohort_assignor assignors[KH_ASSIGNORS_MAX]; /* names are own copies */
    size_t assignor_count;
    char *problem;
    char *recording; /* NULL, or a path */
    size_t recording_size;
    void (*log_write)(void *arg, int level, const char *line);
    void *log_arg;
    int log_level;
    void *(*reallocate)(void *arg, void *old, size_t size);
    void *allocator_arg;
};

const struct kh_option *kh_options_table(size_t *ret_count);

/* A deep copy of the texts, assignors, log and allocator. */
int kh_options_copy(kohort_options **ret, const kohort_options *o);
/* Texts of `over` that are set replace those of `o`, assignors those of their names. */
int kh_options_merge(kohort_options *o, const kohort_options *over);
/* strategy.c: replaces the one of the same name. 0, KOHORT_ENOMEM, KOHORT_ELIMIT. */
int kh_options_put_assignor(kohort_options *o, const kohort_assignor *a);
/* Judges all rows of `scope` and what they mean together; every problem goes into o->problem, one a
 * line. KOHORT_EINVAL. */
int kh_options_read(kohort_options *o, enum kh_option_scope scope, struct kh_option_values *values);
/* The texts of `values` become copies in one block, which is the caller's: the set that they were
 * made from may go. NULL: out of memory, nothing changed. */
char *kh_option_values_own(struct kh_option_values *values, struct kh_heap *heap);

/* Adds a line to o->problem. */
void kh_options_complain(kohort_options *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void kh_options_forget_problem(kohort_options *o);

/* The rules that one row cannot say; options_rules.c. The shapes of texts, and, once every value is
 * good by itself, what several mean together: those that follow from others are adapted. */
void kh_options_check_texts(kohort_options *o, enum kh_option_scope scope,
                            const struct kh_option_values *values);
void kh_options_check_together(kohort_options *o, enum kh_option_scope scope,
                               struct kh_option_values *values);

/* Whether a name is one that only Java clients have, and means nothing here (serializers,
 * interceptors, JMX). */
bool kh_option_is_java_only(const char *name);

#endif
