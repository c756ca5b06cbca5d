#!/usr/bin/env python3
"""Has quern trace watch Linux talk to itself in a network namespace, and prints TAP: check_trace_live.py QUERN."""

import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import end_all, play  # noqa: E402

SPACE = f"qtrace-{os.getpid()}"
TALK = """
import socket
server = socket.create_server(("127.0.0.1", 80))
client = socket.create_connection(("127.0.0.1", 80))
other, _ = server.accept()
client.sendall(b"x" * 100)
assert other.recv(200) == b"x" * 100
client.close()
assert other.recv(1) == b""
other.close()
"""


def within(*words):
    return ["ip", "netns", "exec", SPACE, *words]


def watch(quern, *words):
    """Starts a trace and returns once it sees what passes."""
    process = subprocess.Popen(within(quern, "trace", "live", "-p", "af_packet:lo", *words), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    if not line.startswith("capturing on lo"):
        end_all([process])
        raise AssertionError(line)
    return process


def talk():
    subprocess.run(within(sys.executable, "-c", TALK), check=True, timeout=20)


def heard(process):
    """What it says until it ends, which it must."""
    try:
        return process.communicate(timeout=20)
    finally:
        end_all([process])


def expect_ladder(text):
    for piece in ("127.0.0.1:80\n", "CLOSED       |", "| LISTEN\n", "seq 1:101", "FIN-WAIT-1", "TIME-WAIT", "CLOSED\n"):
        assert piece in text, (piece, text)
    assert "again" not in text and text.count("connection 1:") == 1, text


def an_interface_that_is_down_is_said_to_be(quern):
    done = subprocess.run(within(quern, "trace", "live", "-p", "af_packet:lo", "-d", "1s"), capture_output=True,
                          text=True, timeout=20, check=False)
    assert done.returncode == 3 and "lo: the interface is down\n  Bring it up" in done.stderr, done
    subprocess.run(within("ip", "link", "set", "lo", "up"), check=True)


def for_as_long_as_was_asked(quern):
    process = watch(quern, "-d", "1s")
    talk()
    text, errors = heard(process)
    assert process.returncode == 0, (process.returncode, errors)
    expect_ladder(text)


def until_ctrl_c(quern):
    process = watch(quern)
    talk()
    process.send_signal(signal.SIGINT)
    text, errors = heard(process)
    assert process.returncode == 130, (process.returncode, errors)
    expect_ladder(text)


def silence_is_said_to_be(quern):
    process = watch(quern, "-d", "300ms")
    _, errors = heard(process)
    assert process.returncode == 1 and "no TCP segment among 0 frames" in errors, (process.returncode, errors)


CASES = [an_interface_that_is_down_is_said_to_be, for_as_long_as_was_asked, until_ctrl_c, silence_is_said_to_be]


def main(quern):
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    subprocess.run(["ip", "netns", "add", SPACE], check=True)
    try:
        return play([(case.__name__.replace("_", " "), lambda case=case: case(os.path.abspath(quern)))
                     for case in CASES])
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=False)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
