#!/usr/bin/env python3
"""Puts quern's TCP beside Linux's over the same bad line (wire.c): goodput, the two in turn, and the ratio of medians.

usage: beside_linux.py WIRE QUERN [--delay 10] [--losses 0.001,0.01] [--runs 7] [--seconds 7] [--least 0.9]
                       [--only linux|quern] [--ways down,up] [--rules newreno,cubic] [--nice 0] [-v] [-- FLAGS]

Linux is the client. The server is Linux, or quern serve with those FLAGS, which sends (down) or receives (up). Both
have windows of 16 MiB at most, and lines with the same seeds. --delay is in ms, one way. A body is what the square root
law says of --seconds; what is measured is all of it, slow start included, from the request to its last byte at the
receiver, or to the answer that it is there. Ends with 1 where a ratio of medians is below --least.

It wants the machine to itself: a quern that others keep from its core for milliseconds answers as late.
"""
import argparse
import math
import signal
import statistics
import sys

from wire_lab import Lab, expect, fetch, give, what_is_missing

SKIPPED = 77  # as meson has it

LINUX_NAMES = {"newreno": "reno", "cubic": "cubic"}
MSS = 1448


def plausible_bytes_a_second(loss, delay_ms):
    """Mathis et al. 1997: MSS / RTT * C / sqrt(p), with C as for an ACK a segment, as Linux counts."""
    return MSS / (2 * delay_ms / 1000) * math.sqrt(3 / 2 / loss)


class Case:
    """One way, one set of rules and one loss, by Linux and by quern."""

    def __init__(self, way, rules, loss, arguments):
        self.way, self.rules, self.loss, self.arguments = way, rules, loss, arguments
        self.size = int(plausible_bytes_a_second(loss, arguments.delay) * arguments.seconds)
        self.goodputs = {"linux": [], "quern": []}

    def run(self, lab, server, seed):
        counts, report = [], {}
        linux_rules = LINUX_NAMES[self.rules]
        with lab.line(int(self.arguments.delay * 1000), self.loss, seed, counts):
            if server == "linux":
                serving = lab.served_by_linux(linux_rules, report)
            else:
                serving = lab.served_by_quern(self.rules, report, *self.arguments.words)
            with serving as address, lab.connect(address, linux_rules) as sock:
                seconds, digest = (fetch if self.way == "down" else give)(sock, self.size)
        self.look(counts, report, server, digest)
        self.goodputs[server].append(self.size * 8 / seconds / 1e6)
        if self.arguments.verbose:
            again = report.get("retransmits", report.get("totals", {}).get("retransmits"))
            print(f"    {self} seed {seed} {server}: {self.size} bytes, {seconds:.2f} s, "
                  f"{self.goodputs[server][-1]:.2f} Mbit/s, sent again {again}, "
                  f"lost {[way['lost'] for way in counts]} of {[way['frames'] for way in counts]}, late "
                  f"{[way['late_mean_us'] for way in counts]} us, at most {[way['late_max_us'] for way in counts]}",
                  flush=True)

    def look(self, counts, report, server, digest):
        """The line did what was asked and nothing else, and what arrived was what was sent."""
        for way in counts:
            expect(way["no_room"] + way["refused"] == 0, f"the line dropped more than it should: {way}")
            expect(way["longest"] <= 1514, f"a frame is longer than the MTU: {way}")
        if server == "linux":
            expect(report["sha256"] == digest, "another body than was sent")
        else:
            drops = report["totals"]["drops"]
            expect(report["totals"]["requests"]["ok"] == 1, f"requests: {report['totals']['requests']}")
            expect(not any("checksum" in key for key in drops), f"wrong sums: {drops}")

    def judge(self):
        """Prints the row; whether it holds."""
        cells = []
        for server in ("linux", "quern"):
            found = self.goodputs[server]
            cells.append(f"{statistics.median(found):6.2f} [{min(found):.2f} … {max(found):.2f}]" if found else "-")
        if not all(self.goodputs.values()):
            print(f"| {self} | {cells[0]} | {cells[1]} | |", flush=True)
            return True
        ratio = statistics.median(self.goodputs["quern"]) / statistics.median(self.goodputs["linux"])
        print(f"| {self} | {cells[0]} | {cells[1]} | {ratio:.2f} |", flush=True)
        return ratio >= self.arguments.least

    def __str__(self):
        return f"{self.rules}, {self.loss * 100:g} %, quern {'sends' if self.way == 'down' else 'receives'}"


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wire")
    parser.add_argument("quern")
    parser.add_argument("--delay", type=float, default=10)
    parser.add_argument("--losses", default="0.001,0.01")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=7)
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--only", choices=("linux", "quern"))
    parser.add_argument("--ways", default="down,up")
    parser.add_argument("--rules", default="newreno,cubic")
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("-v", "--verbose", action="store_true")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    arguments = parser.parse_args(sys.argv[1:split])
    arguments.words = sys.argv[split + 1:]
    return arguments


def main():
    arguments = read_arguments()
    missing = what_is_missing("tap")
    if missing:
        print(f"skipped: {missing}")
        return SKIPPED
    # An exception, so that namespaces and processes go on every way out.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    cases = [Case(way, rules, float(loss), arguments) for way in arguments.ways.split(",")
             for rules in arguments.rules.split(",") for loss in arguments.losses.split(",")]
    failed = 0
    print(f"Mbit/s of text, median of {arguments.runs} [range], {arguments.delay:g} ms each way\n"
          "| | Linux | quern | ratio |\n|---|---|---|---|")
    with Lab(arguments.wire, arguments.quern, arguments.nice) as lab:
        for case in cases:
            for seed in range(1, arguments.runs + 1):
                for server in (arguments.only,) if arguments.only else ("linux", "quern"):
                    case.run(lab, server, seed)
            failed += not case.judge()
    print(f"FAILED: {failed} below {arguments.least}" if failed else "PASSED")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
