/* P-04: what is cut short or damaged is refused or read, but nothing else: no crash, no memory
 * beyond KH_LIMIT_ARENA_FACTOR times the frame. Every response among the golden vectors. */
#include "base/limits.h"
#include "protocol/api.h"
#include "support/test.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static struct kh_arena arena;
static union {
    max_align_t align;
    uint8_t bytes[512];
} response;

/* Whether all of data[0..size) is one response. */
static bool reads(const struct kh_api_info *info, int version, const uint8_t *data, size_t size)
{
    struct kh_reader r;
    cr_assert(info->response_size <= sizeof response.bytes);
    kh_arena_init(&arena, test_heap, size * KH_LIMIT_ARENA_FACTOR);
    kh_reader_init(&r, data, size, kh_api_flexible(info, version), &arena);
    info->decode_response(&r, version, &response);
    bool good = kh_read_end(&r);
    cr_assert(arena.used <= size * KH_LIMIT_ARENA_FACTOR);
    cr_assert_eq(good, r.status == 0);
    kh_arena_free(&arena);
    return good;
}

/* A copy that ends where the heap block does, so that the sanitizers see a byte too many. */
static bool reads_prefix(const struct kh_api_info *info, int version, const uint8_t *data,
                         size_t size)
{
    uint8_t *copy = kh_alloc(test_heap, size);
    memcpy(copy, data, size);
    bool good = reads(info, version, copy, size);
    kh_free(test_heap, copy);
    return good;
}

static void check_vector(const struct kh_api_info *info, int version, uint8_t *data, size_t size,
                         const char *note)
{
    cr_assert(reads(info, version, data, size), "%s v%d, %s", info->name, version, note);
    size_t step = size <= 4096 ? 1 : 97; /* long strings: every prefix would be the same one */
    for (size_t cut = 0; cut < size; cut += step)
        cr_assert_not(reads_prefix(info, version, data, cut), "%s v%d, %s, cut after %zu bytes",
                      info->name, version, note, cut);
    for (size_t i = 0; i < size; i += step) {
        static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
        uint8_t was = data[i];
        for (size_t k = 0; k < sizeof values; k++) {
            data[i] = values[k];
            reads(info, version, data, size);
        }
        data[i] = was;
    }
}

static uint8_t *from_hex(const char *hex, size_t *ret_size)
{
    *ret_size = strlen(hex) / 2;
    uint8_t *data = kh_alloc(test_heap, *ret_size);
    for (size_t i = 0; i < *ret_size; i++) {
        unsigned value;
        cr_assert_eq(sscanf(hex + 2 * i, "%2x", &value), 1);
        data[i] = (uint8_t)value;
    }
    return data;
}

static const char *text_of(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

static void check_file(enum kh_api api)
{
    const struct kh_api_info *info = kh_api_info(api);
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.jsonl", getenv("GOLDEN_DIR"), info->option_name);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    json_t *line;
    size_t checked = 0;
    while ((line = json_loadf(file, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL)) != NULL) {
        if (strcmp(text_of(line, "kind"), "response") == 0) {
            int version = (int)json_integer_value(json_object_get(line, "version"));
            size_t size;
            uint8_t *data = from_hex(text_of(line, "hex"), &size);
            check_vector(info, version, data, size, text_of(line, "note"));
            kh_free(test_heap, data);
            checked++;
        }
        json_decref(line);
    }
    fclose(file);
    cr_assert(checked >= 20u * (unsigned)(info->newest - info->oldest + 1));
}

#define CHECK(name, API)                                                                           \
    KH_TEST(damaged, p_04_##name)                                                                  \
    {                                                                                              \
        check_file(KH_API_##API);                                                                  \
    }
CHECK(list_offsets, LIST_OFFSETS)
CHECK(metadata, METADATA)
CHECK(offset_commit, OFFSET_COMMIT)
CHECK(offset_fetch, OFFSET_FETCH)
CHECK(find_coordinator, FIND_COORDINATOR)
CHECK(join_group, JOIN_GROUP)
CHECK(heartbeat, HEARTBEAT)
CHECK(leave_group, LEAVE_GROUP)
CHECK(sync_group, SYNC_GROUP)
CHECK(api_versions, API_VERSIONS)
