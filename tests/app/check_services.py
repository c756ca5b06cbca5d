#!/usr/bin/env python3
"""Runs several services at once, over a cable and over memif, and prints TAP: check_services.py QUERN SCHEMA."""

import json
import os
import signal
import subprocess
import sys
import tempfile

import jsonschema

from app_cases import end_all, eventually, play

QUERN, SCHEMA = sys.argv[1:3]
COUNTS = ("opened", "established", "closed", "in_flight", "cut_short")


def judged(document):
    """Counts of services are those of the run, taken apart."""
    with open(SCHEMA, encoding="utf-8") as file:
        jsonschema.validate(document, json.load(file))
    assert document["verdict"] in ("pass", "aborted") and document["valid"]["accounting"], document["totals"]
    services, totals = document["services"], document["totals"]
    for key in COUNTS:
        assert sum(each["totals"][key] for each in services) == totals[key], (key, services)
    for key in ("sent", "ok"):
        assert sum(each["totals"]["requests"][key] for each in services) == totals["requests"][key], (key, services)
    assert [each["name"] for each in services] == [each["name"] for each in document["config"]["services"]]
    return {each["name"]: each for each in services}


def a_bench_runs_three_services_side_by_side():
    done = subprocess.run([QUERN, "bench", "--memory", "4k", "-q", "-d", "400ms", "--json", "-", "--service", "web",
                           "--payload", "http", "--requests", "5", "--cc", "8", "--service", "paced", "--cps", "5k",
                           "--service", "echo", "--payload", "echo:100", "--cps", "1k"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    services = judged(document)
    assert services["paced"]["totals"]["opened"] == 2000, services["paced"]["totals"]
    assert services["echo"]["totals"]["opened"] == 400, services["echo"]["totals"]
    assert services["paced"]["totals"]["requests"]["sent"] == 0, services["paced"]["totals"]
    assert services["echo"]["totals"]["requests"]["ok"] == 400, services["echo"]["totals"]
    web = services["web"]
    # Of the eight that are open at the end, requests behind it do not count.
    assert abs(web["totals"]["requests"]["ok"] - 5 * web["totals"]["closed"]) <= 5 * 8, web["totals"]
    assert web["totals"]["requests"]["ok"] > 0, web["totals"]
    assert web["requests"][0]["ok"] == web["totals"]["statuses"]["2xx"] > 0, web["totals"]
    assert web["latency_ns"]["setup"]["count"] == web["totals"]["established"], web["totals"]
    assert sum(each["latency_ns"]["setup"]["count"] for each in services.values()) == \
        document["latency_ns"]["setup"]["count"]
    for line in ("service       web: http://198.19.0.1:80/", "service       echo: tcp://198.19.0.1:82"):
        assert line in done.stderr, done.stderr


def serve_and_load_have_the_same_ones_on_two_workers():
    with tempfile.TemporaryDirectory() as folder:
        socket, processes = os.path.join(folder, "memif.sock"), []

        def start(name, *words):
            log = os.path.join(folder, name + ".log")
            with open(log, "w", encoding="utf-8") as output:
                processes.append(subprocess.Popen(
                    [QUERN, *words, "--memory", "4k", "-q", "--json", os.path.join(folder, name + ".json"),
                     "--time-wait", "1ms"], stdout=output, stderr=output, env={**os.environ, "TMPDIR": folder}))
            return processes[-1], log

        def read(name):
            with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
                return judged(json.load(file))

        def said(log):
            with open(log, encoding="utf-8") as text:
                return text.read()

        try:
            server, log = start("serve", "serve", "-p", f"memif:{socket},server", "--ip", "198.18.0.1/24", "--service",
                                "web", "--http", "--listen", "198.18.0.1:80", "--service", "mirror", "--echo",
                                "--listen", "198.18.0.1:7")
            eventually(lambda: "tcp://198.18.0.1:7" in said(log) or server.poll() is not None, 20, said(log))
            load, load_log = start("load", "load", "-p", f"memif:{socket}", "--ip", "198.18.0.2/24", "-c", "0,0",
                                   "-d", "500ms", "--wait-link", "10s", "--service", "pages", "http://198.18.0.1/",
                                   "--cps", "2k", "--service", "echoes", "tcp://198.18.0.1:7", "--payload",
                                   "echo:64", "--cc", "4", "--requests", "3")
            assert load.wait(40) == 0, said(load_log)
            server.send_signal(signal.SIGINT)
            assert server.wait(20) == 130, said(log)
            clients, servers = read("load"), read("serve")
        finally:
            end_all(processes)
        assert clients["pages"]["totals"]["requests"]["ok"] == servers["web"]["totals"]["requests"]["ok"] == 1000
        assert clients["echoes"]["totals"]["opened"] == servers["mirror"]["totals"]["established"] > 0


sys.exit(play([
    ("a bench runs three services side by side, and reports each", a_bench_runs_three_services_side_by_side),
    ("serve and load have the same ones, and their counts agree", serve_and_load_have_the_same_ones_on_two_workers),
]))
