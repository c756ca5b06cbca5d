#!/usr/bin/env python3
"""Runs quern over a cable against conditions, and prints TAP: check_judge.py QUERN SCHEMA [long]."""

import json
import subprocess
import sys

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
    ("a condition on seconds ends a run", a_condition_on_seconds_ends_a_run),
    ("a search finds the rate that a condition allows", a_search_finds_the_rate_that_a_condition_allows),
]))
