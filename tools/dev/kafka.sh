# One Kafka node per run directory, from docker or from Kafka's own jars: ./dev kafka …
# shellcheck shell=sh

run=${KOHORT_RUN_DIR:-$cache/run}
case $run in
/*) ;;
*) run=$PWD/$run ;;
esac

use_docker() {
    case ${KOHORT_KAFKA:-} in
    docker) return 0 ;;
    jars) return 1 ;;
    '') has docker && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 ;;
    *) fail "KOHORT_KAFKA is '$KOHORT_KAFKA'" "set it to jars or docker, or unset it" ;;
    esac
}

# Below the range from which systems pick ports for outgoing connections: nobody takes one in passing,
# and a node that was killed finds its own again.
free_ports() {
    python3 - <<'PYTHON'
import random, socket
found = []
while len(found) < 2:
    with socket.socket() as s:
        try:
            port = random.randrange(20000, 32000)
            s.bind(("127.0.0.1", port))
            found.append(port)
        except OSError:
            pass
print(*found)
PYTHON
}

render() { # render TEMPLATE BIND PORT CONTROLLER_PORT DATA
    sed -e "s|@BIND@|$2|; s|@PORT@|$3|; s|@CONTROLLER_PORT@|$4|" \
        -e "s|@DATA@|$(printf '%s' "$5" | sed 's/[\\&|]/\\&/g')|" "$1"
}

render_settings() { # render_settings BIND DATA
    # shellcheck disable=SC2046 # two ports, two words
    set -- "$1" $(free_ports) "$2"
    render "$root/docker/server.properties" "$@" >"$run/server.properties"
}

jars_run() {
    [ -f "$run/pid" ] && running_with "$(cat "$run/pid")" "$run/server.properties"
}

compose() {
    project=kohort-$(printf '%s' "$run" | cksum | cut -d' ' -f1)
    address=$(sed -n 's|^advertised.listeners=PLAINTEXT://||p' "$run/server.properties")
    KOHORT_RUN_DIR=$run KAFKA_VERSION=$(cat "$run/version") KAFKA_PORT=${address#*:} \
        docker compose -p "$project" -f "$root/docker/compose.yaml" "$@"
}

node_runs() {
    [ -f "$run/bootstrap" ] || return 1
    if [ -f "$run/docker" ]; then
        [ -n "$(compose ps -q --status running 2>/dev/null)" ]
    else
        jars_run
    fi
}

start_jars() { # start_jars VERSION JVM_OPTION: the option may be empty
    if [ ! -d "$run/data" ]; then
        cp -r "$helpers/formatted" "$run/data"
        render_settings 127.0.0.1 "$run/data"
        : >"$run/broker.log"
    fi
    rm -f "$run/bootstrap"
    # nohup and a log of its own: the node outlives this terminal, unless it has an owner.
    # shellcheck disable=SC2086 # options are words
    nohup java $jvm_options ${2:+"$2"} -Xmx384m -D$slf4j.showDateTime=true \
        -D$slf4j.dateTimeFormat=HH:mm:ss.SSS -D$slf4j.log.org.apache.kafka.common.config=warn \
        -cp "$helpers/helpers.jar:$jars/*" Broker "$run/server.properties" "$run/bootstrap" ${KOHORT_KAFKA_OWNER:-} \
        >>"$run/broker.log" 2>&1 </dev/null &
    printf '%s\n' $! >"$run/pid"
    wait_until 120 ready_or_dead && [ -f "$run/bootstrap" ]
}

ready_or_dead() {
    [ -f "$run/bootstrap" ] || ended "$(cat "$run/pid")"
}

jars_gone() {
    ! jars_run
}

stop_jars() {
    if jars_run; then
        kill "$(cat "$run/pid")" 2>/dev/null
        wait_until 20 jars_gone || kill -9 "$(cat "$run/pid")" 2>/dev/null
    fi
    rm -rf "$run/bootstrap" "$run/pid" "$run/data"
}

up_jars() {
    need kafka
    prepare_jars "$1"
    step "starting Kafka $1 from its jars"
    finally stop_jars
    fresh=yes
    [ ! -d "$run/data" ] || fresh=
    for attempt in 1 2 3; do
        if start_jars "$1" "$(shared_classes broker)"; then
            trap - EXIT
            return 0
        fi
        # Only somebody who took one of the ports in the meantime is worth another try.
        [ -n "$fresh" ] && tail -n 50 "$run/broker.log" | grep -q 'Address already in use' || break
        step "a port was taken (attempt $attempt): trying others"
        stop_jars
    done
    grep -E 'ERROR|Exception' "$run/broker.log" | tail -n 5 | sed 's/^/    /' >&2
    fail "Kafka $1 did not start" "see $run/broker.log"
}

up_docker() {
    need docker
    step "starting Kafka $1 with docker compose"
    render_settings 0.0.0.0 /tmp/kohort
    : >"$run/docker"
    finally kafka_down
    compose up --detach --wait >"$run/broker.log" 2>&1 || {
        compose logs --no-color --tail 20 >&2
        fail "Kafka $1 did not start in docker" "see $run/broker.log, or set KOHORT_KAFKA=jars"
    }
    trap - EXIT
    sed -n 's|^advertised.listeners=PLAINTEXT://||p' "$run/server.properties" >"$run/bootstrap"
    [ -z "${KOHORT_KAFKA_OWNER:-}" ] || watch_owner &
}

# The container knows nothing of its owner's process, so a shell watches it.
watch_owner() {
    trap '' INT HUP
    exec >/dev/null 2>&1 </dev/null
    while running "$KOHORT_KAFKA_OWNER" && [ -f "$run/bootstrap" ]; do
        sleep 1
    done
    kafka_down
}

kafka_up() { # prints the address
    if node_runs; then
        [ "$1" = "$(cat "$run/version")" ] ||
            fail "a Kafka $(cat "$run/version") runs here already" "./dev kafka down, then again"
        step "already running"
    else
        mkdir -p "$run"
        printf '%s\n' "$1" >"$run/version"
        if use_docker; then up_docker "$1"; else up_jars "$1"; fi
    fi
    cat "$run/bootstrap"
}

kafka_down() {
    if [ -f "$run/docker" ]; then
        step "stopping the container"
        compose down --volumes >>"$run/broker.log" 2>&1
        rm -f "$run/docker" "$run/bootstrap"
    elif [ -f "$run/pid" ]; then
        step "stopping Kafka (process $(cat "$run/pid"))"
        stop_jars
    else
        step "no Kafka runs in $run"
    fi
}

kafka_status() {
    if node_runs; then
        from=jars
        [ ! -f "$run/docker" ] || from=docker
        printf 'Kafka %s (%s) answers at %s; its directory is %s\n' \
            "$(cat "$run/version")" "$from" "$(cat "$run/bootstrap")" "$run"
    else
        printf 'no Kafka runs in %s\n' "$run"
        return 1
    fi
}

running_address() {
    node_runs || fail "no Kafka runs in $run" "./dev kafka up"
    cat "$run/bootstrap"
}

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
        fail "there is no tool '$1' here" "kafka cli takes the names in $root/tools/dev/kafka.sh"
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

kafka_command() {
    action=${1:-}
    [ $# -eq 0 ] || shift
    version=$default_version
    if [ "$action" = up ] && [ "${1:-}" = --version ]; then
        version=${2:-}
        [ -n "$version" ] || fail "--version needs a version" "for example: ./dev kafka up --version 3.9.2"
    fi
    case $action in
    up) kafka_up "$version" ;;
    down) kafka_down ;;
    status) kafka_status ;;
    admin) kafka_admin "$@" ;;
    cli) kafka_cli "$@" ;;
    *) fail "kafka: what to do?" "./dev kafka up | down | status | admin | cli TOOL …" ;;
    esac
}
