import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;

/**
 * Writes random groups and how well Kafka's own StickyAssignor serves them - its balance score, how many partitions it
 * takes from who held them, and how many it gives to members that are in none of their racks -, a JSON object a line: the contents of ../sticky.jsonl. Run with a kafka-clients jar and
 * its slf4j-api on the class path: java -cp 'JARS/*' StickyOutcomes.java > ../sticky.jsonl
 */
public class StickyOutcomes {
    private static final int LINES = 2400;
    private static final String[] RACKS = {"r0", "r1", "r2"};
    private static final int GENERATION = 7;

    private final Random random = new Random(54);
    private final Random rackRandom = new Random(881); /* the groups stay the same, with racks and without */
    private final List<Node> nodes = new ArrayList<>();
    private final Map<TopicPartition, Node[]> replicas = new HashMap<>();
    private final Map<String, String> racks = new HashMap<>();
    private final Map<String, Integer> topics = new TreeMap<>();
    private final Map<String, List<String>> members = new TreeMap<>();
    private final Map<String, List<TopicPartition>> held = new HashMap<>();

    public static void main(String[] args) {
        StickyOutcomes outcomes = new StickyOutcomes();
        for (int i = 0; i < LINES; i++)
            System.out.println(outcomes.line());
    }

    private String line() {
        makeGroup();
        held.clear();
        makeRacks();
        switch (random.nextInt(4)) {
            case 0 -> { }
            case 1 -> holdAnything();
            default -> {
                held.putAll(assign());
                change();
            }
        }
        Map<String, List<TopicPartition>> layout = assign();
        return "{\"topics\":[" + topics.values().stream().map(String::valueOf).collect(Collectors.joining(","))
            + "],\"members\":[" + members.keySet().stream().map(this::memberJson).collect(Collectors.joining(","))
            + "],\"racks\":" + racksJson() + ",\"score\":" + score(layout) + ",\"moves\":" + moves(layout)
            + ",\"far\":" + far(layout) + "}";
    }

    private void makeGroup() {
        boolean large = random.nextInt(4) == 0;
        boolean equal = random.nextInt(3) == 0;
        int odds = 2 + random.nextInt(3);
        topics.clear();
        members.clear();
        int topicCount = 1 + random.nextInt(large ? 12 : 5);
        for (int t = 0; t < topicCount; t++)
            topics.put(String.format("t%02d", t), 1 + random.nextInt(large ? 16 : 6));
        int memberCount = 2 + random.nextInt(large ? 14 : 5);
        for (int m = 0; m < memberCount; m++)
            members.put(String.format("m%02d", m), equal ? List.copyOf(topics.keySet()) : someTopics(odds));
    }

    /** In a third of the groups; every member is somewhere or nowhere. */
    private void makeRacks() {
        boolean some = rackRandom.nextInt(3) == 0;
        int replicaCount = 1 + rackRandom.nextInt(2);
        nodes.clear();
        replicas.clear();
        racks.clear();
        for (int n = 0; n < 3; n++)
            nodes.add(new Node(n, "h" + n, 9092, some ? RACKS[n] : null));
        for (String name : List.copyOf(topics.keySet()))
            for (int p = 0; p < topics.get(name) + 8; p++) { /* it may grow */
                int first = rackRandom.nextInt(3);
                Node[] on = new Node[replicaCount];
                for (int r = 0; r < replicaCount; r++)
                    on[r] = nodes.get((first + r) % 3);
                replicas.put(new TopicPartition(name, p), on);
            }
        for (int m = 0; some && m < 20; m++)
            if (rackRandom.nextInt(6) > 0)
                racks.put(String.format("m%02d", m), RACKS[rackRandom.nextInt(3)]);
    }

    private boolean haveRacks() {
        return nodes.get(0).rack() != null;
    }

    /** Never none: Kafka 4.4's class may then give a member what it does not subscribe to. */
    private List<String> someTopics(int odds) {
        List<String> some = List.of();
        while (some.isEmpty())
            some = topics.keySet().stream().filter(t -> random.nextInt(odds) == 0).toList();
        return some;
    }

    private void holdAnything() {
        for (Map.Entry<String, Integer> topic : topics.entrySet())
            for (int p = 0; p < topic.getValue(); p++) {
                List<String> able = members.keySet().stream().filter(m -> members.get(m).contains(topic.getKey())).toList();
                if (!able.isEmpty() && random.nextInt(5) > 0)
                    held.computeIfAbsent(able.get(random.nextInt(able.size())), m -> new ArrayList<>())
                        .add(new TopicPartition(topic.getKey(), p));
            }
    }

    /** Somebody leaves, comes, or wants something else; a topic grows. */
    private void change() {
        List<String> ids = List.copyOf(members.keySet());
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            String id = ids.get(random.nextInt(ids.size()));
            String topic = List.copyOf(topics.keySet()).get(random.nextInt(topics.size()));
            switch (random.nextInt(4)) {
                case 0 -> {
                    if (members.size() > 1) {
                        members.remove(id);
                        held.remove(id);
                    }
                }
                case 1 -> members.put("n" + changes, members.getOrDefault(id, List.copyOf(topics.keySet())));
                case 2 -> {
                    if (members.containsKey(id))
                        members.put(id, someTopics(2));
                }
                default -> topics.merge(topic, 2, Integer::sum);
            }
        }
    }

    private Map<String, List<TopicPartition>> assign() {
        Map<String, Subscription> subscriptions = new HashMap<>();
        members.forEach((id, names) -> {
            StickyAssignor of = new StickyAssignor();
            if (held.containsKey(id))
                of.onAssignment(new Assignment(held.get(id)),
                    new ConsumerGroupMetadata("g", GENERATION, id, Optional.empty()));
            subscriptions.put(id, new Subscription(names, of.subscriptionUserData(Set.copyOf(names)), List.of(),
                GENERATION, Optional.ofNullable(racks.get(id))));
        });
        List<PartitionInfo> partitions = new ArrayList<>();
        topics.forEach((name, count) -> {
            for (int p = 0; p < count; p++)
                partitions.add(partition(new TopicPartition(name, p)));
        });
        Cluster cluster = new Cluster("c", nodes, partitions, Set.of(), Set.of());
        Map<String, List<TopicPartition>> layout = new HashMap<>();
        new StickyAssignor().assign(cluster, new GroupSubscription(subscriptions)).groupAssignment()
            .forEach((id, a) -> layout.put(id, new ArrayList<>(a.partitions())));
        return layout;
    }

    private PartitionInfo partition(TopicPartition partition) {
        Node[] on = replicas.get(partition);
        return new PartitionInfo(partition.topic(), partition.partition(), on[0], on, on);
    }

    private int far(Map<String, List<TopicPartition>> layout) {
        int far = 0;
        for (Map.Entry<String, List<TopicPartition>> member : layout.entrySet())
            for (TopicPartition partition : member.getValue())
                if (racks.containsKey(member.getKey()) && Stream.of(replicas.get(partition))
                        .noneMatch(n -> racks.get(member.getKey()).equals(n.rack())))
                    far++;
        return far;
    }

    /** By topic and partition: numbers of RACKS. */
    private String racksJson() {
        if (!haveRacks())
            return "[]";
        return topics.entrySet().stream().map(topic -> IntStream.range(0, topic.getValue())
            .mapToObj(p -> Stream.of(replicas.get(new TopicPartition(topic.getKey(), p)))
                .map(n -> String.valueOf(n.id())).collect(Collectors.joining(",", "[", "]")))
            .collect(Collectors.joining(",", "[", "]"))).collect(Collectors.joining(",", "[", "]"));
    }

    /** The sum of all differences between two members. */
    private int score(Map<String, List<TopicPartition>> layout) {
        List<Integer> loads = members.keySet().stream().map(m -> layout.getOrDefault(m, List.of()).size()).toList();
        int sum = 0;
        for (int a : loads)
            for (int b : loads)
                sum += Math.abs(a - b);
        return sum / 2;
    }

    /** Only what the holder still subscribes to can be kept. */
    private int moves(Map<String, List<TopicPartition>> layout) {
        int moves = 0;
        for (Map.Entry<String, List<TopicPartition>> holder : held.entrySet())
            for (TopicPartition partition : holder.getValue())
                if (members.get(holder.getKey()).contains(partition.topic())
                    && !layout.getOrDefault(holder.getKey(), List.of()).contains(partition))
                    moves++;
        return moves;
    }

    private String memberJson(String id) {
        return "{\"id\":\"" + id + "\"," + (racks.containsKey(id) ? "\"rack\":\"" + racks.get(id) + "\"," : "")
            + "\"topics\":[" + members.get(id).stream().map(t -> "\"" + t + "\"").collect(
            Collectors.joining(",")) + "],\"held\":[" + held.getOrDefault(id, List.of()).stream()
            .collect(Collectors.groupingBy(TopicPartition::topic, TreeMap::new,
                Collectors.mapping(TopicPartition::partition, Collectors.toList()))).entrySet().stream()
            .map(e -> "{\"topic\":\"" + e.getKey() + "\",\"partitions\":" + e.getValue() + "}")
            .collect(Collectors.joining(",")) + "]}";
    }
}
