"""Datagrams between quern and Linux: its sockets are answered, and answer quern's generator."""

import contextlib
import os
import select
import socket
import threading

from peer_lab import FAMILY, IS_IP6, PORT, QUERN, expect, expect_equal
from peer_quern import load, serve

TEXT_MAX = 1500 - (48 if IS_IP6 else 28)
SOCKETS, ROUNDS = 20, 50
STAMP = 18


class Answering:
    """A socket of Linux's that answers, or only counts, until its block ends."""

    def __init__(self, answers):
        self.answers, self.heard, self.ends, self.texts = answers, 0, set(), []
        self.sock = socket.socket(FAMILY, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind(("", PORT))  # a tap has no address before quern has opened it
        self.wakes = os.pipe()
        self.thread = threading.Thread(target=self.hear)

    def hear(self):
        while self.wakes[0] not in select.select([self.sock, self.wakes[0]], [], [])[0]:
            text, end = self.sock.recvfrom(65536)
            self.heard += 1
            self.ends.add(end[:2])
            self.texts.append(text)
            if self.answers:
                self.sock.sendto(text, end)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *reason):
        os.write(self.wakes[1], b"x")
        self.thread.join()
        self.sock.close()
        for file in self.wakes:
            os.close(file)


def measured(texts):
    """Flow and number of those that are neither of a warm-up nor the mark of an end."""
    return [(int.from_bytes(text[5:8], "big"), int.from_bytes(text[8:12], "big")) for text in texts
            if text[:3] == b"QU\x01"]


def quern_answers_linux(lab):
    with serve(lab, service="--udp") as quern, contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket(FAMILY, socket.SOCK_DGRAM)) for _ in range(SOCKETS)]
        for sock in socks:
            sock.settimeout(5)
            sock.connect((QUERN, PORT))
        sent = 0
        for round_number in range(ROUNDS):
            bytes_now = TEXT_MAX * round_number // (ROUNDS - 1)
            text = os.urandom(bytes_now)
            for number, sock in enumerate(socks):
                sock.send(bytes([number]) * 2 + text[2:] if bytes_now > 1 else text)
            for number, sock in enumerate(socks):
                wanted = bytes([number]) * 2 + text[2:] if bytes_now > 1 else text
                expect_equal(sock.recv(65536), wanted, f"the answer to {bytes_now} bytes")
            sent += SOCKETS
        counts = quern.stop()["udp"]["counts"]
        expect_equal((counts["received"], counts["sent"], counts["unknown"]), (sent, sent, sent), "datagrams")


def linux_answers_quern(lab):
    for flows, size in ((1, STAMP), (300, 700), (64, TEXT_MAX)):
        with Answering(True) as linux, load(lab, "--pps", "2k", "-d", "1s", "--flows", str(flows), "--payload",
                                            f"bytes:{size}", scheme="udp") as quern:
            counts = quern.report()["udp"]["counts"]
        expect_equal((counts["sent"], counts["answered"], counts["lost"], counts["corrupted"], counts["duplicated"]),
                     (2000, 2000, 0, 0, 0), f"datagrams of {size} bytes")
        expect_equal({len(text) for text in linux.texts}, {size}, "sizes that came to Linux")
        expect_equal(len(linux.ends), flows, "ends that Linux was asked from")
        expect_equal(len(set(measured(linux.texts))), 2000, "different datagrams")


def linux_only_listens(lab):
    with Answering(False) as linux, load(lab, "--one-way", "--pps", "3k", "-d", "1s", scheme="udp") as quern:
        counts = quern.report()["udp"]["counts"]
        expect_equal((counts["sent"], counts["received"]), (3000, 0), "datagrams")
    numbers = measured(linux.texts)
    expect_equal((len(numbers), len(set(numbers))), (3000, 3000), "datagrams that came to Linux")


def linux_is_closed(lab):
    with load(lab, "--pps", "500", "-d", "1s", "--connect-timeout", "200ms", scheme="udp") as quern:
        report = quern.report(code=1)
    counts = report["udp"]["counts"]
    expect_equal((report["verdict"], counts["sent"], counts["lost"]), ("fail", 500, 500), "nobody answers")
    expect(report["totals"]["packets"]["rx"] > 0, "Linux has said that its port is closed")


CHECKS = [("quern answers Linux's sockets with what they send", quern_answers_linux),
          ("Linux answers quern's generator, and each datagram is accounted for", linux_answers_quern),
          ("what quern sends one way comes to Linux, each once", linux_only_listens),
          ("a closed port of Linux's loses all, and fails the run", linux_is_closed)]
