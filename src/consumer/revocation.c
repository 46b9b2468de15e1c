/* A revocation (decision 8): the application is given a token, drains, and says done, now or later;
 * what is acknowledged is committed; then the member machine is told. Its deadline is the
 * machine's: when it passes, the partitions are dropped and the token is stale. */
#include "consumer/taped.h"

void kh_revocation_begin(kohort_consumer *c, const struct kh_partition_list *going)
{
    struct kh_ownership *o = &c->ownership;
    if (o->token == 0)
        o->going.count = 0;
    o->earlier_token = o->token;
    o->token = ++o->last_token;
    o->let_go = o->commit_asked = o->committed = c->committer.covers_going = false;
    size_t before = o->going.count;
    for (size_t i = 0; i < going->count; i++) {
        kohort_partition *p =
            kh_ownership_find(c, going->items[i].topic, going->items[i].partition);
        if (p == NULL)
            continue;
        kh_partition_stop(p, "revoked");
        o->going.items[o->going.count++] = p;
    }
    kh_client_ask_turn(c);
    if (c->handlers.on_revoked == NULL || c->torn_down)
        return;
    struct kohort_partitions told = {.items = o->going.items + before,
                                     .count = o->going.count - before};
    struct kh_tape *tape = kh_consumer_tape(c);
    if (tape != NULL)
        kh_callback_begin(tape, KH_CALLBACK_REVOKED, c->number, (int64_t)told.count,
                          kh_taped_hash_list(&told), (int64_t)o->token, 0);
    c->in_callback++;
    c->handlers.on_revoked(c, &told, (kohort_token){o->token}, c->user);
    c->in_callback--;
    kh_callback_end_if(tape, 0);
}

static int revoke_done(kohort_consumer *c, kohort_token token)
{
    struct kh_ownership *o = &c->ownership;
    if (token.id != 0 && token.id == o->earlier_token)
        return 0; /* the later one says it of all */
    if (token.id == 0 || token.id != o->token || o->let_go)
        return KOHORT_ESTALE;
    o->let_go = true;
    kh_client_ask_turn(c);
    return 0;
}

int kohort_revoke_done(kohort_consumer *c, kohort_token token)
{
    return kh_taped(kh_consumer_tape(c), revoke_done(c, token), KH_TAPED_CONSUMER(REVOKE_DONE, c),
                    .a = (int64_t)token.id);
}

static bool all_acknowledged(const struct kohort_partitions *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (kh_partition_outstanding(list->items[i]) > 0)
            return false;
    return true;
}

void kh_revocation_continue(kohort_consumer *c)
{
    struct kh_ownership *o = &c->ownership;
    if (o->token == 0)
        return;
    if (c->handlers.on_revoked == NULL && all_acknowledged(&o->going))
        o->let_go = true;
    if (!o->let_go)
        return;
    if (!o->commit_asked) {
        o->commit_asked = true;
        if (c->values.commit_mode != KH_COMMIT_MANUAL)
            kh_commit_soon(c);
        kh_commit_plan(c);
    }
    /* Commits of what stays, and flows on, may never pause. */
    if (!o->committed && !kh_commit_idle(c))
        return;
    kh_revocation_end(c);
    kh_group_simple_event(c, KH_MEMBER_EV_REVOKED);
}

void kh_revocation_committed(kohort_consumer *c, bool covers_going)
{
    c->ownership.committed |= c->ownership.token != 0 && covers_going;
}

void kh_revocation_end(kohort_consumer *c)
{
    c->ownership.token = c->ownership.earlier_token = 0;
    c->ownership.going.count = 0;
}
