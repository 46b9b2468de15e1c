package golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** Reads batches that kohort encoded with Kafka's own classes, and says whether they are what they should be. */
public final class Read {
    public static void main(String[] arguments) throws Exception {
        JsonMapper json = new JsonMapper();
        Map<String, Integer> records = new TreeMap<>();
        int passed = 0;
        int failed = 0;
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            JsonNode vector = json.readTree(line);
            String problem = problem(json, vector);
            if (problem == null) {
                passed++;
                records.merge(vector.get("value").get("codec").asText(),
                        vector.get("value").get("count").asInt(), Integer::sum);
            } else {
                failed++;
                System.out.println(problem);
            }
        }
        System.out.println("records read: " + records);
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 && passed > 0 ? 0 : 1);
    }

    /** Both are compared as text has them: there an int and a long of one value are the same. */
    private static String problem(JsonMapper json, JsonNode vector) throws Exception {
        JsonNode wanted = vector.get("value");
        try {
            JsonNode read = json.readTree(json.writeValueAsString(
                    BatchValue.read(HexFormat.of().parseHex(vector.get("hex").asText()))));
            return read.equals(wanted) ? null : "wanted " + wanted + "\nread   " + read;
        } catch (RuntimeException e) {
            return "wanted " + wanted + "\nread   " + e;
        }
    }

    private Read() {}
}
