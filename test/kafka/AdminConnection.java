import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;

/** One Kafka: its clients, kept as long as the helper runs, and the commands that use them. */
final class AdminConnection implements AutoCloseable {
    private final AdminClient client;
    private final AdminProducers producers;
    private final Map<String, Admin.Command> commands = new LinkedHashMap<>();

    AdminConnection(String bootstrap) {
        client = AdminClient.create(Map.of(
                "bootstrap.servers", bootstrap,
                "client.id", "kohort-test-admin",
                "default.api.timeout.ms", Admin.TIMEOUT_MS,
                "request.timeout.ms", requestTimeoutMs(bootstrap),
                // Nodes that went away or came back are noticed soon.
                "metadata.max.age.ms", 1000,
                // Against a node on loopback the usual pauses are all there is to wait for.
                "retry.backoff.ms", 5,
                "retry.backoff.max.ms", 100,
                "reconnect.backoff.ms", 5,
                "reconnect.backoff.max.ms", 100));
        producers = new AdminProducers(bootstrap);
        new AdminTopics(client).addTo(commands);
        new AdminGroups(client).addTo(commands);
        new AdminCluster(client).addTo(commands);
        new AdminRecords(producers, client).addTo(commands);
        new AdminReads(bootstrap, client).addTo(commands);
        new AdminTransactions(producers, client).addTo(commands);
    }

    /** A lone node is waited for; of several one may be stopped, and another answers then. */
    static int requestTimeoutMs(String bootstrap) {
        return bootstrap.contains(",") ? 5_000 : Admin.TIMEOUT_MS;
    }

    Admin.Command command(String name) {
        Admin.Command command = commands.get(name);
        if (command == null) {
            throw new Admin.BadRequest("\"do\" is one of " + String.join(", ", commands.keySet()));
        }
        return command;
    }

    @Override
    public void close() {
        producers.close();
        client.close(Duration.ZERO);
    }
}
