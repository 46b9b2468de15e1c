# Whether a seed tells one story: twice in a row, and compiled by another compiler.
# shellcheck shell=sh
same_story_seeds=300

# story_hash BUILD SCENARIO: one number for the stories of all these seeds, or "failed".
story_hash() {
    "$1/test/sim/sim" --scenario "$2" --seeds $same_story_seeds --jobs 2 2>/dev/null |
        sed -n 's/.*hash of all: \([0-9a-f]*\).*/\1/p' | grep . || echo failed
}

same_story() { # same_story BUILD: against itself, and against a build by clang
    step "$same_story_seeds seeds of each scenario, twice and compiled by clang"
    CC=clang configure "$root/build-clang-sim" --werror -Dtests=enabled -Dlive=disabled
    logged compile-clang-sim ninja -C "$root/build-clang-sim" test/sim/sim ||
        fail 'the simulator does not compile with clang' "see $logs/compile-clang-sim.log"
    for scenario in faults three-members graceful bounces meddling; do
        once=$(story_hash "$1" $scenario) again=$(story_hash "$1" $scenario)
        other=$(story_hash "$root/build-clang-sim" $scenario)
        if [ "$once" != failed ] && [ "$once" = "$again" ] && [ "$once" = "$other" ]; then
            add "same story: $scenario, hash $once" 1 0 0
        else
            add "same story: $scenario, hashes $once, $again; by clang $other" 0 1 0
        fi
    done
}
