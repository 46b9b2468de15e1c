#!/usr/bin/env python3
"""Measures kohort beside its floor, librdkafka and Java's client. See README.md.

`./dev bench` builds what this needs, and starts it.
"""

import argparse
import datetime
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys

import measures
import table
from programs import Failed, Load, Programs, ReplayBroker

PARTS = ["loads", "first", "rebalance", "idle"]
ALL_LOADS = [
    Load(value_size, gzip, partitions, batch_size)
    for value_size, gzip, partitions, batch_size in itertools.product(
        (100, 1024), (False, True), (1, 64), (16 * 1024, 1024 * 1024)
    )
]
QUICK_LOADS = [Load(100, False, 1, 16 * 1024), Load(100, False, 64, 1024 * 1024)]
STRATEGIES = ["range", "roundrobin", "sticky", "cooperative-sticky"]
IDLE_LOAD = Load(100, False, 1, 16 * 1024)


def say(text):
    print(f"· {text}", file=sys.stderr, flush=True)


def first_line(command):
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]


def cpu_model():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores"


def build_flags(build):
    options = json.loads(subprocess.check_output(["meson", "introspect", "--buildoptions", build]))
    wanted = ("buildtype", "optimization", "debug", "abort_on_check", "b_ndebug", "b_sanitize")
    return ", ".join(f"{o['name']}={o['value']}" for o in options if o["name"] in wanted)


def machine(build, java):
    found = {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu_model(),
        "kernel": platform.release(),
        "compiler": first_line(["cc", "--version"]),
        "build": build_flags(build),
    }
    module = subprocess.run(["pkg-config", "--modversion", "rdkafka"], capture_output=True, text=True)
    if module.returncode == 0:
        found["librdkafka"] = module.stdout.strip()
    if java:
        found["java"] = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()[0]
        jars = next(path for path in java.split(":") if path.endswith("/*"))
        found["kafka_clients"] = next(n for n in os.listdir(jars[:-2]) if n.startswith("kafka-clients"))[14:-4]
    return found


def measure_load(programs, load, rounds, count):
    say(load.name)
    with ReplayBroker(programs.build, load) as port:
        result = measures.cpu(programs, port, load, rounds)
        for name in programs.names if count else []:
            of_program = result[name]
            of_program.update(measures.footprint(programs.load(name, port, load.records, load)))
            of_program["instructions_per_record"] = measures.instructions_per_record(programs, name, port, load)
            of_program["syscalls_per_1000_records"] = measures.syscalls_per_1000_records(programs, name, port, load)
    return {
        "load": load.name,
        "value_size": load.value_size,
        "codec": "gzip" if load.gzip else "none",
        "partitions": load.partitions,
        "batch_size": load.batch_size,
        "records": load.records,
        "programs": result,
    }


def chosen_loads(arguments):
    if arguments.only:
        return [load for load in ALL_LOADS if load.name.startswith(arguments.only)]
    return QUICK_LOADS if arguments.quick else ALL_LOADS


def measure(arguments, programs, results):
    """Adds to `results`, and writes them after each load and part."""
    rounds = arguments.rounds or (3 if arguments.quick else 5)
    if "loads" in arguments.parts:
        results["loads"] = []
        for load in chosen_loads(arguments):
            results["loads"].append(measure_load(programs, load, rounds, count=not arguments.quick))
            write(results, arguments.out)
    if "first" in arguments.parts and arguments.kafka:
        say("the first record of a fresh group, on a real broker")
        port = arguments.kafka.rsplit(":", 1)[1]
        measures.first_record(programs, port, rounds=2)  # its first groups cost a broker a second
        results["first_record_ms"] = measures.first_record(programs, port, rounds if arguments.quick else 6 * rounds)
    if "rebalance" in arguments.parts and arguments.kafka:
        say("a second member joins, while the topic is written to")
        port = arguments.kafka.rsplit(":", 1)[1]
        results["rebalance_ms"] = measures.rebalance(programs, port, rounds)
        say("from ^C to the end of a member")
        results["interrupt_ms"] = {s: measures.interrupt(programs, port, s, rounds) for s in STRATEGIES}
    if "idle" in arguments.parts:
        say("a member with nothing to read")
        results["idle"] = measures.idle(programs, IDLE_LOAD, seconds=5 if arguments.quick else 20)


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="a meson build directory with -Dbench=true")
    parser.add_argument("--java", help="class path with Consume and kafka-clients; without it Java is left out")
    parser.add_argument("--kafka", help="HOST:PORT of a real broker with records in the topic bench, and a topic rebalance of 6 partitions")
    parser.add_argument("--out", required=True, help="directory for bench.json and bench.md")
    parser.add_argument("--quick", action="store_true", help="a few loads, fewer rounds, nothing that tools count")
    parser.add_argument("--only", help='loads whose names begin so, as "1 KiB, gzip"')
    parser.add_argument("--rounds", type=int, help="of each load; of first records six times as many")
    parser.add_argument("parts", nargs="*", metavar="PART", help=" | ".join(PARTS))
    arguments = parser.parse_args()
    arguments.parts = arguments.parts or PARTS
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {' '.join(sorted(unknown))}; there are {' '.join(PARTS)}")
    return arguments


def write(results, directory):
    os.makedirs(directory, exist_ok=True)
    with open(f"{directory}/bench.json", "w") as file:
        json.dump(results, file, indent=1)
    with open(f"{directory}/bench.md", "w") as file:
        file.write(table.report(results))


def main():
    arguments = read_arguments()
    if not arguments.quick and "loads" in arguments.parts:
        for tool in ("valgrind", "strace"):
            if shutil.which(tool) is None:
                sys.exit(f"bench: {tool} is missing; install it, or use --quick")
    programs = Programs(arguments.build, arguments.java)
    results = {"machine": machine(arguments.build, arguments.java)}
    try:
        measure(arguments, programs, results)
    except Failed as failure:
        sys.exit(f"bench: {failure}")
    write(results, arguments.out)
    print(table.report(results))


if __name__ == "__main__":
    main()
