#include "flags.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, EXIT_USAGE = 1 };

enum flag {
    BOOTSTRAP_SERVER,
    TOPIC,
    GROUP_ID,
    GROUP_PROTOCOL,
    GROUP_REMOTE_ASSIGNOR,
    GROUP_INSTANCE_ID,
    MAX_MESSAGES,
    SESSION_TIMEOUT,
    VERBOSE,
    ENABLE_AUTOCOMMIT,
    RESET_POLICY,
    ASSIGNMENT_STRATEGY,
    CLOSE_TIMEOUT,
    COMMAND_CONFIG,
    FLAG_COUNT
};

static const struct option table[] = {
    {"bootstrap-server", required_argument, NULL, BOOTSTRAP_SERVER},
    {"broker-list", required_argument, NULL, BOOTSTRAP_SERVER},
    {"topic", required_argument, NULL, TOPIC},
    {"group-id", required_argument, NULL, GROUP_ID},
    {"group-protocol", required_argument, NULL, GROUP_PROTOCOL},
    {"group-remote-assignor", required_argument, NULL, GROUP_REMOTE_ASSIGNOR},
    {"group-instance-id", required_argument, NULL, GROUP_INSTANCE_ID},
    {"max-messages", required_argument, NULL, MAX_MESSAGES},
    {"session-timeout", required_argument, NULL, SESSION_TIMEOUT},
    {"verbose", no_argument, NULL, VERBOSE},
    {"enable-autocommit", no_argument, NULL, ENABLE_AUTOCOMMIT},
    {"reset-policy", required_argument, NULL, RESET_POLICY},
    {"assignment-strategy", required_argument, NULL, ASSIGNMENT_STRATEGY},
    {"close-timeout", required_argument, NULL, CLOSE_TIMEOUT},
    {"command-config", required_argument, NULL, COMMAND_CONFIG},
    {"consumer.config", required_argument, NULL, COMMAND_CONFIG},
    {NULL, 0, NULL, 0},
};

static int set(struct flags *f, const char *name, const char *value)
{
    if (kohort_options_set(f->options, name, value) == 0)
        return 0;
    fprintf(stderr, "%s: %s\n", name, kohort_options_problem(f->options));
    return EXIT_USAGE;
}

/* As Java has it, a name that means nothing to this client is no mistake here. */
static void set_line(struct flags *f, const char *line, size_t size)
{
    if (kohort_options_set_properties(f->options, line, size) != 0)
        fprintf(stderr, "passed over: %s\n", kohort_options_problem(f->options));
}

static int read_file(struct flags *f, const char *path)
{
    char *text = malloc(FILE_MAX);
    FILE *file = fopen(path, "r");
    if (text == NULL || file == NULL) {
        perror(path);
        free(text);
        return EXIT_USAGE;
    }
    size_t size = fread(text, 1, FILE_MAX - 1, file);
    text[size] = '\0';
    fclose(file);
    for (char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        set_line(f, at, length);
        at += length + (at[length] == '\n');
    }
    free(text);
    return 0;
}

static long long number(const char *text, int *status)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0') {
        fprintf(stderr, "not a number: %s\n", text);
        *status = EXIT_USAGE;
    }
    return value;
}

/* What flags say holds over what the file says. */
static int apply(struct flags *f, const char *const *values)
{
    static const struct {
        enum flag flag;
        const char *option, *otherwise;
    } rows[] = {
        {BOOTSTRAP_SERVER, "bootstrap.servers", NULL},
        {GROUP_ID, "group.id", NULL},
        {GROUP_PROTOCOL, "group.protocol", "classic"},
        {GROUP_INSTANCE_ID, "group.instance.id", NULL},
        {SESSION_TIMEOUT, "session.timeout.ms", NULL},
        {RESET_POLICY, "auto.offset.reset", "earliest"},
        {ASSIGNMENT_STRATEGY, "partition.assignment.strategy",
         "org.apache.kafka.clients.consumer.RangeAssignor"},
    };
    int status = values[COMMAND_CONFIG] == NULL ? 0 : read_file(f, values[COMMAND_CONFIG]);
    for (size_t i = 0; status == 0 && i < sizeof rows / sizeof *rows; i++) {
        const char *value = values[rows[i].flag];
        if (value == NULL)
            value = rows[i].otherwise;
        if (value != NULL)
            status = set(f, rows[i].option, value);
    }
    f->topic = values[TOPIC];
    f->verbose = values[VERBOSE] != NULL;
    f->auto_commit = values[ENABLE_AUTOCOMMIT] != NULL;
    if (values[MAX_MESSAGES] != NULL)
        f->max_messages = number(values[MAX_MESSAGES], &status);
    if (values[CLOSE_TIMEOUT] != NULL)
        f->close_timeout_ms = number(values[CLOSE_TIMEOUT], &status);
    return status == 0 ? set(f, "enable.auto.commit", f->auto_commit ? "true" : "false") : status;
}

static void write_log(void *arg, int level, const char *line)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
    (void)arg;
    fprintf(stderr, "%s %s\n", names[level], line);
}

int flags_read(struct flags *f, int count, char **texts)
{
    const char *values[FLAG_COUNT] = {NULL};
    int flag;
    *f = (struct flags){.max_messages = -1, .close_timeout_ms = 30000};
    if (kohort_options_new(&f->options) != 0)
        return EXIT_USAGE;
    while ((flag = getopt_long(count, texts, "", table, NULL)) != -1) {
        if (flag < 0 || flag >= FLAG_COUNT)
            return EXIT_USAGE; /* getopt has said what */
        values[flag] = optarg == NULL ? "" : optarg;
    }
    if (values[BOOTSTRAP_SERVER] == NULL || values[TOPIC] == NULL || values[GROUP_ID] == NULL ||
        optind < count) {
        fprintf(stderr, "usage: verifiable-consumer --bootstrap-server HOST:PORT --topic TOPIC "
                        "--group-id GROUP [flags as of Kafka's VerifiableConsumer]\n");
        return EXIT_USAGE;
    }
    kohort_options_set_log(f->options, KOHORT_LOG_INFO, write_log, NULL);
    return apply(f, values);
}

void flags_free(struct flags *f)
{
    kohort_options_free(f->options);
}
