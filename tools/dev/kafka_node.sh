# One Kafka node from the jars: a process, and the directory that it lives in.
# shellcheck shell=sh
# The directory has server.properties and data/ (kafka_settings.sh), java.args (all that follows `java`), pid,
# broker.log, and while it answers, bootstrap: its address.

node_runs() { # node_runs NODE_DIRECTORY
    [ -f "$1/pid" ] && running_with "$(cat "$1/pid")" "$1/java.args"
}

node_gone() { # node_gone NODE_DIRECTORY
    ! node_runs "$1"
}

node_answers() { # node_answers NODE_DIRECTORY
    [ -f "$1/bootstrap" ] && node_runs "$1"
}

# One at a time, until this shell ends: two would start two processes on the same data.
alone() { # alone LOCK_FILE
    has flock || return 0
    exec 9>"$1"
    flock -w 180 9 || fail "another ./dev kafka is at work (${1%/*})" 'wait for it, or end it'
}

launch() { # launch NODE_DIRECTORY: begins; wait_for_node tells when it answers
    rm -f "$1/bootstrap"
    # nohup and a log of its own: the node outlives this terminal, unless it has an owner.
    nohup java "@$1/java.args" >>"$1/broker.log" 2>&1 </dev/null 9>&- &
    printf '%s\n' $! >"$1/pid"
}

launch_unless_running() ( # launch_unless_running NODE_DIRECTORY
    alone "$1/node.lock"
    node_runs "$1" || launch "$1"
)

answers_or_dead() { # answers_or_dead NODE_DIRECTORY
    [ -f "$1/bootstrap" ] || ended "$(cat "$1/pid")"
}

wait_for_node() { # wait_for_node NODE_DIRECTORY
    wait_until 120 answers_or_dead "$1" && [ -f "$1/bootstrap" ]
}

signal_node() { # signal_node SIGNAL NODE_DIRECTORY
    node_runs "$2" && kill -s "$1" "$(cat "$2/pid")" 2>/dev/null
}

kill_node() { # kill_node NODE_DIRECTORY
    signal_node KILL "$1" && wait_until 20 node_gone "$1"
    rm -f "$1/bootstrap"
}

# Cleanly, also one that was stopped; what does not end in time is killed.
end_node() { # end_node NODE_DIRECTORY
    signal_node TERM "$1" && signal_node CONT "$1"
    wait_until 20 node_gone "$1" || kill_node "$1"
}

remove_node() { # remove_node NODE_DIRECTORY: all but its log and its settings
    rm -rf "$1/bootstrap" "$1/pid" "$1/data" "$1/data-zookeeper"
}

last_words() { # last_words NODE_DIRECTORY
    tail -n 50 "$1/broker.log"
}

told_pid() { # told_pid NODE_DIRECTORY
    printf 'process %s\n' "$(cat "$1/pid")"
}

tell_node() { # tell_node NODE_DIRECTORY
    if ! node_runs "$1"; then
        does='does not run'
    elif grep -q ') T ' "/proc/$(cat "$1/pid")/stat" 2>/dev/null; then
        does="is stopped, $(told_pid "$1")"
    elif node_answers "$1"; then
        does="answers at $(cat "$1/bootstrap"), $(told_pid "$1")"
    else
        does="starts, $(told_pid "$1")"
    fi
    printf '  node %s %s\n' "${1##*/}" "$does"
}
