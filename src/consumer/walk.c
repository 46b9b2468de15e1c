/* From a batch's bytes to a walk over its records: checked when it arrives, opened when it is its
 * turn, and kept while it waits. */
#include "consumer/walk.h"

#include "consumer/taped.h"

void kh_walk_error(kohort_partition *p, kohort_error *error, int code, int64_t offset,
                   const char *what)
{
    kh_error_init(error, code);
    error->api_key = kh_api_info(KH_API_FETCH)->key;
    kh_error_set_topic(error, kh_string_of(p->topic), p->number);
    error->broker_id = p->leader;
    error->retriable = true;
    kh_error_text(error,
                  "%s-%d: the batch at offset %lld from broker %d cannot be read: %s; it is "
                  "fetched again, and "
                  "kohort_seek() passes over it",
                  p->topic, p->number, (long long)offset, p->leader, what);
}

int kh_walk_check(kohort_partition *p, struct kh_aborted *aborted, const uint8_t *data, size_t size,
                  struct kh_batch_walk *walk, kohort_error *error)
{
    struct kh_batch_header *header = &walk->header;
    const char *wrong = "damaged";
    int status = kh_batch_header_read(data, size, header, &wrong);
    if (status == 0 && p->consumer->values.check_crcs) {
        wrong = "its CRC does not match";
        struct kh_tape *tape = kh_partition_tape(p);
        status = tape == NULL ? kh_batch_check_crc(data, size, header->crc)
                              : kh_taped_check_crc(tape, data, size, header->crc);
    }
    if (status != 0)
        kh_walk_error(p, error, status, p->fetch_offset, wrong);
    else
        walk->hidden =
            kh_aborted_look(aborted, header) || kh_batch_control(header) || header->count <= 0;
    return status;
}

int kh_walk_open(kohort_partition *p, struct kh_buffer *buffer, const uint8_t *data, size_t size,
                 struct kh_batch_walk *walk, kohort_error *error)
{
    kohort_client *client = p->consumer->client;
    bool check_crcs = p->consumer->values.check_crcs;
    const char *wrong;
    walk->cursor.left = 0;
    walk->buffer = NULL;
    if (walk->hidden)
        return 0;
    int status = client->shared.tape == NULL
                     ? kh_batch_open(&client->decompressor, data, size, check_crcs, &walk->header,
                                     &walk->cursor, &wrong)
                     : kh_taped_open(client, buffer, data, size, check_crcs, &walk->header,
                                     &walk->cursor, &wrong);
    if (status != 0)
        kh_walk_error(p, error, status, walk->header.base_offset, wrong);
    bool here = status == 0 && walk->cursor.records >= data && walk->cursor.records < data + size;
    walk->buffer = here ? buffer : NULL;
    return status;
}

void kh_walk_keep_decompressed(kohort_partition *p, struct kh_waiting_batch *w)
{
    struct kh_record_cursor *cursor = &w->walk.cursor;
    size_t rest = cursor->size - cursor->at;
    struct kh_buffer *copy = kh_buffer_copy(&kh_consumer_shared(p->consumer)->buffers,
                                            cursor->records + cursor->at, rest);
    w->opened = copy != NULL; /* Else it is decompressed again. */
    if (copy == NULL)
        return;
    kh_buffer_release(w->buffer);
    w->buffer = w->walk.buffer = copy;
    w->data = cursor->records = copy->data;
    w->size = cursor->size = rest;
    cursor->at = 0;
}

int kh_walk_keep(kohort_partition *p, struct kh_buffer *buffer, const uint8_t *data, size_t size,
                 const struct kh_batch_walk *walk)
{
    struct kh_waiting_batch *w = kh_partition_keep(p, buffer, data, size);
    if (w == NULL)
        return KOHORT_ENOMEM;
    if (walk == NULL)
        return 0;
    w->opened = true;
    w->walk = *walk;
    if (walk->buffer != NULL) {
        w->walk.buffer = w->buffer;
        w->walk.cursor.records = w->data + (walk->cursor.records - data);
    } else if (walk->cursor.left > 0) {
        kh_credit_let_go(p, w->size);
        kh_walk_keep_decompressed(p, w);
        kh_credit_hold(p, w->size);
    }
    return 0;
}

int kh_walk_open_waiting(kohort_partition *p, struct kh_waiting_batch *w, kohort_error *error)
{
    const char *wrong = "damaged";
    if (w->opened)
        return 0;
    int status = kh_batch_header_read(w->data, w->size, &w->walk.header, &wrong);
    if (status != 0)
        kh_walk_error(p, error, status, p->position, wrong);
    else
        status = kh_walk_open(p, w->buffer, w->data, w->size, &w->walk, error);
    w->opened = status == 0;
    return status;
}
