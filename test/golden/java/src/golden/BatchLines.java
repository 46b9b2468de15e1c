package golden;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.RecordBatch;

/** The lines of batch.jsonl: what Kafka reads from each batch, or that it refuses it. */
final class BatchLines {
    static void write(Lines lines, Vectors vectors, List<String> codecs, int count)
            throws IOException {
        for (String name : codecs) {
            Random random = vectors.random("RecordBatch", name);
            CompressionType codec = CompressionType.forName(name);
            for (Batches.Case batch : Batches.of(random, codec, count))
                whole(lines, codec, RecordBatch.MAGIC_VALUE_V2, batch);
        }
        for (byte magic = RecordBatch.MAGIC_VALUE_V0; magic < RecordBatch.MAGIC_VALUE_V2; magic++)
            for (String name : codecs)
                if (!name.equals("zstd")) {
                    Random random = vectors.random("RecordBatch", name + " " + magic);
                    CompressionType codec = CompressionType.forName(name);
                    for (Batches.Case batch : OldBatches.of(random, codec, magic, count))
                        whole(lines, codec, magic, batch);
                }
        for (Batches.Case damaged : DamagedBatches.all()) {
            requireRefused(damaged);
            lines.add("RecordBatch", -1, "batch", RecordBatch.MAGIC_VALUE_V2,
                    Map.of("note", damaged.note()), damaged.bytes(), null);
        }
    }

    private static void whole(Lines lines, CompressionType codec, int magic, Batches.Case batch)
            throws IOException {
        Map<String, Object> marks = new LinkedHashMap<>();
        marks.put("note", codec.name + ": " + batch.note());
        if (codec != CompressionType.NONE)
            marks.put("compressed", true);
        lines.add("RecordBatch", -1, "batch", magic, marks, batch.bytes(),
                BatchValue.read(batch.bytes()));
    }

    private static void requireRefused(Batches.Case damaged) {
        boolean refused = false;
        try {
            BatchValue.read(damaged.bytes());
        } catch (IllegalStateException ours) {
            throw ours;
        } catch (RuntimeException kafkas) {
            refused = true;
        }
        Message.check(refused, "Kafka reads the damaged batch: " + damaged.note());
    }

    private BatchLines() {}
}
