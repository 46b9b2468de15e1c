import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The producers of one Kafka. They are kept: a new one costs more than most batches. */
final class AdminProducers implements AutoCloseable {
    /** Longer than a command needs: batches leave when it flushes, so the test knows them. */
    private static final int LINGER_MS = Admin.TIMEOUT_MS / 2;

    /** A background request may outlast an outage that a test makes. */
    private static final int PATIENCE_MS = 15 * 60_000;

    static final int EXACT_BATCH_SIZE = 1_000_000;
    static final int BULK_BATCH_SIZE = 65_536;

    private final String bootstrap;
    private final Map<String, KafkaProducer<byte[], byte[]>> producers = new ConcurrentHashMap<>();
    private final Map<String, KafkaProducer<byte[], byte[]>> transactional =
            new ConcurrentHashMap<>();

    AdminProducers(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    @Override
    public void close() {
        producers.values().forEach(producer -> producer.close(Duration.ZERO));
        transactional.values().forEach(producer -> producer.close(Duration.ZERO));
    }

    /** The one of the request's transaction, else one with the request's codec. */
    KafkaProducer<byte[], byte[]> of(JsonNode request, int batchSize) {
        if (request.hasNonNull("transactionalId")) {
            return inTransaction(Admin.text(request, "transactionalId"));
        }
        boolean background = request.path("background").asBoolean();
        String compression = request.path("compression").asText("none");
        return producers.computeIfAbsent(compression + " " + batchSize + " " + background, key ->
                create(Map.of("compression.type", compression, "batch.size", batchSize,
                        "delivery.timeout.ms", background ? PATIENCE_MS : Admin.TIMEOUT_MS)));
    }

    KafkaProducer<byte[], byte[]> inTransaction(String id) {
        KafkaProducer<byte[], byte[]> producer = transactional.get(id);
        if (producer == null) {
            throw new Admin.BadRequest("there is no transaction of '" + id + "'");
        }
        return producer;
    }

    /** Its first use ends what an earlier producer of this id has left open. */
    KafkaProducer<byte[], byte[]> forTransactions(String id, int timeoutMs) {
        return transactional.computeIfAbsent(id, key -> {
            KafkaProducer<byte[], byte[]> producer = create(Map.of(
                    "transactional.id", id, "transaction.timeout.ms", timeoutMs,
                    "batch.size", EXACT_BATCH_SIZE, "delivery.timeout.ms", Admin.TIMEOUT_MS));
            producer.initTransactions();
            return producer;
        });
    }

    void forgetTransactions(String id) {
        KafkaProducer<byte[], byte[]> producer = transactional.remove(id);
        if (producer != null) {
            producer.close(Duration.ZERO);
        }
    }

    private KafkaProducer<byte[], byte[]> create(Map<String, Object> own) {
        Map<String, Object> config = new HashMap<>(own);
        config.put("bootstrap.servers", bootstrap);
        config.put("client.id", "kohort-test-producer");
        // Nothing is lost, doubled or put out of order while leaders move.
        config.put("acks", "all");
        config.put("enable.idempotence", true);
        // A broker that has just made a topic may refuse its first batch and take the second: then
        // no retry of the first is in sequence ever again.
        config.put("max.in.flight.requests.per.connection", 1);
        config.put("linger.ms", LINGER_MS);
        config.put("request.timeout.ms",
                Math.min(AdminConnection.requestTimeoutMs(bootstrap), Admin.TIMEOUT_MS - LINGER_MS));
        config.put("max.block.ms", Admin.TIMEOUT_MS);
        config.put("max.request.size", 16 * EXACT_BATCH_SIZE);
        config.put("retry.backoff.ms", 5);
        config.put("retry.backoff.max.ms", 100);
        config.put("reconnect.backoff.max.ms", 100);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
