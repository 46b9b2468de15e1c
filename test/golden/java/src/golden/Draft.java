package golden;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;

/** A batch to be written: what its header shall say, then its records. */
final class Draft {
    record Entry(long offset, long timestamp, byte[] key, byte[] value, Header... headers) {}

    private final Compression compression;
    private byte magic = RecordBatch.MAGIC_VALUE_V2;
    private TimestampType timestampType = TimestampType.CREATE_TIME;
    private long logAppendTime = RecordBatch.NO_TIMESTAMP;
    private long baseOffset;
    private long producerId = RecordBatch.NO_PRODUCER_ID;
    private short producerEpoch = RecordBatch.NO_PRODUCER_EPOCH;
    private int baseSequence = RecordBatch.NO_SEQUENCE;
    private boolean transactional;
    private int partitionLeaderEpoch = RecordBatch.NO_PARTITION_LEADER_EPOCH;

    Draft(Compression compression) {
        this.compression = compression;
    }

    Draft magic(byte magic) {
        this.magic = magic;
        return this;
    }

    Draft from(long baseOffset) {
        this.baseOffset = baseOffset;
        return this;
    }

    Draft appendedAt(long logAppendTime) {
        this.timestampType = TimestampType.LOG_APPEND_TIME;
        this.logAppendTime = logAppendTime;
        return this;
    }

    Draft producer(long producerId, int producerEpoch, int baseSequence) {
        this.producerId = producerId;
        this.producerEpoch = (short) producerEpoch;
        this.baseSequence = baseSequence;
        return this;
    }

    Draft transactional() {
        this.transactional = true;
        return this;
    }

    Draft leaderEpoch(int partitionLeaderEpoch) {
        this.partitionLeaderEpoch = partitionLeaderEpoch;
        return this;
    }

    byte[] write(List<Entry> entries) {
        int size = 256;
        for (Entry entry : entries)
            size += 64 + length(entry.key()) + length(entry.value());
        try (MemoryRecordsBuilder builder = new MemoryRecordsBuilder(ByteBuffer.allocate(size),
                     magic, compression, timestampType, baseOffset,
                     logAppendTime, producerId, producerEpoch, baseSequence, transactional, false,
                     partitionLeaderEpoch, size)) {
            for (Entry entry : entries)
                builder.appendWithOffset(entry.offset(), entry.timestamp(), entry.key(),
                        entry.value(), entry.headers());
            return bytes(builder.build().buffer());
        }
    }

    byte[] write(Entry... entries) {
        return write(Arrays.asList(entries));
    }

    private static int length(byte[] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
