"""Two network namespaces, a bad line between them (wire.c), and at its ends Linux or quern; gone on every way out."""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/peer"))
from peer_lab import (NAMESPACES, Broken, die_with_parent, enter_namespace, eventually, expect, ip,  # noqa: E402
                      what_is_missing)

CLIENT, LINUX, QUERN, PREFIX, PORT = "198.18.0.2", "198.18.0.1", "198.18.0.3", 24, 80
PIECE, WINDOW = 65536, 1 << 24
TCP_INFO_RETRANS = 100  # tcpi_total_retrans
# Large buffers, and each run a stranger to the one before.
SYSCTLS = {"net/ipv4/tcp_rmem": f"4096 1048576 {WINDOW}", "net/ipv4/tcp_wmem": f"4096 1048576 {WINDOW}",
           "net/ipv4/tcp_no_metrics_save": "1", "net/ipv6/conf/all/disable_ipv6": "1",
           "net/ipv6/conf/default/disable_ipv6": "1"}


def pattern(size):
    """The body of quern's /bytes/N."""
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return (letters * (size // len(letters) + 1))[:size]


def in_namespace(name, task):
    """What `task` returns in that namespace; sockets made there stay there."""
    found = []

    def run():
        enter_namespace(f"{NAMESPACES}/{name}")
        found.append(task())
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if not found:
        raise Broken(f"a task in {name} failed")
    return found[0]


def write_sysctls():
    for key, value in SYSCTLS.items():
        with contextlib.suppress(FileNotFoundError), open(f"/proc/sys/{key}", "w", encoding="ascii") as file:
            file.write(value)
    return True


def read_head(sock):
    """A head of HTTP, and what came behind it."""
    text = b""
    while b"\r\n\r\n" not in text:
        more = sock.recv(PIECE)
        expect(more, f"the end of the connection within a head: {text}")
        text += more
    head, _, rest = text.partition(b"\r\n\r\n")
    return head, rest


def read_body(sock, rest, size):
    """Reads what is left of a body of `size` bytes; its SHA-256."""
    digest, left = hashlib.sha256(rest), size - len(rest)
    while left > 0:
        more = sock.recv(min(left, PIECE))
        expect(more, f"the end of the connection {left} bytes before that of the body")
        digest.update(more)
        left -= len(more)
    return digest.hexdigest()


def sent_again(sock):
    """Segments that Linux has sent again, as it counts them."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_RETRANS + 4)
    return int.from_bytes(info[TCP_INFO_RETRANS:], sys.byteorder)


class Lab:
    """`with Lab(wire, quern) as lab:`, and in it `with lab.line(...)`, and in that a server."""

    def __init__(self, wire, quern, nice=0):
        self.wire, self.quern, self.nice = os.path.abspath(wire), os.path.abspath(quern), nice
        self.names = [f"quern-wire-{os.getpid()}-{end}" for end in ("client", "server")]
        self.folder = self.held = None

    def __enter__(self):
        self.held = contextlib.ExitStack()
        try:
            self.folder = self.held.enter_context(tempfile.TemporaryDirectory(prefix="quern-wire-"))
            for name in self.names:
                ip("netns", "add", name)
                self.held.callback(ip, "netns", "del", name, may_fail=True)
                in_namespace(name, write_sysctls)
        except BaseException:
            self.held.close()
            raise
        return self

    def __exit__(self, *reason):
        self.held.close()

    def _start(self, words, **streams):
        prefix = ("nice", "-n", str(self.nice)) if self.nice else ()
        return subprocess.Popen((*prefix, *words), stdin=subprocess.DEVNULL, preexec_fn=die_with_parent,
                                env={**os.environ, "TMPDIR": self.folder}, **streams)

    @contextlib.contextmanager
    def line(self, delay_us, loss, seed, counts, capture=None):
        """A line, each way with that delay and loss; its counts are added to the list `counts` when it ends. What
        comes to it is kept in the file `capture`."""
        words = (f"{self.names[0]}:w0", f"{self.names[1]}:w1", "-d", str(delay_us), "-l", str(loss), "-s", str(seed))
        process = self._start((self.wire, *words, *(("-w", capture) if capture else ())), stdout=subprocess.PIPE,
                              text=True)
        try:
            expect(process.stdout.readline() == "ready\n", "no line")
            for name, tap, address in zip(self.names, ("w0", "w1"), (CLIENT, LINUX)):
                ip("-n", name, "address", "add", f"{address}/{PREFIX}", "dev", tap)
            yield
            process.send_signal(signal.SIGTERM)
            counts.extend(json.loads(process.stdout.read()))
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    @contextlib.contextmanager
    def served_by_quern(self, congestion, report, *words):
        """quern at the server's end, beside Linux; what it reports is put into `report`."""
        path = os.path.join(self.folder, "serve.json")
        command = ("ip", "netns", "exec", self.names[1], self.quern, "serve", "--http", "-p", "af_packet:w1", "--ip",
                   f"{QUERN}/{PREFIX}", "--listen", f"{QUERN}:{PORT}", "--congestion", congestion, "--window",
                   str(WINDOW), "--json", path, *words)
        with open(os.path.join(self.folder, "serve.log"), "w+", encoding="utf-8") as log:
            process = self._start(command, stdout=log, stderr=log)

            def is_up():
                log.seek(0)
                said = log.read()
                expect(process.poll() is None, f"quern ended: {said}")
                return "tcp://" in said or "http://" in said
            try:
                eventually(is_up, 15, "quern serves")
                yield QUERN
                process.send_signal(signal.SIGINT)
                process.wait(15)
                with open(path, encoding="utf-8") as file:
                    report.update(json.load(file))
            finally:
                process.kill()
                process.wait()

    @contextlib.contextmanager
    def served_by_linux(self, congestion, report):
        """Linux at the server's end: one request, by the same words as quern takes."""
        listening = in_namespace(self.names[1], socket.socket)
        failure = []

        def serve():
            try:
                listening.settimeout(120)
                sock, _ = listening.accept()
                with sock:
                    answer(sock, report)
            except (OSError, Broken) as error:
                failure.append(error)
        with listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
            listening.bind((LINUX, PORT))
            listening.listen()
            thread = threading.Thread(target=serve)
            thread.start()
            yield LINUX
            thread.join()
        expect(not failure, f"Linux as the server: {failure}")

    def connect(self, address, congestion):
        """Linux as the client."""
        sock = in_namespace(self.names[0], socket.socket)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, congestion.encode())
        sock.settimeout(120)
        sock.connect((address, PORT))
        return sock


def answer(sock, report):
    """What quern's HTTP would: GET /bytes/N or POST /."""
    head, rest = read_head(sock)
    words = head.split(b" ")
    if words[0] == b"GET":
        body = pattern(int(words[1].rpartition(b"/")[2]))
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        report["sha256"] = hashlib.sha256(body).hexdigest()
        expect(sock.recv(1) == b"", "the client's end")
        report["retransmits"] = sent_again(sock)
        return
    size = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    report["sha256"] = read_body(sock, rest, size)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def fetch(sock, size):
    """The seconds from the request to the last byte of a body that the server sends, and the body's SHA-256."""
    begun = time.monotonic()
    sock.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: wire\r\n\r\n" % size)
    _, rest = read_head(sock)
    digest = read_body(sock, rest, size)
    return time.monotonic() - begun, digest


def give(sock, size):
    """The seconds from the first byte of a body to the answer that it has arrived, and the body's SHA-256."""
    body = pattern(size)
    begun = time.monotonic()
    sock.sendall(b"POST / HTTP/1.1\r\nHost: wire\r\nContent-Length: %d\r\n\r\n" % size + body)
    head, _ = read_head(sock)
    seconds = time.monotonic() - begun
    expect(head.startswith(b"HTTP/1.1 200"), f"answer: {head}")
    return seconds, hashlib.sha256(body).hexdigest()
