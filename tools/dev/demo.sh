# A story on a real Kafka that a person can follow: ./dev demo
# shellcheck shell=sh
# What it tells of the group it asks Kafka, not kohort.

demo_partitions=6
demo_records=100000
demo_wait_s=60

say() {
    printf '%s\n' "$*"
}

build_program() {
    logs=$root/build/log
    # Configured as somebody else left it: another setting would compile everything again.
    [ -f "$root/build/build.ninja" ] || configure "$root/build"
    step 'building kohort'
    logged compile-kohort ninja -C "$root/build" tools/kohort/kohort ||
        fail 'kohort does not compile' "see $logs/compile-kohort.log"
    kohort=$root/build/tools/kohort/kohort
}

# The admin helper at the other end of two pipes: ask REQUEST puts its answer into $answer.
start_admin() {
    mkfifo "$run/requests" "$run/answers"
    (kafka_admin --bootstrap "$address") <"$run/requests" >"$run/answers" &
    admin=$!
    exec 3>"$run/requests" 4<"$run/answers"
}

ask() {
    printf '%s\n' "$1" >&3
    IFS= read -r answer <&4 || fail 'the admin helper has ended' './dev demo again'
    case $answer in
    *'"error"'*) fail "Kafka refused $1: $answer" './dev demo again' ;;
    esac
}

# value EXPRESSION…: printed by Python, computed from the last answer, which is called a.
value() {
    printf '%s\n' "$answer" | python3 -c "import json, sys; a = json.load(sys.stdin); print($1)"
}

produce() { # produce COUNT
    ask "{\"do\":\"produceMany\",\"topic\":\"demo\",\"count\":$1}"
    produced=$((produced + $1))
}

# member NAME: a member of the group that writes each record's partition and offset to a file. It hears
# of a rebalance by its next heartbeat, so a short interval saves the reader of the story seconds.
member() {
    "$kohort" consume -b "$address" -G demo -q -f '%p %o\n' -X client.id="$1" \
        -X auto.offset.reset=earliest -X auto.commit.interval.ms=200 \
        -X heartbeat.interval.ms=500 demo \
        >"$run/$1.records" 2>"$run/$1.messages" </dev/null 3>&- 4<&- &
    member_pid=$!
}

# shares NAME: the partitions that Kafka says this member has.
shares() {
    value "' '.join(str(p) for m in a['members'] if m['clientId'] == '$1' for t in m['assignment'] for p in t['partitions'])"
}

# stable COUNTS: the group is stable and its members have these many partitions each: '6', '3 3'.
stable() {
    ask '{"do":"listGroups"}'
    case $answer in
    *'"group":"demo"'*) ask '{"do":"describeGroup","group":"demo"}' ;;
    *) return 1 ;;
    esac
    [ "$(value "a['state'], *sorted(sum(len(t['partitions']) for t in m['assignment']) for m in a['members'])")" \
        = "Stable $1" ]
}

committed_all() {
    ask '{"do":"groupOffsets","group":"demo"}'
    [ "$(value "sum(o['offset'] for o in a['offsets'])")" = "$produced" ]
}

await() { # await WHAT COMMAND…
    what=$1
    shift
    wait_until "$demo_wait_s" "$@" && return
    sed 's/^/    /' "$run"/*.messages >&2
    fail "$what did not happen in $demo_wait_s s" "what kohort said is above; Kafka's log: $run/broker.log"
}

# Beside Kafka's own table: the offset after the last record of each partition that was read.
compare_offsets() {
    (kafka_cli consumer-groups --bootstrap-server "$address" --describe --group demo) >"$run/table" 2>&1
    cat "$run"/*.records | awk -v table="$run/table" '
        { if ($2 + 1 > next_offset[$1]) next_offset[$1] = $2 + 1; read[$1]++ }
        END {
            printf "     partition   records read   next offset   kafka-consumer-groups says\n"
            while ((getline line < table) > 0) {
                split(line, column, " +")
                if (column[2] != "demo") continue
                partition = column[3]
                equal = column[4] == next_offset[partition] ? "equal" : "DIFFERENT"
                if (equal != "equal") wrong = 1
                seen++
                printf "     %9d   %12d   %11d   %s (lag %s), %s\n", partition, read[partition],
                    next_offset[partition], column[4], column[6], equal
            }
            exit wrong || seen != '"$demo_partitions"'
        }' || {
        sed 's/^/    /' "$run/table" >&2
        fail "what was read and what Kafka's tool prints differ" 'please report this, with the table above'
    }
}

tell() {
    say
    say "1. A real Kafka $default_version answers at $address."
    ask "{\"do\":\"createTopic\",\"topic\":\"demo\",\"partitions\":$demo_partitions}"
    produce $demo_records
    say "2. Topic demo: $demo_partitions partitions, $demo_records records of 100 bytes."

    member first
    first=$member_pid
    await 'the first member alone' stable $demo_partitions
    say "3. A first member joins the group demo and has all partitions: $(shares first)."
    await 'reading and committing everything' committed_all
    say "   It has read all $produced records, and Kafka has its commits."

    member second
    second=$member_pid
    await 'sharing' stable "$((demo_partitions / 2)) $((demo_partitions / 2))"
    say '4. A second member joins. They share:'
    say "     first:  $(shares first)"
    say "     second: $(shares second)"
    produce 12000
    await 'reading on, shared' committed_all
    say '   12000 more records are written; each reads its own half.'

    kill -INT "$second"
    wait "$second"
    await 'the first member having all again' stable $demo_partitions
    say "5. The second leaves (^C). The first has all again: $(shares first)."
    produce 6000
    await 'reading on, alone' committed_all
    say '   6000 more records are written; it reads them all.'

    say "6. What was read, and what Kafka's own kafka-consumer-groups prints:"
    compare_offsets
    kill -INT "$first"
    wait "$first"
    by_first=$(wc -l <"$run/first.records") by_second=$(wc -l <"$run/second.records")
    say "7. The first leaves too. $produced records were written and $((by_first + by_second)) read:" \
        "$((by_first)) by the first, $((by_second)) by the second."
    [ $((by_first + by_second)) -eq "$produced" ] || fail 'that is not the same number' 'please report this'
}

demo() {
    need build kafka
    build_program
    prepare_jars "$default_version"
    run=$(mktemp -d "${TMPDIR:-/tmp}/kohort-demo.XXXXXX")
    KOHORT_KAFKA_OWNER=$$ first='' second='' admin='' produced=0
    finally end_demo
    address=$(kafka_up "$default_version") || exit 1
    start_admin
    tell
}

end_demo() {
    # Before the node, so that the members can still leave.
    for pid in $first $second $admin; do
        kill "$pid" 2>/dev/null
    done
    for pid in $first $second $admin; do
        wait_until 5 ended "$pid" || kill -9 "$pid"
    done
    kafka_down 2>/dev/null
    rm -rf "$run"
}
