"""Groups and broadcasts through quern forward: Linux sends and receives them, and its bridge says what it was told."""

import contextlib
import json
import select
import socket
import struct
import subprocess

from peer_forward import CLIENTS, INSIDE, OUTSIDE, PORT, TARGETS, TO_PORT, Wire, expect_counts, heard
from peer_lab import AT_ONCE, FAMILY, IS_IP6, PREFIX, at, eventually, expect_equal, ip
from peer_linux import answers_ping
from peer_quern import Quern, port_words

TOOLS = ("bridge",)
GROUP, OTHER = ("ff05::1:2345", "ff05::1:2346") if IS_IP6 else ("239.255.1.2", "239.255.1.3")
HOPS, BRIDGE, LEFT, ETH_P_ALL = 4, "br0", 3, 3
# Queries from the first moment on, to be answered within a second.
BRIDGE_OPTIONS = ("mcast_querier", "1", "mcast_startup_query_interval", "100", "mcast_query_response_interval", "100",
                  *(("mcast_mld_version", "2") if IS_IP6 else ("mcast_igmp_version", "3")),
                  "forward_delay", "0", "stp_state", "0")


@contextlib.contextmanager
def forward(lab, *words, snoops=False):
    """Yields the wire and a quern between a bridge, where the client is, and the target's tap. A bridge that snoops
    lets through no more than it was told of, of neighbour discovery too."""
    wire = Wire(lab)
    try:
        wire.prepare(wire.client)
        wire.prepare(wire.server)
        ip("-n", wire.client, "link", "add", BRIDGE, "type", "bridge", "mcast_snooping", "01"[snoops], *BRIDGE_OPTIONS)
        ip("-n", wire.client, "address", "add", f"{CLIENTS[0]}/{PREFIX}", "dev", BRIDGE, *AT_ONCE)
        ip("-n", wire.client, "link", "set", BRIDGE, "up")
        ports = ("-p", "tap:ta", "--ip", f"{INSIDE}/{PREFIX}", "-p", "tap:tb", "--ip", f"{OUTSIDE}/{PREFIX}")
        with Quern(lab, "forward", *ports, *port_words(lab)[4:], *words) as quern:
            eventually(lambda: quern.has_ended() or quern.said().startswith("quern "), 15,
                       lambda: f"quern opens its ports; it said: {quern.said()}")
            wire.plug("ta", wire.client, [])
            ip("-n", wire.client, "link", "set", "ta", "master", BRIDGE)
            wire.plug("tb", wire.server, TARGETS[:1])
            # Who asks for a MAC address is remembered: so quern knows the way to it.
            for namespace, address in [(wire.server, OUTSIDE), (wire.client, INSIDE)][:1 if snoops else 2]:
                with wire.within(namespace):
                    eventually(lambda: not quern.has_ended() and answers_ping(address, 0.1), 10,
                               lambda: f"quern answers at {address}; it said: {quern.said()}")
            yield wire, quern
    finally:
        for namespace in (wire.client, wire.server):
            ip("netns", "del", namespace, may_fail=True)


def groups_of(wire):
    """The groups that the bridge believes somebody behind the tap listens to, but for those of neighbour discovery."""
    told = subprocess.run(("bridge", "-n", wire.client, "-j", "mdb", "show"), capture_output=True, text=True,
                          check=True)
    return {entry["grp"] for bridge in json.loads(told.stdout) for entry in bridge.get("mdb", [])
            if entry["port"] == "ta" and not entry["grp"].startswith("ff02::")}


def sender(wire):
    """A socket of a client's whose datagrams to groups go some hops by the bridge."""
    sock = wire.socket(CLIENTS[0])
    with wire.within(wire.client):
        index = socket.if_nametoindex(BRIDGE)
    if IS_IP6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOPS)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("@4s4si", bytes(4), bytes(4), index))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return sock


def knock(client, dest, server):
    """Until a datagram gets through, as it does once that worker of quern's knows the way; how many then have."""
    count = 0

    def is_heard():
        client.sendto(b"knock", dest)
        return select.select([server], [], [], 0.3)[0]
    eventually(is_heard, 10, "a datagram gets through")
    while select.select([server], [], [], 0.2)[0]:
        count += server.recv(100) == b"knock"
    return count


def expect_one_way(report, forwarded, no_listener=0):
    """So many datagrams, nothing kept of them, and of what concerns UDP no drop but these and those before the way was
    known."""
    drops = {name: count for name, count in report["totals"]["drops"].items() if name == "no_next_hop"}
    expect_counts(report, forwarded, 0, 0, **drops, **({"udp_no_listener": no_listener} if no_listener else {}))


def receiver(wire, group, port):
    """A socket of the targets' side that has joined a group; or that hears broadcasts, without one."""
    with wire.within(wire.server):
        sock, index = socket.socket(FAMILY, socket.SOCK_DGRAM), socket.if_nametoindex("tb")
    sock.bind(("", port))
    if group and IS_IP6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                        socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", index))
    elif group:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                        struct.pack("@4s4si", socket.inet_aton(group), bytes(4), index))
    return sock


def records(frame):
    """(type, group) of each record of a report of IGMPv3 or MLDv2."""
    if frame[12:14] == b"\x08\x00" and frame[23] == 2:
        at, size, family = 14 + 4 * (frame[14] & 15), 4, socket.AF_INET
    elif frame[12:14] == b"\x86\xdd" and frame[20] == 0 and frame[54] == 58:
        at, size, family = 62, 16, socket.AF_INET6
    else:
        return []
    if frame[at] not in (0x22, 143):
        return []
    count, first = struct.unpack("!H", frame[at + 6:at + 8])[0], at + 8
    return [(frame[first + i * (4 + size)],
             socket.inet_ntop(family, frame[first + i * (4 + size) + 4:first + (i + 1) * (4 + size)]))
            for i in range(count)]


def is_told_left(frames):
    while select.select([frames], [], [], 0)[0]:
        if (LEFT, GROUP) in records(frames.recv(2000)):
            return True
    return False


def a_group_is_heard(lab):
    """The bridge asks, is told, and lets the group through to us, which goes on to the target."""
    with forward(lab, "--listen", at(GROUP, PORT), "--on", "tap:ta", "--one-way",
                 "--to", at(TARGETS[0], TO_PORT), snoops=True) as (wire, quern):
        eventually(lambda: groups_of(wire) == {GROUP}, 10, lambda: f"the bridge knows who listens: {groups_of(wire)}")
        with wire.within(wire.client):
            frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        with wire.socket(TARGETS[0], TO_PORT) as server, sender(wire) as client, frames:
            from_client, knocks = client.getsockname()[1], knock(client, (GROUP, PORT), server)
            for number in range(20):
                client.sendto(b"%d" % number, (OTHER, PORT))
                client.sendto(b"%d" % number, (GROUP, PORT))
                _, text, source = heard([server])
                expect_equal((text, source), (b"%d" % number, (OUTSIDE, from_client)), "what comes, and from whom")
            client.sendto(b"nobody's", (GROUP, PORT + 1))
            report = quern.stop()
            eventually(lambda: is_told_left(frames), 5, "it is told that the group is left")
    expect_one_way(report, knocks + 20, no_listener=1)


def a_group_is_sent_to(lab):
    with forward(lab, "--listen", at(INSIDE, PORT), "--one-way", "--to", at(GROUP, TO_PORT)) as (wire, quern):
        with receiver(wire, GROUP, TO_PORT) as member, wire.socket(CLIENTS[0]) as client:
            from_client = client.getsockname()[1]
            for number in range(20):
                client.sendto(b"%d" % number, (INSIDE, PORT))
                _, text, source = heard([member])
                expect_equal((text, source), (b"%d" % number, (OUTSIDE, from_client)), "what comes, and from whom")
        report = quern.stop()
    expect_one_way(report, 20)


def broadcasts_are_heard(lab):
    """They have sessions, and answers come from the rule's address."""
    if IS_IP6:
        return
    with forward(lab, "--listen", at(INSIDE, PORT), "--broadcast", "--to", at(TARGETS[0], TO_PORT)) as (wire, quern):
        with wire.socket(TARGETS[0], TO_PORT) as server, sender(wire) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, BRIDGE.encode())
            knocks = knock(client, ("255.255.255.255", PORT), server)
            for number, dest in enumerate(["10.2.0.255", "255.255.255.255", INSIDE] * 3):
                client.sendto(b"%d" % number, (dest, PORT))
                _, text, source = heard([server])
                expect_equal(text, b"%d" % number, "what came to the target")
                server.sendto(b"!" + text, source)
                expect_equal(client.recvfrom(100), (b"!" + text, (INSIDE, PORT)), "answer, and who answers")
        report = quern.stop()
    totals = report["totals"]
    expect_equal((totals["forwarded"], totals["returned"]), (knocks + 9, 9), "forwarded and returned")
    expect_equal(totals["sessions"]["opened"], 1, "sessions")


def broadcasts_are_sent(lab):
    if IS_IP6:
        return
    with forward(lab, "--listen", at("255.255.255.255", PORT), "--on", "tap:ta", "--broadcast", "--one-way", "--to",
                 at("255.255.255.255", TO_PORT)) as (wire, quern):
        with receiver(wire, None, TO_PORT) as server, sender(wire) as client:
            from_client = client.getsockname()[1]
            for number in range(10):
                client.sendto(b"%d" % number, ("10.2.0.255", PORT))
                _, text, source = heard([server])
                expect_equal((text, source), (b"%d" % number, (OUTSIDE, from_client)), "what comes, and from whom")
        report = quern.stop()
    expect_one_way(report, 10)


CHECKS = [("the bridge is told of a group, and what is sent to it goes on", a_group_is_heard),
          ("members of a group hear what its rule sends", a_group_is_sent_to),
          ("broadcasts are heard, and answers come from the rule's address", broadcasts_are_heard),
          ("broadcasts are sent on to all beyond", broadcasts_are_sent)]
