#include "consumer/replay_call.h"

#include "consumer/kept.h"
#include "consumer/taped.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 1 << 16, NAME_SIZE = 128 };

/* ---- the application's callbacks: what it called inside is called inside again ---- */

static void play_calls(struct kh_replay *r)
{
    int64_t numbers[KH_TAPE_NUMBERS];
    uint32_t size;
    while (kh_tape_peek(&r->tape, numbers, &size) == KH_TAPE_CALL)
        kh_replay_call(r);
}

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct kh_replay *r = user;
    (void)p;
    r->batch = batch;
    play_calls(r);
    r->batch = NULL;
    return KOHORT_LATER; /* the tape has what was returned */
}

static void on_partitions(kohort_consumer *c, const kohort_partitions *list, void *user)
{
    (void)c;
    (void)list;
    play_calls(user);
}

static void on_revoked(kohort_consumer *c, const kohort_partitions *list, kohort_token token,
                       void *user)
{
    (void)c;
    (void)list;
    (void)token;
    play_calls(user);
}

static void on_event(kohort_consumer *c, const kohort_event *event, void *user)
{
    (void)c;
    (void)event;
    play_calls(user);
}

static void on_done(const kohort_error *error, void *arg)
{
    (void)error;
    play_calls(arg);
}

static void on_versions(const kohort_error *error, int32_t broker_id, const char *broker,
                        const kohort_api_versions *apis, size_t count, void *arg)
{
    (void)error;
    (void)broker_id;
    (void)broker;
    (void)apis;
    (void)count;
    play_calls(arg);
}

static kohort_user_data assignor_user_data(void *arg, const kohort_topic_partitions *assigned,
                                           size_t count, int32_t generation)
{
    (void)assigned;
    (void)count;
    (void)generation;
    play_calls(arg);
    return (kohort_user_data){NULL, 0}; /* the tape has what it said */
}

static int assignor_assign(void *arg, const kohort_group *group, kohort_layout *layout)
{
    (void)group;
    (void)layout;
    play_calls(arg);
    return 0;
}

static void assignor_on_assignment(void *arg, const kohort_topic_partitions *assigned, size_t count,
                                   kohort_user_data user_data, int32_t generation)
{
    (void)assigned;
    (void)count;
    (void)user_data;
    (void)generation;
    play_calls(arg);
}

void kh_replay_client_gone(const kohort_error *error, void *arg)
{
    struct kh_replay *r = arg;
    (void)error;
    r->client = NULL;
}

/* ---- what calls are about ---- */

static kohort_consumer *find_consumer(struct kh_replay *r, int64_t number)
{
    if (r->client == NULL)
        return NULL;
    kh_list_each (node, &r->client->consumers) {
        kohort_consumer *c = kh_container(node, kohort_consumer, node);
        if (c->number == number)
            return c;
    }
    return NULL;
}

static kohort_partition *find_partition(struct kh_replay *r, const struct kh_taped_call *call)
{
    kohort_consumer *c = find_consumer(r, call->consumer);
    return c == NULL ? NULL : kh_ownership_by_id(c, (uint64_t)call->a);
}

static kohort_batch *find_batch(struct kh_replay *r, int64_t number)
{
    kh_list_each (node, &r->client->kept) {
        kohort_batch *kept = kh_container(node, kohort_batch, node);
        if (kept->number == number)
            return kept;
    }
    return NULL;
}

/* See KH_TAPED_MARK. */
static kohort_mark mark_of(const struct kh_taped_call *call)
{
    return (kohort_mark){.ownership = (uint64_t)call->a,
                         .offset = call->b,
                         .count = (uint16_t)((uint64_t)call->c >> 16),
                         .delivery = (uint16_t)call->c,
                         .span = (uint32_t)((uint64_t)call->c >> 32)};
}

static const char *text_of(const struct kh_taped_call *call)
{
    return call->text_count > 0 ? call->texts[0] : "";
}

/* ---- calls that take more than numbers ---- */

/* See kh_taped_options. */
static void add_assignor(struct kh_replay *r, kohort_options *o, const char *text)
{
    int flags = *text - '0';
    kohort_assignor a = {
        .size = sizeof a,
        .name = text + 1,
        .cooperative = (flags & KH_TAPED_ASSIGNOR_COOPERATIVE) != 0,
        .user_data = (flags & KH_TAPED_ASSIGNOR_USER_DATA) != 0 ? assignor_user_data : NULL,
        .assign = assignor_assign,
        .on_assignment =
            (flags & KH_TAPED_ASSIGNOR_ON_ASSIGNMENT) != 0 ? assignor_on_assignment : NULL,
        .arg = r};
    if (flags >= 0 && flags <= 7)
        kohort_options_add_assignor(o, &a);
}

static kohort_options *make_options(struct kh_replay *r, const struct kh_taped_call *call)
{
    kohort_options *o;
    char name[NAME_SIZE];
    if (kohort_options_new(&o) != 0)
        return NULL;
    for (int64_t i = 0; i < call->text_count; i++) {
        size_t size = strcspn(call->texts[i], "=");
        if (call->texts[i][0] == '=')
            add_assignor(r, o, call->texts[i] + 1);
        if (size == 0 || call->texts[i][size] == '\0' || size >= sizeof name)
            continue;
        memcpy(name, call->texts[i], size);
        name[size] = '\0';
        kohort_options_set(o, name, call->texts[i] + size + 1);
    }
    return o;
}

static void new_client(struct kh_replay *r, const struct kh_taped_call *call)
{
    kohort_options *o = make_options(r, call);
    if (o == NULL || r->tape.event > 0) {
        kh_tape_diverge(&r->tape, "a client cannot be made here");
    } else {
        int status = kh_client_new(&r->client, NULL, &r->heap, o, &r->tape);
        if (status != 0)
            kh_tape_diverge(&r->tape, "the client cannot be made: %s", kohort_status_text(status));
    }
    kohort_options_free(o);
}

static void new_consumer(struct kh_replay *r, const struct kh_taped_call *call)
{
    kohort_options *o = make_options(r, call);
    kohort_handlers h = {.size = call->a < 0 ? 0 : sizeof h,
                         .on_records = (call->a & 1) != 0 ? on_records : NULL,
                         .on_assigned = (call->a & 2) != 0 ? on_partitions : NULL,
                         .on_revoked = (call->a & 4) != 0 ? on_revoked : NULL,
                         .on_lost = (call->a & 8) != 0 ? on_partitions : NULL,
                         .on_event = (call->a & 16) != 0 ? on_event : NULL};
    kohort_consumer *c;
    if (o != NULL)
        kohort_consumer_new(&c, r->client, o, &h, r);
    kohort_options_free(o);
}

static void keep_batch(struct kh_replay *r)
{
    kohort_batch *kept;
    if (r->batch == NULL)
        kh_tape_diverge(&r->tape, "a batch is kept where there is none");
    else
        kohort_batch_keep(r->batch, &kept);
}

static kohort_call overrides(const struct kh_taped_call *call)
{
    return (kohort_call){
        .size = (size_t)call->a, .timeout_ms = call->b, .api_version = (int16_t)call->c};
}

static void commit(struct kh_replay *r, kohort_consumer *c, const struct kh_taped_call *call)
{
    const kohort_call given = overrides(call);
    kohort_commit(c, call->a != 0 ? &given : NULL, call->d != 0 ? on_done : NULL, r);
}

/* See kh_taped_offsets. */
static void commit_offsets(struct kh_replay *r, kohort_consumer *c,
                           const struct kh_taped_call *call)
{
    const kohort_call given = overrides(call);
    size_t count = (size_t)call->text_count;
    kohort_offset *offsets = kh_alloc_zeroed(&r->heap, count + 1, sizeof *offsets);
    for (size_t i = 0; offsets != NULL && i < count; i++) {
        char *at;
        offsets[i].ownership = strtoull(call->texts[i], &at, 10);
        offsets[i].offset = strtoll(at, &at, 10);
        offsets[i].leader_epoch = (int32_t)strtol(at, &at, 10);
        offsets[i].metadata = *at == ' ' ? at + 1 : NULL;
    }
    if (offsets != NULL)
        kohort_commit_offsets(c, offsets, count, call->a != 0 ? &given : NULL,
                              call->d != 0 ? on_done : NULL, r);
    kh_free(&r->heap, offsets);
}

/* ---- one call ---- */

static void make_call(struct kh_replay *r, const struct kh_taped_call *call)
{
    kohort_consumer *c;
    kohort_partition *p;
    switch (call->call) {
#define CLIENT(name, made)                                                                         \
    case KH_CALL_##name:                                                                           \
        if (r->client != NULL || KH_CALL_##name == KH_CALL_CLIENT_NEW)                             \
            made;                                                                                  \
        return;
#define CONSUMER(name, made)                                                                       \
    case KH_CALL_##name:                                                                           \
        if ((c = find_consumer(r, call->consumer)) != NULL)                                        \
            made;                                                                                  \
        return;
#define PARTITION(name, made)                                                                      \
    case KH_CALL_##name:                                                                           \
        if ((p = find_partition(r, call)) != NULL)                                                 \
            made;                                                                                  \
        return;
        KH_CALLS(CLIENT, CONSUMER, PARTITION)
#undef CLIENT
#undef CONSUMER
#undef PARTITION
    default:
        return;
    }
}

static void free_texts(struct kh_replay *r, char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        kh_free(&r->heap, texts[i]);
    kh_free(&r->heap, texts);
}

/* Copies the texts that follow the call at hand, and NULL behind them; the call itself passes over
 * them. NULL: they cannot be read. */
static char **read_texts(struct kh_replay *r, int64_t count)
{
    const struct kh_record_ring *ring = &r->tape.ring;
    uint64_t at = r->tape.at, data;
    uint8_t kind;
    uint32_t size;
    if (count < 0 || count > TEXTS_MAX || !kh_record_ring_next(ring, &at, &kind, &data, &size))
        return NULL;
    char **texts = kh_alloc_zeroed(&r->heap, (size_t)count + 1, sizeof *texts);
    for (size_t i = 0; texts != NULL && i < (size_t)count; i++) {
        r->tape.cut = at == ring->end;
        bool is_text = kh_record_ring_next(ring, &at, &kind, &data, &size) && kind == KH_TAPE_TEXT;
        texts[i] = is_text ? kh_alloc(&r->heap, (size_t)size + 1) : NULL;
        if (texts[i] == NULL) {
            free_texts(r, texts);
            return NULL;
        }
        kh_record_ring_read(ring, data, texts[i], size);
        texts[i][size] = '\0';
    }
    return texts;
}

void kh_replay_call(struct kh_replay *r)
{
    int64_t n[KH_TAPE_NUMBERS];
    uint32_t size;
    uint64_t before = r->tape.at;
    kh_tape_peek(&r->tape, n, &size);
    char **texts = read_texts(r, n[7]);
    if (texts == NULL) {
        kh_tape_diverge(&r->tape, "a call cannot be read: the file is damaged");
        return;
    }
    make_call(r, &(struct kh_taped_call){n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7],
                                         (const char *const *)texts});
    free_texts(r, texts);
    if (r->tape.at == before)
        kh_tape_diverge(&r->tape, "a call cannot be made as it is recorded");
}
