#include "protocol/delete_groups.h"

void kh_delete_groups_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_delete_groups_request *req = request;

    (void)version; /* one layout so far */
    kh_write_string_array(w, req->groups_names, req->group_name_count);
    kh_write_tags(w);
}

enum { RESULT_MIN = 4 };

static void read_result(struct kh_reader *r, int version,
                        struct kh_delete_groups_response_result *result)
{
    result->group_id = kh_read_string(r);
    result->error_code = kh_read_i16(r);
    if (version >= 3)
        result->error_message = kh_read_nullable_string(r);
    kh_skip_tags(r);
}

void kh_delete_groups_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_delete_groups_response *res = response;

    *res = (struct kh_delete_groups_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->result_count = kh_read_array(r, RESULT_MIN, sizeof *res->results, &res->results);
    for (size_t i = 0; i < res->result_count && kh_read_ok(r); i++)
        read_result(r, version, &res->results[i]);
    kh_skip_tags(r);
}
