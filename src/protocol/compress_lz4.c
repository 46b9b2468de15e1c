#include "base/limits.h"
#include "protocol/compress.h"

#include <string.h>

#define LZ4F_STATIC_LINKING_ONLY /* for a context on a heap of our own */
#include <lz4frame.h>

enum {
    LEAST_OUTPUT = 64 * KH_KIB, /* Kafka's producers write blocks of this size */
    MAGIC_SIZE = 4,
    HEADER_MIN = MAGIC_SIZE + 2 + 1, /* two bytes of flags and the checksum */
    HEADER_MAX = HEADER_MIN + 8 + 4,
};

#ifdef KH_LZ4_CUSTOM_MEMORY
static void *allocate(void *heap, size_t size)
{
    return kh_alloc(heap, size);
}

static void release(void *heap, void *memory)
{
    kh_free(heap, memory);
}
#endif

static int open_context(struct kh_decompressor *d)
{
    if (d->lz4 != NULL) {
        LZ4F_resetDecompressionContext(d->lz4);
        return 0;
    }
#ifdef KH_LZ4_CUSTOM_MEMORY
    LZ4F_CustomMem memory = {
        .customAlloc = allocate, .customFree = release, .opaqueState = d->heap};

    d->lz4 = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION);
#else
    /* Before 1.9.4 liblz4 took its memory from malloc alone. */
    if (LZ4F_isError(LZ4F_createDecompressionContext(&d->lz4, LZ4F_VERSION)))
        d->lz4 = NULL;
#endif
    return d->lz4 != NULL ? 0 : KOHORT_ENOMEM;
}

void kh_lz4_free(struct kh_decompressor *d)
{
    LZ4F_freeDecompressionContext(d->lz4);
    d->lz4 = NULL;
}

static int status_of(size_t error)
{
    return LZ4F_getErrorCode(error) == LZ4F_ERROR_allocation_failed ? KOHORT_ENOMEM
                                                                    : KOHORT_ECORRUPT;
}

static uint32_t rotated(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

/* The checksum of a frame's header: the second byte of the descriptor's xxHash32, here for its
 * lengths alone (2 to 14 bytes, all below the hash's stripe of 16). */
static uint8_t header_checksum(const uint8_t *at, size_t size)
{
    const uint32_t prime_1 = 0x9e3779b1, prime_2 = 0x85ebca77, prime_3 = 0xc2b2ae3d,
                   prime_4 = 0x27d4eb2f, prime_5 = 0x165667b1;
    uint32_t hash = prime_5 + (uint32_t)size;

    for (; size >= 4; at += 4, size -= 4) {
        uint32_t word =
            (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;

        hash = rotated(hash + word * prime_3, 17) * prime_4;
    }
    for (; size > 0; at++, size--)
        hash = rotated(hash + *at * prime_5, 11) * prime_1;
    hash = (hash ^ hash >> 15) * prime_2;
    hash = (hash ^ hash >> 13) * prime_3;
    return (uint8_t)((hash ^ hash >> 16) >> 8);
}

/* Gives the library the frame's header with the checksum that it wants to see. *ret_used: the
 * header's size. */
static int pass_header(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_used)
{
    uint8_t header[HEADER_MAX];
    size_t header_size, none = 0, result;

    if (size < HEADER_MIN)
        return KOHORT_ECORRUPT;
    header_size = HEADER_MIN;
    if ((in[MAGIC_SIZE] & 8) != 0)
        header_size += 8; /* the content's size */
    if ((in[MAGIC_SIZE] & 1) != 0)
        header_size += 4; /* the dictionary's id */
    if (size < header_size)
        return KOHORT_ECORRUPT;
    memcpy(header, in, header_size);
    header[header_size - 1] = header_checksum(header + MAGIC_SIZE, header_size - MAGIC_SIZE - 1);
    *ret_used = header_size;
    result = LZ4F_decompress(d->lz4, NULL, &none, header, ret_used, NULL);
    if (LZ4F_isError(result))
        return status_of(result);
    return *ret_used == header_size ? 0 : KOHORT_ECORRUPT;
}

/* Decodes until the input is used up. What is behind the room there is stays in the context while
 * the output grows. */
static int decode_all(struct kh_decompressor *d, const uint8_t *in, const uint8_t *end, size_t most,
                      size_t *ret_size)
{
    size_t produced = 0;

    for (;;) {
        size_t room = d->capacity < most ? d->capacity : most;
        size_t made = room - produced, used = (size_t)(end - in);
        size_t wanted = LZ4F_decompress(d->lz4, d->output + produced, &made, in, &used, NULL);

        if (LZ4F_isError(wanted))
            return status_of(wanted);
        produced += made;
        in += used;
        if (wanted == 0 && in == end) {
            *ret_size = produced;
            return 0;
        }
        if (made > 0 || used > 0)
            continue;
        if (produced < room)
            return KOHORT_ECORRUPT; /* it wants input, and there is no more */
        int status = kh_decompressor_grow_within(d, most);
        if (status < 0)
            return status;
    }
}

int kh_decompress_lz4(struct kh_decompressor *d, const uint8_t *in, size_t size,
                      bool any_header_checksum, size_t *ret_size)
{
    size_t most = kh_decompressor_most(size, KH_LIMIT_RATIO_LZ4), used = 0;
    int status;

    if (size == 0)
        return KOHORT_ECORRUPT;
    status = open_context(d);
    if (status == 0)
        status = kh_decompressor_grow(d, most < LEAST_OUTPUT ? most : LEAST_OUTPUT);
    if (status == 0 && any_header_checksum)
        status = pass_header(d, in, size, &used);
    return status == 0 ? decode_all(d, in + used, in + size, most, ret_size) : status;
}
