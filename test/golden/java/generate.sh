#!/bin/sh
# Writes golden vectors with Kafka's own classes into OUTDIR. Without options: the committed set.
# Needs a JDK 17 or later and Maven. Jars and classes go to a cache outside of the tree.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/kohort/golden
kafka=4.4.0
if [ $# -lt 1 ] || [ "${1#--}" != "$1" ]; then
    echo "usage: generate.sh OUTDIR [--seed N] [--count N] [--apis A,B,.. | --all]" >&2
    echo "                   [--codecs none,gzip,..] [--kafka VERSION]" >&2
    exit 2
fi
out=$1
shift
rest=
while [ $# -gt 0 ]; do
    case $1 in
    --kafka) kafka=$2; shift 2 ;;
    --all) rest="$rest $1"; shift ;;
    --seed | --count | --apis | --codecs) rest="$rest $1 $2"; shift 2 ;;
    *) echo "generate.sh: unknown option $1" >&2; exit 2 ;;
    esac
done

jars=$cache/jars-$kafka
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
# shellcheck disable=SC2086 # the options hold no spaces
java -cp "$classes:$jars/*" golden.Main "$out" $rest
