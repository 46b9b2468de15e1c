/* ConsumerProtocolSubscription.json, ConsumerProtocolAssignment.json. */
#include "protocol/consumer_protocol.h"

#include "schema/fields.h"

#define OWNER struct kh_consumer_topic
static const struct schema_field topic_fields[] = {
    STRING(topic, "topic", SINCE(0)),
    I32S(partitions, partition_count, "partitions", SINCE(0)),
};
static const struct schema topic = NESTED(topic_fields);
#undef OWNER

#define OWNER struct kh_consumer_subscription
static const struct schema_field subscription_fields[] = {
    STRINGS(topics, topic_count, "topics", SINCE(0)),
    BYTES(user_data, "userData", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
    STRUCTS(topic, owned, owned_count, "ownedPartitions", SINCE(1), IGNORABLE),
    I32(generation, "generationId", SINCE(2), DEFAULT(-1), IGNORABLE),
    STRING(rack, "rackId", SINCE(3), NULLABLE_SINCE(3), DEFAULT_NULL, IGNORABLE),
};
const struct schema schema_consumer_subscription = MESSAGE(
    "ConsumerProtocolSubscription", -1, SCHEMA_REQUEST, 0, 3, NEVER_FLEXIBLE, subscription_fields);
#undef OWNER

#define OWNER struct kh_consumer_assignment
static const struct schema_field assignment_fields[] = {
    STRUCTS(topic, topics, topic_count, "assignedPartitions", SINCE(0)),
    BYTES(user_data, "userData", SINCE(0), NULLABLE_SINCE(0), DEFAULT_NULL),
};
const struct schema schema_consumer_assignment = MESSAGE(
    "ConsumerProtocolAssignment", -1, SCHEMA_RESPONSE, 0, 3, NEVER_FLEXIBLE, assignment_fields);
#undef OWNER
