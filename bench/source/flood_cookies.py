#!/usr/bin/env python3
"""Floods a server with SYNs that nobody stands behind, as fast as a core can send them, while honest clients connect.

usage: flood_cookies.py QUERN SOURCE [--seconds 20] [--cps 2000] [--nice -10] [--cpus 0,1] [--memory auto] [--short]

quern serve has one core, two ports, and --syn-cookies auto. The source sends SYNs at one port and counts what they
draw; at the other port honest clients open connections at a steady rate, before and in the flood. They share the
source's core, which it leaves to them for 50 us in every 2 ms. --short is the test of the ordinary run: two seconds,
and no bound on times, since others use the machine as well.
"""
import sys

from offer import Verdicts, parser_of_offer, run_in_place, syns_seen

HALF_OPEN = 8192


def judge_honest(verdicts, arguments, quiet, flooded):
    for name, report in (("before", quiet), ("in the flood", flooded)):
        times = report["latency_ns"]["setup_from_schedule"]
        done, again = report["totals"]["established"], report["totals"]["retransmits"]
        print(f"        honest clients {name}: {done} connected, p50 {times['p50'] / 1000:.0f} us, "
              f"p99 {times['p99'] / 1000:.0f} us, {again} segments sent again")
    totals, p99_ns = flooded["totals"], flooded["latency_ns"]["setup_from_schedule"]["p99"]
    share = totals["established"] / totals["opened"]
    verdicts.judge(share >= 0.99 or arguments.short and any(worker["stalls"] for worker in flooded["workers"]),
                   f"{100 * share:.2f} % of {totals['opened']} honest connects succeed; failed {totals['failed']}")
    verdicts.judge(arguments.short or p99_ns <= 1e9, f"99 % of them within {p99_ns / 1e6:.1f} ms of their schedule")


def judge_answers(verdicts, source, server, honest):
    totals = server["totals"]
    verdicts.judge(source["syn_acks"] <= source["syns"],
                   f"at most one answer a SYN: {source['syns']} SYNs drew {source['syn_acks']}")
    verdicts.judge(source["resets"] == 0, f"resets that the flood drew: {source['resets']}")
    least = source["syns"] + sum(report["totals"]["opened"] for report in honest)
    again = sum(report["totals"]["retransmits"] for report in honest)
    seen = syns_seen(totals)
    verdicts.judge(least <= seen <= least + again,
                   f"every SYN is accounted for: {seen} at the server, {least} sent, {again} sent again")
    verdicts.judge(totals["cookies"]["sent"] > 0, f"cookies: {totals['cookies']}; drops: {totals['drops']}")


def prove(place, arguments):
    verdicts = Verdicts()
    seconds, nice = (2, 0) if arguments.short else (arguments.seconds, 10)
    server = place.serve("serve", "--syn-cookies", "auto", "--max-connections", str(2 * HALF_OPEN))
    cps = ["--cps", str(arguments.cps), "--connections"]
    quiet = place.load("quiet", *cps, str(2 * arguments.cps), honest=True, nice=nice).report()
    # What is left half-open from the first SYNs on stays so for longer than the flood lasts.
    warm, _, _ = place.flood(HALF_OPEN * 2, 1, 3, "-m", "-z", "50", "-s", "198.19.0.1")
    before = server.kib("VmRSS")
    honest = place.load("honest", *cps, str(arguments.cps * seconds), honest=True, nice=nice)
    source, _, _ = place.flood(0, seconds + 1, 3, "-m", "-z", "50")
    print(f"source: {source['syns_per_s']:.0f} SYNs/s at the server, {source['refused_syns']} found the ring full, "
          f"{source['cycles_per_packet']:.0f} cycles a packet")
    report = honest.report(seconds=seconds + 60)
    after = server.kib("VmRSS")
    served = server.stop()
    for key in ("syns", "syn_acks", "resets"):
        source[key] += warm[key]
    judge_honest(verdicts, arguments, quiet, report)
    judge_answers(verdicts, source, served, [quiet, report])
    # Rows of the report's series are the only thing that may grow.
    verdicts.judge(abs(after - before) <= 1024, f"resident: {before} KiB before, {after} KiB after")
    return verdicts.failed


def main():
    return run_in_place(prove, parser_of_offer(__doc__).parse_args())


if __name__ == "__main__":
    sys.exit(main())
