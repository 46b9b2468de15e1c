import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Kafka's own client beside the floor: the same job as consume.c, with its defaults, and the same line at the end.
 *
 * <p>Consume PORT RECORDS [NAME=VALUE ...]
 */
public final class Consume {
    private static final com.sun.management.OperatingSystemMXBean PROCESS =
            (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final long wanted;
    private final long spawnedNs;
    private long records;
    private long bytes;
    private long firstRecordNs;
    private long startCpuNs;
    private long warmed;
    private long warmCpuNs;

    private Consume(long wanted) {
        String spawned = System.getenv("KOHORT_BENCH_SPAWNED_NS");
        this.wanted = wanted;
        this.spawnedNs = spawned == null ? System.nanoTime() : Long.parseLong(spawned);
    }

    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", "127.0.0.1:" + arguments[0]);
        properties.put("group.id", "bench");
        properties.put("auto.offset.reset", "earliest");
        properties.put("key.deserializer", ByteArrayDeserializer.class.getName());
        properties.put("value.deserializer", ByteArrayDeserializer.class.getName());
        for (int i = 2; i < arguments.length; i++) {
            String[] option = arguments[i].split("=", 2);
            properties.put(option[0], option[1]);
        }
        Consume consume = new Consume(Long.parseLong(arguments[1]));
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
            consumer.subscribe(List.of("bench"));
            while (consume.records < consume.wanted) {
                consume.take(consumer.poll(Duration.ofMillis(100)));
            }
            consume.report();
        }
    }

    private void take(ConsumerRecords<byte[], byte[]> polled) {
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            bytes += (record.key() == null ? 0 : record.key().length) + (record.value() == null ? 0 : record.value().length);
            records++;
        }
        if (records > 0 && firstRecordNs == 0) {
            firstRecordNs = System.nanoTime();
            startCpuNs = PROCESS.getProcessCpuTime();
        }
        if (warmed == 0 && records > 0 && records >= wanted / 5) {
            warmed = records;
            warmCpuNs = PROCESS.getProcessCpuTime();
        }
    }

    private void report() throws Exception {
        long cpuNs = PROCESS.getProcessCpuTime() - warmCpuNs;
        long counted = records - warmed;
        String rss = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM")).findFirst().orElse("0").replaceAll("[^0-9]", "");
        System.out.printf(
                "name=java records=%d bytes=%d cpu_ns_per_record=%.2f start_cpu_ms=%.2f first_record_ms=%.2f rss_kib=%s%n",
                records, bytes, counted == 0 ? 0.0 : (double) cpuNs / counted, startCpuNs / 1e6,
                (firstRecordNs - spawnedNs) / 1e6, rss);
    }
}
