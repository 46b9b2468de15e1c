/* The command line of Kafka's VerifiableConsumer (its parser is argparse4j: long flags, the last of
 * a kind holds). */
#ifndef TEST_VERIFIABLE_FLAGS_H
#define TEST_VERIFIABLE_FLAGS_H

#include <kohort/kohort.h>

struct flags {
    kohort_options *options; /* what the flags and the file of --command-config come to */
    const char *topic;
    long long max_messages; /* -1: no end */
    long long close_timeout_ms;
    bool verbose;
    bool auto_commit;
};

/* 0, or the exit code, with why on stderr. flags_free() follows either. */
int flags_read(struct flags *f, int count, char **texts);
void flags_free(struct flags *f);

#endif
