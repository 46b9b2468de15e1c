/* Bytes to request, response to bytes: by the tables of tools/schema, never by the library's
 * own codecs. */
#include "sim/call.h"

#include "schema/frame.h"
#include "schema/tables.h"
#include "sim/memory.h"

#include <stdlib.h>

static sim_handler *const handlers[KH_API_COUNT] = {
    [KH_API_FETCH] = sim_handle_fetch,
    [KH_API_LIST_OFFSETS] = sim_handle_list_offsets,
    [KH_API_METADATA] = sim_handle_metadata,
    [KH_API_OFFSET_COMMIT] = sim_handle_offset_commit,
    [KH_API_OFFSET_FETCH] = sim_handle_offset_fetch,
    [KH_API_FIND_COORDINATOR] = sim_handle_find_coordinator,
    [KH_API_JOIN_GROUP] = sim_handle_join_group,
    [KH_API_HEARTBEAT] = sim_handle_heartbeat,
    [KH_API_LEAVE_GROUP] = sim_handle_leave_group,
    [KH_API_SYNC_GROUP] = sim_handle_sync_group,
    [KH_API_API_VERSIONS] = sim_handle_api_versions,
    [KH_API_OFFSET_FOR_LEADER_EPOCH] = sim_handle_offset_for_leader_epoch,
};

bool sim_serves(enum kh_api api)
{
    return handlers[api] != NULL;
}

void *sim_call_new(struct sim_call *call, size_t count, size_t size)
{
    return kh_arena_alloc(&call->arena, count == 0 ? 1 : count, size);
}

void *sim_call_response(struct sim_call *call)
{
    const struct schema *s = schema_find(call->header.api_key, SCHEMA_RESPONSE);
    void *response = sim_call_new(call, 1, s->size);

    schema_set_defaults(s, response);
    return response;
}

void *sim_error_response(struct sim_call *call, int16_t error_code)
{
    return schema_error_response(
        &(struct schema_question){call->api, call->version, call->request, &call->arena},
        error_code);
}

void sim_call_free(struct sim_call *call)
{
    sim_cancel(call->broker->cluster->network->schedule, &call->event);
    kh_list_remove(&call->all);
    kh_list_remove(&call->node);
    kh_list_remove(&call->mark.node);
    kh_arena_free(&call->arena);
    free(call->frame);
    free(call);
}

static struct sim_call *refuse(struct sim_call *call, const char *what)
{
    sim_cluster_violated(call->broker->cluster, "S16", "api %d v%d: %s", call->header.api_key,
                         call->header.api_version, what);
    sim_call_free(call);
    return NULL;
}

/* A version of ApiVersions that is not known is answered in v0 (KIP-511); its body is not read. */
static struct sim_call *read_body(struct sim_call *call, struct kh_reader *r)
{
    const struct schema *s = schema_find(call->header.api_key, SCHEMA_REQUEST);
    const struct sim_broker *b = call->broker;
    bool is_spoken = call->version >= b->oldest[call->api] && call->version <= b->newest[call->api];

    if (call->api == KH_API_API_VERSIONS && !is_spoken)
        return call;
    if (!is_spoken)
        return refuse(call, "this broker does not speak that version");
    r->flexible = schema_flexible(s, call->version);
    call->request = sim_call_new(call, 1, s->size);
    if (schema_decode(s, call->version, r, call->request) != 0 || !kh_read_end(r))
        return refuse(call, r->wrong);
    return call;
}

struct sim_call *sim_call_read(struct sim_broker *b, uint8_t *frame, size_t size)
{
    struct sim_call *call = sim_new(1, sizeof *call);
    struct kh_reader r;
    const struct schema *s;

    call->broker = b;
    call->frame = frame;
    kh_list_append(&b->calls, &call->all);
    kh_list_init(&call->node);
    kh_list_init(&call->mark.node);
    kh_arena_init(&call->arena, &b->cluster->heap, SIZE_MAX);
    s = schema_read_request_header(&r, frame, size, &call->arena, &call->header);
    int api = kh_api_by_key(call->header.api_key);
    if (r.status != 0)
        return refuse(call, r.wrong);
    if (s == NULL || api < 0 || !sim_serves((enum kh_api)api))
        return refuse(call, "not an API of this broker");
    call->api = (enum kh_api)api;
    call->version = call->header.api_version;
    return read_body(call, &r);
}

void sim_call_go_on(struct sim_call *call)
{
    struct sim_answer_fault *fault = &call->broker->faults[call->api];

    if (fault->error_wanted) {
        fault->error_wanted = false;
        sim_call_answer(call, sim_error_response(call, fault->error_code));
        return;
    }
    handlers[call->api](call);
}

void sim_call_handle(struct sim_call *call)
{
    const struct sim_cluster *c = call->broker->cluster;

    if (c->intercept == NULL || !c->intercept(c->intercept_arg, call))
        sim_call_go_on(call);
}

static void write_frame(const struct sim_call *call, struct kh_writer *w)
{
    const struct schema *s = schema_find(call->header.api_key, SCHEMA_RESPONSE);
    size_t length_at = kh_write_i32_later(w);

    schema_write_response(w, s, call->version, call->header.correlation_id, call->response);
    kh_write_patch_i32(w, length_at, (int32_t)(w->size - 4));
}

void sim_call_answer(struct sim_call *call, void *response)
{
    struct sim_cluster *c = call->broker->cluster;
    struct kh_writer w;

    sim_cancel(c->network->schedule, &call->event);
    kh_list_remove(&call->node);
    call->response = response;
    if (c->observer.answered != NULL)
        c->observer.answered(c->observer.arg, call);
    if (call->connection == NULL) {
        sim_call_free(call);
        return;
    }
    kh_writer_init(&w, &c->heap);
    write_frame(call, &w);
    if (w.status != 0)
        sim_cluster_violated(c, "model", "%s v%d: the answer cannot be written",
                             kh_api_info(call->api)->name, call->version);
    sim_connection_send(call->connection, call, &w);
    kh_writer_free(&w);
}
