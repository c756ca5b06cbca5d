"""Targets that are not well: that refuse, reset, come up late, stall and die. quern load shows each for what it is."""

import contextlib
import re
import signal
import socket
import threading
import time

from peer_lab import FAMILY, PORT, expect, expect_equal
from peer_linux import WAIT_S, abort, forget_time_wait, listener
from peer_nginx import Nginx
from peer_quern import expect_requests, load

TOOLS = ("nginx",)
STALL_S = 1


def outcome(lab, quern, code=0):
    """The report, and the text of it."""
    report = quern.report(code=code)
    return report, quern.said()


def refuses(lab):
    """Nobody listens: Linux answers each SYN by RST."""
    forget_time_wait()
    with load(lab, "--connections", "50", "--cps", "500", scheme="http", path="/") as quern:
        report, said = outcome(lab, quern, code=1)
    totals = report["totals"]
    expect_equal(totals["failed"], {"timeout": 0, "reset": 0, "refused": 50, "no_port": 0, "no_memory": 0}, "failed")
    expect_equal((totals["opened"], totals["established"], totals["requests"]["sent"]), (50, 0, 0), "opened and more")
    expect("refused 50" in said and report["verdict"] == "fail", f"the text says so: {said}")


@contextlib.contextmanager
def resetting(text):
    """A server that sends a text, or nothing, and then RST."""
    def answer(listening):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listening.accept()
                sock.settimeout(WAIT_S)
                sock.recv(4096)
                if text:
                    sock.sendall(text)
                    time.sleep(0.002)
                abort(sock)

    with listener() as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        try:
            yield
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(WAIT_S)


def resets(lab):
    for text in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbut"):
        forget_time_wait()
        with resetting(text), load(lab, "--connections", "20", "--cc", "1", scheme="http", path="/") as quern:
            report, said = outcome(lab, quern, code=1)
        expect_requests(report, cut_short=20)
        totals = report["totals"]
        expect_equal(totals["closed_by"], {"fin": 0, "reset": 20, "timeout": 0, "evicted": 0}, "closed by")
        expect_equal(totals["cut_short"], 20, "connections cut short")
        expect("reset 20," in said and "cut short 20" in said, f"the text says so: {said}")


@contextlib.contextmanager
def listening_after(seconds):
    """A server that is not there at first, and then answers everybody."""
    is_over = threading.Event()

    def answer():
        time.sleep(seconds)
        with socket.socket(FAMILY) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("", PORT))
            listening.listen(1024)
            listening.settimeout(0.1)
            while not is_over.is_set():
                with contextlib.suppress(OSError):
                    sock, _ = listening.accept()
                    with sock:
                        sock.settimeout(WAIT_S)
                        sock.recv(4096)
                        sock.sendall(b"HTTP/1.1 204 Here\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(WAIT_S)


def comes_up_late(lab):
    """What was refused lies in the seconds in which it was, and nothing that came later."""
    forget_time_wait()
    with load(lab, "-d", "4s", "--cps", "100", scheme="http", path="/") as quern, listening_after(1):
        report, said = outcome(lab, quern)
    totals, series = report["totals"], report["series"]
    refused = totals["failed"]["refused"]
    expect(50 < refused < 250, f"refused while nobody listened: {totals}")
    expect_requests(report, ok=totals["opened"] - refused)
    expect(series[0]["failed"] > 50, f"failed in the first second: {series[0]}")
    expect_equal((series[-1]["failed"], series[-1]["established"] > 90), (0, True), "the last second")
    expect(f"refused {refused}" in said, f"the text says so: {said}")


def stalls(lab):
    """It stands still for a second, and goes on: that is time, and no failure."""
    forget_time_wait()
    with Nginx(lab) as nginx, load(lab, "-d", "3s", "--cc", "10", "--requests", "0", scheme="http",
                                   path="/") as quern:
        time.sleep(1)
        nginx.process.send_signal(signal.SIGSTOP)
        time.sleep(STALL_S)
        nginx.process.send_signal(signal.SIGCONT)
        report, said = outcome(lab, quern)
        logged = nginx.statuses()
    requests = expect_requests(report, ok=report["totals"]["requests"]["ok"])
    expect_equal(requests["ok"], len(logged), "answers, and lines of nginx's log")
    longest = report["latency_ns"]["request"]["max"] / 1e9
    expect(0.95 * STALL_S < longest < STALL_S + 1, f"the longest request took {longest} s")
    expect(min(row["requests"] for row in report["series"]) < max(row["requests"] for row in report["series"]) / 2,
           f"requests each second: {[row['requests'] for row in report['series']]}")
    expect_equal(sum(report["totals"]["failed"].values()), 0, "failed")
    expect(re.search(r"request time .*max (9\d\d ms|1\.\d s)\n", said), f"the text says so: {said}")


def dies(lab):
    """It is killed at work: requests are cut, connections opened then are refused, answers stay counted."""
    forget_time_wait()
    with Nginx(lab) as nginx, load(lab, "-d", "2s", "--cc", "10", "--requests", "0", scheme="http",
                                   path="/") as quern:
        time.sleep(1)
        nginx.process.kill()
        report, said = outcome(lab, quern)
        answered = len(nginx.read("access.log").splitlines())
    totals = report["totals"]
    requests = totals["requests"]
    # It logs an answer once the kernel has it: one may be missing, and those that were on their way were cut.
    expect(requests["ok"] - 1 <= answered <= requests["ok"] + requests["cut_short"],
           f"{answered} lines of nginx's log, {requests}")
    # Beside the ten that were at work, those in the queue of its socket.
    expect(requests["ok"] > 100 and 0 < requests["cut_short"] <= 30, f"requests: {requests}")
    expect_equal((requests["malformed"], requests["bad_status"], requests["in_flight"]), (0, 0, 0), "others")
    expect(totals["failed"]["refused"] > 10 and totals["failed"]["timeout"] == 0, f"failed: {totals['failed']}")
    expect_equal(report["series"][-1]["requests"], 0, "answers of the last second")
    expect("refused" in said and f"cut short {requests['cut_short']}" in said, f"the text says so: {said}")


CHECKS = [("a target that refuses is shown as one", refuses),
          ("a target that answers by RST, at once or in the midst, is shown as one", resets),
          ("a target that comes up late is shown in the seconds in which it was not there", comes_up_late),
          ("a target that stalls for a second is shown by times, and nothing has failed", stalls),
          ("a target that dies is shown by what was cut, and what was refused then", dies)]
