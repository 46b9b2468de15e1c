/* Reads a Fetch response (v4-v18) as it arrives, however it is cut. A batch is given out as soon as
 * it is whole, long before the response is: the response is never held. Sans-I/O, no callbacks:
 * give it bytes, then take events until it wants more.
 *
 *   kh_fetch_stream_give(stream, data, size);
 *   while ((event = kh_fetch_stream_next(stream)) > 0)
 *       switch (event) { case KH_FETCH_EVENT_BATCH: deliver(stream->batch); … }
 *   if (event < 0)
 *       return event;
 *   return kh_fetch_stream_used(stream, &need);
 *
 * The order of events:
 *   RESPONSE (TOPIC (PARTITION (BATCH | BAD_BATCH)* PARTITION_END)*)* END
 * with LAST_BATCH exactly once, somewhere before END. */
#ifndef KH_PROTOCOL_FETCH_STREAM_H
#define KH_PROTOCOL_FETCH_STREAM_H

#include "protocol/batch.h"
#include "protocol/fetch.h"
#include "protocol/reader.h"

enum kh_fetch_event {
    KH_FETCH_EVENT_MORE = 0,  /* nothing more can be told from these bytes */
    KH_FETCH_EVENT_RESPONSE,  /* `response` has throttle_time_ms, error_code, session_id (0 before
                                 v7) */
    KH_FETCH_EVENT_TOPIC,     /* `topic` has topic (v4-v12; else null) or topic_id (v13+) */
    KH_FETCH_EVENT_PARTITION, /* `partition` has what precedes the records; records_left is their
                                 size */
    KH_FETCH_EVENT_BATCH,     /* `batch` is whole */
    /* `partition`'s records cannot be read beyond here: `bad_batch_status` is KOHORT_ECORRUPT or
     * KOHORT_ELIMIT, `wrong` says why. What is left of them is passed over; other partitions are
     * not touched. */
    KH_FETCH_EVENT_BAD_BATCH,
    /* No whole batch of this response begins after this: the next Fetch can go out. While records
     * of the current partition are still to come, `last_batch_next_offset` is the offset that
     * follows the batch whose head was just seen; -1 when there is none, and everything before was
     * given out. */
    KH_FETCH_EVENT_LAST_BATCH,
    KH_FETCH_EVENT_PARTITION_END, /* `partition` is complete: diverging_epoch, current_leader,
                                     snapshot_id (v12+) */
    KH_FETCH_EVENT_END, /* the response is complete: node_endpoints (v16+) in `response` */
};

/* One whole record batch, or message of magic 0 or 1, inside the bytes given: valid until they
 * move. */
struct kh_fetch_batch {
    const uint8_t *data;
    size_t size;
    int8_t magic; /* not judged: kh_batch_header_read does */
};

enum kh_fetch_state {
    KH_FETCH_RESPONSE_HEAD,
    KH_FETCH_TOPIC_COUNT,
    KH_FETCH_TOPIC,
    KH_FETCH_PARTITION_COUNT,
    KH_FETCH_PARTITION_HEAD,
    KH_FETCH_ABORTED_COUNT,
    KH_FETCH_ABORTED,
    KH_FETCH_RECORDS_SIZE,
    KH_FETCH_BATCH_HEAD,
    KH_FETCH_BATCH_BODY,
    KH_FETCH_RECORDS_SKIP, /* the partial batch at the end, or what the caller does not want */
    KH_FETCH_TAG_COUNT,
    KH_FETCH_TAG_HEAD,
    KH_FETCH_TAG_BODY,
    KH_FETCH_TAG_SKIP,
    KH_FETCH_STRUCT_END,
    KH_FETCH_ENDED,
    KH_FETCH_FAILED,
};

/* Whose tagged fields are being read. */
enum kh_fetch_struct {
    KH_FETCH_IN_ABORTED,
    KH_FETCH_IN_PARTITION,
    KH_FETCH_IN_TOPIC,
    KH_FETCH_IN_RESPONSE,
};

struct kh_fetch_stream {
    /* What the events tell. Arrays and strings: aborted_transactions until PARTITION_END, topic
     * until the next TOPIC, node_endpoints until the next kh_fetch_stream_begin. */
    struct kh_fetch_response response;            /* its topics stay empty */
    struct kh_fetch_response_topic topic;         /* its partitions stay empty */
    struct kh_fetch_response_partition partition; /* its records stay null */
    struct kh_fetch_batch batch;
    int64_t last_batch_next_offset;
    size_t records_left; /* bytes of the partition's records not yet given out or passed over */
    bool records_null;   /* Kafka's null, instead of none */
    bool partial_first;  /* at PARTITION_END: there were records, but the first batch was cut short:
                            the broker's limit  is below the batch's size, asking the same again
                            cannot progress */
    int bad_batch_status;
    const char *wrong; /* with BAD_BATCH and after a negative result */

    /* The stream's own. */
    enum kh_fetch_state state;
    enum kh_fetch_struct tags_of;
    int version, status;
    bool flexible, first_batch, last_batch_told;
    size_t topics_left, partitions_left, aborted_read, tags_left, tag_left;
    uint32_t tag;
    uint64_t frame_left; /* bytes of the body not yet used */
    const uint8_t *given, *at, *end;
    size_t need;
    struct kh_arena topic_arena, partition_arena;
};

void kh_fetch_stream_init(struct kh_fetch_stream *stream, struct kh_heap *heap);
void kh_fetch_stream_free(struct kh_fetch_stream *stream);

/* A new response: its version and the size of its body, which is what follows the response header.
 * Whatever came before is forgotten. */
void kh_fetch_stream_begin(struct kh_fetch_stream *stream, int version, uint64_t body_size);
/* The bytes that were not used before, followed by new ones. They must stay until
 * kh_fetch_stream_used. */
void kh_fetch_stream_give(struct kh_fetch_stream *stream, const uint8_t *data, size_t size);
/* The next event; KH_FETCH_EVENT_MORE; or negative, for good: KOHORT_EPROTOCOL, KOHORT_ELIMIT or
 * KOHORT_ENOMEM, `wrong` says why. */
int kh_fetch_stream_next(struct kh_fetch_stream *stream);
/* How many of the bytes given were used; *ret_need: how many must lie together, from the first
 * unused one, before more can be told. 0 after END. */
size_t kh_fetch_stream_used(const struct kh_fetch_stream *stream, size_t *ret_need);

/* After PARTITION, BATCH or LAST_BATCH: the rest of this partition's records is not wanted (it is
 * no longer ours, or its position moved). They are passed over as they come. */
void kh_fetch_stream_skip_records(struct kh_fetch_stream *stream);

/* Bytes of the body not yet used: what is still to come, and to be read. */
static inline uint64_t kh_fetch_stream_left(const struct kh_fetch_stream *stream)
{
    return stream->frame_left;
}

#endif
