#include "protocol/reader.h"

#include "base/limits.h"
#include "protocol/big_endian.h"

#include <kohort/errors.h>
#include <stddef.h>

void kh_reader_init(struct kh_reader *r, const void *data, size_t size, bool flexible,
                    struct kh_arena *arena)
{
    static const uint8_t nothing[1];
    const uint8_t *begin = data == NULL ? nothing : data;

    *r = (struct kh_reader){
        .begin = begin, .at = begin, .end = begin + size, .arena = arena, .flexible = flexible};
}

/* With nothing left every later read fails by itself, and `at` still tells where it went wrong. */
static void latch(struct kh_reader *r, int status, const char *wrong)
{
    if (r->wrong != NULL)
        return;
    r->wrong = wrong;
    r->status = status;
    r->end = r->at;
}

void kh_read_fail(struct kh_reader *r, const char *wrong)
{
    latch(r, KOHORT_EPROTOCOL, wrong);
}

bool kh_read_end(struct kh_reader *r)
{
    if (kh_read_left(r) != 0)
        kh_read_fail(r, "bytes are left after the message");
    return kh_read_ok(r);
}

/* The next `size` bytes, or NULL. */
static const uint8_t *take(struct kh_reader *r, size_t size)
{
    if (size > kh_read_left(r)) {
        kh_read_fail(r, "the message ends too early");
        return NULL;
    }
    const uint8_t *at = r->at;
    r->at += size;
    return at;
}

bool kh_read_bool(struct kh_reader *r)
{
    return kh_read_i8(r) != 0;
}

int8_t kh_read_i8(struct kh_reader *r)
{
    const uint8_t *at = take(r, 1);
    return at == NULL ? 0 : (int8_t)*at;
}

int16_t kh_read_i16(struct kh_reader *r)
{
    const uint8_t *at = take(r, 2);
    return at == NULL ? 0 : kh_load_i16(at);
}

uint16_t kh_read_u16(struct kh_reader *r)
{
    return (uint16_t)kh_read_i16(r);
}

int32_t kh_read_i32(struct kh_reader *r)
{
    const uint8_t *at = take(r, 4);
    return at == NULL ? 0 : kh_load_i32(at);
}

uint32_t kh_read_u32(struct kh_reader *r)
{
    return (uint32_t)kh_read_i32(r);
}

int64_t kh_read_i64(struct kh_reader *r)
{
    const uint8_t *at = take(r, 8);
    return at == NULL ? 0 : kh_load_i64(at);
}

double kh_read_f64(struct kh_reader *r)
{
    int64_t bits = kh_read_i64(r);
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

struct kh_uuid kh_read_uuid(struct kh_reader *r)
{
    struct kh_uuid value = {{0}};
    const uint8_t *at = take(r, sizeof value.bytes);

    if (at != NULL)
        memcpy(value.bytes, at, sizeof value.bytes);
    return value;
}

/* Bits above the type's are dropped, as Kafka's reader does (ByteUtils). */
static uint64_t read_varint(struct kh_reader *r, int max_size)
{
    uint64_t value = 0;

    for (int i = 0; i < max_size; i++) {
        const uint8_t *at = take(r, 1);
        if (at == NULL)
            return 0;
        value |= (uint64_t)(*at & 127) << 7 * i;
        if (*at < 128)
            return value;
    }
    kh_read_fail(r, "a varint does not end");
    return 0;
}

uint32_t kh_read_uvarint(struct kh_reader *r)
{
    return (uint32_t)read_varint(r, 5);
}

static int64_t unzigzag(uint64_t bits)
{
    return (int64_t)(bits >> 1 ^ (0 - (bits & 1)));
}

int32_t kh_read_varint(struct kh_reader *r)
{
    return (int32_t)unzigzag(kh_read_uvarint(r));
}

int64_t kh_read_varlong(struct kh_reader *r)
{
    return unzigzag(read_varint(r, 10));
}

/* A compact length is one more than what it counts; zero is null (KIP-482). */
static int64_t read_compact_length(struct kh_reader *r)
{
    return (int64_t)kh_read_uvarint(r) - 1;
}

static void refuse_null(struct kh_reader *r, bool is_null)
{
    if (is_null)
        kh_read_fail(r, "null where there must be a value");
}

struct kh_string kh_read_nullable_string(struct kh_reader *r)
{
    int64_t size = r->flexible ? read_compact_length(r) : kh_read_i16(r);

    if (size > KH_LIMIT_NAME) /* MessageDataGenerator: also at flexible versions */
        kh_read_fail(r, "a string is longer than Kafka allows");
    if (size < 0 || !kh_read_ok(r))
        return (struct kh_string){NULL, 0};
    const uint8_t *at = take(r, (size_t)size);
    return (struct kh_string){(const char *)at, at == NULL ? 0 : (int32_t)size};
}

struct kh_string kh_read_string(struct kh_reader *r)
{
    struct kh_string value = kh_read_nullable_string(r);
    refuse_null(r, value.data == NULL);
    return value;
}

struct kh_bytes kh_read_raw(struct kh_reader *r, size_t size)
{
    if (size > INT32_MAX)
        kh_read_fail(r, "bytes are longer than Kafka allows");
    const uint8_t *at = kh_read_ok(r) ? take(r, size) : NULL;
    return (struct kh_bytes){at, at == NULL ? 0 : (int32_t)size};
}

struct kh_bytes kh_read_nullable_bytes(struct kh_reader *r)
{
    int64_t size = r->flexible ? read_compact_length(r) : kh_read_i32(r);

    if (size < 0)
        return (struct kh_bytes){NULL, 0};
    return kh_read_raw(r, (size_t)size);
}

struct kh_bytes kh_read_bytes(struct kh_reader *r)
{
    struct kh_bytes value = kh_read_nullable_bytes(r);
    refuse_null(r, value.data == NULL);
    return value;
}

void *kh_read_items(struct kh_reader *r, size_t count, size_t size)
{
    static const max_align_t nothing;

    if (!kh_read_ok(r))
        return NULL;
    if (count == 0)
        return (void *)&nothing;
    void *memory = kh_arena_alloc(r->arena, count, size);
    if (memory == NULL && count > kh_arena_room(r->arena) / size)
        latch(r, KOHORT_ELIMIT, "the message holds more than its size allows");
    else if (memory == NULL)
        latch(r, KOHORT_ENOMEM, "out of memory");
    return memory;
}

size_t kh_read_nullable_array(struct kh_reader *r, size_t item_min, size_t item_size, void *items)
{
    int64_t count = r->flexible ? read_compact_length(r) : kh_read_i32(r);

    if (count > 0 && (uint64_t)count > kh_read_left(r) / item_min)
        kh_read_fail(r, "an array has more items than fit in the message");
    void *memory = count < 0 ? NULL : kh_read_items(r, (size_t)count, item_size);
    memcpy(items, &memory, sizeof memory); /* *items is a pointer to some struct, not to void */
    return memory == NULL ? 0 : (size_t)count;
}

size_t kh_read_array(struct kh_reader *r, size_t item_min, size_t item_size, void *items)
{
    size_t count = kh_read_nullable_array(r, item_min, item_size, items);
    void *memory;

    memcpy(&memory, items, sizeof memory);
    refuse_null(r, memory == NULL);
    return count;
}

size_t kh_read_i32_array(struct kh_reader *r, int32_t **items)
{
    size_t count = kh_read_array(r, 4, sizeof **items, items);

    for (size_t i = 0; i < count; i++)
        (*items)[i] = kh_read_i32(r);
    return count;
}

size_t kh_read_string_array(struct kh_reader *r, struct kh_string **items)
{
    size_t count = kh_read_array(r, r->flexible ? 1 : 2, sizeof **items, items);

    for (size_t i = 0; i < count && kh_read_ok(r); i++)
        (*items)[i] = kh_read_string(r);
    return count;
}

struct kh_tags kh_read_tags(struct kh_reader *r)
{
    uint32_t count = r->flexible ? kh_read_uvarint(r) : 0;

    if (count > KH_LIMIT_TAGS)
        kh_read_fail(r, "a struct has too many tagged fields");
    return (struct kh_tags){.left = count};
}

bool kh_next_tag(struct kh_reader *r, struct kh_tags *tags)
{
    if (tags->field_end != NULL && r->at != tags->field_end)
        kh_read_fail(r, "a tagged field has another size than it says");
    if (tags->left == 0 || !kh_read_ok(r))
        return false;
    tags->left--;
    tags->tag = kh_read_uvarint(r);
    tags->size = kh_read_uvarint(r);
    if (tags->size > kh_read_left(r))
        kh_read_fail(r, "a tagged field is longer than the message");
    else
        tags->field_end = r->at + tags->size;
    return kh_read_ok(r);
}

void kh_skip_tag(struct kh_reader *r, const struct kh_tags *tags)
{
    take(r, tags->size);
}

void kh_skip_tags(struct kh_reader *r)
{
    for (struct kh_tags tags = kh_read_tags(r); kh_next_tag(r, &tags);)
        kh_skip_tag(r, &tags);
}
