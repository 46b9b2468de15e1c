import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What Kafka's own consumer reads: what others are compared with. */
final class AdminReads {
    private static final Duration POLL = Duration.ofMillis(100);

    private final String bootstrap;
    private final AdminClient client;

    AdminReads(String bootstrap, AdminClient client) {
        this.bootstrap = bootstrap;
        this.client = client;
    }

    void addTo(Map<String, Admin.Command> commands) {
        commands.put("consume", this::consume);
    }

    private void consume(JsonNode request, ObjectNode answer) throws Exception {
        String topic = Admin.text(request, "topic");
        List<TopicPartition> partitions = AdminTopics.partitionsOf(client, topic);
        List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
        ArrayNode ends = answer.putArray("ends");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap,
                        "isolation.level", request.path("isolation").asText("read_uncommitted"),
                        "enable.auto.commit", false),
                new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> limits = consumer.endOffsets(partitions);
            partitions.forEach(partition -> ends.add(limits.get(partition)));
            long deadline = System.nanoTime() + Admin.TIMEOUT_MS * 1_000_000L;
            while (!limits.entrySet().stream().allMatch(
                    limit -> consumer.position(limit.getKey()) >= limit.getValue())) {
                if (System.nanoTime() > deadline) {
                    throw new TimeoutException("the ends of " + topic + " are not reached");
                }
                consumer.poll(POLL).forEach(read::add);
            }
        }
        ArrayNode records = answer.putArray("records");
        read.stream()
                .sorted(Comparator.<ConsumerRecord<?, ?>>comparingInt(ConsumerRecord::partition)
                        .thenComparingLong(ConsumerRecord::offset))
                .forEach(record -> put(records.addObject(), record));
    }

    private static void put(ObjectNode out, ConsumerRecord<byte[], byte[]> record) {
        out.put("partition", record.partition()).put("offset", record.offset());
        out.put("key", text(record.key())).put("value", text(record.value()));
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }
}
