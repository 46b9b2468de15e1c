#include "replay_group.h"

/* What clients are told, and what is spoken: the newest of that, which kohort and Java choose, and
 * what librdkafka 2.0 chooses in its place. That judges by the oldest what kind of broker it meets,
 * and wants to see Produce (0), which it never sends. */
static const struct {
    int16_t key, oldest, newest, librdkafkas;
} spoken[] = {{0, 3, 7, -1}, {1, 4, 11, 11}, {2, 0, 5, 2},  {3, 0, 7, 4},
              {8, 1, 7, 7},  {9, 1, 5, 5},   {10, 0, 2, 2}, {11, 0, 5, 5},
              {12, 0, 3, 3}, {13, 0, 3, 1},  {14, 0, 3, 3}, {18, 0, 0, 0}};

enum { SPOKEN = sizeof spoken / sizeof *spoken, UNSUPPORTED_VERSION = 35 };

bool replay_speaks(int16_t api_key, int16_t version)
{
    for (size_t i = 0; i < SPOKEN; i++)
        if (spoken[i].key == api_key)
            return version == spoken[i].newest || version == spoken[i].librdkafkas;
    return false;
}

static void put(struct test_buffer *out, int64_t value, size_t size)
{
    test_buffer_append_int(out, (uint64_t)value, size);
}

static void put_string(struct test_buffer *out, struct kh_string text)
{
    put(out, text.data == NULL ? -1 : text.size, 2);
    test_buffer_append(out, text.data, (size_t)text.size);
}

static void put_bytes(struct test_buffer *out, struct kh_bytes bytes)
{
    put(out, bytes.size, 4);
    test_buffer_append(out, bytes.data, (size_t)bytes.size);
}

static void put_address(struct test_buffer *out, const struct replay_broker *broker)
{
    put(out, 1, 4);
    put_string(out, KH_STRING("127.0.0.1"));
    put(out, broker->port, 4);
}

/* KIP-511: a version that the broker lacks is answered in v0, with what it speaks. */
static void api_versions(struct test_buffer *out, int16_t version)
{
    put(out, version == 0 ? 0 : UNSUPPORTED_VERSION, 2);
    put(out, SPOKEN, 4);
    for (size_t i = 0; i < SPOKEN; i++) {
        put(out, spoken[i].key, 2);
        put(out, spoken[i].oldest, 2);
        put(out, spoken[i].newest, 2);
    }
}

static void metadata(const struct replay_broker *broker, struct test_buffer *out, int16_t version)
{
    put(out, 0, 4);
    put(out, 1, 4);
    put_address(out, broker);
    put(out, -1, 2); /* rack */
    put_string(out, KH_STRING("replay"));
    put(out, 1, 4); /* controller */
    put(out, 1, 4);
    put(out, 0, 2);
    put_string(out, kh_string_of(broker->topic));
    put(out, 0, 1);
    put(out, broker->partitions, 4);
    for (int32_t i = 0; i < broker->partitions; i++) {
        put(out, 0, 2);
        put(out, i, 4);
        put(out, 1, 4); /* leader */
        if (version >= 7)
            put(out, 0, 4);                    /* and its epoch */
        for (int list = 0; list < 2; list++) { /* replicas, in sync */
            put(out, 1, 4);
            put(out, 1, 4);
        }
        if (version >= 5)
            put(out, 0, 4); /* offline */
    }
}

static void find_coordinator(const struct replay_broker *broker, struct test_buffer *out)
{
    put(out, 0, 4);
    put(out, 0, 2);
    put(out, -1, 2);
    put_address(out, broker);
}

static void join_group(struct test_buffer *out, struct kh_reader *r)
{
    const struct kh_string member = KH_STRING("replay-member");
    struct kh_string protocol;

    kh_read_string(r); /* group_id */
    kh_read_i32(r);
    kh_read_i32(r);
    kh_read_string(r);          /* member_id */
    kh_read_nullable_string(r); /* group_instance_id */
    kh_read_string(r);          /* protocol_type */
    kh_read_i32(r);             /* the first of the protocols is as good as any */
    protocol = kh_read_string(r);
    put(out, 0, 4);
    put(out, 0, 2);
    put(out, 1, 4);
    put_string(out, protocol);
    put_string(out, member); /* the leader */
    put_string(out, member);
    put(out, 1, 4);
    put_string(out, member);
    put(out, -1, 2);
    put_bytes(out, kh_read_bytes(r));
}

static void sync_group(struct test_buffer *out, struct kh_reader *r)
{
    kh_read_string(r); /* group_id */
    kh_read_i32(r);
    kh_read_string(r);          /* member_id */
    kh_read_nullable_string(r); /* group_instance_id */
    put(out, 0, 4);
    put(out, 0, 2);
    if (kh_read_i32(r) == 0) {
        put(out, 0, 4);
        return;
    }
    kh_read_string(r);
    put_bytes(out, kh_read_bytes(r));
}

static void leave_group(struct test_buffer *out, struct kh_reader *r, int16_t version)
{
    kh_read_string(r); /* group_id */
    put(out, 0, 4);
    put(out, 0, 2);
    if (version < 3)
        return;
    put(out, 1, 4);
    kh_read_i32(r);
    put_string(out, kh_read_string(r));
    put(out, -1, 2);
    put(out, 0, 2);
}

/* The rest ask about topics and partitions, and are answered in the same shape: what follows a
 * partition's index is read by its size, and answered by `put_partition`. */
static void per_partition(struct test_buffer *out, struct kh_reader *r, size_t asked,
                          bool with_metadata, void (*put_partition)(struct test_buffer *out))
{
    int32_t topics = kh_read_i32(r);

    put(out, topics, 4);
    for (int32_t i = 0; i < topics && kh_read_ok(r); i++) {
        int32_t count;

        put_string(out, kh_read_string(r));
        count = kh_read_i32(r);
        put(out, count, 4);
        for (int32_t j = 0; j < count && kh_read_ok(r); j++) {
            put(out, kh_read_i32(r), 4);
            kh_read_raw(r, asked);
            if (with_metadata)
                kh_read_nullable_string(r);
            put_partition(out);
        }
    }
}

static void put_committed(struct test_buffer *out)
{
    put(out, 0, 8);
    put(out, -1, 4);
    put_string(out, KH_STRING(""));
    put(out, 0, 2);
}

static void put_error(struct test_buffer *out)
{
    put(out, 0, 2);
}

static void put_beginning(struct test_buffer *out)
{
    put(out, 0, 2);
    put(out, -1, 8);
    put(out, 0, 8);
}

static void put_beginning_and_epoch(struct test_buffer *out)
{
    put_beginning(out);
    put(out, 0, 4);
}

static void offset_fetch(struct test_buffer *out, struct kh_reader *r)
{
    kh_read_string(r); /* group_id */
    put(out, 0, 4);
    per_partition(out, r, 0, false, put_committed);
    put(out, 0, 2);
}

static void offset_commit(struct test_buffer *out, struct kh_reader *r)
{
    kh_read_string(r); /* group_id */
    kh_read_i32(r);
    kh_read_string(r);          /* member_id */
    kh_read_nullable_string(r); /* group_instance_id */
    put(out, 0, 4);
    per_partition(out, r, 8 + 4, true, put_error); /* offset, leader epoch */
}

static void list_offsets(struct test_buffer *out, struct kh_reader *r, int16_t version)
{
    kh_read_i32(r); /* replica_id */
    kh_read_i8(r);  /* isolation_level */
    put(out, 0, 4);
    if (version < 4)
        per_partition(out, r, 8, false, put_beginning); /* timestamp */
    else
        per_partition(out, r, 4 + 8, false, put_beginning_and_epoch); /* leader epoch, timestamp */
}

bool replay_answer(const struct replay_broker *broker, struct test_buffer *out, int16_t api_key,
                   int16_t api_version, struct kh_reader *r)
{
    int api = kh_api_by_key(api_key);

    if (api == KH_API_API_VERSIONS) {
        api_versions(out, api_version);
        return true;
    }
    if (api < 0 || !replay_speaks(api_key, api_version))
        return false;
    if (api == KH_API_METADATA)
        metadata(broker, out, api_version);
    else if (api == KH_API_FIND_COORDINATOR)
        find_coordinator(broker, out);
    else if (api == KH_API_JOIN_GROUP)
        join_group(out, r);
    else if (api == KH_API_SYNC_GROUP)
        sync_group(out, r);
    else if (api == KH_API_LEAVE_GROUP)
        leave_group(out, r, api_version);
    else if (api == KH_API_OFFSET_FETCH)
        offset_fetch(out, r);
    else if (api == KH_API_OFFSET_COMMIT)
        offset_commit(out, r);
    else if (api == KH_API_LIST_OFFSETS)
        list_offsets(out, r, api_version);
    else if (api == KH_API_HEARTBEAT)
        put(out, 0, 4 + 2); /* throttle_time_ms, error_code */
    else
        return false;
    return kh_read_ok(r);
}
