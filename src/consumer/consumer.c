/* A consumer's life: made, started by a subscription, turned by its client, torn down, buried. */
#include "consumer/kept.h"
#include "consumer/strategy.h"
#include "consumer/stuck.h"
#include "consumer/taped.h"

/* Where time runs out, the next turn goes on with the next partition: none waits for another's
 * backlog. */
static void turn_partitions(kohort_consumer *c)
{
    size_t count = c->ownership.owned.count, first = c->deliver_next;
    kh_delivery_begin(c);
    for (size_t i = 0; i < count && !c->torn_down; i++) {
        if (!kh_delivery_has_time(c)) {
            c->deliver_next = (first + i) % count;
            kh_client_ask_turn(c);
            return;
        }
        kh_deliver_waiting(c->ownership.owned.items[(first + i) % count]);
    }
}

/* Tells the machine what is subscribed. */
static void start(kohort_consumer *c)
{
    struct kh_member_event event = {.type =
                                        c->started ? KH_MEMBER_EV_SUBSCRIBE : KH_MEMBER_EV_START,
                                    .topics = c->subscription.topics,
                                    .topic_count = c->subscription.topic_count};
    kohort_error error;
    c->start_due = false;
    c->started = true;
    int status = kh_group_event(c, &event);
    if (status == 0)
        return;
    c->started = event.type == KH_MEMBER_EV_SUBSCRIBE;
    kh_error_init(&error, status);
    kh_error_text(&error, "group %s: the subscription could not be taken: %s", c->values.group_id,
                  kh_status_text(status));
    kh_event_failed(c, &error);
}

/* What was asked for by calls and left over by events, in the order in which one may depend on the
 * other. */
static void tell_stall(kohort_consumer *c)
{
    int64_t late_ms = c->late_ms;
    c->late_ms = 0;
    if (late_ms > 0)
        kh_event_stall(c, late_ms);
}

void kh_consumer_turn(kohort_consumer *c)
{
    if (c->torn_down)
        return;
    tell_stall(c);
    kh_stuck_check(c);
    if (c->closing.stop_due) {
        c->closing.stop_due = c->start_due = c->subscription.pattern_new = false;
        kh_group_event(c, &(struct kh_member_event){.type = KH_MEMBER_EV_STOP,
                                                    .leave = c->closing.leave,
                                                    .text = c->closing.reason,
                                                    .deadline_ms = c->closing.deadline_ms});
    }
    kh_subscription_match(c);
    if (c->start_due)
        start(c);
    kh_group_tell_unsent(c);
    kh_group_try_assign(c);
    kh_watch_check(c);
    kh_revocation_continue(c);
    kh_validation_plan(c);
    turn_partitions(c);
    kh_commit_plan(c);
    kh_start_offsets_plan(c);
    kh_reset_plan(c);
    kh_fetch_plan(c);
    kh_group_close_idle_lane(c);
    kh_close_continue(c);
}

static int read_options(kohort_consumer *c, kohort_options *o)
{
    struct kh_strategy strategy;
    int status = kh_options_read(o, KH_OPTION_CONSUMER, &c->values);
    if (status != 0)
        return status;
    kh_strategy_read(&strategy, o, c->values.assignors);
    c->assignors = kh_strategy_keep(&strategy, kh_consumer_heap(c), kh_consumer_tape(c));
    c->assignor_count = strategy.count;
    c->texts = kh_option_values_own(&c->values, kh_consumer_heap(c));
    return c->assignors == NULL || c->texts == NULL ? KOHORT_ENOMEM : 0;
}

/* The client's options, with those of the consumer over them: it keeps what it reads of them, and
 * not the set. */
static int take_options(kohort_consumer *c, kohort_options *o)
{
    kohort_options *merged;
    int status = kh_options_copy(&merged, c->client->options);
    if (status != 0)
        return status;
    status = kh_options_merge(merged, o);
    if (status == 0)
        status = read_options(c, merged);
    if (status == KOHORT_EINVAL)
        kh_options_complain(o, "%s", kohort_options_problem(merged));
    kohort_options_free(merged);
    return status;
}

static void free_options(kohort_consumer *c)
{
    kh_free(kh_consumer_heap(c), c->texts);
    kh_free(kh_consumer_heap(c), (void *)c->assignors);
}

static void warn(kohort_consumer *c)
{
    const struct kh_log *log = &kh_consumer_shared(c)->log;
    if (c->values.heartbeat_interval_ms > c->values.session_timeout_ms / 3)
        kh_log(log, KH_LOG_WARNING,
               "group %s: heartbeat.interval.ms=%lld is more than a third of "
               "session.timeout.ms=%lld: one lost heartbeat "
               "may cost the membership",
               c->values.group_id, (long long)c->values.heartbeat_interval_ms,
               (long long)c->values.session_timeout_ms);
}

static int check_arguments(kohort_client *cl, kohort_options *o, const kohort_handlers *h)
{
    kh_options_forget_problem(o);
    if (cl->closing)
        return KOHORT_ECLOSED;
    if (h == NULL || h->size != sizeof *h) {
        kh_options_complain(o, "handlers: not ours; start from KOHORT_HANDLERS_INIT");
        return KOHORT_EINVAL;
    }
    return 0;
}

static int check_handlers(const kohort_consumer *c, kohort_options *o)
{
    if (c->handlers.on_records != NULL || c->values.membership_only)
        return 0;
    kh_options_complain(o, "handlers: on_records is missing; set it, or membership.only=true");
    return KOHORT_EINVAL;
}

static int new_consumer(kohort_consumer **ret, kohort_client *cl, kohort_options *o,
                        const kohort_handlers *h, void *user)
{
    int status = check_arguments(cl, o, h);
    if (status != 0)
        return status;
    kohort_consumer *c = kh_alloc_zeroed(&cl->heap, 1, sizeof *c);
    if (c == NULL)
        return KOHORT_ENOMEM;
    c->client = cl;
    c->handlers = *h;
    c->user = user;
    status = take_options(c, o);
    if (status == 0 || status == KOHORT_EINVAL) /* Every problem is named at once. */
        status = check_handlers(c, o) == 0 ? status : KOHORT_EINVAL;
    if (status == 0)
        status = kh_group_init(c);
    if (status != 0) {
        free_options(c);
        kh_free(&cl->heap, c);
        return status;
    }
    kh_list_init(&c->busy_node);
    kh_list_init(&c->fetchers);
    kh_subscription_init(c);
    kh_ownership_init(c);
    kh_start_offsets_init(c);
    kh_validation_init(c);
    kh_commit_init(c);
    kh_stuck_init(c);
    kh_close_init(c);
    kh_list_append(&cl->consumers, &c->node);
    c->number = ++cl->consumers_made;
    if (c->values.heartbeat_interval_ms < cl->shortest_heartbeat_ms)
        cl->shortest_heartbeat_ms = c->values.heartbeat_interval_ms;
    warn(c);
    *ret = c;
    return 0;
}

int kohort_consumer_new(kohort_consumer **ret, kohort_client *cl, kohort_options *o,
                        const kohort_handlers *h, void *user)
{
    struct kh_tape *tape = cl->shared.tape;
    if (tape == NULL)
        return new_consumer(ret, cl, o, h, user);
    kh_call_begin(tape, &(struct kh_taped_call){.call = KH_CALL_CONSUMER_NEW,
                                                .a = kh_taped_handlers(h),
                                                .text_count = kh_taped_option_count(o)});
    kh_taped_options(tape, o);
    return kh_call_end(tape, new_consumer(ret, cl, o, h, user));
}

static int subscribe(kohort_consumer *c, const char *const *topics, size_t count)
{
    if (c->closing.wanted || c->torn_down)
        return KOHORT_ESTATE;
    if (topics == NULL || count == 0)
        return KOHORT_EINVAL;
    int status = kh_subscription_set(c, topics, count);
    if (status != 0)
        return status;
    c->start_due = true;
    kh_client_ask_turn(c);
    return 0;
}

int kohort_subscribe(kohort_consumer *c, const char *const *topics, size_t count)
{
    return kh_taped(kh_consumer_tape(c), subscribe(c, topics, count),
                    KH_TAPED_CONSUMER(SUBSCRIBE, c), .texts = topics,
                    .text_count = topics == NULL ? 0 : (int64_t)count);
}

static int subscribe_pattern(kohort_consumer *c, const char *pattern, char *problem, size_t size)
{
    struct kh_pattern *made;
    if (size > 0)
        *problem = '\0';
    if (c->closing.wanted || c->torn_down)
        return KOHORT_ESTATE;
    int status = kh_pattern_new(&made, kh_consumer_heap(c), pattern, problem, size);
    if (status != 0)
        return status;
    kh_subscription_set_pattern(c, made);
    kh_client_ask_turn(c);
    return 0;
}

int kohort_subscribe_pattern(kohort_consumer *c, const char *pattern, char *problem, size_t size)
{
    return kh_taped(kh_consumer_tape(c), subscribe_pattern(c, pattern, problem, size),
                    KH_TAPED_CONSUMER(SUBSCRIBE_PATTERN, c), .texts = &pattern, .text_count = 1);
}

void kh_consumer_tear_down(kohort_consumer *c)
{
    kohort_error error;
    kh_error_init(&error, KOHORT_ECLOSED);
    kh_group_stop_requests(c);
    kh_start_offsets_cancel(c);
    kh_reset_cancel(c);
    kh_validation_cancel(c);
    kh_fetch_cancel(c);
    kh_stuck_stop(c);
    kh_commit_cancel(c, &error);
    kh_ownership_free(c);
    kh_watch_end(c);
    c->started = false;
}

static int free_consumer(kohort_consumer *c)
{
    if (c->torn_down)
        return 0;
    /* This may be one of its own callbacks: it goes silent now, and away at the end of the client's
     * turn. */
    c->torn_down = true;
    kh_list_remove(&c->node);
    kh_list_append(&c->client->buried, &c->node);
    kh_client_wake(c->client);
    return 0;
}

void kohort_consumer_free(kohort_consumer *c)
{
    kh_taped(kh_consumer_tape(c), free_consumer(c), KH_TAPED_CONSUMER(CONSUMER_FREE, c));
}

void kh_consumer_bury(kohort_consumer *c)
{
    kohort_client *cl = c->client;
    kh_list_remove(&c->node);
    kh_list_remove(&c->busy_node);
    kh_consumer_tear_down(c);
    kh_kept_orphan(c);
    kh_close_free(c);
    kh_subscription_free(c);
    kh_group_free(c);
    free_options(c);
    kh_free(&cl->heap, c);
}
