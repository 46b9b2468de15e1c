import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Writes random groups and the layouts that Kafka's own RangeAssignor and RoundRobinAssignor give them, a JSON object a
 * line: the contents of ../layouts.jsonl. Run with a kafka-clients jar and its slf4j-api on the class path:
 * java -cp 'JARS/*' Layouts.java > ../layouts.jsonl
 */
public class Layouts {
    private static final int LINES = 300;
    private static final String[] RACKS = {"r0", "r1", "r2"};

    private final Random random = new Random(881);
    private final List<Node> nodes = new ArrayList<>();
    private final List<PartitionInfo> partitions = new ArrayList<>();
    private final List<String> topics = new ArrayList<>();
    private final Map<String, Subscription> members = new TreeMap<>();

    public static void main(String[] args) {
        Layouts layouts = new Layouts();
        for (int i = 0; i < LINES; i++)
            System.out.println(layouts.line());
    }

    private String line() {
        topics.clear();
        partitions.clear();
        members.clear();
        makeNodes();
        int topicCount = 1 + random.nextInt(5);
        boolean sameCounts = random.nextBoolean();
        int count = 1 + random.nextInt(9);
        for (int t = 0; t < topicCount; t++)
            makeTopic("t" + t, sameCounts ? count : random.nextInt(10));
        int memberCount = 1 + random.nextInt(6);
        boolean sameTopics = random.nextBoolean();
        for (int m = 0; m < memberCount; m++)
            makeMember(m, sameTopics);
        Cluster cluster = new Cluster("c", nodes, partitions, Set.of(), Set.of());
        return "{\"topics\":[" + topics.stream().map(this::topicJson).collect(Collectors.joining(","))
            + "],\"members\":[" + members.entrySet().stream().map(this::memberJson).collect(Collectors.joining(","))
            + "],\"range\":" + layoutJson(new RangeAssignor(), cluster) + ",\"roundrobin\":"
            + layoutJson(new RoundRobinAssignor(), cluster) + "}";
    }

    private String layoutJson(ConsumerPartitionAssignor assignor, Cluster cluster) {
        Map<String, List<TopicPartition>> layout = new TreeMap<>();
        assignor.assign(cluster, new GroupSubscription(members)).groupAssignment()
            .forEach((id, a) -> layout.put(id, a.partitions()));
        return "[" + layout.values().stream().map(this::listJson).collect(Collectors.joining(",")) + "]";
    }

    /** Racks of brokers: all, some, or none. */
    private void makeNodes() {
        nodes.clear();
        int kind = random.nextInt(3);
        for (int n = 0; n < 6; n++)
            nodes.add(new Node(n, "h" + n, 9092, kind == 0 || (kind == 1 && n == 5) ? null : RACKS[n % 3]));
    }

    private void makeTopic(String name, int count) {
        topics.add(name);
        int replicaCount = 1 + random.nextInt(3);
        for (int p = 0; p < count; p++) {
            Node[] replicas = new Node[replicaCount];
            int first = random.nextInt(nodes.size());
            for (int r = 0; r < replicaCount; r++)
                replicas[r] = nodes.get((first + r) % nodes.size());
            partitions.add(new PartitionInfo(name, p, replicas[0], replicas, replicas));
        }
    }

    private void makeMember(int number, boolean sameTopics) {
        List<String> subscribed = topics.stream().filter(t -> sameTopics || random.nextInt(3) > 0).toList();
        int rack = random.nextInt(5);
        Optional<String> rackId = rack < 3 ? Optional.of(RACKS[rack]) : rack == 3 ? Optional.of("") : Optional.empty();
        Subscription subscription = new Subscription(subscribed, null, List.of(), -1, rackId);
        if (random.nextInt(3) == 0)
            subscription.setGroupInstanceId(Optional.of("i" + random.nextInt(100) + "-" + number));
        members.put("m" + random.nextInt(1000) + "-" + number, subscription);
    }

    private String topicJson(String topic) {
        String racks = partitions.stream().filter(p -> p.topic().equals(topic)).map(p -> {
            List<String> names = new ArrayList<>();
            for (Node replica : p.replicas())
                names.add(replica.rack() == null ? "null" : "\"" + replica.rack() + "\"");
            return "[" + String.join(",", names) + "]";
        }).collect(Collectors.joining(","));
        return "{\"name\":\"" + topic + "\",\"racks\":[" + racks + "]}";
    }

    private String memberJson(Map.Entry<String, Subscription> member) {
        Subscription s = member.getValue();
        return "{\"id\":\"" + member.getKey() + "\",\"instance\":" + text(s.groupInstanceId()) + ",\"rack\":"
            + text(s.rackId()) + ",\"topics\":["
            + s.topics().stream().map(t -> "\"" + t + "\"").collect(Collectors.joining(",")) + "]}";
    }

    private String text(Optional<String> value) {
        return value.map(v -> "\"" + v + "\"").orElse("null");
    }

    private String listJson(List<TopicPartition> list) {
        return "\"" + list.stream().map(TopicPartition::toString).sorted().collect(Collectors.joining(" ")) + "\"";
    }
}
