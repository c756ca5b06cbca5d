"""Half-close with 100 MB still to send: after one end's FIN the other goes on to its own, whatever the line is like."""

import hashlib
import socket
import threading
import time

from peer_curl import pattern, serve_http
from peer_lab import eventually, expect, expect_equal
from peer_linux import WAIT_S, connect, eventually_states, expect_end, forget_time_wait, states
from peer_quern import expect_requests, expect_totals, serve

BYTES, PIECE = 100_000_000, 1 << 20
LIMIT_S = 200


def send(sock, size, ended):
    """Sends the pattern and FIN, in a thread of its own; `ended` has the time once all is in the kernel's hands."""
    def run():
        text = memoryview(pattern(PIECE))
        for at in range(0, size, PIECE):
            sock.sendall(text[:min(PIECE, size - at)])
        sock.shutdown(socket.SHUT_WR)
        ended.append(time.monotonic())
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wanted(size):
    """What send() sends: its length and hash."""
    digest = hashlib.sha256()
    for at in range(0, size, PIECE):
        digest.update(pattern(min(PIECE, size - at)))
    return size, digest.hexdigest()


def read_to_end(sock):
    """Length and hash of all that comes before the FIN."""
    size, digest = 0, hashlib.sha256()
    while piece := sock.recv(PIECE):
        size += len(piece)
        digest.update(piece)
    return size, digest.hexdigest()


def connected():
    sock = connect()
    sock.settimeout(LIMIT_S)
    return sock


def expect_linux_is_done():
    """Nothing is open. A late copy of quern's FIN, to which no connection is left, may end TIME-WAIT by RST."""
    eventually(lambda: set(states()) <= {"TIME-WAIT"}, WAIT_S, lambda: f"Linux is done: {states()}")


def quern_goes_on(lab, *words):
    """Linux has said all before the first byte of the answer, and sits in FIN-WAIT-2 while 100 MB come."""
    with serve_http(lab, *words) as quern, connected() as sock:
        with quern.paused():
            sock.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: q\r\n\r\n" % BYTES)
            sock.shutdown(socket.SHUT_WR)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        eventually_states("FIN-WAIT-2")
        found = read_to_end(sock)
        sock.close()
        expect_linux_is_done()
        quern.wait_closed()
        expect_equal(found, (BYTES, hashlib.sha256(pattern(BYTES)).hexdigest()), "bytes and SHA-256 of the body")
        report = quern.stop()
        expect_requests(report, ok=1)
        expect_totals(report, 1)
        return report


def linux_goes_on(lab, *words):
    """Quern has closed its way before the first byte, and takes 100 MB in FIN-WAIT-2."""
    forget_time_wait()
    with serve(lab, "--close", "server", *words) as quern, connected() as sock:
        expect_end(sock)
        eventually_states("CLOSE-WAIT")
        send(sock, BYTES, []).join(LIMIT_S)
        eventually(lambda: not states(), LIMIT_S, "all of it and the FIN are acknowledged")
        report = quern.stop()
        expect_totals(report, 1)
        expect(report["totals"]["bytes"]["rx"] > BYTES, f"bytes received: {report['totals']['bytes']}")
        expect_equal(report["totals"]["time_wait"], 1, "connections of quern in TIME-WAIT")
        return report


def echo_outlasts_the_end(lab, *words):
    """What Linux has sent before its FIN comes back, the last of it long after: a queue at each end is full then."""
    forget_time_wait()
    with serve(lab, *words, service="--echo") as quern, connected() as sock:
        ended = []
        thread = send(sock, BYTES, ended)
        found = read_to_end(sock)
        behind = time.monotonic() - ended[0]
        thread.join()
        sock.close()
        expect_linux_is_done()
        quern.wait_closed()
        expect_equal(found, wanted(BYTES), "bytes and SHA-256 of what came back")
        expect(behind > 0, "the echo ended before what it answers")
        report = quern.stop()
        expect_totals(report, 1)
        return report


CHECKS = [("quern sends 100 MB after Linux's FIN, then its own", quern_goes_on),
          ("quern takes 100 MB after its own FIN, then Linux's", linux_goes_on)]
