#include "coverage.h"

#include "protocol/api.h"
#include "protocol/consumer_protocol.h"

#include <stdio.h>
#include <string.h>

enum { ENOUGH = 20 };

static void add(json_t *counts, const char *what)
{
    json_int_t count = json_integer_value(json_object_get(counts, what));

    json_object_set_new(counts, what, json_integer(count + 1));
}

void coverage_add(json_t *counts, const struct vector *v)
{
    char what[96];

    if (strcmp(v->kind, "batch") == 0) {
        const char *codec = json_string_value(json_object_get(v->value, "codec"));
        if (codec == NULL)
            return;
        snprintf(what, sizeof what, "batch of magic %d, codec %s", v->version, codec);
        add(counts, what);
    } else if (v->both_ways) {
        snprintf(what, sizeof what, "%s %s v%d", v->api, v->kind, v->version);
        add(counts, what);
    }
}

struct judgement {
    const json_t *counts;
    size_t passed, failed;
};

static void judge(struct judgement *j, const char *what)
{
    json_int_t count = json_integer_value(json_object_get(j->counts, what));

    if (count >= ENOUGH) {
        j->passed++;
        return;
    }
    printf("%s: %d vectors, of %d\n", what, (int)count, ENOUGH);
    j->failed++;
}

static void judge_versions(struct judgement *j, const char *api, const char *kind, int oldest,
                           int newest)
{
    char what[96];

    for (int version = oldest; version <= newest; version++) {
        snprintf(what, sizeof what, "%s %s v%d", api, kind, version);
        judge(j, what);
    }
}

static void judge_codecs(struct judgement *j, int magic)
{
    static const char *const codecs[] = {"none", "gzip", "snappy", "lz4", "zstd"};
    char what[96];

    /* zstd came after magic 2. */
    for (int codec = 0; codec < (magic < 2 ? 4 : 5); codec++) {
        snprintf(what, sizeof what, "batch of magic %d, codec %s", magic, codecs[codec]);
        judge(j, what);
    }
}

size_t coverage_judge(const json_t *counts, size_t *ret_failed)
{
    struct judgement j = {.counts = counts};

    for (int api = 0; api < KH_API_COUNT; api++) {
        const struct kh_api_info *info = kh_api_info((enum kh_api)api);
        judge_versions(&j, info->name, "request", info->oldest, info->newest);
        judge_versions(&j, info->name, "response", info->oldest, info->newest);
    }
    judge_versions(&j, "RequestHeader", "header", 1, 2);
    judge_versions(&j, "ResponseHeader", "header", 0, 1);
    judge_versions(&j, "ConsumerProtocolSubscription", "subscription", 0,
                   KH_CONSUMER_PROTOCOL_NEWEST);
    judge_versions(&j, "ConsumerProtocolAssignment", "assignment", 0, KH_CONSUMER_PROTOCOL_NEWEST);
    for (int magic = 0; magic <= 2; magic++)
        judge_codecs(&j, magic);
    *ret_failed = j.failed;
    return j.passed;
}
