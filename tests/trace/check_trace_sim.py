#!/usr/bin/env python3
"""Has quern trace read what the simulator captured, which knows more, and prints TAP: check_trace_sim.py QUERN SIM."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import play  # noqa: E402

SEEDS = (1, 2, 3, 6, 8, 9, 15, 22, 28, 38, 57, 60)
# RFC 9293 figure 5, and what one segment can bring at once: an ACK and a FIN, or both behind a hole.
EDGES = {"CLOSED": "SYN-SENT", "LISTEN": "SYN-RECEIVED", "SYN-SENT": "SYN-RECEIVED ESTABLISHED CLOSED",
         "SYN-RECEIVED": "ESTABLISHED FIN-WAIT-1 CLOSE-WAIT LISTEN CLOSED",
         "ESTABLISHED": "FIN-WAIT-1 CLOSE-WAIT CLOSED", "FIN-WAIT-1": "FIN-WAIT-2 CLOSING TIME-WAIT CLOSED",
         "FIN-WAIT-2": "TIME-WAIT CLOSED", "CLOSE-WAIT": "LAST-ACK CLOSED", "CLOSING": "TIME-WAIT CLOSED",
         "LAST-ACK": "CLOSED", "TIME-WAIT": "TIME-WAIT CLOSED"}
ROW = re.compile(r"(.{10})  (.{12}) \|.*\|(?: (\S+))?$")


def captured(sim, seed, folder):
    """The capture of a seed, and how many TCP segments its own ladder has."""
    subprocess.run([sim, "--seed", str(seed), "--out", folder], capture_output=True, timeout=120, check=True)
    with open(os.path.join(folder, f"sim-{seed}.txt"), encoding="utf-8") as ladder:
        count = sum(re.match(r" *[\d.]+  host \d+:\d+ ", line) is not None for line in ladder)
    return os.path.join(folder, f"sim-{seed}.pcap"), count


def expect_edges(text):
    """Every change of state, of each connection, is one that figure 5 has; returns how many there were."""
    states, changes = None, 0
    for line in text.splitlines():
        if line.startswith("connection "):
            states = None
        row = ROW.match(line)
        if not row:
            continue
        if states is None or "segments ..." in line:
            states = [row.group(2).strip(), row.group(3)]
            continue
        for end, state in enumerate((row.group(2).strip(), row.group(3))):
            if not state:
                continue
            assert states[end] == "?" or state in EDGES[states[end]].split(), (states[end], state, line)
            states[end], changes = state, changes + 1
    return changes


def trace(quern, *words):
    done = subprocess.run([quern, "trace", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (words, done.returncode, done.stderr)
    return done.stdout


def states_change_along_figure_5(quern, sim):
    changes = 0
    for seed in SEEDS:
        with tempfile.TemporaryDirectory(prefix="quern-trace-") as folder:
            path, count = captured(sim, seed, folder)
            text = trace(quern, path, "--connections", "10000")
            shown = re.findall(r"^connection \d+: ([\d,]+) segments? ", text, re.MULTILINE)
            assert sum(int(number.replace(",", "")) for number in shown) == count, (seed, shown, count)
            changes += expect_edges(text)
            assert "</svg>" in trace(quern, path, "--svg", "-"), seed
    assert changes > 500, changes


def main(quern, sim):
    quern, sim = os.path.abspath(quern), os.path.abspath(sim)
    return play([("all segments of the simulator are shown, and states change along figure 5",
                  lambda: states_change_along_figure_5(quern, sim))])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
