package golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;

/** One .jsonl file of vectors. */
final class Lines implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();

    private final BufferedWriter file;

    Lines(Path folder, String name) throws IOException {
        file = Files.newBufferedWriter(folder.resolve(name + ".jsonl"));
    }

    /** `marks` are the keys that only some lines have; see ../README.md. */
    void add(String api, int key, String kind, int version, Map<String, Object> marks, byte[] bytes,
            JsonNode value) throws IOException {
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        line.put("api", api).put("key", key).put("kind", kind).put("version", version);
        marks.forEach((name, mark) -> line.putPOJO(name, mark));
        line.put("hex", HexFormat.of().formatHex(bytes)).set("value", value);
        file.write(JSON.writeValueAsString(line));
        file.write('\n');
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
