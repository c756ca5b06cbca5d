#!/usr/bin/env python3
"""Asks running querns by `quern ctl` and by telemetry's socket, and prints TAP: check_ctl.py QUERN."""

import contextlib
import glob
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from app_cases import end_all, eventually, play
from app_ip import command, spoken

HELD = 50000
HOLD = ["bench", "-d", "0", "--cc", str(HELD), "--hold", "100s"]
COUNTERS = {"opened_active", "opened_passive", "established", "rx_packets", "tx_packets", "timer_lag_ms_max"}


class Place:
    """A folder of its own for runtime files, and the querns that run with it."""

    def __init__(self, quern, folder):
        self.quern, self.folder, self.processes = quern, folder, []
        self.environment = {**os.environ, "TMPDIR": folder}

    def start(self, *words):
        process = subprocess.Popen([self.quern, *command(words), "--memory", "4k", "-q"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.environment)
        self.processes.append(process)
        eventually(lambda: self.sockets(process) or process.poll() is not None, 20, "telemetry's socket")
        eventually(lambda: self.can_be_asked(process), 20, f"an answer of {' '.join(words)}")
        return process

    def can_be_asked(self, process):
        assert process.poll() is None, f"quern ended with {process.returncode}"
        return self.ctl("stats", "--json", "--pid", process.pid).returncode == 0

    def sockets(self, process):
        return glob.glob(f"{self.folder}/quern-{process.pid}-*/dpdk/*/dpdk_telemetry.v2")

    def ctl(self, *words):
        return subprocess.run([self.quern, "ctl", *map(spoken, map(str, words))], capture_output=True, text=True,
                              timeout=60, env=self.environment, check=False)

    def said(self, *words):
        done = self.ctl(*words)
        assert done.returncode == 0 and not done.stderr, f"{words} ends with {done.returncode}: {done.stderr}"
        return done.stdout

    def holding(self):
        """A bench that holds HELD connections, and opens no more."""
        process = self.start(*HOLD)

        def is_full():
            shards = json.loads(self.said("stats", "--json", "--pid", process.pid))["shards"]
            return all(shard["states"]["established"] == HELD for shard in shards)

        eventually(is_full, 40, f"{HELD} connections")
        return process


class Telemetry:
    """The socket itself, as any program may use it."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.hello = json.loads(self.socket.recv(1024))

    def ask(self, question):
        self.socket.send(question.encode())
        text = self.socket.recv(65536)
        assert len(text) < self.hello["max_output_len"], f"{question}: {len(text)} bytes"
        return json.loads(text)[question.split(",", maxsplit=1)[0]]


def stop(process, code=130):
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == code, process.returncode


def assert_fails(done, code, *says):
    assert done.returncode == code, f"exit code {done.returncode} instead of {code}: {done.stderr}"
    assert done.stderr.startswith("error: "), done.stderr
    for words in says:
        assert words in done.stderr, f"'{words}' is missing in: {done.stderr}"


def none_runs(place):
    for words in (["stats"], ["conns"], ["stats", "--json"]):
        assert_fails(place.ctl(*words), 1, "error: no quern runs", "\n  Start one, e.g. quern bench")
    assert_fails(place.ctl("stats", "--pid", 1), 1, "error: no quern with process id 1", "\n  List those")


def wrong_words(place):
    assert_fails(place.ctl(), 2, "needs a word: stats, conns, top, rate, stop or reload")
    assert_fails(place.ctl("conns", "--state", "OPEN"), 2, "accepted is SYN-SENT", "TIME-WAIT")
    assert_fails(place.ctl("conns", "--local", "1.2.3"), 2, "ADDR, ADDR:PORT or :PORT")
    assert "example: quern ctl conns" in place.said("--help")


def stats_add_up(place):
    process = place.holding()
    with open(f"/proc/{process.pid}/maps", encoding="ascii") as maps:
        assert "librte_net_ixgbe" not in maps.read(), "a driver that nobody has asked for was loaded"
    stats = json.loads(place.said("stats", "--json"))
    assert stats["pid"] == process.pid and "bench" in stats["command"], stats
    assert [shard["role"] for shard in stats["shards"]] == ["client", "server"], stats["shards"]
    assert sorted(number for worker in stats["workers"] for number in worker["shards"]) == [0, 1], stats["workers"]
    for shard in stats["shards"]:
        assert COUNTERS <= shard["counters"].keys(), shard["counters"]
        assert shard["states"]["established"] == HELD == shard["memory"]["connections_used"], shard
        begun = shard["counters"]["opened_active" if shard["role"] == "client" else "established"]
        assert begun == HELD + sum(shard["ended"].values()), shard
        assert shard["device"] == "cable" and all(shard["drops"].values()), shard
    text = place.said("stats")
    for words in ("shard  role", "ESTABLISHED 50,000", "client", "server", "connections 50,000 of "):
        assert words in text, f"'{words}' is missing in: {text}"
    stop(process)


def what_bad_lines_do(place):
    process = place.start("bench", "-d", "0", "--cps", "1k", "--impair", "dir=tx,loss=5%")

    def ports():
        return json.loads(place.said("stats", "--json"))["ports"]

    eventually(lambda: ports()[0]["impaired"]["tx"]["lost"] > 0, 20, "a lost frame")
    assert [port["driver"] for port in ports()] == ["net_ring", "net_ring"] and ports()[1]["impaired"] == {}, ports()
    text = place.said("stats")
    assert "\nimpaired  0 cable        tx  frames " in text and "  lost " in text, text
    stop(process)


def each_connection_once(place):
    process = place.holding()
    lines = place.said("conns").splitlines()
    assert lines[0].split()[:3] == ["state", "local", "remote"], lines[0]
    assert len(lines) == 1 + 2 * HELD == 1 + len(set(lines[1:])), len(lines)
    rows = json.loads(place.said("conns", "--json"))
    for role, near in (("client", "local"), ("server", "remote")):
        ends = {row[near] for row in rows if row["role"] == role}
        assert len(ends) == HELD, (role, len(ends))
        far = {row["remote" if near == "local" else "local"] for row in rows if row["role"] == role}
        assert far == {spoken("198.19.0.1:80")}, far
    assert {row["local"] for row in rows if row["shard"] == 0} == {row["remote"] for row in rows if row["shard"] == 1}
    stop(process)


def filters(place):
    process = place.holding()
    one = place.said("conns", "--limit", 1, "--local", ":80").split("\n")[1].split()
    assert one[0] == "ESTABLISHED" and one[1] == spoken("198.19.0.1:80"), one
    address, port = one[2].rsplit(":", 1)
    clients = [row["local"].rsplit(":", 1) for row in json.loads(place.said("conns", "--json")) if row["shard"] == 0]
    for words, count in ((["--local", one[2]], 1), (["--remote", one[2]], 1), (["--local", ":80"], HELD),
                         (["--local", one[2], "--state", "TIME-WAIT"], 0), (["--local", "198.19.0.2"], 0),
                         (["--local", address, "--remote", ":80"], sum(client[0] == address for client in clients)),
                         (["--remote", f":{port}"], sum(client[1] == port for client in clients)),
                         (["--state", "CLOSING", "--state", "established"], 2 * HELD), (["--limit", 2345], 2345)):
        rows = json.loads(place.said("conns", "--json", *words))
        assert len(rows) == count, (words, len(rows))
    assert place.said("conns", "--state", "LAST-ACK", "--json") == "[]\n"
    stop(process)


def telemetry_by_itself(place):
    process = place.holding()
    telemetry = Telemetry(place.sockets(process)[0])
    assert telemetry.hello["pid"] == process.pid
    assert {"/quern/conns", "/quern/stats", "/quern/workers"} <= set(telemetry.ask("/"))
    seen, cursor, pages = set(), "0.0", 0
    while cursor:
        page = telemetry.ask(f"/quern/conns,cursor={cursor},state=established")
        names = list(zip([page["shard"]] * page["count"], page["local"], page["remote"], page["state"]))
        assert len(names) == page["count"] <= 100 and not seen.intersection(names), page
        assert page["skipped"] == 0, page
        seen.update(names)
        cursor, pages = page.get("cursor"), pages + 1
    assert len(seen) == 2 * HELD and {name[3] for name in seen} == {"ESTABLISHED"}, len(seen)
    assert 2 * HELD / 100 <= pages < 3 * HELD / 100, pages
    assert "error" in telemetry.ask("/quern/conns,limit=101")
    assert telemetry.ask("/quern/nothing") is None
    stop(process)


def several_run(place):
    one = place.start("bench", "-d", "0", "--cps", "100")
    two = place.start("serve", "--discard", "-p", f"memif:{place.folder}/sock,server", "--ip", "198.18.0.1/24")
    done = place.ctl("stats")
    assert_fails(done, 2, "error: 2 querns run; say which by --pid N", f"--pid {one.pid}", f"--pid {two.pid}",
                 "bench -d 0", "serve --discard")
    assert json.loads(place.said("stats", "--json", "--pid", two.pid))["shards"][0]["role"] == "server"
    assert json.loads(place.said("stats", "--json", "--pid", one.pid))["pid"] == one.pid
    assert_fails(place.ctl("conns", "--pid", os.getpid()), 1, "others run")
    stop(one)
    assert json.loads(place.said("stats", "--json"))["pid"] == two.pid
    stop(two)


def killed(place):
    """A quern that is killed is no quern that runs, and the next one takes its files away."""
    victim = place.start("bench", "-d", "0", "--cps", "100")
    victim.kill()
    victim.wait()
    assert_fails(place.ctl("stats"), 1, "error: no quern runs")
    follower = place.start("bench", "-d", "0", "--cps", "100")
    assert not glob.glob(f"{place.folder}/quern-{victim.pid}-*"), os.listdir(place.folder)
    assert json.loads(place.said("stats", "--json"))["pid"] == follower.pid
    stop(follower)


def ends_within_a_list(place):
    for words in (["conns"], ["conns", "--json"]):
        process = place.holding()
        with subprocess.Popen([place.quern, "ctl", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=place.environment) as ctl:
            begin = ctl.stdout.readline() + ctl.stdout.readline()
            process.kill()
            process.wait()
            rest, complaint = ctl.stdout.read(), ctl.stderr.read()
        assert ctl.returncode == 1, (ctl.returncode, complaint)
        assert complaint.startswith(f"error: quern {process.pid} ended before it had answered\n"), complaint
        if "--json" in words:
            assert 0 < len(json.loads(begin + rest)) < 2 * HELD


def many_ask_at_once(place):
    """Connections come and go while several list them, and the run stays sound."""
    path = os.path.join(place.folder, "result.json")
    process = place.start("bench", "-d", "4s", "--close", "server", "--time-wait", "20ms", "--json", path)
    while process.poll() is None:
        asking = [subprocess.Popen([place.quern, "ctl", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   text=True, env=place.environment)
                  for words in (["conns", "--json"], ["conns"], ["stats", "--json"])]
        for ctl in asking:
            output, _ = ctl.communicate(timeout=60)
            assert ctl.returncode in (0, 1), ctl.returncode
            if ctl is asking[0] and ctl.returncode == 0:
                assert all(spoken("198.19.0.1:80") in (row["local"], row["remote"]) for row in json.loads(output))
    assert process.returncode == 0, process.returncode
    with open(path, encoding="utf-8") as file:
        assert json.load(file)["valid"]["accounting"] is True
    os.remove(path)


def a_stopped_one_runs_and_is_silent(place):
    process = place.start("bench", "-d", "0", "--cps", "10")
    process.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    done = place.ctl("stats")
    process.send_signal(signal.SIGCONT)
    assert done.returncode == 1 and f"quern {process.pid} does not answer" in done.stderr, done.stderr
    assert time.monotonic() - begin < 8, "it is asked once"
    stop(process)


def a_full_disk_is_told_of(place):
    process = place.start("bench", "-d", "0", "--cps", "10")
    for words in (["stats"], ["stats", "--json"], ["conns"]):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([place.quern, "ctl", *words], stdout=full, stderr=subprocess.PIPE, text=True,
                                  env=place.environment, timeout=30, check=False)
        assert done.returncode == 1 and "No space left" in done.stderr, (words, done)
    stop(process)


CASES = [none_runs, wrong_words, stats_add_up, what_bad_lines_do, each_connection_once, filters, telemetry_by_itself,
         several_run, killed, a_stopped_one_runs_and_is_silent, a_full_disk_is_told_of,
         ends_within_a_list, many_ask_at_once]


@contextlib.contextmanager
def place_for(quern):
    """A place for one case. Only a killed quern with none behind it leaves something."""
    with tempfile.TemporaryDirectory(prefix="quern-ctl-") as folder:
        place = Place(quern, folder)
        try:
            yield place
            dead = [f"quern-{process.pid}-" for process in place.processes if process.returncode == -signal.SIGKILL]
            left = [name for name in os.listdir(folder) if not name.startswith(tuple(dead) or "\0")]
            assert not left, f"left behind: {left}"
        finally:
            end_all(place.processes)


def placed(quern, case):
    """The case in a place of its own."""
    def played():
        with place_for(os.path.abspath(quern)) as place:
            case(place)
    return played


def main(quern):
    return play([(case.__name__.replace("_", " "), placed(quern, case)) for case in CASES])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
