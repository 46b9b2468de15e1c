#include "base/limits.h"
#include "protocol/compress.h"

#define ZSTD_STATIC_LINKING_ONLY  /* for a context on a heap of our own, and ZSTD_decompressBound  \
                                   */
#include <zstd.h>
#include <zstd_errors.h>

static void *allocate(void *heap, size_t size)
{
    return kh_alloc(heap, size);
}

static void release(void *heap, void *memory)
{
    kh_free(heap, memory);
}

static int open_context(struct kh_decompressor *d)
{
    ZSTD_customMem memory = {.customAlloc = allocate, .customFree = release, .opaque = d->heap};

    if (d->zstd == NULL)
        d->zstd = ZSTD_createDCtx_advanced(memory);
    if (d->zstd == NULL)
        return KOHORT_ENOMEM;
    ZSTD_DCtx_reset(d->zstd, ZSTD_reset_session_and_parameters);
    if (ZSTD_isError(
            ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, KH_LIMIT_ZSTD_WINDOW_LOG)))
        return KOHORT_EBUG;
    return 0;
}

void kh_zstd_free(struct kh_decompressor *d)
{
    ZSTD_freeDCtx(d->zstd);
    d->zstd = NULL;
}

static int status_of(size_t error)
{
    switch ((int)ZSTD_getErrorCode(error)) {
    case ZSTD_error_memory_allocation:
        return KOHORT_ENOMEM;
    case ZSTD_error_frameParameter_windowTooLarge:
        return KOHORT_ELIMIT;
    default:
        return KOHORT_ECORRUPT;
    }
}

/* Of frames whose blocks cannot give more than there is room for: straight into the output, which
 * is the window as well. */
static int decode_at_once(struct kh_decompressor *d, const uint8_t *in, size_t size,
                          size_t *ret_size)
{
    size_t made = ZSTD_decompressDCtx(d->zstd, d->output, d->capacity, in, size);

    if (ZSTD_isError(made))
        return status_of(made);
    *ret_size = made;
    return 0;
}

/* Of frames with so many blocks that their sum tells nothing: through a window of the library's. */
static int decode_stream(struct kh_decompressor *d, const uint8_t *data, size_t size, size_t most,
                         size_t *ret_size)
{
    ZSTD_inBuffer in = {.src = data, .size = size};
    size_t produced = 0;

    for (;;) {
        size_t room = d->capacity < most ? d->capacity : most, used = in.pos;
        ZSTD_outBuffer out = {.dst = d->output, .size = room, .pos = produced};
        size_t wanted = ZSTD_decompressStream(d->zstd, &out, &in);

        if (ZSTD_isError(wanted))
            return status_of(wanted);
        if (wanted == 0 && in.pos == in.size) {
            *ret_size = out.pos;
            return 0;
        }
        if (out.pos > produced || in.pos > used) {
            produced = out.pos;
            continue;
        }
        if (produced < room)
            return KOHORT_ECORRUPT; /* it wants input, and there is no more */
        int status = kh_decompressor_grow_within(d, most);
        if (status < 0)
            return status;
    }
}

/* Java's frames do not tell the size of what they hold. Their blocks do, nearly: each but the last
 * is full, so counting them gives a bound that is less than one block (128 KiB) too large. */
int kh_decompress_zstd(struct kh_decompressor *d, const uint8_t *in, size_t size, size_t *ret_size)
{
    enum { LEAST_OUTPUT = 128 * KH_KIB };
    size_t most = kh_decompressor_most(size, KH_LIMIT_RATIO_ZSTD);
    unsigned long long bound = ZSTD_decompressBound(in, size);
    int status;

    if (size == 0 || bound == ZSTD_CONTENTSIZE_ERROR)
        return KOHORT_ECORRUPT;
    status = open_context(d);
    if (status == 0)
        status = kh_decompressor_grow(d, bound > most ? LEAST_OUTPUT
                                         : bound > 0  ? (size_t)bound
                                                      : 1);
    if (status < 0)
        return status;
    return bound <= most ? decode_at_once(d, in, size, ret_size)
                         : decode_stream(d, in, size, most, ret_size);
}
