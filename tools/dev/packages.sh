# Finds out what is missing on this system and installs it with the system's own package manager.
# shellcheck shell=sh
# Looked for is the thing itself, not its package: who has meson from elsewhere keeps it.

has_module() {
    pkg-config --exists "$1" 2>/dev/null
}

# A JDK, because the helpers are compiled; 17, because Kafka's brokers need it since 4.0.
has_jdk() { # has_jdk OLDEST
    has java && has javac || return 1
    jdk_major=$(javac -version 2>&1 | sed 's/^javac \([0-9]*\).*/\1/')
    [ "${jdk_major:-0}" -ge "$1" ] 2>/dev/null
}

# want CONDITION ARGUMENT DEBIAN_PACKAGE…: notes the packages when the condition does not hold.
want() {
    condition=$1 argument=$2
    shift 2
    "$condition" "$argument" || missing="$missing $*"
}

# One line a need. The words are Debian's; docs name what other systems call them.
want_group() {
    case $1 in
    build)
        want has meson meson
        want has ninja ninja-build
        want has cc gcc libc6-dev
        want has pkg-config pkg-config
        want has_module libuv libuv1-dev
        want has_module libpcre2-8 libpcre2-dev
        want has_module openssl libssl-dev
        want has_module zlib zlib1g-dev
        want has_module snappy libsnappy-dev
        want has_module liblz4 liblz4-dev
        want has_module libzstd libzstd-dev
        want has_module jansson libjansson-dev
        ;;
    tests)
        want has python3 python3
        want has_module criterion libcriterion-dev
        # The build takes the codecs that it finds; the tests want them all.
        want has_module snappy libsnappy-dev
        want has_module liblz4 liblz4-dev
        want has_module libzstd libzstd-dev
        # Members of groups that kohort must share.
        want has kcat kcat
        want has_module rdkafka librdkafka-dev
        # The public header must be valid C++ too.
        want has c++ g++
        ;;
    kafka)
        want has python3 python3
        want has_jdk 17 default-jdk-headless
        want has mvn maven
        # One of the live tests runs the tool under it.
        want has valgrind valgrind
        ;;
    bench)
        want has_module rdkafka librdkafka-dev
        want has valgrind valgrind
        want has strace strace
        ;;
    docker) want has python3 python3 ;;
    format) want has clang-format clang-format ;;
    mutants) want has patch patch ;;
    coverage) want has gcovr gcovr ;;
    clang) want has clang clang libclang-rt-14-dev ;;
    esac
}

# need GROUP…: returns when everything of these groups is there, else ends with the reason.
need() {
    missing=
    for group in "$@"; do
        want_group "$group"
    done
    [ -n "$missing" ] || return 0
    has apt-get || fail "missing (Debian's names):$missing" \
        "install them with this system's package manager, then run the same command again"

    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || fail "missing:$missing, and neither root nor sudo to install them" \
            "as root: apt-get update && apt-get install$missing"
        as_root=sudo
    fi
    step "installing$missing (apt-get)"
    # shellcheck disable=SC2086 # one word a package
    logged apt-update $as_root apt-get update &&
        logged apt-install $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends $missing ||
        fail "apt-get could not install$missing" "see $logs/apt-install.log, then run the same command again"
}
