"""The tidy test: what a compiler does not check. Prints TAP; each line of a failure names the place.

usage: tidy.py SOURCE_ROOT LIBRARY
"""
import pathlib
import re
import shutil
import subprocess
import sys

FILE_LINES_MAX = 800
FILE_LINES_SOFT = 400
FUNCTION_LINES_MAX = 60
LINE_COLUMNS_MAX = 100

# Who may include whom: each layer, and those below it.
LAYERS = {
    "base": {"base"},
    "protocol": {"base", "protocol"},
    "assignors": {"base", "protocol", "assignors"},
    "coordinator": {"base", "protocol", "assignors", "coordinator"},
    "net": {"base", "protocol", "net"},
    "consumer": {"base", "protocol", "assignors", "coordinator", "net", "consumer"},
}
# Headers that only some files may know.
GUARDED = [
    (re.compile(r"<uv\.h>"), re.compile(r"src/net/uv_[a-z_]+\.[ch]$")),
    (re.compile(r"<openssl/"), re.compile(r"src/net/(tls|sasl_[a-z]+)\.c$")),
    (re.compile(r"<(zlib|lz4frame|lz4|zstd|snappy-c)\.h>"), re.compile(r"src/protocol/compress[a-z0-9_]*\.c$")),
    (re.compile(r"<pcre2\.h>"), re.compile(r"src/consumer/pattern\.c$")),
    (re.compile(r"<(sys/socket|netinet/in|arpa/inet|netdb|poll|sys/epoll|sys/timerfd|time|sys/time|pthread|threads|signal)\.h>"),
     re.compile(r"src/net/(uv_[a-z_]+|address)\.[ch]$")),
]
BANNED_ANYWHERE = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|rand|srand|atoi|atol|system)\s*\(")
BANNED_IN_LIBRARY = re.compile(
    r"\b(malloc|calloc|realloc|free|printf|puts|fprintf|putchar|time|gettimeofday|clock_gettime|random|getenv|exit|"
    r"atexit|signal|abort|assert)\s*\(")
MAY_CALL = {
    "src/base/heap.c": {"malloc", "realloc", "free"},
    "src/base/check.c": {"abort", "fprintf"},
}
CLOCKS = {"clock_gettime"}


def sources(root, *folders):
    for folder in folders:
        for path in sorted((root / folder).rglob("*.[ch]")):
            yield path, path.relative_to(root).as_posix()


def without_comments(text):
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_layers(root):
    for path, name in sources(root, "src"):
        layer = name.split("/")[1]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#include\s+(["<][^">]+[">])', line)
            if not match:
                continue
            target = match.group(1)
            if target.startswith('"'):
                folder = target[1:].split("/")[0]
                if folder not in LAYERS[layer]:
                    yield f"{name}:{number}: {layer} must not include {target}"
            for header, allowed in GUARDED:
                if header.search(target) and not allowed.search(name):
                    yield f"{name}:{number}: {target} is not for this file"


def check_calls(root):
    for path, name in sources(root, "src", "include", "tools", "examples", "test", "bench", "fuzz"):
        code = without_comments(path.read_text())
        in_library = name.startswith("src/")
        allowed = MAY_CALL.get(name, set())
        for number, line in enumerate(code.splitlines(), 1):
            for match in BANNED_ANYWHERE.finditer(line):
                yield f"{name}:{number}: {match.group(1)}() is banned"
            if not in_library:
                continue
            for match in BANNED_IN_LIBRARY.finditer(line):
                called = match.group(1)
                if re.match(r"(->|\.)$", line[max(0, match.start() - 2):match.start()].strip()[-2:]):
                    continue
                if called in allowed or (called in CLOCKS and name.startswith("src/net/uv_")):
                    continue
                yield f"{name}:{number}: {called}() is not for the library"


def functions(path):
    """(name, first line, lines) of each function: a line in column 0 that is not indented opens it, "}" in column 0 ends it."""
    start, name = None, ""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            back = number - 1
            while back > 1 and not re.match(r"^[A-Za-z_].*\(", lines[back - 1]):
                back -= 1
            match = re.search(r"(\w+)\s*\(", lines[back - 1])
            name, start = (match.group(1) if match else "?"), back
        elif line == "}" and start is not None:
            yield name, start, number - start + 1
            start = None


def check_sizes(root):
    for path, name in sources(root, "src", "include", "tools", "examples", "test", "bench", "fuzz"):
        lines = path.read_text().splitlines()
        if len(lines) > FILE_LINES_MAX:
            yield f"{name}: {len(lines)} lines; {FILE_LINES_MAX} is the end"
        if path.suffix == ".c":
            for function, line, count in functions(path):
                if count > FUNCTION_LINES_MAX:
                    yield f"{name}:{line}: {function}() has {count} lines; {FUNCTION_LINES_MAX} can be seen at once"
        table = False  # a table keeps its rows on one line each
        for number, line in enumerate(lines, 1):
            table = "clang-format off" in line or (table and "clang-format on" not in line)
            if len(line) > LINE_COLUMNS_MAX and not table:
                yield f"{name}:{number}: {len(line)} columns"


def public_symbols(root):
    text = (root / "include/kohort/kohort.h").read_text()
    return set(re.findall(r"KOHORT_EXPORT\s[^;]*?\b(kohort_\w+)\s*\(", text))


def check_exports(root, library):
    output = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[-1].split("@")[0] for line in output.splitlines() if line.split()[-2] in "TDBRVW"}
    declared = public_symbols(root)
    for symbol in sorted(exported - declared):
        yield f"{symbol} is exported, but not in kohort.h"
    for symbol in sorted(declared - exported):
        yield f"{symbol} is in kohort.h, but not exported"


def check_documented(root):
    name = "include/kohort/kohort.h"
    lines = (root / name).read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("KOHORT_EXPORT ") and not lines[number - 2].rstrip().endswith("*/"):
            yield f"{name}:{number}: has no comment: {line}"


def check_header(root):
    for language, standard in (("c", "c11"), ("c++", "c++17")):
        compiler = shutil.which("cc" if language == "c" else "c++")
        if compiler is None:
            continue
        run = subprocess.run([compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
                              "-I", str(root / "include"), "-x", language, str(root / "include/kohort/kohort.h")],
                             capture_output=True, text=True)
        if run.returncode != 0:
            yield f"kohort.h alone as {standard}: {run.stderr.strip()}"


def check_format(root):
    formatter = shutil.which("clang-format-14") or shutil.which("clang-format")
    if formatter is None:
        yield "clang-format is missing; ./dev installs it"
        return
    files = [str(path) for path, _ in sources(root, "src", "include", "tools", "examples", "test", "bench", "fuzz")]
    run = subprocess.run([formatter, "--dry-run", "-Werror", *files], capture_output=True, text=True, cwd=root)
    for place in sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", run.stderr, flags=re.M))):
        yield f"{pathlib.Path(place).relative_to(root)}: not formatted; ./dev format mends it"


def check_words(root):
    """Nothing of a machine, a registry or a secret stands in the tree."""
    tracked = subprocess.run(["git", "-C", str(root), "ls-files"], capture_output=True, text=True)
    if tracked.returncode != 0:
        return
    machine = re.compile(r"(?<![\w.$}])/(home|root|work|farm)/[\w]")
    for name in tracked.stdout.splitlines():
        path = root / name
        if path.suffix in {".jsonl", ".jar", ".class"} or not path.is_file():
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if machine.search(line) and name != "test/tidy/tidy.py":
                yield f"{name}:{number}: a path of one machine"


def tell_largest(root):
    sizes = sorted(((len(path.read_text().splitlines()), name) for path, name in sources(root, "src")), reverse=True)
    longest = sorted(((count, function, name) for path, name in sources(root, "src") if path.suffix == ".c"
                      for function, _, count in functions(path)), reverse=True)
    over = sum(1 for count, _ in sizes if count > FILE_LINES_SOFT)
    if sizes and longest:
        print(f"# largest file: {sizes[0][1]}, {sizes[0][0]} lines ({over} above {FILE_LINES_SOFT}); "
              f"longest function: {longest[0][1]} in {longest[0][2]}, {longest[0][0]} lines")


def main():
    root, library = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    checks = [
        ("layers include downwards only", check_layers(root)),
        ("no banned call", check_calls(root)),
        ("files, functions and lines can be seen", check_sizes(root)),
        ("exported symbols are the header's", check_exports(root, library)),
        ("each public function is documented", check_documented(root)),
        ("the header compiles alone as C11 and C++17", check_header(root)),
        ("formatted", check_format(root)),
        ("nothing of one machine", check_words(root)),
    ]
    print(f"1..{len(checks)}")
    failed = False
    for number, (title, problems) in enumerate(checks, 1):
        found = list(problems)
        failed = failed or bool(found)
        print(f"{'not ok' if found else 'ok'} {number} - {title}")
        for problem in found:
            print(f"# {problem}")
    tell_largest(root)
    sys.exit(1 if failed else 0)


main()
