#include "support/live/proxy_internal.h"

#include "schema/frame.h"

#include <stdlib.h>
#include <string.h>

/* ---- holding ---- */

bool proxy_holds(const struct proxy_connection *c, const struct proxy_half *from)
{
    enum proxy_way way = from == &c->client ? PROXY_REQUESTS : PROXY_ANSWERS;
    return ((c->held | c->proxy->held) & way) != 0;
}

bool proxy_holds_request(const struct proxy *p, const uint8_t *frame)
{
    int api = kh_api_by_key((int16_t)(frame[PROXY_FRAME_HEAD] << 8 | frame[PROXY_FRAME_HEAD + 1]));
    return api >= 0 && (p->held_apis >> api & 1) != 0;
}

static void all_go_on(struct proxy *p)
{
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        proxy_go_on(c);
}

void proxy_hold(struct proxy *p, enum proxy_way ways)
{
    p->held = ways;
    all_go_on(p);
}

void proxy_hold_connection(struct proxy *p, size_t number, enum proxy_way ways)
{
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        if (c->number == number) {
            c->held = ways;
            proxy_go_on(c);
        }
}

void proxy_hold_api(struct proxy *p, enum kh_api api)
{
    p->held_apis |= 1u << api;
}

void proxy_release(struct proxy *p)
{
    p->held = PROXY_NONE;
    p->held_apis = 0;
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        c->held = PROXY_NONE;
    all_go_on(p);
}

/* ---- cutting ---- */

void proxy_cut_next(struct proxy *p, enum kh_api api, size_t behind)
{
    p->cut_api = (int)api;
    p->cut_behind = behind;
}

bool proxy_cuts(struct proxy_connection *c, enum kh_api api, const uint8_t *frame, size_t size)
{
    struct proxy *p = c->proxy;
    if (p->cut_api != (int)api)
        return false;
    p->cut_api = -1;
    p->cuts++;
    proxy_send(c, &c->client, frame, p->cut_behind < size ? p->cut_behind : size);
    proxy_close_connection(c, true);
    return true;
}

void proxy_reset(struct proxy *p)
{
    for (struct proxy_connection *c = p->connections; c != NULL; c = c->next)
        proxy_close_connection(c, true);
}

static void unlistened(uv_handle_t *listener)
{
    struct proxy *p = listener->data;
    p->refusing = true;
}

void proxy_refuse(struct proxy *p, bool refused)
{
    if (refused) {
        uv_close((uv_handle_t *)&p->listener, unlistened);
        run_until(p->stage, p->refusing);
    } else {
        proxy_listen(p, p->port);
        p->refusing = false;
    }
}

/* ---- errors in the broker's place ---- */

void proxy_answer_next(struct proxy *p, enum kh_api api, int16_t error_code, size_t count)
{
    p->errors[api].code = error_code;
    p->errors[api].count = count;
}

static uint8_t *write_error(const struct schema_question *question, int32_t correlation_id,
                            int16_t error_code, size_t *ret_size)
{
    struct kh_writer w;
    kh_writer_init(&w, question->arena->heap);
    size_t length_at = kh_write_i32_later(&w);
    schema_write_response(&w, schema_find(kh_api_info(question->api)->key, SCHEMA_RESPONSE),
                          question->version, correlation_id,
                          schema_error_response(question, error_code));
    cr_assert_eq(w.status, 0, "an error of %s", kh_api_info(question->api)->name);
    kh_write_patch_i32(&w, length_at, (int32_t)(w.size - PROXY_FRAME_HEAD));
    uint8_t *frame = malloc(w.size);
    memcpy(frame, w.data, w.size);
    *ret_size = w.size;
    kh_writer_free(&w);
    return frame;
}

uint8_t *proxy_own_answer(struct proxy *p, const uint8_t *frame, size_t size, size_t *ret_size)
{
    struct kh_heap heap;
    struct kh_arena arena;
    struct kh_request_header header;
    struct kh_reader r;
    uint8_t *own = NULL;
    kh_heap_init(&heap);
    kh_arena_init(&arena, &heap, SIZE_MAX);
    const struct schema *s = schema_read_request_header(&r, frame + PROXY_FRAME_HEAD,
                                                        size - PROXY_FRAME_HEAD, &arena, &header);
    int api = s == NULL ? -1 : kh_api_by_key(s->key);
    if (api >= 0 && p->errors[api].count > 0) {
        void *request = kh_arena_alloc(&arena, 1, s->size);
        cr_assert_eq(schema_decode(s, header.api_version, &r, request), 0, "%s", s->name);
        p->errors[api].count--;
        own = write_error(
            &(struct schema_question){(enum kh_api)api, header.api_version, request, &arena},
            header.correlation_id, p->errors[api].code, ret_size);
    }
    kh_arena_free(&arena);
    return own;
}
