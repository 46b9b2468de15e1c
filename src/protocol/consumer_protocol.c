#include "protocol/consumer_protocol.h"

void kh_consumer_topics_write(struct kh_writer *w, const struct kh_consumer_topic *topics,
                              size_t count)
{
    kh_write_array(w, count);
    for (size_t i = 0; i < count; i++) {
        kh_write_string(w, topics[i].topic);
        kh_write_i32_array(w, topics[i].partitions, topics[i].partition_count);
    }
}

void kh_consumer_subscription_encode(struct kh_writer *w, int version,
                                     const struct kh_consumer_subscription *s)
{
    kh_write_i16(w, (int16_t)version);
    kh_write_array(w, s->topic_count);
    for (size_t i = 0; i < s->topic_count; i++)
        kh_write_string(w, s->topics[i]);
    kh_write_nullable_bytes(w, s->user_data);
    if (version >= 1) /* KIP-429: what the member holds */
        kh_consumer_topics_write(w, s->owned, s->owned_count);
    if (version >= 2) /* KIP-792: since which generation */
        kh_write_i32(w, s->generation);
    if (version >= 3) /* KIP-881 */
        kh_write_nullable_string(w, s->rack);
}

void kh_consumer_assignment_encode(struct kh_writer *w, int version,
                                   const struct kh_consumer_assignment *a)
{
    kh_write_i16(w, (int16_t)version);
    kh_consumer_topics_write(w, a->topics, a->topic_count);
    kh_write_nullable_bytes(w, a->user_data);
}

enum { STRING_MIN = 2, TOPIC_MIN = 6 };

static size_t read_topics(struct kh_reader *r, struct kh_consumer_topic **topics)
{
    size_t count = kh_read_array(r, TOPIC_MIN, sizeof **topics, topics);

    for (size_t i = 0; i < count && kh_read_ok(r); i++) {
        (*topics)[i].topic = kh_read_string(r);
        (*topics)[i].partition_count = kh_read_i32_array(r, &(*topics)[i].partitions);
    }
    return count;
}

/* ConsumerProtocol.java: new versions only append, so a higher one is read as the newest we know.
 */
static int read_version(struct kh_reader *r)
{
    int16_t version = kh_read_i16(r);

    if (version < 0)
        kh_read_fail(r, "the version of the consumer protocol is negative");
    return version;
}

int kh_consumer_subscription_decode(struct kh_reader *r, struct kh_consumer_subscription *s)
{
    *s = (struct kh_consumer_subscription){.generation = -1};
    int version = read_version(r);
    s->topic_count = kh_read_array(r, STRING_MIN, sizeof *s->topics, &s->topics);
    for (size_t i = 0; i < s->topic_count && kh_read_ok(r); i++)
        s->topics[i] = kh_read_string(r);
    s->user_data = kh_read_nullable_bytes(r);
    if (version >= 1) /* KIP-429 */
        s->owned_count = read_topics(r, &s->owned);
    if (version >= 2) /* KIP-792 */
        s->generation = kh_read_i32(r);
    if (version >= 3) /* KIP-881 */
        s->rack = kh_read_nullable_string(r);
    return version;
}

static size_t read_count(struct kh_reader *r, size_t item_min)
{
    int32_t count = kh_read_i32(r);
    if (count < 0)
        kh_read_fail(r, "null where there must be something");
    else if ((size_t)count > kh_read_left(r) / item_min)
        kh_read_fail(r, "an array has more items than fit in the message");
    return kh_read_ok(r) ? (size_t)count : 0;
}

struct kh_bytes kh_consumer_topics_skip(struct kh_reader *r)
{
    const uint8_t *begin = r->at;
    size_t count = read_count(r, TOPIC_MIN);
    for (size_t i = 0; i < count && kh_read_ok(r); i++) {
        kh_read_string(r);
        size_t partition_count = read_count(r, sizeof(int32_t));
        kh_read_raw(r, partition_count * sizeof(int32_t));
    }
    if (!kh_read_ok(r))
        return (struct kh_bytes){NULL, 0};
    return (struct kh_bytes){begin, (int32_t)(r->at - begin)};
}

static void view_topics(struct kh_reader *r, const struct kh_consumer_subscription_view *before,
                        struct kh_consumer_subscription_view *s)
{
    size_t size = before == NULL ? 0 : (size_t)before->wire_topics.size;
    if (size > 0 && size <= kh_read_left(r) && memcmp(r->at, before->wire_topics.data, size) == 0) {
        s->wire_topics = kh_read_raw(r, size);
        s->topics = before->topics;
        s->topic_count = before->topic_count;
        return;
    }
    const uint8_t *begin = r->at;
    s->topic_count = kh_read_array(r, STRING_MIN, sizeof *s->topics, &s->topics);
    for (size_t i = 0; i < s->topic_count && kh_read_ok(r); i++)
        s->topics[i] = kh_read_string(r);
    s->wire_topics = (struct kh_bytes){begin, (int32_t)(r->at - begin)};
}

void kh_consumer_subscription_view(struct kh_reader *r,
                                   const struct kh_consumer_subscription_view *before,
                                   struct kh_consumer_subscription_view *s)
{
    *s = (struct kh_consumer_subscription_view){.generation = -1};
    int version = read_version(r);
    view_topics(r, before, s);
    s->user_data = kh_read_nullable_bytes(r);
    if (version >= 1) /* KIP-429 */
        s->owned = kh_consumer_topics_skip(r);
    if (version >= 2) /* KIP-792 */
        s->generation = kh_read_i32(r);
    if (version >= 3) /* KIP-881 */
        s->rack = kh_read_nullable_string(r);
}

int kh_consumer_assignment_decode(struct kh_reader *r, struct kh_consumer_assignment *a)
{
    *a = (struct kh_consumer_assignment){0};
    int version = read_version(r);
    a->topic_count = read_topics(r, &a->topics);
    a->user_data = kh_read_nullable_bytes(r);
    return version;
}
