/* Close always ends (decision 9): the machine is told to stop, and stops by the deadline, whatever
 * happens. */
#include "consumer/taped.h"

enum { DEFAULT_CLOSE_MS = 30000 };

struct kh_close_waiter {
    struct kh_list node;
    kohort_done *done;
    void *arg;
};

void kh_close_finish(kohort_consumer *c)
{
    c->closing.finished = true;
    kh_client_ask_turn(c);
}

static const kohort_error *outcome(kohort_consumer *c, kohort_error *error)
{
    if (kh_consumer_now(c) < c->closing.deadline_ms)
        return NULL;
    kh_error_init(error, KOHORT_ETIMEDOUT);
    kh_error_text(
        error,
        "group %s: closing did not end in time; what was not committed comes again, and the "
        "group may notice only after the session timeout",
        c->values.group_id);
    return error;
}

void kh_close_continue(kohort_consumer *c)
{
    struct kh_closing *closing = &c->closing;
    struct kh_heap *heap = kh_consumer_heap(c);
    if (!closing->finished)
        return;
    closing->finished = closing->wanted = false;
    closing->reason = NULL;
    kohort_error text;
    const kohort_error *error = outcome(c, &text);
    kh_consumer_tear_down(c);
    while (!kh_list_empty(&closing->done)) {
        struct kh_close_waiter *waiter =
            kh_container(closing->done.next, struct kh_close_waiter, node);
        kohort_done *done = waiter->done;
        void *arg = waiter->arg;
        kh_list_remove(&waiter->node);
        kh_free(heap, waiter);
        if (done != NULL && !c->torn_down)
            kh_taped_done(c, done, error, arg);
    }
}

void kh_close_init(kohort_consumer *c)
{
    kh_list_init(&c->closing.done);
}

void kh_close_free(kohort_consumer *c)
{
    kh_list_each_safe (node, &c->closing.done) {
        kh_list_remove(node);
        kh_free(kh_consumer_heap(c), kh_container(node, struct kh_close_waiter, node));
    }
}

static void stop_by(kohort_consumer *c, int64_t deadline_ms, bool leave)
{
    struct kh_closing *closing = &c->closing;
    int64_t due_ms =
        kh_shared_now(kh_consumer_shared(c)) + (deadline_ms == 0 ? DEFAULT_CLOSE_MS : deadline_ms);
    if (!closing->wanted)
        closing->leave = leave;
    if (!closing->wanted || due_ms < closing->deadline_ms)
        closing->deadline_ms = due_ms;
    closing->wanted = closing->stop_due = true;
    kh_client_ask_turn(c);
}

void kh_close_begin(kohort_consumer *c, const char *reason)
{
    c->closing.reason = reason;
    stop_by(c, 0, true);
}

static int close_consumer(kohort_consumer *c, int64_t deadline_ms, int leave_or_stay,
                          kohort_done *done, void *arg)
{
    if (deadline_ms < 0 || leave_or_stay < KOHORT_LEAVE || leave_or_stay > KOHORT_LEAVE_IF_DYNAMIC)
        return KOHORT_EINVAL;
    bool is_static = kh_consumer_instance_id(c).data != NULL;
    struct kh_close_waiter *waiter = kh_alloc_zeroed(kh_consumer_heap(c), 1, sizeof *waiter);
    if (waiter == NULL)
        return KOHORT_ENOMEM;
    *waiter = (struct kh_close_waiter){.done = done, .arg = arg};
    kh_list_append(&c->closing.done, &waiter->node);
    stop_by(c, deadline_ms,
            leave_or_stay == KOHORT_LEAVE ||
                (leave_or_stay == KOHORT_LEAVE_IF_DYNAMIC && !is_static));
    return 0;
}

int kohort_consumer_close(kohort_consumer *c, int64_t deadline_ms, int leave_or_stay,
                          kohort_done *done, void *arg)
{
    return kh_taped(kh_consumer_tape(c), close_consumer(c, deadline_ms, leave_or_stay, done, arg),
                    KH_TAPED_CONSUMER(CONSUMER_CLOSE, c), .a = deadline_ms, .b = leave_or_stay,
                    .c = done != NULL);
}
