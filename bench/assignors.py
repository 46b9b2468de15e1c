#!/usr/bin/env python3
"""What assignors cost, as a table and a plot: runs bench/assignors, crowd and worst of a build with -Dbench=true and writes the marked
parts of docs/assignors.md and docs/assignors.svg.

    bench/assignors.py BUILD [RUNS [SECONDS]]    # seconds: of the search for slow groups
"""
import json
import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 60, 20, 210, 40
COLOURS = ["#1b6ca8", "#c2571a", "#3c8d40", "#8a3ba0"]


def measure(build, runs):
    out = subprocess.run([pathlib.Path(build) / "bench/assignors", runs], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def search(build, seconds):
    out = subprocess.run([pathlib.Path(build) / "bench/worst", seconds], capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in out.stdout.splitlines()]
    lines = [f"| assignor | slowest of {found[0]['shapes']:,} shapes, ms (asked) | which | seed |", "|---|--:|---|--:|"]
    lines += [f"| {f['assignor']} | {asked(f['worst_ms'], f['limit_ms'])} | {f['shape']} | {f['seed']} |" for f in found]
    return "\n".join(lines)


def crowd(build):
    """Of three runs the one whose longest turn is the shortest: whatever else the machine does only lengthens it."""
    lines = ["| what members send | Metadata MB | JoinGroup MB | SyncGroup MB | start to stable ms | longest turn ms (asked) |", "|---|--:|--:|--:|--:|--:|"]
    for name, arguments in (("nothing owned", []), ("what each owns", ["owned"])):
        runs = []
        for _ in range(3):
            out = subprocess.run([pathlib.Path(build) / "bench/crowd", "2000", "500", "2000", *arguments], capture_output=True, text=True, check=True)
            runs.append(json.loads(out.stdout))
        best = min(runs, key=lambda run: run["longest_turns_ms"][0])
        sizes = " | ".join(f"{best[key] / 1e6:.1f}" for key in ("metadata_bytes", "join_bytes", "sync_bytes"))
        lines.append(f"| {name} | {sizes} | {best['stable_ms']:,.0f} | {asked(best['longest_turns_ms'][0], 5)} |")
    return "\n".join(lines)


def around(case):
    return case["read_ms"] + case["intern_ms"] + case["encode_ms"]


def asked(value, limit):
    return f"{value:.1f} ({limit:.0f})" if limit else f"{value:.1f}"


def table(cases):
    lines = ["| group | members | partitions | assign ms (asked) | read + intern + encode ms (asked) | loop held ms (asked) | bytes a partition |",
             "|---|--:|--:|--:|--:|--:|--:|"]
    lines += [f"| {c['case']} | {c['members']:,} | {c['partitions']:,} | {asked(c['assign_ms'], c['assign_limit_ms'])} "
              f"| {asked(around(c), c['around_limit_ms'])} "
              f"| {asked(c['loop_ms'], 5)} | {c['bytes_per_partition']:.0f} |"
              for c in cases if not c["case"].startswith("growth")]
    return "\n".join(lines)


def plot(cases):
    """Milliseconds over partitions, both logarithmic: a straight line of slope one is linear growth."""
    series = {}
    for c in cases:
        if c["case"].startswith("growth: "):
            series.setdefault(c["case"][8:], []).append((c["partitions"], c["assign_ms"] + around(c)))
    xs = [math.log10(x) for points in series.values() for x, _ in points]
    ys = [math.log10(y) for points in series.values() for _, y in points]
    low_x, high_x, low_y, high_y = min(xs), max(xs), math.floor(min(ys)), math.ceil(max(ys))

    def at(x, y):
        return (LEFT + (math.log10(x) - low_x) / (high_x - low_x) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (math.log10(y) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for power in range(low_y, high_y + 1):
        _, y = at(10 ** low_x, 10 ** power)
        out.append(f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.0f}" text-anchor="end">{10 ** power:g} ms</text>')
    for x in sorted({x for points in series.values() for x, _ in points}):
        place, _ = at(x, 10 ** low_y)
        out.append(f'<text x="{place:.0f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{x // 1000}k</text>')
    for number, (name, points) in enumerate(series.items()):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
        _, y = at(*points[-1])
        colour = COLOURS[number % len(COLOURS)]
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
                   f'<text x="{WIDTH - RIGHT + 8}" y="{y + 4:.0f}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{LEFT}" y="{HEIGHT - 4}">partitions; twice as many members each step; all of a leader\'s work</text></svg>')
    return "\n".join(out) + "\n"


def replace(text, mark, content):
    begin, end = f"<!-- {mark} -->\n", f"\n<!-- end of {mark} -->"
    head, rest = text.split(begin)
    return head + begin + content + end + rest.split(end)[1]


def main():
    cases = measure(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "5")
    found = search(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else "60")
    turns = crowd(sys.argv[1])
    document = ROOT / "docs/assignors.md"
    text = replace(document.read_text(), "bench/assignors.py", table(cases))
    text = replace(text, "bench/crowd", turns)
    document.write_text(replace(text, "bench/worst", found))
    (ROOT / "docs/assignors.svg").write_text(plot(cases))
    print("\n\n".join((table(cases), turns, found)))


main()
