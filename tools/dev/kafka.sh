# A Kafka for each run directory, of one node or several, from docker or from Kafka's own jars: ./dev kafka …
# shellcheck shell=sh
# kafka_node.sh starts and ends processes, kafka_settings.sh writes what they read, kafka_docker.sh has the
# container, kafka_cli.sh the programs that talk to a Kafka.

run=${KOHORT_RUN_DIR:-$cache/run}
case $run in
/*) ;;
*) run=$PWD/$run ;;
esac

nodes_max=9

# The run directory has, beside what each node has: version, nodes (how many), owner (a process, or empty),
# and bootstrap (the addresses; there only while it is meant to be up).
node_count() {
    cat "$run/nodes" 2>/dev/null || echo 1
}

node_numbers() {
    number=0 count=$(node_count)
    while [ "$number" -lt "$count" ]; do
        number=$((number + 1))
        echo "$number"
    done
}

# Where a node lives: a lone one in the run directory itself.
node_directory() { # node_directory NUMBER
    if [ "$(node_count)" -eq 1 ]; then
        printf '%s\n' "$run"
    else
        printf '%s\n' "$run/$1"
    fi
}

each_node() { # each_node COMMAND…: with each node's directory as its last word, until one fails
    for number in $(node_numbers); do
        "$@" "$(node_directory "$number")" || return 1
    done
}

all_run() {
    [ -f "$run/bootstrap" ] || return 1
    if [ -f "$run/docker" ]; then container_runs; else each_node node_answers; fi
}

address_of() { # address_of NODE_DIRECTORY
    sed -n 's|^advertised.listeners=PLAINTEXT://||p' "$1/server.properties"
}

write_bootstrap() {
    each_node address_of | paste -s -d , - >"$run/bootstrap.draft"
    mv "$run/bootstrap.draft" "$run/bootstrap"
}

end_jars() {
    rm -f "$run/bootstrap"
    # Where all ends nobody takes over, so a cluster has nothing to gain from a slow end.
    if [ "$(node_count)" -eq 1 ]; then
        end_node "$run"
    else
        each_node kill_node
    fi
    each_node remove_node
}

# Starts those that do not run, and waits for all of them.
start_all() {
    each_node launch_unless_running && each_node wait_for_node && write_bootstrap
}

up_jars() { # up_jars VERSION NODES
    need kafka
    prepare_jars "$1"
    step "starting Kafka $1 from its jars$([ "$2" -eq 1 ] || echo ", $2 nodes")"
    finally end_jars
    fresh=yes
    [ ! -d "$(node_directory 1)/data" ] || fresh=
    for attempt in 1 2 3; do
        [ -z "$fresh" ] || make_nodes "$2"
        if start_all; then
            trap - EXIT
            return 0
        fi
        # Only somebody who took one of the ports in the meantime is worth another try.
        [ -n "$fresh" ] && each_node last_words | grep -q 'Address already in use' || break
        step "a port was taken (attempt $attempt): trying others"
        end_jars
    done
    each_node last_words | grep -E 'ERROR|Exception' | tail -n 5 | sed 's/^/    /' >&2
    fail "Kafka $1 did not start" "see $(node_directory 1)/broker.log"
}

# What is there already must be what is asked for.
same_as_before() { # same_as_before VERSION NODES
    [ -d "$(node_directory 1)/data" ] || [ -f "$run/docker" ] || return 0
    [ "$1" = "$(cat "$run/version")" ] && [ "$2" -eq "$(node_count)" ] ||
        fail "$run has a Kafka $(cat "$run/version") of $(node_count) node(s) already" \
            "./dev kafka down, then again"
}

kafka_up() { # kafka_up VERSION [NODES]: prints the addresses
    set -- "$1" "${2:-1}"
    mkdir -p "$run"
    alone "$run/up.lock"
    same_as_before "$@"
    if all_run; then
        step "already running"
    else
        printf '%s\n' "$1" >"$run/version"
        printf '%s\n' "$2" >"$run/nodes"
        # Who starts a node again for somebody does not become its owner by that.
        [ -d "$(node_directory 1)/data" ] && [ -z "${KOHORT_KAFKA_OWNER:-}" ] ||
            printf '%s\n' "${KOHORT_KAFKA_OWNER:-}" >"$run/owner"
        if use_docker "$@"; then up_docker "$1"; else up_jars "$@"; fi
    fi
    cat "$run/bootstrap"
}

kafka_down() {
    if [ -f "$run/docker" ]; then
        step "stopping the container"
        down_docker
    elif [ -f "$(node_directory 1)/pid" ]; then
        step "stopping Kafka ($(each_node told_pid | paste -s -d ' ' -))"
        end_jars
    else
        step "no Kafka runs in $run"
    fi
}

kafka_status() {
    if ! something_runs; then
        printf 'no Kafka runs in %s\n' "$run"
        return 1
    fi
    from=jars
    [ ! -f "$run/docker" ] || from=docker
    printf 'Kafka %s (%s) answers at %s; its directory is %s\n' \
        "$(cat "$run/version")" "$from" "$(cat "$run/bootstrap")" "$run"
    [ "$(node_count)" -eq 1 ] || each_node tell_node
}

something_runs() {
    [ -f "$run/bootstrap" ] || return 1
    if [ -f "$run/docker" ]; then container_runs; else any_node_runs; fi
}

running_address() {
    something_runs || fail "no Kafka runs in $run" "./dev kafka up"
    cat "$run/bootstrap"
}

any_node_runs() {
    for number in $(node_numbers); do
        ! node_runs "$(node_directory "$number")" || return 0
    done
    return 1
}

# One node of those that run here: kill (-9), stop and continue (the process), restart.
kafka_node() { # kafka_node ACTION NUMBER
    [ ! -f "$run/docker" ] || fail "kafka $1 works on nodes from the jars only" "KOHORT_KAFKA=jars ./dev kafka up"
    node_numbers | grep -q -x -e "${2:-}" ||
        fail "kafka $1 needs the number of a node, 1 to $(node_count)" "for example: ./dev kafka $1 1"
    node=$(node_directory "$2")
    [ -d "$node/data" ] || fail "no Kafka was started in $run" "./dev kafka up"
    case $1 in
    kill) kill_node "$node" ;;
    restart)
        alone "$node/node.lock"
        end_node "$node"
        launch "$node"
        wait_for_node "$node" || fail "node $2 did not start again" "see $node/broker.log"
        ;;
    stop) signal_node STOP "$node" || fail "node $2 does not run" "./dev kafka restart $2" ;;
    continue) signal_node CONT "$node" || fail "node $2 does not run" "./dev kafka restart $2" ;;
    esac
}

kafka_command() {
    action=${1:-}
    [ $# -eq 0 ] || shift
    case $action in
    up) up_command "$@" ;;
    down) kafka_down ;;
    status) kafka_status ;;
    kill | stop | continue | restart) kafka_node "$action" "$@" ;;
    admin) kafka_admin "$@" ;;
    cli) kafka_cli "$@" ;;
    *) fail "kafka: what to do?" "./dev kafka up | down | status | kill N | stop N | continue N | restart N | admin | cli TOOL …" ;;
    esac
}

up_command() { # up_command [--version V] [--nodes N]
    version=$default_version nodes=1
    while [ $# -gt 0 ]; do
        case $1 in
        --version)
            version=${2:-}
            [ -n "$version" ] || fail "--version needs a version" "for example: ./dev kafka up --version 3.9.2"
            ;;
        --nodes)
            nodes=${2:-}
            [ "$nodes" -ge 1 ] 2>/dev/null && [ "$nodes" -le $nodes_max ] ||
                fail "--nodes needs a number, 1 to $nodes_max" "for example: ./dev kafka up --nodes 3"
            ;;
        *) fail "kafka up does not know '$1'" "./dev kafka up [--version V] [--nodes N]" ;;
        esac
        shift 2
    done
    version=$(full_version "$version") || exit 1
    [ "$nodes" -eq 1 ] || [ "$(mode_of "$version")" = kraft ] ||
        fail "Kafka $version comes as one node" "take a version from 3.0 on for several"
    kafka_up "$version" "$nodes"
}
