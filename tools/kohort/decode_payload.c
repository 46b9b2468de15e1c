#include "decode.h"

#include "base/limits.h"
#include "protocol/api.h"
#include "protocol/batch.h"
#include "protocol/consumer_protocol.h"

#include <string.h>

enum { BATCHES_SHOWN = 16 };

static json_t *hex(const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * 1024];
    size_t letters = 0;
    for (size_t i = 0; i < size && letters + 2 <= sizeof text; i++) {
        text[letters++] = digits[data[i] >> 4];
        text[letters++] = digits[data[i] & 15];
    }
    return json_stringn(text, letters);
}

static json_t *show_batch(const struct kh_batch_header *h)
{
    static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};
    json_t *json =
        json_pack("{s:i, s:I, s:I, s:i, s:s, s:I}", "magic", (int)h->magic, "baseOffset",
                  (json_int_t)h->base_offset, "lastOffset", (json_int_t)kh_batch_last_offset(h),
                  "count", (int)h->count, "codec", codecs[kh_batch_codec(h)], "maxTimestamp",
                  (json_int_t)h->max_timestamp_ms);
    if (h->producer_id >= 0)
        json_object_set_new(json, "producerId", json_integer(h->producer_id));
    if (kh_batch_transactional(h))
        json_object_set_new(json, "transactional", json_true());
    if (kh_batch_control(h))
        json_object_set_new(json, "control", json_true());
    return json;
}

/* The last batch of a Fetch answer may be cut short by the broker. */
static json_t *show_records(struct kh_bytes records)
{
    json_t *json = json_object(), *batches = json_array();
    const uint8_t *at = records.data, *end = at + records.size;
    size_t shown = 0;
    json_object_set_new(json, "size", json_integer(records.size));
    json_object_set_new(json, "batches", batches);
    for (; end - at >= KH_BATCH_PREFIX && shown < BATCHES_SHOWN; shown++) {
        struct kh_batch_header header;
        const char *wrong = "its length is not possible";
        size_t size;
        if (kh_batch_peek_size(at, &size) == 0 && size > (size_t)(end - at))
            break;
        if (kh_batch_peek_size(at, &size) != 0 ||
            kh_batch_header_read(at, size, &header, &wrong) != 0) {
            json_array_append_new(
                batches,
                json_pack("{s:s}", "problem", wrong == NULL ? "its codec is not known" : wrong));
            return json;
        }
        json_array_append_new(batches, show_batch(&header));
        at += size;
    }
    if (at != end)
        json_object_set_new(json, "bytesAfterThese", json_integer(end - at));
    return json;
}

/* The embedded protocol of consumers; NULL when it is another's, Connect's for instance. */
static json_t *show_consumer_protocol(struct decode *d, const struct schema *s,
                                      struct kh_bytes bytes)
{
    struct kh_arena arena;
    struct kh_reader r;
    json_t *json = NULL;
    kh_arena_init(&arena, &d->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, bytes.data, (size_t)bytes.size, false, &arena);
    int version = kh_read_i16(&r);
    bool newer = version > KH_CONSUMER_PROTOCOL_NEWEST; /* read as the newest; more may follow */
    int known = newer ? KH_CONSUMER_PROTOCOL_NEWEST : version;
    void *message = version < 0 ? NULL : kh_arena_alloc(&arena, 1, s->size);
    if (message != NULL && schema_decode(s, known, &r, message) == 0 &&
        (newer || kh_read_left(&r) == 0)) {
        struct payload none = {d, -1};
        json = schema_to_json_showing(s, known, message, payload_show, &none);
        json_object_set_new(json, "version", json_integer(version));
    }
    kh_arena_free(&arena);
    return json;
}

/* NULL when the field is none of those that hold the embedded protocol. */
static const struct schema *embedded(int16_t key, const char *field)
{
    if ((key == kh_api_info(KH_API_JOIN_GROUP)->key && strcmp(field, "metadata") == 0) ||
        (key == kh_api_info(KH_API_DESCRIBE_GROUPS)->key && strcmp(field, "memberMetadata") == 0))
        return &schema_consumer_subscription;
    if ((key == kh_api_info(KH_API_SYNC_GROUP)->key && strcmp(field, "assignment") == 0) ||
        (key == kh_api_info(KH_API_DESCRIBE_GROUPS)->key && strcmp(field, "memberAssignment") == 0))
        return &schema_consumer_assignment;
    return NULL;
}

json_t *payload_show(void *payload, const struct schema_field *field, struct kh_bytes bytes)
{
    const struct payload *p = payload;
    struct decode *d = p->decode;
    const struct schema *s = embedded(p->key, field->name);
    if (bytes.data == NULL)
        return json_null();
    if (strcmp(field->name, "records") == 0)
        return show_records(bytes);
    json_t *json = s == NULL || bytes.size == 0 ? NULL : show_consumer_protocol(d, s, bytes);
    if (json != NULL)
        return json;
    json = json_pack("{s:i}", "size", (int)bytes.size);
    if (strcmp(field->name, "authBytes") != 0) { /* a password may be in it */
        size_t shown = (size_t)bytes.size < d->bytes_shown ? (size_t)bytes.size : d->bytes_shown;
        json_object_set_new(json, "hex", hex(bytes.data, shown));
    }
    return json;
}
