#!/usr/bin/env python3
"""Counts the tests in logs of `meson test`: tally.py LOG.json...

Prints "PASSED FAILED SKIPPED" on standard output and the name of each test that failed on standard
error. A program that reports its own tests is counted by them: Criterion in TAP, and any program
whose output ends with "N passed, N failed". Other programs count as one test.
"""

import json
import re
import sys

TAP_LINE = re.compile(r"^(not )?ok\b([^#\n]*)(#\s*skip\b.*)?", re.IGNORECASE | re.MULTILINE)
CLOSING_LINE = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*\Z", re.MULTILINE)
FINE = ("OK", "EXPECTEDFAIL", "SKIP")


def own_tests(stdout):
    """What the program says of its own tests: passed, names of the failed, skipped."""
    closing = CLOSING_LINE.search(stdout)
    if closing:
        passed, failed, skipped = (int(count or 0) for count in closing.groups())
        return passed, [f"{failed} of its tests"] if failed else [], skipped, failed
    passed, failed, skipped = 0, [], 0
    if re.search(r"^1\.\.\d+", stdout, re.MULTILINE):
        for bad, name, skip in TAP_LINE.findall(stdout):
            if skip:
                skipped += 1
            elif bad:
                failed.append(name.strip(" -"))
            else:
                passed += 1
    return passed, failed, skipped, len(failed)


def count(test):
    passed, failures, skipped, failed = own_tests(test.get("stdout", ""))
    if test["result"] not in FINE and not failed:
        # It crashed, hung, or failed in a way that its own report does not show.
        failures, failed = [f"{test['result'].lower()}, exit code {test['returncode']}"], 1
    elif not passed + failed + skipped:
        passed, skipped = (0, 1) if test["result"] == "SKIP" else (1, 0)
    for failure in failures:
        print(f"    failed: {test['name']}: {failure}", file=sys.stderr)
    return passed, failed, skipped


def main(logs):
    totals = [0, 0, 0]
    for log in logs:
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                totals = [total + n for total, n in zip(totals, count(json.loads(line)))]
    print(*totals)


main(sys.argv[1:])
