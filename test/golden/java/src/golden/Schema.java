package golden;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A message schema, read from the JSON files that the kafka-clients jar carries. The generated Java
 * classes do not tell which fields a version has: their writers drop or refuse what a version
 * lacks, so what may be set has to come from here.
 */
record Schema(String name, Versions valid, Versions flexible, List<Field> fields) {
    record Versions(int lowest, int highest) {
        static Versions parse(String text) {
            if (text.isEmpty() || text.equals("none"))
                return new Versions(1, 0);
            if (text.endsWith("+"))
                return new Versions(
                        Integer.parseInt(text.substring(0, text.length() - 1)), Short.MAX_VALUE);
            int dash = text.indexOf('-');
            if (dash < 0)
                return new Versions(Integer.parseInt(text), Integer.parseInt(text));
            return new Versions(Integer.parseInt(text.substring(0, dash)),
                    Integer.parseInt(text.substring(dash + 1)));
        }

        boolean contains(int version) {
            return lowest <= version && version <= highest;
        }
    }

    /** `type` is that of one element if `array` is set; `fields` is empty unless it is a struct. */
    record Field(String name, String type, boolean array, Versions versions, Versions nullable,
            Versions tagged, String defaultText, List<Field> fields) {
        boolean isStruct() {
            return Character.isUpperCase(type.charAt(0));
        }

        boolean isText() {
            return type.equals("string");
        }

        /** Null is one of the values, and leaving the field alone means it. */
        boolean defaultsToNull(int version) {
            return nullable.contains(version) && "null".equals(defaultText);
        }
    }

    private static final JsonMapper SCHEMAS =
            JsonMapper.builder().enable(JsonParser.Feature.ALLOW_COMMENTS).build();

    static Schema load(String name) throws IOException {
        try (InputStream file =
                        Schema.class.getResourceAsStream("/common/message/" + name + ".json")) {
            if (file == null)
                throw new IOException("the jar has no schema " + name);
            JsonNode root = SCHEMAS.readTree(file);
            Map<String, JsonNode> common = new HashMap<>();
            for (JsonNode struct : root.path("commonStructs"))
                common.put(struct.get("name").asText(), struct.get("fields"));
            return new Schema(name, Versions.parse(root.get("validVersions").asText()),
                    Versions.parse(root.get("flexibleVersions").asText()),
                    fields(root.get("fields"), common));
        }
    }

    private static List<Field> fields(JsonNode list, Map<String, JsonNode> common) {
        List<Field> fields = new ArrayList<>();
        for (JsonNode node : list) {
            String name = node.get("name").asText();
            String type = node.get("type").asText();
            boolean array = type.startsWith("[]");
            String element = array ? type.substring(2) : type;
            JsonNode inner = node.has("fields") ? node.get("fields") : common.get(element);
            fields.add(new Field(Character.toLowerCase(name.charAt(0)) + name.substring(1), element,
                    array, Versions.parse(node.path("versions").asText()),
                    Versions.parse(node.path("nullableVersions").asText()),
                    Versions.parse(node.path("taggedVersions").asText()),
                    node.path("default").asText(),
                    inner == null ? List.of() : fields(inner, common)));
        }
        return fields;
    }

    interface Test {
        boolean test(Field field);
    }

    /** Whether a field that exists in this version, at any depth, passes the test. */
    boolean any(int version, Test test) {
        return any(fields, version, test);
    }

    private static boolean any(List<Field> fields, int version, Test test) {
        for (Field field : fields)
            if (field.versions().contains(version)
                    && (test.test(field) || any(field.fields(), version, test)))
                return true;
        return false;
    }
}
