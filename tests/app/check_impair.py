#!/usr/bin/env python3
"""Runs quern over impaired cables and prints TAP: check_impair.py QUERN SCHEMA."""

import json
import os
import shutil
import subprocess
import sys

from app_ip import IS_IP6, command
from check_runs import assert_clean, assert_sound, run, run_cases

BENCH = ["bench", "--memory", "4k", "--time-wait", "20ms", "--seed", "7", "--connect-timeout", "30s"]
FOUND_BY_SUMS = ("ip_version", "ip_header", "ip_length", "ip_checksum", "tcp_header", "tcp_checksum")
# IPv6 has no sum of its own: another address or protocol is found as such, and class, label and hops, 36 bits of 60
# bytes at least, may be any.
FOUND_AS_SUCH = ("ip_dest", "ip_source", "ip_protocol", "ip_extension", "ip_source_route", "ip_fragment",
                 "tcp_fragment", "icmp_malformed", "udp_malformed", "nd_malformed") if IS_IP6 else ()
UNSEEN = 36 / (60 * 8) if IS_IP6 else 0


def line(result, way):
    found = [entry for entry in result["impaired"] if entry["way"] == way]
    assert len(found) == 1 and found[0]["name"] == "cable" and found[0]["port"] == 0, result["impaired"]
    return found[0]


def assert_adds_up(entry):
    """What came and what was doubled is lost, dropped, handed on, or on its way still."""
    gone = entry["handed_on"] + entry["lost"] + entry["queue_full"] + entry["no_room"]
    assert 0 <= entry["frames"] + entry["duplicated"] - gone < 1000, entry


def assert_share(count, total, share):
    """Within five standard deviations of independent draws."""
    assert abs(count - total * share) <= 5 * (total * share * (1 - share)) ** 0.5 + 1, (count, total, share)


def without_impair_nothing_is_lost_late_or_told_of(quern, schema):
    result, text = run(quern, [*BENCH, "--connections", "5000"])
    assert_clean(result, schema)
    assert result["impaired"] == [] and result["totals"]["retransmits"] == 0, result["totals"]
    assert result["config"]["ports"][0]["impair"] == {"rx": None, "tx": None}, result["config"]
    assert "impaired" not in text, text


def all_text_arrives_over_a_bad_cable_and_the_faults_are_as_many_as_asked_for(quern, schema):
    spec = "delay=500us,jitter=200us,loss=1%,dup=1%,reorder=5%,gap=200us,corrupt=1%,seed=7"
    result, text = run(quern, [*BENCH, "--connections", "3000", "--payload", "bytes:3000", "--impair", spec])
    assert_sound(result, schema)
    totals = result["totals"]
    assert totals["established"] == totals["closed_by"]["fin"] == 3000 and totals["cut_short"] == 0, totals
    for way in ("rx", "tx"):
        entry = line(result, way)
        assert_adds_up(entry)
        assert entry["frames"] > 3000 * 4 and entry["queue_full"] == entry["no_room"] == 0, entry
        assert_share(entry["lost"], entry["frames"], 0.01)
        assert_share(entry["duplicated"], entry["frames"] - entry["lost"], 0.01)
        assert_share(entry["corrupted"], entry["frames"] + entry["duplicated"] - entry["lost"], 0.01)
        assert entry["reordered"] > 0 and entry["delayed"] >= entry["handed_on"], entry
    lost = sum(entry["lost"] + entry["corrupted"] for entry in result["impaired"])
    assert 0 < totals["retransmits"] < 20 * lost, (totals["retransmits"], lost)
    found = sum(totals["drops"].get(reason, 0) for reason in FOUND_BY_SUMS + FOUND_AS_SUCH)
    turned = sum(entry["corrupted"] for entry in result["impaired"])
    assert turned * (1 - UNSEEN) - 10 <= found <= turned, f"{found} of {turned} turned bits were found"
    assert "over an impaired cable" in text and "impaired      cable rx: " in text, text


def frames_come_after_the_delay_and_no_faster_than_the_rate(quern, schema):
    result, _ = run(quern, [*BENCH, "--connections", "500", "--cps", "1k", "--impair", "delay=20ms",
                            "--close", "server"])
    assert_clean(result, schema)
    assert 40e6 <= result["latency_ns"]["setup"]["min"], "an answer was early"
    assert result["latency_ns"]["setup"]["p50"] < 120e6, "three times the delay that was asked for"
    result, _ = run(quern, [*BENCH, "-d", "3s", "--cc", "4", "--payload", "bytes:10000", "--impair",
                            "rate=1M,queue=1s"])
    assert_sound(result, schema)
    most = 1e6 / 8 * (result["duration_s"] + 0.2)
    for way in ("rx", "tx"):
        assert line(result, way)["delayed"] == line(result, way)["frames"] > 0, line(result, way)
    assert result["totals"]["bytes"]["rx"] <= 2 * most, result["totals"]["bytes"]
    assert result["totals"]["closed"] > 0, result["totals"]


def ahead_of_all_others(quern):
    """The words that run it so, where this user may: then what a run shows is its own."""
    first = ["chrt", "-r", "10"]
    may = shutil.which(first[0]) and subprocess.run([*first, "true"], capture_output=True, check=False).returncode == 0
    return (first if may else []) + [quern]


def delay_of_the_line_is_what_set_ups_take(quern, schema):
    """The SYN goes one way and its answer the other."""
    words = ahead_of_all_others(quern)
    for spec, expected_ns in (("dir=tx,delay=5ms", 5e6), ("dir=rx,delay=5ms", 5e6), ("delay=5ms", 10e6)):
        done = subprocess.run([*words, *command([*BENCH, "--connections", "400", "--cps", "1k", "--impair", spec]),
                               "--json", "-"], capture_output=True, text=True, timeout=60, check=False)
        result = json.loads(done.stdout)
        assert_clean(result, schema)
        for times in ("setup", "setup_from_schedule"):
            found = result["latency_ns"][times]
            assert expected_ns <= found["min"], (spec, times, found["min"])
            if len(words) > 1:
                assert found["p50"] <= 1.01 * expected_ns, (spec, times, found["p50"])


def one_way_can_be_bad_and_the_other_good(quern, schema):
    result, _ = run(quern, [*BENCH, "--connections", "3000", "--impair", "dir=tx,loss=3%,burst=3"])
    assert_sound(result, schema)
    assert len(result["impaired"]) == 1, result["impaired"]
    entry = line(result, "tx")
    assert_adds_up(entry)
    assert 0.005 < entry["lost"] / entry["frames"] < 0.1, entry
    assert result["totals"]["established"] == 3000, result["totals"]


def what_would_wait_too_long_for_the_rate_is_dropped_and_told_of(quern, schema):
    result, text = run(quern, ["bench", "--memory", "4k", "-d", "1s", "--cps", "1k", "--connect-timeout", "1s",
                               "--impair", "rate=64k,queue=1ms"])
    assert_sound(result, schema)
    entry = line(result, "tx")
    assert entry["queue_full"] > 500, entry
    assert f"dropped {entry['queue_full']} that would have waited too long" in text.replace(",", ""), text


def each_worker_has_bad_lines_of_its_own(quern, schema):
    core = str(min(os.sched_getaffinity(0)))
    result, _ = run(quern, [*BENCH, "--connections", "2000", "--client-cores", f"{core},{core}", "--server-cores",
                            f"{core},{core}", "--impair", "loss=1%,dup=1%,reorder=5%,delay=100us"])
    assert_sound(result, schema)
    assert result["totals"]["established"] == 2000, result["totals"]
    for way in ("rx", "tx"):
        assert_adds_up(line(result, way))


def main(quern, schema_path):
    return run_cases(quern, schema_path, [
        without_impair_nothing_is_lost_late_or_told_of,
        all_text_arrives_over_a_bad_cable_and_the_faults_are_as_many_as_asked_for,
        frames_come_after_the_delay_and_no_faster_than_the_rate,
        delay_of_the_line_is_what_set_ups_take,
        one_way_can_be_bad_and_the_other_good,
        what_would_wait_too_long_for_the_rate_is_dropped_and_told_of,
        each_worker_has_bad_lines_of_its_own,
    ])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
