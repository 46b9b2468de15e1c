import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;

/**
 * One node, started inside this process: {@code Broker PROPERTIES READY_FILE OWNER_FILE}.
 *
 * Kafka's own main class says only in its log that it is ready. This one writes READY_FILE, which
 * then holds the bootstrap address, when requests are answered, and removes it on a clean end.
 * It also ends when the process that asked for it is gone, which a shell's trap cannot promise:
 * OWNER_FILE holds its id, or nothing.
 */
public final class Broker {
    private static final long OWNER_CHECK_MS = 200;

    /** What Kafka's servers of all versions can do. */
    interface Node {
        void startup() throws Exception;

        void shutdown();

        void awaitShutdown();
    }

    public static void main(String[] args) throws Exception {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(Path.of(args[0]))) {
            properties.load(in);
        }
        Path readyFile = Path.of(args[1]);
        String owner = Files.readString(Path.of(args[2])).strip();
        if (!owner.isEmpty()) {
            endWith(Long.parseLong(owner));
        }
        Node node = newNode(properties);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(node, readyFile)));
        node.startup();

        // Moved into place: who polls for the file must never read half an address.
        String address = properties.getProperty("advertised.listeners").replaceFirst(".*://", "");
        Path draft = Path.of(readyFile + ".draft");
        Files.writeString(draft, address + "\n");
        Files.move(draft, readyFile, StandardCopyOption.ATOMIC_MOVE);
        node.awaitShutdown();
    }

    /** By name, because each version's jars have only one of the two. */
    private static Node newNode(Properties properties) throws Exception {
        String name = properties.containsKey("process.roles") ? "KraftNode" : "ZooKeeperNode";
        return (Node) Class.forName(name).getConstructor(Properties.class).newInstance(properties);
    }

    private static void end(Node node, Path readyFile) {
        try {
            Files.deleteIfExists(readyFile);
        } catch (IOException e) {
            System.err.println("cannot remove " + readyFile + ": " + e);
        }
        node.shutdown();
    }

    /** Halts instead of shutting down: nobody is left to whom a clean log would matter. */
    private static void endWith(long ownerPid) {
        Optional<ProcessHandle> owner = ProcessHandle.of(ownerPid);
        Thread watch = new Thread(() -> {
            try {
                while (owner.isPresent() && owner.get().isAlive() && !isZombie(ownerPid)) {
                    Thread.sleep(OWNER_CHECK_MS);
                }
            } catch (InterruptedException e) {
                return;
            }
            System.err.println("process " + ownerPid + ", for which this node was started, is gone");
            Runtime.getRuntime().halt(1);
        });
        watch.setDaemon(true);
        watch.start();
    }

    /** Killed, but nobody has fetched its exit code: to Java such a process is still alive. */
    private static boolean isZombie(long pid) {
        try {
            return Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z ");
        } catch (IOException e) {
            return false;
        }
    }
}
