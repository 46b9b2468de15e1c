#include "schema/frame.h"

const struct schema *schema_read_request_header(struct kh_reader *r, const uint8_t *frame,
                                                size_t size, struct kh_arena *arena,
                                                struct kh_request_header *out)
{
    /* The version of the header is told by what it says (RequestHeader.parse). */
    kh_reader_init(r, frame, size, false, arena);
    int16_t key = kh_read_i16(r), version = kh_read_i16(r);
    const struct schema *s = schema_find(key, SCHEMA_REQUEST);
    bool flexible = s != NULL && schema_flexible(s, version);

    kh_reader_init(r, frame, size, flexible, arena);
    int status = schema_decode(&schema_request_header, flexible ? 2 : 1, r, out);
    return status == 0 ? s : NULL;
}

/* KIP-511: the answer to ApiVersions has header v0 at every version. */
static bool has_tagged_header(const struct schema *s, int version)
{
    return schema_flexible(s, version) && s->key != kh_api_info(KH_API_API_VERSIONS)->key;
}

void schema_write_response(struct kh_writer *w, const struct schema *s, int version,
                           int32_t correlation_id, const void *response)
{
    const struct schema_response_header header = {correlation_id};
    bool flexible = schema_flexible(s, version);

    w->flexible = has_tagged_header(s, version);
    schema_encode(&schema_response_header, w->flexible ? 1 : 0, w, &header);
    w->flexible = flexible;
    schema_encode(s, version, w, response);
}

void schema_write_request(struct kh_writer *w, const struct schema *s,
                          const struct kh_request_header *header, const void *request)
{
    w->flexible = schema_flexible(s, header->api_version);
    schema_encode(&schema_request_header, w->flexible ? 2 : 1, w, header);
    if (request != NULL)
        schema_encode(s, header->api_version, w, request);
}

void *schema_read_response(struct kh_reader *r, const struct schema *s, int version,
                           struct kh_bytes frame, struct kh_arena *arena,
                           int32_t *ret_correlation_id)
{
    struct schema_response_header header;

    kh_reader_init(r, frame.data, (size_t)frame.size, has_tagged_header(s, version), arena);
    schema_decode(&schema_response_header, r->flexible ? 1 : 0, r, &header);
    *ret_correlation_id = header.correlation_id;
    r->flexible = schema_flexible(s, version);
    void *response = kh_arena_alloc(arena, 1, s->size);
    schema_decode(s, version, r, response);
    return kh_read_end(r) ? response : NULL;
}
