/* Which version of an API to use (decision 10): the highest that this broker and we speak, inside
 * the user's range. */
#ifndef KH_NET_VERSION_RANGES_H
#define KH_NET_VERSION_RANGES_H

#include "base/bytes.h"
#include "protocol/api.h"

#include <kohort/kohort.h>

struct kh_version_range {
    int16_t oldest, newest; /* newest < oldest: none */
};

/* The user's: `api.versions=fetch:4-11,offset_commit:3`. */
struct kh_version_ranges {
    struct kh_version_range ranges[KH_API_COUNT];
};

/* A broker's, from its ApiVersions answer. */
struct kh_broker_versions {
    struct kh_version_range ranges[KH_API_COUNT];
};

/* Everything this library speaks. */
void kh_version_ranges_init(struct kh_version_ranges *ranges);
/* Reads the option's text over what is there. 0, or KOHORT_EINVAL with a sentence in `problem`
 * (NULL when size is 0), and nothing has changed. */
int kh_version_ranges_parse(struct kh_version_ranges *ranges, const char *text, char *problem,
                            size_t problem_size);
/* The version to use, or KOHORT_EVERSION with all ranges in error->text. `wanted`: -1, or exactly
 * this one. `newest`: -1, or the highest that the request can be written at. The broker in `error`
 * (kh_error_set_broker) is kept, and named. */
int kh_version_choose(const struct kh_version_ranges *user, const struct kh_broker_versions *broker,
                      enum kh_api api, int16_t wanted, int16_t newest, kohort_error *error);

#endif
