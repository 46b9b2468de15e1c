/* Batches that the application reads and keeps (decision 5): one that is small beside its buffer is
 * copied, a larger one pins the buffer. What is kept takes credit from its partition. */
#include "consumer/kept.h"
#include "consumer/taped.h"

#include <string.h>

const kohort_record *kohort_batch_records(const kohort_batch *b, size_t *ret_count)
{
    *ret_count = b->count;
    return b->records;
}

kohort_mark kohort_batch_mark(const kohort_batch *b)
{
    return (kohort_mark){.ownership = b->ownership,
                         .offset = b->records[0].offset,
                         .count = (uint16_t)b->count,
                         .delivery = b->delivery,
                         /* A batch spans less than 2^31 offsets: its last delta is an int32. */
                         .span =
                             (uint32_t)(b->records[b->count - 1].offset - b->records[0].offset)};
}

kohort_mark kohort_record_mark(const kohort_batch *b, const kohort_record *r)
{
    return (kohort_mark){
        .ownership = b->ownership, .offset = r->offset, .count = 1, .delivery = b->delivery};
}

int32_t kohort_batch_leader_epoch(const kohort_batch *b)
{
    return b->leader_epoch;
}

static const void *moved(const void *from, const uint8_t *old, const uint8_t *new)
{
    return from == NULL ? NULL : new + ((const uint8_t *)from - old);
}

/* Copied, the records point into the copy. */
static void copy_records(kohort_batch *kept, const kohort_batch *from)
{
    memcpy(kept->copies, from->records, from->count * sizeof kept->copies[0]);
    kept->records = kept->copies;
    for (size_t i = 0; i < from->count && kept->bytes != from->bytes; i++) {
        kohort_record *r = &kept->copies[i];
        r->key.data = moved(r->key.data, from->bytes, kept->bytes);
        r->value.data = moved(r->value.data, from->bytes, kept->bytes);
        r->headers = moved(r->headers, from->bytes, kept->bytes);
    }
}

static int keep(const kohort_batch *b, kohort_batch **ret)
{
    kohort_consumer *c = b->consumer;
    size_t records_size = b->count * sizeof b->copies[0];
    kohort_partition *p = kh_ownership_by_id(c, b->ownership);
    kohort_batch *kept = kh_alloc(kh_consumer_heap(c), sizeof *kept + records_size);
    if (kept == NULL)
        return KOHORT_ENOMEM;
    *kept = *b;
    if (b->buffer != NULL && b->size >= b->buffer->capacity / 4) {
        kh_buffer_reference(b->buffer);
    } else {
        kept->buffer = kh_buffer_copy(&kh_consumer_shared(c)->buffers, b->bytes, b->size);
        if (kept->buffer == NULL) {
            kh_free(kh_consumer_heap(c), kept);
            return KOHORT_ENOMEM;
        }
        kept->bytes = kept->buffer->data;
    }
    copy_records(kept, b);
    kept->client = c->client;
    kept->counted = kept->size + records_size;
    kept->number = ++c->client->batches_kept;
    kh_list_append(&c->client->kept, &kept->node);
    c->held_bytes += kept->counted;
    if (p != NULL)
        p->kept_bytes += kept->counted;
    *ret = kept;
    return 0;
}

int kohort_batch_keep(const kohort_batch *b, kohort_batch **ret)
{
    if (b->client != NULL || b->consumer == NULL)
        return KOHORT_EINVAL;
    return kh_taped(kh_consumer_tape(b->consumer), keep(b, ret), .call = KH_CALL_BATCH_KEEP);
}

static int release(kohort_batch *b)
{
    kohort_client *client = b->client;
    kohort_consumer *c = b->consumer;
    kohort_partition *p = c == NULL ? NULL : kh_ownership_by_id(c, b->ownership);
    bool was_full = p != NULL && !kh_partition_fetchable(p);
    kh_list_remove(&b->node);
    if (p != NULL)
        p->kept_bytes -= b->counted;
    if (c != NULL) {
        c->held_bytes -= b->counted;
        kh_credit_returned(c);
    }
    if (was_full && kh_partition_fetchable(p))
        kh_fetch_changed(c);
    kh_buffer_release(b->buffer);
    kh_free(&client->heap, b);
    return 0;
}

void kohort_batch_release(kohort_batch *b)
{
    struct kh_tape *tape = b == NULL ? NULL : b->client->shared.tape;
    if (b != NULL)
        kh_taped(tape, release(b), .call = KH_CALL_BATCH_RELEASE, .a = b->number);
}

void kh_kept_orphan(const kohort_consumer *c)
{
    kh_list_each (node, &c->client->kept) {
        kohort_batch *kept = kh_container(node, kohort_batch, node);
        if (kept->consumer == c)
            kept->consumer = NULL;
    }
}
