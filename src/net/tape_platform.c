#include "net/tape_platform_internal.h"

#include "base/limits.h"
#include "base/status.h"
#include "base/timers.h"

#include <string.h>

struct kh_lookup {
    struct kh_list node;
    struct kh_tape_platform *platform;
    int64_t number;
    struct kh_lookup *inner;
    void (*done)(void *arg, const char *error, const struct kh_address *addresses, size_t count);
    void *arg;
};

struct tape_work {
    struct kh_work work; /* what the platform behind sees */
    struct kh_list node;
    struct kh_tape_platform *platform;
    int64_t number;
    struct kh_work *theirs;
};

enum { ERROR_TEXT = 256 };

#define TIME_MAX_MS (INT64_MAX / 4)

/* ---- time, random bytes ---- */

/* No time of a file is taken that cannot be added to. */
static int64_t tape_time(struct kh_tape *t, enum kh_tape_kind kind, int64_t ms)
{
    kh_tape_get_numbers(t, kind, &ms, 1);
    if (t->recording || (ms >= 0 && ms <= TIME_MAX_MS))
        return ms;
    kh_tape_diverge(t, "\"%s\" is no time: the file is damaged", kh_tape_kind_name((uint8_t)kind));
    return 0;
}

static int64_t now_ms(struct kh_platform *base)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    return tape_time(p->tape, KH_TAPE_NOW, p->inner == NULL ? 0 : p->inner->ops->now_ms(p->inner));
}

static int64_t wall_ms(struct kh_platform *base)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    return tape_time(p->tape, KH_TAPE_WALL,
                     p->inner == NULL ? 0 : p->inner->ops->wall_ms(p->inner));
}

static void turn(void *arg)
{
    struct kh_tape_platform *p = arg;
    kh_tape_begin(p->tape, KH_TAPE_TURN, NULL, 0);
    p->base.turn(p->base.turn_arg);
    kh_tape_end(p->tape);
}

static void set_timer(struct kh_platform *base, int64_t due_ms)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    kh_tape_put_all(p->tape, KH_TAPE_TIMER, due_ms);
    if (p->inner != NULL)
        p->inner->ops->set_timer(p->inner, due_ms);
}

static void wake(struct kh_platform *base)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    kh_tape_put(p->tape, KH_TAPE_WAKE, NULL, 0);
    if (p->inner != NULL)
        p->inner->ops->wake(p->inner);
}

/* From any thread, so the tape knows nothing of it; what fn calls is written down then. */
static int post(struct kh_platform *base, void (*fn)(void *), void *arg)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    return p->inner == NULL ? KOHORT_ECLOSED : p->inner->ops->post(p->inner, fn, arg);
}

static int random_bytes(struct kh_platform *base, void *out, size_t size)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    int64_t status = p->inner == NULL ? 0 : p->inner->ops->random(p->inner, out, size);
    kh_tape_get_numbers(p->tape, KH_TAPE_RESULT, &status, 1);
    if (status != 0)
        return KOHORT_ENOMEM;
    kh_tape_get(p->tape, KH_TAPE_RANDOM, out, size);
    return 0;
}

/* ---- work ---- */

static void run_work(struct kh_work *work)
{
    struct tape_work *w = kh_container(work, struct tape_work, work);
    w->theirs->run(w->theirs);
}

static void finish_work(struct tape_work *w)
{
    struct kh_work *theirs = w->theirs;
    kh_list_remove(&w->node);
    kh_free(w->platform->tape->heap, w);
    theirs->done(theirs);
}

static void work_done(struct kh_work *work)
{
    struct tape_work *w = kh_container(work, struct tape_work, work);
    struct kh_tape *t = w->platform->tape;
    kh_tape_begin_all(t, KH_TAPE_WORKED, w->number);
    finish_work(w);
    kh_tape_end(t);
}

static int queue_work(struct kh_platform *base, struct kh_work *work)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    struct tape_work *w = kh_alloc_zeroed(p->tape->heap, 1, sizeof *w);
    int64_t status = 0;
    if (w == NULL)
        return KOHORT_ENOMEM;
    *w = (struct tape_work){.work = {.run = run_work, .done = work_done},
                            .platform = p,
                            .number = ++p->tape->works,
                            .theirs = work};
    kh_tape_put_all(p->tape, KH_TAPE_WORK, w->number);
    kh_list_append(&p->works, &w->node);
    if (p->inner != NULL)
        status = p->inner->ops->queue_work(p->inner, &w->work);
    kh_tape_get_numbers(p->tape, KH_TAPE_RESULT, &status, 1);
    if (status == 0)
        return 0;
    kh_list_remove(&w->node);
    kh_free(p->tape->heap, w);
    return KOHORT_ENOMEM;
}

/* ---- names ---- */

static void free_lookup(struct kh_lookup *lookup)
{
    kh_list_remove(&lookup->node);
    kh_free(lookup->platform->tape->heap, lookup);
}

static void tape_address(struct kh_tape *t, struct kh_address *address)
{
    int64_t numbers[3] = {address->port, address->ipv6, address->scope_id};
    kh_tape_get(t, KH_TAPE_ADDRESS, address->bytes, sizeof address->bytes);
    kh_tape_get_numbers(t, KH_TAPE_ADDRESS, numbers, 3);
    address->port = (uint16_t)numbers[0];
    address->ipv6 = numbers[1] != 0;
    address->scope_id = (uint32_t)numbers[2];
}

/* addresses NULL and error NULL: replaying. */
static void resolved(void *arg, const char *error, const struct kh_address *addresses, size_t count)
{
    struct kh_lookup found = *(struct kh_lookup *)arg;
    struct kh_tape *t = found.platform->tape;
    struct kh_address copies[KH_LIMIT_ADDRESSES];
    char text[ERROR_TEXT] = "";
    int64_t told = (int64_t)(count < KH_LIMIT_ADDRESSES ? count : KH_LIMIT_ADDRESSES);
    free_lookup(arg);
    kh_tape_begin_all(t, KH_TAPE_RESOLVED, found.number);
    kh_tape_get_numbers(t, KH_TAPE_RESULT, &told, 1);
    if (told < 0 || told > KH_LIMIT_ADDRESSES) {
        kh_tape_diverge(t, "a name has too many addresses: the file is damaged");
        told = 0;
    }
    for (int64_t i = 0; i < told; i++) {
        copies[i] = addresses == NULL ? (struct kh_address){0} : addresses[i];
        tape_address(t, &copies[i]);
    }
    if (error != NULL)
        strncpy(text, error, sizeof text - 1);
    if (told == 0)
        kh_tape_get(t, KH_TAPE_TEXT, text, sizeof text);
    text[sizeof text - 1] = '\0';
    found.done(found.arg, told == 0 ? text : NULL, copies, (size_t)told);
    kh_tape_end(t);
}

static struct kh_lookup *resolve(struct kh_platform *base, const char *host, uint16_t port,
                                 void (*done)(void *arg, const char *error,
                                              const struct kh_address *addresses, size_t count),
                                 void *arg)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    struct kh_lookup *lookup = kh_alloc_zeroed(p->tape->heap, 1, sizeof *lookup);
    int64_t accepted = 1;
    if (lookup == NULL)
        return NULL;
    *lookup =
        (struct kh_lookup){.platform = p, .number = ++p->tape->lookups, .done = done, .arg = arg};
    kh_list_append(&p->lookups, &lookup->node);
    kh_tape_put_all(p->tape, KH_TAPE_RESOLVE, lookup->number, port);
    kh_tape_put(p->tape, KH_TAPE_TEXT, host, strlen(host));
    if (p->inner != NULL) {
        lookup->inner = p->inner->ops->resolve(p->inner, host, port, resolved, lookup);
        accepted = lookup->inner != NULL;
    }
    kh_tape_get_numbers(p->tape, KH_TAPE_RESULT, &accepted, 1);
    if (accepted != 0)
        return lookup;
    free_lookup(lookup);
    return NULL;
}

static void resolve_cancel(struct kh_lookup *lookup)
{
    struct kh_tape_platform *p = lookup->platform;
    kh_tape_put_all(p->tape, KH_TAPE_CANCEL, lookup->number);
    if (p->inner != NULL)
        p->inner->ops->resolve_cancel(lookup->inner);
    free_lookup(lookup);
}

/* ---- the end ---- */

static void shut(void *arg)
{
    struct kh_tape_platform *p = arg;
    void (*closed)(void *) = p->closed;
    void *closed_arg = p->closed_arg;
    kh_tape_begin(p->tape, KH_TAPE_SHUT, NULL, 0);
    kh_tape_end(p->tape);
    p->tape->platform = NULL;
    kh_free(p->tape->heap, p);
    closed(closed_arg);
}

static void shut_down(struct kh_platform *base, void (*closed)(void *arg), void *arg)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    p->closed = closed;
    p->closed_arg = arg;
    kh_tape_put(p->tape, KH_TAPE_SHUTDOWN, NULL, 0);
    kh_list_each_safe (node, &p->streams)
        kh_tape_stream_free(node);
    kh_list_each_safe (node, &p->lookups)
        free_lookup(kh_container(node, struct kh_lookup, node));
    if (p->inner != NULL)
        p->inner->ops->shutdown(p->inner, shut, p);
}

static const struct kh_platform_ops ops = {
    .now_ms = now_ms,
    .wall_ms = wall_ms,
    .set_timer = set_timer,
    .wake = wake,
    .post = post,
    .queue_work = queue_work,
    .random = random_bytes,
    .open = kh_tape_stream_open,
    .recv = kh_tape_stream_recv,
    .send = kh_tape_stream_send,
    .want = kh_tape_stream_want,
    .close = kh_tape_stream_close,
    .resolve = resolve,
    .resolve_cancel = resolve_cancel,
    .shutdown = shut_down,
};

int kh_tape_platform_new(struct kh_platform **ret, struct kh_platform *inner, struct kh_tape *tape)
{
    struct kh_tape_platform *p = kh_alloc_zeroed(tape->heap, 1, sizeof *p);
    if (p == NULL)
        return KOHORT_ENOMEM;
    *p = (struct kh_tape_platform){.base.ops = &ops, .inner = inner, .tape = tape};
    kh_list_init(&p->streams);
    kh_list_init(&p->lookups);
    kh_list_init(&p->works);
    if (inner != NULL) {
        inner->turn = turn;
        inner->turn_arg = p;
    }
    tape->platform = &p->base;
    *ret = &p->base;
    return 0;
}

/* ---- replaying ---- */

static bool play_lookup(struct kh_tape_platform *p, int64_t number)
{
    kh_list_each (node, &p->lookups) {
        struct kh_lookup *lookup = kh_container(node, struct kh_lookup, node);
        if (lookup->number == number) {
            resolved(lookup, NULL, NULL, 0);
            return true;
        }
    }
    return false;
}

static bool play_work(struct kh_tape_platform *p, int64_t number)
{
    kh_list_each (node, &p->works) {
        struct tape_work *w = kh_container(node, struct tape_work, node);
        if (w->number == number) {
            run_work(&w->work);
            work_done(&w->work);
            return true;
        }
    }
    return false;
}

static bool play(struct kh_tape_platform *p, enum kh_tape_kind kind, const int64_t *numbers)
{
    switch ((int)kind) {
    case KH_TAPE_TURN:
        if (p->closed != NULL)
            return false;
        turn(p);
        return true;
    case KH_TAPE_CONNECTED:
    case KH_TAPE_READABLE:
    case KH_TAPE_WRITABLE:
        return kh_tape_stream_play(p, kind, numbers[0], numbers[1]);
    case KH_TAPE_RESOLVED:
        return play_lookup(p, numbers[0]);
    case KH_TAPE_WORKED:
        return play_work(p, numbers[0]);
    case KH_TAPE_SHUT:
        if (p->closed == NULL || !kh_list_empty(&p->works))
            return false;
        shut(p);
        return true;
    default:
        return false;
    }
}

void kh_tape_platform_play(struct kh_platform *base)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    struct kh_tape *t = p->tape;
    int64_t numbers[KH_TAPE_NUMBERS];
    uint32_t size;
    enum kh_tape_kind kind = kh_tape_peek(t, numbers, &size);
    if (kind != KH_TAPE_NONE && !play(p, kind, numbers)) {
        t->event++;
        kh_tape_diverge(t, "recorded is \"%s\", which cannot be here",
                        kh_tape_kind_name((uint8_t)kind));
    }
}

void kh_tape_platform_bury(struct kh_platform *base)
{
    struct kh_tape_platform *p = kh_tape_platform_of(base);
    if (p->closed == NULL)
        p->base.turn(p->base.turn_arg);
    while (!kh_list_empty(&p->works)) {
        struct tape_work *w = kh_container(p->works.next, struct tape_work, node);
        run_work(&w->work);
        finish_work(w);
    }
    if (p->closed != NULL)
        shut(p);
}
