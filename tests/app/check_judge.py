#!/usr/bin/env python3
"""Runs quern over a cable against conditions, and prints TAP: check_judge.py QUERN SCHEMA [long]."""

import base64
import json
import os
import subprocess
import sys
import tempfile
import zlib

import jsonschema

from app_cases import play

QUERN, SCHEMA = sys.argv[1:3]
LONG = sys.argv[3:] == ["long"]
BENCH = ["bench", "--memory", "4k", "-q"]


def run(*arguments, code=0):
    """The document of a run and the text beside it."""
    done = subprocess.run([QUERN, *BENCH, *arguments, "--json", "-"], capture_output=True, text=True, timeout=240,
                          check=False)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stderr}"
    document = json.loads(done.stdout)
    with open(SCHEMA, encoding="utf-8") as file:
        jsonschema.validate(document, json.load(file))
    assert document["valid"]["accounting"], document["totals"]
    return document, done.stderr


def repeats_are_one_report_held_against_thresholds():
    document, text = run("-d", "300ms", "--cps", "3k", "--repeat", "3", "--threshold", "failed == 0 && opened == 2700",
                         "--threshold", "cps > 1G", code=99)
    assert document["verdict"] == "fail", document["verdict"]
    assert [row["ok"] for row in document["thresholds"]] == [True, True, False], document["thresholds"]
    runs = document["repeats"]["runs"]
    assert [each["opened"] for each in runs] == [900] * 3, runs
    assert document["totals"]["opened"] == 2700 == sum(row["opened"] for row in document["series"])
    assert 0.8 < document["duration_s"] < 5, document["duration_s"]
    assert document["repeats"]["cps"]["low"] <= document["repeats"]["cps"]["mean"] <= document["repeats"]["cps"]["high"]
    assert [row["t_s"] for row in document["series"]] == sorted(row["t_s"] for row in document["series"])
    assert "✗ cps > 1G" in text and "✓ opened == 2700 (2,700)" in text, text


def count_of(histogram):
    """How many values an HdrHistogram (V2, compressed, base64) has."""
    counts, total, place = zlib.decompress(base64.b64decode(histogram)[8:])[40:], 0, 0
    while place < len(counts):
        word = 0
        for byte in range(9):
            word |= (counts[place] & (0xff if byte == 8 else 0x7f)) << 7 * byte
            place += 1
            if counts[place - 1] < 0x80 or byte == 8:
                break
        total += 0 if word & 1 else word >> 1
    return total


def a_log_of_repeats_is_of_all_runs_one_after_the_other():
    with tempfile.TemporaryDirectory(prefix="qj-") as folder:
        log = os.path.join(folder, "run.hlog")
        document, _ = run("-d", "300ms", "--cps", "3k", "--repeat", "3", "--hlog", log)
        with open(log, encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file]
    assert sum(line.startswith("#[StartTime") for line in lines) == 1, lines[:6]
    started = float(next(line for line in lines if line.startswith("#[StartTime")).split()[1])
    assert abs(started - document["started_at"]) < 0.05, (started, document["started_at"])
    for tag, key in (("setup", "setup"), ("from_schedule", "setup_from_schedule")):
        rows = [line.split(",") for line in lines if line.startswith(f"Tag={tag},")]
        assert sum(count_of(row[4]) for row in rows) == document["latency_ns"][key]["count"] == 2700, rows
        assert len(rows) >= 3, rows
        ends = [(float(row[1]), float(row[1]) + float(row[2])) for row in rows]
        assert all(before[1] <= after[0] + 0.0015 for before, after in zip(ends, ends[1:])), ends
        assert ends[0][0] == 0 and 0.8 < ends[-1][1] < 5, ends


def each_repeat_says_when_it_began_and_what_a_connection_cost():
    document, _ = run("-d", "300ms", "--close", "server", "--time-wait", "20ms", "--client-cores", "1",
                      "--server-cores", "1", "--repeat", "2")
    first, second = document["repeats"]["runs"]
    assert first["started_at"] == document["started_at"] < second["started_at"] - 0.3, (first, second)
    for cost in (document["cost"], first, second):
        assert cost["unpaced"] and 0 < cost["own_cycles_per_connection"] <= cost["cycles_per_connection"], cost


def a_condition_on_seconds_ends_a_run():
    document, text = run("-d", "30s", "--cps", "1k", "--stop-if", "cps > 10", code=1)
    assert document["verdict"] == "fail" and document["stopped"]["expr"] == "cps > 10", document["stopped"]
    assert document["duration_s"] < 5, document["duration_s"]
    assert "stopped       at 1." in text, text


def a_search_finds_the_rate_that_a_condition_allows():
    document, text = run("-d", "60ms", "--search", "failed == 0 && opened <= 900")
    search = document["search"]
    assert 13000 < search["found"] <= 15100, search
    last = search["trials"][-1]
    assert last["confirmation"] and last["ok"] and last["opened"] == document["totals"]["opened"], search
    assert "highest rate with failed == 0 && opened <= 900" in text, text


def a_search_made_twice_finds_the_same_or_says_that_it_may_not():
    searches = [run("-d", "1s", "--search", "failed == 0 && p99 < 20ms")[0]["search"] for _ in range(2)]
    found = [search["found"] for search in searches]
    print(f"# found {found}, of {[len(search['trials']) for search in searches]} trials, noisy "
          f"{[search['noisy'] for search in searches]}")
    if None in found or max(found) > 1.15 * min(found):
        assert any(search["noisy"] for search in searches), searches


if LONG:
    sys.exit(play([("a search made twice finds the same, or says that it may not",
                    a_search_made_twice_finds_the_same_or_says_that_it_may_not)]))
sys.exit(play([
    ("repeats are one report, held against thresholds", repeats_are_one_report_held_against_thresholds),
    ("a log of repeats is of all runs, one after the other", a_log_of_repeats_is_of_all_runs_one_after_the_other),
    ("each repeat says when it began, and what a connection cost",
     each_repeat_says_when_it_began_and_what_a_connection_cost),
    ("a condition on seconds ends a run", a_condition_on_seconds_ends_a_run),
    ("a search finds the rate that a condition allows", a_search_finds_the_rate_that_a_condition_allows),
]))
