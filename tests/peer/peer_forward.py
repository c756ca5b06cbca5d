"""UDP through quern forward: a client's namespace at one tap, a server's at the other, and what each of them sees."""

import contextlib
import errno
import os
import select
import socket
import time

from peer_lab import (AT_ONCE, FAMILY, IS_IP6, LINUX, NAMESPACES, PREFIX, QUERN, SYSCTLS, SYSCTLS_IP6, at,
                      enter_namespace, eventually, expect, expect_equal, ip)
from peer_linux import answers_ping
from peer_quern import Quern, port_words

INSIDE, OUTSIDE = ("fd02::1", "fd03::1") if IS_IP6 else ("10.2.0.1", "10.3.0.1")  # quern's, towards clients and targets
CLIENTS = ["fd02::5", "fd02::6"] if IS_IP6 else ["10.2.0.5", "10.2.0.6"]
TARGETS = ["fd03::5", "fd03::6"] if IS_IP6 else ["10.3.0.5", "10.3.0.6"]
PORT, TO_PORT, WAIT_S = 53, 5353, 5
ETH_P_ALL, SO_NO_CHECK, NARROW = 3, 11, 1400
BIGGEST = 1500 - (48 if IS_IP6 else 28)


class Wire:
    """The two namespaces, with quern between them."""

    def __init__(self, lab):
        self.home = lab.linux_namespace
        self.client, self.server = (f"quern-peer-{os.getpid()}-{name}" for name in ("client", "server"))

    @contextlib.contextmanager
    def within(self, namespace):
        """Sockets that are made meanwhile live in the namespace."""
        enter_namespace(f"{NAMESPACES}/{namespace}")
        try:
            yield
        finally:
            enter_namespace(f"{NAMESPACES}/{self.home}")

    def prepare(self, namespace):
        ip("netns", "add", namespace)
        with self.within(namespace):
            for key, value in {**SYSCTLS, **(SYSCTLS_IP6 if IS_IP6 else {})}.items():
                if os.path.exists(f"/proc/sys/{key}"):
                    with open(f"/proc/sys/{key}", "w", encoding="ascii") as file:
                        file.write(value)

    def plug(self, tap, namespace, addresses):
        """Moves a tap to where its other end lives."""
        ip("link", "set", "dev", tap, "netns", namespace)
        for address in addresses:
            ip("-n", namespace, "address", "add", f"{address}/{PREFIX}", "dev", tap, *AT_ONCE)
        ip("-n", namespace, "link", "set", "dev", tap, "up")

    def socket(self, address, port=0):
        """Of the server where its address is one of the targets', else of the client."""
        with self.within(self.server if address in TARGETS else self.client):
            sock = socket.socket(FAMILY, socket.SOCK_DGRAM)
        sock.bind((address, port))
        sock.settimeout(WAIT_S)
        return sock

    def watch(self):
        """All frames of the server's namespace."""
        with self.within(self.server):
            return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))


def whose_mac(frame):
    """The address that an ARP reply or a neighbour advertisement is about, else None."""
    if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2":
        return socket.inet_ntop(socket.AF_INET, frame[28:32])
    if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 136:
        return socket.inet_ntop(socket.AF_INET6, frame[62:78])
    return None


def wait_told(frames, addresses):
    """Until the kernel has told the MAC address of each of its own; quern asks once a second."""
    missing, end = set(addresses), time.monotonic() + 10
    while missing:
        frames.settimeout(max(end - time.monotonic(), 0.001))
        missing.discard(whose_mac(frames.recv(2000)))


@contextlib.contextmanager
def forward(lab, *words, file=None):
    """Yields the wire and a quern that forwards, by words or by a file with the same ports, once both sides know each
    other's MAC addresses."""
    wire, said = Wire(lab), words
    if file:
        with open(file, encoding="utf-8") as rules:
            said = rules.readlines()
    try:
        wire.prepare(wire.client)
        wire.prepare(wire.server)
        ports = ("-p", "tap:ta", "--ip", f"{INSIDE}/{PREFIX}", "-p", "tap:tb", "--ip", f"{OUTSIDE}/{PREFIX}")
        with Quern(lab, "forward", *(() if file else ports), *port_words(lab)[4:], *words, file=file) as quern:
            eventually(lambda: quern.has_ended() or quern.said().startswith("quern "), 15,
                       lambda: f"quern opens its ports; it said: {quern.said()}")
            wire.plug("ta", wire.client, CLIENTS)
            with wire.watch() as frames:
                wire.plug("tb", wire.server, TARGETS)
                wait_told(frames, [address for address in TARGETS if any(address in word for word in said)])
            with wire.within(wire.client):
                eventually(lambda: not quern.has_ended() and answers_ping(INSIDE, 0.1), 10, "quern answers its clients")
            yield wire, quern
    finally:
        for namespace in (wire.client, wire.server):
            ip("netns", "del", namespace, may_fail=True)


def heard(servers, seconds=WAIT_S):
    """The next datagram at any of these sockets: (socket, text, source)."""
    ready, _, _ = select.select(servers, [], [], seconds)
    expect(ready, f"nothing has come to any of {len(servers)} targets")
    text, source = ready[0].recvfrom(65535)
    return ready[0], text, source[:2]


def exchange(client, servers, text, to=PORT):
    """There and back, unchanged; the server that had it, and who that took it to be from."""
    client.sendto(text, (INSIDE, to))
    server, got, source = heard(servers)
    expect_equal(got, text, "what came to the target")
    server.sendto(text[::-1], source)
    answer, answering = client.recvfrom(65535)
    expect_equal((answer, answering[:2]), (text[::-1], (INSIDE, to)), "answer, and who answers")
    return server, source


def expect_counts(report, forwarded, returned, opened, **drops):
    """Exactly so many, and of what concerns UDP no drop but these."""
    totals = report["totals"]
    found = {reason: count for reason, count in totals["drops"].items()
             if reason.startswith("udp") or reason == "no_next_hop"}
    expect_equal((totals["forwarded"], totals["returned"], totals["sessions"]["opened"]), (forwarded, returned, opened),
                 f"forwarded, returned and sessions opened of {totals}")
    expect_equal(found, drops, "drops")


def answers_come_back(lab):
    sizes = (0, 1, 2, 3, 512, BIGGEST - 1, BIGGEST)
    clients = 20
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT)) as (wire, quern):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(wire.socket(TARGETS[0], TO_PORT))
            sources = set()
            for number in range(clients):
                client = stack.enter_context(wire.socket(CLIENTS[number % 2], 2000 + number))
                seen = {exchange(client, [server], bytes(range(256))[:size] * (size // 256 + 1) if size < 256
                                 else os.urandom(size))[1] for size in sizes}
                expect_equal(len(seen), 1, "sources that the target sees of one client")
                sources |= seen
            expect_equal({source[0] for source in sources}, {OUTSIDE}, "addresses that the target sees")
            expect_equal(len(sources), clients, "ports that the target sees")
            # What never was a session's is nobody's.
            with wire.socket(TARGETS[0]) as stranger:
                stranger.connect((OUTSIDE, max(port for _, port in sources) % 65535 + 1))
                stranger.send(b"?")
                expect_refused(stranger)
        report = quern.stop()
    count = clients * len(sizes)
    expect_counts(report, count, count, clients, udp_no_listener=1)


def expect_refused(sock):
    """The kernel has heard by ICMP that a port is closed."""
    try:
        sock.recv(1)
    except ConnectionRefusedError:
        return
    expect(False, "something came instead of an error")


def targets_take_turns(lab):
    clients = 40
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT), "--to", at(TARGETS[1], TO_PORT),
                 "--balance", "roundrobin") as (wire, quern):
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(wire.socket(address, TO_PORT)) for address in TARGETS]
            counts = dict.fromkeys(servers, 0)
            for number in range(clients):
                with wire.socket(CLIENTS[0]) as client:
                    first = exchange(client, servers, b"first %d" % number)[0]
                    again = exchange(client, servers, b"again %d" % number)[0]
                    expect(first is again, "a session has changed its target")
                    counts[first] += 1
        report = quern.stop()
    # Each worker has turns of its own.
    expect(max(counts.values()) - min(counts.values()) <= lab.workers,
           f"sessions of the targets: {list(counts.values())}")
    expect_counts(report, 2 * clients, 2 * clients, clients)


def is_told(wire, port, size):
    """The target's ICMP error reaches the client, about its own datagram: the kernel knows which socket it was."""
    with wire.socket(CLIENTS[0]) as client, wire.socket(CLIENTS[0]) as bystander:
        for sock in (client, bystander):
            sock.connect((INSIDE, port))
        client.send(bytes(size))
        expect_refused(client)
        bystander.settimeout(0.1)
        with contextlib.suppress(socket.timeout):
            expect(not bystander.recv(1), "the other client heard something")


def ports_are_kept(lab):
    first, last = 4000, 4007
    with forward(lab, "--listen", f"{at(INSIDE, first)}-{last}", "--to", TARGETS[0], "--keep-port") as (wire, quern):
        with contextlib.ExitStack() as stack:
            servers = {port: stack.enter_context(wire.socket(TARGETS[0], port)) for port in range(first, last)}
            client = stack.enter_context(wire.socket(CLIENTS[0]))
            for port in range(first, last):
                server, _ = exchange(client, list(servers.values()), b"to %d" % port, port)
                expect(server is servers[port], f"a datagram to {port} came to another port")
            for size in (0, 5, 1000):
                is_told(wire, last, size)
            for port in (first - 1, last + 1):
                is_told(wire, port, 5)
        report = quern.stop()
    expect_counts(report, last - first + 3, last - first, last - first + 3, udp_no_listener=2)
    expect_equal(report["totals"]["errors_passed"], 3, "ICMP errors passed on")


def heard_error(sock):
    """The errno that the kernel has of an ICMP error about what a socket sent."""
    try:
        sock.recv(1)
    except OSError as error:
        return error.errno
    return None


def what_goes_no_further_is_told(lab):
    """Time to live over, longer than the way on, no checksum, and a client that is gone: each end hears what is its."""
    level, recverr, discover, hops, mtu = ((socket.IPPROTO_IPV6, 25, 23, socket.IPV6_UNICAST_HOPS, 24) if IS_IP6 else
                                           (socket.IPPROTO_IP, 11, 10, socket.IP_TTL, 14))
    with forward(lab, "--mtu", str(NARROW), "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT)) as ends:
        wire, quern = ends
        with wire.socket(TARGETS[0], TO_PORT) as server, wire.socket(CLIENTS[0]) as client:
            client.connect((INSIDE, PORT))
            for option, value in ((recverr, 1), (discover, 2)):
                client.setsockopt(level, option, value)
            client.setsockopt(level, hops, 1)
            client.send(b"not far")
            expect_equal(heard_error(client), errno.EHOSTUNREACH, "what a datagram with a time to live of 1 draws")
            client.setsockopt(level, hops, 2)
            client.send(b"far enough")
            expect_equal(server.recv(100), b"far enough", "what came to the target")
            client.send(bytes(BIGGEST))
            expect_equal(heard_error(client), errno.EMSGSIZE, "what a datagram longer than the way on draws")
            expect_equal(client.getsockopt(level, mtu), NARROW, "MTU of the path")
            client.send(bytes(BIGGEST - 1500 + NARROW))
            text, source = server.recvfrom(65535)
            expect_equal(len(text), BIGGEST - 1500 + NARROW, "bytes of what fits")
            if not IS_IP6:
                client.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
                client.send(b"unsummed")
                expect_equal(server.recv(100), b"unsummed", "what came without a checksum")
            client.close()
            server.connect(source)
            server.send(b"anybody?")
            expect_equal(heard_error(server), errno.ECONNREFUSED, "what an answer to a client that is gone draws")
        report = quern.stop()
    expect_counts(report, 2 if IS_IP6 else 3, 1, 1, udp_ttl=1, udp_too_big=1)
    expect_equal((report["totals"]["errors_passed"], report["totals"]["icmp_errors"]), (1, {"sent": 2, "throttled": 0}),
                 "ICMP errors passed on, and of quern's own")


def idle_sessions_end(lab):
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT), "--idle", "1s") as (wire, quern):
        with (wire.socket(TARGETS[0], TO_PORT) as server, wire.socket(CLIENTS[0]) as busy,
              wire.socket(CLIENTS[1]) as idle):
            _, late = exchange(idle, [server], b"once")
            _, kept = exchange(busy, [server], b"0")
            for number in range(1, 9):
                time.sleep(0.2)
                expect_equal(exchange(busy, [server], b"%d" % number)[1], kept, "source of a session in use")
            server.sendto(b"too late", late)
            idle.settimeout(0.2)
            with contextlib.suppress(socket.timeout):
                expect(not idle.recv(65535), "an answer came back by a session that had been idle for 1.6 s")
        report = quern.stop()
    expect_counts(report, 10, 10, 2, udp_no_listener=1)
    expect_equal(report["totals"]["sessions"], {"opened": 2, "ended": 1, "open": 1}, "sessions")


def sources_have_limits(lab):
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT),
                 "--source-sessions", "3") as (wire, quern):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(wire.socket(TARGETS[0], TO_PORT))
            mine = [stack.enter_context(wire.socket(CLIENTS[0])) for _ in range(3 * lab.workers + 5)]
            for number, sock in enumerate(mine):
                sock.sendto(b"%d" % number, (INSIDE, PORT))
            other = stack.enter_context(wire.socket(CLIENTS[1]))
            other.sendto(b"other", (INSIDE, PORT))
            texts = []
            while not texts or texts[-1] != b"other":
                texts.append(heard([server])[1])
        report = quern.stop()
    opened, refused = (report["totals"]["sessions"]["opened"], report["totals"]["drops"]["udp_source_limit"])
    expect_equal(opened + refused, len(mine) + 1, "sessions opened, and datagrams refused")
    expect(opened - 1 <= 3 * lab.workers, f"{opened - 1} sessions of one source with {lab.workers} workers")


def what_is_longer_than_the_mtu_goes_in_fragments(lab):
    sizes = (BIGGEST + 1, 4000, 9000, 65000)
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT)) as (wire, quern):
        with wire.socket(TARGETS[0], TO_PORT) as server, contextlib.ExitStack() as stack:
            for address in CLIENTS * 4:
                client = stack.enter_context(wire.socket(address))
                for size in sizes:
                    exchange(client, [server], os.urandom(size))
        report = quern.stop()
    count = 8 * len(sizes)
    expect_counts(report, count, count, 8)
    fragments = {reason for reason in report["totals"]["drops"] if reason.startswith("ip_fragment")}
    expect_equal(fragments, set(), "fragments that were dropped")


def one_port_is_enough(lab):
    """Clients and targets on one side, here even one host: Linux asks, and answers itself by way of quern."""
    with Quern(lab, "forward", *port_words(lab), "--listen", at(QUERN, PORT), "--to", at(LINUX, TO_PORT)) as quern:
        quern.wait_ready()
        with socket.socket(FAMILY, socket.SOCK_DGRAM) as server, socket.socket(FAMILY, socket.SOCK_DGRAM) as client:
            server.bind((LINUX, TO_PORT))
            server.settimeout(WAIT_S)
            client.settimeout(WAIT_S)
            client.connect((QUERN, PORT))
            wait_forwarded(client, server)
            for number in range(20):
                client.send(b"%d" % number)
                text, source = server.recvfrom(100)
                expect_equal(source[0], QUERN, "who the target sees")
                server.sendto(text, source)
                expect_equal(client.recv(100), b"%d" % number, "answer")
        totals = quern.stop()["totals"]
    expect_equal((totals["returned"], totals["sessions"]["opened"]), (20, 1), f"returned and opened of {totals}")


def wait_forwarded(client, server):
    """Until a datagram gets through: quern may not know the MAC address of its target before."""
    server.settimeout(0.2)

    def is_forwarded():
        client.send(b"knock")
        with contextlib.suppress(socket.timeout):
            return server.recv(100) == b"knock"
        return False
    eventually(is_forwarded, 10, "a datagram gets through")
    while is_readable(server):
        server.recv(100)
    server.settimeout(WAIT_S)


def is_readable(sock):
    return bool(select.select([sock], [], [], 0.1)[0])


CHECKS = [("answers come back to their clients from where they were asked, whatever their size", answers_come_back),
          ("two targets in turn get half each, and a session stays where it is", targets_take_turns),
          ("a range keeps its ports, and a client hears that one is closed, and no other client does", ports_are_kept),
          ("datagrams that are longer than the MTU go there and back in fragments",
           what_is_longer_than_the_mtu_goes_in_fragments),
          ("one port is enough for both sides", one_port_is_enough),
          ("what cannot go on is told to who sent it, and errors go both ways", what_goes_no_further_is_told),
          ("a session in use stays, and an idle one ends", idle_sessions_end),
          ("a source has no more sessions than it may", sources_have_limits)]
