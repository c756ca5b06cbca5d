#!/usr/bin/env python3
"""Churn, held connections and floods in turn against one server, for as long as asked.

usage: soak.py QUERN SOURCE [--minutes 60] [--phase 20] [--nice 0] [--cpus 0,1] [--memory auto]

After each phase, and 3 s in which nothing happens, the server's resident memory is read. At the end its report must
balance: each SYN was taken or dropped for a reason that is named, each connection that was established is closed, and
records and buffers are back after every phase. Memory must not have grown or shrunk by more than 1 % after the first
round, which touches each page for the first time.
"""
import sys
import time

from offer import Verdicts, parser_of, run_in_place, syns_seen

REST_S = 3
OVERLOAD = {"tcp_syn_behind", "tcp_syn_reserve", "out_full", "port_refused"}


class Soak:
    """What was offered so far, and how the server stood after each phase."""

    def __init__(self, place, phase_s):
        self.place, self.phase_s = place, phase_s
        self.server = place.serve("soak")
        self.begun = time.monotonic()
        self.syns, self.repeats, self.runs, self.samples = 0, 0, 0, []

    def load(self, *words):
        self.runs += 1
        totals = self.place.load(f"load{self.runs}", *words).report(seconds=600)["totals"]
        assert totals["in_flight"] == 0 and not any(totals["failed"].values()), totals
        self.syns += totals["opened"]
        self.repeats += totals["retransmits"]
        return totals["established"]

    def churn(self):
        done, end = 0, time.monotonic() + self.phase_s
        while time.monotonic() < end:
            done += self.load("--connections", "300k", "--cc", "600")
        return f"{done} connections in closed loops of 600"

    def hold(self):
        """Clients that say nothing, and close after a while; the server waits for them."""
        done, end = 0, time.monotonic() + self.phase_s
        while time.monotonic() < end:
            done += self.load("--connections", "40k", "--cps", "20k", "--hold", "2s", "--payload", "none",
                              "--close", "client")
        return f"{done} connections held for 2 s"

    def flood(self):
        counts, _, _ = self.place.flood(0, self.phase_s, REST_S)
        self.syns += counts["syns"]
        return f"{counts['syns']} SYNs, {counts['fins']} connections completed"

    def run(self, name, phase):
        what = phase()
        time.sleep(REST_S)
        at_s, kib = time.monotonic() - self.begun, self.server.kib()
        self.samples.append((at_s, kib))
        print(f"{at_s:7.0f} s  {name:6} {kib} KiB  {what}", flush=True)


def growth(samples):
    """By how much of itself the memory has grown from the first sample to the last: the least-squares line."""
    times, sizes = [at for at, _ in samples], [kib for _, kib in samples]
    mean_time, mean_size = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((at - mean_time) ** 2 for at in times)
    slope = sum((at - mean_time) * (kib - mean_size) for at, kib in samples) / spread if spread else 0.0
    return slope * (times[-1] - times[0]) / mean_size


def judge(verdicts, soak, report):
    totals, memory, rows = report["totals"], report["memory"], report["series"]
    seen, drops = syns_seen(totals), totals["drops"]
    verdicts.judge(soak.syns <= seen <= soak.syns + soak.repeats,
                   f"SYNs: {soak.syns} sent and up to {soak.repeats} again, {seen} seen")
    verdicts.judge(totals["syns_taken"] == totals["established"] == sum(totals["closed_by"].values()),
                   f"{totals['syns_taken']} taken, {totals['established']} established, by {totals['closed_by']}")
    others = sum(count for reason, count in drops.items() if reason not in OVERLOAD)
    verdicts.judge(others <= soak.repeats + totals["retransmits"],
                   f"drops: {drops}; {others} are neither overload nor more than was sent again")
    left = {"in_flight": totals["in_flight"], "time_wait": totals["time_wait"], "table": memory["table"]["used"],
            "mbufs": memory["mbufs"]["used"]}
    verdicts.judge(not any(left.values()), f"at the end all is given back: {left}")
    # Half a second before the sample: the server has rested for longer than a row of its series.
    rests = [min(rows, key=lambda row, at=at_s - 0.5: abs(row["t_s"] - at)) for at_s, _ in soak.samples]
    busy = [(row["t_s"], row["records"], row["mbufs_used"]) for row in rests if row["records"] or row["mbufs_used"]]
    verdicts.judge(not busy, f"after each of {len(rests)} phases too{'' if not busy else f', but: {busy}'}")
    settled = soak.samples[3:]
    grown = growth(settled) if len(settled) > 1 else 0.0
    verdicts.judge(len(settled) > 1 and abs(grown) <= 0.01,
                   f"resident memory has grown by {100 * grown:.2f} % over {len(settled)} phases after the first round")


def prove(place, arguments):
    soak, verdicts = Soak(place, arguments.phase), Verdicts()
    end = soak.begun + 60 * arguments.minutes
    while time.monotonic() < end:
        for name in ("churn", "hold", "flood"):
            soak.run(name, getattr(soak, name))
    judge(verdicts, soak, soak.server.stop())
    return verdicts.failed


def main():
    parser = parser_of(__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--phase", type=int, default=20)
    return run_in_place(prove, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
