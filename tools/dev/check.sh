# Builds and tests: ./dev check, ./dev tidy, ./dev format.
# shellcheck shell=sh

# configure DIRECTORY OPTION…
configure() {
    build=$1
    shift
    again=
    [ ! -f "$build/build.ninja" ] || again=--reconfigure
    # shellcheck disable=SC2086
    logged "setup-${build##*/}" meson setup $again "$@" "$build" "$root" ||
        fail "meson cannot configure $build" "see $logs/setup-${build##*/}.log; a build directory may be deleted"
}

compile() { # compile DIRECTORY
    logged "compile-${1##*/}" meson compile -C "$1" ||
        fail "kohort does not compile in $1" "see $logs/compile-${1##*/}.log"
}

# suite DIRECTORY NAME [MESON_OPTION…]: runs one suite, and adds to the totals.
suite() {
    build=$1 name=$2 log=$1/meson-logs/$2
    shift 2
    rm -f "$log.json"
    meson test -C "$build" --no-rebuild --logbase "$name" --suite "$name" "$@" >"$log.out" 2>&1
    outcome=$?
    # meson is content with a suite that has no tests, and writes no log; we are not.
    set -- 0 1 0
    # shellcheck disable=SC2046 # three numbers, three words
    [ ! -f "$log.json" ] || set -- $(python3 "$root/tools/dev/tally.py" "$log.json")
    [ $# -eq 3 ] || set -- 0 1 0
    [ "$outcome" -eq 0 ] || [ "$2" -gt 0 ] || set -- "$1" 1 "$3"
    add "$name" "$@"
    [ "$2" -eq 0 ] || step "  see $log.out and $log.txt"
}

suites() { # suites DIRECTORY NAMES [MESON_OPTION…]
    in=$1 names=$2
    shift 2
    for one in $names; do
        suite "$in" "$one" "$@"
    done
}

# What needs a real Kafka has one of its own, which ends with this run, however the run ends: a lone node
# for the suite live, and beside it three nodes for the suite cluster.
live() { # live DIRECTORY [MESON_OPTION…]
    in=$1
    shift
    kafkas=$(mktemp -d "${TMPDIR:-/tmp}/kohort-check.XXXXXX")
    KOHORT_KAFKA_OWNER=$$
    finally end_kafkas
    run=$kafkas/node
    if ! KOHORT_TEST_BOOTSTRAP=$(kafka_up "$default_version"); then
        without_kafka 'live, cluster'
        return
    fi
    # shellcheck disable=SC2089 # the quotes are for the shell that runs it
    KOHORT_TEST_ADMIN="'$root/dev' kafka admin --bootstrap $KOHORT_TEST_BOOTSTRAP"
    KOHORT_TEST_DEV=$root/dev
    # Now, not inside of a test whose time is limited.
    for other in $tested_versions; do
        (prepare_jars "$other") || step "  Kafka $other is not there: its tests will fail"
    done
    logged golden-jars "$root/test/golden/java/read.sh" --fetch || step "  see $logs/golden-jars.log"
    # shellcheck disable=SC2090
    export KOHORT_TEST_BOOTSTRAP KOHORT_TEST_ADMIN KOHORT_TEST_DEV
    suite "$in" live "$@"

    run=$kafkas/cluster
    if ! (kafka_up "$default_version" 3 >/dev/null); then
        without_kafka cluster
        return
    fi
    export KOHORT_TEST_CLUSTER="$run"
    suite "$in" cluster "$@"
}

without_kafka() { # without_kafka SUITES
    step "  $1: not run, because there is no Kafka (in CI this is a failure)"
    if [ -n "${CI:-}" ]; then failed=$((failed + 1)); else skipped=$((skipped + 1)); fi
}

end_kafkas() {
    for run in "$kafkas/cluster" "$kafkas/node"; do
        kafka_down 2>/dev/null
    done
    rm -rf "$kafkas"
}

# The layout is that of one version: others lay out some things differently.
format() {
    need format
    clang_format=clang-format-14
    has $clang_format || clang_format=clang-format
    $clang_format --version | grep -q 'version 14\.' ||
        fail "this is $($clang_format --version)" "install clang-format 14, whose layout is ours"
    step 'laying out the C files'
    find "$root/include" "$root/src" "$root/tools" "$root/examples" "$root/test" "$root/bench" "$root/fuzz" \
        -name '*.[ch]' -exec "$clang_format" -i {} +
}

begin() {
    logs=$root/build/log
    passed=0 failed=0 skipped=0
}

add() { # add NAME PASSED FAILED SKIPPED
    passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
    step "  $1: $2 passed, $3 failed, $4 skipped"
}

# The last line of a run, in the form that any reader of test logs understands.
conclude() {
    printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ]
}

tidy() {
    begin
    need build tests format
    configure "$root/build" --werror -Dtests=enabled
    compile "$root/build"
    suite "$root/build" tidy
    conclude
}

with_sanitizers() { # with_sanitizers DIRECTORY MESON_OPTION…
    configure "$@" --werror -Dtests=enabled -Dlive=disabled \
        -Db_sanitize=address,undefined -Db_lundef=false
    compile "$1"
    UBSAN_OPTIONS=print_stacktrace=1 suites "$1" 'unit golden sim' --timeout-multiplier "$patience"
}

check() {
    begin
    need build tests format kafka clang
    step 'building'
    configure "$root/build" --werror -Dtests=enabled -Dlive=enabled
    compile "$root/build"
    step 'testing'
    suites "$root/build" 'unit golden sim tidy'
    step 'the same with address and undefined-behaviour sanitizers'
    patience=4
    if [ "${1:-}" = --long ]; then
        # Here the golden suite's hostile bytes are whole: many millions of inputs (test/golden/README.md).
        export KOHORT_TEST_LONG=1
        patience=40
    fi
    with_sanitizers "$root/build-san"
    if [ "${1:-}" = --long ]; then
        unset KOHORT_TEST_LONG
        patience=4
        step 'the same once more, compiled by clang'
        CC=clang with_sanitizers "$root/build-clang"
        same_story "$root/build"
    fi
    step 'the fuzz corpora again, and a few seconds of fuzzing'
    fuzz_briefly
    step 'testing against a real Kafka'
    if [ "${1:-}" = --long ]; then
        export KOHORT_TEST_LONG=1
        live "$root/build" --timeout-multiplier 10
    else
        live "$root/build"
    fi
    conclude
}
