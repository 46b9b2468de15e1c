# Kafka's classes and ours: fetches the jars of $kafka once, compiles what lies beside this file ($here), and
# sets $jars and $classes. Both scripts of this folder read it.
# shellcheck shell=sh

jars=${XDG_CACHE_HOME:-$HOME/.cache}/kohort/golden/jars-$kafka
if [ ! -e "$jars/complete" ]; then
    rm -rf "$jars"
    mkdir -p "$jars"
    if ! mvn -B -l "$jars/maven.log" -f "$here/pom.xml" dependency:copy-dependencies \
        -DincludeScope=runtime -DoutputDirectory="$jars" -Dkafka.version="$kafka" >/dev/null; then
        cat "$jars/maven.log" >&2
        exit 1
    fi
    : >"$jars/complete"
fi

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -nowarn -d "$classes" -cp "$jars/*" "$here"/src/golden/*.java
