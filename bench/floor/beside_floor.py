#!/usr/bin/env python3
"""Puts `quern bench` beside the floor: the two in turn, and the ratio of the medians of their cycles a connection.

usage: beside_floor.py FLOOR QUERN [--runs N] [--core CPU] [-- more flags of quern bench]

Both run on one core: the floor pinned there, quern with both ends of the connection on it.
"""
import argparse
import json
import statistics
import subprocess
import sys


def floor_cycles(program, core):
    """Cycles a connection of one run of the floor."""
    done = subprocess.run(["taskset", "-c", str(core), program], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    result = json.loads(done.stdout.decode().splitlines()[-1])
    if result["lost"]:
        sys.exit(f"error: the floor lost {result['lost']} connections: the run says nothing")
    return result["cycles_per_connection"]


def quern_cycles(program, core, flags):
    """Cycles and packets a connection of one run of quern bench."""
    command = [program, "bench", "--client-cores", str(core), "--server-cores", str(core), "--payload", "none",
               "--close", "server", "-d", "4s", "-q", "--json", "-", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    result = json.loads(done.stdout)
    if done.returncode or not result["valid"]["accounting"] or any(result["totals"]["failed"].values()):
        sys.exit(f"error: {' '.join(command)} ended with {done.returncode}: {result['totals']}")
    return result["workers"][0]["cycles_per_connection"], result["totals"]["packets_per_connection"]


def main():
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("floor")
    parser.add_argument("quern")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--core", type=int, default=1)
    arguments = parser.parse_args(sys.argv[1:split])
    floors, querns, packets = [], [], 0.0
    for run in range(arguments.runs):
        floors.append(floor_cycles(arguments.floor, arguments.core))
        cycles, packets = quern_cycles(arguments.quern, arguments.core, sys.argv[split + 1:])
        querns.append(cycles)
        print(f"run {run + 1}: floor {floors[-1]:.0f}   quern {cycles:.0f} cycles a connection", flush=True)
    floor, quern = statistics.median(floors), statistics.median(querns)
    print(f"median: floor {floor:.0f} [{min(floors):.0f} … {max(floors):.0f}]   "
          f"quern {quern:.0f} [{min(querns):.0f} … {max(querns):.0f}]   "
          f"ratio {quern / floor:.2f}   packets a connection {packets:.2f}")


if __name__ == "__main__":
    main()
