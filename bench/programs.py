"""What is measured, and the brokers it is measured against."""

import os
import subprocess
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """What the replay broker serves. batch_size is in bytes of records before compression."""

    value_size: int
    gzip: bool
    partitions: int
    batch_size: int

    @property
    def name(self):
        size = f"{self.value_size} B" if self.value_size < 1024 else f"{self.value_size // 1024} KiB"
        codec = "gzip" if self.gzip else "none"
        batch = f"{self.batch_size // 1024} KiB" if self.batch_size < 1 << 20 else f"{self.batch_size >> 20} MiB"
        return f"{size}, {codec}, {self.partitions} × {batch}"

    @property
    def records(self):
        """Of one run: some hundred milliseconds for the quickest."""
        return (100 if self.gzip else 400) * 1000 * 1000 // self.value_size


class ReplayBroker:
    """Runs while it is open. It ends with its standard input, however this process ends."""

    def __init__(self, build, load, empty=False):
        command = [f"{build}/bench/replay_broker", "--seconds", "3600"]
        command += ["--value-size", str(load.value_size), "--partitions", str(load.partitions)]
        command += ["--batch-size", str(load.batch_size)]
        command += ["--gzip"] if load.gzip else []
        command += ["--empty"] if empty else []
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Programs:
    """Command lines, by the names that the results have."""

    def __init__(self, build, java):
        self.build = build
        self.java = java
        self.names = ["floor", "kohort"]
        if os.access(f"{build}/bench/rdkafka", os.X_OK):
            self.names.append("librdkafka")
        if java:
            self.names.append("java")

    def client(self, name, port, records, *options):
        """Reads so many records of the topic `bench`."""
        if name == "java":
            quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
            return ["java", quiet, "-cp", self.java, "Consume", port, str(records), *options]
        program = {"kohort": "consume", "librdkafka": "rdkafka"}[name]
        return [f"{self.build}/bench/{program}", port, str(records), *options]

    def load(self, name, port, records, load, fetch_max_bytes=None):
        """fetch_max_bytes: of one answer, instead of everybody's default, 50 MiB."""
        if name == "floor":
            limit = [str(fetch_max_bytes)] if fetch_max_bytes else []
            return [f"{self.build}/bench/floor", port, str(records), str(load.partitions), *limit]
        return self.client(name, port, records, *([f"fetch.max.bytes={fetch_max_bytes}"] if fetch_max_bytes else []))

    def first(self, name, port, group):
        """One record of a fresh group."""
        if name == "floor":
            return [f"{self.build}/bench/first_floor", port, group]
        return self.client(name, port, 1, f"group.id={group}")

    def feeder(self, port, partitions):
        """Writes to each partition of the topic `rebalance` a few times in 10 ms, until its input ends."""
        return [f"{self.build}/bench/feeder", port, "rebalance", str(partitions), "500"]

    def rebalance(self, port, partitions):
        return [f"{self.build}/bench/rebalance", port, "rebalance", str(partitions)]

    def interruptible(self, port, group, strategy):
        command = [f"{self.build}/tools/kohort/kohort", "consume", "-b", f"127.0.0.1:{port}", "-G", group]
        return [*command, "-X", f"partition.assignment.strategy={strategy}", "rebalance"]


class Failed(Exception):
    pass


def fields(text):
    """The line that every program ends with."""
    for line in text.splitlines():
        if line.startswith("name="):
            return {key: float(value) for key, value in (word.split("=", 1) for word in line.split()[1:])}
    raise Failed(f"no result line in: {text!r}")


def run(command, timeout_s=300):
    """Runs it to its end; its fields."""
    environment = dict(os.environ, KOHORT_BENCH_SPAWNED_NS=str(time.monotonic_ns()))
    ended = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s
    )
    if ended.returncode != 0:
        raise Failed(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr[-500:]}")
    return fields(ended.stdout)
