/* The driver of a replay: events of the world and calls of the application, in the order in which
 * the tape has them. */
#include "consumer/replay.h"

#include "consumer/kept.h"
#include "consumer/replay_call.h"
#include "net/tape_platform.h"

#include <stdio.h>
#include <string.h>

enum { BURY_TURNS = 100 };

static void play(struct kh_replay *r)
{
    int64_t numbers[KH_TAPE_NUMBERS];
    uint32_t size;
    enum kh_tape_kind kind;
    while (!kh_tape_ended(&r->tape) && !kh_tape_diverged(&r->tape)) {
        kind = kh_tape_peek(&r->tape, numbers, &size);
        if (kind == KH_TAPE_CALL)
            kh_replay_call(r);
        else if (r->tape.platform != NULL && kind != KH_TAPE_NONE)
            kh_tape_platform_play(r->tape.platform);
        else
            kh_tape_diverge(&r->tape, "what follows cannot be read: the file is damaged");
    }
}

static void tell(const struct kh_replay *r, kohort_replay_report *report)
{
    const struct kh_tape *t = &r->tape;
    report->events = t->event;
    report->hash = t->hash;
    report->same = !kh_tape_diverged(t) || t->cut;
    report->complete = report->same && !t->cut && r->client == NULL && t->event > 0;
    snprintf(report->text, sizeof report->text, "%s", t->why);
}

/* Tears down what the recording left; nothing of it is compared any more. */
static void bury(struct kh_replay *r)
{
    kh_tape_diverge(&r->tape, "it has ended");
    while (r->client != NULL && !kh_list_empty(&r->client->kept))
        kohort_batch_release(kh_container(r->client->kept.next, kohort_batch, node));
    while (r->client != NULL && !kh_list_empty(&r->client->consumers))
        kohort_consumer_free(kh_container(r->client->consumers.next, kohort_consumer, node));
    if (r->client != NULL && !r->client->closing)
        kohort_client_close(r->client, kh_replay_client_gone, r);
    for (int i = 0; i < BURY_TURNS && r->tape.platform != NULL; i++)
        kh_tape_platform_bury(r->tape.platform);
}

int kh_replay(const struct kh_record_ring *ring, const struct kh_heap *heap,
              kohort_replay_report *report)
{
    struct kh_heap own = *heap;
    struct kh_replay *r = kh_alloc_zeroed(&own, 1, sizeof *r);
    if (r == NULL)
        return KOHORT_ENOMEM;
    r->heap = own;
    kh_tape_init(&r->tape, ring, false, &r->heap);
    play(r);
    tell(r, report);
    bury(r);
    kh_tape_close(&r->tape);
    own = r->heap;
    kh_free(&own, r);
    return 0;
}

int kohort_replay(const char *path, kohort_replay_report *report)
{
    struct kh_record_ring ring;
    struct kh_heap heap;
    const char *wrong;
    if (path == NULL || report == NULL || report->size != sizeof *report)
        return KOHORT_EINVAL;
    *report = (kohort_replay_report){.size = sizeof *report};
    int error = kh_record_file_open(&ring, path, &wrong);
    if (error != 0 || wrong != NULL) {
        snprintf(report->text, sizeof report->text, "%s", error != 0 ? strerror(error) : wrong);
        return KOHORT_EINVAL;
    }
    int status = 0;
    if (ring.lost == 0) {
        kh_heap_init(&heap);
        status = kh_replay(&ring, &heap, report);
    } else {
        status = KOHORT_EINVAL;
        snprintf(report->text, sizeof report->text,
                 "its beginning was overwritten (%llu entries), and a replay starts there: record "
                 "into a larger file",
                 (unsigned long long)ring.lost);
    }
    kh_record_file_close(&ring);
    return status;
}
