import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;

/**
 * Commands about transactions. Between begin and commit or abort, {@code produce} takes part with
 * the field transactionalId; one that is never ended stays open.
 */
final class AdminTransactions {
    private static final int TIMEOUT_MS = 60_000;

    private final AdminProducers producers;
    private final AdminClient client;

    AdminTransactions(AdminProducers producers, AdminClient client) {
        this.producers = producers;
        this.client = client;
    }

    void addTo(Map<String, Admin.Command> commands) {
        commands.put("beginTransaction", (request, answer) -> producers
                .forTransactions(id(request), Admin.number(request, "timeoutMs", TIMEOUT_MS))
                .beginTransaction());
        commands.put("sendOffsets", this::sendOffsets);
        commands.put("commitTransaction",
                (request, answer) -> producers.inTransaction(id(request)).commitTransaction());
        commands.put("abortTransaction",
                (request, answer) -> producers.inTransaction(id(request)).abortTransaction());
        commands.put("fenceProducer", this::fenceProducer);
    }

    private static String id(JsonNode request) {
        return Admin.text(request, "transactionalId");
    }

    private void sendOffsets(JsonNode request, ObjectNode answer) throws Exception {
        producers.inTransaction(id(request)).sendOffsetsToTransaction(
                AdminGroups.offsets(request),
                new ConsumerGroupMetadata(Admin.text(request, "group")));
    }

    /** The broker aborts what is open, and the producer of that name is of no use any more. */
    private void fenceProducer(JsonNode request, ObjectNode answer) throws Exception {
        client.fenceProducers(List.of(id(request))).all().get();
        producers.forgetTransactions(id(request));
    }
}
