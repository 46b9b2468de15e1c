"""How one thing is measured, of one program or of all in turn. Each function returns plain data."""

import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
import uuid

from programs import Failed, ReplayBroker, fields, run

SAMPLE_S = 0.02
COUNTED_FETCH = 4 << 20  # bytes of an answer; the floor reads whole ones, and valgrind is slow
JAVA_RECORDS = 4  # times as many: a fifth of a shorter run is still spent on compiling
REBALANCE_PARTITIONS = 6
SETTLE_S = 6  # until a member has joined, and Java has compiled what idling needs


def spread(values):
    return {
        "median": statistics.median(values),
        "least": min(values),
        "most": max(values),
        "rounds": len(values),
    }


def in_turn(programs, rounds, command_of):
    """A B C A B C: what else the machine does hits all alike. A list of fields for each program."""
    results = {name: [] for name in programs.names}
    for _ in range(rounds):
        for name in programs.names:
            results[name].append(run(command_of(name)))
    return results


def collect(results, field):
    return {name: spread([r[field] for r in rounds]) for name, rounds in results.items()}


def cpu(programs, port, load, rounds):
    """CPU per record after warming up, CPU until the first record, resident size."""
    def command(name):
        return programs.load(name, port, load.records * (JAVA_RECORDS if name == "java" else 1), load)

    results = in_turn(programs, rounds, command)
    columns = {key: collect(results, key) for key in ("cpu_ns_per_record", "start_cpu_ms", "rss_kib")}
    return {name: {key: column[name] for key, column in columns.items()} for name in programs.names}


def first_record(programs, port, rounds):
    """Milliseconds from spawning a process to the first record of a fresh group, on a real broker."""
    results = in_turn(programs, rounds, lambda name: programs.first(name, port, f"first-{uuid.uuid4().hex[:12]}"))
    return collect(results, "first_record_ms")


def rebalance(programs, port, rounds):
    """How long records stop when a second member joins: milliseconds, the worst of 6 partitions each round."""
    feeding = subprocess.Popen(programs.feeder(port, REBALANCE_PARTITIONS), stdin=subprocess.PIPE)
    try:
        results = [run(programs.rebalance(port, REBALANCE_PARTITIONS)) for _ in range(rounds)]
    finally:
        feeding.stdin.close()
        feeding.wait()
    return {field: spread([r[field] for r in results]) for field in results[0]}


def interrupt(programs, port, strategy, rounds):
    """From ^C to the end of a process that owns 6 partitions: LeaveGroup is answered by then."""
    took_ms = []
    for _ in range(rounds):
        command = programs.interruptible(port, f"interrupt-{uuid.uuid4().hex[:12]}", strategy)
        member = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while "assigned 6" not in (line := member.stderr.readline()):
            if line == "":
                raise Failed(f"{' '.join(command)} was given nothing")
        began = time.monotonic()
        member.send_signal(signal.SIGINT)
        if member.wait() != 0:
            raise Failed(f"{' '.join(command)} ended with {member.returncode}")
        took_ms.append(1000 * (time.monotonic() - began))
        member.stderr.close()
    return spread(took_ms)


# ---- counted by tools ----


def per_record(counted, command_of, records):
    """Starting and ending are taken out by comparing a short run and a long one.
    `counted(command)` gives a count and the fields of the run. Who reads whole Fetch answers may have
    read many more records than were asked for."""
    few, short = counted(command_of(records))
    many, long = counted(command_of(int(3 * short["records"])))
    return (many - few) / (long["records"] - short["records"])


def by_callgrind(command):
    with tempfile.TemporaryDirectory() as directory:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out"]
        ended = subprocess.run(tool + command, capture_output=True, text=True, timeout=600)
    found = re.search(r"Collected : (\d+)", ended.stderr)
    if found is None:
        raise Failed(f"callgrind says nothing: {ended.stderr[-500:]}")
    return int(found[1]), fields(ended.stdout)


def by_strace(command):
    with tempfile.NamedTemporaryFile("r") as output:
        ended = subprocess.run(
            ["strace", "-f", "-c", "-o", output.name] + command, capture_output=True, text=True, timeout=600
        )
        total = re.search(r"^100\.00\s+\S+\s+(?:\d+\s+)?(\d+)\s+(?:\d+\s+)?total", output.read(), re.MULTILINE)
    if total is None:
        raise Failed(f"strace says nothing: {ended.stderr[-500:]}")
    return int(total[1]), fields(ended.stdout)


def instructions_per_record(programs, name, port, load):
    """User instructions; null for Java: valgrind does not run a JVM."""
    if name == "java":
        return None
    return per_record(
        by_callgrind, lambda n: programs.load(name, port, n, load, COUNTED_FETCH), load.records // 80
    )


def syscalls_per_1000_records(programs, name, port, load):
    """Of a whole run: how many depends on how the bytes come, so that two runs cannot be compared."""
    count, result = by_strace(programs.load(name, port, load.records, load))
    return 1000 * count / result["records"]


# ---- read from /proc while it runs ----


def tasks(pid):
    return os.listdir(f"/proc/{pid}/task")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def spawn(command):
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def footprint(command):
    """The most threads and descriptors that were seen during a run."""
    process = spawn(command)
    most = {"threads": 0, "descriptors": 0}
    while process.poll() is None:
        try:
            most["threads"] = max(most["threads"], len(tasks(process.pid)))
            most["descriptors"] = max(most["descriptors"], descriptors(process.pid))
        except (FileNotFoundError, PermissionError):
            break  # it is ending
        time.sleep(SAMPLE_S)
    process.wait()
    return most


def activity(pid):
    """CPU nanoseconds and wake-ups of all threads since they began."""
    cpu_ns = wakeups = 0
    for task in tasks(pid):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            cpu_ns += int(file.read().split()[0])
        with open(f"/proc/{pid}/task/{task}/status") as file:
            wakeups += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", file.read(), re.MULTILINE)[1])
    return cpu_ns, wakeups


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.MULTILINE)[1])


def idling(pid, before, after, seconds):
    return {
        "cpu_ms_per_s": (after[0] - before[0]) / 1e6 / seconds,
        "wakeups_per_s": (after[1] - before[1]) / seconds,
        "rss_kib": resident_kib(pid),
        "threads": len(tasks(pid)),
        "descriptors": descriptors(pid),
    }


def idle(programs, load, seconds):
    """Members that have joined, and nothing to read: two empty Fetches a second, heartbeats. All at the
    same time: the replay broker gives each a group of its own, and idling leaves the machine quiet."""
    with ReplayBroker(programs.build, load, empty=True) as port:
        members = {name: spawn(programs.load(name, port, 1 << 60, load)) for name in programs.names}
        try:
            time.sleep(SETTLE_S)
            before = {name: activity(member.pid) for name, member in members.items()}
            time.sleep(seconds)
            after = {name: activity(member.pid) for name, member in members.items()}
            return {n: idling(m.pid, before[n], after[n], seconds) for n, m in members.items()}
        finally:
            for member in members.values():
                member.kill()
                member.wait()
