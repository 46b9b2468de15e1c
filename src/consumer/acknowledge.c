/* What the application says of records that it was given: done, or again. */
#include "consumer/taped.h"

int kh_mark_find(kohort_consumer *c, const kohort_mark *mark, kohort_partition **ret,
                 int64_t *ret_last)
{
    kohort_partition *p = kh_ownership_by_id(c, mark->ownership);
    if (p == NULL)
        return KOHORT_ESTALE;
    if (mark->offset < 0 || mark->offset >= INT64_MAX - mark->span)
        return KOHORT_EINVAL;
    *ret = p;
    *ret_last = mark->offset + mark->span;
    return 0;
}

static int ack(kohort_consumer *c, kohort_mark mark)
{
    kohort_partition *p;
    int64_t last;
    int status = kh_mark_find(c, &mark, &p, &last);
    if (status != 0)
        return status;
    bool full = kh_partition_outstanding(p) >= (uint64_t)c->values.max_unacked_records;
    status = kh_partition_ack(p, mark.offset, last, mark.delivery);
    if (status == 0 && (full || p->stuck || p->state == KH_PARTITION_REVOKING))
        kh_fetch_changed(c); /* Room for more; or the last one that something waited for. */
    return status;
}

__attribute__((noinline)) static int taped_ack(kohort_consumer *c, kohort_mark mark)
{
    return kh_taped(kh_consumer_tape(c), ack(c, mark), KH_TAPED_MARK(ACK, c, mark));
}

/* Some are called for each record: with what the tape needs out of the way. */
int kohort_ack(kohort_consumer *c, kohort_mark mark)
{
    return kh_consumer_tape(c) == NULL ? ack(c, mark) : taped_ack(c, mark);
}

static int nack(kohort_consumer *c, kohort_mark mark, int64_t delay_ms)
{
    kohort_partition *p;
    int64_t last;
    int status =
        delay_ms < 0 || delay_ms > INT32_MAX ? KOHORT_EINVAL : kh_mark_find(c, &mark, &p, &last);
    return status != 0 ? status : kh_partition_nack(p, mark.offset, last, mark.delivery, delay_ms);
}

int kohort_nack(kohort_consumer *c, kohort_mark mark, int64_t delay_ms)
{
    return kh_taped(kh_consumer_tape(c), nack(c, mark, delay_ms), KH_TAPED_MARK(NACK, c, mark),
                    .d = delay_ms);
}
