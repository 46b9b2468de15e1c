/* Record batches: read by the library; those that are not compressed are written again by the
 * tests' own encoder. */
#include "golden.h"

#include "base/limits.h"
#include "base/status.h"
#include "protocol/batch_encode.h"
#include "protocol/compress.h"
#include "schema/base64.h"
#include "schema/schema_json.h"
#include "support/json_difference.h"
#include "support/records/batch_encoder.h"
#include "support/records/message_encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct batch {
    struct kh_decompressor decompressor;
    struct kh_batch_header header;
    kohort_record *records;
    size_t count, capacity;
    bool sealed; /* prefixes get their own length and checksum: only the records are cut */
    int status;
    const char *wrong;
};

static bool room_for(struct golden *g, struct batch *b, size_t count)
{
    if (count <= b->capacity)
        return true;
    kohort_record *grown = kh_resize(&g->heap, b->records, count, sizeof *grown);
    if (grown == NULL)
        return false;
    b->records = grown;
    b->capacity = count;
    return true;
}

/* In slices of 7, so that most batches need several. */
static int read_records(struct golden *g, struct batch *b, struct kh_record_cursor *cursor)
{
    enum { SLICE = 7 };
    int got;

    b->count = 0;
    do {
        if (!room_for(g, b, b->count + SLICE))
            return KOHORT_ENOMEM;
        got = kh_record_cursor_next(cursor, INT64_MIN, b->records + b->count, SLICE);
        b->count += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    b->wrong = cursor->wrong;
    return got;
}

static int read_batch(struct golden *g, struct batch *b, const uint8_t *data, size_t size)
{
    struct kh_record_cursor cursor;
    size_t whole;

    b->wrong = NULL;
    if (size < KH_BATCH_PREFIX)
        return KOHORT_ECORRUPT;
    int status = kh_batch_peek_size(data, &whole);
    if (status == 0 && whole != size)
        status = KOHORT_ECORRUPT;
    if (status == 0)
        status = kh_batch_header_read(data, size, &b->header, &b->wrong);
    if (status == 0)
        status = kh_batch_check_crc(data, size, b->header.crc);
    if (status == 0)
        status = kh_batch_open(&b->decompressor, data, size, true, &b->header, &cursor, &b->wrong);
    return status == 0 ? read_records(g, b, &cursor) : status;
}

static bool reads_batch(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    struct batch *b = context;

    if (b->sealed && size >= KH_BATCH_HEADER) {
        if (g->vector.version < 2)
            test_message_seal(g->vector.data, size);
        else
            test_batch_seal(g->vector.data, size);
    }
    b->status = read_batch(g, b, data, size);
    return b->status == 0;
}

static json_t *headers_to_json(const kohort_record *record)
{
    json_t *json = json_array();
    const void *next = record->headers;

    for (uint32_t i = 0; i < record->header_count; i++) {
        kohort_bytes key, value;

        kohort_header_next(&next, &key, &value);
        json_t *pair = json_array();
        json_array_append_new(pair, json_stringn_nocheck(key.data, (size_t)key.size));
        json_array_append_new(pair, base64_json((struct kh_bytes){value.data, value.size}));
        json_array_append_new(json, pair);
    }
    return json;
}

static json_t *record_to_json(const kohort_record *record)
{
    json_t *json = json_object();

    json_object_set_new(json, "offset", json_integer(record->offset));
    json_object_set_new(json, "timestamp", json_integer(record->timestamp_ms));
    json_object_set_new(json, "key",
                        base64_json((struct kh_bytes){record->key.data, record->key.size}));
    json_object_set_new(json, "value",
                        base64_json((struct kh_bytes){record->value.data, record->value.size}));
    json_object_set_new(json, "headers", headers_to_json(record));
    return json;
}

static void put_number(json_t *json, const char *name, int64_t number)
{
    json_object_set_new(json, name, json_integer(number));
}

static void put_flag(json_t *json, const char *name, bool is_set)
{
    json_object_set_new(json, name, json_boolean(is_set));
}

static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};

static json_t *batch_to_json(const struct batch *b)
{
    const struct kh_batch_header *h = &b->header;
    json_t *json = json_object(), *records = json_array();

    put_number(json, "baseOffset", h->base_offset);
    put_number(json, "lastOffset", kh_batch_last_offset(h));
    put_number(json, "partitionLeaderEpoch", h->partition_leader_epoch);
    put_number(json, "magic", h->magic);
    json_object_set_new(json, "codec", json_string(codecs[kh_batch_codec(h)]));
    json_object_set_new(json, "timestampType",
                        json_string(h->magic == 0                 ? "NoTimestampType"
                                    : kh_batch_log_append_time(h) ? "LogAppendTime"
                                                                  : "CreateTime"));
    put_flag(json, "transactional", kh_batch_transactional(h));
    put_flag(json, "control", kh_batch_control(h));
    put_number(json, "producerId", h->producer_id);
    put_number(json, "producerEpoch", h->producer_epoch);
    put_number(json, "baseSequence", h->base_sequence);
    put_number(json, "maxTimestamp", h->max_timestamp_ms);
    put_flag(json, "deleteHorizon", kh_batch_has_delete_horizon(h));
    put_number(json, "count", h->count);
    for (size_t i = 0; i < b->count; i++)
        json_array_append_new(records, record_to_json(&b->records[i]));
    json_object_set_new(json, "records", records);
    return json;
}

static size_t header_count(const struct batch *b)
{
    size_t count = 0;

    for (size_t i = 0; i < b->count; i++)
        count += b->records[i].header_count;
    return count;
}

/* `headers` has room for those of all records. */
static void to_test_records(const struct batch *b, struct test_record *records,
                            struct test_header *headers)
{
    for (size_t i = 0; i < b->count; i++) {
        const kohort_record *record = &b->records[i];
        const void *next = record->headers;

        records[i] = (struct test_record){
            .offset = record->offset,
            .timestamp_ms = record->timestamp_ms,
            .key = {record->key.data, record->key.size},
            .value = {record->value.data, record->value.size},
            .headers = headers,
            .header_count = record->header_count,
        };
        for (uint32_t k = 0; k < record->header_count; k++, headers++) {
            kohort_bytes key, value;

            kohort_header_next(&next, &key, &value);
            *headers = (struct test_header){{key.data, key.size}, {value.data, value.size}};
        }
    }
}

static void expect_same_bytes(struct golden *g, const struct test_buffer *here)
{
    const struct vector *v = &g->vector;
    size_t at = 0;

    while (at < here->size && at < v->size && here->data[at] == v->data[at])
        at++;
    if (at < here->size || at < v->size)
        fail(g, "encoded again: differs at byte %zu (%zu bytes here, %zu expected)", at, here->size,
             v->size);
}

static void expect_encoded_again(struct golden *g, const struct batch *b)
{
    const struct kh_batch_header *h = &b->header;
    struct test_record *records = kh_alloc_zeroed(&g->heap, b->count + 1, sizeof *records);
    struct test_header *headers = kh_alloc_zeroed(&g->heap, header_count(b) + 1, sizeof *headers);
    struct test_buffer here = {0};

    if (records != NULL && headers != NULL) {
        to_test_records(b, records, headers);
        test_batch_append(&here, &(struct test_batch){
                                     .base_offset = h->base_offset,
                                     .last_offset_delta = h->last_offset_delta,
                                     .partition_leader_epoch = h->partition_leader_epoch,
                                     .transactional = kh_batch_transactional(h),
                                     .control = kh_batch_control(h),
                                     .delete_horizon = kh_batch_has_delete_horizon(h),
                                     .base_timestamp_ms = h->base_timestamp_ms,
                                     .max_timestamp_ms = h->max_timestamp_ms,
                                     .producer_id = h->producer_id,
                                     .producer_epoch = h->producer_epoch,
                                     .base_sequence = h->base_sequence,
                                     .records = records,
                                     .record_count = b->count,
                                 });
        expect_same_bytes(g, &here);
    }
    test_buffer_free(&here);
    kh_free(&g->heap, headers);
    kh_free(&g->heap, records);
}

/* A batch as a producer writes it: from its first record on, without holes at its ends. */
static bool is_producers(const struct batch *b)
{
    const struct kh_batch_header *h = &b->header;

    return b->count > 0 && !kh_batch_has_delete_horizon(h) &&
           b->records[0].timestamp_ms == h->base_timestamp_ms &&
           b->records[b->count - 1].offset == kh_batch_last_offset(h);
}

/* As a producer would write it. `w` is empty. */
static int encode_by_library(struct golden *g, const struct batch *b, enum kh_codec codec,
                             struct kh_writer *w)
{
    const struct kh_batch_header *h = &b->header;
    struct kh_draft_record *records = kh_alloc_zeroed(&g->heap, b->count + 1, sizeof *records);
    struct kh_draft_header *first = kh_alloc_zeroed(&g->heap, header_count(b) + 1, sizeof *first);
    struct kh_draft_header *headers = first;
    struct kh_batch_encoder encoder;

    for (size_t i = 0; i < b->count; i++) {
        const kohort_record *record = &b->records[i];
        const void *next = record->headers;

        records[i] = (struct kh_draft_record){
            .timestamp_ms = record->timestamp_ms,
            .offset_delta = (int32_t)(record->offset - h->base_offset),
            .key = record->key,
            .value = record->value,
            .headers = headers,
            .header_count = record->header_count,
        };
        for (uint32_t k = 0; k < record->header_count; k++, headers++)
            kohort_header_next(&next, &headers->key, &headers->value);
    }
    kh_batch_encoder_init(&encoder, &g->heap);
    int status = kh_batch_encode(&encoder,
                                 &(struct kh_batch_draft){
                                     .base_offset = h->base_offset,
                                     .partition_leader_epoch = h->partition_leader_epoch,
                                     .codec = codec,
                                     .transactional = kh_batch_transactional(h),
                                     .control = kh_batch_control(h),
                                     .producer_id = h->producer_id,
                                     .producer_epoch = h->producer_epoch,
                                     .base_sequence = h->base_sequence,
                                     .records = records,
                                     .count = b->count,
                                 },
                                 w);
    kh_batch_encoder_free(&encoder);
    kh_free(&g->heap, first);
    kh_free(&g->heap, records);
    return status;
}

static void expect_encoded_by_library(struct golden *g, const struct batch *b)
{
    struct kh_writer w;

    kh_writer_init(&w, &g->heap);
    if (is_producers(b)) {
        int status = encode_by_library(g, b, KH_CODEC_NONE, &w);
        if (status < 0)
            fail(g, "encoded by the library: %s", kh_status_name(status));
        else
            expect_same_bytes(g, &(struct test_buffer){.data = w.data, .size = w.size});
    }
    kh_writer_free(&w);
}

static void expect_message_encoded_again(struct golden *g, const struct batch *b)
{
    const kohort_record *record = b->records;
    struct test_buffer here = {0};

    test_message_append(&here, &(struct test_message){
                                   .magic = b->header.magic,
                                   .offset = record->offset,
                                   .timestamp_ms = record->timestamp_ms,
                                   .log_append_time = kh_batch_log_append_time(&b->header),
                                   .key = {record->key.data, record->key.size},
                                   .value = {record->value.data, record->value.size},
                               });
    expect_same_bytes(g, &here);
    test_buffer_free(&here);
}

static void check_value(struct golden *g, const struct batch *b)
{
    json_t *here = batch_to_json(b);
    struct json_difference difference;

    if (json_differs(here, g->vector.value, &difference))
        fail(g, "%s", difference.text);
    json_decref(here);
    if (!g->vector.compressed && b->header.magic < 2)
        expect_message_encoded_again(g, b);
    /* With the broker's append time the records' own times are not told. */
    else if (!g->vector.compressed && !kh_batch_log_append_time(&b->header)) {
        expect_encoded_again(g, b);
        expect_encoded_by_library(g, b);
    }
}

void check_batch(struct golden *g)
{
    struct vector *v = &g->vector;
    bool refused = json_is_null(v->value);
    struct batch b = {.count = 0};

    kh_decompressor_init(&b.decompressor, &g->heap);
    if (reads_batch(g, &b, v->data, v->size)) {
        if (refused)
            fail(g, "is read, although Kafka refuses it");
        else
            check_value(g, &b);
    } else if (!refused) {
        fail(g, "is refused: %s%s%s", kh_status_name(b.status), b.wrong == NULL ? "" : ", ",
             b.wrong == NULL ? "" : b.wrong);
    }
    expect_prefixes_refused(g, v->data, v->size, v->size, reads_batch, &b);
    if (!refused) {
        b.sealed = true;
        expect_prefixes_refused(g, v->data, v->size, v->size, reads_batch, &b);
    }
    kh_decompressor_free(&b.decompressor);
    kh_free(&g->heap, b.records);
}

/* ---- For Kafka's reader ---- */

static void print_compressed(struct golden *g, const struct batch *b, enum kh_codec codec)
{
    struct kh_writer w;

    kh_writer_init(&w, &g->heap);
    int status = encode_by_library(g, b, codec, &w);
    if (status == KOHORT_ECODEC) {
        fprintf(stderr, "this build lacks %s\n", codecs[codec]);
    } else if (status < 0) {
        fail(g, "encoded with %s: %s", codecs[codec], kh_status_name(status));
    } else {
        json_object_set_new(g->vector.value, "codec", json_string(codecs[codec]));
        char *value = json_dumps(g->vector.value, JSON_COMPACT);
        printf("{\"hex\":\"");
        for (size_t i = 0; i < w.size; i++)
            printf("%02x", w.data[i]);
        printf("\",\"value\":%s}\n", value);
        free(value);
    }
    kh_writer_free(&w);
}

void print_batch_compressed(struct golden *g)
{
    struct vector *v = &g->vector;
    struct batch b = {.count = 0};

    kh_decompressor_init(&b.decompressor, &g->heap);
    if (!json_is_null(v->value) && !v->compressed && v->version == 2 &&
        reads_batch(g, &b, v->data, v->size) && !kh_batch_log_append_time(&b.header) &&
        is_producers(&b))
        for (enum kh_codec codec = KH_CODEC_NONE; codec <= KH_CODEC_ZSTD; codec++)
            print_compressed(g, &b, codec);
    kh_decompressor_free(&b.decompressor);
    kh_free(&g->heap, b.records);
}
