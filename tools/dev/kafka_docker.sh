# One Kafka node in a container: docker/compose.yaml.
# shellcheck shell=sh

docker_answers() {
    has docker && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1
}

# The image exists since Kafka 3.7; compose.yaml starts one node.
in_docker() { # in_docker VERSION NODES
    case $1 in
    [0-2].* | 3.[0-6].*) return 1 ;;
    *) [ "$2" -eq 1 ] ;;
    esac
}

use_docker() { # use_docker VERSION NODES
    case ${KOHORT_KAFKA:-} in
    docker)
        in_docker "$@" ||
            fail "docker has no Kafka $1 of $2 node(s): one node, of 3.7 or later" \
                "unset KOHORT_KAFKA: from the jars all come"
        ;;
    jars) return 1 ;;
    '') in_docker "$@" && docker_answers ;;
    *) fail "KOHORT_KAFKA is '$KOHORT_KAFKA'" "set it to jars or docker, or unset it" ;;
    esac
}

compose() {
    project=kohort-$(printf '%s' "$run" | cksum | cut -d' ' -f1)
    address=$(address_of "$run")
    KOHORT_RUN_DIR=$run KAFKA_VERSION=$(cat "$run/version") KAFKA_PORT=${address#*:} \
        docker compose -p "$project" -f "$root/docker/compose.yaml" "$@"
}

container_runs() {
    [ -n "$(compose ps -q --status running 2>/dev/null)" ]
}

up_docker() { # up_docker VERSION
    need docker
    step "starting Kafka $1 with docker compose"
    # shellcheck disable=SC2046 # two ports, two words
    set -- "$1" $(free_ports 2)
    render kraft 1 1 0.0.0.0 "$2" "$3" "$(voters "$2" "$3")" /tmp/kohort >"$run/server.properties"
    : >"$run/docker"
    finally kafka_down
    compose up --detach --wait >"$run/broker.log" 2>&1 || {
        compose logs --no-color --tail 20 >&2
        fail "Kafka $1 did not start in docker" "see $run/broker.log, or set KOHORT_KAFKA=jars"
    }
    trap - EXIT
    write_bootstrap
    [ -z "${KOHORT_KAFKA_OWNER:-}" ] || watch_owner 9>&- &
}

down_docker() {
    compose down --volumes >>"$run/broker.log" 2>&1
    rm -f "$run/docker" "$run/bootstrap"
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
