#include "sim/recording.h"

#include "consumer/replay.h"
#include "sim/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* What its allocator refused is not in a recording (docs/recording.md): starved members are not
 * replayed. */
enum { RECORDING_SIZE = 64 * 1024 * 1024 };

struct kh_tape *sim_recording_begin(struct sim_member *m)
{
    struct kh_record_ring ring;

    if (!m->world->options.recorded)
        return NULL;
    m->recording = sim_new(RECORDING_SIZE, 1);
    kh_record_ring_format(&ring, m->recording, RECORDING_SIZE);
    kh_heap_init(&m->tape_heap);
    kh_tape_init(&m->tape, &ring, true, &m->tape_heap);
    return &m->tape;
}

static void check(struct sim_member *m)
{
    struct sim_judge *judge = &m->world->judge;
    kohort_replay_report report = {.size = sizeof report};
    struct kh_record_ring ring;
    struct kh_heap heap;
    const char *wrong = kh_record_ring_open(&ring, m->recording, RECORDING_SIZE);

    kh_heap_init(&heap);
    if (wrong != NULL || ring.lost > 0)
        sim_judge_violated(judge, "S18", "m%d's recording: %s", m->number,
                           wrong == NULL ? "too large" : wrong);
    else if (kh_replay(&ring, &heap, &report) != 0 || !report.same || !report.complete)
        sim_judge_violated(judge, "S18", "m%d's recording does not replay: %s", m->number,
                           report.text);
    else if (report.hash != m->tape.hash)
        sim_judge_violated(judge, "S18", "m%d's replay has hash %016" PRIx64 ", not %016" PRIx64,
                           m->number, report.hash, m->tape.hash);
}

void sim_recording_check(struct sim_world *w)
{
    for (int i = 1; i <= w->member_count; i++) {
        struct sim_member *m = w->members[i];
        if (m->recording != NULL && m->client_closed && !m->starved)
            check(m);
    }
}

void sim_recording_free(struct sim_member *m)
{
    if (m->recording == NULL)
        return;
    kh_tape_close(&m->tape);
    free(m->recording);
}
