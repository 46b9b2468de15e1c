/* Frames that want many structs from few bytes: what decoding them takes from the heap (P-04). */
#include "base/limits.h"
#include "protocol/api.h"
#include "support/counting_heap.h"
#include "support/test.h"

enum { BODY = 2048, FIRST = 24, BETWEEN = 12 };

/* What an item may take on the wire, at least. */
static const uint32_t item_sizes[] = {1, 2, 3, 4, 6, 8, 10, 16, 24};

static struct counting_heap counting;
static size_t fullest; /* per cent of its limit that an arena took, at most */

static void put_count(uint8_t *at, bool flexible, uint32_t count)
{
    if (flexible) {
        for (count++; count >= 128; count >>= 7)
            *at++ = (uint8_t)(count | 128);
        *at = (uint8_t)count;
        return;
    }
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(count >> (24 - 8 * i));
}

/* As a connection reads it: the message's own struct comes from the arena too. */
static void read_body(const struct kh_api_info *info, int version, const uint8_t *body)
{
    const size_t limit = (size_t)BODY * KH_LIMIT_ARENA_FACTOR;
    struct kh_arena arena;
    struct kh_reader r;
    counting.most = 0;
    kh_arena_init(&arena, &counting.heap, limit);
    kh_reader_init(&r, body, BODY, kh_api_flexible(info, version), &arena);
    void *message = kh_read_items(&r, 1, info->response_size);
    cr_assert_not_null(message);
    info->decode_response(&r, version, message);
    cr_assert_leq(counting.most, limit, "%s v%d takes %zu bytes for %d", info->name, version,
                  counting.most, BODY);
    if (counting.most * 100 / limit > fullest)
        fullest = counting.most * 100 / limit;
    kh_arena_free(&arena);
    cr_assert_eq(counting.held, 0);
}

/* A count at `first`, and behind it one of another array, in an item of the first maybe. All other
 * bytes are such that items are as short as can be. */
static void count_twice(const struct kh_api_info *info, int version, uint8_t fill, uint32_t first,
                        uint32_t item_size)
{
    bool flexible = kh_api_flexible(info, version);
    uint8_t body[BODY];
    for (uint32_t second = first + 2; second < first + BETWEEN; second++) {
        memset(body, fill, sizeof body);
        put_count(body + second, flexible, (BODY - second - 4) / 2);
        put_count(body + first, flexible, (BODY - first - 4) / item_size);
        read_body(info, version, body);
    }
}

static void count_everywhere(const struct kh_api_info *info, int version)
{
    for (size_t i = 0; i < sizeof item_sizes / sizeof *item_sizes; i++)
        for (uint32_t first = 0; first < FIRST; first++)
            for (uint8_t fill = 0; fill <= 1; fill++)
                count_twice(info, version, fill, first, item_sizes[i]);
}

KH_TEST(arena_limit, P_04_no_frame_takes_more_than_24_times_its_size)
{
    counting_heap_init(&counting);
    for (int api = 0; api < KH_API_COUNT; api++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        for (int version = info->oldest; version <= info->newest; version++)
            if (info->decode_response != NULL)
                count_everywhere(info, version);
    }
    cr_assert_gt(fullest, 90, "no frame came near to the limit: %zu %%", fullest);
}
