"""What checks in Python share: waiting for something, ending what is left, and playing cases as TAP."""

import subprocess
import sys
import time


def eventually(question, seconds, what):
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def end_all(processes):
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def complaint(case):
    """What went wrong, or None."""
    try:
        case()
    except (AssertionError, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as wrong:
        return f"{type(wrong).__name__}: {wrong}"
    return None


def play(cases):
    """Plays (sentence, case) in turn and prints TAP; returns the exit code."""
    failed = 0
    print(f"1..{len(cases)}")
    for number, (sentence, case) in enumerate(cases, 1):
        wrong = complaint(case)
        failed += wrong is not None
        print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}")
        if wrong:
            print("# " + wrong[:4000].replace("\n", "\n# "))
        sys.stdout.flush()
    return 1 if failed else 0
