/* The layout's bytes. In a large group this is a million partitions: written by hand into memory
 * whose size is counted first, where a writer would ask for room at each number. */
#include "assignors/shares.h"
#include "base/status.h"
#include "coordinator/assign.h"
#include "protocol/big_endian.h"

struct encoding {
    const struct kh_assignor_input *input;
    const struct kh_interned *group;
    struct kh_share_lists lists;
};

/* ConsumerProtocolAssignment.json: version, topics, user data. */
enum { VERSION = 2, COUNT = 4, USER_DATA = 4, NAME_SIZE = 2, NUMBER = 4 };

static size_t count_bytes(const struct encoding *e, uint32_t rank, struct kh_bytes user_data)
{
    size_t size = VERSION + COUNT + USER_DATA + (size_t)user_data.size;
    uint32_t end = 0, topic = 0; /* of the topic looked at */
    for (uint32_t i = e->lists.begins[rank]; i < e->lists.begins[rank + 1]; i++) {
        uint32_t p = e->lists.partitions[i];
        size += NUMBER;
        if (p < end)
            continue;
        while (p >= e->group->first[topic + 1])
            topic++;
        end = e->group->first[topic + 1];
        size += NAME_SIZE + (size_t)e->input->topics[topic].name.size + COUNT;
    }
    return size;
}

static uint8_t *put_u32(uint8_t *at, uint32_t value)
{
    kh_store_u32(at, value);
    return at + sizeof value;
}

static uint8_t *put_topics(const struct encoding *e, uint32_t rank, uint8_t *at)
{
    uint8_t *topics_at = at, *count_at = NULL;
    uint32_t topics = 0, begin = 0, end = 0, topic = 0, count = 0;
    at += COUNT;
    for (uint32_t i = e->lists.begins[rank]; i < e->lists.begins[rank + 1]; i++) {
        uint32_t p = e->lists.partitions[i];
        if (p >= end) {
            while (p >= e->group->first[topic + 1])
                topic++;
            begin = e->group->first[topic];
            end = e->group->first[topic + 1];
            struct kh_string name = e->input->topics[topic].name;
            kh_store_u16(at, (uint16_t)name.size);
            memcpy(at + NAME_SIZE, name.data, (size_t)name.size);
            count_at = at + NAME_SIZE + name.size;
            at = count_at + COUNT;
            topics++;
            count = 0;
        }
        at = put_u32(at, p - begin);
        kh_store_u32(count_at, ++count);
    }
    kh_store_u32(topics_at, topics);
    return at;
}

/* One member in SyncGroup: its id, then the size of what it is told, and that. */
struct entry {
    struct kh_string member_id;
    struct kh_bytes user_data;
    size_t size;
};

static struct entry make_entry(const struct encoding *e, const struct kh_assignor_result *results,
                               uint32_t rank)
{
    uint32_t member = e->group->order[rank];
    struct kh_bytes user_data = results[member].user_data;
    return (struct entry){e->input->members[member].id, user_data, count_bytes(e, rank, user_data)};
}

enum { TAGS = 1 };

static uint8_t *put_entry(const struct encoding *e, const struct entry *entry, uint32_t rank,
                          uint8_t *at, struct kh_sync_group_request_assignment *ret)
{
    at += kh_store_uvarint(at, (uint32_t)entry->member_id.size + 1);
    ret->member_id = (struct kh_string){(const char *)at, entry->member_id.size};
    memcpy(at, entry->member_id.data, (size_t)entry->member_id.size);
    at += entry->member_id.size;
    at += kh_store_uvarint(at, (uint32_t)entry->size + 1);
    ret->assignment = (struct kh_bytes){at, (int32_t)entry->size};
    kh_store_u16(at, KH_CONSUMER_PROTOCOL_NEWEST);
    at = put_topics(e, rank, at + VERSION);
    struct kh_bytes user_data = entry->user_data;
    at = put_u32(at, user_data.data == NULL ? UINT32_MAX : (uint32_t)user_data.size);
    if (user_data.size > 0)
        memcpy(at, user_data.data, (size_t)user_data.size);
    at += user_data.size;
    *at++ = 0; /* no tags */
    return at;
}

/* All lies together as SyncGroup's flexible versions have it, by rank: the order does not matter
 * there. Nothing else of the round is needed then. */
int kh_assign_encode(const struct kh_assignor_input *input, const struct kh_interned *group,
                     const struct kh_shares *shares, const struct kh_assignor_result *results,
                     struct kh_arena *arena, struct kh_sync_group_layout *ret)
{
    struct encoding e = {.input = input, .group = group};
    uint32_t count = group->member_count;
    struct entry *entries = kh_arena_take(arena, count, sizeof *entries);
    ret->assignments = kh_arena_take(arena, count, sizeof *ret->assignments);
    if (entries == NULL || ret->assignments == NULL ||
        kh_shares_list(shares, group, arena, &e.lists) != 0)
        return KOHORT_ENOMEM;
    size_t most = KH_UVARINT_MAX + TAGS;
    for (uint32_t rank = 0; rank < count; rank++) {
        entries[rank] = make_entry(&e, results, rank);
        most += (size_t)2 * KH_UVARINT_MAX + (size_t)entries[rank].member_id.size +
                entries[rank].size + TAGS;
    }
    uint8_t *bytes = most > INT32_MAX ? NULL : kh_arena_take(arena, most, 1);
    if (bytes == NULL)
        return KOHORT_ENOMEM;
    uint8_t *at = bytes + kh_store_uvarint(bytes, count + 1);
    for (uint32_t rank = 0; rank < count; rank++)
        at = put_entry(&e, &entries[rank], rank, at, &ret->assignments[group->order[rank]]);
    *at++ = 0; /* no tags of the request */
    ret->count = count;
    ret->encoded = (struct kh_bytes){bytes, (int32_t)(at - bytes)};
    return 0;
}
