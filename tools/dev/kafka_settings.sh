# What Kafka's nodes read: ports, server.properties, formatted directories.
# shellcheck shell=sh

# Below the range from which systems pick ports for outgoing connections: nobody takes one in passing,
# and a node that was killed finds its own again.
free_ports() { # free_ports COUNT
    python3 - "$1" <<'PYTHON'
import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", random.randrange(20000, 32000)))
        held.append(s)  # open until all are found, so that none comes twice
    except OSError:
        s.close()
print(*(s.getsockname()[1] for s in held))
PYTHON
}

# Who keeps a version's metadata: docker/ has a file of settings for each.
mode_of() { # mode_of VERSION
    case $1 in
    0.* | 1.* | 2.*) echo zookeeper ;;
    *) echo kraft ;;
    esac
}

# render MODE NODES NODE BIND PORT CONTROLLER_PORT VOTERS DATA: the settings of one of so many nodes
render() {
    mode=$1
    shift
    set -- "$1" "$2" "$3" "$4" "$5" "$6" "$(printf '%s' "$7" | sed 's/[\\&|]/\\&/g')"
    several=
    [ "$1" -eq 1 ] || several=$root/docker/cluster.properties
    sed -e "s|@NODE@|$2|; s|@BIND@|$3|; s|@PORT@|$4|; s|@CONTROLLER_PORT@|$5|; s|@VOTERS@|$6|; s|@DATA@|$7|" \
        "$root/docker/$mode.properties" "$root/docker/server.properties" ${several:+"$several"}
}

# Words in the form of a file of arguments: a path may have spaces.
quoted() { # quoted WORD
    printf '"%s"\n' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# node_arguments NODE_DIRECTORY [JVM_OPTION]: the words after `java`. Kept with the node: a restart uses them again.
node_arguments() {
    printf '%s\n' "$jvm_options -Xmx384m -D$slf4j.showDateTime=true -D$slf4j.dateTimeFormat=HH:mm:ss.SSS"
    printf '%s\n' "-D$slf4j.log.org.apache.kafka.common.config=warn"
    [ -z "${2:-}" ] || quoted "$2"
    printf '%s\n' -cp
    quoted "$helpers/helpers.jar:$jars/*"
    printf '%s\n' Broker
    quoted "$1/server.properties"
    quoted "$1/bootstrap"
    quoted "$run/owner"
}

# Copies the formatted directory, and makes it the node's own. (With ZooKeeper there is nothing to format.)
format_data() { # format_data DIRECTORY NUMBER
    cp -r "$helpers/formatted" "$1"
    [ ! -f "$1/meta.properties" ] || sed -e "s/^node.id=.*/node.id=$2/" -e '/^directory.id=/d' "$helpers/formatted/meta.properties" \
        >"$1/meta.properties"
}

voters() { # voters PORT…: the list of controllers, from the ports of all nodes
    id=0 list=
    while [ $# -gt 0 ]; do
        id=$((id + 1))
        list=${list:+$list,}$id@127.0.0.1:$2
        shift 2
    done
    printf '%s\n' "$list"
}

# Writes the directories of new nodes: two ports each, a client's and a controller's.
make_nodes() { # make_nodes COUNT [JVM_OPTION]
    count=$1 option=${2:-$(shared_classes broker)}
    # shellcheck disable=SC2046 # ports are words
    set -- $(free_ports $((2 * count)))
    list=$(voters "$@")
    for number in $(node_numbers); do
        node=$(node_directory "$number")
        mkdir -p "$node"
        format_data "$node/data" "$number"
        render "$(mode_of "$(cat "$run/version")")" "$count" "$number" 127.0.0.1 "$1" "$2" "$list" "$node/data" >"$node/server.properties"
        node_arguments "$node" "$option" >"$node/java.args"
        : >"$node/broker.log"
        shift 2
    done
}
