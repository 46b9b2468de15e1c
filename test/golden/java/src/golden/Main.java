package golden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.message.ApiMessageType;

/** Writes golden vectors with Kafka's own classes; see ../../README.md for the format of a line. */
public final class Main {
    /** What the committed set holds. An API joins it by being named here. */
    private static final List<String> COMMITTED = List.of("ApiVersions", "Metadata", "FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat",
            "LeaveGroup", "OffsetFetch", "OffsetCommit", "ListOffsets", "Fetch");
    private static final Vectors.Frame BARE = (version, message) -> message;

    private final Path folder;
    private final Vectors vectors;

    private Main(Path folder, Vectors vectors) {
        this.folder = folder;
        this.vectors = vectors;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = null;
        long seed = 1;
        int count = 22;
        List<String> apis = COMMITTED;
        for (int i = 0; i < arguments.length; i++)
            switch (arguments[i]) {
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--count" -> count = Integer.parseInt(arguments[++i]);
                case "--apis" -> apis = Arrays.asList(arguments[++i].split(","));
                case "--all" -> apis = every();
                default -> folder = Path.of(arguments[i]);
            }
        Files.createDirectories(folder);
        Main main = new Main(folder, new Vectors(seed, count));
        for (String api : apis)
            main.api(api);
        main.headers();
        main.consumerProtocol();
    }

    private static List<String> every() {
        List<String> names = new ArrayList<>();
        for (ApiMessageType type : ApiMessageType.values())
            if (type.highestSupportedVersion(true) >= type.lowestSupportedVersion())
                names.add(type.newRequest().getClass().getSimpleName().replace("RequestData", ""));
        return names;
    }

    private void api(String name) throws IOException, ReflectiveOperationException {
        ApiMessageType type = ApiMessageType.valueOf(snake(name).toUpperCase(Locale.ROOT));
        try (Lines lines = new Lines(folder, snake(name))) {
            Message request = new Message(Schema.load(name + "Request"), name + "RequestData");
            Message response = new Message(Schema.load(name + "Response"), name + "ResponseData");
            int lowest = type.lowestSupportedVersion();
            int highest = type.highestSupportedVersion(true);
            vectors.write(lines, request, new Vectors.Labels(name, type.apiKey(), "request", type::requestHeaderVersion), lowest, highest, BARE);
            vectors.write(lines, response, new Vectors.Labels(name, type.apiKey(), "response", type::responseHeaderVersion), lowest, highest, BARE);
        }
    }

    private void headers() throws IOException, ReflectiveOperationException {
        try (Lines lines = new Lines(folder, "header")) {
            for (String name : List.of("RequestHeader", "ResponseHeader")) {
                Message header = new Message(Schema.load(name), name + "Data");
                Schema.Versions valid = header.schema().valid();
                vectors.write(lines, header, new Vectors.Labels(name, -1, "header", null), valid.lowest(), valid.highest(), BARE);
            }
        }
    }

    private void consumerProtocol() throws IOException, ReflectiveOperationException {
        try (Lines lines = new Lines(folder, "consumer_protocol")) {
            ConsumerProtocol.write(lines, vectors);
        }
    }

    /** FindCoordinator -> find_coordinator. */
    private static String snake(String name) {
        return name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }
}
