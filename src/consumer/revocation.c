/* A revocation (decision 8): the application is given a token, drains, and says done, now or later;
 * what is acknowledged is committed; then the member machine is told. Its deadline is the
 * machine's: when it passes, the partitions are dropped and the token is stale. */
#include "consumer/consumer.h"

void kh_revocation_begin(kohort_consumer *c, const struct kh_partition_list *going)
{
    struct kh_ownership *o = &c->ownership;
    o->going.count = 0;
    o->token = ++o->last_token;
    o->let_go = o->committed = false;
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
    c->in_callback++;
    c->handlers.on_revoked(c, &o->going, (kohort_token){o->token}, c->user);
    c->in_callback--;
}

int kohort_revoke_done(kohort_consumer *c, kohort_token token)
{
    if (token.id == 0 || token.id != c->ownership.token || c->ownership.let_go)
        return KOHORT_ESTALE;
    c->ownership.let_go = true;
    kh_client_ask_turn(c);
    return 0;
}

static bool all_acknowledged(const struct kohort_partitions *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i]->tracker.unacknowledged > 0)
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
    if (!o->committed) {
        o->committed = true;
        if (c->values.commit_mode == KH_COMMIT_ASYNC)
            kh_commit_soon(c);
        kh_commit_plan(c);
    }
    if (!kh_commit_idle(c))
        return;
    kh_revocation_end(c);
    kh_group_simple_event(c, KH_MEMBER_EV_REVOKED);
}

void kh_revocation_end(kohort_consumer *c)
{
    c->ownership.token = 0;
    c->ownership.going.count = 0;
}
