#!/usr/bin/env python3
"""Runs quern for real, over a cable and alone on a tap, and prints TAP: check_runs.py QUERN SCHEMA."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import jsonschema

from app_ip import command, spoken

BENCH = ["bench", "-d", "1s", "--memory", "4k"]
# By count none is under way when packets are counted, however slow the machine is.
COUNTED = ["bench", "-d", "30s", "--connections", "20k", "--memory", "4k"]


def run(quern, arguments, code=0):
    """Runs a command that writes JSON to standard output; returns the document and the text beside it."""
    done = subprocess.run([quern, *command(arguments), "--json", "-"], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stderr}"
    return json.loads(done.stdout), done.stderr


def assert_sound(result, schema):
    """What holds for every run: the schema, the accounts, the series."""
    jsonschema.validate(result, schema)
    totals = result["totals"]
    assert totals["opened"] == totals["established"] + sum(totals["failed"].values()), totals
    assert totals["established"] == totals["closed"] + totals["in_flight"], totals
    assert totals["closed"] == sum(totals["closed_by"].values()), totals
    assert result["valid"]["accounting"] is True
    assert sum(row["opened"] for row in result["series"]) <= totals["opened"]


def assert_clean(result, schema):
    assert_sound(result, schema)
    totals = result["totals"]
    assert result["verdict"] == "pass" and totals["established"] > 0, totals
    assert sum(totals["failed"].values()) == 0, totals
    assert result["latency_ns"]["setup"]["count"] == totals["established"]
    assert result["latency_ns"]["life"]["count"] == totals["closed"]


def each_close(quern, schema):
    for close in ("client", "server", "both", "rst"):
        result, _ = run(quern, [*BENCH, "--close", close, "--time-wait", "20ms"])
        assert_clean(result, schema)
        how = "reset" if close == "rst" else "fin"
        assert result["totals"]["closed_by"][how] == result["totals"]["closed"], (close, result["totals"])


def six_packets(quern, schema):
    result, _ = run(quern, [*COUNTED, "--close", "server", "--time-wait", "20ms"])
    assert_clean(result, schema)
    assert abs(result["totals"]["packets_per_connection"] - 6) < 0.01, result["totals"]


def a_byte_each_way(quern, schema):
    """The request rides on the third ACK; the answer carries the ACK and the server's FIN."""
    result, _ = run(quern, [*COUNTED, "--close", "server", "--payload", "bytes:1", "--time-wait", "20ms"])
    assert_clean(result, schema)
    assert abs(result["totals"]["packets_per_connection"] - 6) < 0.01, result["totals"]
    first_bytes, totals = result["latency_ns"]["first_byte"]["count"], result["totals"]
    assert totals["closed"] <= first_bytes <= totals["established"], (first_bytes, totals)


def nagle(quern, schema):
    """Where each end says all that it has to say at once, Nagle's algorithm costs and saves nothing."""
    for switch in ("on", "off"):
        result, _ = run(quern, [*BENCH, "--connections", "5000", "--close", "server", "--payload", "bytes:1",
                                "--nagle", switch])
        assert_clean(result, schema)
        assert abs(result["totals"]["packets_per_connection"] - 6) < 0.01, result["totals"]
        assert result["config"]["nagle"] is (switch == "on"), result["config"]


def payloads(quern, schema):
    for size in (16, 17, 1460, 1461, 65535):
        for close in ("client", "server"):
            result, _ = run(quern, [*BENCH, "--connections", "2000", "--close", close, "--payload", f"bytes:{size}"])
            assert_clean(result, schema)
            assert result["config"]["payload"] == f"bytes:{size}", result["config"]
            totals = result["totals"]
            assert totals["closed"] == 2000 and totals["cut_short"] == 0, (size, close, totals)
            assert totals["bytes"]["rx"] > 2000 * 2 * size, (size, totals)


def open_loop(quern, schema):
    result, _ = run(quern, [*BENCH, "--cps", "10k", "--warmup", "200ms"])
    assert_clean(result, schema)
    assert result["totals"]["opened"] == 10000, result["totals"]
    assert result["latency_ns"]["setup_from_schedule"]["count"] == 10000
    assert result["latency_ns"]["setup_from_schedule"]["max"] >= result["latency_ns"]["setup"]["max"]


def closed_loop(quern, schema):
    result, _ = run(quern, [*BENCH, "--cc", "2k", "--hold", "100ms"])
    assert_clean(result, schema)
    assert 10000 < result["totals"]["opened"] < 25000, result["totals"]
    assert max(row["in_flight"] for row in result["series"]) <= 2000
    # However many ask at once: over a cable nothing is lost, so none has to ask again.
    result, _ = run(quern, [*BENCH, "--cc", "20k"])
    assert_clean(result, schema)
    assert "tcp_syn_behind" not in result["totals"]["drops"], result["totals"]


def ends_by_count(quern, schema):
    result, _ = run(quern, ["bench", "--memory", "4k", "--connections", "12345"])
    assert_clean(result, schema)
    assert result["totals"]["opened"] == 12345 and result["totals"]["in_flight"] == 0, result["totals"]


def by_cookie(quern, schema):
    """Every SYN is answered by cookie: each comes back once, is taken, and counts as a SYN taken."""
    for close in ("client", "server"):
        result, text = run(quern, [*BENCH, "--connections", "20000", "--close", close, "--payload", "bytes:100",
                                   "--syn-cookies", "always"])
        assert_clean(result, schema)
        totals = result["totals"]
        assert totals["opened"] == totals["syns_taken"] == 20000, totals
        # On a busy machine a client may have had to ask twice.
        assert totals["cookies"]["sent"] >= 20000 and totals["cookies"]["accepted"] == 20000, totals
        assert "SYN cookies   sent 2" in text and "came back 20,000   refused 0" in text, text
        assert result["config"]["syn_cookies"] == "always", result["config"]


def one_core(quern, schema):
    core = str(min(os.sched_getaffinity(0)))
    result, text = run(quern, [*BENCH, "--client-cores", core, "--server-cores", core])
    assert_clean(result, schema)
    assert [worker["role"] for worker in result["workers"]] == ["client+server"], result["workers"]
    assert "opens accounted for" in text and "RESULT  PASS" in text, text


def more_clients_than_there_are_to_hold(quern, schema):
    """A client that may hold none or open none a second leaves its part of --connections to the others."""
    cores = sorted(os.sched_getaffinity(0))[:2]
    for words in (["--cc", "1"], ["--cps", "1"]):
        result, _ = run(quern, ["bench", "--memory", "4k", "--connections", "3", "--client-cores",
                                ",".join(map(str, cores)), "--server-cores", str(cores[0]), *words])
        assert_clean(result, schema)
        assert result["totals"]["closed"] == 3, result["totals"]


def stopped(quern, schema):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.json")
            arguments = [quern, *command(["bench", "-d", "0", "--memory", "4k", "--json", path])]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
                assert "t=1s cps=" in process.stderr.readline()
                process.send_signal(number)
                text, _ = process.communicate(timeout=20)
            assert process.returncode == code, process.returncode
            assert "ABORTED" in text, text
            with open(path, encoding="utf-8") as file:
                result = json.load(file)
            assert result["verdict"] == "aborted"
            assert_sound(result, schema)


def quiet(quern, _schema):
    done = subprocess.run([quern, *command(BENCH), "-q"], capture_output=True, text=True, timeout=60, check=False)
    # A machine that takes a core away for a second is told of in any case.
    said = [line for line in done.stderr.splitlines() if not line.startswith("warning: worker ")]
    assert done.returncode == 0 and not said, said
    assert "\033" not in done.stdout


def can_make_tap():
    return os.geteuid() == 0 and os.path.exists("/dev/net/tun")


def serve_alone(quern, schema):
    result, text = run(quern, ["serve", "--discard", "-p", "tap:qn-serve", "--ip", "198.18.0.1/24", "-d", "2s"])
    assert_sound(result, schema)
    assert result["config"]["kind"] == "serve" and "t=1s cps=0" in text, text


def load_unreachable(quern, _schema):
    begin = time.monotonic()
    words = command(["load", "tcp://198.18.0.2:80", "-p", "tap:qn-load", "--ip", "198.18.0.1/24", "--wait-link", "1s"])
    done = subprocess.run([quern, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, (done.returncode, done.stderr)
    says = "error: target 198.18.0.2: no ARP answer for 198.18.0.2 within 1 s on port tap:qn-load"
    assert spoken(says) in done.stderr, done.stderr
    assert time.monotonic() - begin < 20


def run_cases(quern, schema_path, cases, taps=()):
    """Runs functions of a binary and a schema, and prints TAP; those of `taps` where a tap can be made."""
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    failed = 0
    print(f"1..{len(cases) + len(taps)}")
    for number, case in enumerate([*cases, *taps], 1):
        name = case.__name__.replace("_", " ")
        if case in taps and not can_make_tap():
            print(f"ok {number} - {name} # SKIP needs root and /dev/net/tun")
            continue
        try:
            case(quern, schema)
            print(f"ok {number} - {name}")
        except (AssertionError, ValueError, KeyError, subprocess.TimeoutExpired, jsonschema.ValidationError) as wrong:
            failed += 1
            print(f"not ok {number} - {name}\n# " + str(wrong).replace("\n", "\n# "))
        sys.stdout.flush()
    return 1 if failed else 0


def main(quern, schema_path):
    cases = [each_close, six_packets, a_byte_each_way, payloads, open_loop, closed_loop, ends_by_count, one_core,
             more_clients_than_there_are_to_hold,
             stopped, quiet, by_cookie, nagle]
    return run_cases(quern, schema_path, cases, [serve_alone, load_unreachable])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
