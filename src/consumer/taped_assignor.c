/* An assignor of the application's on a tape: it answers as callbacks do, with more than a number.
 */
#include "consumer/taped.h"

#include <stdio.h>
#include <string.h>

enum { PARTITION_BYTES = 8 };

/* While recording `said` goes onto the tape; else what is on it comes back. NULL: no memory. */
static const uint8_t *tape_bytes(struct kh_tape *t, const void *said, size_t size)
{
    uint8_t *bytes = kh_tape_room(t, size);
    if (bytes == NULL || size == 0)
        return bytes;
    if (t->recording)
        memcpy(bytes, said, size);
    kh_tape_get(t, KH_TAPE_ASSIGNOR, bytes, size);
    return bytes;
}

/* How much follows; what a damaged file says may be anything. */
static bool is_possible(struct kh_tape *t, int64_t size)
{
    if (size < 0 || (uint64_t)size > t->ring.size)
        kh_tape_diverge(t, "an assignor says more than there is: the file is damaged");
    return !kh_tape_diverged(t);
}

static void store(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t load(const uint8_t *in)
{
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static void put_partitions(struct kh_tape *t, const struct kh_assignor_result *result)
{
    uint8_t *bytes = kh_tape_room(t, result->count * PARTITION_BYTES);
    for (size_t i = 0; bytes != NULL && i < result->count; i++) {
        store(bytes + i * PARTITION_BYTES, result->partitions[i].topic);
        store(bytes + i * PARTITION_BYTES + 4, (uint32_t)result->partitions[i].partition);
    }
    if (bytes != NULL && result->count > 0)
        kh_tape_get(t, KH_TAPE_ASSIGNOR, bytes, result->count * PARTITION_BYTES);
}

static int get_partitions(struct kh_tape *t, struct kh_arena *arena,
                          struct kh_assignor_result *result, size_t count)
{
    const uint8_t *bytes = tape_bytes(t, NULL, count * PARTITION_BYTES);
    result->partitions = kh_arena_take(arena, count, sizeof result->partitions[0]);
    if (bytes == NULL || result->partitions == NULL)
        return KOHORT_ENOMEM;
    for (result->count = 0; result->count < count; bytes += PARTITION_BYTES)
        result->partitions[result->count++] =
            (struct kh_assignor_partition){load(bytes), (int32_t)load(bytes + 4)};
    return 0;
}

static int get_told(struct kh_tape *t, struct kh_arena *arena, struct kh_assignor_result *result,
                    size_t size)
{
    const uint8_t *bytes = tape_bytes(t, NULL, size);
    uint8_t *copy = kh_arena_take(arena, size, 1);
    if (bytes == NULL || copy == NULL)
        return KOHORT_ENOMEM;
    memcpy(copy, bytes, size);
    result->user_data = (struct kh_bytes){copy, (int32_t)size};
    return 0;
}

/* What one member gets, and is told. */
static int tape_result(struct kh_tape *t, struct kh_arena *arena, struct kh_assignor_result *result)
{
    int64_t sizes[2] = {(int64_t)result->count, /* and -1: nothing is told */
                        result->user_data.data == NULL ? -1 : result->user_data.size};
    kh_tape_get_numbers(t, KH_TAPE_ASSIGNOR, sizes, 2);
    if (t->recording) {
        put_partitions(t, result);
        tape_bytes(t, result->user_data.data, sizes[1] < 0 ? 0 : (size_t)sizes[1]);
        return 0;
    }
    if (!is_possible(t, sizes[0]) || !is_possible(t, sizes[1] + 1))
        return KOHORT_EASSIGNOR;
    int status = get_partitions(t, arena, result, (size_t)sizes[0]);
    return status != 0 || sizes[1] < 0 ? status : get_told(t, arena, result, (size_t)sizes[1]);
}

static void tape_reason(struct kh_tape *t, kohort_error *error)
{
    char text[KH_TAPE_WHY] = "";
    if (t->recording)
        snprintf(text, sizeof text, "%.*s", KH_TAPE_WHY - 1, error->text);
    kh_tape_get(t, KH_TAPE_TEXT, text, sizeof text);
    text[sizeof text - 1] = '\0';
    if (!t->recording)
        kh_error_text(error, "%s", text);
}

static int assign(const struct kh_assignor *self, const struct kh_assignor_input *input,
                  struct kh_arena *arena, struct kh_assignor_result *results, kohort_error *error)
{
    const struct kh_taped_assignor *taped = self->arg;
    struct kh_tape *t = taped->tape;
    kh_callback_begin(t, KH_CALLBACK_ASSIGN, 0, (int64_t)input->member_count,
                      (int64_t)input->topic_count, 0, 0);
    int64_t status = taped->theirs.assign(&taped->theirs, input, arena, results, error);
    kh_tape_get_numbers(t, KH_TAPE_ASSIGNOR, &status, 1);
    if (status != 0)
        tape_reason(t, error);
    for (size_t i = 0; status == 0 && i < input->member_count; i++)
        status = tape_result(t, arena, &results[i]);
    return kh_callback_end(t, (int)status);
}

static void write_user_data(const struct kh_assignor *self, struct kh_arena *arena,
                            struct kh_writer *w, const struct kh_consumer_topic *assigned,
                            size_t topic_count, int32_t generation)
{
    const struct kh_taped_assignor *taped = self->arg;
    struct kh_tape *t = taped->tape;
    size_t before = w->size;
    kh_callback_begin(t, KH_CALLBACK_USER_DATA, 0, generation, (int64_t)topic_count, 0, 0);
    taped->theirs.write_user_data(&taped->theirs, arena, w, assigned, topic_count, generation);
    int64_t size = (int64_t)(w->size - before);
    kh_tape_get_numbers(t, KH_TAPE_ASSIGNOR, &size, 1);
    if (t->recording) {
        tape_bytes(t, w->data + before, (size_t)size);
    } else if (is_possible(t, size)) {
        const uint8_t *bytes = tape_bytes(t, NULL, (size_t)size);
        if (bytes != NULL)
            kh_write_raw(w, bytes, (size_t)size);
    }
    kh_callback_end(t, 0);
}

static void on_assignment(const struct kh_assignor *self, struct kh_arena *arena,
                          const struct kh_consumer_topic *assigned, size_t topic_count,
                          struct kh_bytes user_data, int32_t generation)
{
    const struct kh_taped_assignor *taped = self->arg;
    kh_callback_begin(taped->tape, KH_CALLBACK_ON_ASSIGNMENT, 0, generation, (int64_t)topic_count,
                      user_data.size, 0);
    taped->theirs.on_assignment(&taped->theirs, arena, assigned, topic_count, user_data,
                                generation);
    kh_callback_end(taped->tape, 0);
}

struct kh_assignor kh_taped_assignor(struct kh_taped_assignor *taped, struct kh_tape *t,
                                     const struct kh_assignor *theirs)
{
    struct kh_assignor ours = *theirs;
    *taped = (struct kh_taped_assignor){.tape = t, .theirs = *theirs};
    ours.assign = assign;
    ours.write_user_data = theirs->write_user_data == NULL ? NULL : write_user_data;
    ours.on_assignment = theirs->on_assignment == NULL ? NULL : on_assignment;
    ours.arg = taped;
    return ours;
}
