/* What checking and walking a batch in memory costs, without a socket: under callgrind, the
 * instructions a record.
 *
 *   cursor [ROUNDS [BATCH_SIZE]] */
#include "replay_log.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

enum { SLICE = 1024 };

static uint64_t walk(const struct replay_log *log, uint64_t *bytes)
{
    static kohort_record records[SLICE];
    struct kh_batch_header header;
    struct kh_record_cursor cursor;
    const char *wrong;
    uint64_t total = 0;
    int count;

    if (kh_batch_header_read(log->batch.data, log->batch.size, &header, &wrong) < 0 ||
        kh_batch_check_crc(log->batch.data, log->batch.size, header.crc) < 0)
        return 0;
    kh_record_cursor_init(&cursor, &header, log->batch.data + KH_BATCH_HEADER,
                          log->batch.size - KH_BATCH_HEADER);
    while ((count = kh_record_cursor_next(&cursor, 0, records, SLICE)) > 0) {
        for (int i = 0; i < count; i++)
            *bytes += (uint64_t)records[i].value.size;
        total += (uint64_t)count;
    }
    return total;
}

int main(int argc, char **argv)
{
    const struct replay_options options = {
        .value_size = 100, .batch_size = argc > 2 ? strtoul(argv[2], NULL, 10) : 16384};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 100000;
    struct bench_report report;
    struct replay_log log;
    uint64_t records = 0, bytes = 0;

    replay_log_build(&log, &options);
    bench_begin(&report, "cursor", 0);
    for (long i = 0; i < rounds; i++)
        records += walk(&log, &bytes);
    bench_end(&report, records, bytes);
    replay_log_free(&log);
    return 0;
}
