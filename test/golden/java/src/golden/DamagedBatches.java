package golden;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;

/**
 * Batches that Kafka's reader refuses. Each has one thing wrong: the checksum is made right again
 * after the damage.
 */
final class DamagedBatches {
    private static final int LENGTH = 8, MAGIC = 16, CRC = 17, ATTRIBUTES = 21, COUNT = 57,
                             RECORDS = 61, LOG_OVERHEAD = 12;
    private static final int GZIP = 1;

    private final List<Batches.Case> cases = new ArrayList<>();
    private final List<Draft.Entry> entries = new ArrayList<>();
    private final byte[] whole;

    private DamagedBatches() {
        for (int i = 0; i < 3; i++)
            entries.add(new Draft.Entry(i, 1700000000000L + i, new byte[] {'k', (byte) ('0' + i)},
                    new byte[] {'v', (byte) ('0' + i), '!'}));
        whole = new Draft(Compression.NONE).write(entries);
    }

    static List<Batches.Case> all() throws IOException {
        DamagedBatches damaged = new DamagedBatches();
        damaged.checksums();
        damaged.heads();
        damaged.records();
        damaged.compressed();
        for (CompressionType codec :
                List.of(CompressionType.SNAPPY, CompressionType.LZ4, CompressionType.ZSTD))
            damaged.compressedBy(codec);
        return damaged.cases;
    }

    private void add(String note, ByteBuffer batch) {
        cases.add(new Batches.Case(note, batch.array()));
    }

    private ByteBuffer copy() {
        return ByteBuffer.wrap(whole.clone());
    }

    private void checksums() {
        ByteBuffer batch = copy();
        batch.putInt(CRC, batch.getInt(CRC) ^ 1);
        add("wrong checksum", batch);
        batch = copy();
        batch.put(whole.length - 2, (byte) (batch.get(whole.length - 2) ^ 0x40));
        add("wrong checksum: one bit of the last record", batch);
        batch = copy();
        batch.put(ATTRIBUTES + 1, (byte) 8);
        add("wrong checksum: one bit of the attributes", batch);
        add("wrong checksum: 0", copy().putInt(CRC, 0));
    }

    private void heads() {
        add("magic 3", copy().put(MAGIC, (byte) 3));
        add("magic -1", copy().put(MAGIC, (byte) -1));
        for (int count : new int[] {4, 2, -1, Integer.MIN_VALUE, Integer.MAX_VALUE})
            add("count " + count + " of 3 records", sealed(copy().putInt(COUNT, count)));
        for (int length : new int[] {-1, Integer.MIN_VALUE, 0, 13})
            add("length " + length, copy().putInt(LENGTH, length));
        add("length 48: one less than a header",
                sealed(ByteBuffer.wrap(Arrays.copyOf(whole, RECORDS - 1))));
        for (int codec = 5; codec <= 7; codec++)
            add("codec " + codec, sealed(copy().put(ATTRIBUTES + 1, (byte) codec)));
        add("one byte after the last record",
                sealed(ByteBuffer.wrap(Arrays.copyOf(whole, whole.length + 1))));
        add("the last record is cut short",
                sealed(ByteBuffer.wrap(Arrays.copyOf(whole, whole.length - 1))));
        add("no record where one is counted",
                sealed(ByteBuffer.wrap(Arrays.copyOf(whole, RECORDS)).putInt(COUNT, 1)));
    }

    /**
     * A record is: length, attributes, timestamp delta, offset delta, key length, key, value
     * length, value, header count, headers.
     */
    private void records() {
        add("record length -1", record(-1, 0, 0, 0, -1, -1, 0));
        add("record length 0", record(0));
        add("record length beyond the batch", record(100, 0, 0, 0, -1, -1, 0));
        add("record length one more than its fields", record(9, 0, 0, 0, -1, 2, 'v', 0, 0));
        add("record length one less than its fields", record(7, 0, 0, 0, -1, 2, 'v', 0));
        add("key length beyond the record", record(6, 0, 0, 0, 50, -1, 0));
        add("value length beyond the record", record(6, 0, 0, 0, -1, 50, 0));
        add("header count -1", record(6, 0, 0, 0, -1, -1, -1));
        add("header count beyond the record", record(6, 0, 0, 0, -1, -1, 60));
        add("header key length -1", record(8, 0, 0, 0, -1, -1, 1, -1, -1));
        add("header key length beyond the record", record(8, 0, 0, 0, -1, -1, 1, 60, 0));
        add("header value length beyond the record", record(9, 0, 0, 0, -1, -1, 1, 0, 60, 0));
        add("offset delta as a varint of six bytes",
                body(1,
                        concat(varints(11), new byte[] {0, 0, -128, -128, -128, -128, -128, 0},
                                varints(-1, -1, 0))));
        add("record length as a varint without an end",
                body(1, new byte[] {-128, -128, -128, -128, -128, -128}));
        add("timestamp delta as a varint of eleven bytes",
                body(1,
                        concat(varints(16),
                                new byte[] {0, -128, -128, -128, -128, -128, -128, -128, -128, -128,
                                        -128, 0},
                                varints(0, -1, -1, 0))));
    }

    private void compressed() throws IOException {
        byte[] records = Arrays.copyOfRange(whole, RECORDS, whole.length);
        byte[] packed = gzip(records);
        add("gzip: the records are not compressed", gzipped(3, records));
        add("gzip: nothing there", gzipped(3, new byte[0]));
        add("gzip: cut in the middle", gzipped(3, Arrays.copyOf(packed, packed.length / 2)));
        byte[] bent = packed.clone();
        bent[10] = 7; /* The first block's type becomes 3, which does not exist. */
        add("gzip: no such block type", gzipped(3, bent));
        byte[] method = packed.clone();
        method[2] = 7;
        add("gzip: no such method", gzipped(3, method));
        byte[] checksum = packed.clone();
        checksum[packed.length - 8] ^= 1;
        add("gzip: wrong checksum in the trailer", gzipped(3, checksum));
        byte[] size = packed.clone();
        size[packed.length - 4] ^= 1;
        add("gzip: wrong size in the trailer", gzipped(3, size));
        add("gzip: half a trailer", gzipped(3, Arrays.copyOf(packed, packed.length - 4)));
        add("gzip: no trailer", gzipped(3, Arrays.copyOf(packed, packed.length - 8)));
        add("gzip: one record more than counted", gzipped(2, packed));
        add("gzip: one record less than counted", gzipped(4, packed));
        add("gzip: one byte after the last record",
                gzipped(3, gzip(Arrays.copyOf(records, records.length + 1))));
        add("gzip: the last record is cut short",
                gzipped(3, gzip(Arrays.copyOf(records, records.length - 1))));
    }

    private void compressedBy(CompressionType codec) {
        byte[] records = Arrays.copyOfRange(whole, RECORDS, whole.length);
        byte[] batch = new Draft(Compression.of(codec).build()).write(entries);
        byte[] packed = Arrays.copyOfRange(batch, RECORDS, batch.length);
        String name = codec.name + ": ";
        add(name + "the records are not compressed", packed(codec.id, 3, records));
        add(name + "nothing there", packed(codec.id, 3, new byte[0]));
        add(name + "cut in the middle",
                packed(codec.id, 3, Arrays.copyOf(packed, packed.length / 2)));
        add(name + "one record more than counted", packed(codec.id, 2, packed));
        add(name + "one record less than counted", packed(codec.id, 4, packed));
        add(name + "of another codec", packed(codec.id % 4 + 1, 3, packed));
    }

    private ByteBuffer gzipped(int count, byte[] body) {
        return packed(GZIP, count, body);
    }

    private ByteBuffer packed(int codec, int count, byte[] body) {
        ByteBuffer batch = body(count, body);
        return sealed(batch.put(ATTRIBUTES + 1, (byte) codec));
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    private ByteBuffer record(int length, int... fields) {
        return body(1, concat(varints(length), varints(fields)));
    }

    private ByteBuffer body(int count, byte[] records) {
        return sealed(ByteBuffer.wrap(concat(Arrays.copyOf(whole, RECORDS), records))
                              .putInt(COUNT, count));
    }

    private static ByteBuffer sealed(ByteBuffer batch) {
        byte[] bytes = batch.array();
        CRC32C crc = new CRC32C();
        crc.update(bytes, ATTRIBUTES, bytes.length - ATTRIBUTES);
        return batch.putInt(LENGTH, bytes.length - LOG_OVERHEAD).putInt(CRC, (int) crc.getValue());
    }

    private static byte[] varints(int... values) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int value : values) {
            int rest = value << 1 ^ value >> 31;
            for (; (rest & ~0x7f) != 0; rest >>>= 7)
                bytes.write(rest & 0x7f | 0x80);
            bytes.write(rest);
        }
        return bytes.toByteArray();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts)
            bytes.writeBytes(part);
        return bytes.toByteArray();
    }
}
