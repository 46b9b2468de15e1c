/* What the application may do to a partition it owns: pause, resume, seek. */
#include "consumer/stuck.h"
#include "consumer/taped.h"

#include "protocol/list_offsets.h"

static int pause_delivery(kohort_partition *p)
{
    p->paused = true;
    return 0;
}

int kohort_pause(kohort_partition *p)
{
    return kh_taped(kh_partition_tape(p), pause_delivery(p), KH_TAPED_PARTITION(PAUSE, p));
}

static int resume(kohort_partition *p)
{
    if (p->paused)
        kh_fetch_changed(p->consumer);
    p->paused = false;
    if (p->stuck)
        kh_stuck_lift(p);
    return 0;
}

int kohort_resume(kohort_partition *p)
{
    return kh_taped(kh_partition_tape(p), resume(p), KH_TAPED_PARTITION(RESUME, p));
}

static int seek(kohort_partition *p, int64_t offset)
{
    if (offset < KH_LIST_OFFSETS_EARLIEST)
        return KOHORT_EINVAL;
    if (p->state == KH_PARTITION_REVOKING || p->state == KH_PARTITION_ENDED)
        return KOHORT_ESTALE;
    if (p->consumer->values.membership_only)
        return KOHORT_ESTATE;
    kh_client_set_timer(p->consumer->client, &p->retry, KH_NEVER);
    p->oldest_delivery = ++p->delivery; /* Marks given out so far are stale from now on. */
    kh_stuck_forget(p);
    if (offset >= 0) {
        kh_partition_start_at(p, offset, -1);
        kh_commit_note(p);
    } else
        kh_partition_reset(p, offset, false, "kohort_seek");
    return 0;
}

int kohort_seek(kohort_partition *p, int64_t offset)
{
    return kh_taped(kh_partition_tape(p), seek(p, offset), KH_TAPED_PARTITION(SEEK, p),
                    .b = offset);
}
