#!/usr/bin/env python3
"""Has a real prometheus scrape querns, and others mean them no good; prints TAP.

check_metrics_long.py QUERN DOCS BUILD CONTRIB"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from app_cases import end_all, eventually, play
from metrics_contrib import expressions
from metrics_lab import Quern, free_port, lint, tool

QUERN, _, BUILD, CONTRIB = sys.argv[1:5]
CLIENT = 'role="client"'
CONNECTIONS = 6000


class Lab(contextlib.ExitStack):
    """A folder, and the programs that run with it."""

    def __init__(self):
        super().__init__()
        self.folder = self.enter_context(tempfile.TemporaryDirectory())

    def quern(self, name, *words):
        quern = Quern(QUERN, [*words, "--json", f"{self.folder}/{name}.json"], f"127.0.0.1:{free_port()}",
                      {**os.environ, "TMPDIR": self.folder})
        self.callback(quern.kill)
        return quern

    def report(self, name):
        with open(f"{self.folder}/{name}.json", encoding="utf-8") as file:
            return json.load(file)

    def prometheus(self, querns):
        return Prometheus(self, querns)


class Prometheus:
    """A prometheus that scrapes every 200 ms."""

    def __init__(self, lab, querns):
        targets = [{"targets": [quern.where], "labels": {"run": name}} for name, quern in querns.items()]
        config = {"global": {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"},
                  "rule_files": [os.path.abspath(f"{CONTRIB}/prometheus/quern-alerts.yml")],
                  "scrape_configs": [{"job_name": "quern", "static_configs": targets}]}
        with open(f"{lab.folder}/prometheus.yml", "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.where = f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [tool("prometheus", BUILD), f"--config.file={lab.folder}/prometheus.yml",
             f"--storage.tsdb.path={lab.folder}/tsdb", f"--web.listen-address={self.where}", "--log.level=error"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lab.callback(end_all, [self.process])
        eventually(self.is_ready, 30, "prometheus")

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.where}{path}", timeout=10) as answer:
            return answer.read()

    def is_ready(self):
        try:
            return b"eady" in self.get("/-/ready")
        except OSError:
            return False

    def rules(self):
        """Whether each alert can be evaluated: "ok", "unknown" before the first time, or "err"."""
        groups = json.loads(self.get("/api/v1/rules"))["data"]["groups"]
        return [rule["health"] for group in groups for rule in group["rules"]]

    def value(self, query):
        found = json.loads(self.get("/api/v1/query?query=" + urllib.parse.quote(query)))["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    def last(self, sample):
        return self.value(f"last_over_time({sample}[1m])")


def shows_what_there_is(prometheus):
    """Of a load and its server the dashboard shows all but rules of forwarding, reloads and drops."""
    asked = [expression for expression in expressions(CONTRIB)
             if "_udp_" not in expression and "_reloads_" not in expression and "_drops_" not in expression]
    empty = []

    def are_shown():
        empty[:] = [expression for expression in asked if prometheus.value(expression) is None]
        return not empty

    try:
        eventually(are_shown, 6, "the dashboard's panels")
    except AssertionError as wrong:
        raise AssertionError(f"nothing to show: {empty}") from wrong
    eventually(lambda: set(prometheus.rules()) == {"ok"}, 5, f"alerts without errors: {prometheus.rules()}")


def prometheus_has_what_the_reports_have():
    with Lab() as lab:
        memif = f"memif:{lab.folder}/memif"
        serve = lab.quern("serve", "serve", "--discard", "-p", memif + ",server", "--ip", "198.18.0.1/24", "--listen",
                          "198.18.0.1:80").await_up()
        load = lab.quern("load", "load", "tcp://198.18.0.1:80", "-p", memif, "--ip", "198.18.0.2/24", "--cps", "3k",
                         "--connections", str(CONNECTIONS), "--close", "never", "-d", "7s")
        prometheus = lab.prometheus({"serve": serve, "load": load.await_up()})
        lint(serve.scrape(), BUILD)
        lint(load.scrape(), BUILD)
        shows_what_there_is(prometheus)
        text, _ = load.process.communicate(timeout=40)
        assert load.process.returncode == 0, text
        # What the load has reset at its end has reached the server by then, and prometheus has seen it.
        time.sleep(1)
        serve.end()
        served, loaded = lab.report("serve")["totals"], lab.report("load")
        assert loaded["totals"]["opened"] == CONNECTIONS == served["established"], loaded["totals"]
        for name, totals in ("load", loaded["totals"]), ("serve", served):
            for what in "opened", "established":
                told = prometheus.last(f'quern_connections_{what}_total{{run="{name}"}}')
                assert told == totals[what], f"{name}: {what} {told}, and {totals[what]} in the report"
        assert prometheus.last('quern_packets_total{run="serve",dir="rx"}') == served["packets"]["rx"], served
        assert prometheus.last('quern_packets_total{run="serve",dir="tx"}') == served["packets"]["tx"], served
        assert prometheus.last('quern_connections_closed_total{run="serve",how="rst"}') == served["closed_by"]["reset"]
        assert prometheus.last("quern_connection_setup_seconds_count") == CONNECTIONS
        p50 = prometheus.value("histogram_quantile(0.5, last_over_time(quern_connection_setup_seconds_bucket[1m]))")
        right = loaded["latency_ns"]["setup"]["p50"] / 1e9
        assert right / 2.6 < p50 < right * 2.6, f"p50 {p50}, and {right} in the report"
        scrapes = prometheus.value('count_over_time(up{run="load"}[1m])')
        assert scrapes > 15, f"{scrapes} scrapes"


RULES = """kind: forward
ports:
  - {{dev: "memif:{0}/a,server", ip: 198.18.0.1/24}}
  - {{dev: "memif:{0}/b,server", ip: 198.19.0.1/24}}
rules:
  - {{name: dns, listen: "198.18.0.1:53", to: ["198.19.0.2:53"]}}
  - {{name: {1}, listen: "198.18.0.1:54", to: ["198.19.0.2:54"]}}
"""


def write_rules(lab, name):
    with open(f"{lab.folder}/rules.yaml", "w", encoding="utf-8") as file:
        file.write(RULES.format(lab.folder, name))


def forwarding_is_told_by_rule():
    with Lab() as lab:
        write_rules(lab, "ntp")
        forward = lab.quern("forward", "run", f"{lab.folder}/rules.yaml").await_up()
        serve = lab.quern("serve", "serve", "--udp", "-p", f"memif:{lab.folder}/b", "--ip", "198.19.0.2/24",
                          "--listen", "198.19.0.2:53").await_up()
        load = lab.quern("load", "load", "udp://198.18.0.1:53", "-p", f"memif:{lab.folder}/a", "--ip", "198.18.0.2/24",
                         "--pps", "1k", "--flows", "10", "-d", "2s")
        text, _ = load.process.communicate(timeout=40)
        assert load.process.returncode == 0, text
        page = forward.scrape()
        lint(page, BUILD)
        forwarded = page.samples['quern_udp_forwarded_packets_total{rule="dns"}']
        assert page.samples['quern_udp_flows{rule="dns"}'] == 10, page.text
        assert page.samples['quern_udp_forwarded_packets_total{rule="ntp"}'] == 0
        assert "quern_connections_opened_total" not in page.families()
        write_rules(lab, "log")
        forward.process.send_signal(signal.SIGHUP)
        forward.await_sample('quern_config_reloads_total{result="taken"}', 1)
        write_rules(lab, "dns")
        forward.process.send_signal(signal.SIGHUP)
        forward.await_sample('quern_config_reloads_total{result="refused"}', 1)
        page = forward.scrape()
        assert 'quern_udp_flows{rule="log"}' in page.samples and 'quern_udp_flows{rule="ntp"}' not in page.samples
        assert page.samples['quern_udp_forwarded_packets_total{rule="dns"}'] == forwarded
        forward.end()
        serve.end()
        rules = {rule["name"]: rule for rule in lab.report("forward")["rules"]}
        assert rules["dns"]["forwarded"] == forwarded > 500, (rules, forwarded)


def memory_kb(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("RssAnon:"))


def attack(quern, until, text, each):
    """Opens connections and says something on them, as fast as they are taken, until the time is over."""
    host, port = quern.where.split(":")
    held = []
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            sock = socket.create_connection((host, int(port)), timeout=1)
            sock.settimeout(0.2)
            held.append(sock)
            for _ in range(each):
                sock.sendall(text)
            with contextlib.suppress(OSError):
                sock.recv(65536)
        while len(held) > 100:
            held.pop(0).close()
    for sock in held:
        sock.close()


def slow_loris(quern, until):
    host, port = quern.where.split(":")
    held = []
    for _ in range(200):
        with contextlib.suppress(OSError):
            held.append(socket.create_connection((host, int(port)), timeout=0.2))
    while time.monotonic() < until:
        for sock in held:
            with contextlib.suppress(OSError):
                sock.settimeout(0.05)
                sock.sendall(b"G")
        time.sleep(0.2)
    for sock in held:
        sock.close()


def nobody_who_means_it_harm_is_felt():
    """Slow clients, thousands of requests, garbage, endless heads, all at once: the load goes on, and is told."""
    whole = b"GET /metrics HTTP/1.1\r\nHost: q\r\n\r\n"
    with Lab() as lab:
        quern = lab.quern("bench", "bench", "-d", "8s", "--cps", "20k").await_up()
        before, until = memory_kb(quern.process), time.monotonic() + 6
        attackers = [threading.Thread(target=attack, args=(quern, until, *what)) for what in (
            (whole, 10000), (b"\x16\x03\x01garbage\r\n\r\n", 1), (b"GET / HTTP/1.1\r\nA: " + 100000 * b"a", 1000))]
        attackers.append(threading.Thread(target=slow_loris, args=(quern, until)))
        for attacker in attackers:
            attacker.start()
        slowest, scrapes = 0, 0
        while time.monotonic() < until:
            begun = time.monotonic()
            with contextlib.suppress(OSError, AssertionError):
                scrapes += quern.scrape() is not None
            slowest = max(slowest, time.monotonic() - begun)
            time.sleep(0.1)
        after = memory_kb(quern.process)
        descriptors = len(os.listdir(f"/proc/{quern.process.pid}/fd"))
        for attacker in attackers:
            attacker.join()
        text, _ = quern.process.communicate(timeout=40)
        assert quern.process.returncode == 0, text
        totals = lab.report("bench")["totals"]
        assert totals["opened"] == totals["established"] == 8 * 20000, totals
        assert after - before < 8192, f"{before} kB became {after}"
        assert descriptors < 64, f"{descriptors} descriptors"
        assert scrapes >= 3 and slowest < 12, f"{scrapes} scrapes, the slowest {slowest:.1f} s"
        print(f"# {scrapes} scrapes meanwhile, the slowest {slowest:.2f} s; {after - before} kB more")


def main():
    cases = [("forwarding is told by rule, and reloads", forwarding_is_told_by_rule),
             ("nobody who means it harm is felt", nobody_who_means_it_harm_is_felt)]
    if tool("prometheus", BUILD):
        cases.insert(0, ("prometheus has what the reports have", prometheus_has_what_the_reports_have))
    else:
        print("# no prometheus: ./quickstart test unpacks one into the build folder")
    return play(cases)


if __name__ == "__main__":
    sys.exit(main())
