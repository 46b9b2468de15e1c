#include "tool.h"

#include <stdarg.h>
#include <string.h>

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("% ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void usage(FILE *out)
{
    fputs("kohort consume -b HOST:PORT[,…] -G GROUP [flags] TOPIC…   join the group, print "
          "records, commit\n"
          "kohort versions -b HOST:PORT[,…]                          what the broker and kohort "
          "speak, and what is chosen\n"
          "kohort decode [FILE]                                      a capture (pcap, pcapng) or "
          "hex as JSON; decode --help\n"
          "kohort assign [-a ASSIGNOR] [-J] <group.json              what a group would be given "
          "(docs/assignors.md)\n"
          "kohort replay FILE                                        runs the library from what "
          "KOHORT_RECORD=FILE recorded\n"
          "\n"
          "  -b HOST:PORT,…   brokers to start from\n"
          "  -G GROUP         the consumer group\n"
          "  -o beginning|end where to start when the group has no committed offset\n"
          "  -c N             stop after N records\n"
          "  -e               stop when every partition has been read to its end\n"
          "  -f FORMAT        %s value, %k key, %t topic, %p partition, %o offset, %T timestamp, "
          "%h headers,\n"
          "                   %S and %K sizes; \\n \\t \\xNN; default: the value and a newline\n"
          "  -J               one JSON object a record\n"
          "  --exec COMMAND   run it by sh for each record: the value on its standard input, "
          "KOHORT_TOPIC, KOHORT_KEY, …\n"
          "                   in its environment; 0 acknowledges, else it runs again "
          "(docs/worker.md)\n"
          "  --jobs N         so many at a time; 1, the default, keeps the order\n"
          "  --per batch      one for each batch, a record a line; default: record\n"
          "  --ack MODE       each: when it is written, or its command has succeeded (default); "
          "auto: "
          "when it comes;\n"
          "                   manual: nothing is committed\n"
          "  --demand N       ask for N records of a partition at a time\n"
          "  --max-unacked N  so many of a partition may be under way\n"
          "  -X NAME=VALUE    any option of Kafka's consumer (docs/options.md)\n"
          "  -F FILE          options from a properties file\n"
          "  -q               only records and errors\n"
          "  -v               log; twice: everything\n"
          "\n"
          "Records go to stdout, all else to stderr. ^C commits, leaves the group and ends; a "
          "second ^C ends at once.\n",
          out);
}

int main(int count, char **texts)
{
    const char *command = count > 1 ? texts[1] : "help";
    if (strcmp(command, "consume") == 0)
        return consume(count - 1, texts + 1);
    if (strcmp(command, "decode") == 0)
        return decode(count - 1, texts + 1);
    if (strcmp(command, "assign") == 0)
        return assign(count - 1, texts + 1);
    if (strcmp(command, "replay") == 0)
        return replay(count - 1, texts + 1);
    if (strcmp(command, "versions") == 0)
        return versions(count - 1, texts + 1);
    if (strcmp(command, "--version") == 0) {
        printf("kohort %s\n", kohort_version());
        return EXIT_DONE;
    }
    bool asked = strcmp(command, "help") == 0 || strcmp(command, "--help") == 0 ||
                 strcmp(command, "-h") == 0;
    if (!asked)
        say("there is no command \"%s\"", command);
    usage(asked ? stdout : stderr);
    return asked ? EXIT_DONE : EXIT_USAGE;
}
