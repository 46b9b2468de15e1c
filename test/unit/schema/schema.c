#include "schema/schema.h"

#include "protocol/api.h"
#include "protocol/fetch.h"
#include "protocol/find_coordinator.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/offset_fetch.h"
#include "support/test.h"

#include <stdio.h>
#include <string.h>

static struct kh_writer w;
static struct kh_arena arena;

static int encode(const struct schema *s, int version, const void *message)
{
    kh_writer_free(&w);
    kh_writer_init(&w, test_heap);
    w.flexible = schema_flexible(s, version);
    return schema_encode(s, version, &w, message);
}

/* Reads what encode() wrote. */
static void decode(const struct schema *s, int version, void *message)
{
    struct kh_reader r;

    kh_arena_free(&arena);
    kh_arena_init(&arena, test_heap, 1 << 20);
    kh_reader_init(&r, w.data, w.size, schema_flexible(s, version), &arena);
    expect_status(schema_decode(s, version, &r, message), 0);
    cr_assert(kh_read_end(&r));
}

static void release(void)
{
    kh_writer_free(&w);
    kh_arena_free(&arena);
}

static void expect_text(struct kh_string text, const char *expected)
{
    cr_assert(kh_string_equal(text, kh_string_of(expected)), "'%.*s', not '%s'", text.size,
              text.data, expected);
}

/* ---- The tables ---- */

KH_TEST(schema, tables_agree_with_the_librarys_table_of_apis)
{
    for (int api = 0; api < KH_API_COUNT; api++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        for (int kind = SCHEMA_REQUEST; kind <= SCHEMA_RESPONSE; kind++) {
            const struct schema *s = schema_find(info->key, (enum schema_kind)kind);
            char name[64];

            cr_assert_not_null(s, "%s", info->name);
            snprintf(name, sizeof name, "%s%s", info->name,
                     kind == SCHEMA_REQUEST ? "Request" : "Response");
            cr_assert_str_eq(s->name, name);
            cr_assert_eq(s->oldest, info->oldest, "%s", name);
            cr_assert_eq(s->newest, info->newest, "%s", name);
            cr_assert_eq(s->first_flexible, info->first_flexible, "%s", name);
        }
        cr_assert_eq(schema_find(info->key, SCHEMA_RESPONSE)->size, info->response_size);
    }
    cr_assert_null(schema_find(4, SCHEMA_REQUEST));
}

static void expect_sound(const struct schema *s, const char *message, int first_flexible);

static void expect_sound_field(const struct schema_field *field, const char *message,
                               int first_flexible)
{
    uint32_t flexible = first_flexible > 31 ? 0 : UINT32_MAX << first_flexible;

    cr_assert_neq(field->versions, 0, "%s %s", message, field->name);
    cr_assert_eq(field->nullable & ~field->versions, 0, "%s %s", message, field->name);
    if (field->tagged)
        cr_assert_eq(field->versions & ~flexible, 0, "%s %s", message, field->name);
    if (field->type == SCHEMA_ARRAY && field->item_type == SCHEMA_STRUCT)
        cr_assert_eq(field->schema->size, field->item_size, "%s %s", message, field->name);
    cr_assert_eq(field->schema != NULL,
                 field->type == SCHEMA_STRUCT || field->type == SCHEMA_OPTIONAL ||
                     field->item_type == SCHEMA_STRUCT,
                 "%s %s", message, field->name);
    if (field->schema != NULL)
        expect_sound(field->schema, message, first_flexible);
}

/* What the engine takes for granted. */
static void expect_sound(const struct schema *s, const char *message, int first_flexible)
{
    int64_t last_tag = -1;

    for (size_t i = 0; i < s->field_count; i++) {
        expect_sound_field(&s->fields[i], message, first_flexible);
        for (size_t k = 0; k < i; k++) {
            cr_assert_str_neq(s->fields[i].name, s->fields[k].name, "%s", message);
            cr_assert_neq(s->fields[i].offset, s->fields[k].offset, "%s %s", message,
                          s->fields[i].name);
        }
        if (s->fields[i].tagged) {
            cr_assert_gt((int64_t)s->fields[i].tag, last_tag, "%s %s", message, s->fields[i].name);
            last_tag = s->fields[i].tag;
        }
    }
}

KH_TEST(schema, tables_are_sound)
{
    const struct schema *others[] = {&schema_request_header, &schema_response_header,
                                     &schema_consumer_subscription, &schema_consumer_assignment};

    for (int api = 0; api < KH_API_COUNT; api++)
        for (int kind = SCHEMA_REQUEST; kind <= SCHEMA_RESPONSE; kind++) {
            const struct schema *s =
                schema_find(kh_api_info((enum kh_api)api)->key, (enum schema_kind)kind);
            expect_sound(s, s->name, s->first_flexible);
        }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        expect_sound(others[i], others[i]->name, others[i]->first_flexible);
}

/* ---- The engine ---- */

KH_TEST(schema, what_is_written_is_read_again_at_every_version)
{
    const struct schema *s = schema_find(11, SCHEMA_REQUEST);
    const struct kh_join_group_request_protocol protocols[] = {
        {KH_STRING("range"), {(const uint8_t *)"\0\1\2", 3}},
        {KH_STRING(""), {(const uint8_t *)"", 0}},
    };
    const struct kh_join_group_request sent = {
        .group_id = KH_STRING("group"),
        .session_timeout_ms = 45000,
        .rebalance_timeout_ms = 300000,
        .member_id = KH_STRING(""),
        .protocol_type = KH_STRING("consumer"),
        .protocols = protocols,
        .protocol_count = 2,
        .reason = KH_STRING("why not"),
    };

    for (int version = s->oldest; version <= s->newest; version++) {
        struct kh_join_group_request got;

        expect_status(encode(s, version, &sent), 0);
        decode(s, version, &got);
        expect_text(got.group_id, "group");
        cr_assert_eq(got.session_timeout_ms, 45000);
        cr_assert_eq(got.rebalance_timeout_ms, version >= 1 ? 300000 : -1);
        expect_text(got.member_id, "");
        cr_assert_null(got.group_instance_id.data);
        cr_assert_eq(got.protocol_count, 2);
        expect_text(got.protocols[0].name, "range");
        cr_assert_eq(got.protocols[0].metadata.size, 3);
        cr_assert_not_null(got.protocols[1].metadata.data);
        expect_text(got.reason, version >= 8 ? "why not" : NULL);
    }
    release();
}

KH_TEST(schema, what_a_version_lacks_is_dropped_or_refused_as_kafka_does)
{
    const struct schema *s = schema_find(11, SCHEMA_REQUEST);
    struct kh_join_group_request request;

    schema_set_defaults(s, &request);
    expect_status(encode(s, 4, &request), 0);
    request.reason = KH_STRING("is ignorable");
    expect_status(encode(s, 4, &request), 0);
    request.group_instance_id = KH_STRING("is not");
    expect_status(encode(s, 4, &request), KOHORT_EVERSION);
    expect_status(encode(s, 5, &request), 0);
    request.member_id = (struct kh_string){NULL, 0};
    expect_status(encode(s, 5, &request), KOHORT_EINVAL);
    release();
}

KH_TEST(schema, forms_of_other_versions_do_not_matter)
{
    const struct schema *s = schema_find(9, SCHEMA_REQUEST);
    const struct kh_offset_fetch_request_group group = {.group_id = KH_STRING("g")};
    const struct kh_offset_fetch_request request = {
        .group_id = KH_STRING("g"), .groups = &group, .group_count = 1};
    struct kh_offset_fetch_request got;

    expect_status(encode(s, 8, &request), 0);
    decode(s, 8, &got);
    expect_text(got.group_id, "");
    cr_assert_eq(got.group_count, 1);
    cr_assert_null(got.groups[0].topics, "all topics");
    expect_status(encode(s, 7, &request), 0);
    decode(s, 7, &got);
    expect_text(got.group_id, "g");
    cr_assert_null(got.topics, "all topics");
    cr_assert_eq(got.group_count, 0);
    expect_status(encode(s, 1, &request), KOHORT_EINVAL); /* cannot say: all topics */
    release();
}

KH_TEST(schema, tagged_fields_are_written_when_they_differ_from_their_defaults)
{
    const struct schema *s = schema_find(1, SCHEMA_RESPONSE);
    struct kh_fetch_response_partition partition = KH_FETCH_RESPONSE_PARTITION_DEFAULTS;
    struct kh_fetch_response_topic topic = {.partitions = &partition, .partition_count = 1};
    struct kh_fetch_response response = {.responses = &topic, .response_count = 1}, got;

    expect_status(encode(s, 16, &response), 0);
    size_t plain_size = w.size;
    partition.current_leader.leader_epoch = 9;
    expect_status(encode(s, 16, &response), 0);
    /* tag, size, two int32, no tags of its own */
    cr_assert_eq(w.size, plain_size + 2 + 8 + 1);
    decode(s, 16, &got);
    cr_assert_eq(got.responses[0].partitions[0].current_leader.leader_id, -1);
    cr_assert_eq(got.responses[0].partitions[0].current_leader.leader_epoch, 9);
    cr_assert_eq(got.responses[0].partitions[0].snapshot_id.end_offset, -1);
    cr_assert_null(got.responses[0].partitions[0].records.data);
    cr_assert_null(got.responses[0].partitions[0].aborted_transactions);
    cr_assert_not_null(got.node_endpoints);
    release();
}

KH_TEST(schema, unknown_tags_are_skipped)
{
    const struct schema *s = schema_find(12, SCHEMA_RESPONSE);
    static const uint8_t bytes[] = {0, 0, 0, 5, 0, 27, 1, 99, 2, 'x', 'y'};
    struct kh_reader r;
    struct kh_heartbeat_response response;

    kh_reader_init(&r, bytes, sizeof bytes, true, NULL);
    expect_status(schema_decode(s, 4, &r, &response), 0);
    cr_assert(kh_read_end(&r));
    cr_assert_eq(response.throttle_time_ms, 5);
    cr_assert_eq(response.error_code, 27);
}

struct told {
    char text[512];
    size_t size;
};

static void tell(void *arg, const struct schema_place *place)
{
    struct told *told = arg;
    int size = snprintf(told->text + told->size, sizeof told->text - told->size, "%s %zu-%zu\n",
                        place->path, place->begin, place->end);

    told->size += size > 0 ? (size_t)size : 0;
}

KH_TEST(schema, a_trace_tells_where_each_field_lies)
{
    const struct schema *s = schema_find(10, SCHEMA_REQUEST);
    static const uint8_t bytes[] = {0, 3, 2, 'a', 1, 0};
    struct told told = {.size = 0};
    const struct schema_trace trace = {tell, &told};
    struct kh_find_coordinator_request request;
    struct kh_reader r;

    kh_arena_init(&arena, test_heap, 1000);
    kh_reader_init(&r, bytes, sizeof bytes, true, &arena);
    expect_status(schema_decode_traced(s, 4, &r, &request, &trace), 0);
    cr_assert_str_eq(told.text, "keyType 0-1\n"
                                "coordinatorKeys 1-2\n"
                                "coordinatorKeys[0] 2-4\n"
                                "coordinatorKeys[1] 4-5\n");
    release();
}
