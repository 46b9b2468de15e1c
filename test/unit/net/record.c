/* Recordings: the ring, what is masked, and files that somebody changed. */
#include "net/record_mask.h"
#include "net/tape.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

enum { RING = 200 };

static size_t count_entries(const struct kh_record_ring *r, uint64_t *ret_at)
{
    uint8_t kind;
    uint64_t data;
    uint32_t size;
    size_t count = 0;
    for (*ret_at = r->begin; kh_record_ring_next(r, ret_at, &kind, &data, &size);)
        count++;
    return count;
}

KH_TEST(record, the_oldest_entries_make_room)
{
    uint8_t memory[KH_RECORD_HEADER + RING], text[16];
    struct kh_record_ring written, read;
    uint64_t at, data;
    uint32_t size;
    uint8_t kind;
    kh_record_ring_format(&written, memory, sizeof memory);
    for (int i = 0; i < 100; i++) {
        snprintf((char *)text, sizeof text, "entry %03d", i);
        kh_record_ring_add(&written, KH_TAPE_TEXT, text, 9);
        cr_assert_null(kh_record_ring_open(&read, memory, sizeof memory));
        cr_assert_eq(count_entries(&read, &at) + read.lost, (size_t)i + 1);
        cr_assert_eq(at, read.end);
    }
    at = read.begin;
    cr_assert(kh_record_ring_next(&read, &at, &kind, &data, &size));
    kh_record_ring_read(&read, data, text, size);
    snprintf((char *)memory, 16, "entry %03d", (int)read.lost);
    cr_assert_eq(memcmp(text, memory, 9), 0, "%s", text);
}

KH_TEST(record, what_is_larger_than_the_ring_is_lost_with_all_before_it)
{
    uint8_t memory[KH_RECORD_HEADER + RING], large[RING] = {0};
    struct kh_record_ring r;
    uint64_t at;
    kh_record_ring_format(&r, memory, sizeof memory);
    kh_record_ring_add(&r, KH_TAPE_TEXT, "a", 1);
    kh_record_ring_add(&r, KH_TAPE_TEXT, large, sizeof large);
    kh_record_ring_add(&r, KH_TAPE_TEXT, "b", 1);
    cr_assert_null(kh_record_ring_open(&r, memory, sizeof memory));
    cr_assert_eq(count_entries(&r, &at), 1);
    cr_assert_eq(r.lost, 2);
}

/* Any header, any size of an entry: what is read lies inside the ring, and reading ends. */
KH_TEST(record, no_byte_of_a_file_is_trusted)
{
    uint8_t memory[KH_RECORD_HEADER + RING];
    struct kh_record_ring r;
    uint64_t at;
    kh_record_ring_format(&r, memory, sizeof memory);
    for (int i = 0; i < 8; i++)
        kh_record_ring_add(&r, KH_TAPE_TEXT, "entry", 5);
    for (size_t i = 0; i < sizeof memory; i++)
        for (int value = 0; value < 256; value++) {
            uint8_t was = memory[i];
            memory[i] = (uint8_t)value;
            if (kh_record_ring_open(&r, memory, sizeof memory) == NULL)
                cr_assert_leq(count_entries(&r, &at), RING / KH_RECORD_ENTRY);
            memory[i] = was;
        }
    for (size_t size = 0; size < sizeof memory; size++)
        cr_assert_not_null(kh_record_ring_open(&r, memory, size));
}

KH_TEST(record, keys_values_and_headers_of_records_become_zeros)
{
    /* size, attributes, time, offset, key "key", value "value", one header "h": "x" */
    uint8_t record[] = {36,  0,   0,   0,   6, 'k', 'e', 'y', 10, 'v',
                        'a', 'l', 'u', 'e', 2, 2,   'h', 2,   'x'};
    const uint8_t masked[] = {36, 0, 0, 0, 6, 0, 0, 0, 10, 0, 0, 0, 0, 0, 2, 2, 0, 2, 0};
    kh_record_mask_records(record, sizeof record);
    cr_assert_eq(memcmp(record, masked, sizeof record), 0);
    uint8_t damaged[] = {36, 0, 0, 0, 100, 's', 'e', 'c', 'r', 'e', 't'};
    kh_record_mask_records(damaged, sizeof damaged);
    cr_assert_null(memchr(damaged, 's', sizeof damaged));
}

enum { BATCH = 75 };

static void put_i32(uint8_t **at, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *(*at)++ = (uint8_t)(value >> shift);
}

/* A Fetch answer (v11) of one partition with two batches whose bodies are 's'. */
static size_t make_answer(uint8_t *out)
{
    uint8_t *at = out + 4;
    put_i32(&at, 1); /* correlation id */
    memset(at, 0, 10);
    at += 10; /* throttle, error, session */
    put_i32(&at, 1);
    memcpy(at, "\0\1t", 3);
    at += 3;
    put_i32(&at, 1);
    memset(at, 0, 4 + 2 + 8 + 8 + 8);
    at += 30;                 /* partition, error, high watermark, LSO, log start */
    put_i32(&at, UINT32_MAX); /* aborted: null */
    put_i32(&at, UINT32_MAX); /* preferred replica: none */
    put_i32(&at, 2 * BATCH);
    for (int i = 0; i < 2; i++) {
        uint8_t *batch = at;
        memset(batch, 'h', KH_BATCH_HEADER);
        memset(batch + KH_BATCH_HEADER, 's', BATCH - KH_BATCH_HEADER);
        at += 8;
        put_i32(&at, BATCH - KH_BATCH_PREFIX);
        batch[16] = 2;
        at = batch + BATCH;
    }
    size_t size = (size_t)(at - out);
    at = out;
    put_i32(&at, (uint32_t)size - 4);
    return size;
}

static void mask_in_pieces(uint8_t *answer, size_t size, size_t piece)
{
    struct kh_record_mask m;
    uint8_t request[] = {0, 0, 0, 8, 0, 1, 0, 11, 0, 0, 0, 1};
    kh_record_mask_init(&m, test_heap);
    kh_record_mask_sent(&m, request, sizeof request);
    for (size_t i = 0; i < size; i += piece)
        kh_record_mask_received(&m, answer + i, size - i < piece ? size - i : piece);
    kh_record_mask_free(&m);
}

/* However the answer is cut, of each batch its head stays and nothing else. */
KH_TEST(record, of_batches_only_heads_are_kept)
{
    uint8_t plain[512], answer[512];
    size_t size = make_answer(plain);
    for (size_t piece = 1; piece <= size; piece++) {
        memcpy(answer, plain, size);
        mask_in_pieces(answer, size, piece);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(answer[i], plain[i] == 's' ? 0 : plain[i], "byte %zu, pieces of %zu", i,
                         piece);
    }
}

KH_TEST(record, what_sasl_authenticate_carries_is_masked)
{
    struct kh_record_mask m;
    uint8_t request[] = {0, 0, 0, 14, 0, 36, 0, 1, 0, 0, 0, 1, 's', 'e', 'c', 'r', 'e', 't'};
    uint8_t answer[] = {0, 0, 0, 10, 0, 0, 0, 1, 's', 'e', 'c', 'r', 'e', 't'};
    kh_record_mask_init(&m, test_heap);
    kh_record_mask_sent(&m, request, sizeof request);
    kh_record_mask_received(&m, answer, sizeof answer);
    cr_assert_null(memchr(request, 's', sizeof request));
    cr_assert_null(memchr(answer, 's', sizeof answer));
    kh_record_mask_free(&m);
}

KH_TEST(record, an_answer_to_nothing_is_masked_from_there_on)
{
    struct kh_record_mask m;
    uint8_t answer[] = {0, 0, 0, 10, 0, 0, 0, 1, 's', 'e', 'c', 'r', 'e', 't'};
    kh_record_mask_init(&m, test_heap);
    kh_record_mask_received(&m, answer, sizeof answer);
    cr_assert_null(memchr(answer, 's', sizeof answer));
    kh_record_mask_free(&m);
}

/* A replay that does something else says at which event, and what. */
KH_TEST(record, the_first_difference_is_named)
{
    uint8_t memory[KH_RECORD_HEADER + RING];
    struct kh_record_ring r;
    struct kh_tape t;
    kh_record_ring_format(&r, memory, sizeof memory);
    kh_tape_init(&t, &r, true, test_heap);
    for (int64_t i = 0; i < 2; i++) {
        kh_tape_begin(&t, KH_TAPE_TURN, NULL, 0);
        kh_tape_put_all(&t, KH_TAPE_TIMER, i);
        kh_tape_end(&t);
    }
    kh_tape_close(&t);
    for (int64_t wrong = 0; wrong < 2; wrong++) {
        cr_assert_null(kh_record_ring_open(&r, memory, sizeof memory));
        kh_tape_init(&t, &r, false, test_heap);
        for (int64_t i = 0; i < 2; i++) {
            kh_tape_begin(&t, KH_TAPE_TURN, NULL, 0);
            kh_tape_put_all(&t, KH_TAPE_TIMER, i + wrong * i);
            kh_tape_end(&t);
        }
        cr_assert_str_eq(t.why, wrong == 0 ? "" : "event 2: \"timer set\" is not as recorded");
        kh_tape_close(&t);
    }
}
