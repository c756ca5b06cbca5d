#!/usr/bin/env python3
"""Runs quern trace over captures made here, good ones and bad ones, and prints TAP: check_trace.py QUERN TRACE_MD."""

import os
import random
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import play  # noqa: E402
from trace_frames import (ACK, COOKED, COOKED_2, FIN, PSH, RAW, SYN, WIFI, Script, capture,
                          capture_ng, closed, ethernet)  # noqa: E402

NOBODY = 65534
SVG = "{http://www.w3.org/2000/svg}"
FULL_SUMMARY = "segments more are left out: the limit of 200,000 is reached"


class Check:
    """The cases, with the program and a folder of their own."""

    def __init__(self, quern, page, folder):
        self.quern, self.page, self.folder = quern, page, folder

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def run(self, *words, **more):
        return subprocess.run([self.quern, "trace", *words], capture_output=True, timeout=60, check=False,
                              **{"text": True, **more})

    def ladder(self, data, *words):
        """What is printed of a good capture."""
        done = self.run(self.file("in.pcap", data), *words)
        assert done.returncode == 0 and done.stderr == "", (done.returncode, done.stderr)
        return done.stdout

    def refused(self, code, says, *words, **more):
        """One line that says so, and a remedy below it where there is one."""
        done = self.run(*words, **more)
        lines = done.stderr.splitlines()
        assert done.returncode == code, (words, done.returncode, done.stderr)
        assert lines and lines[0].startswith("error: ") and says in lines[0], (words, lines)
        assert all(line.startswith("  ") for line in lines[1:]) and len(lines) <= 2, lines
        return done


def life():
    """The connection that docs/trace.md shows."""
    same = {"window": 1000}
    script = Script().say("c", SYN, 0, after_ms=0, **same).say("s", SYN | ACK, 0, 1, **same)
    script.say("c", ACK, 1, 1, **same).say("c", PSH | ACK, 1, 1, 100, **same).say("s", ACK, 1, 101, **same)
    script.say("c", FIN | ACK, 101, 1, after_ms=2500, **same).say("s", FIN | ACK, 1, 102, **same)
    return script.say("c", ACK, 102, 2, **same).say("s", FIN | ACK, 1, 102, **same).say("c", ACK, 102, 2, **same)


def whole():
    return closed(Script().opened().say("c", PSH | ACK, 1, 1, 100, window=512), 101, 1)


def many(count):
    frames = []
    for number in range(count):
        frames += closed(Script(client=("198.18.0.1", 2000 + number), at_ms=number).opened()).frames
    return frames


def the_page_shows_what_is_printed(check):
    with open(check.page, encoding="utf-8") as page:
        shown = re.search(r"^    (connection 1: .*?)\n\n", page.read(), re.DOTALL | re.MULTILINE).group(1)
    printed = check.ladder(capture(life().frames)).rstrip("\n")
    assert printed == re.sub(r"^    ", "", shown, flags=re.MULTILINE), printed


def every_kind_of_capture_reads_the_same(check):
    frames = whole().frames
    want = check.ladder(capture(frames))
    assert "mss 1460" in want and "len 100" in want, want
    bare = [(at, frame[14:]) for at, frame in frames]
    kinds = {"pcapng": capture_ng(frames), "microseconds": capture(frames, magic=0xa1b2c3d4),
             "raw": capture(bare, link=RAW),
             "cooked": capture([(at, bytes(14) + b"\x08\x00" + ip) for at, ip in bare], link=COOKED),
             "cooked 2": capture([(at, b"\x08\x00" + bytes(18) + ip) for at, ip in bare], link=COOKED_2),
             "cut": capture(frames, snap=14 + 20 + 32)}
    for kind, data in kinds.items():
        assert check.ladder(data) == want, kind
    tagged = check.ladder(capture([(at, ethernet(ip, vlan=7)) for at, ip in bare]))
    assert tagged.replace(", VLAN 7", "") == want and ", VLAN 7" in tagged, tagged
    piped = check.run("-", input=capture(frames), text=False)
    assert piped.returncode == 0 and piped.stdout.decode() == want, piped.stderr


def addresses_of_ip6_have_room(check):
    script = Script(client=("fd00::1", 1024), server=("fd00:1234:5678:9abc:def0:1234:5678:9abc", 65535)).opened()
    text = check.ladder(capture(closed(script).frames))
    assert "[fd00::1]:1024 " in text and " [fd00:1234:5678:9abc:def0:1234:5678:9abc]:65535\n" in text, text
    assert all(len(line) <= 80 for line in text.splitlines()), text


def checksums_are_said_and_count_for_nothing(check):
    script = Script().say("c", SYN, 0, sum_is="unfinished").say("s", SYN | ACK, 0, 1, sum_is="wrong")
    text = check.ladder(capture(script.say("c", ACK, 1, 1).frames))
    assert text.count("(wrong checksum)") == 1 and "some checksums were left to the port" in text, text
    assert "ESTABLISHED\n" in text, text


def connections_are_chosen(check):
    path = check.file("many.pcap", capture(many(15)))
    done = check.run(path)
    assert done.stdout.count("connection 1") == 2 and "connection 10:" in done.stdout, done.stdout
    assert "5 more connections with 35 segments" in done.stdout, done.stdout
    assert "more connections" not in check.run(path, "--connections", "15").stdout
    one = check.run(path, "--connection", "12").stdout
    assert one.count("connection 12:") == 1 and "198.18.0.1:2011" in one and "14 more" in one, one
    assert "198.18.0.1:2011" in check.run(path, "--connection", "198.18.0.1:2011").stdout
    assert check.run(path, "--connection", "198.19.0.1").stdout.count("segments in") == 10
    check.refused(1, "no such connection among its 15", path, "--connection", "16")
    check.refused(1, "no such connection among its 15", path, "--connection", "198.18.0.1:1")
    check.refused(2, "--connection x: accepted is", path, "--connection", "x")


def a_second_connection_of_the_same_ends_is_one_of_its_own(check):
    first, second = whole(), Script(isses=(5000, 9000), at_ms=500)
    text = check.ladder(capture(first.frames + closed(second.opened()).frames))
    assert "connection 2: 7 segments" in text, text
    again = Script(at_ms=100).say("c", SYN, 0).say("c", SYN, 0)
    other = Script(isses=(777, 0), at_ms=900).say("c", SYN, 0)
    text = check.ladder(capture(again.frames + other.frames))
    assert "connection 1: 2 segments" in text and "connection 2: 1 segment in 0" in text, text


def a_capture_that_is_cut_is_shown_up_to_there(check):
    data = capture(whole().frames)
    done = check.refused(1, "in.pcap: frame 8: ", check.file("in.pcap", data[:-20]))
    assert "CLOSE-WAIT" in done.stdout and "7 segments" in done.stdout, done.stdout
    check.refused(1, "truncated", check.file("in.pcap", data[:30]))


def what_is_wrong_is_named(check):
    frames = whole().frames
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    check.refused(2, "no/file: No such file", os.path.join(check.folder, "no/file"))
    check.refused(2, "Is a directory", check.folder)
    check.refused(2, "is no capture", check.file("empty", b""))
    check.refused(2, "is no capture", check.file("text", b"this is no capture, but a text of some length"))
    check.refused(2, "link type 105 (IEEE802_11)", check.file("wifi", capture(frames, link=WIFI)))
    check.refused(1, "no TCP segment among 2 frames (no IP: 2)", check.file("arp", capture([(0, arp)] * 2)))
    check.refused(1, "no TCP segment among 0 frames", check.file("none", capture([])))
    path = check.file("in.pcap", capture(frames))
    check.refused(2, "trace needs a capture")
    check.refused(2, "belong to quern trace live", path, "-d", "1s")
    check.refused(2, "belong to quern trace live", path, "-p", "tap:q0")
    check.refused(2, "trace live needs one port", "live")
    check.refused(2, "accepted is af_packet:IFACE or tap:NAME", "live", "-p", "cable")
    check.refused(2, "unexpected argument", path, path)
    check.refused(3, "no-such0: no such interface", "live", "-p", "af_packet:no-such0")
    check.refused(2, "--svg /no/such.svg: No such file", path, "--svg", "/no/such.svg")
    if os.path.exists("/dev/full"):
        check.refused(1, "No space left on device", path, "--svg", "/dev/full")


def a_file_needs_no_rights_and_live_says_which(check):
    if os.geteuid() != 0:
        return
    copy = check.file("quern", b"")
    with open(check.quern, "rb") as program, open(copy, "wb") as out:
        out.write(program.read())
    for path in (check.folder, copy, check.file("in.pcap", capture(whole().frames))):
        os.chmod(path, 0o755)
    other = Check(copy, None, check.folder)
    done = other.run(os.path.join(check.folder, "in.pcap"), user=NOBODY, extra_groups=[], cwd="/")
    assert done.returncode == 0 and "TIME-WAIT" in done.stdout, done.stderr
    other.refused(3, "lo: to capture there needs CAP_NET_RAW", "live", "-p", "af_packet:lo", user=NOBODY,
                  extra_groups=[], cwd="/")


def pictures_are_sound_and_the_same_each_time(check):
    path, svg = check.file("in.pcap", capture(life().frames)), os.path.join(check.folder, "out.svg")
    assert check.run(path, "--svg", svg).returncode == 0
    with open(svg, "rb") as file:
        data = file.read()
    assert check.run(path, "--svg", "-", text=False).stdout == data
    root = xml.fromstring(data)
    assert root.tag == SVG + "svg" and root.get("role") == "img", root.attrib
    assert root.find(SVG + "title").text.startswith("TCP connection from 198.18.0.1:1024"), data[:400]
    assert "LAST-ACK" in root.find(SVG + "desc").text
    tags = {element.tag.replace(SVG, "") for element in root.iter()}
    assert tags == {"svg", "title", "desc", "style", "rect", "line", "path", "text"}, tags
    for element in root.iter(SVG + "text"):
        width, x = len(element.text) * 8.43, int(element.get("x"))
        left = x - {"middle": width / 2, "end": width}.get(element.get("text-anchor"), 0)
        assert left >= 0 and left + width <= 520, (element.text, x)


def long_connections_are_shortened(check):
    script = Script().opened()
    for number in range(100):
        script.say("s", ACK, 1 + 1000 * number, 1, 1000).say("c", ACK, 1, 1001 + 1000 * number)
    path = check.file("long.pcap", capture(closed(script, 1, 100001).frames))
    text = check.run(path).stdout
    assert "... 107 segments ..." in text and "--connection N shows one whole" in text, text
    text = check.run(path, "--connection", "1").stdout
    assert "segments ..." not in text and text.count(" len 1000") == 100
    assert "… 167 segments …" in check.run(path, "--svg", "-").stdout


def memory_is_bounded(check):
    frames = whole().frames[:3] + [whole().frames[3]] * 200010
    done = check.run(check.file("big.pcap", capture(frames)))
    assert done.returncode == 0 and f"13 {FULL_SUMMARY}" in done.stdout, done.stdout[-500:]


def no_bytes_make_it_fail(check):
    draw, good = random.Random(20261126), [capture(life().frames), capture_ng(whole().frames)]
    for number in range(120):
        data = bytearray(good[number % 2])
        for _ in range(draw.randrange(1, 12)):
            data[draw.randrange(24, len(data))] = draw.randrange(256)
        path = check.file("bad.pcap", bytes(data[:draw.randrange(24, len(data) + 1)]))
        done = check.run(path, *(["--svg", "-"] if number % 3 == 0 else []), text=False)
        assert done.returncode in (0, 1, 2), (number, done.returncode, done.stderr)


CASES = [the_page_shows_what_is_printed, every_kind_of_capture_reads_the_same, addresses_of_ip6_have_room,
         checksums_are_said_and_count_for_nothing, connections_are_chosen,
         a_second_connection_of_the_same_ends_is_one_of_its_own, a_capture_that_is_cut_is_shown_up_to_there,
         what_is_wrong_is_named, a_file_needs_no_rights_and_live_says_which,
         pictures_are_sound_and_the_same_each_time, long_connections_are_shortened, memory_is_bounded,
         no_bytes_make_it_fail]


def main(quern, page):
    with tempfile.TemporaryDirectory(prefix="quern-trace-") as folder:
        check = Check(os.path.abspath(quern), page, folder)
        return play([(case.__name__.replace("_", " "), lambda case=case: case(check)) for case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
