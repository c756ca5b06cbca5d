#!/usr/bin/env python3
"""Stops, kills and ends one of two processes of quern over a memif, and prints TAP: check_stops.py QUERN."""

import os
import re
import signal
import sys
import time

from app_cases import eventually, play
from check_memif import SERVER, assert_all_opened, leftovers, placed, report, said

STOP_S = 5


def begun(load):
    eventually(lambda: "load tcp" in said(load) or "load http" in said(load), 20, f"load: {said(load)}")
    time.sleep(2)


def stop_for_a_while(process, seconds=STOP_S):
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def assert_tells_of_its_stop(process):
    """The process that was stopped says for how long, and blames no worker; the other says nothing."""
    stops = re.findall(r"warning: this process was stopped for ([0-9.]+) s, with all its workers", said(process))
    assert len(stops) == 1 and abs(float(stops[0]) - STOP_S) < 0.5, said(process)
    assert_blames_nobody(process)


def assert_blames_nobody(process, result=None):
    """No worker is said to have stalled by itself. That a busy machine gave one no CPU for a second may be said."""
    stalls = re.findall("has not turned for [0-9.]+ s: (.*)", said(process))
    assert all(cause.startswith("others have its CPU") for cause in stalls), said(process)
    if result:
        assert sum(worker["stalls"] for worker in result["workers"]) == len(stalls), result["workers"]


def server_for(place, *words):
    """A server that does what `words` say; check_memif's discards."""
    cores = sorted(os.sched_getaffinity(0))
    server = place.start("serve", "serve", *words, "-c", str(cores[-1]), "-p", f"memif:{place.socket},server",
                         "--ip", f"{SERVER}/24", "--listen", f"{SERVER}:80", "--time-wait", "1ms")
    eventually(lambda: "://" in said(server) or server.poll() is not None, 20, f"serve: {said(server)}")
    return server


def requests_go_on(place, stopped):
    """Requests follow each other on held connections; with one process stopped they wait, and then all go on."""
    server = server_for(place, "--http")
    load = place.start("load", "load", f"http://{SERVER}/", "-p", f"memif:{place.socket}", "--ip", "198.18.0.2/24",
                       "--cc", "200", "--requests", "0", "-d", "14s", "--wait-link", "10s")
    begun(load)
    victim, witness = (server, load) if stopped == "server" else (load, server)
    stop_for_a_while(victim)
    result = report(load)
    totals, answered = result["totals"], [row["requests"] for row in result["series"]]
    assert totals["opened"] == totals["established"] == 200 and sum(totals["failed"].values()) == 0, totals
    assert totals["closed_by"]["reset"] == totals["closed_by"]["timeout"] == 0 == totals["cut_short"], totals
    assert totals["requests"]["malformed"] == totals["requests"]["bad_status"] == 0, totals
    assert answered[1] > 1000 and answered[-1] > 1000, answered
    assert_tells_of_its_stop(victim)
    assert "was stopped" not in said(witness), said(witness)
    assert_blames_nobody(load, result)
    server.send_signal(signal.SIGINT)
    assert_blames_nobody(server, report(server, 130))


def a_stopped_server(place):
    requests_go_on(place, "server")


def a_stopped_client(place):
    requests_go_on(place, "client")


def idle_ones_are_kept(place):
    """Connections that only keepalive probes speak on outlive a peer that is stopped for five of the ten probes."""
    server = place.serve()
    load = place.load("--connections", "2k", "--cc", "2k", "--hold", "9s", "--keepalive", "1s/1s/10")
    begun(load)
    stop_for_a_while(server)
    totals = report(load)["totals"]
    assert totals["opened"] == totals["established"] == totals["closed"] == totals["closed_by"]["fin"] == 2000, totals
    assert_tells_of_its_stop(server)
    server.send_signal(signal.SIGINT)
    report(server, 130)


def a_server_that_stalls_for_a_second(place):
    """Every start has its place: those that could not be answered count from there, and the report says whose fault."""
    server = place.serve()
    load = place.load("--cps", "500", "-d", "2500ms")
    eventually(lambda: "load tcp" in said(load), 20, f"load: {said(load)}")
    time.sleep(0.5)
    stop_for_a_while(server, 1)
    result = report(load)
    late, totals = result["latency_ns"]["setup_from_schedule"], result["totals"]
    assert totals["opened"] == totals["established"] == 1250, totals
    # Two fifths of the starts lie in that second: of a tenth of all more than half of it was still to come.
    assert late["p50"] < 400e6 and late["p90"] > 500e6 and 900e6 < late["max"] < 2500e6, late
    found = re.search(r"no set-up was answered for (\S+) (m?s) while some waited: the target, or .* to it, stalled",
                      said(load))
    assert found and float(found[1]) * (1 if found[2] == "s" else 0.001) > 0.8, said(load)
    server.send_signal(signal.SIGINT)
    report(server, 130)


def killed_and_started_again(place):
    """After SIGKILL nothing is in the way: the next server listens within 2 s, is connected to, and cleans up."""
    for round_number in range(2):
        server = place.serve(f"victim{round_number}")
        load = place.load("-d", "0", "--cc", "600", name=f"load{round_number}")
        begun(load)
        for process in (server, load):
            process.kill()
            process.wait()
        dead = tuple(f"quern-{process.pid}-" for process in (server, load))
        left = [name for name in leftovers(place)
                if name != os.path.basename(place.socket) and not name.startswith(dead)]
        assert not left, f"left by SIGKILL: {left}"
        begin = time.monotonic()
        server = place.serve(f"next{round_number}")
        took_s = time.monotonic() - begin
        assert took_s < 2, f"listening {took_s:.1f} s after the start"
        left = [name for name in os.listdir(place.folder) if name.startswith(dead)]
        assert not left, f"left by the next start: {left}"
        load = place.load("--connections", "1k", "--cc", "100", "--close", "client", name=f"again{round_number}")
        assert_all_opened(report(load)["totals"], 1000)
        server.send_signal(signal.SIGINT)
        report(server, 130)


def ended_in_order(place):
    """SIGTERM with connections held: the report is whole, the end is soon, and nothing is left (run_case looks)."""
    server = place.serve()
    load = place.load("-d", "0", "--cc", "500", "--hold", "60s")
    begun(load)
    for process in (server, load):
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        result = report(process, 143)
        assert time.monotonic() - begin < 2, f"{process.args[1]} takes {time.monotonic() - begin:.1f} s"
        assert result["verdict"] == "aborted", result["verdict"]
        assert result["totals"]["in_flight"] == 500 and result["totals"]["established"] == 500, result["totals"]


CASES = [
    ("a server is stopped for 5 s: requests on held connections go on, none is lost", a_stopped_server),
    ("a client is stopped for 5 s: requests on held connections go on, none is lost", a_stopped_client),
    ("idle connections outlive a peer that is stopped for 5 s", idle_ones_are_kept),
    ("a server that stalls for a second shows in times from schedule", a_server_that_stalls_for_a_second),
    ("killed by SIGKILL, the next is up within 2 s", killed_and_started_again),
    ("SIGTERM ends both in order, with connections held", ended_in_order),
]


def main(quern):
    return play([(sentence, placed(quern, "auto", case)) for sentence, case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
