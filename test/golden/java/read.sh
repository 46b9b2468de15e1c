#!/bin/sh
# Has Kafka's own reader read what our encoder wrote, with every codec, record for record.
#   read.sh GOLDEN BATCHES     the built program, and batch.jsonl
#   read.sh --fetch            the jars alone
set -eu

here=$(cd "$(dirname "$0")" && pwd)
kafka=4.4.0
. "$here/classes.sh"
[ "$1" != --fetch ] || exit 0
"$1" --compress "$2" >"$classes/lines.jsonl"
java -cp "$classes:$jars/*" golden.Read "$classes/lines.jsonl"
