#!/usr/bin/env python3
"""Runs quern forward for real, without a peer that sends something: check_forward.py QUERN SCHEMA; prints TAP."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile

import jsonschema

from app_cases import eventually
from check_runs import run, run_cases

# Both ends of a cable, and a target that nobody has: what is asked for comes back to nobody.
CABLE = ["forward", "--memory", "4k", "-p", "cable", "--ip", "198.18.0.1/24", "-p", "cable", "--ip", "198.19.0.1/24",
         "--listen", "198.18.0.1:53", "--to", "198.19.0.5:5353"]


def assert_sound(result, schema):
    jsonschema.validate(result, schema)
    sessions = result["totals"]["sessions"]
    assert sessions["opened"] == sessions["ended"] + sessions["open"], sessions
    assert result["valid"]["accounting"] is True


def says_what_it_does(quern, schema):
    result, text = run(quern, [*CABLE, "--to", "198.19.0.6:5353", "-d", "2s"])
    assert_sound(result, schema)
    assert result["verdict"] == "pass", result
    assert "quern forward · cable: udp://198.18.0.1:53 to 198.19.0.5:5353, 198.19.0.6:5353 (maglev)" in text, text
    assert "t=1s fwd=0 ret=0 sessions=0 opened=0 ended=0 rxpps=" in text, text
    assert "RESULT  PASS   quern forward   2." in text, text
    assert "sessions      opened 0   ended 0   open at end 0, of 131,072 there may be" in text, text
    assert "core " in text and ": forward, " in text, text
    assert len(result["series"]) in (2, 3), result["series"]
    nothing = {"sessions": 0, "opened": 0, "forwarded": 0, "forwarded_bytes": 0, "returned": 0, "returned_bytes": 0,
               "refused": 0}
    assert result["rules"] == [{"name": "flags", **nothing,
                                "targets": [{"to": to, **nothing, "state": "unchecked", "cause": None, "changes": 0}
                                            for to in ("198.19.0.5:5353", "198.19.0.6:5353")]}], result["rules"]
    assert "198.19.0.6:5353" in text.split("rules ")[1], text


def tells_its_settings(quern, schema):
    result, _ = run(quern, [*CABLE[:-4], "--listen", "198.18.0.1:1000-1999", "--to", "198.19.0.5", "--keep-port",
                            "--balance", "leastsessions", "--idle", "30s", "--max-sessions", "10k",
                            "--source-sessions", "9", "--seed", "7", "-d", "200ms"])
    assert_sound(result, schema)
    config = result["config"]
    assert config["rules"] == [{"name": "flags", "port": 0, "listen": "198.18.0.1:1000-1999",
                                "to": [{"to": "198.19.0.5", "weight": 1}], "balance": "leastsessions",
                                "keep_port": True, "keep_source": False, "one_way": False, "translate": False,
                                "broadcast": False, "answers_refresh": False, "idle_ms": 30000, "rule_sessions": None,
                                "source_sessions": 9, "slow_start_ms": 0, "check": None}], config
    assert config["max_sessions"] == 10000 and config["seed"] == 7, config


def looks_for_its_targets_before_they_are_needed(quern, schema):
    """Over the cable its own other end is asked, of which nobody is the target: the question alone goes out."""
    result, _ = run(quern, [*CABLE, "-d", "500ms"])
    assert_sound(result, schema)
    assert result["totals"]["packets"]["tx"] > 0, result["totals"]
    assert result["totals"]["drops"].get("arp_other", 0) > 0, result["totals"]


def has_a_shard_on_every_port_for_each_core(quern, schema):
    core = str(min(os.sched_getaffinity(0)))
    result, _ = run(quern, [*CABLE, "--cores", f"{core},{core}", "--max-sessions", "1001", "-d", "500ms"])
    assert_sound(result, schema)
    assert [worker["lcore"] for worker in result["workers"]] == [int(core)] * 2, result["workers"]
    assert result["config"]["max_sessions"] == 1002, "each worker has as many, rounded up"


def is_stopped(quern, schema):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.json")
            with subprocess.Popen([quern, *CABLE, "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) as process:
                assert "t=1s fwd=0" in process.stderr.readline()
                process.send_signal(number)
                text, _ = process.communicate(timeout=20)
            assert process.returncode == code, process.returncode
            assert "ABORTED" in text, text
            with open(path, encoding="utf-8") as file:
                result = json.load(file)
            assert result["verdict"] == "aborted"
            assert_sound(result, schema)


def is_quiet(quern, _schema):
    done = subprocess.run([quern, *CABLE, "-d", "1s", "-q"], capture_output=True, text=True, timeout=60, check=False)
    said = [line for line in done.stderr.splitlines() if not line.startswith("warning: worker ")]
    assert done.returncode == 0 and not said, said
    assert "\033" not in done.stdout


def answers_ctl_while_it_runs(quern, _schema):
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TMPDIR": folder, "XDG_RUNTIME_DIR": folder}
        with subprocess.Popen([quern, *CABLE, "-q"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment) as process:
            try:
                assert "udp://" in process.stdout.readline()
                words = [quern, "ctl", "stats", "--json", "--pid", str(process.pid)]
                answers = []

                def has_answered():
                    done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False,
                                          env=environment)
                    answers[:] = [done]
                    return done.returncode == 0
                eventually(has_answered, 10, "ctl stats answers")
                shards = json.loads(answers[0].stdout)["shards"]
                assert [shard["role"] for shard in shards] == ["forward"] * 2, shards
                assert shards[0]["counters"]["udp_forwarded"] == 0, shards[0]["counters"]
                text = subprocess.run([word for word in words if word != "--json"], capture_output=True, text=True,
                                      timeout=20, check=True, env=environment).stdout
                assert "forward  cable" in text and "\ndatagrams" not in text, text
                rules = json.loads(answers[0].stdout)["rules"]
                assert [(rule["name"], rule["targets"]["to"], rule["targets"]["forwarded"]) for rule in rules] == [
                    ("flags", ["198.19.0.5:5353"], [0])], rules
                assert re.search(r"\nrules .*\n +flags .*\n +198.19.0.5:5353 +unchecked( +0){5}\n", text), text
            finally:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=20)


def main(quern, schema_path):
    return run_cases(quern, schema_path,
                     [says_what_it_does, tells_its_settings, looks_for_its_targets_before_they_are_needed,
                      has_a_shard_on_every_port_for_each_core, is_stopped, is_quiet, answers_ctl_while_it_runs])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
