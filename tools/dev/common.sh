# What every part of ./dev uses: how it speaks, and where it keeps things.
# shellcheck shell=sh
# Progress goes to standard error, so that a command's result is all there is on standard output.

cache=${XDG_CACHE_HOME:-${HOME:?is not set: name a home directory}/.cache}/kohort
logs=$cache/log

step() {
    printf '%s\n' "· $*" >&2
}

# fail CAUSE NEXT_STEP: the two lines that every failure ends with.
fail() {
    printf 'dev: %s\n     next: %s\n' "$1" "$2" >&2
    exit 1
}

# logged NAME COMMAND…: runs it quietly; what it printed is shown only when it fails.
logged() {
    log=$logs/$1.log
    shift
    mkdir -p "$logs"
    if "$@" >"$log" 2>&1 </dev/null; then
        return 0
    fi
    tail -n 20 "$log" | sed 's/^/    /' >&2
    return 1
}

# finally COMMAND: runs it when this shell ends, also by ^C or a signal. One at a time; `trap - EXIT` takes
# it back. A subshell starts without its parent's, so it may have its own.
finally() {
    # A second ^C must not end the clean-up of the first, or of a good end.
    # shellcheck disable=SC2064 # what is said now
    trap "trap '' INT TERM HUP; $1" EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# A process that has ended, but was not yet collected by its parent, still has a pid.
running() {
    kill -0 "$1" 2>/dev/null && ! grep -q ') Z ' "/proc/$1/stat" 2>/dev/null
}

ended() {
    ! running "$1"
}

# A pid may have been given to another process since: it is ours only if its command line says so.
running_with() { # running_with PID WORD_OF_ITS_COMMAND_LINE
    running "$1" || return 1
    [ -r "/proc/$1/cmdline" ] || return 0
    grep -q -a -F -e "$2" "/proc/$1/cmdline" 2>/dev/null
}

# wait_until SECONDS COMMAND…: asks about ten times a second.
wait_until() {
    deadline=$(($(date +%s) + $1))
    shift
    while ! "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}
