#include "protocol/fetch_stream_steps.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

/* Of a batch: to the magic, without which nothing can be told; and to the last offset's delta. */
enum { TO_MAGIC = 17, TO_LAST_OFFSET = 27, SMALLEST_LENGTH = 14 };

int kh_fetch_tell_last_batch(struct kh_fetch_stream *s, int64_t next_offset)
{
    s->last_batch_told = true;
    s->last_batch_next_offset = next_offset;
    return KH_FETCH_EVENT_LAST_BATCH;
}

static bool in_last_partition(const struct kh_fetch_stream *s)
{
    return s->topics_left == 0 && s->partitions_left == 0;
}

static int bad_batch(struct kh_fetch_stream *s, int status, const char *wrong)
{
    s->bad_batch_status = status;
    s->wrong = wrong;
    s->state = KH_FETCH_RECORDS_SKIP;
    return KH_FETCH_EVENT_BAD_BATCH;
}

/* The offset that follows the batch whose head is here, or -1 when that cannot be told. A message
 * set of magic 0 or 1 has its last offset in front; there is always one to take, however small the
 * message. */
static int64_t offset_behind(const struct kh_fetch_stream *s)
{
    int64_t offset = kh_load_i64(s->at);
    int32_t delta = s->batch.magic < 2 ? 0 : kh_load_i32(s->at + TO_LAST_OFFSET - 4);

    return offset < 0 || delta < 0 || offset > INT64_MAX - 1 - delta ? -1 : offset + delta + 1;
}

int kh_fetch_step_batch_head(struct kh_fetch_stream *s)
{
    int32_t length;

    if (s->records_left == 0) {
        kh_fetch_read_tags(s, KH_FETCH_IN_PARTITION);
        return KH_FETCH_GO_ON;
    }
    if (!kh_fetch_have(s, s->records_left < TO_LAST_OFFSET ? s->records_left : TO_LAST_OFFSET))
        return kh_fetch_missing(s);
    length = s->records_left < TO_MAGIC ? INT32_MAX : kh_load_i32(s->at + 8);
    if (length < SMALLEST_LENGTH)
        return bad_batch(s, KOHORT_ECORRUPT, "a batch's length is below the smallest there is");
    s->batch.size = (size_t)length + KH_BATCH_PREFIX;
    if (s->batch.size > s->records_left) {
        /* The broker cuts at the bytes asked for, not between batches. */
        s->partial_first = s->first_batch;
        s->state = KH_FETCH_RECORDS_SKIP;
        return KH_FETCH_GO_ON;
    }
    if (s->batch.size > KH_LIMIT_BATCH)
        return bad_batch(s, KOHORT_ELIMIT, "a batch is larger than the limit");
    s->batch.magic = (int8_t)s->at[TO_MAGIC - 1];
    s->state = KH_FETCH_BATCH_BODY;
    if (in_last_partition(s) && s->records_left - s->batch.size < TO_MAGIC)
        return kh_fetch_tell_last_batch(s, s->batch.size < TO_LAST_OFFSET ? -1 : offset_behind(s));
    return KH_FETCH_GO_ON;
}

int kh_fetch_step_batch_body(struct kh_fetch_stream *s)
{
    if (!kh_fetch_have(s, s->batch.size))
        return kh_fetch_missing(s);
    s->batch.data = s->at;
    kh_fetch_use(s, s->batch.size);
    s->records_left -= s->batch.size;
    s->first_batch = false;
    s->state = KH_FETCH_BATCH_HEAD;
    return KH_FETCH_EVENT_BATCH;
}

int kh_fetch_step_records_skip(struct kh_fetch_stream *s)
{
    if (in_last_partition(s) && !s->last_batch_told)
        return kh_fetch_tell_last_batch(s, -1);
    kh_fetch_skip(s, &s->records_left);
    if (s->records_left > 0)
        return KH_FETCH_EVENT_MORE;
    kh_fetch_read_tags(s, KH_FETCH_IN_PARTITION);
    return KH_FETCH_GO_ON;
}

void kh_fetch_stream_skip_records(struct kh_fetch_stream *s)
{
    if (s->state == KH_FETCH_BATCH_HEAD || s->state == KH_FETCH_BATCH_BODY)
        s->state = KH_FETCH_RECORDS_SKIP;
}
