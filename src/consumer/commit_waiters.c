/* Who asked for a commit: each call waits for the next one, is told how it ended exactly once, and
 * in the order of the calls; only one whose time is up does not wait for those before it. */
#include "consumer/commit.h"
#include "consumer/taped.h"

#include "base/limits.h"

#include <string.h>

static void fill_stale(const kohort_consumer *c, kohort_error *error)
{
    kh_error_init(error, KOHORT_ESTALE);
    error->api_key = kh_api_info(KH_API_OFFSET_COMMIT)->key;
    kh_error_text(error,
                  "group %s: a partition went to another member before its offset could be "
                  "committed; nothing of this call is",
                  c->values.group_id);
}

static void tell(kohort_consumer *c, struct kh_commit_waiter *w, const kohort_error *error)
{
    kohort_done *done = w->done;
    void *arg = w->arg;
    kohort_error stale;
    if (w->stale) {
        fill_stale(c, &stale);
        error = &stale;
    }
    kh_list_remove(&w->node);
    kh_free(kh_consumer_heap(c), w);
    if (done == NULL || c->torn_down)
        return;
    c->in_callback++;
    kh_taped_done(c, done, error, arg);
    c->in_callback--;
}

void kh_commit_waiters_finish(kohort_consumer *c, struct kh_list *waiters,
                              const kohort_error *error)
{
    struct kh_list ended;
    kh_list_move(&ended, waiters); /* A callback may commit again. */
    while (!kh_list_empty(&ended))
        tell(c, kh_commit_waiter_of(ended.next), error);
}

/* Whether this is one of what the waiter asked for. */
static bool concerns(const kohort_consumer *c, const struct kh_commit_waiter *w,
                     const struct kh_offset_to_commit *result)
{
    const kohort_partition *p = kh_ownership_find(c, result->topic, result->partition);
    for (size_t i = 0; p != NULL && i < w->count; i++)
        if (w->offsets[i].ownership == p->ownership)
            return true;
    return w->count == 0;
}

void kh_commit_waiters_answered(kohort_consumer *c)
{
    const struct kh_offset_to_commit *results;
    size_t count = kh_offset_commit_results(c->committer.commit, &results);
    struct kh_list ended;
    kh_list_move(&ended, &c->committer.in_flight);
    while (!kh_list_empty(&ended)) {
        struct kh_commit_waiter *w = kh_commit_waiter_of(ended.next);
        kohort_error error;
        bool refused = false;
        for (size_t i = 0; i < count && !refused; i++) {
            refused = results[i].verdict == KH_VERDICT_PARTITION && concerns(c, w, &results[i]);
            if (refused)
                kh_commit_refusal(c, &results[i], &error);
        }
        tell(c, w, refused ? &error : NULL);
    }
}

/* Into `expired`; returns when the next one's time is up. */
static int64_t take_expired(struct kh_list *waiters, struct kh_list *expired, int64_t now_ms)
{
    int64_t next_ms = KH_NEVER;
    kh_list_each_safe (node, waiters) {
        struct kh_commit_waiter *w = kh_commit_waiter_of(node);
        if (w->deadline_ms <= now_ms) {
            kh_list_remove(node);
            kh_list_append(expired, node);
        } else if (w->deadline_ms < next_ms) {
            next_ms = w->deadline_ms;
        }
    }
    return next_ms;
}

void kh_commit_waiters_retry(kohort_consumer *c, const kohort_error *error)
{
    struct kh_committer *m = &c->committer;
    struct kh_list expired;
    kh_list_init(&expired);
    take_expired(&m->in_flight, &expired, kh_consumer_now(c));
    kh_list_move_behind(&m->in_flight, &m->waiting);
    kh_list_move(&m->waiting, &m->in_flight);
    kh_commit_waiters_finish(c, &expired, error);
}

/* While there is no generation to commit in, waiting has an end too. */
static void expiry_due(struct kh_timer *timer, int64_t now_ms)
{
    kohort_consumer *c = timer->arg;
    struct kh_list expired;
    kohort_error error;
    kh_list_init(&expired);
    kh_client_set_timer(c->client, timer, take_expired(&c->committer.waiting, &expired, now_ms));
    kh_error_init(&error, KOHORT_ETIMEDOUT);
    error.api_key = kh_api_info(KH_API_OFFSET_COMMIT)->key;
    error.retriable = true;
    kh_error_text(&error, "group %s: nothing could be committed in time: the member is %s",
                  c->values.group_id, kh_member_state_name(kh_member_state(c->group.member)));
    kh_commit_waiters_finish(c, &expired, &error);
}

static bool is_stale(const kohort_consumer *c, const struct kh_commit_waiter *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (kh_ownership_by_id(c, w->offsets[i].ownership) == NULL)
            return true;
    return false;
}

void kh_commit_waiters_drop_stale(kohort_consumer *c)
{
    struct kh_committer *m = &c->committer;
    struct kh_list stale;
    bool first = kh_list_empty(&m->in_flight);
    kh_list_init(&stale);
    kh_list_each_safe (node, &m->waiting) {
        struct kh_commit_waiter *w = kh_commit_waiter_of(node);
        w->stale = w->stale || is_stale(c, w);
        first = first && w->stale;
        if (!first)
            continue; /* It is told after those before it. */
        kh_list_remove(node);
        kh_list_append(&stale, node);
    }
    kh_commit_waiters_finish(c, &stale, NULL);
}

/* Whoever asks for all that is acknowledged after an offset was named means what lies beyond it
 * too. */
static void pass_named(kohort_consumer *c)
{
    for (size_t i = 0; i < c->ownership.owned.count; i++) {
        kohort_partition *p = c->ownership.owned.items[i];
        if (p->named == NULL || kh_partition_acked(p) <= p->named->offset)
            continue;
        p->named = NULL;
        p->commit_wanted = true; /* Also when nothing was acknowledged since it was named. */
    }
}

bool kh_commit_waiters_name(kohort_consumer *c)
{
    bool all = false, any_named = false;
    for (size_t i = 0; i < c->ownership.owned.count; i++)
        c->ownership.owned.items[i]->named = NULL;
    kh_list_each (node, &c->committer.waiting) {
        const struct kh_commit_waiter *w = kh_commit_waiter_of(node);
        if (w->stale)
            continue;
        if (w->count == 0 && any_named)
            pass_named(c);
        all = all || w->count == 0;
        any_named = w->count > 0;
        for (size_t i = 0; i < w->count; i++)
            kh_ownership_by_id(c, w->offsets[i].ownership)->named = &w->offsets[i];
    }
    if (c->committer.due && any_named)
        pass_named(c);
    return all || c->committer.due;
}

void kh_commit_waiters_init(kohort_consumer *c)
{
    struct kh_committer *m = &c->committer;
    kh_timer_init(&m->expiry, expiry_due, c);
    kh_list_init(&m->waiting);
    kh_list_init(&m->in_flight);
}

/* ---- what the application calls ---- */

static int check_offsets(const kohort_consumer *c, const kohort_offset *offsets, size_t count,
                         size_t *ret_text_size)
{
    *ret_text_size = 0;
    if (offsets == NULL || count == 0)
        return KOHORT_EINVAL;
    for (size_t i = 0; i < count; i++) {
        size_t size = offsets[i].metadata == NULL ? 0 : strlen(offsets[i].metadata);
        if (offsets[i].offset < 0 || offsets[i].leader_epoch < -1 || size > KH_LIMIT_NAME)
            return KOHORT_EINVAL;
        if (size > 0 && c->values.commit_metadata == KH_METADATA_DONE) {
            kh_log(&kh_consumer_shared(c)->log, KH_LOG_WARNING,
                   "group %s: kohort_commit_offsets() with metadata is refused: with "
                   "commit.metadata=done it says which records are finished",
                   c->values.group_id);
            return KOHORT_EINVAL;
        }
        if (kh_ownership_by_id(c, offsets[i].ownership) == NULL)
            return KOHORT_ESTALE;
        *ret_text_size += size;
    }
    return 0;
}

static void copy_offsets(struct kh_commit_waiter *w, const kohort_offset *offsets, size_t count)
{
    char *text = (char *)(w->offsets + count);
    w->count = count;
    for (size_t i = 0; i < count; i++) {
        const kohort_offset *from = &offsets[i];
        w->offsets[i] = (struct kh_named_offset){.ownership = from->ownership,
                                                 .offset = from->offset,
                                                 .leader_epoch = from->leader_epoch};
        if (from->metadata == NULL)
            continue;
        size_t size = strlen(from->metadata);
        memcpy(text, from->metadata, size);
        w->offsets[i].metadata = (struct kh_string){text, (int32_t)size};
        text += size;
    }
}

/* Copies the offsets; none: all that is acknowledged. */
static int wait_for_commit(kohort_consumer *c, const kohort_offset *offsets, size_t count,
                           size_t text_size, const kohort_call *call, kohort_done *done, void *arg)
{
    struct kh_committer *m = &c->committer;
    int64_t timeout_ms =
        call != NULL && call->timeout_ms > 0 ? call->timeout_ms : c->values.request_timeout_ms;
    struct kh_commit_waiter *w = kh_alloc_zeroed(
        kh_consumer_heap(c), 1, sizeof *w + count * sizeof w->offsets[0] + text_size);
    if (w == NULL)
        return KOHORT_ENOMEM;
    w->done = done;
    w->arg = arg;
    w->deadline_ms = kh_shared_now(kh_consumer_shared(c)) + timeout_ms;
    w->api_version = (int16_t)(call != NULL ? call->api_version : -1);
    copy_offsets(w, offsets, count);
    kh_list_append(&m->waiting, &w->node);
    if (w->deadline_ms < m->expiry.due_ms)
        kh_client_set_timer(c->client, &m->expiry, w->deadline_ms);
    kh_client_ask_turn(c);
    return 0;
}

static int commit(kohort_consumer *c, const kohort_call *call, kohort_done *done, void *arg)
{
    if (!c->started || c->torn_down)
        return KOHORT_ESTATE;
    return wait_for_commit(c, NULL, 0, 0, call, done, arg);
}

static int commit_offsets(kohort_consumer *c, const kohort_offset *offsets, size_t count,
                          const kohort_call *call, kohort_done *done, void *arg)
{
    size_t text_size;
    if (!c->started || c->torn_down)
        return KOHORT_ESTATE;
    int status = check_offsets(c, offsets, count, &text_size);
    if (status != 0)
        return status;
    return wait_for_commit(c, offsets, count, text_size, call, done, arg);
}

static struct kh_taped_call taped(const kohort_consumer *c, enum kh_call kind,
                                  const kohort_call *call, kohort_done *done)
{
    return (struct kh_taped_call){.call = kind,
                                  .consumer = c->number,
                                  .a = call != NULL ? (int64_t)call->size : 0,
                                  .b = call != NULL ? call->timeout_ms : 0,
                                  .c = call != NULL ? call->api_version : 0,
                                  .d = done != NULL};
}

int kohort_commit(kohort_consumer *c, const kohort_call *call, kohort_done *done, void *arg)
{
    struct kh_tape *tape = kh_consumer_tape(c);
    if (tape == NULL)
        return commit(c, call, done, arg);
    struct kh_taped_call row = taped(c, KH_CALL_COMMIT, call, done);
    kh_call_begin(tape, &row);
    return kh_call_end(tape, commit(c, call, done, arg));
}

int kohort_commit_offsets(kohort_consumer *c, const kohort_offset *offsets, size_t count,
                          const kohort_call *call, kohort_done *done, void *arg)
{
    struct kh_tape *tape = kh_consumer_tape(c);
    if (tape == NULL)
        return commit_offsets(c, offsets, count, call, done, arg);
    struct kh_taped_call row = taped(c, KH_CALL_COMMIT_OFFSETS, call, done);
    row.text_count = offsets == NULL ? 0 : (int64_t)count;
    kh_call_begin(tape, &row);
    kh_taped_offsets(tape, offsets, (size_t)row.text_count);
    return kh_call_end(tape, commit_offsets(c, offsets, count, call, done, arg));
}
