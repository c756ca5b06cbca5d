"""Frames that are larger than ordinary ones, and frames with a VLAN tag."""

import contextlib
import os
import socket
import struct
import time

from peer_frames import ICMP, LINUX_BYTES, echo_request, message_of, protocol_of, solicitation, syn
from peer_lab import IS_IP6, QUERN, Broken, eventually, expect, expect_equal, ip
from peer_linux import ETHER_TYPE, QUERN_BYTES, answers_ping, connect, expect_end, forget_time_wait
from peer_quern import Quern, expect_totals, load, port_words, serve

VLAN, ETH_P_ALL, SOL_PACKET, PACKET_AUXDATA, TP_STATUS_VLAN_VALID = 5, 3, 263, 8, 0x10
MTU = {"tap": 1504, "af_packet": 9000, "af_xdp": 3300}
ORDINARY = "1500"
IP, ARP = struct.unpack("!H", ETHER_TYPE)[0], 0x0806
PING_HEADERS = 48 if IS_IP6 else 28


@contextlib.contextmanager
def wide_link(lab):
    """A veth with room; a tap gets its MTU from quern."""
    def set_mtu(mtu):
        if lab.kind != "tap":
            ip("link", "set", "k0", "mtu", mtu)
            ip("-n", lab.quern_namespace, "link", "set", "q0", "mtu", mtu)
    set_mtu(str(MTU[lab.kind]))
    try:
        yield str(MTU[lab.kind])
    finally:
        set_mtu(ORDINARY)


def large_pings_are_answered(lab):
    with wide_link(lab) as mtu, serve(lab, "--mtu", mtu):
        expect(f"mtu {mtu} " in ip("link", "show", lab.linux_interface), "the link's MTU")
        for size in (1501 - PING_HEADERS, int(mtu) // 2 + 700, int(mtu) - PING_HEADERS):
            expect(answers_ping(QUERN, 2, os.urandom(size)), f"no reply in order to a ping of {size} bytes")


def connections_at_a_large_mtu(lab):
    forget_time_wait()
    with wide_link(lab) as mtu, serve(lab, "--mtu", mtu) as quern:
        for _ in range(10):
            sock = connect()
            sock.shutdown(1)
            expect_end(sock)
            sock.close()
        expect_totals(quern.stop(), 10)


class TaggedWire:
    """Frames with a VLAN tag on Linux's end of the link, by hand: not every kernel has VLAN interfaces."""

    def __init__(self, interface):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.bind((interface, 0))
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.mac = self.sock.getsockname()[4]

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.sock.close()

    def send(self, to, ether_type, payload):
        self.sock.send(to + self.mac + struct.pack("!HHH", 0x8100, VLAN, ether_type) + payload)

    def receive(self, wanted, seconds=2):
        """The first frame behind the tag that `wanted` likes, as (sender's MAC, EtherType, payload)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.sock.settimeout(max(end - time.monotonic(), 0.001))
            with contextlib.suppress(TimeoutError):
                frame, beside, _, address = self.sock.recvmsg(65535, 64)
                tag = struct.unpack_from("!H", frame, 14)[0] if frame[12:14] == b"\x81\x00" else None
                rest = frame[12:] if tag is None else frame[16:]
                for _, _, words in beside:
                    status, tci = struct.unpack_from("=I12xH", words)
                    tag = tci if status & TP_STATUS_VLAN_VALID else tag
                found = (frame[6:12], *struct.unpack_from("!H", rest), rest[2:])
                if tag == VLAN and address[2] != socket.PACKET_OUTGOING and wanted(*found):
                    return found
        raise Broken(f"no such frame with tag {VLAN} within {seconds} s")

    def find_quern(self):
        """Its MAC address, by ARP or neighbour discovery."""
        if IS_IP6:
            group, question = solicitation(self.mac)
            self.send(b"\x33\x33" + group[12:], IP, question)
            return self.receive(lambda _, kind, nd: kind == IP and nd[6] == ICMP and nd[40] == 136)[0]
        ask = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + self.mac + LINUX_BYTES + b"\0" * 6 + QUERN_BYTES
        self.send(b"\xff" * 6, ARP, ask)
        return self.receive(lambda _, kind, arp: kind == ARP and arp[7] == 2 and arp[14:18] == QUERN_BYTES)[0]

    def receive_ip(self, protocol, is_wanted):
        """The first message of a protocol that is wanted."""
        return message_of(self.receive(lambda _, kind, found: kind == IP and protocol_of(found) == protocol and
                                       is_wanted(message_of(found)))[2])


def a_vlan_is_answered_with_its_tag(lab):
    with Quern(lab, "serve", "--discard", *port_words(lab), "--vlan", str(VLAN)) as quern:
        quern.wait_attached()
        with TaggedWire(lab.linux_interface) as wire:
            quern_mac = eventually(wire.find_quern, 5, "an answer to ARP or neighbour discovery")
            wire.send(quern_mac, IP, echo_request(b"tagged"))
            wire.receive_ip(ICMP, lambda message: message[8:14] == b"tagged")
            wire.send(quern_mac, IP, syn(4321, 1000))
            answer = wire.receive_ip(socket.IPPROTO_TCP, lambda message: True)
        expect_equal(struct.unpack_from("!I", answer, 8)[0], 1001, "what the SYN+ACK acknowledges")
        expect_equal(answer[13], 0x12, "flags of the answer to a SYN")
        quern.stop()


def untagged_frames_stay_out(lab):
    with Quern(lab, "serve", "--discard", *port_words(lab), "--vlan", str(VLAN)) as quern:
        quern.wait_attached()
        expect(not answers_ping(QUERN, 1), "a ping without a tag was answered")
        expect_equal(quern.stop()["totals"]["opened"], 0, "opened")


def quern_asks_on_its_vlan(lab):
    with load(lab, "--connections", "1", "--vlan", str(VLAN), "--wait-link", "1s") as quern, \
            TaggedWire(lab.linux_interface) as wire:
        if IS_IP6:
            wire.receive_ip(ICMP, lambda message: message[0] == 135 and message[8:24] == LINUX_BYTES)
        else:
            wire.receive(lambda _, kind, arp: kind == ARP and arp[24:28] == LINUX_BYTES)
        expect_equal(quern.wait(), 1, "exit code without an answer")


CHECKS = [("pings that fill a large MTU are answered to the byte", large_pings_are_answered),
          ("connections with a large MTU end in order", connections_at_a_large_mtu),
          ("ARP or ND, ping and SYN on a VLAN are answered with its tag", a_vlan_is_answered_with_its_tag,
           ("tap", "af_packet")),
          ("a server on a VLAN does not hear frames without its tag", untagged_frames_stay_out),
          ("quern load asks for its target on its VLAN", quern_asks_on_its_vlan, ("tap", "af_packet"))]
