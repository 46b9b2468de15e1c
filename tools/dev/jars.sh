# Kafka's own jars, and the helpers that run on them: resolved, compiled and prepared once, in the cache.
# shellcheck shell=sh

pom=$root/test/kafka/pom.xml
default_version=$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$pom")

# The versions beside the default that the tests meet: the oldest that kohort speaks to, the last with
# ZooKeeper alone, the last of KRaft's first line, the first without ZooKeeper, the newest.
tested_versions='2.1.1 2.8.2 3.9.2 4.0.2 4.4.0'

# The last patch of a version that is named without one.
full_version() { # full_version VERSION
    case $1 in
    *.*.*) echo "$1" ;;
    2.1 | 2.5 | 3.4 | 3.8) echo "$1.1" ;;
    2.0 | 2.2 | 2.3 | 2.4 | 2.6 | 2.7 | 2.8 | 3.0 | 3.1 | 3.3 | 3.5 | 3.6 | 3.7 | 3.9 | 4.0 | 4.1) echo "$1.2" ;;
    3.2) echo 3.2.3 ;;
    4.2 | 4.3) echo "$1.1" ;;
    4.4) echo 4.4.0 ;;
    *) fail "which Kafka is '$1'?" "name it in full, for example: --version 3.9.2" ;;
    esac
}

# maven_options VERSION: what its jars need beside its number.
maven_options() {
    case $1 in
    0.* | 1.* | 2.[0-3].*) echo -Dscala.version=2.12 -Pzookeeper ;;
    2.*) echo -Pzookeeper ;;
    esac
}

# Small heap, one collector thread, the quick compiler: starts fast and leaves the cores to the tests.
jvm_options='-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xlog:disable -Xlog:all=error:stderr -Dfile.encoding=UTF-8'
slf4j=org.slf4j.simpleLogger

# Two runs may prepare the same thing at once; a rename lets one win, and the other uses the winner's.
publish() { # publish DIRECTORY_MADE FINAL_NAME
    python3 -c 'import os, sys; os.rename(sys.argv[1], sys.argv[2])' "$1" "$2" 2>/dev/null || rm -rf "$1"
    [ -d "$2" ] || fail "cannot create $2" "check that $cache is writable and not full"
}

resolve_jars() { # sets $jars
    jars=$cache/jars/$1-$(cksum <"$pom" | cut -d' ' -f1)
    [ ! -d "$jars" ] || return 0
    step "fetching Kafka $1's jars (Maven, once)"
    mkdir -p "$cache/jars"
    # shellcheck disable=SC2046 # options are words
    logged maven mvn $(maven_options "$1") -q -B --no-transfer-progress -Dstyle.color=never -f "$pom" \
        org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies -Dkafka.version="$1" \
        -DincludeScope=runtime -DoutputDirectory="$jars.$$" ||
        fail "Maven could not fetch Kafka $1 (org.apache.kafka)" \
            "check the version and the network (all of Maven's words: $logs/maven.log)"
    publish "$jars.$$" "$jars"
}

# A jar, because the JVM does not share classes that come from a directory.
compile_helpers() { # compile_helpers VERSION DIRECTORY
    version=$1 directory=$2
    mkdir -p "$directory/classes"
    set -- "$root/test/kafka/Broker.java"
    case $(mode_of "$version") in
    kraft) set -- "$@" "$root/test/kafka/KraftNode.java" ;;
    zookeeper) set -- "$@" "$root/test/kafka/ZooKeeperNode.java" ;;
    esac
    [ "$version" != "$default_version" ] || set -- "$@" "$root"/test/kafka/Admin*.java
    logged javac javac -encoding UTF-8 -cp "$jars/*" -d "$directory/classes" "$@" &&
        logged jar jar cf "$directory/helpers.jar" -C "$directory/classes" . ||
        fail "the helpers in test/kafka do not compile with Kafka $version" "see $logs/javac.log"
    rm -r "$directory/classes"
}

# Formatted once and copied: a JVM less for each node.
format_storage() { # format_storage VERSION DIRECTORY
    if [ "$(mode_of "$1")" = zookeeper ]; then
        mkdir "$2/formatted"
        return
    fi
    render kraft 1 1 127.0.0.1 1 2 "$(voters 1 2)" "$2/formatted" >"$2/format.properties"
    # shellcheck disable=SC2086
    logged format java $jvm_options -cp "$jars/*" kafka.tools.StorageTool format \
        -t kohort-test-cluster-0A -c "$2/format.properties" ||
        fail "Kafka $1's StorageTool could not format a directory" "see $logs/format.log"
    rm "$2/format.properties"
}

# One rehearsal writes down which classes are loaded, so that later starts map them (AppCDS): a node is
# then up in half the time. Without the archives all works, only slower: a failed rehearsal is no failure.
rehearse() (
    step 'rehearsing a start, so that later ones are fast (once)'
    run=$cache/rehearsal.$$
    finally 'end_jars; rm -rf "$run"'
    mkdir -p "$run"
    printf '%s\n' $$ >"$run/owner"
    printf '%s\n' "$default_version" >"$run/version"
    make_nodes 1 "-XX:ArchiveClassesAtExit=$run/broker.jsa"
    start_all || exit 0
    {
        echo '{"do":"createTopic","topic":"rehearsal","partitions":2}'
        echo '{"do":"produceMany","topic":"rehearsal","count":1000}'
        echo '{"do":"produce","topic":"rehearsal","records":[{"value":"one","headers":[{"key":"h","value":"v"}]}]}'
        echo '{"do":"endOffsets","topic":"rehearsal"}'
        echo '{"do":"alterGroupOffsets","group":"rehearsal","offsets":[{"topic":"rehearsal","partition":0,"offset":1}]}'
        echo '{"do":"describeGroup","group":"rehearsal"}'
        echo '{"do":"groupOffsets","group":"rehearsal"}'
        echo '{"do":"listGroups"}'
    } | java_admin "-XX:ArchiveClassesAtExit=$run/admin.jsa" --bootstrap "$(cat "$run/bootstrap")" \
        >"$logs/rehearsal.log" 2>&1
    end_node "$run"
    for archive in broker admin; do
        [ ! -s "$run/$archive.jsa" ] || mv "$run/$archive.jsa" "$helpers/$archive.jsa"
    done
)

# prepare_jars VERSION: sets $jars and $helpers, both ready for use.
prepare_jars() {
    finally 'rm -rf "$cache"/*/*.$$'
    resolve_jars "$1"
    helpers=$cache/helpers/$1-$({
        cat "$pom" "$root"/test/kafka/*.java "$root"/docker/*.properties
        java -version 2>&1
    } | cksum | cut -d' ' -f1)
    if [ ! -d "$helpers" ]; then
        step "compiling the helpers for Kafka $1 (once)"
        compile_helpers "$1" "$helpers.$$"
        format_storage "$1" "$helpers.$$"
        publish "$helpers.$$" "$helpers"
        [ "$1" != "$default_version" ] || rehearse
    fi
    trap - EXIT
}

shared_classes() { # shared_classes NAME: the JVM's option for a rehearsed start, if there was a rehearsal
    [ ! -s "$helpers/$1.jsa" ] || printf '%s\n' "-XX:SharedArchiveFile=$helpers/$1.jsa"
}

# java_admin JVM_OPTION ARGUMENT…: the JVM option may be empty.
java_admin() {
    admin_option=$1
    shift
    # shellcheck disable=SC2086
    exec java $jvm_options ${admin_option:+"$admin_option"} -Xmx256m -D$slf4j.defaultLogLevel=error \
        -cp "$helpers/helpers.jar:$jars/*" Admin "$@"
}
