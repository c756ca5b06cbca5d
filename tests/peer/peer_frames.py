"""Packets by hand, in the version of IP that is checked: what no socket sends."""

import socket
import struct

from peer_lab import FAMILY, IS_IP6, LINUX, PORT
from peer_linux import QUERN_BYTES, checksum

LINUX_BYTES = socket.inet_pton(FAMILY, LINUX)
ICMP = socket.IPPROTO_ICMPV6 if IS_IP6 else socket.IPPROTO_ICMP
ND_LINK = 255  # hops left of what has not left the link, RFC 4861 3.1


def packet(protocol, message, source=LINUX_BYTES, dest=QUERN_BYTES):
    """An IP packet around a message."""
    if IS_IP6:
        hops = ND_LINK if protocol == ICMP else 64
        return struct.pack("!IHBB", 6 << 28, len(message), protocol, hops) + source + dest + message
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 1, 0, 64, protocol, 0) + source + dest
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + message


def with_sum(protocol, message, at, source=LINUX_BYTES, dest=QUERN_BYTES):
    """The message with its checksum in place, which is over the addresses as well but in ICMP of IPv4."""
    pseudo = source + dest + struct.pack("!II", len(message), protocol)
    total = checksum(message if protocol == socket.IPPROTO_ICMP else pseudo + message)
    return message[:at] + struct.pack("!H", total) + message[at + 2:]


def syn(source_port, seq, source=LINUX_BYTES):
    """A packet with a SYN for quern."""
    tcp = struct.pack("!HHIIBBHHH", source_port, PORT, seq, 0, 5 << 4, 2, 65535, 0, 0)
    return packet(socket.IPPROTO_TCP, with_sum(socket.IPPROTO_TCP, tcp, 16, source), source)


def echo_request(text):
    """A packet with a ping for quern."""
    return packet(ICMP, with_sum(ICMP, struct.pack("!BBHHH", 128 if IS_IP6 else 8, 0, 0, 1, 1) + text, 2))


def solicitation(mac):
    """A question for quern's MAC address, of RFC 4861 4.3: the group that it goes to, and the packet."""
    group = socket.inet_pton(FAMILY, "ff02::1:ff00:0")[:13] + QUERN_BYTES[13:]
    message = struct.pack("!BBHI", 135, 0, 0, 0) + QUERN_BYTES + b"\1\1" + mac
    return group, packet(ICMP, with_sum(ICMP, message, 2, dest=group), dest=group)


def protocol_of(found):
    return found[6 if IS_IP6 else 9]


def message_of(found):
    """What is within a packet without options."""
    return found[40 if IS_IP6 else 20:]
