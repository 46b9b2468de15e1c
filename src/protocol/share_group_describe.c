#include "protocol/share_group_describe.h"

void kh_share_group_describe_request_encode(struct kh_writer *w, int version, const void *request)
{
    const struct kh_share_group_describe_request *req = request;

    (void)version; /* one layout so far */
    kh_write_string_array(w, req->group_ids, req->group_id_count);
    kh_write_bool(w, req->include_authorized_operations);
    kh_write_tags(w);
}

enum { GROUP_MIN = 20, MEMBER_MIN = 12, TOPIC_MIN = 19 };

static void read_topic(struct kh_reader *r, struct kh_share_group_describe_response_topic *topic)
{
    topic->topic_id = kh_read_uuid(r);
    topic->topic_name = kh_read_string(r);
    topic->partition_count = kh_read_i32_array(r, &topic->partitions);
    kh_skip_tags(r);
}

static void read_assignment(struct kh_reader *r,
                            struct kh_share_group_describe_response_assignment *assignment)
{
    assignment->topic_partition_count = kh_read_array(
        r, TOPIC_MIN, sizeof *assignment->topic_partitions, &assignment->topic_partitions);
    for (size_t i = 0; i < assignment->topic_partition_count && kh_read_ok(r); i++)
        read_topic(r, &assignment->topic_partitions[i]);
    kh_skip_tags(r);
}

static void read_member(struct kh_reader *r, struct kh_share_group_describe_response_member *member)
{
    member->member_id = kh_read_string(r);
    member->rack_id = kh_read_nullable_string(r);
    member->member_epoch = kh_read_i32(r);
    member->client_id = kh_read_string(r);
    member->client_host = kh_read_string(r);
    member->subscribed_topic_name_count = kh_read_string_array(r, &member->subscribed_topic_names);
    read_assignment(r, &member->assignment);
    kh_skip_tags(r);
}

static void read_group(struct kh_reader *r, struct kh_share_group_describe_response_group *group)
{
    group->error_code = kh_read_i16(r);
    group->error_message = kh_read_nullable_string(r);
    group->group_id = kh_read_string(r);
    group->group_state = kh_read_string(r);
    group->group_epoch = kh_read_i32(r);
    group->assignment_epoch = kh_read_i32(r);
    group->assignor_name = kh_read_string(r);
    group->member_count = kh_read_array(r, MEMBER_MIN, sizeof *group->members, &group->members);
    for (size_t i = 0; i < group->member_count && kh_read_ok(r); i++)
        read_member(r, &group->members[i]);
    group->authorized_operations = kh_read_i32(r);
    kh_skip_tags(r);
}

void kh_share_group_describe_response_decode(struct kh_reader *r, int version, void *response)
{
    struct kh_share_group_describe_response *res = response;

    (void)version; /* one layout so far */
    *res = (struct kh_share_group_describe_response){0};
    res->throttle_time_ms = kh_read_i32(r);
    res->group_count = kh_read_array(r, GROUP_MIN, sizeof *res->groups, &res->groups);
    for (size_t i = 0; i < res->group_count && kh_read_ok(r); i++)
        read_group(r, &res->groups[i]);
    kh_skip_tags(r);
}
