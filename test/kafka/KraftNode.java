import java.lang.reflect.Constructor;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;

/** A node of Kafka 3.0 and later: broker and controller. */
public final class KraftNode implements Broker.Node {
    private final KafkaRaftServer server;

    /** Reflection, because the constructor's third argument went away in Kafka 3.5. */
    public KraftNode(Properties properties) throws Exception {
        KafkaConfig config = new KafkaConfig(properties);
        Constructor<?> constructor = KafkaRaftServer.class.getConstructors()[0];
        server = (KafkaRaftServer) (constructor.getParameterCount() == 2
                ? constructor.newInstance(config, Time.SYSTEM)
                : constructor.newInstance(config, Time.SYSTEM, scala.Option.empty()));
    }

    @Override
    public void startup() {
        server.startup();
    }

    @Override
    public void shutdown() {
        server.shutdown();
    }

    @Override
    public void awaitShutdown() {
        server.awaitShutdown();
    }
}
