#!/usr/bin/env python3
"""Orders by `quern ctl` to querns that run, and what their reports say of it; prints TAP: check_orders.py QUERN."""

import json
import os
import pwd
import shutil
import subprocess
import sys

from app_cases import eventually, play
from check_ctl import assert_fails, placed, stop


def report_of(path):
    with open(path, encoding="utf-8") as file:
        result = json.load(file)
    os.remove(path)
    return result


def the_rate_changes(place):
    path = os.path.join(place.folder, "result.json")
    process = place.start("bench", "-d", "0", "--cps", "2k", "--json", path)

    def opened():
        return json.loads(place.said("stats", "--json"))["shards"][0]["counters"]["opened_active"]

    eventually(lambda: opened() > 0, 10, "a connection")
    assert place.said("rate", "4k") == "rate: 4,000 connections/s\n"
    assert place.said("rate", "+10%") == "rate: 4,400 connections/s\n"
    assert json.loads(place.said("rate", "-50%", "--json")) == {"taken": True, "text": "rate: 2,200 connections/s\n"}
    assert place.said("rate", "pause") == "rate: 2,200 connections/s, paused: none is opened\n"
    assert_fails(place.ctl("rate", "pause"), 1, "it is paused already")
    before = opened()
    assert opened() == before, "it opens while it is paused"
    assert place.said("rate", "resume") == "rate: 2,200 connections/s\n"
    assert_fails(place.ctl("rate", "resume"), 1, "it is not paused")
    assert_fails(place.ctl("reload"), 1, "no rules that could be read again")
    eventually(lambda: opened() > before, 10, "a connection after the pause")
    assert place.said("stop") == "it ends, as by Ctrl-C\n"
    assert process.wait(30) == 130, process.returncode
    result = report_of(path)
    assert result["verdict"] == "aborted" and result["valid"]["accounting"] is True, result["verdict"]
    assert len(result["steered"]) == 5, result["steered"]


def what_cannot_be_changed(place):
    path = os.path.join(place.folder, "result.json")
    process = place.start("bench", "-d", "0", "--cc", "10", "--hold", "100s", "--json", path)
    assert place.said("rate", "20") == "held: 20 connections\n"
    assert place.said("stop", "--now") == "it ends, as by Ctrl-C\n"
    assert process.wait(30) == 130, process.returncode
    assert report_of(path)["verdict"] == "aborted"
    process = place.start("serve", "--discard", "-p", f"memif:{place.folder}/sock,server", "--ip", "198.18.0.1/24")
    assert_fails(place.ctl("rate", "+10%"), 1, "opens no connections at a rate that can be changed")
    assert place.said("stop") == "it ends, as by Ctrl-C\n"
    assert process.wait(30) == 130, process.returncode
    process = place.start("bench", "-d", "0", "--cps", "max")
    assert_fails(place.ctl("rate", "+10%"), 1, "its rate is max", "quern ctl rate pause")
    stop(process)


def those_that_do_most(place):
    """A rate that payload makes is the one that is shown, of connections that were there before."""
    process = place.start("bench", "-d", "0", "--cc", "20", "--hold", "100s", "--payload", "source:1G")
    rows = json.loads(place.said("top", "--json", "--limit", "5"))
    assert len(rows) == 5 and {row["state"] for row in rows} == {"ESTABLISHED"}, rows
    moved = [row["sent_bytes_s"] + row["received_bytes_s"] for row in rows]
    assert moved == sorted(moved, reverse=True) and moved[-1] > 1e4, moved
    lines = place.said("top", "--every", "200ms", "--limit", "3", "--by", "bytes").splitlines()
    assert lines[0].startswith("40 connections, ") and len(lines) == 5, lines
    stop(process)


def only_its_user_may(place):
    """The folder of the socket is closed to others, and so is the socket."""
    process = place.start("bench", "-d", "0", "--cps", "10")
    path = place.sockets(process)[0]
    folder = path.split("/dpdk/", maxsplit=1)[0]
    assert os.stat(folder).st_mode & 0o777 == 0o700, oct(os.stat(folder).st_mode)
    python = shutil.which("python3", path="/usr/bin:/bin")
    if os.geteuid() == 0 and shutil.which("runuser") and python:
        assert pwd.getpwnam("nobody").pw_uid != 0
        os.chmod(place.folder, 0o755)
        dial = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                "try: s.connect(sys.argv[1])\nexcept PermissionError: sys.exit(7)")
        done = subprocess.run(["runuser", "-u", "nobody", "--", python, "-c", dial, path], timeout=30,
                              check=False, capture_output=True, text=True)
        assert done.returncode == 7, done
    assert place.said("stop", "--pid", process.pid)
    assert process.wait(30) == 130, process.returncode


def main(quern):
    return play([(case.__name__.replace("_", " "), placed(quern, case))
                 for case in (the_rate_changes, those_that_do_most, what_cannot_be_changed, only_its_user_may)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
