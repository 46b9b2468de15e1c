/* A member for chaos tests: a consumer whose work takes a moment and is done out of order, and that
 * writes down all that happens to it.
 *
 *   chaos-member DIARY TOPIC SEED [NAME=VALUE ...]
 *
 * SIGTERM: it leaves. */
#include "chaos/diary.h"

#include <kohort/kohort.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { TICK_MS = 5, WORK_MS_MAX = 60, PIECES_MAX = 4, CLOSE_MS = 15000 };

/* Records that are being worked on. */
struct piece {
    kohort_mark mark;
    int32_t partition;
    int64_t due_ms;
};

struct member {
    uv_loop_t loop;
    uv_timer_t tick;
    uv_signal_t terminate;
    kohort_client *client;
    kohort_consumer *consumer;
    uint64_t random;
    bool closing;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    /* The revocation that waits for its work to be done. */
    kohort_token token;
    uint32_t going; /* partitions, a bit each */
};

static void tell(const struct member *m, const char *event, int32_t partition, int64_t first,
                 int64_t last)
{
    diary_write(event, kohort_consumer_generation(m->consumer), partition, first, last);
}

static uint64_t below(struct member *m, uint64_t bound)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return m->random % bound;
}

/* ---- the work ---- */

static void begin_work(struct member *m, const kohort_mark *mark, int32_t partition)
{
    if (m->piece_count == m->piece_capacity) {
        m->piece_capacity = m->piece_capacity * 2 + 64;
        m->pieces = realloc(m->pieces, m->piece_capacity * sizeof *m->pieces);
    }
    int64_t due_ms = (int64_t)(uv_now(&m->loop) + below(m, WORK_MS_MAX));
    m->pieces[m->piece_count++] = (struct piece){*mark, partition, due_ms};
}

static void end_work(struct member *m, size_t index)
{
    struct piece done = m->pieces[index];
    m->pieces[index] = m->pieces[--m->piece_count];
    if (kohort_ack(m->consumer, done.mark) == 0)
        tell(m, "acked", done.partition, done.mark.offset, done.mark.offset + done.mark.span);
}

static bool is_busy_with(const struct member *m, uint32_t partitions)
{
    for (size_t i = 0; i < m->piece_count; i++)
        if ((partitions >> m->pieces[i].partition & 1) != 0)
            return true;
    return false;
}

static void finish_revocation(struct member *m)
{
    kohort_token token = m->token;
    if (token.id == 0 || is_busy_with(m, m->going))
        return;
    for (int32_t p = 0; p < 32; p++)
        if ((m->going >> p & 1) != 0)
            tell(m, "revoked", p, -1, -1);
    m->token.id = 0;
    m->going = 0;
    kohort_revoke_done(m->consumer, token);
}

static void tick(uv_timer_t *timer)
{
    struct member *m = timer->data;
    for (size_t i = m->piece_count; i-- > 0;)
        if (m->pieces[i].due_ms <= (int64_t)uv_now(&m->loop))
            end_work(m, i);
    finish_revocation(m);
}

/* ---- what it is told ---- */

static int on_records(kohort_partition *p, const kohort_batch *batch, void *user)
{
    struct member *m = user;
    size_t count;
    const kohort_record *records = kohort_batch_records(batch, &count);
    int32_t number = kohort_partition_number(p);
    for (size_t i = 0; i < count; i++)
        if (!diary_is_stamp(records[i].value.data, records[i].value.size, number,
                            records[i].offset))
            tell(m, "damaged", number, -1, records[i].offset);
    tell(m, "records", number, records[0].offset, records[count - 1].offset);
    size_t pieces = 1 + below(m, PIECES_MAX), each = count / pieces + 1;
    for (size_t i = 0; i < count; i += each) {
        size_t last = i + each < count ? i + each - 1 : count - 1;
        kohort_mark mark = kohort_batch_mark(batch);
        mark.offset = records[i].offset;
        mark.count = (uint16_t)(last - i + 1);
        mark.span = (uint32_t)(records[last].offset - records[i].offset);
        begin_work(m, &mark, number);
    }
    return KOHORT_LATER;
}

static uint32_t tell_each(const struct member *m, const char *event, const kohort_partitions *list)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < kohort_partitions_count(list); i++) {
        int32_t number = kohort_partition_number(kohort_partitions_at(list, i));
        tell(m, event, number, -1, -1);
        bits |= UINT32_C(1) << number;
    }
    return bits;
}

static void on_assigned(kohort_consumer *c, const kohort_partitions *added, void *user)
{
    (void)c;
    tell_each(user, "assigned", added);
}

static void on_revoked(kohort_consumer *c, const kohort_partitions *going, kohort_token token,
                       void *user)
{
    struct member *m = user;
    (void)c;
    m->going |= tell_each(m, "revoking", going);
    m->token = token;
    finish_revocation(m);
}

static void on_lost(kohort_consumer *c, const kohort_partitions *gone, void *user)
{
    struct member *m = user;
    (void)c;
    m->going &= ~tell_each(m, "lost", gone);
    if (m->going == 0)
        m->token.id = 0;
}

static void begin_close(struct member *m);

static void on_event(kohort_consumer *c, const kohort_event *e, void *user)
{
    struct member *m = user;
    (void)c;
    int32_t partition = e->partition == NULL ? -1 : kohort_partition_number(e->partition);
    if (e->type == KOHORT_EVENT_COMMITTED)
        tell(m, "committed", partition, -1, e->offset);
    else if (e->type == KOHORT_EVENT_RESET)
        tell(m, "reset", partition, e->offset_before, e->offset);
    else if (e->type == KOHORT_EVENT_STALL)
        tell(m, "stall", -1, -1, e->late_ms);
    else if (e->type == KOHORT_EVENT_FAILED)
        tell(m, "failed", -1, -1, -1);
    if (e->type == KOHORT_EVENT_FAILED)
        begin_close(m);
}

/* ---- its end ---- */

static void client_closed(const kohort_error *error, void *arg)
{
    (void)error;
    (void)arg;
    diary_write("ended", -1, -1, -1, -1);
}

static void consumer_closed(const kohort_error *error, void *arg)
{
    struct member *m = arg;
    if (error != NULL)
        fprintf(stderr, "closing: %s\n", error->text);
    kohort_consumer_free(m->consumer);
    kohort_client_close(m->client, client_closed, NULL);
    uv_close((uv_handle_t *)&m->tick, NULL);
    uv_close((uv_handle_t *)&m->terminate, NULL);
}

static void begin_close(struct member *m)
{
    if (m->closing)
        return;
    m->closing = true;
    kohort_consumer_close(m->consumer, CLOSE_MS, KOHORT_LEAVE, consumer_closed, m);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    begin_close(handle->data);
}

/* ---- its start ---- */

static void write_log(void *arg, int level, const char *line)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
    (void)arg;
    fprintf(stderr, "%s %s\n", names[level], line);
}

static int set_options(kohort_options *o, char **texts, int count)
{
    int status = 0;
    kohort_options_set_log(o, KOHORT_LOG_INFO, write_log, NULL);
    for (int i = 0; i < count && status == 0; i++) {
        char *value = strchr(texts[i], '=');
        if (value != NULL)
            *value++ = '\0';
        status = value == NULL ? KOHORT_EINVAL : kohort_options_set(o, texts[i], value);
    }
    return status;
}

static int start(struct member *m, kohort_options *o, const char *topic)
{
    kohort_handlers handlers = KOHORT_HANDLERS_INIT;
    handlers.on_records = on_records;
    handlers.on_assigned = on_assigned;
    handlers.on_revoked = on_revoked;
    handlers.on_lost = on_lost;
    handlers.on_event = on_event;
    int status = kohort_client_new(&m->client, &m->loop, o);
    if (status == 0)
        status = kohort_consumer_new(&m->consumer, m->client, o, &handlers, m);
    if (status == 0)
        status = kohort_subscribe(m->consumer, &topic, 1);
    return status;
}

int main(int count, char **texts)
{
    static struct member m;
    kohort_options *o = NULL;
    if (count < 4 || diary_open(texts[1]) != 0 || kohort_options_new(&o) != 0) {
        fprintf(stderr, "usage: chaos-member DIARY TOPIC SEED [NAME=VALUE ...]\n");
        return EXIT_FAILURE;
    }
    m.random = strtoull(texts[3], NULL, 10) | 1;
    m.tick.data = m.terminate.data = &m;
    uv_loop_init(&m.loop);
    uv_timer_init(&m.loop, &m.tick);
    uv_timer_start(&m.tick, tick, TICK_MS, TICK_MS);
    uv_signal_init(&m.loop, &m.terminate);
    uv_signal_start(&m.terminate, on_signal, SIGTERM);
    int status = set_options(o, texts + 4, count - 4);
    if (status == 0)
        status = start(&m, o, texts[2]);
    if (status != 0)
        fprintf(stderr, "%s\n%s\n", kohort_status_text(status), kohort_options_problem(o));
    kohort_options_free(o);
    if (status != 0)
        return EXIT_FAILURE;
    uv_run(&m.loop, UV_RUN_DEFAULT);
    uv_loop_close(&m.loop);
    free(m.pieces);
    return EXIT_SUCCESS;
}
