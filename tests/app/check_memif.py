#!/usr/bin/env python3
"""Runs two processes of quern over a memif and prints TAP: check_memif.py QUERN."""

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
from app_ip import IS_IP6, command

SERVER, CLIENT, NEXT_CLIENT = "198.18.0.1", "198.18.0.2", "198.18.0.3"


class Place:
    """A folder with the socket and everything that the processes write."""

    def __init__(self, quern, folder, memory):
        self.quern, self.folder, self.memory = quern, folder, memory
        self.socket = os.path.join(folder, "memif.sock")
        self.processes = []

    def start(self, name, *words):
        log = os.path.join(self.folder, name + ".log")
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen([self.quern, *command(words), "--memory", self.memory, "-q", "--json",
                                        os.path.join(self.folder, name + ".json")], stdout=output, stderr=output,
                                       env={**os.environ, "TMPDIR": self.folder})
        process.log, process.json = log, os.path.join(self.folder, name + ".json")
        self.processes.append(process)
        return process

    def serve(self, name="serve", device=None, words=()):
        server = self.start(name, "serve", "--discard", "-p", device or f"memif:{self.socket},server",
                            "--ip", f"{SERVER}/24", "--listen", f"{SERVER}:80", "--time-wait", "1ms", *words)
        eventually(lambda: "tcp://" in said(server) or server.poll() is not None, 20, f"serve: {said(server)}")
        return server

    def load(self, *words, name="load", device=None, source=CLIENT):
        return self.start(name, "load", f"tcp://{SERVER}:80", "-p", device or f"memif:{self.socket}",
                          "--ip", f"{source}/24", "--time-wait", "1ms", "--wait-link", "10s", *words)


def said(process):
    with open(process.log, encoding="utf-8") as text:
        return text.read()


def report(process, code=0, seconds=40):
    """Waits for the end of a run; its report, whose accounts must add up."""
    assert process.wait(seconds) == code, f"exit code {process.returncode}: {said(process)}"
    with open(process.json, encoding="utf-8") as file:
        result = json.load(file)
    assert result["valid"]["accounting"] is True, result["totals"]
    return result


def stop(process):
    process.send_signal(signal.SIGINT)
    return report(process, 130)


def assert_all_opened(totals, count):
    assert totals["opened"] == totals["established"] == totals["closed"] == count, totals
    assert sum(totals["failed"].values()) == 0 and totals["retransmits"] == 0, totals


def assert_whole(totals, count, packets):
    assert_all_opened(totals, count)
    assert abs(totals["packets_per_connection"] - packets) < 0.01, totals


def both_ways_round(place):
    """Either process may make the socket."""
    for name, of_server, of_client in (("a", ",server", ""), ("b", "", ",server")):
        first_load = place.load("--connections", "30k", "--cc", "600", "--close", "client", name="load" + name,
                                device=f"memif:{place.socket}{of_client}") if of_client else None
        server = place.serve("serve" + name, f"memif:{place.socket}{of_server}")
        load = first_load or place.load("--connections", "30k", "--cc", "600", "--close", "client",
                                        name="load" + name)
        client_side = report(load)
        server_side = stop(server)
        assert_whole(client_side["totals"], 30000, 5)
        assert server_side["totals"]["established"] == 30000, server_side["totals"]
        assert client_side["totals"]["packets"]["tx"] <= server_side["totals"]["packets"]["rx"]
        assert client_side["machine"]["ports"][0]["driver"] == "net_memif", client_side["machine"]


def a_second_server_is_refused(place):
    server = place.serve()
    other = place.serve("other")
    assert other.wait(20) == 2, said(other)
    assert "error: port 0 " in said(other) and "another program serves" in said(other), said(other)
    stop(server)


def many_servers_end_at_once(place):
    """Each holds the lock of its socket's folder at its end; those of one quern do not wait for each other's."""
    count, least_wait_s = 8, 1
    ports = [word for number in range(1, count) for word in
             ("-p", f"memif:{place.socket}{number},server", "--ip", f"198.18.{number}.1/24",
              "--listen", f"198.18.{number}.1:80")]
    server = place.serve(words=ports)
    begun = time.monotonic()
    stop(server)
    took_s = time.monotonic() - begun
    assert took_s < (count - 1) * least_wait_s, f"{count} ports took {took_s:.1f} s to end"


def several_targets(place):
    """Of both versions of IP, by their weights; one that refuses fails alone."""
    server = place.serve(words=("--ip", "fd00:1::1/64", "--listen", f"{SERVER}:81", "--listen", "[fd00:1::1]:80"))
    load = place.load("tcp://[fd00:1::1]:80=4", f"tcp://{SERVER}:81=2", f"tcp://{SERVER}:9=3",
                      "--ip", "fd00:1::2/64", "--connections", "1000", "--cps", "5k")
    totals = report(load)["totals"]
    stop(server)
    assert [(target["target"], target["opened"], target["established"], target["failed"])
            for target in totals["targets"]] == [(f"{SERVER}:80", 100, 100, 0), ("[fd00:1::1]:80", 400, 400, 0),
                                                 (f"{SERVER}:81", 200, 200, 0), (f"{SERVER}:9", 300, 0, 300)], totals
    assert totals["failed"]["refused"] == 300 and totals["established"] == 700, totals
    assert f"{SERVER}:9 weight 3   opened 300   established 0   failed 300" in said(load), said(load)


def a_client_comes_back(place):
    """A server outlives clients that are killed, and serves the next one from the same socket."""
    server = place.serve()
    for round_number in range(3):
        victim = place.load("-d", "0", "--cc", "600", name=f"victim{round_number}")
        eventually(lambda: "load tcp" in said(victim), 20, f"load: {said(victim)}")
        time.sleep(0.3)
        victim.kill()
        victim.wait()
        assert server.poll() is None, said(server)
    load = place.load("--connections", "10k", "--cc", "600", "--close", "client", source=NEXT_CLIENT)
    assert_all_opened(report(load)["totals"], 10000)
    stop(server)


def a_server_comes_back(place):
    """A client outlives its server: connections fail meanwhile, each counted, and succeed again with the next one."""
    server = place.serve()
    load = place.load("-d", "9s", "--cps", "1k", "--connect-timeout", "200ms")
    eventually(lambda: "load tcp" in said(load), 20, f"load: {said(load)}")
    time.sleep(2)
    server.kill()
    server.wait()
    assert os.path.exists(place.socket), "a killed server cannot remove its socket"
    time.sleep(1)
    server = place.serve("next")
    result = report(load)
    totals, seconds = result["totals"], [row["established"] for row in result["series"]]
    assert sum(totals["failed"].values()) > 500, totals
    assert seconds[0] > 800 and seconds[-1] > 800 and min(seconds) < 300, seconds
    assert stop(server)["totals"]["established"] > 800


def a_client_waits_for_its_server(place):
    load = place.load("--connections", "1k", "--cps", "10k")
    time.sleep(1)
    server = place.serve()
    assert_whole(report(load)["totals"], 1000, 5)
    stop(server)
    alone = place.load("--wait-link", "500ms", name="alone")
    assert alone.wait(20) == 3 and "no peer after 500 ms" in said(alone), said(alone)


def jumbo_frames(place):
    server = place.serve(words=("--mtu", "9000"))
    load = place.load("--connections", "1k", "--cps", "10k", "--mtu", "9000")
    assert_whole(report(load)["totals"], 1000, 5)
    stop(server)


def strangers_at_the_end(place):
    """net_memif forgets the socket it listens at: who comes while the port is closed must not meet that."""
    for _ in range(4):
        server = place.serve(words=("-d", "500ms"))
        guests, end = [], time.monotonic() + 20
        while server.poll() is None:
            assert time.monotonic() < end, "it does not end"
            guests.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
            guests[-1].setblocking(False)
            if guests[-1].connect_ex(place.socket) != 0 or len(guests) > 5000:
                guests.pop().close()
                time.sleep(0.0005)
        for guest in guests:
            guest.close()
        report(server)


CASES = [
    ("two processes open and close every connection, whoever makes the socket", both_ways_round),
    ("a path that is served already is refused", a_second_server_is_refused),
    ("eight servers in one folder end without waiting for each other", many_servers_end_at_once),
    *([] if IS_IP6 else [("several targets of both versions of IP have their shares", several_targets)]),
    ("a client waits for its server", a_client_waits_for_its_server),
    ("a server outlives clients that are killed", a_client_comes_back),
    ("a client outlives its server and finds the next", a_server_comes_back),
    ("buffers hold the frames of a large MTU", jumbo_frames),
    ("a server ends in peace while strangers knock", strangers_at_the_end),
]


def leftovers(place):
    left = [name for name in os.listdir(place.folder) if not name.endswith((".log", ".json"))]
    for process in place.processes:
        left += glob.glob(f"/dev/hugepages/quern-{process.pid}*") + glob.glob(f"/tmp/dpdk/quern-{process.pid}*")
        left += glob.glob(f"/run/dpdk/quern-{process.pid}*")
    return left


@contextlib.contextmanager
def place_for(quern, memory):
    """A place for one case, which must leave nothing but what was written for it."""
    with tempfile.TemporaryDirectory(prefix="quern-memif-") as folder:
        place = Place(quern, folder, memory)
        try:
            yield place
            left = leftovers(place)
            assert not left, f"left behind: {left}"
        finally:
            end_all(place.processes)


def placed(quern, memory, case):
    """The case in a place of its own."""
    def played():
        with place_for(os.path.abspath(quern), memory) as place:
            case(place)
    return played


def main(quern):
    kinds = ["4k"] + (["auto"] if int(open("/proc/sys/vm/nr_hugepages", encoding="ascii").read()) else [])
    return play([(f"{sentence} ({memory})", placed(quern, memory, case)) for memory in kinds
                 for sentence, case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
