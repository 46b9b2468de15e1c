/* What the application is told through on_event. */
#include "consumer/taped.h"

#include <stdio.h>
#include <string.h>

static void tell(kohort_consumer *c, kohort_event *event)
{
    if (c->handlers.on_event == NULL || c->torn_down)
        return;
    struct kh_tape *tape = kh_consumer_tape(c);
    event->size = sizeof *event;
    if (tape != NULL)
        kh_callback_begin(tape, KH_CALLBACK_EVENT, c->number, event->type,
                          event->partition == NULL ? 0 : (int64_t)event->partition->ownership,
                          event->offset + event->late_ms + event->uncommitted,
                          kh_taped_hash_text(kh_taped_hash_text(0, event->state), event->text));
    c->in_callback++;
    c->handlers.on_event(c, event, c->user);
    c->in_callback--;
    kh_callback_end_if(tape, 0);
}

void kh_event_state(kohort_consumer *c, const char *state, const char *text)
{
    tell(c, &(kohort_event){.type = KOHORT_EVENT_STATE, .state = state, .text = text});
}

/* Who made the error may have known the broker by its id alone. */
static kohort_error with_address(kohort_consumer *c, const kohort_error *error)
{
    kohort_error complete = *error;
    const struct kh_node *node = error->broker_id < 0 || error->broker[0] != '\0'
                                     ? NULL
                                     : kh_cluster_node(c->client->cluster, error->broker_id);
    if (node != NULL)
        snprintf(complete.broker, sizeof complete.broker,
                 strchr(node->host, ':') == NULL ? "%s:%u" : "[%s]:%u", node->host, node->port);
    return complete;
}

void kh_event_error(kohort_consumer *c, kohort_partition *p, const kohort_error *error)
{
    kohort_error complete = with_address(c, error);
    kh_log(&kh_consumer_shared(c)->log, KH_LOG_WARNING, "%s", error->text);
    tell(c,
         &(kohort_event){
             .type = KOHORT_EVENT_ERROR, .partition = p, .error = &complete, .text = error->text});
}

void kh_event_failed(kohort_consumer *c, const kohort_error *error)
{
    kohort_error complete = with_address(c, error);
    kh_log(&kh_consumer_shared(c)->log, KH_LOG_ERROR, "%s", error->text);
    tell(c, &(kohort_event){.type = KOHORT_EVENT_FAILED, .error = &complete, .text = error->text});
}

void kh_event_reset(kohort_partition *p, int64_t before, int64_t offset, const char *text)
{
    tell(p->consumer, &(kohort_event){.type = KOHORT_EVENT_RESET,
                                      .partition = p,
                                      .offset = offset,
                                      .offset_before = before,
                                      .text = text});
}

void kh_event_truncated(kohort_partition *p, int64_t before, int64_t end)
{
    tell(p->consumer, &(kohort_event){.type = KOHORT_EVENT_TRUNCATED,
                                      .partition = p,
                                      .offset = end,
                                      .offset_before = before,
                                      .text = "a new leader does not have what was read"});
}

void kh_event_committed(kohort_partition *p, int64_t offset)
{
    tell(p->consumer,
         &(kohort_event){.type = KOHORT_EVENT_COMMITTED, .partition = p, .offset = offset});
}

void kh_event_end(kohort_partition *p, int64_t offset)
{
    tell(p->consumer, &(kohort_event){.type = KOHORT_EVENT_END, .partition = p, .offset = offset});
}

void kh_event_uncommitted(kohort_partition *p)
{
    int64_t from = p->committed >= 0 ? p->committed : p->started_at;
    if (p->position <= from)
        return;
    tell(p->consumer, &(kohort_event){.type = KOHORT_EVENT_UNCOMMITTED,
                                      .partition = p,
                                      .offset = p->committed,
                                      .uncommitted = p->position - from});
}

void kh_event_stuck(kohort_partition *p, int64_t first, int64_t last, const char *text)
{
    kh_log(&kh_consumer_shared(p->consumer)->log, KH_LOG_WARNING, "%s", text);
    tell(p->consumer, &(kohort_event){.type = KOHORT_EVENT_STUCK,
                                      .partition = p,
                                      .offset = first,
                                      .last_offset = last,
                                      .text = text});
}

void kh_event_stall(kohort_consumer *c, int64_t late_ms)
{
    char text[256];
    snprintf(text, sizeof text,
             "the loop stood still for %lld ms: heartbeats leave from it, and without one for %lld "
             "ms the group takes the partitions away; work on records in a thread, and acknowledge "
             "them later",
             (long long)late_ms, (long long)c->values.session_timeout_ms);
    kh_log(&kh_consumer_shared(c)->log, KH_LOG_WARNING, "%s", text);
    tell(c, &(kohort_event){.type = KOHORT_EVENT_STALL, .text = text, .late_ms = late_ms});
}
