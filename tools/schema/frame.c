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

void schema_write_response(struct kh_writer *w, const struct schema *s, int version,
                           int32_t correlation_id, const void *response)
{
    const struct schema_response_header header = {correlation_id};
    bool flexible = schema_flexible(s, version);

    /* KIP-511: the answer to ApiVersions has header v0 at every version. */
    w->flexible = flexible && s->key != kh_api_info(KH_API_API_VERSIONS)->key;
    schema_encode(&schema_response_header, w->flexible ? 1 : 0, w, &header);
    w->flexible = flexible;
    schema_encode(s, version, w, response);
}
