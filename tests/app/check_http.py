#!/usr/bin/env python3
"""Runs quern bench in HTTP over a cable and prints TAP: check_http.py QUERN SCHEMA."""

import json
import signal
import subprocess
import sys

from app_ip import command
from check_runs import BENCH, COUNTED, assert_clean, assert_sound, run, run_cases


def expect_requests(result, count=None):
    """All requests that were sent were answered well, and each answer was timed."""
    requests = result["totals"]["requests"]
    wanted = {"sent": count or requests["sent"], "ok": count or requests["sent"], "bad_status": 0, "bad_body": 0,
              "malformed": 0, "corrupt": 0, "cut_short": 0, "in_flight": 0}
    assert requests == wanted, requests
    assert requests["sent"] > 0 and result["totals"]["cut_short"] == 0, result["totals"]
    assert result["latency_ns"]["request"]["count"] == requests["ok"], result["latency_ns"]["request"]
    assert sum(row["requests"] for row in result["series"]) == requests["ok"], result["series"]
    assert result["rate"]["requests_mean"] > 0


def http_once(quern, schema):
    """A request and an answer of a segment each ride on the handshake and the close: six packets."""
    result, text = run(quern, [*COUNTED, "--payload", "http", "--time-wait", "20ms"])
    assert_clean(result, schema)
    expect_requests(result, result["totals"]["closed"])
    assert result["config"]["payload"] == "http" and result["config"]["close"] == "server", result["config"]
    mix = result["config"]["http"].pop("mix")
    assert result["config"]["http"] == {"path": "/", "requests": 1, "body": 1024, "root": None}, result["config"]
    assert [(one["method"], one["path"], one["weight"]) for one in mix] == [("GET", "/", 1)], mix
    assert [one["name"] for one in result["requests"]] == ["GET /"], result["requests"]
    assert result["requests"][0]["ok"] == result["totals"]["statuses"]["2xx"] == result["totals"]["requests"]["ok"]
    assert abs(result["totals"]["packets_per_connection"] - 6) < 0.01, result["totals"]
    assert result["totals"]["closed_by"]["fin"] == result["totals"]["closed"], result["totals"]
    assert " rps=" in text and "request time  p50" in text, text


def http_kept(quern, schema):
    result, _ = run(quern, ["bench", "--memory", "4k", "--payload", "http", "--requests", "7", "--connections", "500",
                            "--cps", "20k"])
    assert_clean(result, schema)
    expect_requests(result, 3500)
    assert result["totals"]["closed_by"]["fin"] == 500 and result["totals"]["in_flight"] == 0, result["totals"]


def http_endless(quern, schema):
    """Connections that last as long as the run are opened in the warm-up: their requests count, they do not."""
    for close, how in (("client", "fin"), ("rst", "reset")):
        result, _ = run(quern, [*BENCH, "--payload", "http", "--requests", "0", "--cc", "50", "--close", close])
        assert_clean(result, schema)
        expect_requests(result)
        totals = result["totals"]
        assert totals["opened"] == 50 and totals["closed_by"][how] == 50, (close, totals)
    result, _ = run(quern, [*BENCH, "--payload", "http", "--requests", "0", "--cc", "50", "--warmup", "500ms"])
    assert_sound(result, schema)
    expect_requests(result)
    assert result["verdict"] == "pass" and result["totals"]["opened"] == 0, result["totals"]


def http_ends_in_time(quern, schema):
    """By count and by the clock, whichever is first; and by Ctrl-C. Connections end in order all the same."""
    words = ["--memory", "4k", "--payload", "http", "--connections", "10", "--cps", "10k", "--requests", "1G"]
    result, _ = run(quern, ["bench", *words, "-d", "1s"])
    assert_clean(result, schema)
    expect_requests(result)
    totals = result["totals"]
    assert totals["opened"] == 10 and totals["closed_by"]["fin"] == 10, totals
    with subprocess.Popen([quern, *command(["bench", *words, "--json", "-"])], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert " rps=" in process.stderr.readline() + process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 130, process.returncode
    result = json.loads(out)
    assert_sound(result, schema)
    expect_requests(result)
    assert result["totals"]["closed_by"]["fin"] == 10, result["totals"]


def http_held(quern, schema):
    result, _ = run(quern, [*BENCH, "--payload", "http", "--requests", "2", "--cc", "100", "--hold", "100ms"])
    assert_clean(result, schema)
    expect_requests(result, 2 * result["totals"]["opened"])
    assert 500 < result["totals"]["opened"] < 1500, result["totals"]
    assert result["totals"]["closed_by"]["fin"] == result["totals"]["opened"], result["totals"]


def http_bodies(quern, schema):
    """Nothing, a segment, what goes with the head and one more, more than the send queue holds."""
    for size in ("0", "1330", "2048", "65536", "3M"):
        count = 20 if size == "3M" else 500
        for requests in ("1", "3"):
            result, _ = run(quern, ["bench", "--memory", "4k", "--payload", "http", "--connections", str(count),
                                    "--body", size, "--requests", requests, "--cc", "20"])
            assert_clean(result, schema)
            expect_requests(result, count * int(requests))
    assert result["totals"]["bytes"]["rx"] > 60 * 3000000, result["totals"]


def main(quern, schema_path):
    cases = [http_once, http_kept, http_endless, http_ends_in_time, http_held, http_bodies]
    return run_cases(quern, schema_path, cases)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(*sys.argv[1:]))
