#include "net/version_ranges.h"

#include "base/error.h"
#include "base/log.h"

#include <stdio.h>

void kh_version_ranges_init(struct kh_version_ranges *ranges)
{
    for (int api = 0; api < KH_API_COUNT; api++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        ranges->ranges[api] = (struct kh_version_range){info->oldest, info->newest};
    }
}

static struct kh_version_range intersection(struct kh_version_range a, struct kh_version_range b)
{
    return (struct kh_version_range){a.oldest > b.oldest ? a.oldest : b.oldest,
                                     a.newest < b.newest ? a.newest : b.newest};
}

static bool is_empty(struct kh_version_range range)
{
    return range.newest < range.oldest;
}

static struct kh_string trimmed(struct kh_string text)
{
    while (text.size > 0 && text.data[0] == ' ') {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

/* Cuts off what precedes the first `separator`, which goes too; all when there is none. */
static struct kh_string cut(struct kh_string *text, char separator)
{
    const char *found = text->size == 0 ? NULL : memchr(text->data, separator, (size_t)text->size);
    struct kh_string head = {text->data,
                             found == NULL ? text->size : (int32_t)(found - text->data)};
    int32_t used = found == NULL ? head.size : head.size + 1;
    text->data += used;
    text->size -= used;
    return trimmed(head);
}

/* -1 when it is not a small number. */
static int16_t parse_version(struct kh_string text)
{
    int value = 0;
    if (text.size < 1 || text.size > 4)
        return -1;
    for (int32_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        value = value * 10 + (text.data[i] - '0');
    }
    return (int16_t)value;
}

/* "4-11" or "3". */
static struct kh_version_range parse_range(struct kh_string text)
{
    bool single = text.size == 0 || memchr(text.data, '-', (size_t)text.size) == NULL;
    int16_t oldest = parse_version(cut(&text, '-'));
    return (struct kh_version_range){oldest, single ? oldest : parse_version(trimmed(text))};
}

static int parse_entry(struct kh_version_ranges *ranges, struct kh_string entry, char *problem,
                       size_t problem_size)
{
    char shown[64];
    kh_printable(shown, sizeof shown, entry);
    struct kh_string rest = entry;
    int api = kh_api_by_option_name(cut(&rest, ':'));
    struct kh_version_range range = parse_range(trimmed(rest));
    if (api < 0) {
        snprintf(problem, problem_size,
                 "\"%s\" does not begin with the name of an API that kohort uses, as in "
                 "fetch:4-11 or offset_commit:3",
                 shown);
        return KOHORT_EINVAL;
    }
    if (range.oldest < 0 || is_empty(range)) {
        snprintf(problem, problem_size,
                 "\"%s\" is not name:oldest-newest or name:version, as in fetch:4-11 or "
                 "offset_commit:3",
                 shown);
        return KOHORT_EINVAL;
    }
    const struct kh_api_info *info = kh_api_info((enum kh_api)api);
    struct kh_version_range ours = {info->oldest, info->newest};
    if (is_empty(intersection(ours, range))) {
        snprintf(problem, problem_size, "\"%s\" leaves nothing: kohort speaks versions %d to %d",
                 shown, info->oldest, info->newest);
        return KOHORT_EINVAL;
    }
    ranges->ranges[api] = range;
    return 0;
}

int kh_version_ranges_parse(struct kh_version_ranges *ranges, const char *text, char *problem,
                            size_t problem_size)
{
    struct kh_version_ranges parsed = *ranges;
    struct kh_string left = kh_string_of(text);
    while (left.size > 0) {
        struct kh_string entry = cut(&left, ',');
        int status = entry.size == 0 ? 0 : parse_entry(&parsed, entry, problem, problem_size);
        if (status != 0)
            return status;
    }
    *ranges = parsed;
    return 0;
}

/* "versions 4 to 11", "version 3 only" */
static const char *range_text(struct kh_version_range range, char *out, size_t size)
{
    if (is_empty(range))
        snprintf(out, size, "no version");
    else if (range.oldest == range.newest)
        snprintf(out, size, "version %d only", range.oldest);
    else
        snprintf(out, size, "versions %d to %d", range.oldest, range.newest);
    return out;
}

static int explain(const struct kh_version_ranges *user, const struct kh_broker_versions *broker,
                   enum kh_api api, int16_t wanted, int16_t newest, kohort_error *error)
{
    const struct kh_api_info *info = kh_api_info(api);
    struct kh_version_range ours = {info->oldest, info->newest};
    char theirs_text[32], ours_text[32], allowed_text[32], request_text[64] = "";
    int32_t broker_id = error->broker_id;
    char address[sizeof error->broker];
    snprintf(address, sizeof address, "%s", error->broker);

    if (wanted >= 0)
        snprintf(request_text, sizeof request_text, "; this request asks for version %d", wanted);
    else if (newest >= 0)
        snprintf(request_text, sizeof request_text,
                 "; this request cannot be written above version %d", newest);
    kh_error_init(error, KOHORT_EVERSION);
    kh_error_set_broker(error, broker_id, address);
    error->api_key = info->key;
    kh_error_text(error,
                  "no version of %s fits: the broker at %s speaks %s, kohort %s, api.versions "
                  "allows %s%s",
                  info->name, address,
                  range_text(broker->ranges[api], theirs_text, sizeof theirs_text),
                  range_text(ours, ours_text, sizeof ours_text),
                  range_text(user->ranges[api], allowed_text, sizeof allowed_text), request_text);
    return KOHORT_EVERSION;
}

int kh_version_choose(const struct kh_version_ranges *user, const struct kh_broker_versions *broker,
                      enum kh_api api, int16_t wanted, int16_t newest, kohort_error *error)
{
    const struct kh_api_info *info = kh_api_info(api);
    struct kh_version_range request = {0, newest < 0 ? INT16_MAX : newest};
    if (wanted >= 0)
        request = (struct kh_version_range){wanted, wanted};
    struct kh_version_range both =
        intersection((struct kh_version_range){info->oldest, info->newest}, broker->ranges[api]);
    struct kh_version_range fit = intersection(intersection(both, user->ranges[api]), request);
    return is_empty(fit) ? explain(user, broker, api, wanted, newest, error) : fit.newest;
}
