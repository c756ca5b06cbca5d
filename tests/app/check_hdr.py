#!/usr/bin/env python3
"""Has HdrHistogram's own library, in Java, read what quern writes, and prints TAP: check_hdr.py QUERN SAMPLE ORACLE."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

from app_cases import play

JARS = ("/usr/share/java/hdrhistogram.jar", "/usr/share/java/bsh.jar")
FASTER = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
LARGEST = 2**40 - 1
PARTS = ("setup", "setup_from_schedule", "first_byte", "request")
PERCENTILES = {"p50": "50.0", "p90": "90.0", "p99": "99.0", "p999": "99.9", "p9999": "99.99"}


def why_not():
    if shutil.which("java") is None:
        return "no java: apt install default-jre-headless"
    for jar, package in zip(JARS, ("libhdrhistogram-java", "bsh")):
        if not os.path.exists(jar):
            return f"no {jar}: apt install {package}"
    return None


def bucket(value):
    """The least value that is kept as this one: 2,048 buckets, then 1,024 to each doubling."""
    shift = max(0, value.bit_length() - 11)
    return value >> shift << shift


def end_of_bucket(value):
    return value | ((1 << max(0, value.bit_length() - 11)) - 1)


class Told:
    """A line of the oracle."""

    def __init__(self, line):
        name, tag, begin, end, count, least, most, percentiles, buckets = line.split(";")
        self.name, self.tag, self.begin_ms, self.end_ms = name, tag, int(begin), int(end)
        self.count, self.least, self.most = int(count), int(least), int(most)
        self.percentiles = {key: int(value) for key, value in (pair.split("=") for pair in percentiles.split())}
        self.buckets = {int(key): int(value) for key, value in (pair.split(":") for pair in buckets.split())}


def ask(oracle, folder, lines):
    path = os.path.join(folder, "asked")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    done = subprocess.run(["java", *FASTER, "-cp", ":".join(JARS), "bsh.Interpreter", oracle, path],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and ";" in done.stdout, f"{done.stdout[:500]} {done.stderr[:2000]}"
    return [Told(line) for line in done.stdout.split("\n") if line]


def samples():
    """Name and values: each power of two with its neighbours, all over the range, of one bucket, and of times."""
    draw = random.Random(8)
    edges = [value for bit in range(41) for value in (2**bit - 1, 2**bit, 2**bit + 1) if value <= LARGEST]
    yield "edges", edges
    yield "wide", [min(LARGEST, int(2 ** draw.uniform(0, 40))) for _ in range(3000)] + [0, LARGEST]
    yield "one", [12345] * 300
    yield "times", [int(draw.lognormvariate(10, 1)) for _ in range(3000)]
    yield "dense", list(range(3000))
    yield "zero", [0]


def values_from_0_to_2_40_are_read_to_the_bucket(sample, oracle):
    wanted, lines = {}, []
    for name, values in samples():
        text = " ".join(map(str, values))
        done = subprocess.run([sample], input=text, capture_output=True, text=True, timeout=20, check=True)
        numbers, percentiles, hdr = done.stdout.split("\n")[:3]
        wanted[name] = (values, [int(number) for number in numbers.split()], percentiles.split())
        lines += [f"hdr {name} {hdr}", f"values {name} {text}"]
    with tempfile.TemporaryDirectory(prefix="qh-") as folder:
        told = ask(oracle, folder, lines)
    assert len(told) == 2 * len(wanted), [entry.name for entry in told]
    for ours, theirs in zip(told[::2], told[1::2]):
        values, (count, least, most), percentiles = wanted[ours.name]
        assert ours.buckets == theirs.buckets, f"{ours.name}: other buckets"
        assert ours.percentiles == theirs.percentiles, (ours.name, ours.percentiles, theirs.percentiles)
        assert ours.count == theirs.count == count == len(values), ours.name
        assert (least, most) == (min(values), max(values)), ours.name
        assert ours.most == theirs.most == end_of_bucket(most), (ours.name, ours.most, most)
        assert bucket(ours.least) == bucket(theirs.least) == bucket(least), (ours.name, ours.least, least)
        assert sum(ours.buckets.values()) == count and set(ours.buckets) == {bucket(value) for value in values}
        for percentile, value in (pair.split("=") for pair in percentiles):
            found = ours.percentiles[f"{float(percentile)}"]
            # Of Java, percentile 0 is the first value of its bucket. Ours is the last of it else, and never above max.
            assert bucket(int(value)) == bucket(found), (ours.name, percentile, value, found)
            assert percentile == "0" or int(value) == min(found, most), (ours.name, percentile, value, found)


def check_part(part, told, times):
    """The whole as the JSON has it."""
    assert told.count == times["count"], (part, told.count, times["count"])
    assert told.most == end_of_bucket(times["max"]), (part, told.most, times["max"])
    assert bucket(told.least) == bucket(times["min"]), (part, told.least, times["min"])
    for key, percentile in PERCENTILES.items():
        assert times[key] == min(told.percentiles[percentile], times["max"]), (part, key)


def add_up(intervals):
    total = {}
    for entry in intervals:
        for first, count in entry.buckets.items():
            total[first] = total.get(first, 0) + count
    return total


def log_and_json_of_a_run_are_read_and_hold_the_same(quern, oracle, arguments, parts, tags):
    with tempfile.TemporaryDirectory(prefix="qh-") as folder:
        log = os.path.join(folder, "run.hlog")
        done = subprocess.run([quern, *arguments, "--memory", "4k", "-q", "--json", "-", "--hlog", log],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        told = ask(oracle, folder, [f"hdr {part} {result['latency_ns'][part]['hdr']}" for part in parts]
                   + [f"log log {log}"])
    wholes, intervals = told[:len(parts)], told[len(parts):]
    assert {entry.tag for entry in intervals} == set(tags), {entry.tag for entry in intervals}
    for part, tag, whole in zip(parts, tags, wholes):
        check_part(part, whole, result["latency_ns"][part])
        of_tag = [entry for entry in intervals if entry.tag == tag]
        assert add_up(of_tag) == whole.buckets, f"{tag}: the lines of the log do not add up to the whole"
        assert len(of_tag) >= 2, f"{tag}: {len(of_tag)} lines"
        for before, behind in zip(of_tag, of_tag[1:]):
            assert abs(before.end_ms - behind.begin_ms) <= 1, (before.end_ms, behind.begin_ms)
        assert 900 < of_tag[0].end_ms - of_tag[0].begin_ms < 2000, (of_tag[0].begin_ms, of_tag[0].end_ms)


def main(quern, sample, oracle):
    reason = why_not()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    paced = ["bench", "-d", "1500ms", "--cps", "2k", "--payload", "http"]
    return play([
        ("values from 0 to 2^40 are read to the bucket",
         lambda: values_from_0_to_2_40_are_read_to_the_bucket(sample, oracle)),
        ("log and JSON of a run are read, and hold the same",
         lambda: log_and_json_of_a_run_are_read_and_hold_the_same(
             quern, oracle, paced, PARTS, ("setup", "from_schedule", "first_byte", "request"))),
    ])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
