package golden;

import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongPredicate;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.LeaderChangeMessage;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.DefaultRecordBatch;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Record batches of magic 2 in one codec, as producers, brokers, transaction coordinators and the
 * log cleaner write them.
 */
final class Batches {
    record Case(String note, byte[] bytes) {}

    private static final long TIME = 1700000000000L;

    private final Random random;
    private final CompressionType codec;
    private final List<Case> cases = new ArrayList<>();

    private Batches(Random random, CompressionType codec) {
        this.random = random;
        this.codec = codec;
    }

    static List<Case> of(Random random, CompressionType codec, int count) {
        Batches batches = new Batches(random, codec);
        batches.contents();
        batches.headers();
        batches.numbers();
        batches.compacted();
        if (codec == CompressionType.NONE)
            batches.withoutData();
        if (codec == CompressionType.GZIP)
            for (int level = 1; level <= 9; level += 4)
                batches.add("level " + level,
                        new Draft(Compression.gzip().level(level).build())
                                .write(batches.several(40, 0)));
        while (batches.cases.size() < count)
            batches.add("random", batches.any());
        return batches.cases;
    }

    /** A records field: uncompressed batches of a record or two, the last cut short if wanted. */
    static byte[] small(Random random, int count, boolean cutShort) {
        Batches batches = new Batches(random, CompressionType.NONE);
        ByteBuffer all = ByteBuffer.allocate(1024);
        for (int i = 0; i < count; i++) {
            long offset = random.nextInt(1000) + 1000L * i;
            all.put(batches.draft().from(offset).write(
                    batches.several(1 + random.nextInt(2), offset)));
        }
        int cut = cutShort && count > 0 ? 1 + random.nextInt(60) : 0;
        return Arrays.copyOf(all.array(), all.position() - cut);
    }

    private void add(String note, byte[] bytes) {
        cases.add(new Case(note, bytes));
    }

    private Draft draft() {
        return new Draft(Compression.of(codec).build());
    }

    private void contents() {
        add("one record", draft().write(entry(0, "key", "value")));
        add("null keys and null values",
                draft().write(
                        entry(0, null, "value"), entry(1, "key", null), entry(2, null, null)));
        add("empty keys and empty values",
                draft().write(entry(0, "", "value"), entry(1, "key", ""), entry(2, "", "")));
        add("many records", draft().write(several(130, 0)));
        add("keys and values at the edges of their varint lengths",
                draft().write(new Draft.Entry(0, TIME, bytes(63), bytes(64)),
                        new Draft.Entry(1, TIME, bytes(64), bytes(63)),
                        new Draft.Entry(2, TIME, bytes(127), bytes(8191)),
                        new Draft.Entry(3, TIME, bytes(1), bytes(8192))));
        List<Draft.Entry> large = new ArrayList<>();
        for (int i = 0; i < 25; i++)
            large.add(new Draft.Entry(i, TIME + i, bytes(8), compressible(4096)));
        add("about 100 KiB of records", draft().write(large));
    }

    private void headers() {
        add("one header",
                draft().write(new Draft.Entry(
                        0, TIME, text("key"), text("value"), header("trace", "1"))));
        add("several headers, one key twice, null and empty values, an empty key",
                draft().write(
                        new Draft.Entry(0, TIME, null, null, header("a", "1"), header("a", "2"),
                                header("none", null), header("empty", ""), header("", "x")),
                        entry(1, "no", "headers"),
                        new Draft.Entry(2, TIME, text("key"), null, header("b", "3"))));
        add("header keys of two, three and four bytes a character",
                draft().write(new Draft.Entry(0, TIME, null, text("value"),
                        header("\u00e9\u4e16\ud83d\ude00", "\u20ac"))));
        Header[] many = new Header[70];
        for (int i = 0; i < many.length; i++)
            many[i] = header("h" + i, "v");
        add("seventy headers", draft().write(new Draft.Entry(0, TIME, null, text("value"), many)));
    }

    private void numbers() {
        add("idempotent", draft().from(1000).producer(4001, 3, 17).write(several(2, 1000)));
        add("transactional",
                draft().from(1000).producer(4002, 0, 0).transactional().write(several(3, 1000)));
        add("sequence about to wrap, highest producer id and epoch",
                draft().from(5)
                        .producer(Long.MAX_VALUE, Short.MAX_VALUE, Integer.MAX_VALUE)
                        .write(several(3, 5)));
        add("leader epoch", draft().leaderEpoch(42).write(several(2, 0)));
        add("log append time, set by the builder",
                draft().appendedAt(TIME + 5000).write(several(3, 0)));
        add("log append time, set by the broker: the base timestamp stays",
                brokerAppendTime(draft().write(several(3, 0)), TIME + 9000));
        add("timestamps that go down",
                draft().write(new Draft.Entry(0, TIME, null, text("a")),
                        new Draft.Entry(1, TIME - 1, null, text("b")),
                        new Draft.Entry(2, TIME - 100000, null, text("c"))));
        add("timestamps of -1 and 0",
                draft().write(new Draft.Entry(0, -1, null, text("a")),
                        new Draft.Entry(1, 0, null, text("b"))));
        add("timestamp deltas of many bytes",
                draft().write(new Draft.Entry(0, 0, null, text("a")),
                        new Draft.Entry(1, Long.MAX_VALUE, null, text("b")),
                        new Draft.Entry(2, 1L << 35, null, text("c"))));
        add("offset deltas of many bytes",
                draft().write(entry(0, null, "a"), entry(127, null, "b"), entry(1 << 20, null, "c"),
                        entry(Integer.MAX_VALUE, null, "d")));
        add("highest offsets",
                draft().from(Long.MAX_VALUE - 2).write(several(2, Long.MAX_VALUE - 2)));
    }

    /** What the log cleaner leaves: offsets stay, so there are holes, also at both ends. */
    private void compacted() {
        byte[] batch = draft().from(100).write(several(12, 100));
        add("compacted: holes", filter(batch, TIME, 0, false, offset -> offset % 3 == 1));
        add("compacted: the first record is gone",
                filter(batch, TIME, 0, false, offset -> offset > 100));
        add("compacted: the last record is gone",
                filter(batch, TIME, 0, false, offset -> offset < 111));
        add("compacted: one in the middle is left, transactional",
                filter(draft().from(100).producer(7, 1, 5).transactional().write(several(12, 100)),
                        TIME, 0, false, offset -> offset == 105));
        List<Draft.Entry> tombstones =
                List.of(entry(0, "a", "1"), new Draft.Entry(1, TIME + 777, text("b"), null),
                        entry(2, "c", null), entry(3, "d", "4"));
        add("delete horizon after all records: negative deltas",
                filter(draft().write(tombstones), TIME, 86400000, false, offset -> offset != 0));
        add("delete horizon among the records",
                filter(draft().write(tombstones), TIME, 500, false, offset -> true));
        add("delete horizon and log append time",
                filter(draft().appendedAt(TIME + 1).write(tombstones), TIME, 86400000, false,
                        offset -> offset > 1));
    }

    /** Nothing compresses these: they hold no record, or a control record. */
    private void withoutData() {
        add("empty",
                empty(RecordBatch.NO_PRODUCER_ID, RecordBatch.NO_PRODUCER_EPOCH,
                        RecordBatch.NO_SEQUENCE, 10, 20, TimestampType.CREATE_TIME, false, false));
        add("empty: a producer's last sequence is kept",
                empty(9, (short) 2, 31, 10, 20, TimestampType.CREATE_TIME, true, false));
        add("empty control batch",
                empty(9, (short) 2, RecordBatch.NO_SEQUENCE, 11, 11, TimestampType.CREATE_TIME,
                        true, true));
        add("empty, log append time",
                empty(-1, (short) -1, -1, 0, 0, TimestampType.LOG_APPEND_TIME, false, false));
        add("compacted: nothing is left",
                filter(draft().from(50).producer(3, 0, 0).write(several(4, 50)), TIME, 0, false,
                        offset -> false));
        byte[] commit = marker(ControlRecordType.COMMIT, 61, 5, 0);
        add("commit marker", commit);
        add("abort marker", marker(ControlRecordType.ABORT, 0, 0, 12));
        add("abort marker, highest coordinator epoch",
                marker(ControlRecordType.ABORT, Long.MAX_VALUE, Short.MAX_VALUE,
                        Integer.MAX_VALUE));
        add("commit marker of a transaction that compaction emptied: delete horizon",
                filter(commit, TIME, 86400000, true, offset -> true));
        LeaderChangeMessage leader = new LeaderChangeMessage().setLeaderId(1);
        ByteBuffer space = ByteBuffer.allocate(512);
        add("control record of another type: leader change",
                bytes(MemoryRecords.withLeaderChangeMessage(7, TIME, 2, space, leader)));
    }

    private byte[] any() {
        long base = random.nextInt(1000000);
        Draft draft = draft().from(base).leaderEpoch(random.nextInt(100) - 1);
        if (random.nextBoolean())
            draft.producer(random.nextInt(100000), random.nextInt(100), random.nextInt(1000));
        List<Draft.Entry> entries = new ArrayList<>();
        long offset = base;
        for (int i = random.nextInt(20); i >= 0; i--) {
            Header[] headers = new Header[random.nextInt(3)];
            for (int h = 0; h < headers.length; h++)
                headers[h] = new RecordHeader("h" + random.nextInt(5),
                        random.nextInt(4) == 0 ? null : bytes(random.nextInt(6)));
            entries.add(new Draft.Entry(offset, TIME + random.nextInt(100000),
                    random.nextInt(4) == 0 ? null : bytes(random.nextInt(20)),
                    random.nextInt(8) == 0 ? null : compressible(random.nextInt(90)), headers));
            offset += 1 + random.nextInt(3);
        }
        return draft.write(entries);
    }

    private List<Draft.Entry> several(int count, long offset) {
        List<Draft.Entry> entries = new ArrayList<>();
        for (int i = 0; i < count; i++)
            entries.add(new Draft.Entry(
                    offset + i, TIME + random.nextInt(1000), bytes(4), compressible(8)));
        return entries;
    }

    private static byte[] brokerAppendTime(byte[] bytes, long time) {
        MemoryRecords.readableRecords(ByteBuffer.wrap(bytes))
                .batches()
                .iterator()
                .next()
                .setMaxTimestamp(TimestampType.LOG_APPEND_TIME, time);
        return bytes;
    }

    private static byte[] empty(long producerId, short epoch, int sequence, long baseOffset,
            long lastOffset, TimestampType type, boolean transactional, boolean control) {
        ByteBuffer batch = ByteBuffer.allocate(DefaultRecordBatch.RECORD_BATCH_OVERHEAD);
        DefaultRecordBatch.writeEmptyHeader(batch, RecordBatch.MAGIC_VALUE_V2, producerId, epoch,
                sequence, baseOffset, lastOffset, 4, type, TIME, transactional, control);
        return batch.array();
    }

    private static byte[] marker(
            ControlRecordType type, long producerId, int epoch, int coordinatorEpoch) {
        EndTransactionMarker marker = new EndTransactionMarker(type, coordinatorEpoch);
        return bytes(MemoryRecords.withEndTransactionMarker(
                300, TIME, 6, producerId, (short) epoch, marker));
    }

    private static byte[] filter(byte[] batch, long now, long retentionMs,
            boolean emptiedTransaction, LongPredicate keep) {
        MemoryRecords.RecordFilter filter = new MemoryRecords.RecordFilter(now, retentionMs) {
            @Override
            protected BatchRetentionResult checkBatchRetention(RecordBatch ignored) {
                return new BatchRetentionResult(BatchRetention.RETAIN_EMPTY, emptiedTransaction);
            }

            @Override
            protected boolean shouldRetainRecord(RecordBatch ignored, Record record) {
                return keep.test(record.offset());
            }
        };
        try {
            /* Without an import of BufferSupplier: it moved to another package in 4.4. */
            for (Method filterTo : MemoryRecords.class.getMethods())
                if (filterTo.getName().equals("filterTo")) {
                    Object noCaching =
                            filterTo.getParameterTypes()[2].getField("NO_CACHING").get(null);
                    Object[] arguments = {filter, ByteBuffer.allocate(batch.length + 512),
                            noCaching, Integer.MAX_VALUE};
                    MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(batch));
                    var result = (MemoryRecords.FilterResult) filterTo.invoke(
                            records, Arrays.copyOf(arguments, filterTo.getParameterCount()));
                    return Draft.bytes(result.outputBuffer().flip());
                }
            throw new NoSuchMethodException("filterTo");
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Draft.Entry entry(long offset, String key, String value) {
        return new Draft.Entry(offset, TIME + offset % 1000, text(key), text(value));
    }

    private static Header header(String key, String value) {
        return new RecordHeader(key, text(value));
    }

    private static byte[] text(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(MemoryRecords records) {
        return Draft.bytes(records.buffer());
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Letters, with repeats, so that a codec finds something to do. */
    private byte[] compressible(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
            bytes[i] = i >= 32 && random.nextInt(8) != 0 ? bytes[i - 32]
                                                         : (byte) ('a' + random.nextInt(26));
        return bytes;
    }
}
