/* What the commands share: the arguments, and what they print about themselves. */
#ifndef TOOL_H
#define TOOL_H

#include <kohort/kohort.h>
#include <stdio.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

enum ack {
    ACK_EACH,  /* once it is written, or its command has succeeded */
    ACK_AUTO,  /* when it is delivered */
    ACK_MANUAL /* nothing is committed */
};

/* Flags are kcat's where kcat has them. */
struct arguments {
    kohort_options *options;
    const char *group;         /* -G */
    const char *const *topics; /* what follows the flags */
    size_t topic_count;
    const char *format; /* -f; NULL: the value and a newline */
    int64_t count;      /* -c; -1: no end */
    bool json;          /* -J */
    bool exit_at_end;   /* -e */
    bool quiet;         /* -q */
    int verbose;        /* -v, repeated */
    int ack;            /* --ack, enum ack */
    const char *exec;   /* --exec; NULL: records are printed */
    int64_t jobs;       /* --jobs */
    bool by_batch;      /* --per batch */
    int64_t demand;     /* --demand; 0: push */
};

/* Reads the flags of `command`. 0, or EXIT_USAGE or EXIT_DONE (help) after saying why. */
int arguments_read(struct arguments *a, const char *command, int count, char **texts);
void arguments_free(struct arguments *a);
void usage(FILE *out);

int consume(int count, char **texts);
int decode(int count, char **texts);
int versions(int count, char **texts);
int assign(int count, char **texts);
int replay(int count, char **texts);

/* KOHORT_RECORD=FILE: clients made from this set are recorded. 0 or KOHORT_ENOMEM. */
int record_if_asked(kohort_options *options);

/* "% text" on stderr, so that stdout holds records alone. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
