package golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Random;

/** Fills a message of one schema and version in one style, as JSON for Kafka's own converters. */
final class Values {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    /** More than one byte of a compact count can say. */
    private static final int LONG_COUNT = 130;
    /** Compact lengths of this size and more take three bytes. */
    static final int HUGE_LENGTH = 16384;
    private static final int[] EDGE_LENGTHS = {125, 126, 127, 128, 129};
    private static final long[] EDGES = {0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768,
            -32768, -32769, 65535, 65536, 8388607, 16777216, Integer.MAX_VALUE, Integer.MIN_VALUE,
            4294967295L, 4294967296L, -4294967297L, 9007199254740993L, Long.MAX_VALUE,
            Long.MIN_VALUE, Long.MIN_VALUE + 1};
    private static final String[] UNICODE = {"\u00e9", "\u00df", "\u044f", "\u4e16", "\u20ac",
            "\ufffd", "\ud83d\ude00", "\ud834\udd1e", "\udbff\udfff", "a", "\u07ff", "\u0800",
            "\uffff"};
    private static final String[] CONTROL = {"\u0000", "\u0001", "\b", "\t", "\n", "\f", "\r",
            "\u001f", "\"", "\\", "/", "\u007f", "\u0080", "\u2028", "a"};
    private static final String NAMES =
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    private final Random random;
    private final Style style;
    private final int version;
    private boolean hugeGiven;

    Values(Random random, Style style, int version) {
        this.random = random;
        this.style = style;
        this.version = version;
    }

    ObjectNode message(Schema schema) {
        return struct(schema.fields(), 0);
    }

    private ObjectNode struct(List<Schema.Field> fields, int depth) {
        ObjectNode node = JSON.objectNode();
        for (Schema.Field field : fields)
            if (field.versions().contains(version)
                    && (!field.tagged().contains(version) || tagWanted()))
                node.set(field.name(), value(field, depth));
        return node;
    }

    private boolean tagWanted() {
        return switch (style.tags()) {
            case NONE -> false;
            case ALL -> true;
            case SOME -> random.nextBoolean();
        };
    }

    private JsonNode value(Schema.Field field, int depth) {
        if (field.nullable().contains(version) && nullWanted(field))
            return JSON.nullNode();
        if (!field.array())
            return single(field, depth);
        ArrayNode array = JSON.arrayNode();
        int count = count(field, depth);
        for (int i = 0; i < count; i++)
            array.add(single(field, depth + 1));
        return array;
    }

    private boolean nullWanted(Schema.Field field) {
        return switch (style.nulls()) {
            case NEVER -> false;
            case ALWAYS -> true;
            case SOMETIMES -> random.nextInt(3) == 0;
            case DEFAULT -> field.defaultsToNull(version) || field.type().equals("records");
        };
    }

    private int count(Schema.Field field, int depth) {
        return switch (style.counts()) {
            case NONE -> 0;
            case ONE -> 1;
            case SEVERAL -> depth == 0 ? 3 : 2;
            case ANY -> random.nextInt(depth == 0 ? 4 : 3);
            case MANY_PLAIN -> field.isStruct() ? 1 : LONG_COUNT;
            case MANY_STRUCTS -> depth == 0 ? LONG_COUNT : 0;
        };
    }

    private JsonNode single(Schema.Field field, int depth) {
        if (field.isStruct())
            return struct(field.fields(), depth);
        String byDefault = field.array() ? "" : field.defaultText();
        return switch (field.type()) {
            case "bool" -> JSON.booleanNode(bool(byDefault));
            case "int8" -> JSON.numberNode(number(byDefault, Byte.MIN_VALUE, Byte.MAX_VALUE));
            case "int16" -> JSON.numberNode(number(byDefault, Short.MIN_VALUE, Short.MAX_VALUE));
            case "int32" ->
                JSON.numberNode(number(byDefault, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case "int64" -> JSON.numberNode(number(byDefault, Long.MIN_VALUE, Long.MAX_VALUE));
            case "uint16" -> JSON.numberNode(number(byDefault, 0, 65535));
            case "uint32" -> JSON.numberNode(number(byDefault, 0, 4294967295L));
            case "float64" ->
                JSON.numberNode(number(byDefault, Integer.MIN_VALUE, Integer.MAX_VALUE) / 8.0);
            case "string" ->
                JSON.textNode(style.texts() == Style.Texts.DEFAULT ? byDefault : text());
            case "uuid" -> JSON.textNode(uuid());
            case "bytes" -> JSON.textNode(base64(bytes()));
            case "records" -> JSON.textNode(base64(records()));
            default -> throw new IllegalArgumentException("a type that is new: " + field.type());
        };
    }

    private boolean bool(String defaultText) {
        return switch (style.numbers()) {
            case DEFAULT -> Boolean.parseBoolean(defaultText);
            case LOWEST -> false;
            case HIGHEST -> true;
            default -> random.nextBoolean();
        };
    }

    private long number(String defaultText, long lowest, long highest) {
        return switch (style.numbers()) {
            case DEFAULT -> defaultText.isEmpty() ? 0 : Long.decode(defaultText);
            case LOWEST -> lowest;
            case HIGHEST -> highest;
            case NEGATIVE -> {
                if (lowest == 0)
                    yield highest - random.nextInt(9);
                yield -1 - (random.nextBoolean() ? random.nextInt(100) : positive(highest));
            }
            case EDGES -> edge(lowest, highest);
            case ANY -> switch (random.nextInt(4)) {
                case 0 -> random.nextInt(100);
                case 1 -> edge(lowest, highest);
                case 2 -> lowest == 0 ? 0 : -1;
                default -> positive(highest);
            };
        };
    }

    private long positive(long highest) {
        return (random.nextLong() & Long.MAX_VALUE) % highest;
    }

    private long edge(long lowest, long highest) {
        for (;;) {
            long edge = EDGES[random.nextInt(EDGES.length)];
            if (lowest <= edge && edge <= highest)
                return edge;
        }
    }

    private int length() {
        return switch (style.texts()) {
            case DEFAULT, EMPTY -> 0;
            case SHORT, HUGE -> random.nextInt(12);
            case EDGES -> EDGE_LENGTHS[random.nextInt(EDGE_LENGTHS.length)];
            case LONG -> random.nextInt(3) == 0 ? random.nextInt(12) : 130 + random.nextInt(200);
            case UNICODE, CONTROL -> 3 + random.nextInt(12);
        };
    }

    private String text() {
        int length = length();
        if (style.texts() == Style.Texts.HUGE && !hugeGiven) {
            hugeGiven = true;
            length = HUGE_LENGTH;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++)
            switch (style.texts()) {
                case UNICODE -> text.append(UNICODE[random.nextInt(UNICODE.length)]);
                case CONTROL -> text.append(CONTROL[random.nextInt(CONTROL.length)]);
                default -> text.append(NAMES.charAt(random.nextInt(NAMES.length())));
            }
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Kafka writes a uuid as base64url without padding. */
    private String uuid() {
        ByteBuffer uuid = ByteBuffer.allocate(16);
        switch (style.numbers()) {
            case DEFAULT, LOWEST -> { }
            case HIGHEST -> uuid.putLong(-1).putLong(-1);
            default -> {
                if (random.nextInt(8) != 0)
                    uuid.putLong(random.nextLong()).putLong(random.nextLong());
            }
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(uuid.array());
    }

    private byte[] records() {
        boolean empty = style.texts() == Style.Texts.EMPTY || style.texts() == Style.Texts.DEFAULT;
        int batches = empty ? 0 : style.counts() == Style.Counts.SEVERAL ? 2 : 1;
        return Batches.small(random, batches, style.equals(Style.ANY) && random.nextInt(4) == 0);
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
