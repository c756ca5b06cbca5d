"""ICMP between quern and Linux: as a router with a narrow link behind it, and as a host that asks a closed port."""

import contextlib
import hashlib
import os
import socket
import subprocess

from peer_lab import AT_ONCE, FAMILY, IS_IP6, LINUX, PREFIX, QUERN, at, eventually, expect, expect_equal, ip
from peer_linux import forget_time_wait
from peer_quern import serve

TOOLS = ("curl",)
ROUTER, FAR = ("fd01::1", "fd01::2") if IS_IP6 else ("192.0.2.1", "192.0.2.2")
NARROW_MTU = 1280
BYTES, CLIENTS = 2000000, 8
CLOSED_PORT = 9
FORWARDING = f"/proc/sys/net/{'ipv6/conf/all/forwarding' if IS_IP6 else 'ipv4/ip_forward'}"


@contextlib.contextmanager
def narrow_link_behind_linux():
    """A host behind Linux, over a link that takes NARROW_MTU bytes from Linux; its own MTU, and so its MSS, is 1500."""
    far = f"quern-peer-{os.getpid()}-far"
    ip("netns", "add", far)
    try:
        ip("link", "add", "r0", "type", "veth", "peer", "name", "f0", "netns", far)
        ip("address", "add", f"{ROUTER}/{PREFIX}", "dev", "r0", *AT_ONCE)
        ip("link", "set", "r0", "mtu", str(NARROW_MTU), "up")
        ip("-n", far, "address", "add", f"{FAR}/{PREFIX}", "dev", "f0", *AT_ONCE)
        ip("-n", far, "link", "set", "f0", "up")
        ip("-n", far, "route", "add", "default", "via", ROUTER)
        with open(FORWARDING, "w", encoding="ascii") as file:
            file.write("1")
        yield far
    finally:
        ip("netns", "del", far)
        ip("link", "del", "r0", may_fail=True)


def fetch(far, number):
    """A curl in the far namespace, whose standard output is the body."""
    return subprocess.Popen(("ip", "netns", "exec", far, "curl", "-sS", "--max-time", "60",
                             f"http://{at(QUERN)}/bytes/{BYTES + number}"),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def hash_of(lab, number):
    """Of the same page, fetched without the narrow link."""
    body = subprocess.run(("curl", "-sS", "--max-time", "60", f"http://{at(QUERN)}/bytes/{BYTES + number}"),
                          capture_output=True, check=True).stdout
    expect_equal(len(body), BYTES + number, f"bytes of page {number} ({lab.kind})")
    return hashlib.sha256(body).hexdigest()


def narrow_path_is_found(lab):
    forget_time_wait()
    with narrow_link_behind_linux() as far, serve(lab, "--gateway", LINUX, service="--http") as quern:
        wanted = [hash_of(lab, number) for number in range(CLIENTS)]
        clients = [fetch(far, number) for number in range(CLIENTS)]
        for number, client in enumerate(clients):
            body, said = client.communicate(timeout=90)
            expect_equal(client.returncode, 0, f"exit code of curl, which said {said.decode()}")
            expect_equal(hashlib.sha256(body).hexdigest(), wanted[number], f"hash of {len(body)} bytes")
        totals = quern.stop()["totals"]
        expect(totals["retransmits"] >= CLIENTS, f"{totals['retransmits']} segments were sent again")
        expect(totals["drops"].get("icmp_too_big", 0) > 0, f"a burst of ten draws one error: {totals['drops']}")


def closed_port_is_unreachable(lab):
    with serve(lab) as quern, socket.socket(FAMILY, socket.SOCK_DGRAM) as sock:
        sock.connect((QUERN, CLOSED_PORT))
        sock.settimeout(0.05)

        def is_refused():
            try:
                sock.send(b"anybody?" * 100)
                sock.recv(1)
            except ConnectionRefusedError:
                return True
            except socket.timeout:
                return False
            return False
        eventually(is_refused, 5, f"Linux hears that nobody listens at UDP port {CLOSED_PORT}")
        expect(quern.stop()["totals"]["drops"]["udp_no_listener"] > 0, "the datagram is not counted")


CHECKS = [("a path narrower than both ends is found by ICMP, and bodies of 2 MB arrive whole", narrow_path_is_found),
          ("Linux hears that a UDP port is closed", closed_port_is_unreachable)]
