/* Aborted transactions among others, against what was written: many producers at once, lists in any
 * order, answers that begin anywhere. */
#include "consumer/aborted.h"

#include "base/random.h"
#include "support/records/batch_encoder.h"
#include "support/test.h"

enum { PRODUCERS = 5, BATCHES = 60, SEEDS = 400 };

struct written {
    int64_t last_offset;
    size_t begin, size;
    int producer;
    bool marker, aborted; /* aborted: decided when its transaction ends */
};

struct story {
    struct kh_random random;
    struct test_buffer bytes;
    struct written batches[BATCHES + PRODUCERS];
    size_t count;
    int64_t end;
    int64_t open_since[PRODUCERS]; /* -1: none */
    struct kh_fetch_response_aborted_transaction aborted[BATCHES + PRODUCERS];
    int64_t aborted_last[BATCHES + PRODUCERS];
    size_t aborted_count;
};

static void story_begin(struct story *s, uint64_t seed)
{
    *s = (struct story){0};
    kh_random_seed(&s->random, seed);
    for (int i = 0; i < PRODUCERS; i++)
        s->open_since[i] = -1;
}

static struct written *add(struct story *s, int producer, int64_t last_offset, size_t size)
{
    s->batches[s->count] = (struct written){.last_offset = last_offset,
                                            .begin = s->bytes.size - size,
                                            .size = size,
                                            .producer = producer};
    s->end = last_offset + 1;
    return &s->batches[s->count++];
}

static void write_data(struct story *s, int producer, bool transactional)
{
    const struct test_record record = {.offset = s->end, .value = test_bytes("v")};
    struct test_batch batch = TEST_BATCH_DEFAULTS;

    batch.base_offset = s->end;
    batch.last_offset_delta = (int32_t)kh_random_below(&s->random, 4);
    batch.producer_id = 100 + producer;
    batch.transactional = transactional;
    batch.records = &record;
    batch.record_count = kh_random_below(&s->random, 8) == 0 ? 0 : 1;
    if (transactional && s->open_since[producer] < 0)
        s->open_since[producer] = s->end;
    size_t size = test_batch_append(&s->bytes, &batch);
    add(s, producer, s->end + batch.last_offset_delta, size);
}

static void write_marker(struct story *s, int producer, enum test_marker marker)
{
    int64_t first = s->open_since[producer];
    size_t size = test_marker_append(&s->bytes, s->end, 0, 100 + producer, 0, marker);

    if (first >= 0 && marker == TEST_MARKER_ABORT) {
        for (size_t i = s->count; i > 0 && s->batches[i - 1].last_offset >= first; i--)
            if (s->batches[i - 1].producer == producer && !s->batches[i - 1].marker)
                s->batches[i - 1].aborted = true;
        s->aborted_last[s->aborted_count] = s->end;
        s->aborted[s->aborted_count++] =
            (struct kh_fetch_response_aborted_transaction){100 + producer, first};
    }
    add(s, producer, s->end, size)->marker = true;
    s->open_since[producer] = -1;
}

static void write_some(struct story *s)
{
    int producer = (int)kh_random_below(&s->random, PRODUCERS);

    if (kh_random_below(&s->random, 3) == 0)
        write_marker(s, producer,
                     kh_random_below(&s->random, 2) == 0 ? TEST_MARKER_ABORT : TEST_MARKER_COMMIT);
    else /* Who is in a transaction writes nothing outside of it. */
        write_data(s, producer, s->open_since[producer] >= 0 || kh_random_below(&s->random, 4) > 0);
}

/* What overlaps with an answer from there on, in any order. */
static size_t list_from(struct story *s, int64_t from,
                        struct kh_fetch_response_aborted_transaction *out)
{
    size_t count = 0;

    for (size_t i = 0; i < s->aborted_count; i++) {
        if (s->aborted_last[i] < from)
            continue;
        size_t at = kh_random_below(&s->random, count + 1);
        out[count++] = out[at];
        out[at] = s->aborted[i];
    }
    return count;
}

static bool look(struct story *s, struct kh_aborted *a, const struct written *w)
{
    const uint8_t *data = s->bytes.data + w->begin;
    struct kh_batch_header header;
    const char *wrong = "";

    cr_assert_eq(kh_batch_header_read(data, w->size, &header, &wrong), 0, "%s", wrong);
    return kh_aborted_look(a, &header) && !w->marker;
}

KH_TEST(aborted, batches_of_aborted_transactions_are_told_from_others)
{
    struct kh_fetch_response_aborted_transaction list[BATCHES + PRODUCERS];
    size_t seen = 0;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct story s;
        story_begin(&s, seed);
        while (s.count < BATCHES)
            write_some(&s);
        for (int i = 0; i < PRODUCERS; i++)
            write_marker(&s, i, TEST_MARKER_ABORT);
        size_t from = kh_random_below(&s.random, s.count);
        struct kh_aborted a;
        size_t count = list_from(&s, from == 0 ? 0 : s.batches[from - 1].last_offset + 1, list);
        kh_aborted_begin(&a, list, count);
        for (size_t i = from; i < s.count; i++) {
            bool aborted = look(&s, &a, &s.batches[i]);
            cr_assert_eq(aborted, s.batches[i].aborted, "seed %d, batch %zu", (int)seed, i);
            seen += aborted;
        }
        test_buffer_free(&s.bytes);
    }
    cr_assert_gt(seen, SEEDS);
}

KH_TEST(aborted, an_answer_without_a_list_hides_nothing)
{
    struct story s;
    struct kh_aborted a;

    story_begin(&s, 1);
    write_data(&s, 0, true);
    kh_aborted_begin(&a, NULL, 0);
    cr_assert_not(look(&s, &a, &s.batches[0]));
    test_buffer_free(&s.bytes);
}
