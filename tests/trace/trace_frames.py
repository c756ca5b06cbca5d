"""Frames and captures for the tests of quern trace, made byte by byte: nothing here comes from Quern."""

import socket
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
CLIENT, SERVER = ("198.18.0.1", 1024), ("198.19.0.1", 80)
SYN_OPTIONS = bytes([2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 1])  # MSS 1460, SACK permitted, window scale 7
ETHERNET, RAW, COOKED, COOKED_2, WIFI = 1, 101, 113, 276, 105


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packet(source, dest, flags, seq, ack=0, text=b"", window=65535, options=b"", sum_is="right"):
    """A packet of IPv4, or of IPv6 where the addresses are of it."""
    family = socket.AF_INET6 if ":" in source[0] else socket.AF_INET
    ends = socket.inet_pton(family, source[0]) + socket.inet_pton(family, dest[0])
    tcp = struct.pack("!HHIIBBHHH", source[1], dest[1], seq % 2**32, ack % 2**32, (20 + len(options)) << 2, flags,
                      window, 0, 0) + options + text
    pseudo = ends + struct.pack("!HH", 6, len(tcp))
    value = {"right": checksum(pseudo + tcp), "wrong": checksum(pseudo + tcp) ^ 0x5555,
             "unfinished": ~checksum(pseudo) & 0xffff}[sum_is]
    tcp = tcp[:16] + struct.pack("!H", value) + tcp[18:]
    if family == socket.AF_INET6:
        return struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + ends + tcp
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + ends
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + tcp


def ethernet(ip, vlan=None):
    kind = b"\x86\xdd" if ip[0] >> 4 == 6 else b"\x08\x00"
    tag = b"\x81\x00" + struct.pack("!H", vlan) if vlan else b""
    return bytes.fromhex("02aabbccdd01" "02aabbccdd02") + tag + kind + ip


def capture(frames, link=ETHERNET, snap=None, magic=0xa1b23c4d):
    """The bytes of a pcap file, of (time in ns, frame) pairs; nanoseconds unless another magic is given."""
    part = 10**9 if magic == 0xa1b23c4d else 10**6
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, snap or 65535, link)]
    for at_ns, frame in frames:
        cut = frame[:snap] if snap else frame
        parts.append(struct.pack("<IIII", at_ns // 10**9, at_ns % 10**9 * part // 10**9, len(cut), len(frame)) + cut)
    return b"".join(parts)


def capture_ng(frames, link=ETHERNET):
    """The same as pcapng, with a resolution of nanoseconds."""
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    data = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    data += block(1, struct.pack("<HHI", link, 0, 65535) + struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HH", 0, 0))
    for at_ns, frame in frames:
        data += block(6, struct.pack("<IIIII", 0, at_ns >> 32, at_ns & 0xffffffff, len(frame), len(frame)) + frame)
    return data


class Script:
    """Segments of one connection, by relative numbers: each call appends a frame."""

    def __init__(self, client=CLIENT, server=SERVER, isses=(1000, 4294967290), at_ms=0.0):
        self.ends, self.isses, self.at_ns, self.frames = (client, server), isses, int(at_ms * 10**6), []

    def say(self, from_, flags, seq, ack=0, text=0, after_ms=1.0, **more):
        """From "c" or "s"; `text` is a number of bytes."""
        self.at_ns += int(after_ms * 10**6)
        own = "cs".index(from_)
        wire_ack = self.isses[1 - own] + ack if flags & ACK else 0
        self.frames.append((self.at_ns, ethernet(packet(self.ends[own], self.ends[1 - own], flags,
                                                        self.isses[own] + seq, wire_ack, b"x" * text, **more))))
        return self

    def opened(self):
        return self.say("c", SYN, 0, options=SYN_OPTIONS, after_ms=0).say(
            "s", SYN | ACK, 0, 1, options=SYN_OPTIONS).say("c", ACK, 1, 1, window=512)


def closed(script, at=1, other=1):
    """The client closes first; both ends have said so much."""
    return script.say("c", FIN | ACK, at, other, window=512).say("s", ACK, other, at + 1, window=512).say(
        "s", FIN | ACK, other, at + 1, window=512).say("c", ACK, at + 1, other + 1, window=512)
