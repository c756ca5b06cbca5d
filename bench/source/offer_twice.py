#!/usr/bin/env python3
"""Offers a server twice what it can carry, and looks at what it does.

usage: offer_twice.py QUERN SOURCE [--seconds 20] [--peak 10] [--cps 2000] [--nice -10] [--cpus 0,1]
                      [--memory auto] [--short]

quern serve has one core and two ports. First the peak is measured, by clients in a closed loop. Then, at a fresh
server, the source offers twice that in SYNs at one port, and answers whatever is answered; at the other port honest
clients open connections at a steady rate. They share the source's core, which it leaves to them for 50 us in every
2 ms: for longer, and the server would stand idle. --short is the test of the ordinary run: three seconds as fast as
can be, with wide bounds on rates, since others use the machine as well, and none on what must be exact.
"""
import statistics
import sys
import time

from offer import Verdicts, parser_of_offer, run_in_place, syns_seen


def stood_still(*reports):
    """Whether others had a core for so long that connections timed out: what is judged then is the machine."""
    return any(worker["stalls"] for report in reports for worker in report["workers"])


def measure_peak(place, seconds):
    """Connections of each second."""
    server = place.serve("peak")
    load = place.load("closed", "--cc", "600", "-d", f"{seconds}s", "--warmup", "1s")
    result = load.report(seconds=seconds + 60)
    served = server.stop()
    assert not any(result["totals"]["failed"].values()) or stood_still(result, served), result["totals"]
    return [row["established"] for row in result["series"]]


def judge_offer(verdicts, arguments, peak, source, server, honest):
    totals = server["totals"]
    least = source["syns"] + sum(report["totals"]["opened"] for report in honest)
    again = sum(report["totals"]["retransmits"] for report in honest)
    seen = syns_seen(totals)
    verdicts.judge(least <= seen <= least + again,
                   f"every SYN is accounted for: {seen} at the server, {least} sent, "
                   f"{again} segments of honest clients sent again")
    waited = totals["drops"].get("tcp_syn_behind", 0) + totals["drops"].get("tcp_syn_reserve", 0)
    verdicts.judge(waited > 0, f"{waited} SYNs waited: {totals['drops']}")
    ratio = source["syns_per_s"] / peak
    verdicts.judge(arguments.short or ratio > 1.95,
                   f"offered {source['syns_per_s']:.0f} SYNs/s, {ratio:.2f} of the peak")


def judge_rate(verdicts, arguments, peaks, done):
    """The host is not ours alone: what one second allows, the next does not. So medians of seconds are compared."""
    peak, median = statistics.median(peaks), statistics.median(done)
    print(f"        completed, each second: {done}\n        peak before and after: {peaks}")
    verdicts.judge(median >= peak * arguments.share,
                   f"completed {median:.0f} connections/s, {median / peak:.2f} of the peak {peak:.0f}")


def judge_after(verdicts, arguments, honest, since_end, stalled):
    """`since_end`: seconds from the start of the honest clients' first row to the end of the flood."""
    totals, rows = honest["totals"], honest["series"]
    verdicts.judge(not any(totals["failed"].values()) or stalled,
                   f"no honest connection failed{', but for stalls' if stalled else ''}: {totals['failed']}")
    during = [row["established"] for row in rows if 1 < row["t_s"] < since_end]
    after = [row for row in rows if row["t_s"] - 1 >= since_end + 0.5][:2]
    print(f"        honest clients, each second: {during} during, {[row['established'] for row in after]} after")
    normal = arguments.cps * arguments.normal
    verdicts.judge(stalled or bool(after) and all(row["established"] >= normal for row in after),
                   f"within a second after the flood honest clients are served at their rate, {arguments.cps}/s")


def judge_baseline(verdicts, arguments, server, before_kib, after_kib):
    totals, memory = server["totals"], server["memory"]
    left = {"in_flight": totals["in_flight"], "time_wait": totals["time_wait"], "table": memory["table"]["used"],
            "records": server["series"][-1]["records"], "mbufs": memory["mbufs"]["used"]}
    verdicts.judge(not any(left.values()), f"all is given back: {left}")
    # On a machine that others use as well, the source may stand still for longer than the server's line to it lasts.
    explained = {"tcp_syn_behind", "tcp_syn_reserve"}
    if arguments.short:
        explained |= {"out_full", "port_refused", "tcp_syn_synchronized", "tcp_listen_flags"}
    unexplained = set(totals["drops"]) - explained
    verdicts.judge(not unexplained and totals["established"] == totals["closed_by"]["fin"],
                   f"established {totals['established']}, closed in order {totals['closed_by']['fin']}; "
                   f"drops of other kinds: {unexplained or 'none'}")
    # Pages that are touched for the first time make no difference here; rows of the series may.
    verdicts.judge(abs(after_kib - before_kib) <= 1024, f"mapped: {before_kib} KiB before, {after_kib} KiB after")


def prove(place, arguments):
    verdicts = Verdicts()
    peaks = measure_peak(place, 2 if arguments.short else arguments.peak)
    peak = statistics.median(peaks)
    print(f"peak: {peak:.0f} connections/s, 600 in flight", flush=True)
    server = place.serve("serve")
    served = time.monotonic()
    warm_honest = place.load("warm", "--cps", str(arguments.cps), "--connections", str(2 * arguments.cps),
                             honest=True, nice=0 if arguments.short else 10).report()
    # From addresses of its own: a connection that has lost a frame may still be there when the flood begins.
    warm, _, _ = place.flood(0, 1, 1, "-z", "50", "-s", "198.19.0.1")
    before_kib = server.kib("VmSize")
    seconds = 3 if arguments.short else arguments.seconds
    honest = place.load("honest", "--cps", str(arguments.cps), "--connections", str(arguments.cps * (seconds + 12)),
                        honest=True, nice=0 if arguments.short else 10)
    started = time.monotonic()
    time.sleep(2)
    source, begun, ended = place.flood(0 if arguments.short else 2 * peak, seconds, 3, "-z", "50")
    print(f"source: {source['cycles_per_packet']:.0f} cycles a packet, {source['cycles_per_connection']:.0f} a "
          f"connection with the SYNs that came to nothing; {source['refused_syns']} SYNs found the ring full, "
          f"{source['late_syns']} were late; flood of {ended - begun:.1f} s")
    honest_report = honest.report(seconds=seconds + 60)
    time.sleep(2)
    after_kib = server.kib("VmSize")
    report = server.stop()
    source["syns"] += warm["syns"]
    judge_offer(verdicts, arguments, peak, source, report, [warm_honest, honest_report])
    done = [row["established"] for row in report["series"]
            if row["t_s"] - 1 > begun - served + 0.1 and row["t_s"] < ended - served - 0.1]
    judge_rate(verdicts, arguments, peaks + ([] if arguments.short else measure_peak(place, arguments.peak)), done)
    judge_after(verdicts, arguments, honest_report, ended - started,
                arguments.short and stood_still(report, honest_report))
    judge_baseline(verdicts, arguments, report, before_kib, after_kib)
    return verdicts.failed


def main():
    parser = parser_of_offer(__doc__)
    parser.add_argument("--peak", type=int, default=10, help="seconds for which the peak is measured, before and after")
    arguments = parser.parse_args()
    arguments.share, arguments.normal = (0.05, 0.5) if arguments.short else (0.9, 0.95)
    return run_in_place(prove, arguments)


if __name__ == "__main__":
    sys.exit(main())
