/* The flags of the commands. */
#include "tool.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROPERTIES_MAX = 1 << 20 };

enum { ACK = 256, EXEC, JOBS, PER, DEMAND, MAX_UNACKED };
static const struct option long_flags[] = {{"ack", required_argument, NULL, ACK},
                                           {"exec", required_argument, NULL, EXEC},
                                           {"jobs", required_argument, NULL, JOBS},
                                           {"per", required_argument, NULL, PER},
                                           {"demand", required_argument, NULL, DEMAND},
                                           {"max-unacked", required_argument, NULL, MAX_UNACKED},
                                           {"help", no_argument, NULL, 'h'},
                                           {NULL, 0, NULL, 0}};

static int refuse(struct arguments *a)
{
    say("%s", kohort_options_problem(a->options));
    return EXIT_USAGE;
}

static int set(struct arguments *a, const char *name, const char *value)
{
    return kohort_options_set(a->options, name, value) == 0 ? 0 : refuse(a);
}

static int set_pair(struct arguments *a, char *pair)
{
    char *equals = strchr(pair, '=');
    if (equals == NULL) {
        say("-X %s: write NAME=VALUE", pair);
        return EXIT_USAGE;
    }
    *equals = '\0';
    return set(a, pair, equals + 1);
}

static int set_offset(struct arguments *a, const char *text)
{
    if (strcmp(text, "beginning") == 0 || strcmp(text, "earliest") == 0)
        return set(a, "auto.offset.reset", "earliest");
    if (strcmp(text, "end") == 0 || strcmp(text, "latest") == 0)
        return set(a, "auto.offset.reset", "latest");
    say("-o %s: write beginning or end; a group goes on at its committed offsets", text);
    return EXIT_USAGE;
}

static int set_number(int64_t *number, const char *flag, const char *text, const char *what)
{
    char *end;
    *number = strtoll(text, &end, 10);
    if (*text != '\0' && *end == '\0' && *number > 0)
        return 0;
    say("%s %s: write a number of %s", flag, text, what);
    return EXIT_USAGE;
}

static int set_ack(struct arguments *a, const char *text)
{
    static const char *const names[] = {
        [ACK_EACH] = "each", [ACK_AUTO] = "auto", [ACK_MANUAL] = "manual"};
    for (a->ack = 0; a->ack < (int)(sizeof names / sizeof *names); a->ack++)
        if (strcmp(text, names[a->ack]) == 0)
            return a->ack == ACK_MANUAL ? set(a, "commit.mode", "manual") : 0;
    say("--ack %s: write each, auto or manual", text);
    return EXIT_USAGE;
}

static int set_per(struct arguments *a, const char *text)
{
    a->by_batch = strcmp(text, "batch") == 0;
    if (a->by_batch || strcmp(text, "record") == 0)
        return 0;
    say("--per %s: write record or batch", text);
    return EXIT_USAGE;
}

static int set_demand(struct arguments *a, const char *text)
{
    int status = set_number(&a->demand, "--demand", text, "records");
    return status == 0 ? set(a, "demand.mode", "pull") : status;
}

static int read_file(struct arguments *a, const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = malloc(PROPERTIES_MAX);
    int status = EXIT_USAGE;
    if (file == NULL || text == NULL) {
        say("-F %s: cannot be read", path);
    } else {
        size_t size = fread(text, 1, PROPERTIES_MAX, file);
        status = kohort_options_set_properties(a->options, text, size) == 0 ? 0 : refuse(a);
    }
    if (file != NULL)
        fclose(file);
    free(text);
    return status;
}

static int take(struct arguments *a, int flag)
{
    switch (flag) {
    case 'b':
        return set(a, "bootstrap.servers", optarg);
    case 'G':
        a->group = optarg;
        return set(a, "group.id", optarg);
    case 'o':
        return set_offset(a, optarg);
    case 'c':
        return set_number(&a->count, "-c", optarg, "records");
    case 'X':
        return set_pair(a, optarg);
    case 'F':
        return read_file(a, optarg);
    case 'f':
        a->format = optarg;
        return 0;
    case 'e':
        a->exit_at_end = true;
        return 0;
    case 'J':
        a->json = true;
        return 0;
    case 'q':
        a->quiet = true;
        return 0;
    case 'v':
        a->verbose++;
        return 0;
    case ACK:
        return set_ack(a, optarg);
    case EXEC:
        a->exec = optarg;
        return 0;
    case JOBS:
        return set_number(&a->jobs, "--jobs", optarg, "commands");
    case PER:
        return set_per(a, optarg);
    case DEMAND:
        return set_demand(a, optarg);
    case MAX_UNACKED:
        return set(a, "max.unacked.records", optarg);
    case 'h':
        usage(stdout);
        return EXIT_DONE;
    default:
        usage(stderr);
        return EXIT_USAGE;
    }
}

static void log_line(void *arg, int level, const char *line)
{
    static const char *const names[] = {"ERROR", "WARNING", "INFO", "DEBUG", "TRACE"};
    (void)arg;
    fprintf(stderr, "%% %s %s\n", names[level], line);
}

int arguments_read(struct arguments *a, const char *command, int count, char **texts)
{
    bool consumes = strcmp(command, "consume") == 0;
    int flag, status = 0;
    *a = (struct arguments){.count = -1, .jobs = 1};
    if (kohort_options_new(&a->options) != 0 || record_if_asked(a->options) != 0)
        return EXIT_FAILED;
    while (status == 0 &&
           (flag = getopt_long(count, texts, "b:G:o:c:ef:JX:F:qvh", long_flags, NULL)) != -1) {
        status = take(a, flag);
        if (flag == 'h')
            exit(EXIT_DONE);
    }
    if (status != 0)
        return status;
    a->topics = (const char *const *)(texts + optind);
    a->topic_count = (size_t)(count - optind);
    if (a->verbose > 0)
        kohort_options_set_log(a->options, a->verbose > 1 ? KOHORT_LOG_TRACE : KOHORT_LOG_INFO,
                               log_line, NULL);
    if (consumes && a->topic_count == 0) {
        say("no topic: kohort consume -b HOST:PORT -G GROUP TOPIC…");
        return EXIT_USAGE;
    }
    return 0;
}

void arguments_free(struct arguments *a)
{
    kohort_options_free(a->options);
}
