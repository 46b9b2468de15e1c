# What the unit and golden tests reach of src/protocol: ./dev coverage.
# shellcheck shell=sh

coverage() {
    begin
    need build tests coverage
    configure "$root/build-coverage" -Dtests=enabled -Dlive=disabled -Db_coverage=true -Dbuildtype=debug
    compile "$root/build-coverage"
    find "$root/build-coverage" -name '*.gcda' -delete
    suites "$root/build-coverage" 'unit golden' --timeout-multiplier 4
    [ "$failed" -eq 0 ] || fail 'tests fail' "see build-coverage/meson-logs"
    step 'coverage of src/protocol (lines at least 98 %, branches 95 %)'
    # In the build's directory, because gcov writes where it runs.
    (cd "$root/build-coverage" && gcovr --root "$root" --filter "$root/src/protocol/" --exclude-unreachable-branches \
        --sort-percentage --print-summary --fail-under-line 98 --fail-under-branch 95 --txt missing.txt .) ||
        fail 'src/protocol is covered too little' 'build-coverage/missing.txt names the lines'
}
