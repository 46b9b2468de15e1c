/* Commits: what is acknowledged goes to the coordinator, one OffsetCommit of the group in flight,
 * later ones merged into the next. Each commit carries the identity under which its partitions are
 * owned. */
#include "consumer/commit.h"

#include "base/arena.h"
#include "base/limits.h"

/* ---- the answer ---- */

/* Whether a commit would say something new. Below what the application has committed by itself it
 * says nothing: that must not be taken back. */
static bool wants(const kohort_partition *p)
{
    int64_t acked = kh_partition_acked(p);
    bool is_new = acked != p->committed || p->done_serial != p->done_committed || p->commit_unsure;
    return acked >= 0 && is_new && acked > p->commit_floor;
}

void kh_commit_refusal(const kohort_consumer *c, const struct kh_offset_to_commit *result,
                       kohort_error *error)
{
    kh_error_init_kafka(error, result->error_code);
    error->api_key = kh_api_info(KH_API_OFFSET_COMMIT)->key;
    kh_error_set_topic(error, result->topic, result->partition);
    kh_error_text(error, "group %s: offset %lld of %s-%d is not committed: %s: %s",
                  c->values.group_id, (long long)result->offset, error->topic, error->partition,
                  kh_kafka_error_name(result->error_code), kh_kafka_error_text(result->error_code));
}

/* A partition that is owned anew may start from another offset. */
static void take_results(kohort_consumer *c)
{
    const struct kh_offset_to_commit *results;
    size_t count = kh_offset_commit_results(c->committer.commit, &results);
    for (size_t i = 0; i < count; i++) {
        kohort_partition *p = kh_ownership_find(c, results[i].topic, results[i].partition);
        if (p == NULL || p->ownership > c->committer.newest_asked)
            continue;
        if (results[i].verdict == KH_VERDICT_FINE) {
            p->committed = results[i].offset;
            p->commit_unsure = false;
            p->done_committed = p->done_asked;
            if (p->named_offset >= 0)
                p->commit_floor = p->named_offset;
            p->commit_wanted = wants(p);
            p->awaits_commit = p->awaits_commit && p->commit_wanted;
            kh_event_committed(p, p->committed);
        } else if (results[i].verdict == KH_VERDICT_PARTITION) {
            kohort_error error;
            kh_commit_refusal(c, &results[i], &error);
            /* Until the next acknowledgement: asking the same again helps nobody. */
            p->commit_wanted = p->awaits_commit = false;
            kh_event_error(c, p, &error);
        }
    }
}

/* No answer came: the group may have these offsets or those before, which is not the same thing
 * where the application has gone back. So what is acknowledged is said again. */
static void doubt_results(kohort_consumer *c)
{
    const struct kh_offset_to_commit *results;
    size_t count = kh_offset_commit_results(c->committer.commit, &results);
    for (size_t i = 0; i < count; i++) {
        kohort_partition *p = kh_ownership_find(c, results[i].topic, results[i].partition);
        if (p != NULL && p->ownership <= c->committer.newest_asked)
            p->commit_unsure = p->commit_wanted = true;
    }
}

static void fill_error(kohort_consumer *c, kohort_error *error, int16_t code,
                       const struct kh_response *response)
{
    const char *hint = kh_verdict_hint(KH_API_OFFSET_COMMIT, code);
    kh_error_init_kafka(error, code);
    error->api_key = kh_api_info(KH_API_OFFSET_COMMIT)->key;
    error->api_version = response->version;
    error->broker_id = response->broker_id;
    kh_error_text(error, "group %s: OffsetCommit v%d to broker %d: %s: %s%s%s", c->values.group_id,
                  response->version, response->broker_id, kh_kafka_error_name(code),
                  kh_kafka_error_text(code), hint == NULL ? "" : ". ", hint == NULL ? "" : hint);
}

static void back_off(kohort_consumer *c)
{
    struct kh_shared *shared = kh_consumer_shared(c);
    struct kh_committer *m = &c->committer;
    m->backs_off = true;
    m->due =
        m->due || c->values.commit_mode != KH_COMMIT_MANUAL; /* What failed may be another's. */
    kh_timer_set(&shared->timers, &m->timer,
                 shared->now_ms + kh_backoff_next(&m->backoff, &shared->random));
}

static void take_failure(kohort_consumer *c, enum kh_verdict verdict, int16_t code, int status,
                         const kohort_error *error)
{
    struct kh_committer *m = &c->committer;
    struct kh_member_identity identity = m->identity;
    switch (verdict) {
    case KH_VERDICT_FINE:
    case KH_VERDICT_PARTITION:
    case KH_VERDICT_TAKE_ID:
        kh_revocation_committed(c, m->covers_going);
        kh_commit_waiters_finish(c, &m->in_flight, error);
        return; /* None of them is ever a group's. */
    case KH_VERDICT_RETRY:
    case KH_VERDICT_REFIND:
        kh_commit_waiters_retry(c, error);
        back_off(c);
        break;
    case KH_VERDICT_REJOIN:
    case KH_VERDICT_RESET_GENERATION:
        if (kh_member_outgrew(c->group.member, identity)) {
            kh_commit_waiters_retry(c, error);
            back_off(c); /* goes into the generation that this round leads to */
            return;
        }
        kh_commit_waiters_finish(c, &m->in_flight, error);
        kh_event_error(c, NULL, error);
        break;
    case KH_VERDICT_RESET_MEMBER:
        kh_commit_waiters_finish(c, &m->in_flight, error);
        kh_event_error(c, NULL, error);
        break;
    case KH_VERDICT_FATAL: /* The machine tells it, once. */
        kh_commit_waiters_finish(c, &m->in_flight, error);
        break;
    }
    if (verdict != KH_VERDICT_RETRY)
        kh_group_event(c, &(struct kh_member_event){.type = KH_MEMBER_EV_COMMIT_VERDICT,
                                                    .api = KH_API_OFFSET_COMMIT,
                                                    .status = status,
                                                    .identity = identity,
                                                    .kafka_code = code,
                                                    .error = error});
    /* Owned still, and nothing else would bring it up again. */
    if (!m->due && c->values.commit_mode != KH_COMMIT_MANUAL && c->ownership.owned.count > 0)
        back_off(c);
}

/* What is acknowledged and not committed yet is not forgotten when a commit fails, or comes too
 * late for its generation: partitions that are kept go on from there. */
static void note_wanted(kohort_consumer *c)
{
    for (size_t i = 0; i < c->ownership.owned.count; i++)
        if (c->ownership.owned.items[i]->commit_wanted)
            kh_commit_note(c->ownership.owned.items[i]);
}

static void commit_done(struct kh_request *request, const struct kh_response *response)
{
    kohort_consumer *c = request->arg;
    struct kh_committer *m = &c->committer;
    kohort_error error;
    int16_t code = 0;
    enum kh_verdict verdict;
    kh_shared_now(kh_consumer_shared(c));
    if (response->status == 0) {
        verdict = kh_offset_commit_read(m->commit, response->message, &code);
        take_results(c);
        if (verdict != KH_VERDICT_FINE)
            fill_error(c, &error, code, response);
        c->counters.commits += verdict == KH_VERDICT_FINE;
    } else {
        error = *response->error;
        verdict = kh_verdict_of_status(response->status, response->error);
        doubt_results(c);
    }
    if (verdict == KH_VERDICT_FINE) {
        kh_backoff_reset(&m->backoff);
        kh_revocation_committed(c, m->covers_going);
        kh_commit_waiters_answered(c);
    }
    kh_offset_commit_free(m->commit);
    m->commit = NULL;
    if (verdict != KH_VERDICT_FINE)
        take_failure(c, verdict, code, response->status, &error);
    if (verdict != KH_VERDICT_FATAL)
        note_wanted(c);
    kh_client_ask_turn(c);
}

/* ---- the request ---- */

/* null: none, or no memory for it. */
static struct kh_string metadata_of(const kohort_partition *p, struct kh_arena *arena)
{
    char text[KH_DONE_MAP_SIZE];
    if (p->consumer->values.commit_metadata != KH_METADATA_DONE)
        return (struct kh_string){NULL, 0};
    size_t size = kh_done_map_write(&p->tracker, &p->done_map, kh_partition_acked(p),
                                    p->delivered_end, p->leader_epoch, text);
    return size == 0 ? (struct kh_string){NULL, 0}
                     : kh_arena_string(arena, (struct kh_string){text, (int32_t)size});
}

static struct kh_offset_to_commit offset_of(kohort_partition *p, struct kh_arena *arena)
{
    const struct kh_named_offset *named = p->named;
    p->named = NULL; /* It goes with who named it. */
    p->named_offset = named == NULL ? -1 : named->offset;
    p->done_asked = named == NULL ? p->done_serial : p->done_committed;
    if (named != NULL)
        return (struct kh_offset_to_commit){.offset = named->offset,
                                            .leader_epoch = named->leader_epoch,
                                            .metadata = named->metadata};
    return (struct kh_offset_to_commit){.offset = kh_partition_acked(p),
                                        .leader_epoch = p->leader_epoch,
                                        .metadata = metadata_of(p, arena)};
}

static size_t collect(kohort_consumer *c, struct kh_offset_to_commit *offsets,
                      struct kh_arena *arena)
{
    size_t count = 0;
    bool all = kh_commit_waiters_name(c);
    if (all) {
        c->committer.acknowledged = 0;
        kh_client_set_timer(c->client, &c->committer.timer, KH_NEVER);
    }
    for (size_t i = 0; i < c->ownership.owned.count; i++) {
        kohort_partition *p = c->ownership.owned.items[i];
        if (all && p->commit_wanted && !wants(p))
            p->commit_wanted = p->awaits_commit = false; /* It says what is committed already. */
        if (p->named == NULL && !(all && p->commit_wanted))
            continue;
        offsets[count] = offset_of(p, arena);
        offsets[count].topic = kh_string_of(p->topic);
        offsets[count++].partition = p->number;
    }
    return count;
}

static int build(kohort_consumer *c)
{
    struct kh_committer *m = &c->committer;
    struct kh_heap *heap = kh_consumer_heap(c);
    struct kh_offset_committer committer = {.group_id = kh_string_of(c->values.group_id),
                                            .member_id = kh_member_id(c->group.member),
                                            .group_instance_id = kh_consumer_instance_id(c),
                                            .generation = kh_member_generation(c->group.member)};
    struct kh_offset_to_commit *offsets =
        kh_alloc_zeroed(heap, c->ownership.owned.count + 1, sizeof *offsets);
    if (offsets == NULL)
        return KOHORT_ENOMEM;
    m->newest_asked = c->ownership.last_ownership;
    m->covers_going = c->ownership.let_go;
    struct kh_arena texts;
    kh_arena_init(&texts, heap, KH_LIMIT_ARENAS);
    size_t count = collect(c, offsets, &texts);
    int status =
        count == 0 ? 0 : kh_offset_commit_new(&m->commit, heap, &committer, offsets, count);
    kh_arena_free(&texts);
    kh_free(heap, offsets);
    return status;
}

static void send(kohort_consumer *c, struct kh_lane *lane)
{
    struct kh_committer *m = &c->committer;
    int64_t timeout_ms = c->values.request_timeout_ms;
    int16_t version = -1;
    kh_list_move(&m->in_flight, &m->waiting);
    if (!kh_list_empty(
            &m->in_flight)) { /* Overrides of the call that asked first hold for the request. */
        const struct kh_commit_waiter *first = kh_commit_waiter_of(m->in_flight.next);
        timeout_ms = first->deadline_ms - kh_consumer_now(c);
        version = first->api_version;
    }
    m->identity = kh_member_identity(c->group.member);
    m->request = (struct kh_request){.api = KH_API_OFFSET_COMMIT,
                                     .message = kh_offset_commit_message(m->commit),
                                     .version = version,
                                     .newest_version = KH_OFFSETS_NEWEST_VERSION,
                                     .priority = KH_PRIORITY_COMMIT,
                                     .timeout_ms = timeout_ms > 0 ? timeout_ms : 1,
                                     .done = commit_done,
                                     .arg = c};
    kh_lane_send(lane, &m->request);
}

/* Offsets may be committed by who owns partitions in a generation that the coordinator is known to
 * hold. It takes them while JoinGroup is parked (measured on 4.3), not between that and SyncGroup.
 */
static bool may_commit(kohort_consumer *c)
{
    enum kh_member_state state = kh_member_state(c->group.member);
    bool parked = state == KH_MEMBER_JOINING && c->ownership.owned.count > 0;
    return (state == KH_MEMBER_STABLE || state == KH_MEMBER_REVOKING || parked) &&
           kh_member_coordinator(c->group.member) >= 0;
}

void kh_commit_plan(kohort_consumer *c)
{
    struct kh_committer *m = &c->committer;
    kh_commit_waiters_drop_stale(c);
    bool asked = m->due || !kh_list_empty(&m->waiting);
    if (!asked || m->commit != NULL || m->backs_off || !may_commit(c))
        return;
    struct kh_lane *lane =
        kh_cluster_lane(c->client->cluster, kh_member_coordinator(c->group.member));
    if (lane == NULL || build(c) != 0) {
        back_off(c);
        return;
    }
    m->due = false;
    if (m->commit != NULL)
        send(c, lane);
    else
        kh_commit_waiters_finish(c, &m->waiting, NULL); /* All that is acknowledged is committed. */
}

static void timer_due(struct kh_timer *timer, int64_t now_ms)
{
    kohort_consumer *c = timer->arg;
    (void)now_ms;
    c->committer.due = c->committer.due || !c->committer.backs_off;
    c->committer.backs_off = false;
    kh_client_ask_turn(c);
}

void kh_commit_init(kohort_consumer *c)
{
    struct kh_committer *m = &c->committer;
    kh_timer_init(&m->timer, timer_due, c);
    kh_backoff_init(&m->backoff, c->values.retry_backoff_ms, c->values.retry_backoff_max_ms);
    kh_list_init(&m->request.node);
    kh_commit_waiters_init(c);
}

void kh_commit_note(kohort_partition *p)
{
    kohort_consumer *c = p->consumer;
    struct kh_committer *m = &c->committer;
    const struct kh_option_values *v = &c->values;
    p->commit_wanted = true;
    if (v->commit_mode == KH_COMMIT_SYNC)
        p->awaits_commit = wants(p);
    if (v->commit_mode == KH_COMMIT_MANUAL || m->due)
        return;
    bool enough = v->commit_threshold > 0 && m->acknowledged >= (uint64_t)v->commit_threshold;
    if (p->awaits_commit || enough)
        kh_commit_soon(c);
    else if (m->timer.due_ms == KH_NEVER)
        kh_client_set_timer(c->client, &m->timer, kh_consumer_now(c) + v->auto_commit_interval_ms);
}

void kh_commit_soon(kohort_consumer *c)
{
    kh_client_set_timer(c->client, &c->committer.timer, KH_NEVER);
    c->committer.due = true;
    c->committer.backs_off = false;
    kh_client_ask_turn(c);
}

bool kh_commit_idle(const kohort_consumer *c)
{
    return c->committer.commit == NULL && !c->committer.due && kh_list_empty(&c->committer.waiting);
}

void kh_commit_cancel(kohort_consumer *c, const kohort_error *error)
{
    struct kh_committer *m = &c->committer;
    kh_client_set_timer(c->client, &m->timer, KH_NEVER);
    kh_client_set_timer(c->client, &m->expiry, KH_NEVER);
    if (m->commit != NULL) {
        kh_request_cancel(&m->request);
        doubt_results(c);
        kh_offset_commit_free(m->commit);
        m->commit = NULL;
    }
    m->due = m->backs_off = false;
    kh_commit_waiters_finish(c, &m->in_flight, error);
    kh_commit_waiters_finish(c, &m->waiting, error);
}
