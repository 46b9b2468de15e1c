#include "hostile.h"

#include "base/limits.h"
#include "base/status.h"
#include "protocol/batch.h"
#include "protocol/consumer_protocol.h"
#include "support/records/batch_encoder.h"
#include "support/records/message_encoder.h"

#include <string.h>

/* ---- Readers ---- */

/* What a message's arena took from the heap. */
static void judge_arena(struct hostile *h, struct kh_arena *arena, size_t size, size_t held)
{
    size_t took = h->heap.most - held;

    if (took > size * KH_LIMIT_ARENA_FACTOR)
        fail(&h->golden, "%zu bytes take %zu bytes of memory", size, took);
    kh_arena_free(arena);
}

static int read_response(struct hostile *h, const uint8_t *data, size_t size)
{
    struct kh_arena arena;
    struct kh_reader r;
    size_t held = h->heap.most = h->heap.held;

    kh_arena_init(&arena, &h->golden.heap, size * KH_LIMIT_ARENA_FACTOR);
    kh_reader_init(&r, data, size, kh_api_flexible(h->info, h->golden.vector.version), &arena);
    h->info->decode_response(&r, h->golden.vector.version, h->value);
    kh_read_end(&r);
    judge_arena(h, &arena, size, held);
    return r.status;
}

static int read_stream(struct hostile *h, const uint8_t *data, size_t size)
{
    struct kh_fetch_stream *s = &h->stream;
    size_t need;
    int event;

    kh_fetch_stream_free(s);
    kh_fetch_stream_init(s, &h->golden.heap);
    kh_fetch_stream_begin(s, h->golden.vector.version, size);
    kh_fetch_stream_give(s, data, size);
    while ((event = kh_fetch_stream_next(s)) > 0) {
        size_t used = s->topic_arena.used + s->partition_arena.used;

        if (used > size * KH_LIMIT_ARENA_FACTOR)
            fail(&h->golden, "%zu bytes take %zu bytes of memory", size, used);
        if (event == KH_FETCH_EVENT_BATCH &&
            (s->batch.data < data || s->batch.size > size - (size_t)(s->batch.data - data)))
            fail(&h->golden, "a batch lies outside the response");
        if (event == KH_FETCH_EVENT_END)
            break;
    }
    if (event == KH_FETCH_EVENT_MORE && kh_fetch_stream_used(s, &need) <= size && need == 0)
        fail(&h->golden, "the stream wants no bytes, and has not ended");
    return event < 0 ? event : event == KH_FETCH_EVENT_END ? 0 : KOHORT_EPROTOCOL;
}

static int read_embedded(struct hostile *h, const uint8_t *data, size_t size)
{
    struct kh_arena arena;
    struct kh_reader r;
    size_t held = h->heap.most = h->heap.held;

    kh_arena_init(&arena, &h->golden.heap, size * KH_LIMIT_ARENA_FACTOR);
    kh_reader_init(&r, data, size, false, &arena);
    if (h->schema == &schema_consumer_subscription)
        kh_consumer_subscription_decode(&r, h->value);
    else
        kh_consumer_assignment_decode(&r, h->value);
    judge_arena(h, &arena, size, held);
    return r.status;
}

/* Every byte that a view says is there is read. A copy, because AddressSanitizer judges a range at
 * once, and byte for byte only in a loop. */
static void look(const kohort_bytes *bytes)
{
    uint8_t copy[512];

    for (size_t at = 0, size = bytes->size > 0 ? (size_t)bytes->size : 0; at < size;) {
        size_t piece = size - at < sizeof copy ? size - at : sizeof copy;

        memcpy(copy, (const uint8_t *)bytes->data + at, piece);
        __asm__ volatile("" : : "r"(copy) : "memory"); /* somebody needs it */
        at += piece;
    }
}

static void look_at_record(const kohort_record *record)
{
    const void *next = record->headers;

    look(&record->key);
    look(&record->value);
    for (uint32_t i = 0; i < record->header_count; i++) {
        kohort_bytes key, value;

        kohort_header_next(&next, &key, &value);
        look(&key);
        look(&value);
    }
}

static int read_records(struct hostile *h, struct kh_record_cursor *cursor,
                        const struct kh_batch_header *header)
{
    enum { SLICE = 64 };
    kohort_record records[SLICE];
    int64_t last = header->base_offset - 1;
    int got;

    while ((got = kh_record_cursor_next(cursor, INT64_MIN, records, SLICE)) > 0)
        for (int i = 0; i < got; i++) {
            if (records[i].offset <= last || records[i].offset > kh_batch_last_offset(header))
                fail(&h->golden, "an offset lies outside its batch, or does not rise");
            last = records[i].offset;
            look_at_record(&records[i]);
        }
    return got;
}

static int read_batch(struct hostile *h, const uint8_t *data, size_t size)
{
    struct kh_batch_header header;
    struct kh_record_cursor cursor;
    const char *wrong;
    size_t whole;
    int status = size < KH_BATCH_PREFIX ? KOHORT_ECORRUPT : kh_batch_peek_size(data, &whole);

    h->heap.largest = 0;
    if (status == 0)
        status = kh_batch_header_read(data, size, &header, &wrong);
    if (status == 0)
        status = kh_batch_check_crc(data, size, header.crc);
    if (status == 0)
        status = kh_batch_open(&h->decompressor, data, size, true, &header, &cursor, &wrong);
    if (h->heap.largest > KH_LIMIT_BATCH_DECOMPRESSED)
        fail(&h->golden, "%zu bytes take a block of %zu bytes", size, h->heap.largest);
    return status == 0 ? read_records(h, &cursor, &header) : status;
}

static void mend_batch(uint8_t *data, size_t size)
{
    enum { AT_MAGIC = 16, HEADER_V0 = 18 };

    if (size >= KH_BATCH_HEADER && data[AT_MAGIC] >= 2)
        test_batch_seal(data, size);
    else if (size >= HEADER_V0 && data[AT_MAGIC] < 2)
        test_message_seal(data, size);
}

/* ---- Which reader ---- */

static const struct hostile_kind of_response = {"response", read_response, NULL},
                                 of_stream = {"response", read_stream, NULL},
                                 of_embedded = {"embedded", read_embedded, NULL},
                                 of_batch = {"batch", read_batch, mend_batch};

void hostile_init(struct hostile *h)
{
    counting_heap_init(&h->heap);
    h->golden.heap = h->heap.heap;
    kh_fetch_stream_init(&h->stream, &h->golden.heap);
    kh_decompressor_init(&h->decompressor, &h->golden.heap);
}

void hostile_free(struct hostile *h)
{
    kh_fetch_stream_free(&h->stream);
    kh_decompressor_free(&h->decompressor);
}

static void choose(struct hostile *h)
{
    const struct vector *v = &h->golden.vector;
    int api = kh_api_by_key(v->key);

    if (strcmp(v->kind, "batch") == 0) {
        h->kind = &of_batch;
    } else if (strcmp(v->kind, "subscription") == 0 || strcmp(v->kind, "assignment") == 0) {
        h->kind = &of_embedded;
        h->schema = v->kind[0] == 's' ? &schema_consumer_subscription : &schema_consumer_assignment;
        h->before = 2;
    } else if (strcmp(v->kind, "response") == 0 && api >= 0) {
        h->info = kh_api_info((enum kh_api)api);
        h->kind = h->info->decode_response == NULL ? &of_stream : &of_response;
        h->schema = schema_find(v->key, SCHEMA_RESPONSE);
    }
}

bool hostile_begin(struct hostile *h)
{
    h->kind = NULL;
    h->info = NULL;
    h->schema = NULL;
    h->before = 0;
    choose(h);
    if (h->kind == NULL)
        return false;
    h->value = kh_alloc_zeroed(&h->golden.heap, 1, h->schema == NULL ? 1 : h->schema->size);
    return true;
}

void hostile_end(struct hostile *h)
{
    kh_free(&h->golden.heap, h->value);
    h->value = NULL;
    /* What is kept from one input to the next must not look like a leak. */
    hostile_free(h);
    kh_fetch_stream_init(&h->stream, &h->golden.heap);
    kh_decompressor_init(&h->decompressor, &h->golden.heap);
}

int hostile_try(struct hostile *h, const uint8_t *data, size_t size)
{
    h->inputs++;
    return h->kind->read(h, data, size);
}
