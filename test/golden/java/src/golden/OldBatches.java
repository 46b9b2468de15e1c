package golden;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Messages of magic 0 and 1 in one codec: one record, or one compressed message that holds several.
 */
final class OldBatches {
    private static final long TIME = 1500000000000L;

    private final Random random;
    private final CompressionType codec;
    private final byte magic;
    private final List<Batches.Case> cases = new ArrayList<>();

    private OldBatches(Random random, CompressionType codec, byte magic) {
        this.random = random;
        this.codec = codec;
        this.magic = magic;
    }

    static List<Batches.Case> of(Random random, CompressionType codec, byte magic, int count) {
        OldBatches batches = new OldBatches(random, codec, magic);
        batches.singles();
        if (codec != CompressionType.NONE)
            batches.sets();
        if (magic > RecordBatch.MAGIC_VALUE_V0)
            batches.times();
        while (batches.cases.size() < count)
            batches.add("random", batches.any());
        return batches.cases;
    }

    private void add(String note, byte[] bytes) {
        cases.add(new Batches.Case("magic " + magic + ": " + note, bytes));
    }

    private Draft draft() {
        return new Draft(Compression.of(codec).build()).magic(magic);
    }

    private void singles() {
        add("one record", draft().write(entry(0, "key", "value")));
        add("null key", draft().write(entry(0, null, "value")));
        add("null value", draft().write(entry(0, "key", null)));
        add("null key and null value", draft().write(entry(0, null, null)));
        add("empty key and empty value", draft().write(entry(0, "", "")));
        add("a large value", draft().write(entry(7, "key", "0123456789".repeat(500))));
        add("highest offset",
                draft().from(Long.MAX_VALUE - 1).write(entry(Long.MAX_VALUE - 1, "key", "value")));
    }

    private void sets() {
        add("several records", draft().from(1000).write(several(3, 1000)));
        add("many records", draft().write(several(130, 0)));
        List<Draft.Entry> large = new ArrayList<>();
        for (int i = 0; i < 10; i++)
            large.add(entry(500 + i, "key", "abcdefgh".repeat(512)));
        add("about 40 KiB of records: more than one chunk of snappy", draft().from(500).write(large));
        add("null and empty keys and values among others",
                draft().write(entry(0, null, "value"), entry(1, "key", null), entry(2, null, null),
                        entry(3, "", "")));
        add("holes between the records",
                draft().from(100).write(entry(100, "a", "1"), entry(105, "b", "2"),
                        entry(111, "c", "3")));
        add("the first record is gone",
                draft().from(100).write(entry(103, "a", "1"), entry(104, "b", "2")));
        byte[] unset = draft().write(several(3, 0));
        ByteBuffer.wrap(unset).putLong(0, 0);
        add("the outer offset was not set", unset);
    }

    private void times() {
        add("timestamp -1", draft().write(new Draft.Entry(0, -1, null, text("a"))));
        add("timestamp 0", draft().write(new Draft.Entry(0, 0, null, text("a"))));
        add("highest timestamp",
                draft().write(new Draft.Entry(0, Long.MAX_VALUE, null, text("a"))));
        add("log append time, set by the builder",
                draft().appendedAt(TIME + 5000).write(several(count(), 0)));
        byte[] appended = draft().write(several(count(), 0));
        MemoryRecords.readableRecords(ByteBuffer.wrap(appended))
                .batches()
                .iterator()
                .next()
                .setMaxTimestamp(TimestampType.LOG_APPEND_TIME, TIME + 9000);
        add("log append time, set by the broker", appended);
    }

    private int count() {
        return codec == CompressionType.NONE ? 1 : 3;
    }

    private byte[] any() {
        long base = random.nextInt(1000000);
        long offset = base;
        List<Draft.Entry> entries = new ArrayList<>();
        for (int i = codec == CompressionType.NONE ? 0 : random.nextInt(20); i >= 0; i--) {
            entries.add(new Draft.Entry(offset, TIME + random.nextInt(100000),
                    random.nextInt(4) == 0 ? null : bytes(random.nextInt(20)),
                    random.nextInt(8) == 0 ? null : bytes(random.nextInt(90))));
            offset += 1 + random.nextInt(3);
        }
        return draft().from(base).write(entries);
    }

    private List<Draft.Entry> several(int count, long offset) {
        List<Draft.Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++)
            entries.add(
                    new Draft.Entry(offset + i, TIME + random.nextInt(1000), bytes(4), bytes(8)));
        return entries;
    }

    private byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private static Draft.Entry entry(long offset, String key, String value) {
        return new Draft.Entry(offset, TIME + offset % 1000, text(key), text(value));
    }

    private static byte[] text(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
