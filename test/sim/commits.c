/* What applications commit by themselves, and whether they are told the truth about it. */
#include "sim/memory.h"
#include "sim/world.h"

#include <stdlib.h>

/* What must be stored if it is said to be. */
struct promise {
    const struct sim_log *log;
    uint64_t serial; /* of the ownership: one that has ended promises nothing */
    int64_t offset;
};

struct commit {
    struct kh_list node;
    struct sim_member *member;
    struct promise *promises;
    size_t count, capacity;
};

static void free_commit(struct commit *commit)
{
    kh_list_remove(&commit->node);
    free(commit->promises);
    free(commit);
}

static struct commit *make_commit(struct sim_member *m)
{
    struct commit *commit = sim_new(1, sizeof *commit);

    commit->member = m;
    kh_list_append(&m->commits, &commit->node);
    return commit;
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

    if (o->serial == promise->serial && has_partition(m, o->log) && stored < promise->offset)
        sim_judge_violated(j, "S10", "m%d is told that %s-%d is committed up to %lld, not %lld",
                           m->number, promise->log->topic->name, (int)promise->log->partition,
                           (long long)promise->offset, (long long)stored);
}

static void on_committed(const kohort_error *error, void *arg)
{
    struct commit *commit = arg;
    struct sim_member *m = commit->member;

    if (++m->commits_done > m->commits_asked)
        sim_judge_violated(&m->world->judge, "S10", "m%d: a commit is done twice", m->number);
    for (size_t i = 0; error == NULL && i < commit->count; i++)
        judge_promise(m, &commit->promises[i]);
    free_commit(commit);
}

static void note_asked(struct commit *commit, int status)
{
    commit->member->commits_asked += status == 0;
    if (status != 0)
        free_commit(commit);
}

void sim_member_commit(struct sim_member *m)
{
    struct sim_judged_member *judged = &m->world->judge.members[m->number];
    struct commit *commit = make_commit(m);
    int status;

    for (size_t i = 0; i < judged->ownership_count; i++) {
        const struct sim_ownership *o = &judged->ownerships[i];
        if (has_partition(m, o->log) && !o->let_go && o->settled > o->reset_at)
            expect(commit, o, o->delivered[o->settled - 1].offset + 1);
    }
    SIM_CALL(m, status = kohort_commit(m->consumer, NULL, on_committed, commit));
    note_asked(commit, status);
}

void sim_member_commit_offset(struct sim_member *m, const struct sim_log *log,
                              const kohort_offset *offset)
{
    struct commit *commit = make_commit(m);
    int status;

    expect(commit, sim_judge_ownership(&m->world->judge, m->number, log), offset->offset);
    SIM_CALL(m, status = kohort_commit_offsets(m->consumer, offset, 1, NULL, on_committed, commit));
    note_asked(commit, status);
}

void sim_member_forget_commits(struct sim_member *m)
{
    kh_list_each_safe (node, &m->commits)
        free_commit(kh_container(node, struct commit, node));
}
