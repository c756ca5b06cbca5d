#!/usr/bin/env python3
"""Adds up test results and ends with the line "N passed, N failed".

Each argument is one of
  DIR                   a meson build directory: the single tests of its last `meson test`
  NAME=STATUS           a step and its exit status: one test
  "N passed, N failed"  the closing line of an earlier count
Exits with 1 if anything failed or nothing ran.
"""

import json
import os
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
POINT = re.compile(r"^(not )?ok\b([^#]*)(?:#\s*(\w+))?", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.\d+")
CLOSING = re.compile(r"(\d+) passed, (\d+) failed")


def count_points(output):
    """TAP's (passed, failed, skipped), or None where the output is not TAP. An expected failure (TODO) passes."""
    lines = output.splitlines()
    if not any(PLAN.match(line) for line in lines):
        return None
    passed = failed = skipped = 0
    for point in filter(None, map(POINT.match, lines)):
        directive = (point.group(3) or "").upper()
        if directive.startswith("SKIP"):
            skipped += 1
        elif point.group(1) and directive != "TODO":
            failed += 1
        else:
            passed += 1
    return passed, failed, skipped


def count_program(record):
    """One test program's (passed, failed, skipped). A crash, a timeout or an incomplete run is one failure more."""
    result = record["result"]
    points = count_points(record.get("stdout", ""))
    if result == "EXPECTEDFAIL" or points is None or sum(points) == 0:
        return (1, 0, 0) if result in PASSED else (0, 0, 1) if result == "SKIP" else (0, 1, 0)
    passed, failed, skipped = points
    killed = record.get("returncode", 0) < 0
    if killed or (result not in PASSED and result != "SKIP" and not failed):
        failed += 1
    return passed, failed, skipped


def count_directory(directory):
    """Adds up one build directory and names the programs that failed."""
    path = os.path.join(directory, "meson-logs", "testlog.json")
    if not os.path.exists(path):
        print(f"failed: {directory}: no tests were run")
        return 0, 1, 0
    total = (0, 0, 0)
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in filter(str.strip, log):
            record = json.loads(line)
            counts = count_program(record)
            total = tuple(map(sum, zip(total, counts)))
            if counts[1]:
                print(f"failed: {directory}: {record['name']}: {counts[1]} ({record['result']})")
    return total


def count_argument(argument):
    """Adds up one argument of the command line."""
    closing = CLOSING.fullmatch(argument)
    if closing:
        return int(closing.group(1)), int(closing.group(2)), 0
    name, equals, status = argument.rpartition("=")
    if not equals:
        return count_directory(argument)
    if status != "0":
        print(f"failed: {name}: exit status {status}")
    return (1, 0, 0) if status == "0" else (0, 1, 0)


def main(arguments):
    passed, failed, skipped = map(sum, zip((0, 0, 0), *map(count_argument, arguments)))
    if skipped:
        print(f"{skipped} skipped: this machine or user lacks what they need")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
