#!/usr/bin/env python3
"""Scrapes querns that run for a few seconds, and prints TAP: check_metrics.py QUERN DOCS BUILD CONTRIB."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

from app_cases import play
from metrics_contrib import complaints
from metrics_lab import Quern, free_port, lint, tool

QUERN, DOCS, BUILD, CONTRIB = sys.argv[1:5]
ONLY_OF_FORWARD = {"quern_udp_forwarded_packets_total", "quern_udp_flows", "quern_config_reloads_total"}


def documented_labels():
    with open(DOCS, encoding="utf-8") as page:
        rows = re.findall(r"^\| `(quern_[a-z_]+)` \| [a-z]+ \| (.*?) \|", page.read(), re.M)
    return {name: set(re.findall(r"[a-z]+", labels)) for name, labels in rows}


def documented():
    return set(documented_labels())


def contrib_names_what_there_is():
    quern = Quern(QUERN, ["bench", "-d", "0", "--cc", "1", "--hold", "9s"], f"127.0.0.1:{free_port()}")
    try:
        samples = quern.await_up().scrape().samples
        quern.end()
    finally:
        quern.kill()
    told = {label for key in samples for label in re.findall(r'([a-z]+)="', key)}
    assert told - {"le"} <= set().union(*documented_labels().values()), told
    wrong = list(complaints(CONTRIB, samples, documented_labels()))
    assert not wrong, wrong
    promtool = tool("promtool", BUILD)
    if promtool:
        done = subprocess.run([promtool, "check", "rules", f"{CONTRIB}/prometheus/quern-alerts.yml"], text=True,
                              capture_output=True, timeout=30, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def counters_never_fall_over_several_runs():
    quern = Quern(QUERN, ["bench", "-d", "400ms", "--cps", "5k", "--repeat", "3", "--json", "-"],
                  f"127.0.0.1:{free_port()}")
    pages, last = 0, {}
    try:
        quern.await_up()
        lint(quern.scrape(), BUILD)
        with contextlib.suppress(OSError, http.client.HTTPException):
            while quern.process.poll() is None:
                page = quern.scrape()
                assert page.families() == documented() - ONLY_OF_FORWARD, page.families() ^ documented()
                for key, value in page.counters().items():
                    assert value >= last.get(key, 0), f"{key} fell from {last[key]} to {value}"
                last, pages = page.counters(), pages + 1
        text, _ = quern.process.communicate(timeout=30)
        assert quern.process.returncode == 0, text
    finally:
        quern.kill()
    assert pages > 5, pages
    count = last['quern_connection_setup_seconds_count{role="client"}']
    assert count > 2500, f"{count} set-ups of 6000 were told"
    assert last['quern_connections_established_total{role="client"}'] >= count


def refused(words, says):
    done = subprocess.run([QUERN, "bench", "-d", "100ms", "--memory", "4k", "-q", *words], capture_output=True,
                          text=True, timeout=30, check=False)
    assert done.returncode == 3 and says in done.stderr and "RESULT" not in done.stdout, (done, says)


def answers_what_there_is(quern):
    answer, text = quern.ask("HEAD")
    assert answer.status == 200 and int(answer.getheader("Content-Length")) > 10000 and text == "", text
    answer, text = quern.ask(path="/")
    assert answer.status == 200 and "/metrics" in text, text
    assert quern.ask(path="/other")[0].status == 404
    answer, _ = quern.ask("POST")
    assert answer.status == 405 and answer.getheader("Allow") == "GET, HEAD", answer.getheaders()


def the_last_page_is_the_report():
    """At a UNIX socket, where a dead one lay. All that is opened stays open: the page stands still before the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.sock")
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(path)
        quern = Quern(QUERN, ["bench", "-d", "0", "--cc", "300", "--hold", "100s", "--json", f"{folder}/run.json"],
                      f"unix:{path}")
        try:
            quern.await_up()
            refused(["--metrics", f"unix:{path}"], "a program that runs listens there: choose another path")
            quern.await_sample('quern_connections_active{role="server",state="established"}', 300)
            page = quern.scrape()
            answers_what_there_is(quern)
            quern.end()
        finally:
            quern.kill()
        assert not os.path.exists(path), "the socket is left"
        with open(f"{folder}/run.json", encoding="utf-8") as file:
            document = json.load(file)
    totals, samples = document["totals"], page.samples
    assert document["config"]["metrics"] == f"unix:{path}", document["config"]
    for role in "client", "server":
        assert samples[f'quern_connections_opened_total{{role="{role}"}}'] == totals["opened"] == 300, totals
        assert samples[f'quern_connections_established_total{{role="{role}"}}'] == totals["established"], totals
    assert samples['quern_connection_setup_seconds_count{role="client"}'] == 300
    assert samples['quern_connections_failed_total{role="client",reason="timeout"}'] == 0


def an_address_in_use_is_told_before_the_run():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused(["--metrics", f"127.0.0.1:{other.getsockname()[1]}"], "Address already in use; another program listens")


if __name__ == "__main__":
    sys.exit(play([
        ("counters never fall over several runs, and every name is documented", counters_never_fall_over_several_runs),
        ("the last page is the report, and the socket goes with the run", the_last_page_is_the_report),
        ("the dashboard and the alerts name what there is", contrib_names_what_there_is),
        ("an address in use is told before the run", an_address_in_use_is_told_before_the_run),
    ]))
