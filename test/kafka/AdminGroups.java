import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Commands about consumer groups and what they have committed. */
final class AdminGroups {
    private static final Comparator<TopicPartition> BY_TOPIC_AND_PARTITION =
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

    private final AdminClient client;

    AdminGroups(AdminClient client) {
        this.client = client;
    }

    void addTo(Map<String, Admin.Command> commands) {
        commands.put("describeGroup", this::describeGroup);
        commands.put("groupOffsets", this::groupOffsets);
        commands.put("alterGroupOffsets", this::alterGroupOffsets);
        commands.put("listGroups", this::listGroups);
        commands.put("deleteGroup", (request, answer) ->
                client.deleteConsumerGroups(List.of(Admin.text(request, "group"))).all().get());
    }

    private void describeGroup(JsonNode request, ObjectNode answer) throws Exception {
        String id = Admin.text(request, "group");
        ConsumerGroupDescription group =
                client.describeConsumerGroups(List.of(id)).all().get().get(id);
        answer.put("state", group.groupState().toString());
        answer.put("type", group.type().toString().toLowerCase());
        answer.put("assignor", group.partitionAssignor());
        AdminCluster.putNode(answer.putObject("coordinator"), group.coordinator());
        ArrayNode members = answer.putArray("members");
        for (MemberDescription member : group.members()) {
            putMember(members.addObject(), member);
        }
    }

    private static void putMember(ObjectNode answer, MemberDescription member) {
        answer.put("memberId", member.consumerId());
        answer.put("groupInstanceId", member.groupInstanceId().orElse(null));
        answer.put("clientId", member.clientId());
        answer.put("host", member.host());
        Map<String, ArrayNode> byTopic = new TreeMap<>();
        member.assignment().topicPartitions().stream().sorted(BY_TOPIC_AND_PARTITION)
                .forEach(partition -> byTopic
                        .computeIfAbsent(partition.topic(), topic -> Admin.JSON.createArrayNode())
                        .add(partition.partition()));
        ArrayNode assignment = answer.putArray("assignment");
        byTopic.forEach((topic, partitions) ->
                assignment.addObject().put("topic", topic).set("partitions", partitions));
    }

    private void groupOffsets(JsonNode request, ObjectNode answer) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> committed = new TreeMap<>(BY_TOPIC_AND_PARTITION);
        committed.putAll(client.listConsumerGroupOffsets(Admin.text(request, "group"))
                .partitionsToOffsetAndMetadata().get());
        ArrayNode offsets = answer.putArray("offsets");
        committed.forEach((partition, offset) -> {
            // Asked for but never committed: Java's answer has the partition with a null.
            if (offset != null) {
                offsets.addObject()
                        .put("topic", partition.topic())
                        .put("partition", partition.partition())
                        .put("offset", offset.offset())
                        .put("leaderEpoch", offset.leaderEpoch().orElse(-1))
                        .put("metadata", offset.metadata());
            }
        });
    }

    private void alterGroupOffsets(JsonNode request, ObjectNode answer) throws Exception {
        client.alterConsumerGroupOffsets(Admin.text(request, "group"), offsets(request)).all().get();
    }

    static Map<TopicPartition, OffsetAndMetadata> offsets(JsonNode request) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (JsonNode entry : Admin.field(request, "offsets")) {
            offsets.put(
                    new TopicPartition(
                            Admin.text(entry, "topic"),
                            Math.toIntExact(Admin.number(entry, "partition"))),
                    new OffsetAndMetadata(
                            Admin.number(entry, "offset"), entry.path("metadata").asText("")));
        }
        return offsets;
    }

    private void listGroups(JsonNode request, ObjectNode answer) throws Exception {
        ArrayNode groups = answer.putArray("groups");
        for (GroupListing group : client.listGroups().all().get()) {
            groups.addObject()
                    .put("group", group.groupId())
                    .put("state", group.groupState().map(Object::toString).orElse(null))
                    .put("type", group.type().map(t -> t.toString().toLowerCase()).orElse(null))
                    .put("protocol", group.protocol());
        }
    }
}
