#include "protocol/api.h"

#include "support/test.h"

KH_TEST(api, every_row_is_found_by_its_key_and_name)
{
    for (int i = 0; i < KH_API_COUNT; i++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)i);
        cr_assert_eq(kh_api_by_key(info->key), i);
        cr_assert_eq(kh_api_by_option_name(kh_string_of(info->option_name)), i);
        cr_assert_not_null(info->encode_request);
        cr_assert_eq(info->decode_response == NULL, i == KH_API_FETCH);
        cr_assert(info->oldest <= info->newest);
    }
    cr_assert_eq(kh_api_by_key(4), -1);
    cr_assert_eq(kh_api_by_option_name(KH_STRING("JoinGroup")), -1);
    cr_assert_eq(kh_api_by_option_name(KH_STRING("join")), -1);
}

KH_TEST(api, a_row_says_what_kafkas_schema_says)
{
    const struct kh_api_info *info = kh_api_info(KH_API_OFFSET_COMMIT);
    cr_assert_str_eq(info->name, "OffsetCommit");
    cr_assert_str_eq(info->option_name, "offset_commit");
    cr_assert_eq(info->key, 8);
    cr_assert_eq(info->oldest, 2);
    cr_assert_eq(info->newest, 10);
    cr_assert_not(kh_api_flexible(info, 7));
    cr_assert(kh_api_flexible(info, 8));
}
