package golden;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** The metadata in JoinGroup and the assignments in SyncGroup: an int16 version, then a message. */
final class ConsumerProtocol {
    private static final int[] LATER_VERSIONS = {4, 5, 255, 256, Short.MAX_VALUE};
    private static final String[] NAMES = {
            "ConsumerProtocolSubscription", "ConsumerProtocolAssignment"};

    private interface Reader {
        Object read(ByteBuffer bytes);
    }

    static void write(Lines lines, Vectors vectors)
            throws IOException, ReflectiveOperationException {
        for (String name : NAMES) {
            Message message = new Message(Schema.load(name), name);
            Schema.Versions valid = message.schema().valid();
            boolean subscription = name.endsWith("Subscription");
            String kind = subscription ? "subscription" : "assignment";
            Reader kafka = subscription
                    ? org.apache.kafka.clients.consumer.internals
                              .ConsumerProtocol::deserializeConsumerProtocolSubscription
                    : org.apache.kafka.clients.consumer.internals
                              .ConsumerProtocol::deserializeConsumerProtocolAssignment;
            vectors.write(lines, message, new Vectors.Labels(name, -1, kind, null), valid.lowest(),
                    valid.highest(), ConsumerProtocol::prefix);

            for (int version : LATER_VERSIONS)
                for (int trailing = 0; trailing <= 9; trailing += 3) {
                    Random random = vectors.random(name, kind, version, trailing);
                    later(lines, message, kind, version, trailing, random, kafka);
                }
            refused(lines, name, kind, kafka);
        }
    }

    /** Kafka lets later versions append fields: a reader takes those that it knows. */
    private static void later(Lines lines, Message message, String kind, int version, int trailing,
            Random random, Reader kafka) throws IOException, ReflectiveOperationException {
        int highest = message.schema().valid().highest();
        ObjectNode wanted = new Values(random, Style.ANY, highest).message(message.schema());
        Message.Written written = message.write(wanted, highest, Style.UnknownTags.NONE, random);
        byte[] rest = new byte[trailing];
        random.nextBytes(rest);
        byte[] bytes = prefix(version, concat(written.bytes(), rest));
        Object read = kafka.read(ByteBuffer.wrap(bytes));
        Message.check(message.json(read, highest).equals(written.value()),
                "a later version is read differently");

        Map<String, Object> marks = new LinkedHashMap<>();
        marks.put("note", "later version, read as " + highest + ": " + trailing + " bytes follow");
        marks.put("decode_only", true);
        lines.add(message.schema().name(), -1, kind, version, marks, bytes, written.value());
    }

    private static void refused(Lines lines, String name, String kind, Reader kafka)
            throws IOException {
        Map<String, String> damaged = new LinkedHashMap<>();
        damaged.put("no version", "");
        damaged.put("half a version", "00");
        damaged.put("version -1", "ffff00000000ffffffff");
        damaged.put("a version and nothing else", "0000");
        damaged.put("more elements than bytes", "00007fffffff");
        damaged.put("user data beyond the end", "00000000000000000005aabb");
        for (Map.Entry<String, String> one : damaged.entrySet()) {
            byte[] bytes = HexFormat.of().parseHex(one.getValue());
            boolean refused = false;
            try {
                kafka.read(ByteBuffer.wrap(bytes));
            } catch (RuntimeException e) {
                refused = true;
            }
            Message.check(refused, "Kafka reads " + name + ": " + one.getKey());
            int version = bytes.length < 2 ? 0 : ByteBuffer.wrap(bytes).getShort();
            lines.add(name, -1, kind, version, Map.of("note", one.getKey()), bytes, null);
        }
    }

    private static byte[] prefix(int version, byte[] message) {
        return ByteBuffer.allocate(2 + message.length)
                .putShort((short) version)
                .put(message)
                .array();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
    }

    private ConsumerProtocol() {}
}
