#include "net/metadata_stream.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/status.h"
#include "net/cluster_internal.h"
#include "net/metadata.h"

/* A request may be sent again, on another connection. */
static void begin(struct kh_stream_sink *sink, int16_t version, int64_t body_size)
{
    struct kh_metadata_stream *stream = kh_container(sink, struct kh_metadata_stream, sink);
    kh_listing_free(&stream->listing);
    stream->sink.wrong = NULL;
    stream->status = 0;
    stream->error_code = 0;
    stream->version = version;
    stream->part = KH_METADATA_HEAD;
    stream->body_left = (size_t)body_size;
    stream->lists = false;
}

static void read_head(struct kh_metadata_stream *stream, struct kh_reader *r)
{
    struct kh_cluster *cluster = stream->cluster;
    struct kh_metadata_response head;
    kh_metadata_response_decode_head(r, stream->version, &head);
    if (kh_read_ok(r) && head.topic_count > stream->body_left / KH_METADATA_TOPIC_MIN)
        kh_read_fail(r, "an array has more items than fit in the message");
    if (!kh_read_ok(r))
        return;
    kh_metadata_begin(cluster);
    stream->status = kh_metadata_apply_brokers(cluster, &head);
    stream->lists = stream->of_all && cluster->listing.wanted > 0;
    if (stream->status == 0 && stream->lists)
        stream->status =
            kh_listing_begin(&stream->listing, cluster->shared->heap, head.topic_count);
    stream->topics_left = head.topic_count;
    stream->part = head.topic_count > 0 ? KH_METADATA_TOPICS : KH_METADATA_TAIL;
}

static void read_topic(struct kh_metadata_stream *stream, struct kh_reader *r)
{
    struct kh_metadata_response_topic topic = {.error_code = 0};
    kh_metadata_response_decode_topic(r, stream->version, &topic);
    if (!kh_read_ok(r))
        return;
    if (stream->status == 0 && stream->lists)
        stream->status = kh_listing_add(&stream->listing, &topic);
    if (stream->status == 0)
        stream->status = kh_metadata_apply_topic(stream->cluster, &topic, stream->version);
    if (--stream->topics_left == 0)
        stream->part = KH_METADATA_TAIL;
}

static void read_tail(struct kh_metadata_stream *stream, struct kh_reader *r)
{
    struct kh_metadata_response tail = {.error_code = 0};
    kh_metadata_response_decode_tail(r, stream->version, &tail);
    if (!kh_read_ok(r))
        return;
    stream->error_code = tail.error_code;
    if (stream->status == 0 && stream->error_code == 0 && stream->lists)
        kh_listing_replace(&stream->cluster->listing, &stream->listing);
    stream->part = KH_METADATA_END;
}

static void read_part(struct kh_metadata_stream *stream, struct kh_reader *r)
{
    if (stream->part == KH_METADATA_HEAD)
        read_head(stream, r);
    else if (stream->part == KH_METADATA_TOPICS)
        read_topic(stream, r);
    else
        read_tail(stream, r);
}

/* What breaks off may go on with the next bytes; then it is read from its beginning again, when
 * there are twice as many of it. */
static int64_t bytes(struct kh_stream_sink *sink, struct kh_buffer *buffer, const uint8_t *data,
                     size_t size, bool last, size_t *need)
{
    struct kh_metadata_stream *stream = kh_container(sink, struct kh_metadata_stream, sink);
    struct kh_arena *arena = &stream->cluster->answers;
    bool flexible = kh_api_flexible(kh_api_info(KH_API_METADATA), stream->version);
    struct kh_reader r;
    size_t used = 0;
    (void)buffer;
    kh_reader_init(&r, data, size, flexible, arena);
    while (stream->part != KH_METADATA_END && kh_read_ok(&r)) {
        arena->limit = (size - used) * KH_LIMIT_ARENA_FACTOR;
        kh_reader_init(&r, data + used, size - used, flexible, arena);
        read_part(stream, &r);
        if (kh_read_ok(&r)) {
            used += kh_read_offset(&r);
            stream->body_left -= kh_read_offset(&r);
        }
        kh_arena_reset(arena);
    }
    if (!kh_read_ok(&r) && (last || r.status != KOHORT_EPROTOCOL)) {
        stream->sink.wrong = r.wrong;
        return r.status;
    }
    size_t left = size - used;
    *need = 2 * left < stream->body_left ? 2 * left : stream->body_left;
    if (stream->part == KH_METADATA_END && (left > 0 || !last)) {
        stream->sink.wrong = "bytes are left over behind it";
        return KOHORT_EPROTOCOL;
    }
    return (int64_t)used;
}

void kh_metadata_stream_init(struct kh_metadata_stream *stream, struct kh_cluster *cluster)
{
    *stream = (struct kh_metadata_stream){.cluster = cluster};
    stream->sink = (struct kh_stream_sink){.begin = begin, .bytes = bytes};
    kh_listing_init(&stream->listing, cluster->shared->heap);
}

void kh_metadata_stream_free(struct kh_metadata_stream *stream)
{
    kh_listing_free(&stream->listing);
}
