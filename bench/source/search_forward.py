#!/usr/bin/env python3
"""Finds the highest rate without loss through quern forward, and holds it to four fifths of that for a minute.

usage: search_forward.py QUERN [--seconds 60] [--trial 2s] [--share 0.8] [--flows 64] [--cpus 0,1,1] [--least 0]
                         [--memory auto]

quern load udp:// --search loss==0, at one memif of the forwarder, asks quern serve --udp at its other one. The
forwarder has the first CPU, load the second, serve the third. Then load says as many datagrams as --share of what was
found, for --seconds: none may be lost, doubled, changed or come behind a later one of its flow, and no place on the
schedule may be missed. Prints what was found and one line with RESULT; ends with 1 where something was lost or out of
order, or where less than --least a second was found. It wants the machine to itself, and with two CPUs load and serve
share one, which then sets the rate.
"""
import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

NEAR, FAR, LOAD, SERVE, PORT, TO_PORT = "198.18.0.1", "198.19.0.1", "198.18.0.2", "198.19.0.2", 7000, 7001
MUST_BE_NONE = ("lost", "late", "duplicated", "reordered", "corrupted", "missed")


class Place:
    """A folder with the sockets, and what the processes say."""

    def __init__(self, arguments, folder):
        self.arguments, self.folder, self.runs = arguments, folder, 0
        self.sockets = [os.path.join(folder, name) for name in ("near.sock", "far.sock")]

    def start(self, cpu, *words):
        self.runs += 1
        log = os.path.join(self.folder, f"log{self.runs}")
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen([self.arguments.quern, *words, "--cores", cpu, "-q",
                                        "--memory", self.arguments.memory], stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=output, env={**os.environ, "TMPDIR": self.folder})
        process.log = log
        return process

    @contextlib.contextmanager
    def running(self, cpu, says, *words):
        """Once it says that it runs; ended in order at the end of the block."""
        process = self.start(cpu, *words)
        try:
            end = time.monotonic() + 20
            while says not in said(process):
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"error: {' '.join(words)} does not run: {said(process)}")
                time.sleep(0.05)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)

    def load(self, seconds, *words):
        """The report of one load."""
        path = os.path.join(self.folder, "load.json")
        process = self.start(self.arguments.cpus[1], "load", f"udp://{NEAR}:{PORT}", "-p", f"memif:{self.sockets[0]}",
                             "--ip", f"{LOAD}/24", "--flows", str(self.arguments.flows), "--json", path, "--wait-link",
                             "10s", *words)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"error: load does not end within {seconds} s: {said(process)}")
        if not os.path.exists(path):
            sys.exit(f"error: load ends with {code}: {said(process)}")
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def said(process):
    with open(process.log, encoding="utf-8", errors="replace") as text:
        return text.read()


def found_rate(report):
    rate = report["udp"]["search"]["found"] or 0
    trials = report["udp"]["search"]["trials"]
    print(f"search: {len(trials)} trials, {rate:.0f} datagrams a second without loss", flush=True)
    return rate


def hold(place, arguments, rate):
    """What went wrong at that rate, as words."""
    report = place.load(arguments.seconds + 60, "--pps", str(int(rate)), "-d", f"{arguments.seconds}s",
                        "--warmup", "1s")
    counts = report["udp"]["counts"]
    print(f"held:   {counts['sent']} sent, {counts['answered']} answered in {arguments.seconds} s at {rate:.0f} a "
          "second", flush=True)
    wrong = [f"{name} {counts[name]}" for name in MUST_BE_NONE if counts.get(name)]
    return wrong if counts["sent"] >= 0.95 * rate * arguments.seconds else wrong + [f"only {counts['sent']} sent"]


def measure(arguments):
    with tempfile.TemporaryDirectory(prefix="quern-search-") as folder:
        place = Place(arguments, folder)
        forward = ("forward", "-p", f"memif:{place.sockets[0]},server", "--ip", f"{NEAR}/24",
                   "-p", f"memif:{place.sockets[1]},server", "--ip", f"{FAR}/24",
                   "--listen", f"{NEAR}:{PORT}", "--to", f"{SERVE}:{TO_PORT}")
        serve = ("serve", "--udp", "-p", f"memif:{place.sockets[1]}", "--ip", f"{SERVE}/24",
                 "--listen", f"{SERVE}:{TO_PORT}")
        with place.running(arguments.cpus[0], "quern forward", *forward), \
             place.running(arguments.cpus[2], "quern serve", *serve):
            rate = found_rate(place.load(600, "--search", "loss==0", "-d", arguments.trial))
            wrong = hold(place, arguments, rate * arguments.share) if rate else ["no rate is without loss"]
    return rate, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quern")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--trial", default="2s")
    parser.add_argument("--share", type=float, default=0.8)
    parser.add_argument("--flows", type=int, default=64)
    parser.add_argument("--cpus", type=lambda text: text.split(","), default=["0", "1", "1"])
    parser.add_argument("--least", type=float, default=0)
    parser.add_argument("--memory", default="4k")
    arguments = parser.parse_args()
    rate, wrong = measure(arguments)
    if rate < arguments.least:
        wrong.append(f"{rate:.0f} a second, at least {arguments.least:.0f} asked for")
    print(f"RESULT {'FAIL' if wrong else 'PASS'}   {rate:.0f} datagrams a second without loss; at "
          f"{arguments.share:.0%} of it, {arguments.seconds} s: "
          f"{', '.join(wrong) or 'none lost, doubled or out of order'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
