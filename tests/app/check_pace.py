#!/usr/bin/env python3
"""Shapes, ramps, both caps at once and --strict of quern bench, and prints TAP: check_pace.py QUERN SCHEMA."""

import json
import subprocess
import sys

from app_ip import command
from check_runs import assert_clean, run, run_cases

BENCH = ["bench", "--memory", "4k"]


def a_profile_opens_as_many_as_lie_under_it(quern, schema):
    result, text = run(quern, [*BENCH, "--profile", "trapezoid:20k/500ms/500ms/500ms"])
    assert_clean(result, schema)
    assert result["totals"]["opened"] == 20000, result["totals"]
    assert abs(result["duration_s"] - 1.5) < 0.2 and "1.5 s measured\n" in text, text
    assert result["config"]["profile"] == "trapezoid:20k/500ms/500ms/500ms", result["config"]
    assert result["config"]["cps"] == 20000 and result["config"]["duration_ns"] == 1500000000, result["config"]


def a_ramp_is_left_out(quern, schema):
    result, text = run(quern, [*BENCH, "--cps", "10k", "--ramp", "300ms", "--warmup", "100ms", "-d", "500ms"])
    assert_clean(result, schema)
    assert result["totals"]["opened"] == 5000, result["totals"]
    assert "(300 ms ramp and 100 ms warm-up left out)" in text, text


def starts_that_cc_has_no_room_for_wait(quern, schema):
    """100 at once for 100 ms each are 1,000 a second; 20,000 a second are asked for."""
    result, text = run(quern, [*BENCH, "--cps", "20k", "--cc", "100", "--hold", "100ms", "-d", "500ms"])
    assert_clean(result, schema)
    late = result["valid"]["late"]
    assert result["totals"]["opened"] <= 1700 and late["cc"] > 5000, (result["totals"], late)
    assert max(row["in_flight"] for row in result["series"]) <= 100, result["series"]
    assert "held back by --cc" in text, text


def a_generator_that_is_too_slow_is_told(quern, schema):
    """Nothing opens 50 million a second, on a core that it has for itself half of the time at least."""
    words = [*BENCH, "--cps", "50M", "-d", "200ms", "--close", "rst", "--strict", "--json", "-"]
    done = subprocess.run([quern, *command(words)], capture_output=True, text=True, timeout=60, check=False)
    client = json.loads(done.stdout)
    if client["workers"][0]["host_gaps"]["total_ms"] > client["duration_s"] * 500:
        return
    assert done.returncode == 4 and '"verdict": "invalid"' in done.stdout, (done.returncode, done.stderr)
    assert "error: the generator was the bottleneck: " in done.stderr and "RESULT  INVALID" in done.stderr, done.stderr
    assert "--client-cores" in done.stderr and schema, done.stderr


def main(quern, schema_path):
    return run_cases(quern, schema_path, [a_profile_opens_as_many_as_lie_under_it, a_ramp_is_left_out,
                                          starts_that_cc_has_no_room_for_wait, a_generator_that_is_too_slow_is_told])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
