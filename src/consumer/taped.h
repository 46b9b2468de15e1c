/* The application's side of a tape (net/tape.h): its calls are what the world says, its callbacks
 * what the library does. Without a tape each of these is one look at a pointer. */
#ifndef KH_CONSUMER_TAPED_H
#define KH_CONSUMER_TAPED_H

#include "consumer/consumer.h"
#include "consumer/taped_calls.h"

enum kh_callback {
    KH_CALLBACK_RECORDS,
    KH_CALLBACK_ASSIGNED,
    KH_CALLBACK_REVOKED,
    KH_CALLBACK_LOST,
    KH_CALLBACK_EVENT,
    KH_CALLBACK_DONE,
    KH_CALLBACK_VERSIONS,
    KH_CALLBACK_USER_DATA,
    KH_CALLBACK_ASSIGN,
    KH_CALLBACK_ON_ASSIGNMENT,
};

/* A call as a tape has it. What its arguments mean is its row's business (taped_calls.h). */
struct kh_taped_call {
    int64_t call, consumer, a, b, c, d, e;
    int64_t text_count;
    const char *const *texts; /* recording, NULL: the caller puts them */
};

/* A call begins, and ends with what it returns. */
void kh_call_begin(struct kh_tape *t, const struct kh_taped_call *call);
int kh_call_end(struct kh_tape *t, int status);

static inline int kh_call_end_if(struct kh_tape *t, int status)
{
    return t == NULL ? status : kh_call_end(t, status);
}
/* What `made` returns: the call itself, while the tape, if there is one, knows that it is made. The
 * fields of a kh_taped_call follow. `tape` is looked at before and after `made`. */
#define kh_taped(tape, made, ...)                                                                  \
    ((tape) == NULL ? (void)0 : kh_call_begin((tape), &(struct kh_taped_call){__VA_ARGS__}),       \
     kh_call_end_if((tape), (made)))
#define KH_TAPED_CONSUMER(name, consumer_) .call = KH_CALL_##name, .consumer = (consumer_)->number
#define KH_TAPED_PARTITION(name, p)                                                                \
    KH_TAPED_CONSUMER(name, (p)->consumer), .a = (int64_t)(p)->ownership
#define KH_TAPED_MARK(name, consumer_, mark)                                                       \
    KH_TAPED_CONSUMER(name, consumer_),                                                            \
        .a = (int64_t)(mark).ownership, .b = (mark).offset,                                        \
        .c = (int64_t)((uint64_t)(mark).span << 32 | (uint32_t)(mark).count << 16 |                \
                       (mark).delivery)

/* A callback begins: the numbers are a summary of its arguments. It ends with what it returns; in a
 * replay, with what it returned then. */
void kh_callback_begin(struct kh_tape *t, enum kh_callback callback, int64_t consumer, int64_t a,
                       int64_t b, int64_t c, int64_t d);
int kh_callback_end(struct kh_tape *t, int result);

static inline int kh_callback_end_if(struct kh_tape *t, int result)
{
    return t == NULL ? result : kh_callback_end(t, result);
}

/* done(error, arg). */
void kh_taped_done(kohort_consumer *c, kohort_done *done, const kohort_error *error, void *arg);

/* For summaries. */
int64_t kh_taped_hash_text(int64_t hash, const char *text);
int64_t kh_taped_hash_records(const kohort_record *records, size_t count);
int64_t kh_taped_hash_list(const struct kohort_partitions *list);
static inline int64_t kh_taped_code(const kohort_error *error)
{
    return error == NULL ? 0 : error->code;
}

/* Which of them there are, a bit each: records, assigned, revoked, lost, event. */
int64_t kh_taped_handlers(const kohort_handlers *h);

/* What a set says, a text each: "name=value" of the options that are set, and "=flagsname" of the
 * application's assignors (KH_TAPED_ASSIGNOR_…). How many, and onto the tape. */
enum {
    KH_TAPED_ASSIGNOR_COOPERATIVE = 1,
    KH_TAPED_ASSIGNOR_USER_DATA = 2,
    KH_TAPED_ASSIGNOR_ON_ASSIGNMENT = 4,
};
int64_t kh_taped_option_count(const kohort_options *o);
void kh_taped_options(struct kh_tape *t, const kohort_options *o);
/* "ownership offset epoch", and behind another space the metadata, if there is any: a text each. */
void kh_taped_offsets(struct kh_tape *t, const kohort_offset *offsets, size_t count);

static inline struct kh_tape *kh_consumer_tape(const kohort_consumer *c)
{
    return c->client->shared.tape;
}
static inline struct kh_tape *kh_partition_tape(const kohort_partition *p)
{
    return kh_consumer_tape(p->consumer);
}

/* taped_batch.c. A tape has no record's bytes: whether a CRC was right, and what was in a batch,
 * masked, stands beside what was received. As kh_batch_check_crc and kh_batch_open; in a replay
 * what was in the batch takes the place that it had: in `buffer`, where the batch lies, or in the
 * decompressor. */
int kh_taped_check_crc(struct kh_tape *t, const uint8_t *data, size_t size, uint32_t crc);
int kh_taped_open(kohort_client *cl, struct kh_buffer *buffer, const uint8_t *data, size_t size,
                  bool check_crcs, struct kh_batch_header *header, struct kh_record_cursor *cursor,
                  const char **ret_wrong);

/* taped_assignor.c. An assignor of the application's, and what stands between it and the member. */
struct kh_taped_assignor {
    struct kh_tape *tape;
    struct kh_assignor theirs;
};
/* `theirs`, taped. Both outlive what is returned. */
struct kh_assignor kh_taped_assignor(struct kh_taped_assignor *taped, struct kh_tape *t,
                                     const struct kh_assignor *theirs);

#endif
