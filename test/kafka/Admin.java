import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;

/**
 * The tests' hand on a real Kafka: {@code Admin --bootstrap LIST}, JSON lines in, JSON lines
 * out. README.md beside this file is the protocol. One process for many commands, because each
 * start of a JVM costs more than most tests.
 */
public final class Admin {
    static final int TIMEOUT_MS = 30_000;
    private static final long POLL_MS = 5;
    static final ObjectMapper JSON = new ObjectMapper();

    /** Does one command: reads its fields from the request, puts its results into the answer. */
    interface Command {
        void run(JsonNode request, ObjectNode answer) throws Exception;
    }

    /** What a command waits for. */
    interface Condition {
        boolean holds() throws Exception;
    }

    /** The request is at fault, not Kafka. */
    static final class BadRequest extends RuntimeException {
        BadRequest(String message) {
            super(message);
        }
    }

    private final String bootstrap;
    private final Map<String, AdminConnection> connections = new ConcurrentHashMap<>();
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Admin(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public static void main(String[] args) throws Exception {
        if (args.length != 2 || !args[0].equals("--bootstrap")) {
            System.err.println("usage: Admin --bootstrap HOST:PORT[,HOST:PORT…]");
            System.exit(2);
        }
        // Its input ends with whoever started it, but a request under way would go on until its time
        // is up; nobody waits for that any more.
        ProcessHandle.current().parent().ifPresent(
                parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(0)));
        new Admin(args[1]).serve();
    }

    /** Streams are opened as UTF-8 here: the platform's encoding is ASCII where no locale is set. */
    private void serve() throws Exception {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            if (!line.isBlank()) {
                answer(line);
            }
        }
        connections.values().forEach(AdminConnection::close);
    }

    /** Answers a request: now, or when a thread of its own has done it. */
    private void answer(String line) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            JsonNode request = JSON.readTree(line);
            if (request.has("id")) {
                answer.set("id", request.get("id"));
            }
            if (request.path("background").asBoolean()) {
                Thread thread = new Thread(() -> run(request, answer), "background");
                thread.setDaemon(true);
                thread.start();
            } else {
                run(request, answer);
            }
        } catch (Exception e) {
            refuse(answer, e);
            print(answer);
        }
    }

    private void run(JsonNode request, ObjectNode answer) {
        try {
            connections.computeIfAbsent(
                    request.path("bootstrap").asText(bootstrap), AdminConnection::new)
                    .command(text(request, "do"))
                    .run(request, answer);
        } catch (ExecutionException e) {
            refuse(answer, e.getCause());
        } catch (Exception e) {
            refuse(answer, e);
        }
        print(answer);
    }

    private synchronized void print(ObjectNode answer) {
        out.println(answer);
    }

    private static void refuse(ObjectNode answer, Throwable cause) {
        if (cause instanceof KafkaException) {
            Errors error = Errors.forException(cause);
            answer.put("error", error.name()).put("code", error.code());
        } else {
            answer.put("error", "BAD_REQUEST");
        }
        answer.put("message", String.valueOf(cause.getMessage()));
    }

    /** Asks until it holds, or the time of a command is up. */
    static void await(String what, Condition condition) throws Exception {
        long giveUp = System.currentTimeMillis() + TIMEOUT_MS;
        while (!condition.holds()) {
            if (System.currentTimeMillis() > giveUp) {
                throw new TimeoutException("waited in vain for " + what);
            }
            Thread.sleep(POLL_MS);
        }
    }

    static JsonNode field(JsonNode request, String name) {
        JsonNode value = request.get(name);
        if (value == null || value.isNull()) {
            throw new BadRequest("\"" + name + "\" is missing");
        }
        return value;
    }

    static String text(JsonNode request, String name) {
        JsonNode value = field(request, name);
        if (!value.isTextual()) {
            throw new BadRequest("\"" + name + "\" is not a string");
        }
        return value.textValue();
    }

    static long number(JsonNode request, String name) {
        JsonNode value = field(request, name);
        if (!value.isIntegralNumber()) {
            throw new BadRequest("\"" + name + "\" is not a whole number");
        }
        return value.longValue();
    }

    static int number(JsonNode request, String name, int byDefault) {
        return request.has(name) ? Math.toIntExact(number(request, name)) : byDefault;
    }
}
