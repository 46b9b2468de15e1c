"""Results as tables for people, in Markdown."""

TITLES = {"floor": "floor", "kohort": "kohort", "librdkafka": "librdkafka", "java": "Java"}


def number(value, digits=1):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.{digits}f}"


def range_text(spread):
    return f"{number(spread['median'])} ({number(spread['least'])}–{number(spread['most'])})"


def table(head, rows):
    lines = ["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]]
    return "\n".join(lines)


def columns(results):
    return [TITLES[name] for name in results]


def ratio(results, name, value_of):
    return value_of(results[name]) / value_of(results["floor"])


def cpu_table(loads):
    def row(load):
        programs = load["programs"]
        cells = [range_text(p["cpu_ns_per_record"]) for p in programs.values()]
        times = ratio(programs, "kohort", lambda p: p["cpu_ns_per_record"]["median"])
        return [load["load"], *cells, f"{times:.2f}"]

    return table(["load", *columns(loads[0]["programs"]), "kohort / floor"], [row(load) for load in loads])


def field_table(loads, field, digits=1):
    rows = [[load["load"], *(number(p.get(field), digits) for p in load["programs"].values())] for load in loads]
    return table(["load", *columns(loads[0]["programs"])], rows)


def resident_table(loads):
    rows = [
        [load["load"], *(number(p["rss_kib"]["median"] / 1024) for p in load["programs"].values())] for load in loads
    ]
    return table(["load", *columns(loads[0]["programs"])], rows)


def footprint_table(loads):
    rows = [
        [load["load"], *(f"{p['threads']}, {p['descriptors']}" for p in load["programs"].values())] for load in loads
    ]
    return table(["load", *columns(loads[0]["programs"])], rows)


def first_table(first):
    cells = [range_text(spread) for spread in first.values()]
    times = [f"{ratio(first, name, lambda s: s['median']):.2f}" for name in first]
    return table(["", *columns(first)], [["milliseconds", *cells], ["× floor", *times]])


def idle_table(idle):
    rows = [
        ["CPU, ms a second", *(number(p["cpu_ms_per_s"], 2) for p in idle.values())],
        ["wake-ups a second", *(number(p["wakeups_per_s"]) for p in idle.values())],
        ["resident, MiB", *(number(p["rss_kib"] / 1024) for p in idle.values())],
        ["threads", *(str(p["threads"]) for p in idle.values())],
        ["descriptors", *(str(p["descriptors"]) for p in idle.values())],
    ]
    return table(["", *columns(idle)], rows)


REBALANCE = {
    "usual_gap_ms": "the longest pause of any partition before",
    "kept_gap_ms": "of one that stays",
    "moved_gap_ms": "of one that moves",
    "heard_to_moved_ms": "until one that moves flows again, from when its giver heard of the newcomer",
}


def rebalance_table(rebalance):
    return table(["milliseconds", "kohort"], [[text, range_text(rebalance[field])] for field, text in REBALANCE.items()])


def machine_text(machine):
    return "\n".join(f"- {key.replace('_', ' ')}: {value}" for key, value in machine.items())


def report(results):
    parts = ["## Where", machine_text(results["machine"])]
    loads = results.get("loads")
    if loads:
        first = next(iter(loads[0]["programs"].values()))
        parts += ["## CPU per record (ns): median (least–most)", cpu_table(loads)]
        if "instructions_per_record" in first:
            parts += ["## Instructions per record", field_table(loads, "instructions_per_record")]
            parts += ["## System calls per 1,000 records", field_table(loads, "syscalls_per_1000_records", 2)]
            parts += ["## Threads, descriptors", footprint_table(loads)]
        parts += ["## Resident size (MiB), at its largest", resident_table(loads)]
    if "first_record_ms" in results:
        parts += ["## Process start to the first record of a fresh group (ms)", first_table(results["first_record_ms"])]
    if "rebalance_ms" in results:
        parts += ["## A second member joins", rebalance_table(results["rebalance_ms"])]
    if "interrupt_ms" in results:
        interrupt = results["interrupt_ms"]
        cells = ["milliseconds", *(range_text(spread) for spread in interrupt.values())]
        parts += ["## From ^C to the end of a member", table(["", *interrupt], [cells])]
    if "idle" in results:
        parts += ["## A member with nothing to read", idle_table(results["idle"])]
    return "\n\n".join(parts) + "\n"
