/* Requests of members: right ones mostly, and each way to be wrong. */
#include "differential/sequence.h"
#include "protocol/heartbeat.h"
#include "protocol/join_group.h"
#include "protocol/leave_group.h"
#include "protocol/sync_group.h"

enum { SESSION_TIMEOUT_MS = 60000, REBALANCE_TIMEOUT_MS = 60000, SHORT_TIMEOUT_MS = 1000 };
/* Which choice decides what. */
enum { BY_IDENTITY, BY_GENERATION, BY_INSTANCE, BY_FIRST, BY_SECOND, BY_THIRD, BY_FOURTH };

static const char *const instances[SIDE_SLOTS] = {"i0", "i1", "i2", "i3"};

static struct kh_string member_id(const struct scene *scene, const struct step *step,
                                  const struct side *side)
{
    uint32_t choice = chosen(step, BY_IDENTITY, scene->kind == SEQUENCE_TIMEOUT ? 1 : 40);
    uint32_t other = chosen(step, BY_GENERATION, SIDE_SLOTS);

    if (choice == 39)
        return KH_STRING("somebody");
    /* A static member that has lost its id, as after a start, comes more often. */
    if (choice == 38 ||
        (choice >= 30 && scene->kind == SEQUENCE_STATIC && step->api == KH_API_JOIN_GROUP))
        return KH_STRING("");
    return kh_string_of(side->members[choice == 37 ? (int)other : step->slot].id);
}

static struct kh_string instance_id(const struct step *step)
{
    uint32_t choice = chosen(step, BY_INSTANCE, 40);

    if (choice == 37)
        return (struct kh_string){0};
    if (choice == 38)
        return kh_string_of(instances[(step->slot + 1) % SIDE_SLOTS]);
    return choice == 39 ? KH_STRING("nobody") : kh_string_of(instances[step->slot]);
}

struct identity ask_identity(const struct scene *scene, const struct step *step, struct side *side,
                             int static_since)
{
    const struct side_member *m = &side->members[step->slot];
    struct identity who = {.member_id = member_id(scene, step, side), .generation = m->generation};
    uint32_t wrong = chosen(step, BY_GENERATION, scene->kind == SEQUENCE_TIMEOUT ? 1 : 40);

    if (wrong == 37)
        who.generation++;
    else if (wrong == 38)
        who.generation--;
    else if (wrong == 39)
        who.generation = -1;
    if (step->version >= static_since && scene->kind == SEQUENCE_STATIC)
        who.instance_id = instance_id(step);
    side->connections[step->slot].honest =
        kh_string_equal(who.member_id, kh_string_of(m->id)) &&
        (who.instance_id.data == NULL ||
         kh_string_equal(who.instance_id, kh_string_of(instances[step->slot])));
    return who;
}

/* What members offer, in their order; the type goes before. */
static const char *const offers[][4] = {
    {"consumer", "range"},
    {"consumer", "range", "roundrobin"},
    {"consumer", "roundrobin", "range"},
    {"consumer", "range", "cooperative-sticky", "roundrobin"},
    {"consumer", "sticky", "range"},
    {"consumer", "roundrobin", "range", "sticky"},
};
static const char *const bad_offers[][4] = {
    {"consumer"}, {"connect", "range"}, {"", "range"}, {"consumer", "nobody-else"}};

static void offer(struct kh_join_group_request *request, const struct scene *scene,
                  const struct step *step, struct side *side)
{
    /* Members of one slot offer the same each time, mostly: what changes makes a rebalance. */
    uint32_t choice = chosen(step, BY_FIRST, 20);
    uint32_t usual = scene->kind == SEQUENCE_STATIC ? 19 : 15;
    size_t own = ((size_t)step->slot + scene->seed) % (sizeof offers / sizeof *offers);
    const char *const *chosen_offer = choice < usual       ? offers[own]
                                      : choice < usual + 3 ? CHOSEN(step, BY_SECOND, offers)
                                                           : CHOSEN(step, BY_SECOND, bad_offers);
    if (scene->kind == SEQUENCE_TIMEOUT)
        chosen_offer = offers[own];
    struct kh_join_group_request_protocol *protocols =
        kh_arena_alloc(&side->arena, 3, sizeof *protocols);
    request->protocol_type = kh_string_of(chosen_offer[0]);
    for (; request->protocol_count < 3 && chosen_offer[request->protocol_count + 1] != NULL;
         request->protocol_count++)
        protocols[request->protocol_count] = (struct kh_join_group_request_protocol){
            kh_string_of(chosen_offer[request->protocol_count + 1]),
            {(const uint8_t *)(chosen(step, BY_THIRD, 8) == 0 ? "other" : "usual"), 5}};
    request->protocols = protocols;
}

const void *ask_join_group(const struct scene *scene, const struct step *step, struct side *side)
{
    static const int32_t sessions[] = {1, 2000000};
    struct identity who = ask_identity(scene, step, side, 5);
    struct kh_join_group_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);

    *request = (struct kh_join_group_request){
        .group_id = chosen(step, BY_FOURTH, 60) == 59 ? KH_STRING("") : kh_string_of(scene->group),
        .session_timeout_ms = chosen(step, BY_FOURTH, 40) == 39 ? CHOSEN(step, BY_SECOND, sessions)
                                                                : SESSION_TIMEOUT_MS,
        .rebalance_timeout_ms =
            scene->kind == SEQUENCE_TIMEOUT ? SHORT_TIMEOUT_MS : REBALANCE_TIMEOUT_MS,
        .member_id = who.member_id,
        .group_instance_id = who.instance_id};
    offer(request, scene, step, side);
    return request;
}

/* Each member that has an id gets its own share, and somebody who is not there one too. */
static void assign(struct kh_sync_group_request *request, const struct step *step,
                   struct side *side)
{
    struct kh_sync_group_request_assignment *shares =
        kh_arena_alloc(&side->arena, SIDE_SLOTS + 1, sizeof *shares);

    for (int i = 0; i < SIDE_SLOTS; i++) {
        if (side->members[i].id[0] == '\0' || chosen(step, BY_SECOND, 16) == (uint32_t)i)
            continue;
        uint8_t *share = kh_arena_alloc(&side->arena, 2, 1);
        share[0] = 's';
        share[1] = (uint8_t)('0' + i);
        shares[request->assignment_count++] = (struct kh_sync_group_request_assignment){
            kh_string_of(side->members[i].id), {share, 2}};
    }
    shares[request->assignment_count++] =
        (struct kh_sync_group_request_assignment){KH_STRING("somebody"), {(const uint8_t *)"x", 1}};
    request->assignments = shares;
}

const void *ask_sync_group(const struct scene *scene, const struct step *step, struct side *side)
{
    struct identity who = ask_identity(scene, step, side, 3);
    const struct side_member *m = &side->members[step->slot];
    struct kh_sync_group_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    uint32_t named = chosen(step, BY_FIRST, 12);

    *request = (struct kh_sync_group_request){.group_id = kh_string_of(scene->group),
                                              .generation_id = who.generation,
                                              .member_id = who.member_id,
                                              .group_instance_id = who.instance_id,
                                              .protocol_type = kh_string_of(m->protocol_type),
                                              .protocol_name = kh_string_of(m->protocol_name)};
    if (step->version < 5 || named == 11)
        request->protocol_type = request->protocol_name = (struct kh_string){0};
    else if (named == 10)
        request->protocol_type = KH_STRING("connect");
    else if (named == 9)
        request->protocol_name = KH_STRING("sticky");
    else if (named == 8)
        request->protocol_name = (struct kh_string){0};
    if (m->leads || chosen(step, BY_THIRD, 10) == 0)
        assign(request, step, side);
    return request;
}

const void *ask_heartbeat(const struct scene *scene, const struct step *step, struct side *side)
{
    struct identity who = ask_identity(scene, step, side, 3);
    struct kh_heartbeat_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);

    *request = (struct kh_heartbeat_request){
        .group_id = chosen(step, BY_FOURTH, 40) == 39 ? KH_STRING("") : kh_string_of(scene->group),
        .generation_id = who.generation,
        .member_id = who.member_id,
        .group_instance_id = who.instance_id};
    return request;
}

/* Itself mostly, and sometimes others with it. */
const void *ask_leave_group(const struct scene *scene, const struct step *step, struct side *side)
{
    struct identity who = ask_identity(scene, step, side, 3);
    struct kh_leave_group_request *request = kh_arena_alloc(&side->arena, 1, sizeof *request);
    struct kh_leave_group_request_member *members =
        kh_arena_alloc(&side->arena, 3, sizeof *members);

    *request = (struct kh_leave_group_request){
        .group_id = chosen(step, BY_FOURTH, 20) == 19 ? KH_STRING("") : kh_string_of(scene->group),
        .member_id = step->version < 3 ? who.member_id : (struct kh_string){0}};
    if (step->version < 3)
        return request;
    members[request->member_count++] = (struct kh_leave_group_request_member){
        .member_id = who.instance_id.data != NULL && chosen(step, BY_SECOND, 2) == 0
                         ? KH_STRING("")
                         : who.member_id,
        .group_instance_id = who.instance_id};
    if (chosen(step, BY_FIRST, 4) == 0)
        members[request->member_count++] = (struct kh_leave_group_request_member){
            .member_id = kh_string_of(side->members[(step->slot + 1) % SIDE_SLOTS].id)};
    if (chosen(step, BY_FIRST, 8) == 0)
        members[request->member_count++] =
            (struct kh_leave_group_request_member){.member_id = KH_STRING("somebody")};
    request->members = members;
    return request;
}
