#include "net/request_end.h"

#include "base/error.h"
#include "net/error_text.h"

void kh_request_drop(struct kh_shared *shared, struct kh_request *request)
{
    kh_timer_set(&shared->timers, &request->deadline, KH_NEVER);
    kh_list_remove(&request->node);
    request->lane = NULL;
    request->connection = NULL;
}

void kh_request_end(struct kh_shared *shared, struct kh_request *request,
                    const struct kh_response *response)
{
    kh_request_drop(shared, request);
    request->done(request, response);
}

void kh_request_end_unsent(struct kh_shared *shared, struct kh_request *request,
                           const kohort_error *why)
{
    kohort_error error = *why;
    kh_error_set_api(&error, request->api, -1);
    kh_request_end(shared, request,
                   &(struct kh_response){.status = error.code,
                                         .error = &error,
                                         .version = -1,
                                         .sent_ms = -1,
                                         .broker_id = error.broker_id});
}
