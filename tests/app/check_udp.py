#!/usr/bin/env python3
"""Loads quern serve --udp over memif, whole and through bad lines, and prints TAP: check_udp.py QUERN SCHEMA."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

import jsonschema

from app_cases import end_all, eventually, play
from app_ip import IS_IP6

SERVER, CLIENT, LENGTH = ("fd00::1", "fd00::2", 64) if IS_IP6 else ("198.18.0.1", "198.18.0.2", 24)
PORT = 9


def at(address):
    return f"[{address}]:{PORT}" if IS_IP6 else f"{address}:{PORT}"


def cores(count):
    """So many workers, on as few cores as there are."""
    usable = sorted(os.sched_getaffinity(0))
    return ",".join(str(usable[i % len(usable)]) for i in range(count))


class Place:
    def __init__(self, quern, schema, folder):
        self.quern, self.schema, self.folder, self.processes = quern, schema, folder, []

    def start(self, name, *words):
        path = os.path.join(self.folder, name)
        with open(path + ".log", "w", encoding="utf-8") as output:
            process = subprocess.Popen([self.quern, *words, "--memory", "4k", "-q", "--json", path + ".json"],
                                       stdout=output, stderr=output, env={**os.environ, "TMPDIR": self.folder})
        process.path = path
        self.processes.append(process)
        return process

    def serve(self, *words, workers=1):
        server = self.start("serve", "serve", "--udp", "-p", f"memif:{self.folder}/s,server", "--ip",
                            f"{SERVER}/{LENGTH}", "--listen", at(SERVER), "-c", cores(workers), *words)
        eventually(lambda: "udp://" in said(server) or server.poll() is not None, 20, f"serve: {said(server)}")
        return server

    def load(self, *words, workers=1, code=0, seconds=60):
        client = self.start("load", "load", "udp://" + at(SERVER), "-p", f"memif:{self.folder}/s", "--ip",
                            f"{CLIENT}/{LENGTH}", "-c", cores(workers), "--seed", "5", "--wait-link", "15s", *words)
        assert client.wait(seconds) == code, f"exit code {client.returncode}: {said(client)}"
        return self.report(client)

    def stop(self, process):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130, f"exit code {process.returncode}: {said(process)}"
        return self.report(process)

    def report(self, process):
        with open(process.path + ".json", encoding="utf-8") as file:
            result = json.load(file)
        jsonschema.validate(result, self.schema)
        assert result["valid"]["accounting"] is True, result["udp"]
        rows = result["udp"]["series"]
        for key in ("sent", "answered") if result["udp"]["role"] == "client" else ():
            assert sum(row[key] for row in rows) == result["udp"]["counts"][key], (key, rows)
        return result


def said(process):
    with open(process.path + ".log", encoding="utf-8") as text:
        return text.read()


def line(result, way):
    return next(entry for entry in result["impaired"] if entry["way"] == way)


def refused(*results):
    """Frames that a port, or the line to another worker, has refused for too long, since the other one stood still:
    lost, and counted there. On a machine that has the time there are none."""
    return sum(result["totals"]["drops"].get(reason, 0) for result in results
               for reason in ("port_refused", "line_full", "out_full", "no_mbuf"))


def assert_whole(result, sent, *others):
    counts = result["udp"]["counts"]
    assert counts["sent"] == sent and counts["answered"] == counts["received"] == sent - counts["lost"], counts
    assert counts["lost"] <= refused(result, *others), (counts, refused(result, *others))
    for key in ("late", "duplicated", "reordered", "corrupted", "stale", "in_flight", "missed"):
        assert counts[key] == 0, (key, counts)


def every_datagram_is_answered_and_both_ends_count_the_same(place):
    for workers, flows in ((1, 64), (2, 1000), (2, 1)):
        server = place.serve(workers=workers)
        result = place.load("--pps", "4k", "-d", "1s", "--flows", str(flows), "--payload", "bytes:200",
                            workers=workers)
        report = place.stop(server)
        served, counts = report["udp"]["counts"], result["udp"]["counts"]
        assert_whole(result, 4000, report)
        assert counts["flows"] == served["flows"] == flows, (counts, served)
        assert served["received"] + served["lost"] == 4000 and served["unknown"] == 0, served
        assert served["lost"] <= refused(result), (served, refused(result))
        assert result["udp"]["duration_s"] >= 1 and result["udp"]["latency_ns"]["rtt"]["count"] == counts["answered"]
        frame = 200 + (48 if IS_IP6 else 28) + 14 + 4 + 20
        assert counts["tx_wire"] == 4000 * frame and counts["rx_wire"] == counts["received"] * frame, counts
        assert sum(result["totals"]["drops"].values()) == refused(result), result["totals"]


def what_a_bad_line_does_shows_up_as_what_it_is(place):
    server = place.serve()
    result = place.load("--pps", "5k", "-d", "2s", "--connect-timeout", "2s", "--impair",
                        "dir=tx,loss=1%,dup=2%,seed=7")
    report = place.stop(server)
    served, counts, bad = report["udp"]["counts"], result["udp"]["counts"], line(result, "tx")
    # The marks of 64 flows' ends, three of each, go through it as well.
    marks = 3 * 64
    assert bad["frames"] == 10000 + marks, bad
    assert counts["sent"] == 10000 and counts["answered"] == 10000 - counts["lost"], counts
    more = refused(result, report)
    assert bad["lost"] - marks <= counts["lost"] <= bad["lost"] + more, (counts, served, bad)
    assert bad["duplicated"] - marks - more <= counts["duplicated"] <= bad["duplicated"], (counts, bad)
    if more == 0:
        assert counts["lost"] == served["lost"] and counts["duplicated"] == served["duplicated"], (counts, served)
    assert counts["reordered"] == served["reordered"] == counts["corrupted"] == counts["late"] == 0, counts
    assert counts["lost"] > 50 and counts["duplicated"] > 100, counts


def disorder_lateness_and_damage_are_told_apart(place):
    server = place.serve()
    result = place.load("--pps", "5k", "-d", "1s", "--flows", "1", "--impair", "dir=rx,reorder=5%,gap=2ms,seed=7")
    counts = result["udp"]["counts"]
    assert counts["answered"] >= 4000 and counts["duplicated"] == counts["corrupted"] == 0, counts
    assert 100 < counts["reordered"] <= line(result, "rx")["delayed"], (counts, line(result, "rx"))
    result = place.load("--pps", "5k", "-d", "1s", "--connect-timeout", "50ms", "--impair",
                        "dir=rx,delay=200ms,seed=7", code=1)
    counts = result["udp"]["counts"]
    assert counts["sent"] == counts["lost"] == 5000 and counts["answered"] == 0 < counts["late"], counts
    result = place.load("--pps", "5k", "-d", "1s", "--connect-timeout", "500ms", "--payload", "bytes:1000",
                        "--impair", "dir=rx,corrupt=2%,seed=7")
    counts = result["udp"]["counts"]
    turned = line(result, "rx")["corrupted"]
    assert 0 < counts["lost"] <= turned and sum(result["totals"]["drops"].values()) > 0, (counts, turned)
    assert counts["answered"] == 5000 - counts["lost"], counts
    place.stop(server)


def one_way_the_server_counts_and_knows_of_the_last_ones(place):
    server = place.serve("--discard", workers=2)
    result = place.load("--one-way", "--pps", "10k", "-d", "1s", "--flows", "200", "--impair",
                        "dir=tx,loss=2%,burst=4,seed=9", workers=2)
    report = place.stop(server)
    served, counts = report["udp"]["counts"], result["udp"]["counts"]
    assert counts["sent"] == counts["in_flight"] == 10000 and counts["answered"] == counts["received"] == 0, counts
    assert served["received"] + served["lost"] == 10000 and served["lost"] > 50, served
    assert served["sent"] == served["duplicated"] == served["unknown"] == 0, served
    assert report["config"]["udp"] == {"pps": None, "flows": None, "one_way": None, "search": None}
    assert result["config"]["udp"] == {"pps": 10000, "flows": 200, "one_way": True, "search": None}


def one_datagram_is_one_and_warm_up_is_counted_by_nobody(place):
    server = place.serve()
    assert_whole(place.load("--pps", "1", "-d", "1s", workers=2), 1)
    place.stop(server)
    server = place.serve()
    result = place.load("--pps", "4k", "-d", "500ms", "--warmup", "500ms")
    report = place.stop(server)
    served = report["udp"]["counts"]
    assert_whole(result, 2000, report)
    assert served["received"] + served["lost"] == 2000 and served["duplicated"] == 0, served


def without_a_rate_answers_pace_what_is_sent(place):
    server = place.serve()
    counts = place.load("-d", "1s")["udp"]["counts"]
    assert counts["sent"] == counts["answered"] > 5000 and counts["lost"] == counts["missed"] == 0, counts
    place.stop(server)


def a_search_confirms_the_rate_that_it_finds(place):
    server = place.serve()
    # What the line lets through is known: so many frames of 200 bytes a second.
    result = place.load("--search", "loss<=0.1%", "-d", "300ms", "--connect-timeout", "200ms", "--payload", "bytes:158"
                        if not IS_IP6 else "bytes:138", "--impair", "dir=tx,rate=24M,queue=100ms", seconds=120)
    search = result["udp"]["search"]
    assert search["found"] is not None and 5000 <= search["found"] <= 20000, search
    last = search["trials"][-1]
    assert last["confirmation"] and last["ok"] and min(last["rate"], last["achieved"]) == search["found"], search
    assert any(not trial["ok"] for trial in search["trials"]), search
    place.stop(server)


def a_target_that_answers_nothing_fails_the_run(place):
    server = place.serve("--discard")
    result = place.load("--pps", "1k", "-d", "500ms", "--connect-timeout", "100ms", code=1)
    counts = result["udp"]["counts"]
    assert result["verdict"] == "fail" and counts["sent"] == counts["lost"] == 500, result["udp"]
    place.stop(server)


@contextlib.contextmanager
def place_of(quern, schema):
    with tempfile.TemporaryDirectory(prefix="quern-udp-") as folder:
        place = Place(quern, schema, folder)
        try:
            yield place
        finally:
            end_all(place.processes)


def main(quern, schema_path):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)

    def played(case):
        def run():
            with place_of(quern, schema) as place:
                case(place)
        return case.__name__.replace("_", " "), run

    return play([played(case) for case in (
        every_datagram_is_answered_and_both_ends_count_the_same,
        what_a_bad_line_does_shows_up_as_what_it_is,
        disorder_lateness_and_damage_are_told_apart,
        one_way_the_server_counts_and_knows_of_the_last_ones,
        one_datagram_is_one_and_warm_up_is_counted_by_nobody,
        without_a_rate_answers_pace_what_is_sent,
        a_search_confirms_the_rate_that_it_finds,
        a_target_that_answers_nothing_fails_the_run)])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
