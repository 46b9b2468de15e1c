# What a record, a start and an idle member cost, beside others: ./dev bench
# shellcheck shell=sh

# The flags of a release, with symbols, so that a profile has names.
build_bench() {
    build=$root/build-bench logs=$root/build-bench/log
    configure "$build" -Doptimization=2 -Ddebug=true -Dabort_on_check=disabled \
        -Dtests=enabled -Dlive=disabled -Dbench=true
    step 'building kohort and its peers'
    logged compile-bench ninja -C "$build" all ||
        fail 'the benchmarks do not compile' "see $logs/compile-bench.log"
}

compile_java() { # sets $java
    classes=$build/java
    mkdir -p "$classes"
    logged javac-bench javac -encoding UTF-8 -cp "$jars/*" -d "$classes" "$root/bench/java/Consume.java" ||
        fail 'bench/java does not compile' "see $logs/javac-bench.log"
    java=$classes:$jars/*
}

start_kafka() { # a node of its own, with the topic that is read; sets $address
    run=$(mktemp -d "${TMPDIR:-/tmp}/kohort-bench.XXXXXX")
    KOHORT_KAFKA_OWNER=$$
    finally 'kafka_down 2>/dev/null; rm -rf "$run"'
    address=$(kafka_up "$default_version") || exit 1
    {
        echo '{"do":"createTopic","topic":"bench","partitions":1}'
        echo '{"do":"createTopic","topic":"rebalance","partitions":6}'
        echo '{"do":"produceMany","topic":"bench","count":1000}'
        # The broker's first group waits for a topic of its own to be made.
        echo '{"do":"alterGroupOffsets","group":"first","offsets":[{"topic":"bench","partition":0,"offset":1}]}'
    } | (kafka_admin --bootstrap "$address") >"$logs/bench-topic.log" 2>&1
    ! grep -q '"error"' "$logs/bench-topic.log" || fail 'the topic cannot be filled' "see $logs/bench-topic.log"
}

# The leader's work: written into docs/assignors.md, with a plot.
bench_assignors() {
    need build tests
    build_bench
    python3 "$root/bench/assignors.py" "$build" || exit 1
}

bench() { # bench [--quick] [PART…]
    if [ "${1:-}" = assignors ]; then
        bench_assignors
        return
    fi
    need build tests bench kafka
    build_bench
    prepare_jars "$default_version"
    compile_java
    start_kafka
    python3 "$root/bench/bench.py" --build "$build" --java "$java" --kafka "$address" --out "$build/results" "$@" ||
        exit 1
    step "the same as JSON: $build/results/bench.json"
}
