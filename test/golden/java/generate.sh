#!/bin/sh
# Writes golden vectors with Kafka's own classes into OUTDIR. Without options: the committed set.
# Needs a JDK 17 or later and Maven. Jars and classes go to a cache outside of the tree.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
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

. "$here/classes.sh"
# shellcheck disable=SC2086 # the options hold no spaces
java -cp "$classes:$jars/*" golden.Main "$out" $rest
