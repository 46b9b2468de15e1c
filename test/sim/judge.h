/* The independent judge: from bytes on the wire and from callbacks alone, after every step. Rules
 * are those of the project's list of invariants, by their names:
 *
 * S1  in one generation one member delivers a partition; after its session deadline, counted from
 *     the sending of what was last answered, a member delivers nothing
 * S2  nothing is delivered once revoke or lost began
 * S3  an ownership starts at the committed offset, or where the reset policy says
 * S4  within an ownership there is no gap and no repeat
 * S5  records are delivered as they lie in the log
 * S6  with read_committed nothing is delivered of a transaction that is open or was aborted
 * S7  no commit goes beyond what is acknowledged
 * S8  stored offsets never go down, but by what a connection that was given up still carried
 * S9  a commit that is accepted comes from the member that owns the partition
 * S10 each asynchronous call completes exactly once; a commit that succeeds is stored
 * S12 a position is reset only where there is none
 * S13 what an unclean election took is not delivered once the new leader was asked for records, and
 *     who has read beyond what that one has is told before it reads on
 * S14 assigned, then revoked or lost, once each; no callback inside a call, inside another one, or
 *     after closing
 * S15 who is told by the answer to a commit that it is out delivers nothing from then on
 * S16 every request can be read, at a version that was offered; one Fetch and one JoinGroup at a
 *     time
 * S17 nothing is held after closing
 * C-18 with commit.mode=sync, what is acknowledged is stored before the partition's next delivery
 * C-23 with demand.mode=pull no more is delivered than is demanded
 * C-26 what is paused delivers nothing
 * C-32 nothing is stuck before processing.timeout.ms; then on.stuck holds
 * C-09 in graceful rebalances no record is delivered twice
 * L1  when faults stop, all is owned and consumed
 * L2  what is owned is lost only when the session has ended, or the group says so to a request of
 *     the generation at hand
 * L3  heartbeats go on in every state of a member, while nothing breaks
 * L4  nothing spins, and what fails is not asked again and again
 * L5  closing ends in time */
#ifndef TEST_SIM_JUDGE_H
#define TEST_SIM_JUDGE_H

#include "sim/seen.h"

#include <kohort/kohort.h>

enum sim_ownership_state { SIM_GONE, SIM_OWNED, SIM_REVOKING };

/* Delivered, in the order of offsets. */
struct sim_delivered {
    int64_t offset;
    bool acknowledged;
    bool refused;      /* it comes again, before anything that was not delivered yet */
    bool gone;         /* or it does not, because compaction has taken it: a commit may pass it */
    bool stuck;        /* the application was told so, and nothing is delivered before it is done */
    uint16_t delivery; /* the last one */
    int64_t due_us;    /* not stuck before */
};

/* What the judge knows of one partition at one member: its present ownership, or the last one. */
struct sim_ownership {
    const struct sim_log *log;
    enum sim_ownership_state state;
    int32_t generation;
    uint64_t serial; /* another one after each assignment and reset */
    bool started;    /* a record was delivered, or a position reset */
    bool was_reset;
    bool let_go; /* the application has said so: what it acknowledges later is its own affair */
    bool out_of_range; /* a Fetch was answered so */
    int64_t next;      /* the next record delivered is the first visible one from here on */
    struct sim_delivered *delivered;
    size_t delivered_count, delivered_capacity;
    size_t settled;  /* all before it are acknowledged */
    size_t refused;  /* so many are to come again */
    size_t reset_at; /* so many were delivered before the last reset */
    /* What an ownership that ended in this same generation might say: its last commit may still be
     * on its way, and the coordinator cannot tell. -1: there was none. */
    int64_t earlier_bound;
    /* What was stored when this ownership began, while its own last commit came late: it may have
     * been told that. -1: it did not come. */
    int64_t stored_before;
    uint64_t demanded, got; /* records, with demand.mode=pull */
    bool paused;
    int64_t sought_us; /* when the application last chose a position, in this generation; 0: it has
                          not, */
    int64_t sought_bound;    /* and what it might commit until then */
    int64_t counted;         /* the application has committed so far by itself; -1: it has not */
    int64_t counted_of_lost; /* the same, before some of it was lost */
    bool sought_pending;     /* the beginning, whose offset is not known yet */
    int32_t epoch;           /* of the record before `next`; -1: not known, and nobody can say that
                                it is lost */
    int32_t fetched_epoch;   /* the highest of a leader that was asked for records */
};

enum { SIM_MEMBERS_MAX = 32 };

struct sim_judged_member {
    struct sim_ownership *ownerships;
    size_t ownership_count, ownership_capacity;
    int64_t session_timeout_ms;
    int64_t session_deadline_ms; /* -1: nothing was answered yet */
    uint64_t heartbeats;
    int64_t beat_us; /* when its last heartbeat, or the start of its generation, was; -1: none */
    int64_t second;  /* of virtual time, for L4 */
    uint32_t asked_in_second;
    enum kh_member_state state; /* as it was told last */
    int64_t finding_us;         /* when it last began to look for the coordinator */
    int64_t proven_deadline_ms; /* of the session, without answers that it had given up by then */
    int64_t proven_us; /* when the answer that proved it was sent, which takes its time to come, */
    int64_t proven_before_ms; /* and the deadline before */
    int32_t generation;       /* that JoinGroup told it last */
    bool told_out;            /* its commit was: it is no member, and it was stable */
    bool may_lose;            /* it was told that it is not a member, or has no memory */
    bool forgets;         /* it had no memory once: what was delivered may come as if it were new */
    const char *instance; /* of a static member; NULL: dynamic */
    bool silent;          /* closed or killed: it may not be heard of any more */
};

/* Of one partition, in the group. */
struct sim_progress {
    const struct sim_log *log;
    int64_t stored;       /* -1: none */
    int32_t stored_epoch; /* -1: not known */
    int64_t excused;      /* what was stored before a commit of a connection given up came late */
    bool was_stuck;       /* some of it: without waiting for whoever has it, it comes again */
    int32_t *finished;    /* by offset: the epoch, and one, of what somebody has acknowledged */
    size_t finished_capacity;
    int last_member;       /* who delivered last; -1: nobody */
    int64_t delivered_end; /* behind the last record delivered to anybody */
    int32_t last_generation;
};

struct sim_judge {
    struct sim_cluster *cluster;
    struct sim_trace *trace;
    struct sim_judged_member members[SIM_MEMBERS_MAX];
    struct sim_progress *progress;
    size_t progress_count, progress_capacity;
    int64_t heartbeat_max_us;      /* of the gaps between heartbeats (L3); 0: not judged */
    bool reset_to_end;             /* auto.offset.reset=latest */
    bool sync;                     /* commit.mode=sync */
    bool pull;                     /* demand.mode=pull */
    bool done;                     /* commit.metadata=done */
    int64_t processing_timeout_ms; /* 0: none */
    bool suspends, redelivers;     /* on.stuck */
    bool committed;                /* isolation.level=read_committed */
    bool lenient_commits;          /* the application commits what it has not acknowledged */
    bool terminal;                 /* errors come that end a membership: L2 does not hold */
    bool graceful; /* nobody is killed, nothing breaks: no record comes twice (C-09) */
    uint64_t delivered, acknowledged, refused, commits, heartbeats, joins;
    uint64_t last_serial;
    uint64_t violations;
    char first[640]; /* the first violation */
    struct sim_seen seen;
};

void sim_judge_init(struct sim_judge *j, struct sim_cluster *cluster, struct sim_trace *trace);
void sim_judge_free(struct sim_judge *j);
void sim_judge_violated(struct sim_judge *j, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What applications are told, by the number of the member. */
void sim_judge_state(struct sim_judge *j, int member, const char *state);
void sim_judge_assigned(struct sim_judge *j, int member, const struct sim_log *log,
                        int32_t generation);
void sim_judge_revoked(struct sim_judge *j, int member, const struct sim_log *log);
void sim_judge_lost(struct sim_judge *j, int member, const struct sim_log *log);
void sim_judge_reset(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset);
void sim_judge_delivered(struct sim_judge *j, int member, const struct sim_log *log,
                         const kohort_record *records, size_t count, uint16_t delivery);
/* And what they say; of a later delivery an acknowledgement says nothing. */
enum { SIM_ANY_DELIVERY = -1 };
void sim_judge_acknowledged(struct sim_judge *j, int member, const struct sim_log *log,
                            int64_t first, int64_t last, int delivery);
void sim_judge_demanded(struct sim_judge *j, int member, const struct sim_log *log, uint64_t count);
void sim_judge_paused(struct sim_judge *j, int member, const struct sim_log *log, bool paused);
/* Its application reads on from there; -2: from the beginning, which it is told as a reset. */
void sim_judge_sought(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset);
/* It was told that these are lost; it goes on at `offset`. */
void sim_judge_truncated(struct sim_judge *j, int member, const struct sim_log *log, int64_t offset,
                         int64_t before);
/* A record that the application has kept. */
void sim_judge_kept(struct sim_judge *j, int member, const struct sim_log *log,
                    const kohort_record *got);
/* Nothing more is done on what is being revoked. */
void sim_judge_let_go(struct sim_judge *j, int member);
/* Those of these that are not acknowledged are to come again. */
void sim_judge_refused(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                       int64_t last);
/* The member says that refused records are gone from the log: they cannot come again. */
void sim_judge_given_up(struct sim_judge *j, int member, const struct sim_log *log);
/* Its handler failed for these, and they are still demanded. */
void sim_judge_failed(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                      int64_t last, size_t count);
/* Whether it was, in the present ownership; or compaction has taken it since it was refused. */
bool sim_judge_is_acknowledged(struct sim_judge *j, int member, const struct sim_log *log,
                               int64_t offset);
/* Whether it need not come again. */
bool sim_judge_has_gone(const struct sim_ownership *o, const struct sim_delivered *d);
/* judge_stuck.c: these have so long from now on. */
void sim_judge_due(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                   int64_t last, int64_t ms);
/* Its process did not run for so long. */
void sim_judge_stood_still(struct sim_judge *j, int member, int64_t duration_us);
/* It is told that these are stuck. */
void sim_judge_stuck(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                     int64_t last);
/* While something is delivered. */
void sim_judge_suspended(struct sim_judge *j, int member, const struct sim_ownership *o);
/* Whether some of the range is neither acknowledged nor to come again. */
bool sim_judge_holds(struct sim_judge *j, int member, const struct sim_log *log, int64_t first,
                     int64_t last);
/* Whether an acknowledgement of that delivery may count. */
bool sim_judge_is_delivery(struct sim_judge *j, int member, const struct sim_log *log,
                           int64_t offset, uint16_t delivery);
/* Closed or killed: what it owned is free. */
void sim_judge_ended(struct sim_judge *j, int member);

struct sim_ownership *sim_judge_ownership(struct sim_judge *j, int member,
                                          const struct sim_log *log);
struct sim_progress *sim_judge_progress(struct sim_judge *j, const struct sim_log *log);
/* Whether a commit of that time may speak of the position before the last seek. */
bool sim_judge_may_lag(const struct sim_ownership *o, int64_t sent_us);
/* The position is another one, not by reading on. */
void sim_judge_note_move(struct sim_judge *j, struct sim_ownership *o);
/* What a commit may say at most. */
int64_t sim_judge_commit_bound(struct sim_judge *j, const struct sim_ownership *o);
/* The same of one who need not know yet what an unclean election has taken. */
int64_t sim_judge_untold_bound(struct sim_judge *j, const struct sim_ownership *o);

/* judge_finished.c */
void sim_judge_note_finished(struct sim_judge *j, const struct sim_log *log, int64_t offset);
/* The next record from there on, and before `until`, when it need not be delivered; else NULL. */
const struct sim_record *sim_judge_finished(struct sim_judge *j, const struct sim_log *log,
                                            int64_t from, int64_t until);

bool sim_judge_same_record(const kohort_record *got, const struct sim_record *wanted);

/* judge_truncation.c */
/* The position moves, and what was delivered from there on does not count any more. */
void sim_judge_forget(struct sim_judge *j, struct sim_ownership *o, int64_t from);
/* One that the log had before an unclean election, and that may still come; NULL: it has not. */
const struct sim_record *sim_judge_lost_version(const struct sim_judge *j,
                                                const struct sim_ownership *o, int64_t from,
                                                const kohort_record *got);
/* Compaction has taken it, in whatever version of the log. */
bool sim_judge_is_gone(const struct sim_log *log, int64_t offset);
/* Now or ever. */
bool sim_judge_was_written(const struct sim_log *log, const kohort_record *got);
/* This one comes next: what was lost between must have been told. */
void sim_judge_noticed(struct sim_judge *j, int member, struct sim_ownership *o,
                       const struct sim_record *record);

/* Whether it may not be heard of any more; then this callback is a violation. */
bool sim_judge_is_silent(struct sim_judge *j, int member, const char *callback);

/* judge_wire.c */
struct sim_observer sim_judge_observer(struct sim_judge *j);

#endif
