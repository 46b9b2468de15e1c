package golden;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Iterator;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;

/** What Kafka's reader says of one batch. */
final class BatchValue {
    /** Throws what Kafka throws if it refuses the batch. */
    static ObjectNode read(byte[] bytes) {
        MemoryRecords records = MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
        Iterator<MutableRecordBatch> batches = records.batches().iterator();
        Message.check(batches.hasNext(), "not one whole batch");
        MutableRecordBatch batch = batches.next();
        Message.check(
                !batches.hasNext() && batch.sizeInBytes() == bytes.length, "more than one batch");
        batch.ensureValid();

        ObjectNode value = JsonNodeFactory.instance.objectNode();
        value.put("baseOffset", batch.baseOffset())
                .put("lastOffset", batch.lastOffset())
                .put("partitionLeaderEpoch", batch.partitionLeaderEpoch());
        value.put("magic", batch.magic())
                .put("codec", batch.compressionType().name)
                .put("timestampType", batch.timestampType().name);
        value.put("transactional", batch.isTransactional()).put("control", batch.isControlBatch());
        value.put("producerId", batch.producerId())
                .put("producerEpoch", batch.producerEpoch())
                .put("baseSequence", batch.baseSequence());
        value.put("maxTimestamp", batch.maxTimestamp())
                .put("deleteHorizon", batch.deleteHorizonMs().isPresent());
        /* Of a compressed message whose own offset was not set only the last record tells. */
        long lastOffset = batch.lastOffset();
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (Record record : batch) {
            record.ensureValid();
            lastOffset = Math.max(lastOffset, record.offset());
            ObjectNode node = list.addObject();
            node.put("offset", record.offset()).put("timestamp", record.timestamp());
            node.put("key", base64(record.key())).put("value", base64(record.value()));
            ArrayNode headers = node.putArray("headers");
            for (Header header : record.headers())
                headers.addArray()
                        .add(header.key())
                        .add(header.value() == null ? null : Values.base64(header.value()));
        }
        Integer count = batch.countOrNull(); /* Before magic 2 nothing counts them. */
        Message.check(count == null || list.size() == count, "fewer records than counted");
        value.put("lastOffset", lastOffset).put("count", list.size()).set("records", list);
        return value;
    }

    private static String base64(ByteBuffer bytes) {
        return bytes == null ? null : Values.base64(Draft.bytes(bytes));
    }

    private BatchValue() {}
}
