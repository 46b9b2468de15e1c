import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaServer;
import org.apache.kafka.common.utils.Time;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** A node of Kafka 2: a broker, and in the same process the ZooKeeper that it cannot be without. */
public final class ZooKeeperNode implements Broker.Node {
    private static final int TICK_MS = 500;
    private static final int CONNECTIONS_MAX = 10;

    private final Properties properties;
    private ServerCnxnFactory zooKeeper;
    private KafkaServer server;

    public ZooKeeperNode(Properties properties) {
        this.properties = properties;
    }

    @Override
    public void startup() throws Exception {
        File data = new File(properties.getProperty("log.dirs") + "-zookeeper");
        zooKeeper = ServerCnxnFactory.createFactory(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), CONNECTIONS_MAX);
        zooKeeper.startup(new ZooKeeperServer(data, data, TICK_MS));
        properties.setProperty("zookeeper.connect", "127.0.0.1:" + zooKeeper.getLocalPort());
        server = newServer(new KafkaConfig(properties));
        server.startup();
    }

    /** Reflection, because the constructor's last argument, its default here, has changed. */
    private static KafkaServer newServer(KafkaConfig config) throws Exception {
        Object companion = Class.forName("kafka.server.KafkaServer$").getField("MODULE$").get(null);
        Object last = companion.getClass().getMethod("$lessinit$greater$default$4").invoke(companion);
        return (KafkaServer) KafkaServer.class.getConstructors()[0]
                .newInstance(config, Time.SYSTEM, scala.Option.empty(), last);
    }

    @Override
    public void shutdown() {
        if (server != null) {
            server.shutdown();
        }
        if (zooKeeper != null) {
            zooKeeper.shutdown();
        }
    }

    @Override
    public void awaitShutdown() {
        server.awaitShutdown();
    }
}
