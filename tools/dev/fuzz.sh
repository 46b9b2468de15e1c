# Fuzzing: ./dev fuzz, and its part of ./dev check. fuzz/README.md says what the targets are.
# shellcheck shell=sh

fuzz_targets='assignor batch codec consumer_protocol done_map response'

fuzz_build() {
    need build tests clang
    CC=clang configure "$root/build-fuzz" --werror -Dtests=enabled -Dlive=disabled -Dfuzz=true \
        -Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
    # shellcheck disable=SC2046 # one word a target
    logged compile-fuzz ninja -C "$root/build-fuzz" $(printf 'fuzz/fuzz-%s ' $fuzz_targets) ||
        fail 'the fuzz targets do not compile' "see $logs/compile-fuzz.log"
}

# fuzz_target TARGET SECONDS DIRECTORY: what it finds new stays in DIRECTORY, and so does an input that fails.
fuzz_target() {
    mkdir -p "$3"
    "$root/build-fuzz/fuzz/fuzz-$1" -max_total_time="$2" -max_len=4096 -timeout=20 -rss_limit_mb=3000 \
        -print_final_stats=1 -artifact_prefix="$3/failed-" "$3" "$root/fuzz/corpus/$1"
}

fuzz() {
    target=${1:-}
    case " $fuzz_targets " in
    *" $target "*) [ -n "$target" ] && [ $# -eq 2 ] || fail 'which target, and how long?' "./dev fuzz batch 300" ;;
    *) fail "there is no fuzz target '$target'" "./dev fuzz TARGET SECONDS, with one of: $fuzz_targets" ;;
    esac
    fuzz_build
    fuzz_target "$target" "$2" "$root/build-fuzz/corpus/$target" ||
        fail "$target fails" "the input is in build-fuzz/corpus/$target/failed-*: give it to build-fuzz/fuzz/fuzz-$target"
}

# The committed inputs again, and a few seconds more: one test a target.
fuzz_briefly() {
    fuzz_build
    for target in $fuzz_targets; do
        found=$(mktemp -d "${TMPDIR:-/tmp}/kohort-fuzz.XXXXXX")
        if logged "fuzz-$target" "$root/build-fuzz/fuzz/fuzz-$target" -runs=0 "$root/fuzz/corpus/$target" &&
            logged "fuzz-$target" fuzz_target "$target" 4 "$found"; then
            add "fuzz $target" 1 0 0
            rm -rf "$found"
        else
            add "fuzz $target" 0 1 0
            step "  see $logs/fuzz-$target.log and $found"
        fi
    done
}
