/* Every public call that changes something: a row here and kh_taped() at the function put it on the
 * tape, and into replays. A row's place is its number in recordings.
 *
 * A row is the name, and the call as a replay makes it (replay_call.c): on the client of the replay
 * `r`, on the consumer `c` or on its partition `p`, with the numbers and texts of `call`. */
#ifndef KH_CONSUMER_TAPED_CALLS_H
#define KH_CONSUMER_TAPED_CALLS_H

#define KH_CALLS(CLIENT, CONSUMER, PARTITION)                                                      \
    CLIENT(CLIENT_NEW, new_client(r, call))                                                        \
    CLIENT(CLIENT_CLOSE, kohort_client_close(r->client, kh_replay_client_gone, r))                 \
    CLIENT(CLIENT_SET_API_VERSIONS,                                                                \
           kohort_client_set_api_versions(r->client, text_of(call), NULL, 0))                      \
    CLIENT(CLIENT_VERSIONS, kohort_client_versions(r->client, (int32_t)call->a, call->b,           \
                                                   call->c != 0 ? on_versions : NULL, r))          \
    CLIENT(CONSUMER_NEW, new_consumer(r, call))                                                    \
    CLIENT(BATCH_KEEP, keep_batch(r))                                                              \
    CLIENT(BATCH_RELEASE, kohort_batch_release(find_batch(r, call->a)))                            \
    CONSUMER(CONSUMER_CLOSE,                                                                       \
             kohort_consumer_close(c, call->a, (int)call->b, call->c != 0 ? on_done : NULL, r))    \
    CONSUMER(CONSUMER_FREE, kohort_consumer_free(c))                                               \
    CONSUMER(SUBSCRIBE, kohort_subscribe(c, call->texts, (size_t)call->text_count))                \
    CONSUMER(SUBSCRIBE_PATTERN, kohort_subscribe_pattern(c, text_of(call), NULL, 0))               \
    CONSUMER(ACK, kohort_ack(c, mark_of(call)))                                                    \
    CONSUMER(NACK, kohort_nack(c, mark_of(call), call->d))                                         \
    CONSUMER(COMMIT, commit(r, c, call))                                                           \
    CONSUMER(COMMIT_OFFSETS, commit_offsets(r, c, call))                                           \
    CONSUMER(REVOKE_DONE, kohort_revoke_done(c, (kohort_token){(uint64_t)call->a}))                \
    PARTITION(PAUSE, kohort_pause(p))                                                              \
    PARTITION(RESUME, kohort_resume(p))                                                            \
    PARTITION(SEEK, kohort_seek(p, call->b))                                                       \
    PARTITION(DEMAND, kohort_demand(p, (uint64_t)call->b))                                         \
    CONSUMER(EXTEND, kohort_extend(c, mark_of(call), call->d))

enum kh_call {
#define KH_CALL_ENUM(name, made) KH_CALL_##name,
    KH_CALLS(KH_CALL_ENUM, KH_CALL_ENUM, KH_CALL_ENUM)
#undef KH_CALL_ENUM
};

#endif
