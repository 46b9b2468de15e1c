#include "consumer/taped.h"

#include <stdio.h>
#include <string.h>

#define HASH_SEED INT64_C(0x4bf29ce484222325)

enum { NUMBER_TEXT = 24 };

void kh_call_begin(struct kh_tape *t, const struct kh_taped_call *call)
{
    kh_tape_begin_all(t, KH_TAPE_CALL, call->call, call->consumer, call->a, call->b, call->c,
                      call->d, call->e, call->text_count);
    for (int64_t i = 0; call->texts != NULL && i < call->text_count; i++)
        kh_tape_put(t, KH_TAPE_TEXT, call->texts[i], strlen(call->texts[i]));
}

int kh_call_end(struct kh_tape *t, int status)
{
    kh_tape_put_all(t, KH_TAPE_RESULT, status);
    kh_tape_end(t);
    return status;
}

void kh_callback_begin(struct kh_tape *t, enum kh_callback callback, int64_t consumer, int64_t a,
                       int64_t b, int64_t c, int64_t d)
{
    kh_tape_begin_all(t, KH_TAPE_CALLBACK, callback, consumer, a, b, c, d);
}

int kh_callback_end(struct kh_tape *t, int result)
{
    int64_t number = result;
    kh_tape_get_numbers(t, KH_TAPE_RESULT, &number, 1);
    kh_tape_end(t);
    return (int)number;
}

void kh_taped_done(kohort_consumer *c, kohort_done *done, const kohort_error *error, void *arg)
{
    struct kh_tape *t = kh_consumer_tape(c);
    if (t != NULL)
        kh_callback_begin(t, KH_CALLBACK_DONE, c->number, kh_taped_code(error), 0, 0, 0);
    done(error, arg);
    kh_callback_end_if(t, 0);
}

/* FNV-1a */
static int64_t hash_bytes(int64_t hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint64_t value = (uint64_t)hash;
    for (size_t i = 0; i < size; i++)
        value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
    return (int64_t)value;
}

static int64_t hash_number(int64_t hash, int64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
    return hash_bytes(hash, bytes, sizeof bytes);
}

int64_t kh_taped_hash_text(int64_t hash, const char *text)
{
    return text == NULL ? hash : hash_bytes(hash == 0 ? HASH_SEED : hash, text, strlen(text));
}

/* All that replaying has too: not what keys, values and headers say. */
int64_t kh_taped_hash_records(const kohort_record *records, size_t count)
{
    int64_t hash = HASH_SEED;
    for (size_t i = 0; i < count; i++) {
        hash = hash_number(hash, records[i].offset);
        hash = hash_number(hash, records[i].timestamp_ms);
        hash = hash_number(hash, records[i].key.data == NULL ? -1 : records[i].key.size);
        hash = hash_number(hash, records[i].value.data == NULL ? -1 : records[i].value.size);
        hash = hash_number(hash, records[i].header_count);
        hash = hash_number(hash, records[i].attempt);
    }
    return hash;
}

int64_t kh_taped_hash_list(const struct kohort_partitions *list)
{
    int64_t hash = HASH_SEED;
    for (size_t i = 0; i < list->count; i++) {
        hash = kh_taped_hash_text(hash, list->items[i]->topic);
        hash = hash_number(hash, list->items[i]->number);
        hash = hash_number(hash, (int64_t)list->items[i]->ownership);
    }
    return hash;
}

int64_t kh_taped_handlers(const kohort_handlers *h)
{
    if (h == NULL || h->size != sizeof *h)
        return -1;
    return (h->on_records != NULL) | (h->on_assigned != NULL) << 1 | (h->on_revoked != NULL) << 2 |
           (h->on_lost != NULL) << 3 | (h->on_event != NULL) << 4;
}

int64_t kh_taped_option_count(const kohort_options *o)
{
    int64_t count = 0;
    for (size_t i = 0; i < KH_OPTIONS_MAX; i++)
        count += o->texts[i] != NULL;
    return count + (int64_t)o->assignor_count;
}

static void tape_assignor(struct kh_tape *t, const kohort_assignor *a)
{
    int flags = (a->cooperative ? KH_TAPED_ASSIGNOR_COOPERATIVE : 0) |
                (a->user_data != NULL ? KH_TAPED_ASSIGNOR_USER_DATA : 0) |
                (a->on_assignment != NULL ? KH_TAPED_ASSIGNOR_ON_ASSIGNMENT : 0);
    size_t size = 2 + strlen(a->name);
    uint8_t *text = kh_tape_room(t, size + 1);
    if (text == NULL)
        return;
    snprintf((char *)text, size + 1, "=%d%s", flags, a->name);
    kh_tape_put(t, KH_TAPE_TEXT, text, size);
}

void kh_taped_options(struct kh_tape *t, const kohort_options *o)
{
    size_t count;
    const struct kh_option *rows = kh_options_table(&count);
    for (size_t i = 0; i < count; i++) {
        if (o->texts[i] == NULL)
            continue;
        size_t name = strlen(rows[i].name), size = name + 1 + strlen(o->texts[i]);
        uint8_t *text = kh_tape_room(t, size + 1);
        if (text == NULL)
            return;
        snprintf((char *)text, size + 1, "%s=%s", rows[i].name, o->texts[i]);
        kh_tape_put(t, KH_TAPE_TEXT, text, size);
    }
    for (size_t i = 0; i < o->assignor_count; i++)
        tape_assignor(t, &o->assignors[i]);
}

void kh_taped_offsets(struct kh_tape *t, const kohort_offset *offsets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *metadata = offsets[i].metadata;
        size_t most = 3 * NUMBER_TEXT + (metadata == NULL ? 0 : strlen(metadata));
        uint8_t *text = kh_tape_room(t, most);
        if (text == NULL)
            return;
        int size = snprintf((char *)text, most, "%llu %lld %d%s%s",
                            (unsigned long long)offsets[i].ownership, (long long)offsets[i].offset,
                            offsets[i].leader_epoch, metadata == NULL ? "" : " ",
                            metadata == NULL ? "" : metadata);
        kh_tape_put(t, KH_TAPE_TEXT, text, (size_t)size);
    }
}
