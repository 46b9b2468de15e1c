# Whether the simulator would notice: ./dev mutants [NAME…]
# shellcheck shell=sh
# Each patch in test/mutants puts a mistake of another client into a copy of the tree. It must be caught by some
# scenario within this many seeds.
mutant_seeds=1000

# find_seed PROGRAM: prints "scenario seeds rule" of the first seed that fails, or fails.
find_seed() {
    from=0
    for upto in 20 100 300 $mutant_seeds; do
        for scenario in faults three-members graceful bounces meddling; do
            "$1" --scenario $scenario --from $from --seeds $((upto - from)) --jobs 2 --whole >"$copy/out" 2>&1 && continue
            awk -v scenario=$scenario -v upto="$upto" '
                /^seed [0-9]+: / {
                    seed = $2 + 0
                    if (least == "" || seed < least) {
                        least = seed
                        rule = $0
                        sub(/ violated.*/, "", rule)
                        sub(/.*\] ?/, "", rule)
                        sub(/^seed.*: /, "", rule)
                    }
                }
                END { print scenario, (least == "" ? upto : least + 1), (least == "" ? "abort" : rule) }' "$copy/out"
            return 0
        done
        from=$upto
    done
    return 1
}

mutant() { # mutant PATCH: prints its row of the table
    patch=$1 name=$(basename "$1" .patch)
    if ! patch -d "$copy/tree" -p1 -s --forward <"$patch" >"$copy/out" 2>&1; then
        failed=$((failed + 1))
        printf '%-44s %s\n' "$name" 'does not apply any more'
        return
    fi
    if ! logged "mutant-$name" ninja -C "$copy/build" test/sim/sim; then
        failed=$((failed + 1))
        printf '%-44s %s\n' "$name" 'does not compile'
    elif caught=$(find_seed "$copy/build/test/sim/sim"); then
        passed=$((passed + 1))
        # shellcheck disable=SC2086 # three words
        set -- $caught
        printf '%-44s caught by %-6s in %s, seed %s\n' "$name" "$3" "$1" "$2"
    else
        failed=$((failed + 1))
        printf '%-44s NOT CAUGHT in %s seeds of each scenario\n' "$name" $mutant_seeds
    fi
    patch -d "$copy/tree" -p1 -s -R <"$patch"
}

mutants() { # mutants [NAME…]
    begin
    need build tests mutants
    copy=$(mktemp -d "${TMPDIR:-/tmp}/kohort-mutants.XXXXXX")
    finally 'rm -rf "$copy"'
    logs=$copy/log
    mkdir -p "$copy/tree"
    (cd "$root" && git ls-files -z | xargs -0 tar -cf - 2>/dev/null) | tar -xf - -C "$copy/tree"
    step 'building a copy of the tree'
    logged setup-mutants meson setup "$copy/build" "$copy/tree" -Dtests=enabled -Dlive=disabled \
        -Dbuildtype=debugoptimized || fail 'meson cannot configure the copy' './dev check first'
    logged compile-mutants ninja -C "$copy/build" test/sim/sim || fail 'the copy does not compile' './dev check first'
    for one in "$root"/test/mutants/*.patch; do
        [ $# -eq 0 ] || case " $* " in *" $(basename "$one" .patch) "*) ;; *) continue ;; esac
        mutant "$one"
    done
    conclude
}
