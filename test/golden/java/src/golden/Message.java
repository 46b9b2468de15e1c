package golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.RawTaggedField;

/**
 * Turns values into bytes with Kafka's own classes, and proves on the way that Kafka reads those
 * bytes as those values.
 */
final class Message {
    /** Above all known ones: Kafka's reader refuses a tag that is known at another version. */
    private static final int FIRST_UNKNOWN_TAG = 50;

    record Written(byte[] bytes, ObjectNode value) {}

    private final Schema schema;
    private final Class<?> type;
    private final Method fromJson;
    private final Method toJson;

    /** `className` is within Kafka's package of messages: "FetchRequestData". */
    Message(Schema schema, String className) throws ReflectiveOperationException {
        this.schema = schema;
        this.type = Class.forName("org.apache.kafka.common.message." + className);
        Class<?> converter =
                Class.forName("org.apache.kafka.common.message." + className + "JsonConverter");
        this.fromJson = converter.getMethod("read", JsonNode.class, short.class);
        this.toJson = converter.getMethod("write", type, short.class);
    }

    Schema schema() {
        return schema;
    }

    Written write(ObjectNode wanted, int version, Style.UnknownTags unknownTags, Random random)
            throws ReflectiveOperationException {
        Object message = fromJson.invoke(null, wanted, (short) version);
        if (unknownTags != Style.UnknownTags.NONE)
            addUnknownTags(message, schema.fields(), version,
                    unknownTags == Style.UnknownTags.EVERYWHERE, random);
        byte[] bytes = bytes(message, version);

        var copy = (org.apache.kafka.common.protocol.Message) type.getConstructor().newInstance();
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        copy.read(new ByteBufferAccessor(rest), (short) version);
        check(!rest.hasRemaining(), "Kafka's reader leaves bytes over");
        check(copy.equals(message), "Kafka's reader sees another message");

        ObjectNode value = json(copy, version);
        restoreRecords(value, wanted, schema.fields());
        Object again = fromJson.invoke(null, value, (short) version);
        check(Arrays.equals(bytes, bytes(again, version)) || unknownTags != Style.UnknownTags.NONE,
                "the value does not give these bytes");
        return new Written(bytes, value);
    }

    /** As Kafka's converter writes it: records fields are "". */
    ObjectNode json(Object message, int version) throws ReflectiveOperationException {
        return (ObjectNode) toJson.invoke(null, message, (short) version);
    }

    private static byte[] bytes(Object object, int version) {
        var message = (org.apache.kafka.common.protocol.Message) object;
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, (short) version));
        message.write(new ByteBufferAccessor(buffer), cache, (short) version);
        check(!buffer.hasRemaining(), "Kafka's writer wrote less than it said");
        return buffer.array();
    }

    /** Kafka's converter writes each records field as "": the real bytes are what went in. */
    private static void restoreRecords(JsonNode value, JsonNode wanted, List<Schema.Field> fields) {
        for (Schema.Field field : fields) {
            JsonNode there = value.path(field.name());
            JsonNode in = wanted.path(field.name());
            if (field.type().equals("records") && !there.isMissingNode())
                ((ObjectNode) value).set(field.name(), in);
            else if (there.isArray() && field.isStruct())
                for (int i = 0; i < there.size(); i++)
                    restoreRecords(there.get(i), in.get(i), field.fields());
            else if (there.isObject())
                restoreRecords(there, in, field.fields());
        }
    }

    /** Not in tagged structs: one at its default would then no longer be absent. */
    private static void addUnknownTags(Object object, List<Schema.Field> fields, int version,
            boolean everywhere, Random random) throws ReflectiveOperationException {
        if (everywhere)
            for (Schema.Field field : fields) {
                if (!field.isStruct() || !field.versions().contains(version)
                        || field.tagged().contains(version))
                    continue;
                Object inner = object.getClass().getMethod(field.name()).invoke(object);
                for (Object struct : structs(inner))
                    addUnknownTags(struct, field.fields(), version, true, random);
            }
        List<RawTaggedField> tags =
                ((org.apache.kafka.common.protocol.Message) object).unknownTaggedFields();
        tags.add(tag(FIRST_UNKNOWN_TAG + random.nextInt(70), random.nextInt(10), random));
        if (everywhere && random.nextBoolean()) {
            tags.add(tag(128 + random.nextInt(100), 0, random));
            tags.add(tag(20000 + random.nextInt(100), 128 + random.nextInt(10), random));
        }
        if (!everywhere)
            tags.add(tag(Integer.MAX_VALUE - 1, 1, random));
    }

    private static Collection<?> structs(Object value) {
        if (value instanceof Collection<?> array)
            return array;
        return value == null ? List.of() : List.of(value);
    }

    private static RawTaggedField tag(int tag, int length, Random random) {
        byte[] data = new byte[length];
        random.nextBytes(data);
        return new RawTaggedField(tag, data);
    }

    static void check(boolean holds, String otherwise) {
        if (!holds)
            throw new IllegalStateException(otherwise);
    }
}
