/* Whatever happens, in whatever order: story.c's checks hold after every step, a member that is
 * left alone with a good coordinator becomes stable, and a stop ends. */
#include "story.h"

enum { SEEDS = 500, STEPS = 1000, LONG_ENOUGH_MS = 600000 };

static const int16_t codes[] = {
    KH_KAFKA_COORDINATOR_LOAD_IN_PROGRESS,
    KH_KAFKA_NOT_COORDINATOR,
    KH_KAFKA_COORDINATOR_NOT_AVAILABLE,
    KH_KAFKA_REBALANCE_IN_PROGRESS,
    KH_KAFKA_REBALANCE_IN_PROGRESS,
    KH_KAFKA_ILLEGAL_GENERATION,
    KH_KAFKA_UNKNOWN_MEMBER_ID,
    KH_KAFKA_MEMBER_ID_REQUIRED,
    KH_KAFKA_REQUEST_TIMED_OUT,
    KH_KAFKA_UNKNOWN_TOPIC_OR_PARTITION,
};
static const int16_t terminal_codes[] = {KH_KAFKA_FENCED_INSTANCE_ID, KH_KAFKA_UNKNOWN_SERVER_ERROR,
                                         KH_KAFKA_GROUP_AUTHORIZATION_FAILED};

struct fuzz {
    struct story s;
    struct kh_random random;
    int32_t generation;
    bool wanted;
    struct kh_member_identity old;
};

static bool one_in(struct fuzz *f, uint64_t n)
{
    return kh_random_below(&f->random, n) == 0;
}

static int16_t any_code(struct fuzz *f)
{
    if (one_in(f, 40))
        return terminal_codes[kh_random_below(&f->random, 3)];
    return codes[kh_random_below(&f->random, sizeof codes / sizeof *codes)];
}

static const char *any_partitions(struct fuzz *f)
{
    static const char *const some[] = {"", "t-0", "t-0 t-1 t-2", "t-1 u-0", "u-0 u-1 u-2 u-3"};
    return some[kh_random_below(&f->random, 5)];
}

static void answer_well(struct fuzz *f, enum story_request request)
{
    struct story *s = &f->s;
    bool known = kh_member_id(s->m).size > 0;
    switch (request) {
    case STORY_FIND:
        story_found(s, 0, (int32_t)kh_random_below(&f->random, 3));
        break;
    case STORY_JOIN:
        if (known)
            story_joined(s, 0, "m-1", ++f->generation, one_in(f, 2) ? "m-1" : "other");
        else
            story_joined(s, KH_KAFKA_MEMBER_ID_REQUIRED, "m-1", -1, "");
        break;
    case STORY_ASSIGN:
        story_assigned(s, 0);
        break;
    case STORY_SYNC:
        story_synced(s, 0, any_partitions(f));
        break;
    case STORY_HEARTBEAT:
        story_heartbeat(s, 0);
        break;
    case STORY_LEAVE:
    case STORY_REQUESTS:
        story_left(s, 0);
        break;
    }
}

static void answer_badly(struct fuzz *f, enum story_request request)
{
    struct story *s = &f->s;
    if (one_in(f, 3)) {
        static const int statuses[] = {KOHORT_ETIMEDOUT, KOHORT_EDISCONNECTED, KOHORT_EPROTOCOL,
                                       KOHORT_ENOMEM};
        story_no_answer(s, request, statuses[kh_random_below(&f->random, 4)]);
    } else if (request == STORY_FIND) {
        story_found(s, any_code(f), -1);
    } else if (request == STORY_JOIN) {
        story_joined(s, any_code(f), one_in(f, 2) ? "m-2" : "", -1, "");
    } else if (request == STORY_ASSIGN) {
        story_assigned(s, KOHORT_EASSIGNOR);
    } else if (request == STORY_SYNC) {
        story_synced(s, one_in(f, 3) ? 0 : any_code(f), "elsewhere-1");
    } else if (request == STORY_HEARTBEAT) {
        story_heartbeat(s, any_code(f));
    } else {
        story_left(s, any_code(f));
    }
}

static void answer_something(struct fuzz *f)
{
    uint64_t first = kh_random_below(&f->random, STORY_REQUESTS);
    for (uint64_t i = 0; i < STORY_REQUESTS; i++) {
        enum story_request request = (enum story_request)((first + i) % STORY_REQUESTS);
        if (!story_in_flight(&f->s, request))
            continue;
        if (one_in(f, 5))
            answer_badly(f, request);
        else
            answer_well(f, request);
        return;
    }
}

static void start(struct fuzz *f)
{
    if (story_start(&f->s, one_in(f, 2) ? "t u" : "u t v") == 0)
        f->wanted = true;
}

static void stop(struct fuzz *f)
{
    int64_t within_ms = (int64_t)kh_random_below(&f->random, 20000);
    story_stop(&f->s, !one_in(f, 4), one_in(f, 2) ? 0 : f->s.now_ms + within_ms);
    f->wanted = false;
}

/* A process that was suspended, or a loop that was blocked: deadlines pass unmet. */
static void sleep_through(struct fuzz *f)
{
    f->s.now_ms += (int64_t)kh_random_below(&f->random, 60000);
    story_step(&f->s, &(struct kh_member_event){.type = KH_MEMBER_EV_TIME});
}

/* What comes out of the blue: answers of long ago, and of nothing that was asked. */
static void disturb(struct fuzz *f)
{
    struct kh_heartbeat_response beat = {.error_code = any_code(f)};
    struct kh_member_identity now = kh_member_identity(f->s.m);
    switch (kh_random_below(&f->random, 4)) {
    case 0:
        story_commit_verdict(&f->s, any_code(f), one_in(f, 3) ? f->old : now);
        break;
    case 1:
        if (!story_in_flight(&f->s, STORY_HEARTBEAT))
            story_step(&f->s, &(struct kh_member_event){.type = KH_MEMBER_EV_HEARTBEAT,
                                                        .identity = now,
                                                        .message = &beat});
        break;
    case 2:
        story_step(&f->s, &(struct kh_member_event){.type = KH_MEMBER_EV_REVOKED});
        break;
    default:
        f->old = now;
        break;
    }
}

static const char *some_topics(struct fuzz *f)
{
    static const char *const some[] = {"t u", "t u v w", "t"};
    return some[kh_random_below(&f->random, 3)];
}

static void step(struct fuzz *f)
{
    if (!f->wanted || f->s.state == KH_MEMBER_FAILED)
        if (one_in(f, 10))
            start(f);
    uint64_t dice = kh_random_below(&f->random, 1000);
    if (dice < 650)
        answer_something(f);
    else if (dice < 800)
        story_run_until(&f->s, f->s.now_ms + (int64_t)kh_random_below(&f->random, 4000));
    else if (dice < 900 && f->s.revoking > 0)
        story_revoked(&f->s);
    else if (dice < 950)
        disturb(f);
    else if (dice < 965)
        story_subscribe(&f->s, some_topics(f));
    else if (dice < 980)
        story_rejoin(&f->s, "topics changed");
    else if (dice < 990)
        sleep_through(f);
    else if (dice < 995)
        stop(f);
}

/* Everything is answered, well and at once, until the member is in `state` or time is up. */
static void heal(struct fuzz *f, enum kh_member_state state)
{
    struct story *s = &f->s;
    int64_t end_ms = s->now_ms + LONG_ENOUGH_MS;
    while (s->state != state && s->now_ms < end_ms) {
        bool answered = false;
        for (enum story_request r = 0; r < STORY_REQUESTS; r++)
            if (story_in_flight(s, r)) {
                answer_well(f, r);
                answered = true;
            }
        if (s->revoking > 0)
            story_revoked(s);
        else if (!answered && s->state != state)
            story_run_until(s, kh_member_deadline(s->m));
    }
    cr_assert_eq(s->state, state, "%s instead of %s after a long time",
                 kh_member_state_name(s->state), kh_member_state_name(state));
}

static void check_end(struct fuzz *f)
{
    if (!f->wanted) {
        heal(f, f->s.state == KH_MEMBER_FAILED ? KH_MEMBER_FAILED : KH_MEMBER_IDLE);
        start(f);
    } else if (f->s.state == KH_MEMBER_FAILED) {
        start(f);
    }
    heal(f, KH_MEMBER_STABLE);
    cr_assert(kh_member_session_alive(f->s.m, f->s.now_ms));
    stop(f);
    heal(f, KH_MEMBER_IDLE);
    cr_assert_eq(f->s.adopted, f->s.dropped + f->s.lost);
}

KH_TEST(member_fuzz, any_order_of_events_keeps_the_rules)
{
    size_t adopted = 0, lost = 0, dropped = 0, stopped = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct fuzz f = {0};
        kh_random_seed(&f.random, seed);
        story_try_begin(&f.s, seed % 2 == 0 ? NULL : "i-1", seed % 4 < 2, 250);
        f.s.silent = true;
        start(&f);
        for (int i = 0; i < STEPS; i++)
            step(&f);
        check_end(&f);
        adopted += f.s.adopted;
        lost += f.s.lost;
        dropped += f.s.dropped;
        stopped += f.s.stopped;
        story_end(&f.s);
    }
    cr_assert(adopted > 10000 && lost > 1000 && dropped > 1000 && stopped > SEEDS,
              "the fuzz is too shallow: %zu adopted, %zu lost, %zu dropped, %zu stopped", adopted,
              lost, dropped, stopped);
}

/* ---- memory ---- */

static void live_a_life(struct fuzz *f, bool cooperative)
{
    if (story_try_begin(&f->s, NULL, cooperative, 250) != 0) {
        kh_partition_list_free(&f->s.held);
        return;
    }
    f->s.silent = true;
    kh_random_seed(&f->random, 3);
    while (story_start(&f->s, "t u") == KOHORT_ENOMEM)
        continue;
    heal(f, KH_MEMBER_STABLE);
    while (story_subscribe(&f->s, "t u v") == KOHORT_ENOMEM)
        continue;
    heal(f, KH_MEMBER_STABLE);
    story_rejoin(&f->s, "once more");
    heal(f, KH_MEMBER_STABLE);
    while (story_subscribe(&f->s, "t") == KOHORT_ENOMEM)
        continue;
    heal(f, KH_MEMBER_STABLE);
    story_stop(&f->s, true, 0);
    heal(f, KH_MEMBER_IDLE);
    story_end(&f->s);
}

KH_TEST(member_fuzz, any_allocation_may_fail_and_the_member_gets_there_all_the_same)
{
    for (size_t round = 0; test_sweep(round); round++) {
        struct fuzz f = {0};
        live_a_life(&f, false);
    }
    for (size_t round = 0; test_sweep(round); round++) {
        struct fuzz f = {0};
        live_a_life(&f, true);
    }
}
