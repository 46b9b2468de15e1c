/* Reasons and terminal errors, in words. */
#include "coordinator/member_internal.h"

#include "base/error.h"

#include <stdio.h>

const char *kh_member_describe(char *out, enum kh_api api, const struct kh_member_event *event,
                               int16_t kafka_code)
{
    const char *what = event->status == 0     ? kh_kafka_error_name(kafka_code)
                       : event->error == NULL ? kh_status_text(event->status)
                                              : event->error->text;
    snprintf(out, KH_MEMBER_TEXT, "%s: %.160s", kh_api_info(api)->name, what);
    return out;
}

/* Leaves what is left of the text's room to the next piece. */
static void add_text(kohort_error *error, const char *before, const char *text)
{
    size_t length = strlen(error->text);
    snprintf(error->text + length, sizeof error->text - length, "%s%s", before, text);
}

static void add_our_assignors(const struct kh_member *m, kohort_error *error)
{
    for (size_t i = 0; i < m->options.assignor_count; i++)
        add_text(error, i == 0 ? "; this member offers " : ", ", m->options.assignors[i]->name);
}

void kh_member_fail_kafka(struct kh_member *m, enum kh_api api, int16_t kafka_code,
                          const char *detail)
{
    char group[128], broker[32] = "a broker";
    kohort_error error;
    kh_error_init_kafka(&error, kafka_code);
    error.api_key = kh_api_info(api)->key;
    error.broker_id = m->coordinator;
    if (m->coordinator >= 0)
        snprintf(broker, sizeof broker, "coordinator %d", m->coordinator);
    kh_error_text(&error, "%s of group '%s' at %s: %s (%d), %s", kh_api_info(api)->name,
                  kh_printable(group, sizeof group, m->options.group_id), broker,
                  kh_kafka_error_name(kafka_code), kafka_code, kh_kafka_error_text(kafka_code));
    if (detail != NULL)
        add_text(&error, "; ", detail);
    if (kafka_code == KH_KAFKA_INCONSISTENT_GROUP_PROTOCOL)
        add_our_assignors(m, &error);
    const char *hint = kh_verdict_hint(api, kafka_code);
    if (hint != NULL)
        add_text(&error, "; ", hint);
    if (kafka_code == KH_KAFKA_FENCED_INSTANCE_ID)
        kh_member_forget_id(m); /* it is another's now: leaving with it would put that one out */
    kh_member_fail(m, &error);
}

bool kh_member_failed_by_status(struct kh_member *m, enum kh_api api,
                                const struct kh_member_event *event)
{
    if (kh_verdict_of_status(event->status, event->error) != KH_VERDICT_FATAL)
        return false;
    kohort_error error;
    if (event->error != NULL) {
        error = *event->error;
    } else {
        kh_error_init(&error, event->status);
        error.api_key = kh_api_info(api)->key;
        kh_error_text(&error, "%s: %s", kh_api_info(api)->name, kh_status_text(event->status));
    }
    kh_member_fail(m, &error);
    return true;
}

void kh_member_fail(struct kh_member *m, const kohort_error *error)
{
    kh_member_cancel(m);
    kh_member_lose(m);
    if (!m->wanted) {
        kh_member_stopped(m, error->text); /* nobody waits for more than the end */
        return;
    }
    kh_member_note_rebalanced(m, false);
    m->actions->error = *error;
    kh_member_set_told_reason(m, error->text);
    kh_member_enter(m, KH_MEMBER_FAILED, "%s", error->text);
    kh_member_act(m, KH_MEMBER_ACT_FAILED)->error = &m->actions->error;
}
