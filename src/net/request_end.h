/* How a request ends; for lanes and connections only. */
#ifndef KH_NET_REQUEST_END_H
#define KH_NET_REQUEST_END_H

#include "net/request.h"
#include "net/shared.h"

/* Without a word to its owner. It is then as if it had never been sent. */
void kh_request_drop(struct kh_shared *shared, struct kh_request *request);
/* done() is the last thing: it may free the request. */
void kh_request_end(struct kh_shared *shared, struct kh_request *request,
                    const struct kh_response *response);
/* It never went out. */
void kh_request_end_unsent(struct kh_shared *shared, struct kh_request *request,
                           const kohort_error *why);

#endif
