#!/usr/bin/env python3
"""What a count of test results says at its end: the sums, the names of what failed, and what that said last."""

import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "count_tests.py")


def record(name, result, stdout="", stderr="", returncode=0):
    return {"name": name, "result": result, "stdout": stdout, "stderr": stderr, "returncode": returncode}


GOOD = record("good", "OK", "1..2\nok 1 - a\nok 2 - b\n")
BAD = record("bad", "FAIL", "1..3\nok 1 - fine\nnot ok 2 - wrong\n# said so\nok 3 - fine\n", "on stderr\n", 1)
LONG = record("long", "FAIL", "".join(f"line {i}\n" for i in range(100)), "", 1)
KILLED = record("killed", "FAIL", "1..2\nok 1 - a\n", "", -11)


def counted(folder, arguments):
    """Runs the count in a folder and returns (exit status, its lines)."""
    command = [sys.executable, PROGRAM, *arguments]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout.splitlines()


def with_build(folder, name, records):
    os.makedirs(os.path.join(folder, name, "meson-logs"))
    with open(os.path.join(folder, name, "meson-logs", "testlog.json"), "w", encoding="utf-8") as log:
        log.writelines(json.dumps(one) + "\n" for one in records)
    return name


def with_file(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as output:
        output.write("".join(line + "\n" for line in lines))
    return name


def points_and_steps_are_added_up(folder):
    build = with_build(folder, "build", [GOOD, GOOD, record("plain", "OK"), record("absent", "SKIP")])
    status, lines = counted(folder, [build, "step=0"])
    return status == 0 and lines == ["1 skipped: this machine or user lacks what they need", "6 passed, 0 failed"]


def who_failed_and_what_it_said_stand_before_the_count(folder):
    status, lines = counted(folder, [with_build(folder, "build", [GOOD, BAD]), "step=3"])
    return status == 1 and lines == [
        "what failed:", "build: bad said at its end:", "  | not ok 2 - wrong", "  | # said so", "  | on stderr",
        "failed: build: bad: 1 (FAIL)", "failed: step: exit status 3", "4 passed, 2 failed"]


def of_a_long_output_the_last_lines_are_kept(folder):
    _, lines = counted(folder, [with_build(folder, "build", [LONG])])
    return lines[2:] == [f"  | line {i}" for i in range(60, 100)] + [
        "failed: build: long: 1 (FAIL)", "0 passed, 1 failed"]


def a_crash_is_one_failure_more(folder):
    return counted(folder, [with_build(folder, "build", [KILLED])])[1][-1] == "1 passed, 1 failed"


def what_an_earlier_count_found_failed_is_said_again(folder):
    earlier = counted(folder, [with_build(folder, "build", [GOOD, BAD])])[1]
    written = with_file(folder, "earlier", ["much else", "what failed:", "not this", *earlier])
    status, lines = counted(folder, [written, with_build(folder, "other", [LONG])])
    return status == 1 and lines[:5] == earlier[:5] and lines[-3:] == [
        "failed: build: bad: 1 (FAIL)", "failed: other: long: 1 (FAIL)", "4 passed, 2 failed"]


def an_earlier_count_without_failures_is_only_added(folder):
    status, lines = counted(folder, [with_file(folder, "earlier", ["failed: no", "7 passed, 0 failed"]), "step=0"])
    return status == 0 and lines == ["8 passed, 0 failed"]


def an_earlier_output_without_its_count_is_a_failure_and_its_end_is_shown(folder):
    status, lines = counted(folder, [with_file(folder, "earlier", ["a", "ninja: error"]), "step=0"])
    return status == 1 and lines == [
        "what failed:", "  | a", "  | ninja: error", "failed: earlier", "1 passed, 1 failed"]


def a_build_without_tests_and_an_empty_output_are_failures(folder):
    status, lines = counted(folder, ["absent", with_file(folder, "empty", [])])
    return status == 1 and lines[-1] == "0 passed, 2 failed"


CASES = [points_and_steps_are_added_up, who_failed_and_what_it_said_stand_before_the_count,
         of_a_long_output_the_last_lines_are_kept, a_crash_is_one_failure_more,
         what_an_earlier_count_found_failed_is_said_again, an_earlier_count_without_failures_is_only_added,
         an_earlier_output_without_its_count_is_a_failure_and_its_end_is_shown,
         a_build_without_tests_and_an_empty_output_are_failures]


def main():
    print(f"1..{len(CASES)}")
    failed = 0
    for number, case in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            good = case(folder)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {case.__name__.replace('_', ' ')}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
