#include "replay_log.h"

#include <stdlib.h>

/* Capital letters, as Kafka's own performance producer has them: gzip makes two thirds of it. */
static uint8_t *random_text(size_t size, uint32_t *random)
{
    uint8_t *text = malloc(size + 1);

    if (text == NULL)
        abort();
    for (size_t i = 0; i < size; i++) {
        *random = *random * 1664525 + 1013904223;
        text[i] = (uint8_t)('A' + (*random >> 16) % 26);
    }
    return text;
}

void replay_log_build(struct replay_log *log, const struct replay_options *options)
{
    size_t count = options->batch_size / (options->key_size + options->value_size + 8);
    struct test_batch batch = TEST_BATCH_DEFAULTS;
    struct test_record *records;
    uint32_t random = 1;

    if (count == 0)
        count = 1;
    records = calloc(count, sizeof *records);
    if (records == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        records[i].offset = (int64_t)i;
        records[i].timestamp_ms = INT64_C(1700000000000) + (int64_t)i / 10;
        if (options->key_size > 0)
            records[i].key = (struct kh_bytes){random_text(options->key_size, &random),
                                               (int32_t)options->key_size};
        records[i].value = (struct kh_bytes){random_text(options->value_size, &random),
                                             (int32_t)options->value_size};
    }
    batch.codec = options->gzip ? KH_CODEC_GZIP : KH_CODEC_NONE;
    batch.records = records;
    batch.record_count = count;
    *log = (struct replay_log){.batch_records = (int32_t)count, .empty = options->empty};
    test_batch_append(&log->batch, &batch);
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)records[i].key.data);
        free((void *)(uintptr_t)records[i].value.data);
    }
    free(records);
}

void replay_log_free(struct replay_log *log)
{
    test_buffer_free(&log->batch);
}
