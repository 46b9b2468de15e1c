/* Headers alone: the request's, which the library writes, and the response's, which it reads. */
#include "golden.h"

#include "base/limits.h"
#include "protocol/header.h"

#include <string.h>

static bool decodes(const struct schema *s, int version, const uint8_t *data, size_t size,
                    void *header)
{
    struct kh_reader r;

    kh_reader_init(&r, data, size, schema_flexible(s, version), NULL);
    schema_decode(s, version, &r, header);
    return kh_read_end(&r);
}

static bool reads_request_header(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    return decodes(&schema_request_header, g->vector.version, data, size, context);
}

static void check_request_header(struct golden *g)
{
    struct vector *v = &g->vector;
    struct kh_request_header header;
    struct kh_writer w;

    expect_prefixes_refused(g, v->data, v->size, v->size, reads_request_header, &header);
    if (!reads_request_header(g, &header, v->data, v->size)) {
        fail(g, "is refused");
        return;
    }
    expect_value(g, &schema_request_header, v->version, &header);
    if (!v->both_ways)
        return;
    kh_writer_init(&w, &g->heap);
    w.flexible = v->version >= 2;
    kh_request_header_encode(&w, &header);
    expect_bytes(g, &schema_request_header, v->version, "encoded", &w, 0, v->data, v->size);
    kh_writer_free(&w);
}

struct asked {
    enum kh_api api;
    int version;
    struct schema_response_header header;
};

static bool reads_response_header(struct golden *g, void *context, const uint8_t *data, size_t size)
{
    struct asked *asked = context;
    struct kh_reader r;

    (void)g;
    kh_reader_init(&r, data, size, false, NULL);
    asked->header.correlation_id = kh_response_header_decode(&r, asked->api, asked->version);
    return kh_read_end(&r) &&
           r.flexible == kh_api_flexible(kh_api_info(asked->api), asked->version);
}

/* ApiVersions is answered with header v0 at every version (KIP-511). */
static int header_of(enum kh_api api, int version)
{
    return kh_api_flexible(kh_api_info(api), version) && api != KH_API_API_VERSIONS ? 1 : 0;
}

static void check_before(struct golden *g, struct asked *asked)
{
    struct vector *v = &g->vector;

    expect_prefixes_refused(g, v->data, v->size, v->size, reads_response_header, asked);
    if (reads_response_header(g, asked, v->data, v->size))
        expect_value(g, &schema_response_header, v->version, &asked->header);
    else
        fail(g, "is refused before %s v%d", kh_api_info(asked->api)->name, asked->version);
}

/* The same header goes before the answers of all APIs. */
static void check_response_header(struct golden *g)
{
    const struct vector *v = &g->vector;
    struct asked asked = {.api = KH_API_FETCH};

    for (int api = 0; api < KH_API_COUNT && !g->failure; api++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        for (int version = info->oldest; version <= info->newest && !g->failure; version++) {
            asked.api = (enum kh_api)api;
            asked.version = version;
            if (header_of(asked.api, version) == v->version)
                check_before(g, &asked);
        }
    }
    if (!v->both_ways)
        return;
    struct kh_writer w;
    kh_writer_init(&w, &g->heap);
    w.flexible = v->version >= 1;
    schema_encode(&schema_response_header, v->version, &w, &asked.header);
    expect_bytes(g, &schema_response_header, v->version, "encoded again", &w, 0, v->data, v->size);
    kh_writer_free(&w);
}

void check_header(struct golden *g)
{
    const struct vector *v = &g->vector;

    if (strcmp(v->api, "RequestHeader") == 0 && (v->version == 1 || v->version == 2))
        check_request_header(g);
    else if (strcmp(v->api, "ResponseHeader") == 0 && (v->version == 0 || v->version == 1))
        check_response_header(g);
    else
        fail(g, "kohort does not speak this header");
}
