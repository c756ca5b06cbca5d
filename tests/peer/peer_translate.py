"""UDP through quern forward between a client of one version of IP and a target of the other; both are Linux."""

import contextlib
import errno
import os
import select
import socket

from peer_forward import PORT, SO_NO_CHECK, TO_PORT, WAIT_S, Wire
from peer_lab import SYSCTLS_IP6, at, eventually, expect_equal, ip
from peer_quern import Quern, port_words

IP4 = {"inside": "10.2.0.1", "client": "10.2.0.5", "outside": "10.3.0.1", "target": "10.3.0.5"}
IP6 = {"inside": "fd02::1", "client": "fd02::5", "outside": "fd03::1", "target": "fd03::5"}
SIZES = (0, 1, 2, 511, 1232, 1233, 1452, 4000, 9000, 60000)
MTU, MORE_IN_IP6, DO_NOT_FRAGMENT = 1500, 20, 2


def length(address):
    return 64 if ":" in address else 24


class Crossing(Wire):
    """The client's namespace speaks one version, the target's the other."""

    def __init__(self, lab, is_ip6):
        super().__init__(lab)
        self.here, self.there = (IP6, IP4) if is_ip6 else (IP4, IP6)
        self.inside, self.mine = self.here["inside"], self.here["client"]
        self.outside, self.target = self.there["outside"], self.there["target"]
        self.family = socket.AF_INET6 if is_ip6 else socket.AF_INET

    def prepare(self, namespace):
        super().prepare(namespace)
        with self.within(namespace):
            for key, value in SYSCTLS_IP6.items():
                if os.path.exists(f"/proc/sys/{key}"):
                    with open(f"/proc/sys/{key}", "w", encoding="ascii") as file:
                        file.write(value)

    def plug_in(self, tap, namespace, address):
        ip("link", "set", "dev", tap, "netns", namespace)
        version, at_once = ("-6", ("nodad",)) if ":" in address else ("-4", ())
        ip(version, "-n", namespace, "address", "add", f"{address}/{length(address)}", "dev", tap, *at_once)
        ip("-n", namespace, "link", "set", "dev", tap, "up")

    def open(self, address, port=0):
        with self.within(self.server if address == self.target else self.client):
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, port))
        sock.settimeout(WAIT_S)
        return sock


@contextlib.contextmanager
def crossing(lab, is_ip6):
    """Yields both sides, a socket at the target's port, and a quern that translates, once a datagram gets through."""
    wire = Crossing(lab, is_ip6)
    try:
        wire.prepare(wire.client)
        wire.prepare(wire.server)
        with Quern(lab, "forward", "-p", "tap:ta", "--ip", f"{wire.inside}/{length(wire.inside)}",
                   "-p", "tap:tb", "--ip", f"{wire.outside}/{length(wire.outside)}", *port_words(lab)[4:],
                   "--translate", "--listen", at(wire.inside, PORT), "--to", at(wire.target, TO_PORT)) as quern:
            eventually(lambda: quern.has_ended() or quern.said().startswith("quern "), 15,
                       lambda: f"quern opens its ports; it said: {quern.said()}")
            wire.plug_in("ta", wire.client, wire.mine)
            wire.plug_in("tb", wire.server, wire.target)
            with wire.open(wire.target, TO_PORT) as server, wire.open(wire.mine) as client:
                eventually(lambda: knocks(wire, client, server), 15,
                           lambda: f"a datagram gets through; quern said: {quern.said()}")
                while select.select([server], [], [], 0.1)[0]:
                    server.recv(100)
                yield wire, server, quern
    finally:
        for namespace in (wire.client, wire.server):
            ip("netns", "del", namespace, may_fail=True)


def knocks(wire, client, server):
    client.sendto(b"knock", (wire.inside, PORT))
    return bool(select.select([server], [], [], 0.2)[0])


def exchange(wire, client, server, text):
    client.sendto(text, (wire.inside, PORT))
    got, source = server.recvfrom(65535)
    expect_equal((got, source[0]), (text, wire.outside), "what came to the target, and from whom")
    server.sendto(text[::-1], source)
    answer, answering = client.recvfrom(65535)
    expect_equal((answer, answering[:2]), (text[::-1], (wire.inside, PORT)), "answer, and who answers")


def heard_error(sock):
    try:
        sock.recv(1)
    except OSError as error:
        return error.errno
    return None


def is_told_of_the_mtu(wire, is_ip6):
    """The kernel of the client knows what the path takes, in packets of its own version."""
    level, recverr, discover, mtu = ((socket.IPPROTO_IPV6, 25, 23, 24) if is_ip6 else (socket.IPPROTO_IP, 11, 10, 14))
    with wire.open(wire.mine) as client:
        client.connect((wire.inside, PORT))
        for option, value in ((recverr, 1), (discover, DO_NOT_FRAGMENT)):
            client.setsockopt(level, option, value)
        client.send(bytes(MTU - 28))
        expect_equal(heard_error(client), errno.EMSGSIZE, "what a datagram longer than the way on draws")
        expect_equal(client.getsockopt(level, mtu), MTU - MORE_IN_IP6, "MTU of the path")


def one_serves_the_other(lab):
    for is_ip6 in (False, True):
        with crossing(lab, is_ip6) as (wire, server, quern):
            with wire.open(wire.mine) as client:
                for size in SIZES:
                    exchange(wire, client, server, os.urandom(size))
                if not is_ip6:
                    client.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
                    for size in (3, 1000, 4000):
                        exchange(wire, client, server, os.urandom(size))
            if not is_ip6:
                is_told_of_the_mtu(wire, is_ip6)
            server.close()
            with wire.open(wire.mine) as client:
                client.connect((wire.inside, PORT))
                client.send(b"anybody?")
                expect_equal(heard_error(client), errno.ECONNREFUSED, "what a closed port draws")
            totals = quern.stop()["totals"]
            expect_equal((totals["returned"], totals["errors_passed"]), (len(SIZES) + (0 if is_ip6 else 3), 1),
                         f"returned, and errors passed on, of {totals}")


CHECKS = [("clients of each version of IP are served by a target of the other, errors and long datagrams too",
           one_serves_the_other)]
