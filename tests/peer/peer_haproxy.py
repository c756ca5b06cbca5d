"""quern load through haproxy, in its mode of HTTP and in that of TCP, to nginx: the three have counted the same."""

import contextlib
import csv
import io
import os
import socket
import subprocess

from peer_lab import IS_IP6, PORT, at, die_with_parent, eventually, expect, expect_equal
from peer_linux import forget_time_wait
from peer_nginx import Nginx
from peer_quern import expect_requests, expect_totals, load

TOOLS = ("haproxy", "nginx")
BEHIND = 8081
BESIDE = f"""
    server {{ listen 127.0.0.1:{BEHIND} backlog=4096; access_log @/behind.log; client_max_body_size 0;
             location / {{ return 200 behind; }} }}
"""
CONFIG = """
global
    maxconn 4096
    stats socket {0}/stats
defaults
    mode {1}
    retries 0
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend front
    bind {2}
    default_backend back
backend back
    server nginx 127.0.0.1:{3}
"""


class Haproxy:
    """`with Haproxy(lab, folder, "http") as haproxy:`, in the foreground, on the port that quern asks."""

    def __init__(self, lab, folder, mode):
        self.folder = folder
        with open(f"{folder}/haproxy", "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder, mode, f"{at('::') if IS_IP6 else '0.0.0.0'}:{PORT + 1}", BEHIND))
        self.process = subprocess.Popen(("haproxy", "-db", "-q", "-f", f"{folder}/haproxy"),
                                        stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        lab.process_ids.append(self.process.pid)

    def __enter__(self):
        try:
            eventually(lambda: os.path.exists(f"{self.folder}/stats") and self.counts(), 10, "haproxy listens")
        except BaseException:
            self.__exit__()
            raise
        return self

    def counts(self):
        """What its frontend has counted, by the names of its statistics."""
        expect(self.process.poll() is None, "haproxy has not ended by itself")
        with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(ConnectionRefusedError):
            sock.connect(f"{self.folder}/stats")
            sock.sendall(b"show stat\n")
            text = b"".join(iter(lambda: sock.recv(65536), b"")).decode().lstrip("# ")
            return next((row for row in csv.DictReader(io.StringIO(text)) if row["svname"] == "FRONTEND"), None)
        return None

    def __exit__(self, *reason):
        self.process.kill()
        self.process.wait()


def through(lab, mode, *words):
    """Runs quern against haproxy; its report, what haproxy has counted, and nginx's log."""
    forget_time_wait()
    with Nginx(lab, BESIDE) as nginx, Haproxy(lab, nginx.folder, mode) as haproxy:
        with load(lab, *words, scheme="http", path="/", port=PORT + 1) as quern:
            report = quern.report()
        counts = haproxy.counts()
        nginx.end()
        logged = nginx.read("behind.log").splitlines()
    return report, counts, logged


def expect_same(report, logged, requests, connections):
    expect_requests(report, ok=requests)
    expect_totals(report, connections)
    statuses = {line.split('"')[2].split()[0] for line in logged}
    expect_equal((len(logged), statuses), (requests, {"200"}), "lines of nginx's log, and its statuses")


def one_a_connection(lab):
    for mode in ("http", "tcp"):
        report, counts, logged = through(lab, mode, "--connections", "1000", "--cc", "32")
        expect_same(report, logged, 1000, 1000)
        expect_equal(counts["stot"], "1000", f"sessions of haproxy, mode {mode}")
        if mode == "http":
            expect_equal((counts["req_tot"], counts["hrsp_2xx"]), ("1000", "1000"), "requests and answers of haproxy")


def bodies_on_lasting_connections(lab):
    for mode in ("http", "tcp"):
        report, counts, logged = through(lab, mode, "--connections", "20", "--cc", "10", "--requests", "20", "--data",
                                         "bytes:100k", "--expect", "200", "--expect-body", "behind")
        expect_same(report, logged, 400, 20)
        expect_equal(counts["stot"], "20", f"sessions of haproxy, mode {mode}")
        if mode == "http":
            expect_equal(counts["req_tot"], "400", "requests of haproxy")
        head = len(f"POST / HTTP/1.1\r\nHost: {report['config']['target']}\r\nContent-Length: 100000\r\n\r\n")
        # Nginx answers before it has read a body, and haproxy passes that on: all of it was sent all the same.
        received, sent = int(counts["bin"]), 400 * (head + 100000)
        # In its mode of HTTP it counts each request as it keeps it, which is some bytes more.
        expect(received == sent if mode == "tcp" else sent <= received < 1.01 * sent,
               f"bytes that haproxy has received: {received}, not {sent}")


def nobody_is_behind_it(lab):
    """What haproxy says by itself is an answer of its own: 503."""
    forget_time_wait()
    with Nginx(lab) as nginx, Haproxy(lab, nginx.folder, "http"), load(
            lab, "--connections", "20", "--cc", "5", scheme="http", path="/", port=PORT + 1) as quern:
        report = quern.report(code=1)
    expect_requests(report, bad_status=20)
    expect_equal(report["totals"]["statuses"]["5xx"], 20, "answers of 503")


CHECKS = [("quern load asks nginx through haproxy, and all three count the same", one_a_connection),
          ("quern load posts to nginx through haproxy on connections that last", bodies_on_lasting_connections),
          ("haproxy answers 503 where nobody is behind it", nobody_is_behind_it)]
