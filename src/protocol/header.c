#include "protocol/header.h"

void kh_request_header_encode(struct kh_writer *w, const struct kh_request_header *header)
{
    bool flexible = w->flexible;

    kh_write_i16(w, header->api_key);
    kh_write_i16(w, header->api_version);
    kh_write_i32(w, header->correlation_id);
    /* RequestHeader.json: brokers read this header before they know whether they know the version,
     * so ClientId is never compact. */
    w->flexible = false;
    kh_write_nullable_string(w, header->client_id);
    w->flexible = flexible;
    kh_write_tags(w);
}

int32_t kh_response_header_decode(struct kh_reader *r, enum kh_api api, int version)
{
    int32_t correlation_id = kh_read_i32(r);

    r->flexible = kh_api_flexible(kh_api_info(api), version);
    if (api != KH_API_API_VERSIONS)
        kh_skip_tags(r);
    return correlation_id;
}
