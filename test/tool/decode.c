/* kohort decode: hex and captures, held against the golden vectors. */
#include "protocol/api.h"
#include "protocol/header.h"
#include "support/test.h"
#include "tool/capture_writer.h"
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const files[] = {
    "api_versions",
    "consumer_group_describe",
    "consumer_group_heartbeat",
    "create_partitions",
    "create_topics",
    "delete_groups",
    "delete_records",
    "delete_topics",
    "describe_cluster",
    "describe_configs",
    "describe_groups",
    "fetch",
    "find_coordinator",
    "heartbeat",
    "init_producer_id",
    "join_group",
    "leave_group",
    "list_groups",
    "list_offsets",
    "metadata",
    "offset_commit",
    "offset_delete",
    "offset_fetch",
    "offset_for_leader_epoch",
    "produce",
    "sasl_authenticate",
    "sasl_handshake",
    "share_acknowledge",
    "share_fetch",
    "share_group_describe",
    "share_group_heartbeat",
    "sync_group",
};
enum { FILE_COUNT = sizeof files / sizeof *files, FIRST_ID = 3 };

/* ---- Bodies ---- */

struct bodies {
    const char *api;
    int version;
    enum schema_kind kind;
    struct bytes hex;
    json_t *values;
};

static void add_body(const struct golden_message *m, void *arg)
{
    struct bodies *b = arg;
    if (m->version != b->version || m->kind != b->kind || *m->hex == '\0')
        return;
    bytes_add(&b->hex, m->hex, strlen(m->hex));
    bytes_add(&b->hex, "\n", 1);
    json_array_append(b->values, m->value);
}

static void expect_bodies(const char *file, const struct kh_api_info *info, int version,
                          enum schema_kind kind)
{
    struct bodies b = {info->name, version, kind, {0}, json_array()};
    char arguments[128];
    struct run run;
    golden_each(file, add_body, &b);
    snprintf(arguments, sizeof arguments, "--api %s --version %d %s", info->name, version,
             kind == SCHEMA_RESPONSE ? "--response" : "");
    if (json_array_size(b.values) > 0) {
        run_tool(&run, arguments, b.hex.data, b.hex.size);
        cr_assert_eq(run.exit_code, 0, "%s: %s", arguments, run.err);
        cr_assert_eq(json_array_size(run.lines), json_array_size(b.values), "%s", arguments);
        for (size_t i = 0; i < json_array_size(b.values); i++)
            expect_shown(json_object_get(run_line(&run, i), "value"), json_array_get(b.values, i),
                         arguments);
        run_free(&run);
    }
    bytes_free(&b.hex);
    json_decref(b.values);
}

KH_TEST(decode, bodies_of_every_api_are_what_kafka_reads)
{
    for (int i = 0; i < FILE_COUNT; i++) {
        const struct kh_api_info *info =
            kh_api_info((enum kh_api)kh_api_by_option_name(kh_string_of(files[i])));
        for (int kind = SCHEMA_REQUEST; kind <= SCHEMA_RESPONSE; kind++) {
            expect_bodies(files[i], info, info->oldest, (enum schema_kind)kind);
            expect_bodies(files[i], info, info->newest, (enum schema_kind)kind);
        }
    }
}

/* ---- Frames ---- */

/* Requests and their answers, one of each API, in turn. */
struct talk {
    struct bytes frames[2 * FILE_COUNT];
    json_t *values[2 * FILE_COUNT];
    const char *apis[2 * FILE_COUNT];
    size_t count;
    const struct kh_api_info *info;
    enum schema_kind kind;
};

static void add_hex(struct kh_writer *w, const char *hex)
{
    for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2) {
        const char pair[] = {hex[0], hex[1], '\0'};
        kh_write_i8(w, (int8_t)strtol(pair, NULL, 16));
    }
}

/* Header and body, after the size. The largest message stays that is not very large. */
static void add_frame(const struct golden_message *m, void *arg)
{
    enum { LARGE = 4000 };
    struct talk *t = arg;
    struct bytes *frame = &t->frames[t->count];
    int32_t correlation_id = (int32_t)(t->count / 2 + FIRST_ID);
    struct kh_writer w;
    if (m->kind != t->kind || m->version != t->info->newest || *m->hex == '\0' ||
        strlen(m->hex) > LARGE || strlen(m->hex) / 2 < frame->size)
        return;
    kh_writer_init(&w, test_heap);
    size_t size = kh_write_i32_later(&w);
    w.flexible = kh_api_flexible(t->info, m->version);
    if (m->kind == SCHEMA_REQUEST) {
        const struct kh_request_header header = {m->key, (int16_t)m->version, correlation_id,
                                                 KH_STRING("golden")};
        kh_request_header_encode(&w, &header);
    } else {
        kh_write_i32(&w, correlation_id);
        if (strcmp(t->info->name, "ApiVersions") != 0)
            kh_write_tags(&w);
    }
    add_hex(&w, m->hex);
    kh_write_patch_i32(&w, size, (int32_t)w.size - 4);
    cr_assert_eq(w.status, 0);
    frame->size = 0;
    bytes_add(frame, w.data, w.size);
    json_decref(t->values[t->count]);
    t->values[t->count] = json_incref(m->value);
    t->apis[t->count] = t->info->name;
    kh_writer_free(&w);
}

static void begin_talk(struct talk *t)
{
    *t = (struct talk){0};
    for (int i = 0; i < FILE_COUNT; i++) {
        t->info = kh_api_info((enum kh_api)kh_api_by_option_name(kh_string_of(files[i])));
        /* By default Produce asks for no answer (acks=0). */
        if (strcmp(t->info->name, "Produce") == 0)
            continue;
        for (int kind = SCHEMA_REQUEST; kind <= SCHEMA_RESPONSE; kind++) {
            t->kind = (enum schema_kind)kind;
            golden_each(files[i], add_frame, t);
            cr_assert_not_null(t->apis[t->count], "%s", files[i]);
            t->count++;
        }
    }
}

static void end_talk(struct talk *t)
{
    for (size_t i = 0; i < t->count; i++) {
        bytes_free(&t->frames[i]);
        json_decref(t->values[i]);
    }
}

static void expect_line(const struct talk *t, const struct run *run, size_t line, size_t i)
{
    json_t *json = run_line(run, line);
    cr_assert_str_eq(text_of(json, "kind"), i % 2 == 0 ? "request" : "response");
    cr_assert_str_eq(text_of(json, "api"), t->apis[i]);
    cr_assert_eq(json_integer_value(json_object_get(json, "correlationId")),
                 (json_int_t)(i / 2 + FIRST_ID));
    cr_assert_eq(json_integer_value(json_object_get(json, "size")),
                 (json_int_t)t->frames[i].size - 4);
    if (i % 2 == 0)
        cr_assert_str_eq(text_of(json, "clientId"), "golden");
    expect_shown(json_object_get(json, "value"), t->values[i], t->apis[i]);
}

KH_TEST(decode, frames_in_hex_are_matched_by_correlation_id)
{
    struct bytes hex = {0};
    struct talk t;
    struct run run;
    begin_talk(&t);
    bytes_add(&hex, "# a comment, and an empty line\n\n", 32);
    for (size_t i = 0; i < t.count; i++) {
        size_t without_size = i % 3 == 0 ? 4 : 0;
        for (size_t k = without_size; k < t.frames[i].size; k++) {
            char text[8];
            snprintf(text, sizeof text, k % 2 == 0 ? "%02x " : "%02X", t.frames[i].data[k]);
            bytes_add(&hex, text, strlen(text));
        }
        bytes_add(&hex, "\n", 1);
    }
    run_tool(&run, "", hex.data, hex.size);
    cr_assert_eq(run.exit_code, 0, "%s", run.err);
    cr_assert_eq(json_array_size(run.lines), t.count);
    for (size_t i = 0; i < t.count; i++)
        expect_line(&t, &run, i, i);
    run_free(&run);
    bytes_free(&hex);
    end_talk(&t);
}

/* ---- Captures ---- */

static void write_talk(struct capture_writer *w, const struct talk *t, const struct shape *shape,
                       size_t left_out)
{
    capture_begin(w, shape);
    w->left_out = left_out;
    for (size_t i = 0; i < t->count; i++)
        capture_send(w, (int)(i % 2), t->frames[i].data, t->frames[i].size);
    capture_end(w);
}

static void expect_capture(const struct talk *t, const struct shape *shape, const char *flags)
{
    struct capture_writer w;
    struct run run;
    write_talk(&w, t, shape, 0);
    run_tool(&run, flags, w.out.data, w.out.size);
    cr_assert_eq(run.exit_code, 0, "link type %d: %s", shape->link_type, run.err);
    cr_assert_eq(json_array_size(run.lines), t->count, "%zu lines, link type %d",
                 json_array_size(run.lines), shape->link_type);
    for (size_t i = 0; i < t->count; i++) {
        json_t *line = run_line(&run, i);
        expect_line(t, &run, i, i);
        cr_assert_str_eq(text_of(line, "connection"), shape->is_ipv6
                                                          ? "[fd00::1]:40000 > [fd00::2]:9092"
                                                          : "10.0.0.1:40000 > 10.0.0.2:9092");
        cr_assert_eq(strncmp(text_of(line, "time"), "2025-11-28T08:40:", 17), 0, "%s",
                     text_of(line, "time"));
        if (i % 2 == 1)
            cr_assert_gt(json_integer_value(json_object_get(line, "afterUs")), 0);
    }
    run_free(&run);
    capture_free(&w);
}

KH_TEST(decode, captures_of_all_shapes)
{
    static const int link_types[] = {0, 1, 101, 113, 276};
    struct talk t;
    begin_talk(&t);
    for (unsigned i = 0; i < 40; i++) {
        bool handshake = i % 7 < 4; /* else the first segments must be in order, and not tiny */
        const struct shape shape = {
            .next_generation = (i & 1) != 0,
            .big_endian = (i & 2) != 0,
            .nanoseconds = (i & 4) != 0,
            .link_type = link_types[i % 5],
            .vlan = (i & 8) != 0,
            .is_ipv6 = i % 3 == 0,
            .handshake = handshake,
            .reordered = handshake && i % 4 > 1,
            .segment_max = handshake && i % 6 == 0 ? 20 : 1400,
        };
        expect_capture(&t, &shape, i % 2 == 0 ? "" : "--port 9092");
    }
    end_talk(&t);
}

static const struct shape plain = {.link_type = 1, .handshake = true, .segment_max = 700};

/* The first bytes of an answer look like a request of Produce: its correlation id like the key. */
KH_TEST(decode, a_capture_that_begins_with_an_answer)
{
    struct shape shape = plain;
    struct capture_writer w;
    struct talk t;
    struct run run;
    begin_talk(&t);
    shape.handshake = false;
    capture_begin(&w, &shape);
    for (size_t i = 1; i < t.count; i++)
        capture_send(&w, (int)(i % 2), t.frames[i].data, t.frames[i].size);
    capture_end(&w);
    run_tool(&run, "", w.out.data, w.out.size);
    cr_assert_eq(run.exit_code, 0, "%s", run.err);
    cr_assert_eq(json_array_size(run.lines), t.count - 2);
    expect_line(&t, &run, 0, 2);
    run_free(&run);
    capture_free(&w);
    end_talk(&t);
}

KH_TEST(decode, what_a_capture_lacks_is_said_and_what_follows_is_read)
{
    struct talk t;
    begin_talk(&t);
    for (size_t left_out = 5; left_out < 40; left_out += 5) {
        struct capture_writer w;
        struct run run;
        write_talk(&w, &t, &plain, left_out);
        run_tool(&run, "", w.out.data, w.out.size);
        cr_assert_eq(run.exit_code, 1);
        cr_assert_not_null(strstr(run.err, "the capture lacks "), "%s", run.err);
        cr_assert_geq(json_array_size(run.lines), t.count - 4, "%s", run.err);
        expect_line(&t, &run, json_array_size(run.lines) - 1, t.count - 1);
        run_free(&run);
        capture_free(&w);
    }
    end_talk(&t);
}

KH_TEST(decode, packets_that_were_cut_are_said)
{
    struct shape shape = plain;
    struct capture_writer w;
    struct talk t;
    struct run run;
    begin_talk(&t);
    shape.captured_max = 500;
    write_talk(&w, &t, &shape, 0);
    run_tool(&run, "", w.out.data, w.out.size);
    cr_assert_eq(run.exit_code, 1, "%d: %s", run.exit_code, run.err);
    cr_assert_not_null(strstr(run.err, "cut when"), "%s", run.err);
    cr_assert_not_null(strstr(run.err, "tcpdump -s 0"), "%s", run.err);
    cr_assert_gt(json_array_size(run.lines), 0);
    run_free(&run);
    capture_free(&w);
    end_talk(&t);
}

KH_TEST(decode, a_capture_that_ends_anywhere)
{
    struct shape shape = plain;
    struct talk t;
    begin_talk(&t);
    for (int format = 0; format < 2; format++) {
        struct capture_writer w;
        shape.next_generation = format == 1;
        write_talk(&w, &t, &shape, 0);
        for (size_t size = 1; size < w.out.size; size += size < 200 ? 7 : 1999) {
            struct run run;
            run_tool(&run, "", w.out.data, size);
            cr_assert(run.exit_code == 1 || *run.err == '\0', "%zu: %s", size, run.err);
            run_free(&run);
        }
        capture_free(&w);
    }
    end_talk(&t);
}

KH_TEST(decode, damaged_captures_end_with_a_word)
{
    enum { ROUNDS = 60, FLIPS = 12 };
    struct shape shape = plain;
    struct kh_random random;
    struct talk t;
    begin_talk(&t);
    kh_random_seed(&random, 3);
    for (int round = 0; round < ROUNDS; round++) {
        struct capture_writer w;
        struct run run;
        shape.next_generation = round % 2 == 1;
        write_talk(&w, &t, &shape, 0);
        for (int i = 0; i < FLIPS; i++)
            w.out.data[4 + kh_random_below(&random, round < ROUNDS / 2 ? 300 : w.out.size - 4)] =
                (uint8_t)kh_random_below(&random, 256);
        run_tool(&run, "", w.out.data, w.out.size);
        run_free(&run);
        capture_free(&w);
    }
    end_talk(&t);
}

/* ---- What is not Kafka ---- */

static void expect_said(const char *arguments, const void *bytes, size_t size, int exit_code,
                        const char *said)
{
    struct run run;
    run_tool(&run, arguments, bytes, size);
    cr_expect_eq(run.exit_code, exit_code, "%s: %s", arguments, run.err);
    cr_expect_not_null(strstr(run.err, said), "\"%s\" does not say \"%s\"", run.err, said);
    cr_expect_eq(json_array_size(run.lines), 0);
    run_free(&run);
}

static void expect_sent_said(const char *sent, size_t size, const char *said)
{
    struct capture_writer w;
    capture_begin(&w, &plain);
    capture_send(&w, 0, sent, size);
    capture_end(&w);
    expect_said("", w.out.data, w.out.size, 1, said);
    capture_free(&w);
}

KH_TEST(decode, what_cannot_be_decoded_is_said)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: kafka\r\n\r\n";
    static const char tls[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    expect_sent_said(http, sizeof http - 1, "no Kafka found: ");
    expect_sent_said(tls, sizeof tls - 1, ": TLS; only what is not encrypted can be read");
    expect_said("", "\x1f\x8b\x08", 3, 1, "gunzip it first");
    expect_said("", "", 0, 1, "there is nothing to decode");
    expect_said("", "00 0g\n", 6, 1, "line 1 is not hex");
    expect_said("", "00ff00ff00\n", 11, 1, "line 1 is no request, and no answer");
    expect_said("--version 3", "", 0, 2, "go together");
    expect_said("--api Fetsh --version 3", "", 0, 2, "there is no such API");
    expect_said("--port 70000", "", 0, 2, "from 0 to 65535");
}

/* Fetch v3 is older than what kohort reads; key 24 it does not speak. */
KH_TEST(decode, what_kohort_does_not_speak_is_a_line_with_a_problem)
{
    static const char hex[] = "0001000300000007ffff\n0018000000000008ffff00\n00000008\n";
    struct run run;
    run_tool(&run, "", hex, sizeof hex - 1);
    cr_assert_eq(run.exit_code, 1);
    cr_assert_str_eq(text_of(run_line(&run, 0), "problem"), "kohort reads v4 to v18 of it");
    cr_assert_str_eq(text_of(run_line(&run, 1), "api"), "key 24");
    cr_assert_str_eq(text_of(run_line(&run, 2), "kind"), "response");
    cr_assert_str_eq(text_of(run_line(&run, 2), "problem"), "kohort does not speak this API");
    run_free(&run);
}

/* ---- Payloads ---- */

KH_TEST(decode, tokens_are_not_shown_and_other_bytes_are_cut)
{
    static const char token[] = "0000000d00616c69636500736563726574\n";
    static const char join[] = "0001670000271000002710000000"
                               "08636f6e73756d6572000000010005726 1 6e676500000004deadbeef\n";
    struct run run;
    run_tool(&run, "--api sasl_authenticate --version 0", token, sizeof token - 1);
    json_t *bytes = json_object_get(json_object_get(run_line(&run, 0), "value"), "authBytes");
    cr_assert_eq(json_integer_value(json_object_get(bytes, "size")), 13);
    cr_assert_eq(json_object_size(bytes), 1);
    run_free(&run);
    run_tool(&run, "--api JoinGroup --version 1 --bytes 2", join, sizeof join - 1);
    cr_assert_eq(run.exit_code, 0, "%s", run.err);
    json_t *protocols = json_object_get(json_object_get(run_line(&run, 0), "value"), "protocols");
    bytes = json_object_get(json_array_get(protocols, 0), "metadata");
    cr_assert_eq(json_integer_value(json_object_get(bytes, "size")), 4);
    cr_assert_str_eq(text_of(bytes, "hex"), "dead");
    run_free(&run);
}

/* A subscription of version 0 to "t", as a consumer sends it. */
KH_TEST(decode, the_consumer_protocol_is_read)
{
    static const char join[] = "0001670000271000002710000000"
                               "08636f6e73756d65720000000100057261 6e6765"
                               "0000000d 0000 00000001 000174 ffffffff\n";
    struct run run;
    run_tool(&run, "--api JoinGroup --version 1", join, sizeof join - 1);
    cr_assert_eq(run.exit_code, 0, "%s", run.err);
    json_t *protocols = json_object_get(json_object_get(run_line(&run, 0), "value"), "protocols");
    json_t *metadata = json_object_get(json_array_get(protocols, 0), "metadata");
    json_t *topics = json_object_get(metadata, "topics");
    cr_assert_str_eq(json_string_value(json_array_get(topics, 0)), "t");
    cr_assert_eq(json_integer_value(json_object_get(metadata, "version")), 0);
    run_free(&run);
}

static void add_largest_records(const struct golden_message *m, void *arg)
{
    struct bytes *hex = arg;
    if (m->kind == SCHEMA_RESPONSE && m->version == 12 && strlen(m->hex) > hex->size) {
        hex->size = 0;
        bytes_add(hex, m->hex, strlen(m->hex));
    }
}

KH_TEST(decode, records_are_shown_as_their_batches)
{
    struct bytes hex = {0};
    struct run run;
    golden_each("fetch", add_largest_records, &hex);
    run_tool(&run, "--api Fetch --version 12 --response", hex.data, hex.size);
    char *text = json_dumps(run_line(&run, 0), 0);
    cr_assert_not_null(strstr(text, "\"batches\": [{\"magic\": 2, \"baseOffset\": "), "%s", text);
    free(text);
    run_free(&run);
    bytes_free(&hex);
}
