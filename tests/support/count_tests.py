#!/usr/bin/env python3
"""Adds up test results, tells what failed and ends with the line "N passed, N failed".

Each argument is one of
  DIR                   a meson build directory: the single tests of its last `meson test`
  NAME=STATUS           a step and its exit status: one test
  FILE                  the output of an earlier count; what that found failed is said again
Only the end of a long log may be kept. So the last lines of what each program said that failed stand at the end,
and below them the names of all that failed. Exits with 1 if anything failed or nothing ran.
"""

import json
import os
import re
import sys

PASSED = {"OK", "EXPECTEDFAIL"}
POINT = re.compile(r"^(not )?ok\b([^#]*)(?:#\s*(\w+))?", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.\d+")
CLOSING = re.compile(r"(\d+) passed, (\d+) failed")
HEADING = "what failed:"
LINES_KEPT = 40


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


def last_words(record):
    """The last lines of what a program said, without TAP's points that passed."""
    said = "\n".join(record.get(stream, "") for stream in ("stdout", "stderr")).splitlines()
    telling = [line for line in said if line.strip() and not PLAN.match(line)
               and (not POINT.match(line) or line.lower().startswith("not"))]
    return [f"  | {line}" for line in telling[-LINES_KEPT:]]


def count_directory(directory):
    """One build directory's counts, with the names of programs that failed and what they said."""
    path = os.path.join(directory, "meson-logs", "testlog.json")
    if not os.path.exists(path):
        return (0, 1, 0), [], [f"failed: {directory}: no tests were run"]
    total, said, names = (0, 0, 0), [], []
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in filter(str.strip, log):
            record = json.loads(line)
            counts = count_program(record)
            total = tuple(map(sum, zip(total, counts)))
            if counts[1]:
                names.append(f"failed: {directory}: {record['name']}: {counts[1]} ({record['result']})")
                said += [f"{directory}: {record['name']} said at its end:"] + last_words(record)
    return total, said, names


def count_earlier(path):
    """What an earlier count came to, read from its output. Without a closing line it is one failure."""
    with open(path, encoding="utf-8", errors="replace") as output:
        lines = output.read().splitlines()
    closing = CLOSING.fullmatch(lines[-1]) if lines else None
    passed, failed = map(int, closing.groups()) if closing else (0, 1)
    if not failed:
        return (passed, 0, 0), [], []
    ending = lines[:-1] if closing else lines
    if HEADING not in ending:
        return (passed, failed, 0), [f"  | {line}" for line in ending[-LINES_KEPT:]], [f"failed: {path}"]
    found = ending[len(ending) - ending[::-1].index(HEADING):]
    names = [line for line in found if line.startswith("failed: ")]
    return (passed, failed, 0), [line for line in found if line not in names], names


def count_argument(argument):
    """An argument's (passed, failed, skipped), what was said by what failed, and its names."""
    if os.path.isfile(argument):
        return count_earlier(argument)
    name, equals, status = argument.rpartition("=")
    if not equals:
        return count_directory(argument)
    if status != "0":
        return (0, 1, 0), [], [f"failed: {name}: exit status {status}"]
    return (1, 0, 0), [], []


def main(arguments):
    found = [count_argument(argument) for argument in arguments]
    passed, failed, skipped = map(sum, zip((0, 0, 0), *(counts for counts, _, _ in found)))
    if skipped:
        print(f"{skipped} skipped: this machine or user lacks what they need")
    if failed:
        print(HEADING)
        for _, said, _ in found:
            print("\n".join(said), end="\n" if said else "")
        for _, _, names in found:
            print("\n".join(names), end="\n" if names else "")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
