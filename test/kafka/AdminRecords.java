import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Commands that write records. */
final class AdminRecords {
    /** How often a request with a rate writes what has come due. */
    private static final long PACE_MS = 20;

    private final AdminProducers producers;
    private final AdminClient client;

    AdminRecords(AdminProducers producers, AdminClient client) {
        this.producers = producers;
        this.client = client;
    }

    void addTo(Map<String, Admin.Command> commands) {
        commands.put("produce", this::produce);
        commands.put("produceMany", this::produceMany);
    }

    private void produce(JsonNode request, ObjectNode answer) throws Exception {
        String topic = Admin.text(request, "topic");
        int partitions = AdminTopics.partitionsOf(client, topic).size();
        KafkaProducer<byte[], byte[]> producer = producers.of(request, AdminProducers.EXACT_BATCH_SIZE);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (JsonNode record : Admin.field(request, "records")) {
            sent.add(producer.send(new ProducerRecord<>(
                    topic,
                    existing(Admin.number(record, "partition", 0), partitions),
                    record.hasNonNull("timestamp") ? Admin.number(record, "timestamp") : null,
                    bytes(record.get("key")),
                    bytes(record.get("value")),
                    headers(record))));
        }
        producer.flush();
        Map<Integer, Written> written = new TreeMap<>();
        for (Future<RecordMetadata> future : sent) {
            note(written, future.get());
        }
        put(answer, written);
    }

    private void produceMany(JsonNode request, ObjectNode answer) throws Exception {
        String topic = Admin.text(request, "topic");
        long count = Admin.number(request, "count");
        int size = Admin.number(request, "size", 100);
        int first = Admin.number(request, "first", 0);
        int[] partitions = partitions(request, topic);
        int rate = Admin.number(request, "rate", 0);
        KafkaProducer<byte[], byte[]> producer = producers.of(
                request, Admin.number(request, "batchSize", AdminProducers.BULK_BATCH_SIZE));
        long start = System.nanoTime();
        Map<Integer, Written> written = new TreeMap<>();
        Exception[] failure = new Exception[1];
        for (long i = 0; i < count && failure[0] == null; i++) {
            pace(producer, start, i, rate);
            int partition = partitions[(int) (i % partitions.length)];
            byte[] value = stamped(partition, first + i / partitions.length, size);
            producer.send(new ProducerRecord<>(topic, partition, null, value), (done, e) -> {
                if (e != null) {
                    failure[0] = e;
                } else {
                    note(written, done);
                }
            });
        }
        // After the flush no callback is left to run, so what they wrote can be read here.
        producer.flush();
        if (failure[0] != null) {
            throw failure[0];
        }
        put(answer, written);
    }

    /** Waits until so many records are due; 0: as fast as can be. */
    private static void pace(KafkaProducer<?, ?> producer, long start, long sent, int rate)
            throws InterruptedException {
        while (rate > 0 && sent >= (System.nanoTime() - start) / 1e9 * rate) {
            producer.flush();
            Thread.sleep(PACE_MS);
        }
    }

    private int[] partitions(JsonNode request, String topic) throws Exception {
        int partitions = AdminTopics.partitionsOf(client, topic).size();
        if (!request.has("partitions")) {
            return IntStream.range(0, partitions).toArray();
        }
        int[] wanted = Admin.JSON.convertValue(request.get("partitions"), int[].class);
        Arrays.stream(wanted).forEach(partition -> existing(partition, partitions));
        return wanted;
    }

    /** A producer waits for a partition that is not there until its time is up; we say so at once. */
    private static int existing(int partition, int partitions) {
        if (partition < 0 || partition >= partitions) {
            throw new Admin.BadRequest("there is no partition " + partition);
        }
        return partition;
    }

    private static byte[] stamped(int partition, long sequence, int size) {
        byte[] stamp = ("p" + partition + "-" + sequence).getBytes(StandardCharsets.US_ASCII);
        if (stamp.length >= size) {
            return stamp;
        }
        byte[] value = Arrays.copyOf(stamp, size);
        Arrays.fill(value, stamp.length, size, (byte) '.');
        return value;
    }

    private static byte[] bytes(JsonNode value) throws Exception {
        if (value == null || value.isNull()) {
            return null;
        }
        if (value.isObject()) {
            return Admin.field(value, "base64").binaryValue();
        }
        return value.asText().getBytes(StandardCharsets.UTF_8);
    }

    private static List<Header> headers(JsonNode record) throws Exception {
        List<Header> headers = new ArrayList<>();
        for (JsonNode header : record.path("headers")) {
            headers.add(new RecordHeader(Admin.text(header, "key"), bytes(header.get("value"))));
        }
        return headers;
    }

    /** What one command has written to one partition. */
    private static final class Written {
        long baseOffset = Long.MAX_VALUE;
        long count;
    }

    private static void note(Map<Integer, Written> written, RecordMetadata record) {
        Written partition = written.computeIfAbsent(record.partition(), p -> new Written());
        partition.baseOffset = Math.min(partition.baseOffset, record.offset());
        partition.count++;
    }

    private static void put(ObjectNode answer, Map<Integer, Written> written) {
        ArrayNode partitions = answer.putArray("partitions");
        written.forEach((partition, what) -> partitions.addObject()
                .put("partition", partition)
                .put("baseOffset", what.baseOffset)
                .put("count", what.count));
    }
}
