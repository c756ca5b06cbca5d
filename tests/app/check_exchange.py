#!/usr/bin/env python3
"""What connections of load say and how they end, as it is on the wire; prints TAP: check_exchange.py QUERN SCHEMA."""

import json
import os
import signal
import struct
import sys
import tempfile

from app_cases import play
from app_ip import IS_IP6
from check_capture import read, segment
from check_memif import placed, report, said, stop
from check_pcap import SYN
from check_runs import assert_clean, assert_sound, run
from check_stops import server_for

FIN = 1
BENCH = ["bench", "--memory", "4k", "-q"]
IP_BYTES = 40 if IS_IP6 else 20


class Frame:
    """A segment of TCP: which end sent it, its flags and its text, and the fields of IP that users may set."""

    def __init__(self, frame, clients):
        source, dest, self.flags, self.seq, _ = segment(frame)
        if self.flags == SYN:
            clients.add(source)
        self.is_client = source in clients
        self.client = source if self.is_client else dest
        ip = frame[14:]
        self.tos, self.ttl = (struct.unpack_from("!H", ip)[0] >> 4 & 255, ip[7]) if IS_IP6 else (ip[1], ip[8])
        options = ip[IP_BYTES + 20:IP_BYTES + 24]
        self.mss = struct.unpack("!H", options[2:])[0] if options[:2] == bytes([2, 4]) else None
        length = struct.unpack_from("!H", ip, 4)[0] + 40 if IS_IP6 else struct.unpack_from("!H", ip, 2)[0]
        self.text = ip[IP_BYTES + (ip[IP_BYTES + 12] >> 4) * 4:length]


def conversations(path):
    """The frames of each connection, in their order."""
    clients, found = set(), {}
    for _, frame in read(path):
        if segment(frame):
            one = Frame(frame, clients)
            found.setdefault(one.client, []).append(one)
    return list(found.values())


def captured(quern, schema, *words):
    """A run of 20 connections at leisure: its result, and what each was."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "run.pcap")
        result, _ = run(quern, [*BENCH, "--connections", "20", "--cps", "1k", "--pcap", path, *words])
        assert_sound(result, schema)
        return result, conversations(path)


def text_of(frames, is_client):
    """What an end said, put together by number: on a busy machine some of it may have come twice."""
    said = [frame for frame in frames if frame.is_client == is_client]
    first, text = said[0].seq + 1, {}
    for frame in said:
        text.update(enumerate(frame.text, (frame.seq - first) % 2 ** 32))
    assert sorted(text) == list(range(len(text))), "a hole in what was said"
    return bytes(text[number] for number in range(len(text)))


def half_closed(quern, schema):
    """The client's FIN is on the wire before the server's first byte, and all of the answer comes behind it."""
    result, found = captured(quern, schema, "--close", "half", "--payload", "bytes:3000")
    assert_clean(result, schema)
    assert result["config"]["close"] == "half" and result["totals"]["closed_by"]["fin"] == 20, result["totals"]
    assert result["totals"]["cut_short"] == 0 and len(found) == 20, result["totals"]
    for frames in found:
        fins = [number for number, frame in enumerate(frames) if frame.flags & FIN]
        said = [number for number, frame in enumerate(frames) if not frame.is_client and frame.text]
        assert frames[fins[0]].is_client and fins[0] < said[0], (fins, said)
        assert any(frame.flags & FIN for frame in frames if not frame.is_client), "the server has not closed"
        assert len(text_of(frames, True)) == len(text_of(frames, False)) == 3000


def half_closed_with_windows_that_are_too_small(quern, schema):
    """What the server cannot queue at once is said behind the client's FIN all the same."""
    result, _ = run(quern, [*BENCH, "--connections", "100", "--cc", "10", "--close", "half", "--payload", "bytes:30000",
                            "--window", "2k"])
    assert_clean(result, schema)
    assert result["totals"]["closed_by"]["fin"] == 100 and result["totals"]["cut_short"] == 0, result["totals"]


def never_closed(quern, schema):
    """No FIN in the time of the run; at its end those that are there are in flight, and reset."""
    result, found = captured(quern, schema, "--close", "never", "--payload", "bytes:10", "-d", "500ms")
    assert result["verdict"] == "pass" and result["duration_s"] > 0.49, result["duration_s"]
    assert result["totals"]["in_flight"] == 20 and result["totals"]["closed"] == 0, result["totals"]
    for frames in found:
        assert not any(frame.flags & FIN for frame in frames)
        assert len(text_of(frames, True)) == len(text_of(frames, False)) == 10


def an_echo_of_sizes_that_are_drawn(quern, schema):
    """What comes back is what was sent, byte for byte, and no two connections say as much."""
    result, found = captured(quern, schema, "--payload", "echo:uniform:1-20000", "--seed", "3")
    assert_clean(result, schema)
    requests = result["totals"]["requests"]
    assert requests["sent"] == requests["ok"] == result["latency_ns"]["request"]["count"] == 20, requests
    sizes = {len(text_of(frames, True)) for frames in found}
    assert len(sizes) > 15 and max(sizes) <= 20000, sizes
    for frames in found:
        assert text_of(frames, True) == text_of(frames, False)
    assert result["config"]["payload"] == "echo:uniform:1-20000" and result["config"]["pattern"] == "random"


def many_exchanges_on_a_connection(quern, schema):
    for words, least in ((["bytes:100", "--requests", "7"], 700), (["sink:uniform:1-3000", "--requests", "3"], 3)):
        result, found = captured(quern, schema, "--payload", *words)
        assert_clean(result, schema)
        requests, count = result["totals"]["requests"], 20 * int(words[-1])
        assert requests["sent"] == requests["ok"] == result["latency_ns"]["request"]["count"] == count, requests
        for frames in found:
            assert len(text_of(frames, True)) >= least
            assert len(text_of(frames, False)) == (700 if words[0] == "bytes:100" else 0)


def a_source_that_ends_where_it_closes(quern, schema):
    result, found = captured(quern, schema, "--payload", "source:exp:5k")
    assert_clean(result, schema)
    assert result["totals"]["requests"]["ok"] == 20 and result["config"]["close"] == "server", result["totals"]
    for frames in found:
        assert text_of(frames, False) and not text_of(frames, True)


def fields_that_users_set(quern, schema):
    """MSS in both SYNs and as the length of segments, TOS and TTL in every packet, and the text that was asked for."""
    result, found = captured(quern, schema, "--mss", "700", "--tos", "184", "--ttl", "9", "--payload", "echo:3000",
                             "--pattern", "text:ABC", "--timestamps", "off")
    assert_clean(result, schema)
    config = result["config"]
    assert [config[key] for key in ("mss", "tos", "ttl", "pattern")] == [700, 184, 9, "text"], config
    for frames in found:
        assert {(frame.tos, frame.ttl) for frame in frames} == {(184, 9)}
        assert [frame.mss for frame in frames if frame.flags & SYN] == [700, 700], "in the two SYNs"
        assert max(len(frame.text) for frame in frames) == 700
        assert text_of(frames, True) == text_of(frames, False) == b"ABC" * 1000


def time_to_think(quern, schema):
    """Between the answer and the next request, not before the first and not behind the last."""
    words = ["--connections", "50", "--cps", "1k", "--requests", "3", "--think", "uniform:50ms-100ms"]
    for payload in ("http", "echo:10"):
        result, _ = run(quern, [*BENCH, *words, "--payload", payload])
        assert_clean(result, schema)
        assert result["totals"]["requests"]["ok"] == 150 and result["config"]["think"] == "uniform:50ms-100ms"
        life = result["latency_ns"]["life"]
        assert life["min"] >= 100e6 and life["p50"] < 400e6, life


def text_that_is_not_what_was_sent(place):
    """A run of load fails by it, and says how often; a server counts it."""
    server = server_for(place, "--payload", "bytes:1000")
    load = place.load("--connections", "5", "--cc", "5", "--payload", "echo:1000")
    result = report(load, 1)
    requests = result["totals"]["requests"]
    assert result["verdict"] == "fail" and requests["corrupt"] == requests["sent"] == 5, requests
    assert "corrupt 5" in said(load), said(load)
    stop(server)
    server = server_for(place, "--payload", "sink:1000")
    load = place.load("--connections", "5", "--cc", "5", "--payload", "bytes:1000")
    totals = report(load, 1)["totals"]
    assert totals["cut_short"] == totals["closed_by"]["reset"] == 5 and "RESULT  FAIL" in said(load), said(load)
    server.send_signal(signal.SIGINT)
    result = report(server, 1)
    assert result["verdict"] == "fail" and result["totals"]["requests"]["corrupt"] == 5, said(server)
    assert "RESULT  FAIL" in said(server), said(server)
    assert "corrupt 5: what came is not the text of --pattern" in said(server), said(server)


def a_source_that_is_cut(place):
    """Its server alone knows what it had drawn, and counts it."""
    server = server_for(place, "--payload", "source:uniform:5M-6M")
    report(place.load("--connections", "5", "--cc", "5", "--close", "rst"), 0)
    assert stop(server)["totals"]["cut_short"] == 5, said(server)
    assert "cut short 5: closed before the whole answer had come" in said(server), said(server)


CASES = [("an echo of sizes that are drawn is what was sent", an_echo_of_sizes_that_are_drawn),
         ("many exchanges on a connection", many_exchanges_on_a_connection),
         ("a source ends where its server closes", a_source_that_ends_where_it_closes),
         ("MSS, TOS, TTL and text are what users set", fields_that_users_set),
         ("time to think is between requests", time_to_think),
         ("half-closed: the answer comes behind the client's FIN", half_closed),
         ("half-closed with small windows: all of the answer comes", half_closed_with_windows_that_are_too_small),
         ("never closed: in flight to the end, without a FIN", never_closed)]


def main(quern, schema):
    return play([(sentence, lambda case=case: case(quern, schema)) for sentence, case in CASES] +
                [("text that is not what was sent fails the run", placed(quern, "4k", text_that_is_not_what_was_sent)),
                 ("a source that is cut is counted by its server", placed(quern, "4k", a_source_that_is_cut))])


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as file:
        sys.exit(main(sys.argv[1], json.load(file)))
