#!/usr/bin/env python3
"""Makes results, and reads them again in all forms, and prints TAP: check_result.py QUERN SCHEMA."""

import csv
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

import jsonschema

from app_cases import eventually, play
from app_page import Page

QUERN, SCHEMA = sys.argv[1:3]
PLOTS = {"rate", "latency", "percentiles"}


def run(*words, code=0):
    done = subprocess.run([QUERN, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stderr}"
    return done


def read(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    with open(SCHEMA, encoding="utf-8") as file:
        jsonschema.validate(document, json.load(file))
    return document


def a_folder_has_all_of_a_run_and_report_prints_it_once_more():
    with tempfile.TemporaryDirectory() as folder:
        place = os.path.join(folder, "a", "b")
        first = run("bench", "--memory", "4k", "-q", "--connections", "3k", "--cps", "2k", "-o", place, "--threshold",
                    "opened == 3000 && failed == 0", "--threshold", "p99 < 1ns", code=99)
        assert sorted(os.listdir(place)) == ["latency.hlog", "report.html", "run.json"], os.listdir(place)
        path = os.path.join(place, "run.json")
        assert first.stdout.endswith(f"files         {path}  report.html  latency.hlog\n"), first.stdout
        document = read(path)
        again = run("report", path, "--html", f"{folder}/again.html", "--junit", f"{folder}/j.xml", "--csv",
                    f"{folder}/s.csv")
        assert again.stdout == first.stdout[first.stdout.index("RESULT"):], again.stdout
        with open(os.path.join(place, "report.html"), encoding="utf-8") as file, \
                open(f"{folder}/again.html", encoding="utf-8") as other:
            text = file.read()
            assert text == other.read()
        page = Page(text)
        assert PLOTS <= page.ids, page.ids
        assert json.loads(page.document) == document
        assert page.links == [] and "http://" not in text.split('id="run">')[0], page.links
        assert "url(" not in text and "@import" not in text
        suite = xml.parse(f"{folder}/j.xml").getroot().find("testsuite")
        assert (suite.get("tests"), suite.get("failures")) == ("5", "2"), suite.attrib
        assert [case.get("name") for case in suite if case.find("failure") is not None] == ["verdict", "p99 < 1ns"]
        with open(f"{folder}/s.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert sum(int(row["opened"]) for row in rows) == 3000, rows
        run("bench", "--memory", "4k", "-q", "-d", "100ms", "-o", place)
        os.rename(path, os.path.join(place, "other.json"))
        told = run("bench", "-d", "100ms", "-o", place, code=2).stderr
        assert "--out" in told and "not empty" in told, told


def two_runs_are_merged_bucket_by_bucket():
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.json" for name in ("left", "right", "both")]
        for path, cps in zip(paths, ("1k", "2k")):
            run("bench", "--memory", "4k", "-q", "--connections", cps, "--cps", cps, "--threshold", "opened >= 1500",
                "--json", path, code=99 if cps == "1k" else 0)
        # A machine that others use may stretch a second.
        altered(paths[1], duration_s=read(paths[0])["duration_s"])
        text = run("merge", *paths[:2], "--json", paths[2]).stdout
        left, right, both = (read(path) for path in paths)
        for times in ("setup", "life"):
            parts = [document["latency_ns"][times] for document in (left, right, both)]
            assert parts[2]["count"] == parts[0]["count"] + parts[1]["count"] == 3000, parts
            assert parts[2]["max"] == max(parts[0]["max"], parts[1]["max"])
            assert min(p["p50"] for p in parts[:2]) <= parts[2]["p50"] <= max(p["p50"] for p in parts[:2]), parts
        assert both["totals"]["opened"] == 3000 and both["thresholds"][0]["ok"] is True, both["thresholds"]
        assert len(both["workers"]) == 4 and both["config"]["merged"] == paths[:2]
        assert "opened 3,000" in text and both["verdict"] == "pass", text
        assert "the same run as" in run("merge", paths[0], paths[0], code=2).stderr
        short = altered(paths[1], f"{folder}/short", duration_s=0.5)
        assert "lasted more than 1 %" in run("merge", paths[0], short, code=2).stderr


def altered(path, into=None, **values):
    """Writes a result with other values, over it or into another file, whose path is returned."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    document.update(values)
    with open(into or path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return into or path


def has_all_forms_of_an_aborted_run(folder, told):
    document = read(f"{folder}/run.json")
    assert document["verdict"] == "aborted" and document["valid"]["accounting"], document["totals"]
    with open(f"{folder}/report.html", encoding="utf-8") as file:
        assert json.loads(Page(file.read()).document) == document
    assert xml.parse(f"{folder}/j.xml").getroot().find("testsuite").get("failures") == "1"
    with open(f"{folder}/latency.hlog", encoding="utf-8") as file:
        assert "#[Histogram log format version 1.3]" in file.read()
    assert told.endswith(run("report", f"{folder}/run.json").stdout), told
    return document


def listens_to_signals(process):
    """From the beginning of main() on; what comes while the program is loaded ends it with nothing to tell."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        caught = next(line for line in status if line.startswith("SigCgt:"))
    return int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1


def a_signal_at_any_time_leaves_all_forms_whole():
    """Before the engine is there, in the ramp, measuring, and while set-ups that nobody answers are waited for."""
    ramps = ("-d", "20s", "--warmup", "0", "--ramp", "1500ms")
    moments = [(0.05, ramps), (1.8, ramps), (3.2, ramps), (2.5, ("-d", "500ms", "--impair", "loss=100%"))]
    with tempfile.TemporaryDirectory() as folder:
        begin, runs = time.monotonic(), []
        for i, (after_s, words) in enumerate(moments):
            place = f"{folder}/{i}"
            runs.append((after_s, place, subprocess.Popen(
                [QUERN, "bench", "--memory", "4k", "-q", "--cps", "200", *words, "-o", place, "--junit",
                 f"{folder}/{i}.xml"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)))
        for after_s, place, process in sorted(runs, key=lambda one: one[0]):
            time.sleep(max(0, begin + after_s - time.monotonic()))
            eventually(lambda: listens_to_signals(process), 10, "quern does not catch SIGINT")
            process.send_signal(signal.SIGINT)
        for after_s, place, process in runs:
            text, errors = process.communicate(timeout=30)
            assert process.returncode == 130, (after_s, process.returncode, errors)
            os.rename(f"{place}.xml", f"{place}/j.xml")
            has_all_forms_of_an_aborted_run(place, text)


def what_is_no_result_is_refused_with_its_place():
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/x.json"
        for text, says in (("", "x.json:1:"), ("{", "x.json:1:"), ("[1]", "schema"),
                           ('{"schema": "other/1"}', "other/1"), ('{"schema": "quern-run/1"}', "without 'tool'"),
                           ("\x00\xff", "x.json:1:")):
            with open(path, "w", encoding="latin-1") as file:
                file.write(text)
            told = run("report", path, code=2).stderr
            assert says in told, (text, told)
        assert "a folder" in run("report", folder, code=2).stderr
        assert "No such file" in run("report", f"{folder}/none", code=2).stderr
        assert "quern compare a b" in run("report", "a", "b", code=2).stderr


sys.exit(play([
    ("a folder has all of a run, and report prints it once more",
     a_folder_has_all_of_a_run_and_report_prints_it_once_more),
    ("two runs are merged bucket by bucket", two_runs_are_merged_bucket_by_bucket),
    ("a signal at any time leaves all forms whole, marked aborted", a_signal_at_any_time_leaves_all_forms_whole),
    ("what is no result is refused with its place", what_is_no_result_is_refused_with_its_place),
]))
