/* What applications commit by themselves, and whether they are told the truth about it: once, never
 * inside a call, and in the order of the calls, but for those whose time is up (S10). */
#include "sim/memory.h"
#include "sim/world.h"

#include <stdlib.h>

/* What must be stored if it is said to be. */
struct promise {
    const struct sim_log *log;
    uint64_t serial; /* of the ownership: one that has ended promises nothing */
    int64_t offset;
};

enum { TIMEOUT_MS = 30000, HURRIED_MIN_MS = 200, HURRIED_MAX_MS = 1500 };

struct commit {
    struct kh_list
        node; /* in the member's: of those under way, in the order of the calls; or told */
    struct sim_member *member;
    kohort_call call;
    int64_t due_ms; /* its time is up then */
    bool told;      /* or it was refused, and nothing is to be told */
    struct promise *promises;
    size_t count, capacity;
};

static void free_commit(struct commit *commit)
{
    kh_list_remove(&commit->node);
    free(commit->promises);
    free(commit);
}

static struct commit *make_commit(struct sim_member *m, int64_t timeout_ms)
{
    struct commit *commit = sim_new(1, sizeof *commit);

    commit->member = m;
    commit->call =
        (kohort_call){.size = sizeof commit->call, .timeout_ms = timeout_ms, .api_version = -1};
    commit->due_ms = sim_now_ms(&m->world->schedule) + timeout_ms;
    kh_list_append(&m->commits, &commit->node);
    return commit;
}

/* Whoever names an offset takes its time: one that was given up may have been stored, and what is
 * acknowledged may lie below it. */
static int64_t some_timeout_ms(struct sim_member *m)
{
    struct kh_random *random = &m->world->random;
    bool hurries =
        m->application.hurries > 0 && kh_random_below(random, 100) < m->application.hurries;

    return hurries ? sim_random_between(random, HURRIED_MIN_MS, HURRIED_MAX_MS) : TIMEOUT_MS;
}

static void expect(struct commit *commit, const struct sim_ownership *o, int64_t offset)
{
    sim_grow(&commit->promises, &commit->capacity, commit->count, sizeof *commit->promises);
    commit->promises[commit->count++] =
        (struct promise){.log = o->log, .serial = o->serial, .offset = offset};
}

/* A revocation that took too long ends without a callback. */
static bool has_partition(const struct sim_member *m, const struct sim_log *log)
{
    return m->consumer != NULL &&
           kohort_consumer_partition(m->consumer, log->topic->name, log->partition) != NULL;
}

static void judge_promise(const struct sim_member *m, const struct promise *promise)
{
    struct sim_judge *j = &m->world->judge;
    const struct sim_ownership *o = sim_judge_ownership(j, m->number, promise->log);
    const struct sim_progress *p = sim_judge_progress(j, promise->log);
    int64_t stored = p->stored > p->excused ? p->stored : p->excused;

    /* Who was suspended reads an old answer before it sees that its session is over: others have
     * gone on meanwhile, and from below when the log was truncated. */
    if (sim_now_ms(&m->world->schedule) >= j->members[m->number].session_deadline_ms)
        return;

    if (o->serial == promise->serial && has_partition(m, o->log) && stored < promise->offset)
        sim_judge_violated(j, "S10", "m%d is told that %s-%d is committed up to %lld, not %lld",
                           m->number, promise->log->topic->name, (int)promise->log->partition,
                           (long long)promise->offset, (long long)stored);
}

/* It stays, so that it is noticed when it is told once more. */
static void end_commit(struct commit *commit)
{
    commit->told = true;
    kh_list_remove(&commit->node);
    kh_list_append(&commit->member->told_commits, &commit->node);
}

static void judge_order(const struct commit *commit, const kohort_error *error)
{
    struct sim_member *m = commit->member;

    if (m->calls > 0)
        sim_judge_violated(&m->world->judge, "S14", "m%d: a commit is done inside a call",
                           m->number);
    if (m->commits.next != &commit->node && sim_now_ms(&m->world->schedule) < commit->due_ms)
        sim_judge_violated(&m->world->judge, "S10",
                           "m%d: a commit is done before one that was asked for earlier (%s)",
                           m->number, error == NULL ? "committed" : error->text);
}

static void on_committed(const kohort_error *error, void *arg)
{
    struct commit *commit = arg;
    struct sim_member *m = commit->member;

    if (commit->told) {
        sim_judge_violated(&m->world->judge, "S10", "m%d: a commit is done twice", m->number);
        return;
    }
    m->commits_done++;
    judge_order(commit, error);
    for (size_t i = 0; error == NULL && i < commit->count; i++)
        judge_promise(m, &commit->promises[i]);
    end_commit(commit);
}

static void note_asked(struct commit *commit, int status)
{
    commit->member->commits_asked += status == 0;
    if (status != 0)
        end_commit(commit);
}

void sim_member_commit(struct sim_member *m)
{
    struct sim_judged_member *judged = &m->world->judge.members[m->number];
    struct commit *commit = make_commit(m, some_timeout_ms(m));
    int status;

    for (size_t i = 0; i < judged->ownership_count; i++) {
        const struct sim_ownership *o = &judged->ownerships[i];
        if (has_partition(m, o->log) && !o->let_go && o->settled > o->reset_at)
            expect(commit, o, o->delivered[o->settled - 1].offset + 1);
    }
    SIM_CALL(m, status = kohort_commit(m->consumer, &commit->call, on_committed, commit));
    note_asked(commit, status);
}

void sim_member_commit_offsets(struct sim_member *m, const struct sim_log *const *logs,
                               const kohort_offset *offsets, size_t count)
{
    struct commit *commit = make_commit(m, TIMEOUT_MS);
    int status;

    for (size_t i = 0; i < count; i++)
        expect(commit, sim_judge_ownership(&m->world->judge, m->number, logs[i]),
               offsets[i].offset);
    SIM_CALL(m, status = kohort_commit_offsets(m->consumer, offsets, count, &commit->call,
                                               on_committed, commit));
    note_asked(commit, status);
}

void sim_member_commit_offset(struct sim_member *m, const struct sim_log *log,
                              const kohort_offset *offset)
{
    sim_member_commit_offsets(m, &log, offset, 1);
}

static void free_commits(struct kh_list *commits)
{
    kh_list_each_safe (node, commits)
        free_commit(kh_container(node, struct commit, node));
}

void sim_member_forget_commits(struct sim_member *m)
{
    free_commits(&m->commits);
    free_commits(&m->told_commits);
}
