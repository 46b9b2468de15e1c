#include "connection_fixture.h"

#include <stdio.h>

static void on_assumed(void *arg, struct kh_connection *c)
{
    struct fixture *x = arg;
    (void)c;
    x->assumptions++;
}

static void on_ready(void *arg, struct kh_connection *c)
{
    struct fixture *x = arg;
    (void)c;
    x->readies++;
}

static void on_answered(void *arg, struct kh_connection *c)
{
    struct fixture *x = arg;
    (void)c;
    x->answers_told++;
}

static void on_closed(void *arg, struct kh_connection *c, const kohort_error *why)
{
    struct fixture *x = arg;
    (void)c;
    x->closes++;
    x->c = NULL;
    x->idle = why == NULL;
    if (why != NULL)
        x->why = *why;
}

const struct kh_connection_events fixture_events = {
    .assumed = on_assumed, .ready = on_ready, .answered = on_answered, .closed = on_closed};

void fixture_init(struct fixture *x)
{
    *x = (struct fixture){0};
    fake_init(&x->fake);
    kh_arena_init(&x->answers, test_heap, 0);
    x->settings = (struct kh_connection_settings){
        .shared = &x->fake.shared,
        .answers = &x->answers,
        .client_id = KH_STRING("tester"),
        .connect_timeout_ms = 10000,
        .idle_close_ms = 60000,
    };
}

void fixture_free(struct fixture *x)
{
    if (x->c != NULL)
        kh_connection_abandon(x->c);
    kh_arena_free(&x->answers);
    fake_free(&x->fake);
}

static void open_peer(struct fixture *x, const struct kh_peer *peer)
{
    expect_status(kh_connection_open(&x->c, &x->settings, peer, &fixture_events, x), 0);
    fake_run(&x->fake);
}

void fixture_open(struct fixture *x, const char *host, int32_t broker_id)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", host);
    open_peer(x, &(struct kh_peer){.host = copy, .port = 9092, .broker_id = broker_id});
}

void fixture_open_known(struct fixture *x, const struct kh_broker_versions *versions)
{
    char host[] = "127.0.0.1";
    open_peer(x,
              &(struct kh_peer){.host = host, .port = 9092, .broker_id = 1, .versions = versions});
}

void fixture_ready(struct fixture *x)
{
    fixture_open(x, "127.0.0.1", -1);
    struct fake_request request = fake_expect(&x->fake, 0, KH_API_API_VERSIONS);
    fake_answer_versions(&x->fake, &request, 0);
    fake_run(&x->fake);
    cr_assert_eq(x->readies, 1);
}

static void done(struct kh_request *request, const struct kh_response *response)
{
    struct asked *asked = request->arg;
    asked->ends++;
    asked->status = response->status;
    asked->version = response->version;
    asked->sent_ms = response->sent_ms;
    cr_assert_eq(response->status == 0, response->error == NULL);
    if (response->error != NULL)
        asked->error = *response->error;
    else if (response->message != NULL && request->api == KH_API_HEARTBEAT)
        asked->error_code = ((const struct kh_heartbeat_response *)response->message)->error_code;
    if (asked->cancels != NULL && asked->cancels->request.connection != NULL) {
        kh_connection_forget(asked->cancels->request.connection, &asked->cancels->request);
        asked->cancels->request.connection = NULL;
    }
}

int ask(struct fixture *x, struct asked *asked)
{
    kohort_error error;
    asked->fixture = x;
    asked->message =
        (struct kh_heartbeat_request){.group_id = KH_STRING("g"), .member_id = KH_STRING("m")};
    if (asked->request.message == NULL) {
        asked->request.api = KH_API_HEARTBEAT;
        asked->request.message = &asked->message;
    }
    asked->ends = 0;
    asked->request.version = asked->request.newest_version = -1;
    asked->request.done = done;
    asked->request.arg = asked;
    kh_list_init(&asked->request.node);
    kh_timer_init(&asked->request.deadline, NULL, NULL);
    cr_assert(kh_connection_has_room(x->c));
    return kh_connection_send(x->c, &asked->request, &error);
}
