#!/usr/bin/env python3
"""Holds the simulator against its promises and prints TAP: test_sim.py SIM.

Each kind of sabotage is found under the rule that it breaks, a failing seed repeats itself, its list of events shrinks
to some that fail alike, and what is written of it can be read."""

import os
import re
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
from tidy_tree import run_checks  # noqa: E402

# The sabotage, and the letter of the rule that it breaks.
BROKEN = {"text": "a", "reset": "b", "fin": "b", "leak": "g", "dark": "i", "crash": "x"}
SEEDS = 12


def run(sim, folder, *arguments):
    """The exit status of a run, and what it prints."""
    done = subprocess.run([sim, "--out", folder, *arguments], capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr


def failures(text):
    """(seed, letter, what is said of it) of each seed that fails."""
    found = re.findall(r"^# seed (\d+) breaks \((\w)\): .*\n#   at ([^\n]*)", text, re.MULTILINE)
    return [(int(seed), letter, said) for seed, letter, said in found]


def sabotage_is_found(sim, folder, kind):
    """What is wrong with how this sabotage is found, or nothing."""
    status, text = run(sim, folder, "--sabotage", kind, "--from", "1", "--count", str(SEEDS), "--no-shrink")
    found = failures(text)
    if status != 1 or not found:
        return f"{SEEDS} seeds pass, status {status}"
    wrong = [seed for seed, letter, _ in found if letter != BROKEN[kind]]
    return f"seeds {wrong} break another rule" if wrong else ""


def first_failure(sim, folder, kind):
    """The first seed that this sabotage breaks, and what is said of it."""
    _, text = run(sim, folder, "--sabotage", kind, "--from", "1", "--count", str(SEEDS), "--no-shrink")
    return failures(text)[0]


def seed_repeats_itself(sim, folder):
    """A seed says the same each time, in a process of its own too."""
    seed, _, said = first_failure(sim, folder, "text")
    status, text = run(sim, folder, "--sabotage", "text", "--seed", str(seed), "--no-shrink")
    again = failures(text)
    return "" if status == 1 and again and again[0][2] == said else f"{said}, and then {again}"


def events_shrink(sim, folder):
    """Of many events a few are left, which fail alike when they alone are run."""
    for seed in range(1, SEEDS):
        _, text = run(sim, folder, "--sabotage", "fin", "--seed", str(seed))
        shrunk = re.search(r"^# shrunk from (\d+) events to (\d+), which break \((\w)\)", text, re.MULTILINE)
        if shrunk and int(shrunk[1]) > 20:
            break
    else:
        return "no seed with more than 20 events fails"
    if int(shrunk[2]) > int(shrunk[1]) // 3 or shrunk[3] != "b":
        return shrunk[0]
    again = re.search(r"^# again: sim (.*)$", text, re.MULTILINE)
    _, text = run(sim, folder, "--sabotage", "fin", "--no-shrink", *again[1].split())
    return "" if [letter for _, letter, _ in failures(text)] == ["b"] else f"sim {again[1]} fails no more"


def frames_of(path):
    """How many frames a capture holds, each header read."""
    with open(path, "rb") as file:
        data = file.read()
    at, count = 24, 0
    if struct.unpack("<I", data[:4])[0] != 0xA1B23C4D:
        return -1
    while at < len(data):
        captured, length = struct.unpack("<II", data[at + 8:at + 16])
        if captured != length or length == 0 or at + 16 + captured > len(data):
            return -1
        at, count = at + 16 + captured, count + 1
    return count


def run_is_on_paper(sim, folder):
    """Every frame is in the capture and in the ladder, and the ladder tells what applications heard."""
    status, text = run(sim, folder, "--seed", "1")
    with open(os.path.join(folder, "sim-1.txt"), encoding="utf-8") as file:
        ladder = file.read()
    arrows = len(re.findall(r"----->|<-----|---x|x---|-->", ladder))
    frames = frames_of(os.path.join(folder, "sim-1.pcap"))
    if status != 0 or frames <= 0 or frames != arrows:
        return f"{frames} frames in the capture, {arrows} in the ladder: {text}"
    missing = [words for words in ("SYN seq 0", "is told: established", "ended, closed") if words not in ladder]
    return f"not in the ladder: {missing}" if missing else ""


def folder_is_named(sim, folder):
    """Where nothing can be written, it says so, and what would help."""
    _, text = run(sim, os.path.join(folder, "none"), "--seed", "1")
    return "" if "give --out a folder" in text else text


def in_folder(check):
    """What is wrong, line by line, of a check that writes into a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return check(folder).splitlines()


def main(sim):
    checks = [(f"sabotage of kind {kind} breaks rule ({letter})",
               lambda folder, kind=kind: sabotage_is_found(sim, folder, kind)) for kind, letter in BROKEN.items()]
    checks += [("a failing seed repeats itself", lambda folder: seed_repeats_itself(sim, folder)),
               ("a list of events shrinks to a few that fail alike", lambda folder: events_shrink(sim, folder)),
               ("a run is on paper, frame by frame", lambda folder: run_is_on_paper(sim, folder)),
               ("a folder that cannot be written is named", lambda folder: folder_is_named(sim, folder))]
    return 1 if run_checks([(sentence, lambda check=check: in_folder(check)) for sentence, check in checks]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
