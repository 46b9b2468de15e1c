#!/bin/sh
# Runs the floor and kohort in turn against the same replay broker, and compares what a record cost them.
#
#   run.sh BUILD [--rounds N] [--records N] [--partitions N] [--value-size N] [--batch-size N] [--callgrind]
#
# BUILD is a meson build directory with -Dbench=true. See README.md for how to read the figures.
set -eu

usage() { sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 2; }

[ $# -ge 1 ] || usage
build=$1; shift
rounds=5 records=10000000 partitions=1 value_size=100 batch_size=16384 callgrind=no
while [ $# -gt 0 ]; do
    case $1 in
    --callgrind) callgrind=yes; shift; continue ;;
    --rounds) rounds=$2 ;;
    --records) records=$2 ;;
    --partitions) partitions=$2 ;;
    --value-size) value_size=$2 ;;
    --batch-size) batch_size=$2 ;;
    *) usage ;;
    esac
    shift 2
done

work=$(mktemp -d)
mkfifo "$work/stdin"
# The broker ends when its standard input does, however this script ends.
"$build/bench/replay_broker" --partitions "$partitions" --value-size "$value_size" \
    --batch-size "$batch_size" <"$work/stdin" >"$work/port" &
exec 3>"$work/stdin"
trap 'exec 3>&-; wait; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
while [ ! -s "$work/port" ]; do sleep 0.05; done
port=$(cat "$work/port")

floor() { "$@" "$build/bench/floor" "$port" "$records" "$partitions"; }
kohort() { "$@" "$build/bench/consume" "$port" "$records"; }

round=0
while [ "$round" -lt "$rounds" ]; do
    floor command | tee -a "$work/floor"
    kohort command | tee -a "$work/kohort"
    round=$((round + 1))
done

# The middle, least and most of a field over the rounds.
field() { sed -n "s/.* $2=\([0-9.]*\).*/\1/p" "$work/$1" | sort -n; }
middle() { field "$1" "$2" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
summary() {
    echo "$1: $(middle "$1" cpu_ns_per_record) ns of CPU a record ($(field "$1" cpu_ns_per_record | sed -n '1p') to" \
        "$(field "$1" cpu_ns_per_record | sed -n '$p')), $(middle "$1" rss_kib) KiB resident"
}
echo
summary floor
summary kohort
awk -v a="$(middle kohort cpu_ns_per_record)" -v b="$(middle floor cpu_ns_per_record)" \
    'BEGIN { printf "kohort / floor: %.2f\n", a / b }'

if [ "$callgrind" = yes ]; then
    records=$((records / 20))
    count() {
        "$1" valgrind --tool=callgrind --callgrind-out-file="$work/callgrind" >"$work/out" 2>"$work/err"
        sed -n 's/.*Collected : //p' "$work/err" | awk -v n="$(sed -n 's/.* records=\([0-9]*\).*/\1/p' "$work/out")" \
            -v name="$1" '{ printf "%s: %.1f instructions a record\n", name, $1 / n }'
    }
    count floor
    count kohort
fi
