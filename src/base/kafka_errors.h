/* Every error code of Kafka (Errors.java as of 4.4): name and code are Kafka's; retriable says
 * whether Java's exception for it is a RetriableException, stale_metadata whether it is an
 * InvalidMetadataException. The meanings are ours. */
#ifndef KH_BASE_KAFKA_ERRORS_H
#define KH_BASE_KAFKA_ERRORS_H

/* clang-format off */
/* X(NAME, code, retriable, stale_metadata, "meaning") */
#define KH_KAFKA_ERRORS(X) \
    X(UNKNOWN_SERVER_ERROR, -1, false, false, "the broker met an error that it has no code for; its log says more") \
    X(NONE, 0, false, false, "no error") \
    X(OFFSET_OUT_OF_RANGE, 1, false, false, "there is no record at that offset: it is outside what the partition holds") \
    X(CORRUPT_MESSAGE, 2, true, false, "a record batch is damaged, too large, or has no key where one is needed") \
    X(UNKNOWN_TOPIC_OR_PARTITION, 3, true, true, "that topic or partition does not exist on this broker") \
    X(INVALID_FETCH_SIZE, 4, false, false, "the size asked for in a fetch is not valid") \
    X(LEADER_NOT_AVAILABLE, 5, true, true, "the partition has no leader at the moment") \
    X(NOT_LEADER_OR_FOLLOWER, 6, true, true, "that broker does not lead the partition, or holds no replica of it") \
    X(REQUEST_TIMED_OUT, 7, true, false, "the broker could not finish the request within its time") \
    X(BROKER_NOT_AVAILABLE, 8, false, false, "the broker is not available") \
    X(REPLICA_NOT_AVAILABLE, 9, true, true, "the replica of the partition is not available") \
    X(MESSAGE_TOO_LARGE, 10, false, false, "a message is larger than the broker accepts") \
    X(STALE_CONTROLLER_EPOCH, 11, false, false, "another broker has become the controller") \
    X(OFFSET_METADATA_TOO_LARGE, 12, false, false, "the metadata text of a committed offset is too long") \
    X(NETWORK_EXCEPTION, 13, true, true, "the connection ended before the answer came") \
    X(COORDINATOR_LOAD_IN_PROGRESS, 14, true, false, "the coordinator is still loading its state") \
    X(COORDINATOR_NOT_AVAILABLE, 15, true, false, "the coordinator is not available yet") \
    X(NOT_COORDINATOR, 16, true, false, "that broker does not coordinate this group or transaction") \
    X(INVALID_TOPIC_EXCEPTION, 17, false, false, "the name is not a valid topic name, or that topic may not be used this way") \
    X(RECORD_LIST_TOO_LARGE, 18, false, false, "the batch is larger than a segment of the broker's log") \
    X(NOT_ENOUGH_REPLICAS, 19, true, false, "fewer replicas are in sync than the topic asks for; nothing was written") \
    X(NOT_ENOUGH_REPLICAS_AFTER_APPEND, 20, true, false, "the records were written, but to fewer replicas than the topic asks for") \
    X(INVALID_REQUIRED_ACKS, 21, false, false, "acks may only be -1, 0 or 1") \
    X(ILLEGAL_GENERATION, 22, false, false, "the generation is not the group's present one") \
    X(INCONSISTENT_GROUP_PROTOCOL, 23, false, false, "the member's assignors or protocol type do not fit those of the group") \
    X(INVALID_GROUP_ID, 24, false, false, "the group id is not valid") \
    X(UNKNOWN_MEMBER_ID, 25, false, false, "the coordinator does not know this member") \
    X(INVALID_SESSION_TIMEOUT, 26, false, false, "session.timeout.ms is outside the bounds that the broker allows") \
    X(REBALANCE_IN_PROGRESS, 27, false, false, "the group is rebalancing: the member has to join again") \
    X(INVALID_COMMIT_OFFSET_SIZE, 28, false, false, "the data of the offset commit is too large") \
    X(TOPIC_AUTHORIZATION_FAILED, 29, false, false, "not allowed to use this topic") \
    X(GROUP_AUTHORIZATION_FAILED, 30, false, false, "not allowed to use this group") \
    X(CLUSTER_AUTHORIZATION_FAILED, 31, false, false, "not allowed to do this on the cluster") \
    X(INVALID_TIMESTAMP, 32, false, false, "the timestamp of a record is further from now than the broker allows") \
    X(UNSUPPORTED_SASL_MECHANISM, 33, false, false, "the broker does not offer this SASL mechanism") \
    X(ILLEGAL_SASL_STATE, 34, false, false, "the request does not belong at this point of the SASL exchange") \
    X(UNSUPPORTED_VERSION, 35, false, false, "the broker does not speak this version of the API") \
    X(TOPIC_ALREADY_EXISTS, 36, false, false, "a topic of this name exists already") \
    X(INVALID_PARTITIONS, 37, false, false, "the number of partitions is not valid") \
    X(INVALID_REPLICATION_FACTOR, 38, false, false, "the replication factor is below one or above the number of brokers") \
    X(INVALID_REPLICA_ASSIGNMENT, 39, false, false, "the list of replicas is not valid") \
    X(INVALID_CONFIG, 40, false, false, "a configuration value is not valid") \
    X(NOT_CONTROLLER, 41, true, false, "that broker is not the controller") \
    X(INVALID_REQUEST, 42, false, false, "the broker finds the request malformed; its log says more") \
    X(UNSUPPORTED_FOR_MESSAGE_FORMAT, 43, false, false, "the broker stores this topic in a format too old for the request") \
    X(POLICY_VIOLATION, 44, false, false, "a policy of the cluster forbids the request") \
    X(OUT_OF_ORDER_SEQUENCE_NUMBER, 45, false, false, "the producer's sequence number is not the next one") \
    X(DUPLICATE_SEQUENCE_NUMBER, 46, false, false, "the producer's sequence number was seen before") \
    X(INVALID_PRODUCER_EPOCH, 47, false, false, "the producer's epoch is old: a newer producer took its place") \
    X(INVALID_TXN_STATE, 48, false, false, "the transaction is not in a state that allows this") \
    X(INVALID_PRODUCER_ID_MAPPING, 49, false, false, "the producer id does not belong to this transactional id") \
    X(INVALID_TRANSACTION_TIMEOUT, 50, false, false, "the transaction timeout is above the broker's maximum") \
    X(CONCURRENT_TRANSACTIONS, 51, true, false, "another operation on this transaction is not finished") \
    X(TRANSACTION_COORDINATOR_FENCED, 52, false, false, "a newer transaction coordinator has taken over this producer") \
    X(TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 53, false, false, "not allowed to use this transactional id") \
    X(SECURITY_DISABLED, 54, false, false, "the broker runs without an authorizer, so there are no ACLs") \
    X(OPERATION_NOT_ATTEMPTED, 55, false, false, "the broker did not try this part of the request, as another part failed") \
    X(KAFKA_STORAGE_ERROR, 56, true, true, "the broker cannot reach the disk that holds this partition") \
    X(LOG_DIR_NOT_FOUND, 57, false, false, "the broker has no such log directory") \
    X(SASL_AUTHENTICATION_FAILED, 58, false, false, "the credentials were refused") \
    X(UNKNOWN_PRODUCER_ID, 59, false, false, "the broker remembers nothing of this producer id") \
    X(REASSIGNMENT_IN_PROGRESS, 60, false, false, "the partition is being moved to other brokers") \
    X(DELEGATION_TOKEN_AUTH_DISABLED, 61, false, false, "delegation tokens are switched off on the broker") \
    X(DELEGATION_TOKEN_NOT_FOUND, 62, false, false, "the broker does not know this delegation token") \
    X(DELEGATION_TOKEN_OWNER_MISMATCH, 63, false, false, "this principal neither owns nor may renew the delegation token") \
    X(DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, 64, false, false, "delegation tokens cannot be asked for on this kind of connection") \
    X(DELEGATION_TOKEN_AUTHORIZATION_FAILED, 65, false, false, "not allowed to use this delegation token") \
    X(DELEGATION_TOKEN_EXPIRED, 66, false, false, "the delegation token has expired") \
    X(INVALID_PRINCIPAL_TYPE, 67, false, false, "the type of principal is not supported") \
    X(NON_EMPTY_GROUP, 68, false, false, "the group still has members") \
    X(GROUP_ID_NOT_FOUND, 69, false, false, "there is no such group") \
    X(FETCH_SESSION_ID_NOT_FOUND, 70, true, false, "the broker has dropped this fetch session") \
    X(INVALID_FETCH_SESSION_EPOCH, 71, true, false, "the fetch session's epoch is not the one the broker expects") \
    X(LISTENER_NOT_FOUND, 72, true, true, "the leader has no listener like the one the metadata was asked on") \
    X(TOPIC_DELETION_DISABLED, 73, false, false, "the broker does not allow topics to be deleted") \
    X(FENCED_LEADER_EPOCH, 74, true, true, "the leader epoch sent is older than the broker's: there is a newer leader") \
    X(UNKNOWN_LEADER_EPOCH, 75, true, false, "the leader epoch sent is newer than the broker's: it has yet to catch up") \
    X(UNSUPPORTED_COMPRESSION_TYPE, 76, false, false, "the client cannot read the compression of this partition") \
    X(STALE_BROKER_EPOCH, 77, false, false, "the broker has registered again since") \
    X(OFFSET_NOT_AVAILABLE, 78, true, false, "a new leader does not yet know which offsets are safe to give out") \
    X(MEMBER_ID_REQUIRED, 79, false, false, "the member has to join again with the id it was given") \
    X(PREFERRED_LEADER_NOT_AVAILABLE, 80, true, true, "the preferred leader is not available") \
    X(GROUP_MAX_SIZE_REACHED, 81, false, false, "the group has as many members as the broker allows") \
    X(FENCED_INSTANCE_ID, 82, false, false, "another consumer runs with the same group.instance.id") \
    X(ELIGIBLE_LEADERS_NOT_AVAILABLE, 83, true, true, "no replica that could lead the partition is available") \
    X(ELECTION_NOT_NEEDED, 84, true, true, "the partition already has the leader that was asked for") \
    X(NO_REASSIGNMENT_IN_PROGRESS, 85, false, false, "the partition is not being moved") \
    X(GROUP_SUBSCRIBED_TO_TOPIC, 86, false, false, "the group still subscribes to this topic") \
    X(INVALID_RECORD, 87, false, false, "the broker refused a record as not valid") \
    X(UNSTABLE_OFFSET_COMMIT, 88, true, false, "a transaction that wrote offsets of this group is not finished") \
    X(THROTTLING_QUOTA_EXCEEDED, 89, true, false, "a quota is used up") \
    X(PRODUCER_FENCED, 90, false, false, "a newer producer with the same transactional id took over") \
    X(RESOURCE_NOT_FOUND, 91, false, false, "the request names something that does not exist") \
    X(DUPLICATE_RESOURCE, 92, false, false, "the request names the same thing twice") \
    X(UNACCEPTABLE_CREDENTIAL, 93, false, false, "the new credential does not meet the broker's rules") \
    X(INCONSISTENT_VOTER_SET, 94, false, false, "sender or receiver is not one of the expected voters") \
    X(INVALID_UPDATE_VERSION, 95, false, false, "the version in the feature update is not valid") \
    X(FEATURE_UPDATE_FAILED, 96, false, false, "the features could not be updated") \
    X(PRINCIPAL_DESERIALIZATION_FAILURE, 97, false, false, "a broker could not read the principal of a forwarded request") \
    X(SNAPSHOT_NOT_FOUND, 98, false, false, "there is no such snapshot") \
    X(POSITION_OUT_OF_RANGE, 99, false, false, "the position is not inside the snapshot") \
    X(UNKNOWN_TOPIC_ID, 100, true, true, "no topic with this id exists on this broker") \
    X(DUPLICATE_BROKER_REGISTRATION, 101, false, false, "another broker uses this broker id") \
    X(BROKER_ID_NOT_REGISTERED, 102, false, false, "no broker is registered under this id") \
    X(INCONSISTENT_TOPIC_ID, 103, true, true, "the topic's id is not the one in the request: it was created anew") \
    X(INCONSISTENT_CLUSTER_ID, 104, false, false, "the request is meant for another cluster") \
    X(TRANSACTIONAL_ID_NOT_FOUND, 105, false, false, "there is no such transactional id") \
    X(FETCH_SESSION_TOPIC_ID_ERROR, 106, true, false, "the fetch session mixes topic names and topic ids") \
    X(INELIGIBLE_REPLICA, 107, false, false, "the replica is not fit to be in sync") \
    X(NEW_LEADER_ELECTED, 108, false, false, "the partition got a new leader by this request") \
    X(OFFSET_MOVED_TO_TIERED_STORAGE, 109, false, false, "the offset has moved to tiered storage") \
    X(FENCED_MEMBER_EPOCH, 110, false, false, "the member's epoch is not valid any more: its partitions are lost and it has to join again") \
    X(UNRELEASED_INSTANCE_ID, 111, false, false, "another member still holds this group.instance.id") \
    X(UNSUPPORTED_ASSIGNOR, 112, false, false, "the group does not support this assignor") \
    X(STALE_MEMBER_EPOCH, 113, false, false, "the member's epoch has moved on: try again with the new one") \
    X(MISMATCHED_ENDPOINT_TYPE, 114, false, false, "the request went to the wrong kind of endpoint") \
    X(UNSUPPORTED_ENDPOINT_TYPE, 115, false, false, "this kind of endpoint is not supported yet") \
    X(UNKNOWN_CONTROLLER_ID, 116, false, false, "there is no controller with this id") \
    X(UNKNOWN_SUBSCRIPTION_ID, 117, false, false, "the telemetry subscription is old or unknown") \
    X(TELEMETRY_TOO_LARGE, 118, false, false, "the telemetry is larger than the broker accepts") \
    X(INVALID_REGISTRATION, 119, false, false, "the controller refused the broker's registration") \
    X(TRANSACTION_ABORTABLE, 120, false, false, "the transaction has to be aborted before it can go on") \
    X(INVALID_RECORD_STATE, 121, false, false, "the record is not in a state in which it can be acknowledged") \
    X(SHARE_SESSION_NOT_FOUND, 122, true, false, "the broker has dropped this share session") \
    X(INVALID_SHARE_SESSION_EPOCH, 123, true, false, "the share session's epoch is not the one the broker expects") \
    X(FENCED_STATE_EPOCH, 124, false, false, "the share group's state has a newer epoch") \
    X(INVALID_VOTER_KEY, 125, false, false, "the key does not belong to this voter") \
    X(DUPLICATE_VOTER, 126, false, false, "that voter is in the set already") \
    X(VOTER_NOT_FOUND, 127, false, false, "that voter is not in the set") \
    X(INVALID_REGULAR_EXPRESSION, 128, false, false, "the regular expression is not valid") \
    X(REBOOTSTRAP_REQUIRED, 129, false, false, "what the client knows of the cluster is too old: it has to start from its bootstrap servers") \
    X(STREAMS_INVALID_TOPOLOGY, 130, false, false, "the topology is not valid") \
    X(STREAMS_INVALID_TOPOLOGY_EPOCH, 131, false, false, "the epoch of the topology is not valid") \
    X(STREAMS_TOPOLOGY_FENCED, 132, false, false, "the topology has a newer epoch") \
    X(SHARE_SESSION_LIMIT_REACHED, 133, true, false, "the broker holds as many share sessions as it allows") \
    X(GROUP_DELETION_FAILED, 134, false, false, "some of the groups could not be deleted") \
    X(STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED, 135, false, false, "the description of the topology could not be stored") \
    X(CONTROLLER_ID_NOT_REGISTERED, 136, false, false, "no controller is registered under this id")

#define KH_KAFKA_ERROR_ENUM(name, code, retriable, stale_metadata, meaning) KH_KAFKA_##name = (code),
/* clang-format on */
enum kh_kafka_error { KH_KAFKA_ERRORS(KH_KAFKA_ERROR_ENUM) };
#undef KH_KAFKA_ERROR_ENUM

#endif
