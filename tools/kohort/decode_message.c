#include "decode.h"

#include "base/limits.h"
#include "base/status.h"
#include "protocol/api.h"
#include "protocol/api_versions.h"
#include "protocol/header.h"
#include "protocol/produce.h"
#include "tool.h"

#include <stdarg.h>
#include <time.h>

enum {
    KEYS_OF_KAFKA = 128, /* 93 of them in 4.4 */
    VERSIONS_OF_KAFKA = 32,
    AWAITED_MAX = 1024, /* Kafka's clients have up to five requests on their way */
};

void complain(struct decode *d, const char *format, ...)
{
    char text[512];
    va_list arguments;
    if (d->complaints++ >= COMPLAINTS_SAID)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fflush(stdout);
    say("%s", text);
}

/* ---- Who asked what ---- */

void dialogue_free(struct decode *d, struct dialogue *dialogue)
{
    kh_free(&d->heap, dialogue->asked);
    *dialogue = (struct dialogue){0};
}

static size_t find(const struct dialogue *dialogue, int32_t correlation_id)
{
    size_t i = 0;
    while (i < dialogue->count && dialogue->asked[i].correlation_id != correlation_id)
        i++;
    return i;
}

bool dialogue_awaits(const struct dialogue *dialogue, int32_t correlation_id)
{
    return find(dialogue, correlation_id) < dialogue->count;
}

static void forget(struct dialogue *dialogue, size_t at)
{
    dialogue->count--;
    memmove(dialogue->asked + at, dialogue->asked + at + 1,
            (dialogue->count - at) * sizeof *dialogue->asked);
}

/* The oldest goes when there are too many: its answer was lost. */
static void await(struct decode *d, struct dialogue *dialogue, const struct asked *asked)
{
    if (dialogue->asked == NULL)
        dialogue->asked = kh_alloc_zeroed(&d->heap, AWAITED_MAX, sizeof *dialogue->asked);
    if (dialogue->asked == NULL)
        return;
    if (dialogue->count == AWAITED_MAX)
        forget(dialogue, 0);
    dialogue->asked[dialogue->count++] = *asked;
}

/* ---- Lines ---- */

static void put_time(json_t *line, int64_t time_us)
{
    char text[64];
    time_t seconds = (time_t)(time_us / 1000000);
    struct tm utc;
    if (time_us < 0 || gmtime_r(&seconds, &utc) == NULL)
        return;
    size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + size, sizeof text - size, ".%06dZ", (int)(time_us % 1000000));
    json_object_set_new(line, "time", json_string(text));
}

static json_t *begin_line(const struct frame *frame, enum schema_kind kind,
                          const struct asked *asked)
{
    json_t *line = json_object();
    char name[32];
    int api = kh_api_by_key(asked->key);
    snprintf(name, sizeof name, "key %d", asked->key);
    put_time(line, frame->time_us);
    if (frame->connection != NULL)
        json_object_set_new(line, "connection", json_string(frame->connection));
    json_object_set_new(line, "kind", json_string(kind == SCHEMA_REQUEST ? "request" : "response"));
    json_object_set_new(line, "api",
                        json_string(api < 0 ? name : kh_api_info((enum kh_api)api)->name));
    json_object_set_new(line, "version", json_integer(asked->version));
    return line;
}

static void end_line(struct decode *d, json_t *line)
{
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    d->messages++;
    if (json_object_get(line, "problem") != NULL)
        d->problems++;
    json_decref(line);
}

__attribute__((format(printf, 2, 3))) static void put_problem(json_t *line, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_object_set_new(line, "problem", json_string(text));
}

/* KIP-511: a broker that does not know the version of ApiVersions answers in the layout of v0. */
static int read_message(const struct schema *s, int version, struct kh_reader *r, void *message)
{
    const struct kh_reader start = *r;
    schema_decode(s, version, r, message);
    bool good = kh_read_end(r);
    if (good || s->key != kh_api_info(KH_API_API_VERSIONS)->key || s->kind != SCHEMA_RESPONSE ||
        ((struct kh_api_versions_response *)message)->error_code != KH_KAFKA_UNSUPPORTED_VERSION)
        return version;
    *r = start;
    r->flexible = false;
    schema_decode(s, 0, r, message);
    kh_read_end(r);
    return 0;
}

/* Reads what is left as the message: "value", or "problem". The message, until the arena goes. */
static const void *put_message(struct decode *d, json_t *line, enum schema_kind kind,
                               const struct asked *asked, struct kh_reader *r)
{
    const struct schema *s = schema_find(asked->key, kind);
    if (s == NULL) {
        put_problem(line, "kohort does not speak this API");
        return NULL;
    }
    if (asked->version < s->oldest || asked->version > s->newest) {
        put_problem(line, "kohort reads v%d to v%d of it", s->oldest, s->newest);
        return NULL;
    }
    void *message = kh_arena_alloc(r->arena, 1, s->size);
    if (message == NULL) {
        put_problem(line, "out of memory");
        return NULL;
    }
    struct payload payload = {d, asked->key};
    int version = read_message(s, asked->version, r, message);
    if (r->wrong != NULL)
        put_problem(line, "at byte %zu: %s", kh_read_offset(r), r->wrong);
    else
        json_object_set_new(line, "value",
                            schema_to_json_showing(s, version, message, payload_show, &payload));
    return r->wrong == NULL ? message : NULL;
}

/* ---- Frames ---- */

bool looks_like_request(const uint8_t *data, size_t size)
{
    struct kh_reader r;
    kh_reader_init(&r, data, size, false, NULL);
    int key = kh_read_i16(&r), version = kh_read_i16(&r);
    int32_t correlation_id = kh_read_i32(&r);
    int client_id_size = kh_read_i16(&r);
    return kh_read_ok(&r) && key >= 0 && key < KEYS_OF_KAFKA && version >= 0 &&
           version < VERSIONS_OF_KAFKA && correlation_id >= 0 && client_id_size >= -1;
}

/* acks=0: the broker sends nothing back. */
static bool has_answer(const struct asked *asked, const void *message)
{
    return message == NULL || asked->key != kh_api_info(KH_API_PRODUCE)->key ||
           ((const struct kh_produce_request *)message)->acks != 0;
}

void decode_request(struct decode *d, struct dialogue *dialogue, const struct frame *frame)
{
    struct kh_request_header header;
    struct kh_arena arena;
    struct kh_reader r;
    kh_arena_init(&arena, &d->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, frame->data, frame->size, false, &arena);
    int16_t key = kh_read_i16(&r), version = kh_read_i16(&r);
    const struct schema *s = schema_find(key, SCHEMA_REQUEST);
    /* The version of the header is told by what it says. */
    kh_reader_init(&r, frame->data, frame->size, s != NULL && schema_flexible(s, version), &arena);
    schema_decode(&schema_request_header, r.flexible ? 2 : 1, &r, &header);

    const struct asked asked = {frame->time_us, header.correlation_id, key, version};
    json_t *line = begin_line(frame, SCHEMA_REQUEST, &asked);
    json_object_set_new(line, "correlationId", json_integer(header.correlation_id));
    if (header.client_id.data != NULL)
        json_object_set_new(line, "clientId",
                            json_stringn(header.client_id.data, (size_t)header.client_id.size));
    json_object_set_new(line, "size", json_integer((json_int_t)frame->size));
    const void *message = put_message(d, line, SCHEMA_REQUEST, &asked, &r);
    if (has_answer(&asked, message))
        await(d, dialogue, &asked);
    end_line(d, line);
    kh_arena_free(&arena);
}

bool decode_response(struct decode *d, struct dialogue *dialogue, const struct frame *frame)
{
    struct kh_arena arena;
    struct kh_reader r;
    kh_reader_init(&r, frame->data, frame->size, false, NULL);
    int32_t correlation_id = kh_read_i32(&r);
    size_t at = find(dialogue, correlation_id);
    if (!kh_read_ok(&r) || at == dialogue->count)
        return false;
    const struct asked asked = dialogue->asked[at];
    forget(dialogue, at);

    kh_arena_init(&arena, &d->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, frame->data, frame->size, false, &arena);
    json_t *line = begin_line(frame, SCHEMA_RESPONSE, &asked);
    json_object_set_new(line, "correlationId", json_integer(correlation_id));
    if (asked.time_us >= 0 && frame->time_us >= asked.time_us)
        json_object_set_new(line, "afterUs", json_integer(frame->time_us - asked.time_us));
    json_object_set_new(line, "size", json_integer((json_int_t)frame->size));
    int api = kh_api_by_key(asked.key);
    if (api >= 0)
        kh_response_header_decode(&r, (enum kh_api)api, asked.version);
    put_message(d, line, SCHEMA_RESPONSE, &asked, &r);
    end_line(d, line);
    kh_arena_free(&arena);
    return true;
}

void decode_body(struct decode *d, int16_t key, enum schema_kind kind, int version,
                 const uint8_t *data, size_t size)
{
    const struct asked asked = {-1, 0, key, (int16_t)version};
    const struct frame frame = {data, size, NULL, -1};
    const struct schema *s = schema_find(key, kind);
    struct kh_arena arena;
    struct kh_reader r;
    kh_arena_init(&arena, &d->heap, KH_LIMIT_ARENAS);
    kh_reader_init(&r, data, size, s != NULL && schema_flexible(s, version), &arena);
    json_t *line = begin_line(&frame, kind, &asked);
    json_object_set_new(line, "size", json_integer((json_int_t)size));
    put_message(d, line, kind, &asked, &r);
    end_line(d, line);
    kh_arena_free(&arena);
}
