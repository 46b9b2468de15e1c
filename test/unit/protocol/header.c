#include "protocol/header.h"

#include "support/test.h"

static struct kh_writer w;

static void expect_header(bool flexible, struct kh_string client_id, const char *expected,
                          size_t size)
{
    kh_writer_init(&w, test_heap);
    w.flexible = flexible;
    kh_request_header_encode(
        &w, &(struct kh_request_header){
                .api_key = 11, .api_version = 6, .correlation_id = 77, .client_id = client_id});
    expect_status(w.status, 0);
    cr_assert_eq(w.flexible, flexible, "left for the body");
    cr_assert_eq(w.size, size);
    cr_assert(memcmp(w.data, expected, size) == 0);
    kh_writer_free(&w);
}

KH_TEST(header, client_id_is_never_compact)
{
    expect_header(false, KH_STRING("me"), "\0\x0b\0\x06\0\0\0\x4d\0\x02me", 12);
    expect_header(true, KH_STRING("me"), "\0\x0b\0\x06\0\0\0\x4d\0\x02me\0", 13);
    expect_header(true, (struct kh_string){NULL, 0}, "\0\x0b\0\x06\0\0\0\x4d\xff\xff\0", 11);
}

static struct kh_reader read_header(enum kh_api api, int version, const char *data, size_t size)
{
    struct kh_reader r;
    kh_reader_init(&r, data, size, false, NULL);
    int32_t id = kh_response_header_decode(&r, api, version);
    cr_assert_eq(id, kh_read_ok(&r) || size >= 4 ? 77 : 0);
    return r;
}

KH_TEST(header, a_flexible_response_has_tags_in_its_header)
{
    struct kh_reader r = read_header(KH_API_JOIN_GROUP, 5, "\0\0\0\x4d", 4);
    cr_assert(kh_read_end(&r));
    cr_assert_not(r.flexible);

    r = read_header(KH_API_JOIN_GROUP, 6, "\0\0\0\x4d\x01\x05\x01x", 8);
    cr_assert(kh_read_end(&r));
    cr_assert(r.flexible);

    r = read_header(KH_API_JOIN_GROUP, 6, "\0\0\0\x4d", 4);
    cr_assert_not(kh_read_ok(&r));
    r = read_header(KH_API_JOIN_GROUP, 5, "\0\0\0", 3);
    cr_assert_not(kh_read_ok(&r));
}

KH_TEST(header, api_versions_answers_without_tags)
{
    struct kh_reader r = read_header(KH_API_API_VERSIONS, 3, "\0\0\0\x4d", 4);
    cr_assert(kh_read_end(&r));
    cr_assert(r.flexible, "but its body is flexible");
}
