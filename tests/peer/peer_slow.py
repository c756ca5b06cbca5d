"""Readers of Linux that are slow or stop while quern sends: windows shut and open, nothing is lost, memory stays."""

import contextlib
import hashlib
import socket
import time

from peer_curl import curl, pattern, serve_http
from peer_lab import FAMILY, PORT, QUERN, at, eventually, expect, expect_equal
from peer_linux import Segments, eventually_states, states
from peer_quern import expect_requests, expect_totals

TOOLS = ("curl",)
BODY, CROWD = 1_000_000, 60
SMALL_BUFFER = 16384
# What a connection may keep in quern by default: a send queue of 64 KiB, in buffers of a segment each, and a few.
BUFFERS_EACH = 65536 // 1460 + 8


def ask(size, buffer=None):
    """A connection on which a body is on its way, and `Connection: close` behind it."""
    sock = socket.socket(FAMILY)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(30)
    sock.connect((QUERN, PORT))
    sock.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n" % size)
    return sock


def are_shut(quern, count):
    """Whether so many connections have a window of nothing."""
    return [row["snd_wnd"] for row in quern.ctl("conns")] == [0] * count


def probes(quern):
    return sum(shard["counters"]["window_probes"] for shard in quern.ctl("stats")["shards"])


class Body:
    """What has been read of an answer so far."""

    def __init__(self, sock):
        self.sock, self.head, self.size, self.digest = sock, b"", 0, hashlib.sha256()

    def read(self, most):
        """Reads at most so many bytes; False at the end."""
        piece = self.sock.recv(most)
        if piece and b"\r\n\r\n" not in self.head:
            self.head += piece
            piece = self.head.partition(b"\r\n\r\n")[2]
            self.digest.update(piece)
            self.size += len(piece)
            return True
        self.digest.update(piece)
        self.size += len(piece)
        return bool(piece)

    def read_to_end(self):
        while self.read(65536):
            pass
        self.sock.close()

    def expect_whole(self, size):
        expect_equal((self.size, self.digest.hexdigest()), (size, hashlib.sha256(pattern(size)).hexdigest()),
                     "bytes of the body, and SHA-256")


def resident_kib(quern):
    with open(f"/proc/{quern.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def reads_by_bytes(lab):
    """A byte now and then: the window shuts, and opens no sooner than it is worth a segment."""
    with serve_http(lab) as quern, Segments() as segments:
        body = Body(ask(BODY, SMALL_BUFFER))
        eventually(lambda: are_shut(quern, 1), 10, "the window shuts")
        segments.take()
        for _ in range(40):
            body.read(1)
            time.sleep(0.02)
        texts = [text for from_quern, _, _, _, text in segments.take() if from_quern and text > 0]
        # RFC 9293 3.8.6.2.1: none is silly but probes of one byte; 40 bytes are no reason to send.
        expect(all(text == 1 or text >= 536 for text in texts) and len(texts) < 5, f"segments meanwhile: {texts}")
        body.read_to_end()
        body.expect_whole(BODY)
        eventually_states()
        report = quern.stop()
        expect_requests(report, ok=1)
        expect_totals(report, 1)


def stops_reading(lab):
    """For longer than two probes need: they are answered, cost nothing, and the rest comes once the window opens."""
    with serve_http(lab) as quern, Segments() as segments:
        body = Body(ask(BODY, SMALL_BUFFER))
        eventually(lambda: are_shut(quern, 1), 10, "the window shuts")
        segments.take()
        eventually(lambda: probes(quern) >= 2, 10, "two probes of the window")
        texts = [text for from_quern, _, _, _, text in segments.take() if from_quern and text > 0]
        expect(set(texts) == {1} and len(texts) <= 4, f"segments into a window that is shut: {texts}")
        body.read_to_end()
        body.expect_whole(BODY)
        eventually_states()
        report = quern.stop()
        expect_requests(report, ok=1)
        expect_totals(report, 1)


def crowd_stops_reading(lab):
    """What they do not read is not kept twice: a queue each, no page more; and others are served meanwhile."""
    with serve_http(lab) as quern:
        curl(f"http://{at(QUERN)}/bytes/1M", seconds=30)
        before_kib = resident_kib(quern)
        with contextlib.ExitStack() as stack:
            crowd = [Body(stack.enter_context(ask(BODY, SMALL_BUFFER))) for _ in range(CROWD)]
            eventually(lambda: are_shut(quern, CROWD), 20, "all windows shut")
            found = hashlib.sha256(curl(f"http://{at(QUERN)}/bytes/{BODY}", seconds=30)).hexdigest()
            expect_equal(found, hashlib.sha256(pattern(BODY)).hexdigest(), "SHA-256 of another's body meanwhile")
            time.sleep(1.1)  # so that a row of the report's series is of this time
            for body in crowd:
                body.read_to_end()
                body.expect_whole(BODY)
        grown = resident_kib(quern) - before_kib
        expect(grown < 4096, f"quern has grown by {grown} KiB")
        eventually(lambda: set(states()) <= {"TIME-WAIT"}, 10, "no more than what curl has closed")
        report = quern.stop()
        expect_requests(report, ok=CROWD + 2)
        expect_totals(report, CROWD + 2)
        used = [row["mbufs_used"] for row in report["series"]]
        expect(max(used) - min(used) <= CROWD * BUFFERS_EACH, f"buffers in use, second by second: {used}")
        expect(max(used) - min(used) >= CROWD * 10, f"no queue was seen: {used}")


CHECKS = [("a reader of a byte now and then gets all of it, and no silly segments", reads_by_bytes),
          ("a reader that stops is probed, and gets all of it when it goes on", stops_reading),
          (f"{CROWD} readers that stop cost quern a queue each, keep nobody off, and lose nothing",
           crowd_stops_reading)]
