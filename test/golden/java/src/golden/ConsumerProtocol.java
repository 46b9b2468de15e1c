package golden;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The member metadata and assignments inside JoinGroup and SyncGroup: an int16 version, then the message. */
final class ConsumerProtocol {
    static void write(Lines lines, Vectors vectors) throws IOException, ReflectiveOperationException {
        for (String name : new String[] {"ConsumerProtocolSubscription", "ConsumerProtocolAssignment"}) {
            Message message = new Message(Schema.load(name), name);
            Schema.Versions valid = message.schema().valid();
            String kind = name.endsWith("Subscription") ? "subscription" : "assignment";
            vectors.write(lines, message, new Vectors.Labels(name, -1, kind, null), valid.lowest(), valid.highest(), ConsumerProtocol::prefix);
        }
    }

    private static byte[] prefix(int version, byte[] message) {
        return ByteBuffer.allocate(2 + message.length).putShort((short) version).put(message).array();
    }

    private ConsumerProtocol() { }
}
