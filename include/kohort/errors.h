/* What kohort's functions return: 0, or one of these, negative. */
#ifndef KOHORT_ERRORS_H
#define KOHORT_ERRORS_H

/* X(name, value, text): every status of the library. Values never change; new ones are appended. */
#define KOHORT_STATUS_MAP(X)                                                                       \
    X(EINVAL, -1, "an argument or option is not valid")                                            \
    X(ENOMEM, -2, "out of memory")                                                                 \
    X(ESTATE, -3, "not possible in the present state")                                             \
    X(ESTALE, -4, "the ownership this refers to has ended")                                        \
    X(ECLOSED, -5, "closed")                                                                       \
    X(ECANCELED, -6, "cancelled before an answer came")                                            \
    X(ETIMEDOUT, -7, "no answer in time")                                                          \
    X(ECONNECT, -8, "the broker cannot be reached")                                                \
    X(EDISCONNECTED, -9, "the broker closed the connection")                                       \
    X(ERESOLVE, -10, "the host name cannot be resolved")                                           \
    X(EPROTOCOL, -11, "the peer does not speak Kafka's protocol, or broke it")                     \
    X(EVERSION, -12, "no version of this API is spoken by both sides")                             \
    X(ECORRUPT, -13, "a record batch is damaged")                                                  \
    X(ECODEC, -14, "a record batch uses a codec that this build cannot read")                      \
    X(ELIMIT, -15, "a limit was exceeded")                                                         \
    X(EBROKER, -16, "the broker answered with an error; see kafka_code")                           \
    X(EREBALANCE, -17, "the group is rebalancing")                                                 \
    X(ENOENT, -18, "there is no such topic, partition or member")                                  \
    X(ENOOFFSET, -19, "no offset is committed and auto.offset.reset is none")                      \
    X(EASSIGNOR, -20, "the assignor gave a layout that is not valid")                              \
    X(EBUG, -21, "a mistake inside kohort; please report it")                                      \
    X(ETRUNCATED, -22, "the log has lost records that were read")

/* clang-format off */
#define KOHORT_STATUS_ENUM(name, value, text) KOHORT_##name = (value),
/* clang-format on */
enum kohort_status { KOHORT_OK = 0, KOHORT_STATUS_MAP(KOHORT_STATUS_ENUM) };
#undef KOHORT_STATUS_ENUM

#endif
