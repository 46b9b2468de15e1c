import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeLogDirsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/** Commands about topics, offsets in their logs, settings, and the cluster itself. */
final class AdminTopics {
    /** How long one node of several is waited for. */
    private static final int NODE_TIMEOUT_MS = 2_000;

    private final AdminClient client;

    AdminTopics(AdminClient client) {
        this.client = client;
    }

    void addTo(Map<String, Admin.Command> commands) {
        commands.put("createTopic", this::createTopic);
        commands.put("deleteTopic", (request, answer) ->
                client.deleteTopics(List.of(Admin.text(request, "topic"))).all().get());
        commands.put("describeTopic", this::describeTopic);
        commands.put("createPartitions", this::createPartitions);
        commands.put("endOffsets", (request, answer) ->
                putOffsets(answer, Admin.text(request, "topic"), OffsetSpec.latest(), false));
        commands.put("listOffsets", (request, answer) -> putOffsets(
                answer, Admin.text(request, "topic"), spec(Admin.field(request, "at")), true));
        commands.put("deleteRecords", this::deleteRecords);
        commands.put("alterConfig", this::alterConfig);
    }

    private void createTopic(JsonNode request, ObjectNode answer) throws Exception {
        String name = Admin.text(request, "topic");
        int partitions = Admin.number(request, "partitions", 1);
        // -1: as the brokers are set, 1 on a lone node and 3 in a cluster.
        NewTopic topic =
                new NewTopic(name, partitions, (short) Admin.number(request, "replication", -1));
        Map<String, String> configs = new HashMap<>();
        request.path("configs").properties()
                .forEach(entry -> configs.put(entry.getKey(), entry.getValue().asText()));
        CreateTopicsResult created = client.createTopics(List.of(topic.configs(configs)));
        created.all().get();
        try {
            answer.put("topicId", created.topicId(name).get().toString());
        } catch (ExecutionException e) {
            // Topics have had ids since Kafka 2.8.
            if (!(e.getCause() instanceof UnsupportedVersionException)) {
                throw e;
            }
        }
        awaitLeaders(name, partitions);
    }

    private void describeTopic(JsonNode request, ObjectNode answer) throws Exception {
        String name = Admin.text(request, "topic");
        TopicDescription topic =
                client.describeTopics(List.of(name)).allTopicNames().get().get(name);
        answer.put("topicId", topic.topicId().toString());
        ArrayNode partitions = answer.putArray("partitions");
        for (TopicPartitionInfo partition : topic.partitions()) {
            ObjectNode entry = partitions.addObject();
            entry.put("partition", partition.partition());
            entry.put("leader", partition.leader() == null ? -1 : partition.leader().id());
            putIds(entry.putArray("replicas"), partition.replicas());
            putIds(entry.putArray("isr"), partition.isr());
        }
        if (request.path("epochs").asBoolean()) {
            putLeaderEpochs(name, partitions);
        }
    }

    private static void putIds(ArrayNode ids, List<Node> nodes) {
        nodes.forEach(node -> ids.add(node.id()));
    }

    /** Only a leader knows its epoch, so it is asked for the end of its log: one that is gone, in vain. */
    private void putLeaderEpochs(String topic, ArrayNode partitions) throws Exception {
        Map<TopicPartition, OffsetSpec> led = new HashMap<>();
        for (JsonNode partition : partitions) {
            if (partition.path("leader").asInt() >= 0) {
                int number = partition.path("partition").asInt();
                led.put(new TopicPartition(topic, number), OffsetSpec.latest());
            }
        }
        for (var found : client.listOffsets(led).all().get().entrySet()) {
            ObjectNode partition = (ObjectNode) partitions.get(found.getKey().partition());
            partition.put("leaderEpoch", found.getValue().leaderEpoch().orElse(-1));
        }
    }

    private void createPartitions(JsonNode request, ObjectNode answer) throws Exception {
        String name = Admin.text(request, "topic");
        int total = Math.toIntExact(Admin.number(request, "partitions"));
        client.createPartitions(Map.of(name, NewPartitions.increaseTo(total))).all().get();
        awaitLeaders(name, total);
    }

    /**
     * The controller answers before the brokers have heard of the topic. A test that does not want
     * to see this moment would meet it now and then; who wants to see it can delete and create.
     */
    private void awaitLeaders(String name, int partitions) throws Exception {
        Admin.await("a leader of each partition of '" + name + "'", () -> {
            TopicDescription topic = describeIfKnown(name);
            return topic != null
                    && topic.partitions().stream().filter(p -> p.leader() != null).count() == partitions
                    && knownToReplicas(topic);
        });
    }

    private TopicDescription describeIfKnown(String name) throws Exception {
        try {
            return client.describeTopics(List.of(name)).allTopicNames().get().get(name);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw e;
        }
    }

    /** A node has its replicas' logs once it knows the topic; one that does not answer is nobody's trap. */
    private boolean knownToReplicas(TopicDescription topic) throws Exception {
        List<Integer> nodes = client.describeCluster().nodes().get().stream().map(Node::id).toList();
        if (nodes.size() == 1) {
            return true;
        }
        var options = new DescribeLogDirsOptions().timeoutMs(NODE_TIMEOUT_MS);
        var answers = client.describeLogDirs(nodes, options).descriptions();
        for (TopicPartitionInfo partition : topic.partitions()) {
            TopicPartition wanted = new TopicPartition(topic.name(), partition.partition());
            for (Node replica : partition.replicas()) {
                if (answers.containsKey(replica.id()) && lacks(answers.get(replica.id()), wanted)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean lacks(
            KafkaFuture<Map<String, LogDirDescription>> node, TopicPartition partition)
            throws Exception {
        try {
            return node.get().values().stream()
                    .noneMatch(directory -> directory.replicaInfos().containsKey(partition));
        } catch (ExecutionException e) {
            return false;
        }
    }

    static List<TopicPartition> partitionsOf(AdminClient client, String topic) throws Exception {
        int count = client.describeTopics(List.of(topic)).allTopicNames().get().get(topic)
                .partitions().size();
        return IntStream.range(0, count).mapToObj(p -> new TopicPartition(topic, p)).toList();
    }

    private static OffsetSpec spec(JsonNode at) {
        if (at.isIntegralNumber()) {
            return OffsetSpec.forTimestamp(at.longValue());
        }
        return switch (at.asText()) {
            case "earliest" -> OffsetSpec.earliest();
            case "latest" -> OffsetSpec.latest();
            case "maxTimestamp" -> OffsetSpec.maxTimestamp();
            default -> throw new Admin.BadRequest("\"at\" is earliest, latest, maxTimestamp or a time");
        };
    }

    private void putOffsets(ObjectNode answer, String topic, OffsetSpec spec, boolean withTimestamps)
            throws Exception {
        List<TopicPartition> partitions = partitionsOf(client, topic);
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        partitions.forEach(partition -> asked.put(partition, spec));
        Map<TopicPartition, ListOffsetsResultInfo> found = client.listOffsets(asked).all().get();
        ArrayNode offsets = answer.putArray("offsets");
        partitions.forEach(partition -> offsets.add(found.get(partition).offset()));
        if (withTimestamps) {
            ArrayNode timestamps = answer.putArray("timestamps");
            partitions.forEach(partition -> timestamps.add(found.get(partition).timestamp()));
        }
    }

    private void deleteRecords(JsonNode request, ObjectNode answer) throws Exception {
        TopicPartition partition = new TopicPartition(
                Admin.text(request, "topic"), Math.toIntExact(Admin.number(request, "partition")));
        RecordsToDelete before = RecordsToDelete.beforeOffset(Admin.number(request, "before"));
        answer.put("lowWatermark", client.deleteRecords(Map.of(partition, before))
                .lowWatermarks().get(partition).get().lowWatermark());
    }

    private void alterConfig(JsonNode request, ObjectNode answer) throws Exception {
        ConfigResource.Type type = switch (Admin.text(request, "resource")) {
            case "topic" -> ConfigResource.Type.TOPIC;
            case "broker" -> ConfigResource.Type.BROKER;
            case "group" -> ConfigResource.Type.GROUP;
            default -> throw new Admin.BadRequest("\"resource\" is topic, broker or group");
        };
        List<AlterConfigOp> changes = new ArrayList<>();
        Admin.field(request, "configs").properties().forEach(entry -> {
            String value = entry.getValue().isNull() ? null : entry.getValue().asText();
            changes.add(new AlterConfigOp(
                    new ConfigEntry(entry.getKey(), value),
                    value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET));
        });
        ConfigResource resource = new ConfigResource(type, Admin.text(request, "name"));
        client.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    }
}
