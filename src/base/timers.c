#include "base/timers.h"

#include <stddef.h>

/* A pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986). `previous` is the left sibling, or the
 * parent of a first child, or NULL for the root. */

void kh_timers_init(struct kh_timers *timers)
{
    *timers = (struct kh_timers){.ran_ms = INT64_MIN};
}

void kh_timer_init(struct kh_timer *timer, void (*fire)(struct kh_timer *, int64_t), void *arg)
{
    *timer = (struct kh_timer){.fire = fire, .arg = arg, .due_ms = KH_NEVER};
}

static bool before(const struct kh_timer *a, const struct kh_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

/* Both are roots without siblings; so is the result. */
static struct kh_timer *meld(struct kh_timer *a, struct kh_timer *b)
{
    if (a == NULL)
        return b;
    if (b == NULL)
        return a;
    struct kh_timer *parent = before(b, a) ? b : a;
    struct kh_timer *child = parent == a ? b : a;
    child->previous = parent;
    child->sibling = parent->child;
    if (child->sibling != NULL)
        child->sibling->previous = child;
    parent->child = child;
    return parent;
}

static struct kh_timer *cut(struct kh_timer *timer)
{
    timer->previous = timer->sibling = NULL;
    return timer;
}

/* The two passes: pairs from the left, kept on a stack through `sibling`, then melded from the
 * right. */
static struct kh_timer *meld_siblings(struct kh_timer *first)
{
    struct kh_timer *pairs = NULL;
    while (first != NULL) {
        struct kh_timer *a = first, *b = first->sibling;
        first = b == NULL ? NULL : b->sibling;
        struct kh_timer *pair = meld(cut(a), b == NULL ? NULL : cut(b));
        pair->sibling = pairs;
        pairs = pair;
    }
    struct kh_timer *root = NULL;
    while (pairs != NULL) {
        struct kh_timer *pair = pairs;
        pairs = pair->sibling;
        root = meld(root, cut(pair));
    }
    return root;
}

static void detach(struct kh_timers *timers, struct kh_timer *timer)
{
    struct kh_timer *below = meld_siblings(timer->child);
    timer->child = NULL;
    if (timer == timers->root) {
        timers->root = below;
    } else {
        if (timer->previous->child == timer)
            timer->previous->child = timer->sibling;
        else
            timer->previous->sibling = timer->sibling;
        if (timer->sibling != NULL)
            timer->sibling->previous = timer->previous;
        timers->root = meld(timers->root, below);
    }
    cut(timer)->due_ms = KH_NEVER;
}

void kh_timer_set(struct kh_timers *timers, struct kh_timer *timer, int64_t due_ms)
{
    if (timer->due_ms != KH_NEVER)
        detach(timers, timer);
    if (due_ms == KH_NEVER)
        return;
    /* What is armed in the past must not come before what is due already. */
    timer->due_ms = due_ms < timers->ran_ms ? timers->ran_ms : due_ms;
    timer->order = timers->order++;
    timers->root = meld(timers->root, timer);
    if (timers->root == timer && timers->earlier != NULL)
        timers->earlier(timers->arg, timer->due_ms);
}

int64_t kh_timers_due(const struct kh_timers *timers)
{
    return timers->root == NULL ? KH_NEVER : timers->root->due_ms;
}

void kh_timers_run(struct kh_timers *timers, int64_t now_ms)
{
    if (now_ms > timers->ran_ms)
        timers->ran_ms = now_ms;
    uint64_t end = timers->order;
    while (timers->root != NULL && timers->root->due_ms <= now_ms && timers->root->order < end) {
        struct kh_timer *timer = timers->root;
        detach(timers, timer);
        timer->fire(timer, now_ms);
    }
}
