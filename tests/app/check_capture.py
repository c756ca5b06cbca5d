#!/usr/bin/env python3
"""Reads what quern --pcap writes, and prints TAP: check_capture.py QUERN SCHEMA."""

import functools
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from app_ip import IS_IP6, command, spoken
from check_pcap import ACK, RST, SYN, checksum, syn, write_pcap
from check_runs import run, run_cases

FIN = 1
BENCH = ["bench", "--memory", "4k", "-q"]
IP_TYPE = 0x86dd if IS_IP6 else 0x0800
ARP = 0x0806


def read(path):
    """[(ns, frame)] of a file in nanoseconds, whole frames of Ethernet all."""
    with open(path, "rb") as file:
        data = file.read()
    assert struct.unpack_from("<IHHIIII", data) == (0xa1b23c4d, 2, 4, 0, 0, 262144, 1), data[:24].hex()
    frames, at = [], 24
    while at < len(data):
        seconds, ns, captured, length = struct.unpack_from("<IIII", data, at)
        assert captured == length and ns < 10 ** 9 and at + 16 + captured <= len(data), (at, captured, length)
        frames.append((seconds * 10 ** 9 + ns, data[at + 16:at + 16 + captured]))
        at += 16 + captured
    return frames


def segment(frame):
    """(source, dest, flags, seq, ack) of TCP, whose sums are right; None for what is none."""
    kind, = struct.unpack_from("!H", frame, 12)
    if kind != IP_TYPE:
        assert kind == ARP, frame.hex()
        return None
    ip = frame[14:]
    if IS_IP6:
        source, dest, protocol, tcp = ip[8:24], ip[24:40], ip[6], ip[40:40 + struct.unpack_from("!H", ip, 4)[0]]
    else:
        assert ip[0] == 0x45 and checksum(ip[:20]) == 0, ip.hex()
        source, dest, protocol, tcp = ip[12:16], ip[16:20], ip[9], ip[20:struct.unpack_from("!H", ip, 2)[0]]
    if protocol != 6:
        assert protocol == 58, frame.hex()
        return None
    assert checksum(source + dest + struct.pack("!HH", 6, len(tcp)) + tcp) == 0, tcp.hex()
    ports = struct.unpack_from("!HH", tcp)
    seq, ack, _, flags = struct.unpack_from("!IIBB", tcp, 4)
    return (source, ports[0]), (dest, ports[1]), flags, seq, ack


def segments(path):
    """All of TCP in the file; times ascend."""
    frames = read(path)
    times = [at_ns for at_ns, _ in frames]
    assert times == sorted(times), "times go back"
    assert not times or abs(times[0] / 1e9 - time.time()) < 120, times[0]
    return [found for found in (segment(frame) for _, frame in frames) if found]


def assert_handshakes(found, count):
    """Each with its numbers, in order, and nothing is there twice."""
    assert len(set(found)) == len(found), "a frame is there twice"
    syns = [one for one in found if one[2] == SYN]
    assert len(syns) == count, len(syns)
    for client, server, _, iss, _ in syns:
        there = found.index((client, server, SYN, iss, 0))
        back = [(i, one) for i, one in enumerate(found) if one[:2] == (server, client) and one[2] == SYN | ACK]
        assert len(back) == 1 and back[0][0] > there and back[0][1][4] == iss + 1 & 0xffffffff, (client, back)
        place, (_, _, _, irs, _) = back[0]
        third = next(one for one in found[place:] if one[:2] == (client, server))
        assert third[2] & ACK and third[3:] == (iss + 1 & 0xffffffff, irs + 1 & 0xffffffff), third


def a_hundred_connections_are_a_hundred_handshakes(quern, schema, path):
    result, text = run(quern, [*BENCH, "--connections", "100", "--close", "server", "--pcap", path])
    found = segments(path)
    assert_handshakes(found, 100)
    assert sum(one[2] & FIN for one in found) == 200 and len(found) == 100 * 6, len(found)
    capture = result["capture"]
    assert capture == {"file": path, "frames": len(read(path)), "bytes": os.path.getsize(path), "missing": 0,
                       "is_full": False}, capture
    assert f"capture       {path}: {capture['frames']} frames\n" in text, text


def several_workers_write_into_one_file_and_none_twice(quern, schema, path):
    core = str(min(os.sched_getaffinity(0)))
    run(quern, [*BENCH, "--connections", "100", "--cps", "2k", "--client-cores", f"{core},{core}", "--server-cores",
                f"{core},{core}", "--pcap", f"{path},frames=0"])
    assert_handshakes(segments(path), 100)


def tcpdump_reads_it_without_complaint(quern, schema, path):
    run(quern, [*BENCH, "--connections", "20", "--payload", "bytes:3000", "--pcap", path])
    tool = shutil.which("tcpdump", path="/usr/bin:/usr/sbin")
    if not tool:
        return
    done = subprocess.run([tool, "-nvr", path, "tcp"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "incorrect" not in done.stdout, done.stderr
    assert done.stdout.count("Flags [S.]") == 20, done.stdout


def quern_trace_reads_it_too(quern, schema, path):
    run(quern, [*BENCH, "--connections", "20", "--close", "server", "--pcap", path])
    done = subprocess.run([quern, "trace", path, "--connections", "20"], capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout.count(": 6 segments in ") == done.stdout.count("TIME-WAIT") == 20, done.stdout
    assert "wrong checksum" not in done.stdout and "again" not in done.stdout, done.stdout


def a_capture_ends_at_its_limit_and_says_so(quern, schema, path):
    result, text = run(quern, [*BENCH, "--connections", "1000", "--pcap", f"{path},frames=500"])
    assert result["totals"]["established"] == 1000 and result["capture"]["is_full"] is True, result["capture"]
    assert len(read(path)) == result["capture"]["frames"] == 500
    segments(path)
    assert f"{path}: the first 500 frames; for more: --pcap FILE,frames=N\n" in text, text


def ctrl_c_leaves_a_whole_file(quern, schema, path):
    with subprocess.Popen([quern, *command(["bench", "-d", "0", "--memory", "4k", "--cps", "5k", "--pcap",
                                            f"{path},frames=0"])],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 20
        while time.monotonic() < end and (not os.path.exists(path) or os.path.getsize(path) < 100000):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        text, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "ABORTED" in text, (process.returncode, text, said)
    found = segments(path)
    assert len(found) > 500 and f"{path}: {len(read(path)):,} frames\n" in text, text
    opened = {one[0] for one in found if one[2] == SYN}
    assert f"opened {len(opened):,} " in text, (len(opened), text)


def a_full_disk_ends_the_capture_and_the_run_says_so(quern, schema, _):
    done = subprocess.run([quern, *command([*BENCH, "--connections", "100", "--pcap", "/dev/full"])],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "RESULT  PASS" in done.stdout, done.stdout
    said = "error: --pcap /dev/full: No space left on device; it holds the first 0 frames, whole\n"
    assert done.stderr == said, done.stderr


def what_a_bad_line_loses_on_its_way_out_was_sent_and_on_its_way_in_is_not_there(quern, schema, path):
    result, _ = run(quern, [*BENCH, "--connections", "200", "--cps", "1k", "--impair", "loss=5%,seed=7", "--pcap",
                            path])
    frames = read(path)
    tx, = (line for line in result["impaired"] if line["way"] == "tx")
    rx, = (line for line in result["impaired"] if line["way"] == "rx")
    assert tx["lost"] > 0 and rx["lost"] > 0, result["impaired"]
    sent = [frame for _, frame in frames if frame[6:12] == frames[0][1][6:12]]
    # Frames of before the measured time, ARP, are not in the counters of bad lines.
    assert 0 <= len(sent) - tx["frames"] <= 8, (len(sent), tx)
    assert 0 <= len(frames) - len(sent) - rx["handed_on"] <= 8, (len(frames), rx)


def serve_captures_what_comes_and_what_it_answers(quern, schema, path):
    source = path + ".in"
    write_pcap(source, [syn(1024 + number, 7 * number) for number in range(10)] + [syn(9, 77, to=81)])
    done = subprocess.run([quern, *command(["serve", "--discard", "-q", "-p", f"pcap:{source}", "--ip",
                                            "198.18.0.1/24", "--listen", "198.18.0.1:80", "--memory", "4k", "-d",
                                            "500ms", "--pcap", path])],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = segments(path)
    assert sum(one[2] == SYN for one in found) == 11 and found[0][2] == SYN, found
    assert {one[1][1] for one in found if one[2] == SYN | ACK} == set(range(1024, 1034)), found
    assert [one[1][1] for one in found if one[2] & RST] == [9], found


def what_a_port_reads_is_not_overwritten(quern, schema, path):
    write_pcap(path, [syn(1024, 7)])
    before = os.path.getsize(path)
    done = subprocess.run([quern, *command(["serve", "-p", f"pcap:{path}", "--ip", "198.18.0.1/24", "--pcap", path])],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr == f"error: capture file {path} is port 0's own\n  Name another one\n", done.stderr
    assert os.path.getsize(path) == before, "it is gone"


def load_captures_what_it_asks_for_in_vain(quern, schema, path):
    source = path + ".in"
    write_pcap(source, [])
    done = subprocess.run([quern, *command(["load", "tcp://198.18.0.9:80", "-q", "-p", f"pcap:{source}", "--ip",
                                            "198.18.0.1/24", "--memory", "4k", "--wait-link", "1500ms", "--pcap",
                                            path])],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and spoken("no ARP answer for 198.18.0.9 within 1500 ms") in done.stderr, done.stderr
    kinds = {struct.unpack_from("!H", frame, 12)[0] for _, frame in read(path)}
    assert kinds == {IP_TYPE if IS_IP6 else ARP}, kinds


CASES = [a_hundred_connections_are_a_hundred_handshakes, several_workers_write_into_one_file_and_none_twice,
         tcpdump_reads_it_without_complaint, quern_trace_reads_it_too, a_capture_ends_at_its_limit_and_says_so,
         ctrl_c_leaves_a_whole_file, a_full_disk_ends_the_capture_and_the_run_says_so,
         what_a_bad_line_loses_on_its_way_out_was_sent_and_on_its_way_in_is_not_there,
         serve_captures_what_comes_and_what_it_answers, what_a_port_reads_is_not_overwritten,
         load_captures_what_it_asks_for_in_vain]


def with_path(case):
    @functools.wraps(case)
    def play(quern, schema):
        with tempfile.TemporaryDirectory(prefix="quern-capture-") as folder:
            case(quern, schema, os.path.join(folder, "x.pcap"))
    return play


if __name__ == "__main__":
    sys.exit(run_cases(sys.argv[1], sys.argv[2], [with_path(case) for case in CASES]))
