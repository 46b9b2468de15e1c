package golden;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;

final class Batches {
    /** What a records field of a vector holds: uncompressed batches of a record or two, the last one cut short if wanted. */
    static byte[] small(Random random, int batches, boolean cutShort) {
        ByteBuffer all = ByteBuffer.allocate(1024);
        for (int i = 0; i < batches; i++) {
            MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(256), Compression.NONE, TimestampType.CREATE_TIME,
                    random.nextInt(1000) + 1000L * i);
            for (int record = random.nextInt(2); record >= 0; record--)
                builder.append(1700000000000L + random.nextInt(100000), bytes(random, 4), bytes(random, 8));
            all.put(builder.build().buffer());
        }
        int length = all.position() - (cutShort && batches > 0 ? 1 + random.nextInt(60) : 0);
        return Arrays.copyOf(all.array(), length);
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private Batches() { }
}
