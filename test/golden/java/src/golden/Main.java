package golden;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.message.ApiMessageType;

/** Writes golden vectors with Kafka's own classes; ../README.md has the format of a line. */
public final class Main {
    /** What the committed set holds. An API joins it by being named here. */
    private static final List<String> COMMITTED = List.of("ApiVersions", "Metadata", "FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat",
            "LeaveGroup", "OffsetFetch", "OffsetCommit", "ListOffsets", "Fetch",
            "DescribeGroups", "ListGroups", "DeleteGroups", "OffsetDelete",
            "OffsetForLeaderEpoch", "ConsumerGroupHeartbeat", "ConsumerGroupDescribe",
            "SaslHandshake", "SaslAuthenticate", "CreateTopics", "DeleteTopics",
            "DeleteRecords", "CreatePartitions", "DescribeCluster", "DescribeConfigs",
            "ShareGroupHeartbeat", "ShareGroupDescribe", "ShareFetch", "ShareAcknowledge",
            "Produce", "InitProducerId");
    private static final Vectors.Frame BARE = (version, message) -> message;

    public static void main(String[] arguments) throws Exception {
        Path folder = null;
        long seed = 1;
        int count = 22;
        List<String> apis = COMMITTED;
        List<String> codecs = List.of("none", "gzip", "snappy", "lz4", "zstd");
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--count" -> count = Integer.parseInt(arguments[++i]);
                case "--apis" -> apis = Arrays.asList(arguments[++i].split(","));
                case "--codecs" -> codecs = Arrays.asList(arguments[++i].split(","));
                case "--all" -> apis = every();
                default -> folder = Path.of(arguments[i]);
            }
        }
        Files.createDirectories(folder);
        Vectors vectors = new Vectors(seed, count);
        for (String api : apis)
            try (Lines lines = new Lines(folder, snake(api))) {
                api(lines, vectors, api);
            }
        try (Lines lines = new Lines(folder, "header")) {
            header(lines, vectors, "RequestHeader");
            header(lines, vectors, "ResponseHeader");
        }
        try (Lines lines = new Lines(folder, "consumer_protocol")) {
            ConsumerProtocol.write(lines, vectors);
        }
        try (Lines lines = new Lines(folder, "batch")) {
            BatchLines.write(lines, vectors, codecs, count);
        }
    }

    private static List<String> every() {
        List<String> names = new ArrayList<>();
        for (ApiMessageType type : ApiMessageType.values())
            if (type.highestSupportedVersion(true) >= type.lowestSupportedVersion())
                names.add(type.newRequest().getClass().getSimpleName().replace("RequestData", ""));
        return names;
    }

    private static void api(Lines lines, Vectors vectors, String name)
            throws IOException, ReflectiveOperationException {
        ApiMessageType type = ApiMessageType.valueOf(snake(name).toUpperCase(Locale.ROOT));
        int lowest = type.lowestSupportedVersion();
        int highest = type.highestSupportedVersion(true);
        vectors.write(lines, new Message(Schema.load(name + "Request"), name + "RequestData"),
                new Vectors.Labels(name, type.apiKey(), "request", type::requestHeaderVersion),
                lowest, highest, BARE);
        vectors.write(lines, new Message(Schema.load(name + "Response"), name + "ResponseData"),
                new Vectors.Labels(name, type.apiKey(), "response", type::responseHeaderVersion),
                lowest, highest, BARE);
    }

    private static void header(Lines lines, Vectors vectors, String name)
            throws IOException, ReflectiveOperationException {
        Message header = new Message(Schema.load(name), name + "Data");
        Schema.Versions valid = header.schema().valid();
        vectors.write(lines, header, new Vectors.Labels(name, -1, "header", null), valid.lowest(),
                valid.highest(), BARE);
    }

    /** FindCoordinator -> find_coordinator. */
    private static String snake(String name) {
        return name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    private Main() {}
}
