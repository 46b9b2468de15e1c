# Programs that talk to the Kafka of the run directory: the admin helper of the tests, Kafka's own tools.
# shellcheck shell=sh

kafka_admin() {
    need kafka
    prepare_jars "$default_version"
    case " $* " in
    *' --bootstrap '*) ;;
    *)
        address=$(running_address) || exit 1
        set -- "$@" --bootstrap "$address"
        ;;
    esac
    java_admin "$(shared_classes admin)" "$@"
}

# Kafka's own command line tools, under the names that its scripts have.
cli_class() {
    tools=org.apache.kafka.tools
    case $1 in
    consumer-groups) echo $tools.consumer.group.ConsumerGroupCommand ;;
    topics) echo $tools.TopicCommand ;;
    groups) echo $tools.GroupsCommand ;;
    get-offsets) echo $tools.GetOffsetShell ;;
    delete-records) echo $tools.DeleteRecordsCommand ;;
    console-producer) echo $tools.ConsoleProducer ;;
    console-consumer) echo $tools.consumer.ConsoleConsumer ;;
    verifiable-consumer) echo $tools.VerifiableConsumer ;;
    producer-perf-test) echo $tools.ProducerPerformance ;;
    dump-log) echo $tools.DumpLogSegments ;;
    configs) echo kafka.admin.ConfigCommand ;;
    *) return 1 ;;
    esac
}

kafka_cli() {
    [ $# -gt 0 ] || fail "kafka cli needs the name of a tool" "for example: ./dev kafka cli topics --list"
    class=$(cli_class "$1") ||
        fail "there is no tool '$1' here" "kafka cli takes the names in $root/tools/dev/kafka_cli.sh"
    tool=$1
    shift
    need kafka
    prepare_jars "$default_version"
    case "$tool $* " in
    *' --bootstrap-server '* | 'dump-log '*) ;;
    *)
        address=$(running_address) || exit 1
        set -- --bootstrap-server "$address" "$@"
        ;;
    esac
    # shellcheck disable=SC2086
    exec java $jvm_options -Xmx256m -D$slf4j.defaultLogLevel=error \
        -cp "$jars/*" "$class" "$@"
}
