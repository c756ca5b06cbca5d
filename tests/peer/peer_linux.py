"""Linux's end: sockets that do what a check says, its own words about their states, and frames as they pass."""

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
import subprocess
import termios
import time

from peer_lab import FAMILY, IS_IP6, PORT, QUERN, at, eventually, expect

WAIT_S = 10
ETH_P_ALL = 3
QUERN_BYTES = socket.inet_pton(FAMILY, QUERN)
# Where a frame says which version, protocol and addresses it has, and where TCP begins; lengths count from there on.
ETHER_TYPE = b"\x86\xdd" if IS_IP6 else b"\x08\x00"
PROTOCOL_AT, SOURCE_AT, LENGTH_AT, LENGTH_FROM = (20, 22, 18, 54) if IS_IP6 else (23, 26, 16, 14)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def answers_ping(address, seconds, payload=b"quern answers in kind, to the byte"):
    """Sends one ICMP echo request; whether the reply to it came back unchanged in time."""
    ask, reply, protocol = (128, 129, socket.IPPROTO_ICMPV6) if IS_IP6 else (8, 0, socket.IPPROTO_ICMP)
    header = struct.pack("!BBHHH", ask, 0, 0, os.getpid() & 0xffff, int(time.monotonic() * 1000) & 0xffff)
    request = header[:2] + struct.pack("!H", checksum(header + payload)) + header[4:] + payload
    end = time.monotonic() + seconds
    with socket.socket(FAMILY, socket.SOCK_RAW, protocol) as sock:
        try:
            sock.sendto(request, (address, 0))
            while True:
                sock.settimeout(max(end - time.monotonic(), 0.001))
                packet, sender = sock.recvfrom(65535)
                # Over IPv6 the kernel makes and checks the sum, and keeps the header to itself.
                message = packet if IS_IP6 else packet[20:]
                if sender[0] == address and message[0] == reply and message[4:] == request[4:]:
                    return IS_IP6 or checksum(message) == 0
        except OSError:
            return False


def listener(backlog=128, port=PORT):
    """A listening socket on Linux's address, which a tap may not have yet."""
    sock = socket.socket(FAMILY)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("", port))
    sock.listen(backlog)
    sock.settimeout(WAIT_S)
    return sock


def accept(listening):
    connection, _ = listening.accept()
    connection.settimeout(WAIT_S)
    return connection


def connect(port=PORT):
    sock = socket.socket(FAMILY)
    sock.settimeout(WAIT_S)
    try:
        sock.connect((QUERN, port))
    except OSError:
        sock.close()
        raise
    return sock


def expect_end(sock):
    """The peer's FIN, and nothing before it."""
    received = sock.recv(4096)
    expect(received == b"", f"{len(received)} bytes from a server that sends none")


def expect_reset(sock):
    try:
        received = sock.recv(4096)
    except ConnectionResetError:
        return
    expect(False, f"no ECONNRESET: recv() gave {received!r}")


def abort(sock):
    """Sends RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def probe_after(sock, idle_s, interval_s, probes):
    """Switches Linux's keepalive on."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, idle_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, probes)


def unacknowledged(sock):
    """Bytes sent and not acknowledged, sent or not."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, b"\0" * 4))[0]


def ss(*words):
    """What ss says of TCP sockets between Linux and quern, a line each: state, queues, local, remote, more."""
    lines = subprocess.run(("ss", "-Htan") + words, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split() for line in lines if f" {at(QUERN)}:" in line]


def states():
    """The kernel's states of all connections with quern, sorted."""
    return sorted(fields[0] for fields in ss())


def eventually_states(*wanted, seconds=WAIT_S):
    """The witness: ss shows exactly these states for the connections with quern."""
    eventually(lambda: states() == sorted(wanted), seconds, lambda: f"ss shows {wanted}; it shows {states()}")


def forget_time_wait():
    """Ends Linux's TIME-WAIT records, so that ss begins each check with nothing."""
    subprocess.run(("ss", "-K", "-Htan", "dst", at(QUERN)), capture_output=True, check=False)


def counter(name):
    """A TCP counter of this namespace, e.g. TCPKeepAlive."""
    with open("/proc/net/netstat", encoding="ascii") as file:
        lines = [line.split() for line in file]
    for names, values in zip(lines[::2], lines[1::2]):
        if name in names:
            return int(values[names.index(name)])
    raise KeyError(name)


class Segments:
    """TCP segments between Linux and quern as they pass this namespace's interfaces, both ways, from now on."""

    FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.sock.close()

    def take(self):
        """(from quern, flags, sequence, acknowledgment, bytes of text) of what passed since the last call."""
        taken = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frame = self.sock.recv(65535)
                if frame[12:14] != ETHER_TYPE or frame[PROTOCOL_AT] != socket.IPPROTO_TCP:
                    continue
                middle = SOURCE_AT + len(QUERN_BYTES)
                source, dest = frame[SOURCE_AT:middle], frame[middle:middle + len(QUERN_BYTES)]
                if QUERN_BYTES not in (source, dest):
                    continue
                start = 54 if IS_IP6 else 14 + (frame[14] & 15) * 4
                seq, ack = struct.unpack_from("!II", frame, start + 4)
                flags = "".join(name for name, bit in self.FLAGS.items() if frame[start + 13] & bit)
                length = struct.unpack_from("!H", frame, LENGTH_AT)[0] - (start - LENGTH_FROM)
                text = length - (frame[start + 12] >> 4) * 4
                taken.append((source == QUERN_BYTES, flags, seq, ack, text))
        return taken


class Crowd:
    """Many connections at once, by epoll: how many were made, ended in order and broke."""

    def __init__(self):
        self.made = self.ended = 0
        self.broken = {}
        self.epoll = select.epoll()
        self.socks = {}

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        for sock in self.socks.values():
            sock.close()
        self.epoll.close()

    def add(self, sock, events):
        sock.setblocking(False)
        self.socks[sock.fileno()] = sock
        self.epoll.register(sock.fileno(), events)

    def drop(self, fd, broken_by=None):
        if broken_by is None:
            self.ended += 1
        else:
            self.broken[broken_by] = self.broken.get(broken_by, 0) + 1
        self.socks.pop(fd).close()

    def hear(self, fd):
        """The peer's FIN or RST."""
        try:
            received = self.socks[fd].recv(4096)
        except BlockingIOError:
            return
        except OSError as error:
            self.drop(fd, errno.errorcode[error.errno])
            return
        self.drop(fd, "text" if received else None)

    def serve(self, listening, closes_first, is_over, seconds):
        """Accepts and ends all that come until `is_over()` and none is left."""
        end = time.monotonic() + seconds
        listening.setblocking(False)
        self.epoll.register(listening.fileno(), select.EPOLLIN)
        while self.socks or not is_over():
            expect(time.monotonic() < end, f"{self.made} made and {len(self.socks)} open after {seconds} s")
            for fd, _ in self.epoll.poll(0.05):
                if fd != listening.fileno():
                    self.hear(fd)
                    continue
                with contextlib.suppress(BlockingIOError):
                    for _ in range(64):
                        sock, _ = listening.accept()
                        self.made += 1
                        self.add(sock, select.EPOLLIN)
                        if closes_first:
                            sock.shutdown(socket.SHUT_WR)

    def open_one(self):
        sock = socket.socket(FAMILY)
        self.add(sock, select.EPOLLOUT)
        result = sock.connect_ex((QUERN, PORT))
        if result not in (0, errno.EINPROGRESS):
            self.drop(sock.fileno(), errno.errorcode[result])

    def opened(self, fd, closes_first):
        failure = self.socks[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failure:
            self.drop(fd, errno.errorcode[failure])
            return
        self.made += 1
        if closes_first:
            self.socks[fd].shutdown(socket.SHUT_WR)
        self.epoll.modify(fd, select.EPOLLIN)

    def load(self, count, at_once, closes_first, seconds):
        """Opens `count` connections, `at_once` at a time, and ends each."""
        left, end = count, time.monotonic() + seconds
        while left > 0 or self.socks:
            expect(time.monotonic() < end, f"{left} to open and {len(self.socks)} open after {seconds} s")
            while left > 0 and len(self.socks) < at_once:
                left -= 1
                self.open_one()
            for fd, event in self.epoll.poll(0.05):
                if event & select.EPOLLOUT:
                    self.opened(fd, closes_first)
                else:
                    self.hear(fd)
