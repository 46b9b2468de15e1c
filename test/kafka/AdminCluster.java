import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Commands about nodes: who leads what, who coordinates whom, whether all are there. */
final class AdminCluster {
    private static final String GROUPS_TOPIC = "__consumer_offsets";

    private final AdminClient client;

    AdminCluster(AdminClient client) {
        this.client = client;
    }

    void addTo(Map<String, Admin.Command> commands) {
        commands.put("describeCluster", this::describeCluster);
        commands.put("describeQuorum", this::describeQuorum);
        commands.put("coordinator", this::coordinator);
        commands.put("moveLeader", this::moveLeader);
        commands.put("electPreferredLeaders", (request, answer) -> elect(null));
        commands.put("checkWhole", this::checkWhole);
    }

    private void describeCluster(JsonNode request, ObjectNode answer) throws Exception {
        DescribeClusterResult cluster = client.describeCluster();
        answer.put("clusterId", cluster.clusterId().get());
        ArrayNode brokers = answer.putArray("brokers");
        for (Node node : cluster.nodes().get()) {
            putNode(brokers.addObject(), node);
        }
    }

    static void putNode(ObjectNode answer, Node node) {
        answer.put("id", node.id()).put("host", node.host()).put("port", node.port());
    }

    private void describeQuorum(JsonNode request, ObjectNode answer) throws Exception {
        QuorumInfo quorum = client.describeMetadataQuorum().quorumInfo().get();
        answer.put("controller", quorum.leaderId());
        answer.put("epoch", quorum.leaderEpoch());
        ArrayNode voters = answer.putArray("voters");
        quorum.voters().forEach(voter -> voters.addObject()
                .put("id", voter.replicaId())
                .put("endOffset", voter.logEndOffset()));
    }

    /** A group's coordinator leads one partition of a topic of Kafka's own, chosen by the group's name. */
    private void coordinator(JsonNode request, ObjectNode answer) throws Exception {
        String group = Admin.text(request, "group");
        TopicDescription topic;
        try {
            topic = describe(GROUPS_TOPIC);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw e;
            }
            // Made when somebody first asks for a coordinator; this waits until there is one.
            client.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            topic = describe(GROUPS_TOPIC);
        }
        int partition = (group.hashCode() & Integer.MAX_VALUE) % topic.partitions().size();
        Node leader = topic.partitions().get(partition).leader();
        answer.put("partition", partition);
        answer.put("node", leader == null ? -1 : leader.id());
    }

    private TopicDescription describe(String topic) throws Exception {
        return client.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    }

    /** The wanted leader becomes the first, that is the preferred, replica; then it is elected. */
    private void moveLeader(JsonNode request, ObjectNode answer) throws Exception {
        String topic = Admin.text(request, "topic");
        int number = Math.toIntExact(Admin.number(request, "partition"));
        int to = Math.toIntExact(Admin.number(request, "to"));
        TopicPartition partition = new TopicPartition(topic, number);
        List<Integer> replicas = new ArrayList<>();
        replicas.add(to);
        int before = 0;
        for (Node replica : describe(topic).partitions().get(number).replicas()) {
            before++;
            if (replica.id() != to) {
                replicas.add(replica.id());
            }
        }
        List<Integer> wanted = List.copyOf(replicas.subList(0, before));
        client.alterPartitionReassignments(
                Map.of(partition, Optional.of(new NewPartitionReassignment(wanted)))).all().get();
        Admin.await("the reassignment of " + partition, () ->
                client.listPartitionReassignments(Set.of(partition)).reassignments().get().isEmpty());
        elect(Set.of(partition));
        Admin.await(partition + " being led by " + to, () -> {
            Node leader = describe(topic).partitions().get(number).leader();
            return leader != null && leader.id() == to;
        });
    }

    /** Of all partitions when null. Whoever leads already is no error. */
    private void elect(Set<TopicPartition> partitions) throws Exception {
        for (Optional<Throwable> failure :
                client.electLeaders(ElectionType.PREFERRED, partitions).partitions().get().values()) {
            if (failure.isPresent() && !(failure.get() instanceof ElectionNotNeededException)) {
                throw new ExecutionException(failure.get());
            }
        }
    }

    /** Whether so many nodes are there and every replica of every partition is in sync; if not, why. */
    private void checkWhole(JsonNode request, ObjectNode answer) throws Exception {
        String missing = missing(Math.toIntExact(Admin.number(request, "nodes")));
        answer.put("whole", missing == null);
        answer.put("missing", missing);
    }

    private String missing(int wanted) throws Exception {
        int nodes = client.describeCluster().nodes().get().size();
        if (nodes != wanted) {
            return nodes + " of " + wanted + " nodes";
        }
        Set<String> topics =
                client.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        try {
            for (TopicDescription topic : client.describeTopics(topics).allTopicNames().get().values()) {
                for (TopicPartitionInfo partition : topic.partitions()) {
                    if (partition.leader() == null
                            || partition.isr().size() != partition.replicas().size()) {
                        return topic.name() + ": " + partition;
                    }
                }
            }
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw e;
            }
            return "a topic that has just come or gone";
        }
        return null;
    }
}
