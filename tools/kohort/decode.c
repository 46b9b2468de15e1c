/* kohort decode: bytes of Kafka's protocol as JSON, a line a request and a line a response. */
#include "decode.h"

#include "protocol/api.h"
#include "tool.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_SHOWN = 32, BYTES_SHOWN_MAX = 1024, HEX_LINE_MAX = 64 * 1024 * 1024 };

struct flags {
    const struct kh_api_info *api; /* NULL: the frames have headers */
    int version;
    enum schema_kind kind;
    uint16_t port;
    const char *path; /* NULL: stdin */
};

/* ---- Captures ---- */

static void decode_capture(struct decode *d, const struct flags *flags, FILE *file,
                           const uint8_t *begin, size_t size)
{
    size_t packets = 0, segments = 0, fragments = 0, cut = 0;
    struct segment segment;
    struct packet packet;
    struct capture *c = capture_open(d, file, begin, size);
    struct streams *s = c == NULL ? NULL : streams_new(d, flags->port);
    while (s != NULL && capture_next(c, &packet)) {
        enum packet_kind kind = packet_read(&packet, &segment);
        packets++;
        fragments += kind == PACKET_FRAGMENT;
        if (kind != PACKET_TCP)
            continue;
        segments++;
        cut += segment.cut > 0;
        streams_take(s, &segment, packet.time_us);
    }
    if (s != NULL)
        streams_end(s);
    if (c == NULL)
        return;
    capture_close(c);
    if (cut > 0)
        complain(d,
                 "%zu packets were cut when they were captured; capture them whole (tcpdump -s 0)",
                 cut);
    if (fragments > 0)
        complain(d, "%zu fragments of IP packets were passed over", fragments);
    if (d->messages == 0)
        complain(d,
                 "no Kafka found: %zu packets, %zu of them TCP over Ethernet, loopback or raw IP; "
                 "--port N says which port is the broker's",
                 packets, segments);
}

/* ---- Hex ---- */

static int digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; blanks may stand anywhere. False when something else is there, or half a byte. */
static bool read_hex(char *line, size_t *ret_size)
{
    size_t digits = 0;
    for (const char *at = line; *at != '\0'; at++) {
        int value = digit((unsigned char)*at);
        if (value < 0 && isspace((unsigned char)*at))
            continue;
        if (value < 0)
            return false;
        if (digits % 2 == 0)
            line[digits / 2] = (char)(value << 4);
        else
            line[digits / 2] = (char)(line[digits / 2] | value);
        digits++;
    }
    *ret_size = digits / 2;
    return digits % 2 == 0;
}

/* As on the wire, or without its size. */
static void decode_frame(struct decode *d, struct dialogue *dialogue, size_t number,
                         const uint8_t *data, size_t size)
{
    struct kh_reader r;
    kh_reader_init(&r, data, size, false, NULL);
    if (kh_read_u32(&r) == size - 4 && size > 4) {
        data += 4;
        size -= 4;
    }
    const struct frame frame = {data, size, NULL, -1};
    if (decode_response(d, dialogue, &frame))
        return;
    if (looks_like_request(data, size))
        decode_request(d, dialogue, &frame);
    else
        complain(d,
                 "line %zu is no request, and no answer to one before it; --response --api NAME "
                 "--version N tells what the body of an answer is",
                 number);
}

static void decode_line(struct decode *d, const struct flags *flags, struct dialogue *dialogue,
                        size_t number, char *line)
{
    size_t size;
    if (line[strspn(line, " \t\r\n")] == '\0' || *line == '#')
        return;
    if (strlen(line) > HEX_LINE_MAX || !read_hex(line, &size))
        complain(d, "line %zu is not hex", number);
    else if (flags->api != NULL)
        decode_body(d, flags->api->key, flags->kind, flags->version, (const uint8_t *)line, size);
    else
        decode_frame(d, dialogue, number, (const uint8_t *)line, size);
}

static void decode_hex(struct decode *d, const struct flags *flags, FILE *file)
{
    struct dialogue dialogue = {0};
    char *line = NULL;
    size_t capacity = 0;
    for (size_t number = 1; getline(&line, &capacity, file) > 0; number++)
        decode_line(d, flags, &dialogue, number, line);
    if (d->messages == 0 && d->complaints == 0)
        complain(d, "there is nothing to decode");
    free(line);
    dialogue_free(d, &dialogue);
}

/* ---- The command ---- */

static int decode_file(struct decode *d, const struct flags *flags)
{
    uint8_t begin[2] = {0};
    bool is_stdin = flags->path == NULL || strcmp(flags->path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(flags->path, "rb");
    if (file == NULL) {
        say("%s: cannot be read", flags->path);
        return EXIT_USAGE;
    }
    size_t size = fread(begin, 1, 1, file);
    if (size == 1 && begin[0] == '\n')
        size += fread(begin + 1, 1, 1, file);
    if (capture_begins(begin, size)) {
        decode_capture(d, flags, file, begin, size);
    } else if (begin[0] == 0x1f) {
        complain(d, "the file is compressed: gunzip it first");
    } else {
        if (size > 0)
            ungetc(begin[size - 1], file);
        decode_hex(d, flags, file);
    }
    if (!is_stdin)
        fclose(file);
    return 0;
}

static void help(FILE *out)
{
    fputs("kohort decode [flags] [FILE]   Kafka's protocol as JSON: a line a request, a line a "
          "response\n"
          "\n"
          "FILE, or stdin: a capture (pcap, pcapng), or hex, a frame a line, as on the wire or "
          "without its size.\n"
          "\n"
          "  --port N         the port of the broker in a capture; else it is found out\n"
          "  --api NAME       the lines of hex are messages of this API, without a header\n"
          "  --version N      and of this version\n"
          "  --response       and responses\n"
          "  --bytes N        how many bytes of a payload are shown, up to 1024; default 32\n"
          "\n"
          "Tokens of SASL are never shown. Exit code 1: something could not be decoded.\n",
          out);
}

static bool read_number(const char *name, const char *text, long max, long *ret)
{
    char *end;
    *ret = strtol(text, &end, 10);
    if (*text != '\0' && *end == '\0' && *ret >= 0 && *ret <= max)
        return true;
    say("--%s %s: write a number from 0 to %ld", name, text, max);
    return false;
}

/* "JoinGroup" or "join_group". */
static bool read_api(struct flags *flags, const char *text)
{
    int api = kh_api_by_option_name(kh_string_of(text));
    for (int i = 0; i < KH_API_COUNT && api < 0; i++)
        if (strcmp(kh_api_info((enum kh_api)i)->name, text) == 0)
            api = i;
    if (api < 0)
        say("--api %s: there is no such API; docs/protocol.md lists all", text);
    else
        flags->api = kh_api_info((enum kh_api)api);
    return api >= 0;
}

static bool take_flag(struct decode *d, struct flags *flags, int flag)
{
    long number;
    switch (flag) {
    case 'a':
        return read_api(flags, optarg);
    case 'v':
        if (!read_number("version", optarg, INT16_MAX, &number))
            return false;
        flags->version = (int)number;
        return true;
    case 'p':
        if (!read_number("port", optarg, UINT16_MAX, &number))
            return false;
        flags->port = (uint16_t)number;
        return true;
    case 'b':
        if (!read_number("bytes", optarg, BYTES_SHOWN_MAX, &number))
            return false;
        d->bytes_shown = (size_t)number;
        return true;
    case 'r':
        flags->kind = SCHEMA_RESPONSE;
        return true;
    default:
        help(stderr);
        return false;
    }
}

static bool read_flags(struct decode *d, struct flags *flags, int count, char **texts)
{
    static const struct option known[] = {
        {"api", required_argument, NULL, 'a'},   {"version", required_argument, NULL, 'v'},
        {"response", no_argument, NULL, 'r'},    {"port", required_argument, NULL, 'p'},
        {"bytes", required_argument, NULL, 'b'}, {NULL, 0, NULL, 0}};
    int flag;
    while ((flag = getopt_long(count, texts, "", known, NULL)) != -1)
        if (!take_flag(d, flags, flag))
            return false;
    if ((flags->api == NULL) != (flags->version < 0) ||
        (flags->api == NULL && flags->kind == SCHEMA_RESPONSE)) {
        say("--api, --version and --response go together: they say what lines without headers are");
        return false;
    }
    if (count - optind > 1) {
        say("one file at a time");
        return false;
    }
    flags->path = texts[optind];
    return true;
}

int decode(int count, char **texts)
{
    struct decode d = {.bytes_shown = BYTES_SHOWN};
    struct flags flags = {.version = -1, .kind = SCHEMA_REQUEST};
    if (count > 1 && (strcmp(texts[1], "--help") == 0 || strcmp(texts[1], "-h") == 0)) {
        help(stdout);
        return EXIT_DONE;
    }
    kh_heap_init(&d.heap);
    if (!read_flags(&d, &flags, count, texts))
        return EXIT_USAGE;
    int status = decode_file(&d, &flags);
    if (d.complaints > COMPLAINTS_SAID)
        say("and %zu more like these", d.complaints - COMPLAINTS_SAID);
    if (status == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        say("the output cannot be written");
        status = EXIT_FAILED;
    }
    return status != 0 ? status : d.problems + d.complaints > 0 ? EXIT_FAILED : EXIT_DONE;
}
