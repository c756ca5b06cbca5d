#!/usr/bin/env python3
"""Has quern answer frames of a capture file, reads what it sent, and prints TAP: check_pcap.py QUERN."""

import os
import socket
import struct
import subprocess
import sys
import tempfile

from app_ip import IS_IP6, command

OUR_MAC, PEER_MAC = bytes.fromhex("02aabbccdd01"), bytes.fromhex("02aabbccdd02")
SERVER, CLIENT = ((socket.inet_pton(socket.AF_INET6, f"fd00::{n}") for n in (1, 2)) if IS_IP6 else
                  (socket.inet_aton(f"198.18.0.{n}") for n in (1, 2)))
IP_TYPE, IP_BYTES = (b"\x86\xdd", 40) if IS_IP6 else (b"\x08\x00", 20)
SYN, ACK, RST = 2, 16, 4
GLOBAL = struct.Struct("<IHHiIII")


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(source, dest, tcp):
    """What the sum of a segment is over besides: of either version, in another order."""
    return source + dest + struct.pack("!HH", 6, len(tcp))


def syn(port, seq, to=80):
    tcp = struct.pack("!HHIIBBHHH", port, to, seq, 0, 5 << 4, SYN, 65535, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo(CLIENT, SERVER, tcp) + tcp)) + tcp[18:]
    if IS_IP6:
        header = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + CLIENT + SERVER
    else:
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, port, 0, 64, 6, 0, CLIENT, SERVER)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    return OUR_MAC + PEER_MAC + IP_TYPE + header + tcp


def write_pcap(path, frames, magic=0xa1b2c3d4, link_type=1):
    with open(path, "wb") as file:
        file.write(GLOBAL.pack(magic, 2, 4, 0, 0, 65535, link_type))
        for number, frame in enumerate(frames):
            file.write(struct.pack("<IIII", 0, number, len(frame), len(frame)) + frame)


def read_pcap(path):
    with open(path, "rb") as file:
        data = file.read()
    assert GLOBAL.unpack_from(data)[0] in (0xa1b2c3d4, 0xa1b23c4d), data[:24]
    frames, offset = [], GLOBAL.size
    while offset < len(data):
        length = struct.unpack_from("<IIII", data, offset)[2]
        frames.append(data[offset + 16:offset + 16 + length])
        offset += 16 + length
    return frames


def is_tcp(frame):
    """And not neighbour discovery, which has the same type."""
    return frame[20 if IS_IP6 else 23] == 6


def read_segment(frame):
    """(to port, flags, sequence, acknowledgment); addresses and checksums are right."""
    assert frame[:6] == PEER_MAC and frame[6:12] == OUR_MAC and frame[12:14] == IP_TYPE, frame.hex()
    ip = frame[14:]
    bytes_of_ip = IP_BYTES + struct.unpack_from("!H", ip, 4)[0] if IS_IP6 else struct.unpack_from("!H", ip, 2)[0]
    assert IS_IP6 or checksum(ip[:IP_BYTES]) == 0, ip.hex()
    assert ip[IP_BYTES - 2 * len(SERVER):IP_BYTES] == SERVER + CLIENT, ip.hex()
    tcp = ip[IP_BYTES:bytes_of_ip]
    assert checksum(pseudo(SERVER, CLIENT, tcp) + tcp) == 0, tcp.hex()
    _, to_port, seq, ack, _, flags = struct.unpack_from("!HHIIBB", tcp)
    return to_port, flags, seq, ack


def serve(quern, device, *words):
    return subprocess.run([quern, *command(["serve", "--discard", "-q", "-p", device, "--ip", "198.18.0.1/24",
                                            "--listen", "198.18.0.1:80", "--memory", "4k", "-d", "500ms", *words])],
                          capture_output=True, text=True, timeout=60, check=False)


def each_syn_is_answered(quern, folder):
    source, sent = os.path.join(folder, "in.pcap"), os.path.join(folder, "out.pcap")
    asked = {1024 + number: 0xfffffff0 + number & 0xffffffff for number in range(100)}
    write_pcap(source, [syn(port, seq) for port, seq in asked.items()] + [syn(9, 77, to=81)])
    done = serve(quern, f"pcap:{source},{sent}")
    assert done.returncode == 0, done.stderr
    answers = [read_segment(frame) for frame in read_pcap(sent) if frame[12:14] == IP_TYPE and is_tcp(frame)]
    firsts = {}
    for to_port, flags, seq, ack in answers:
        firsts.setdefault(to_port, (flags, seq, ack))
    assert firsts.pop(9) == (RST | ACK, 0, 78), firsts
    assert sorted(firsts) == sorted(asked), sorted(firsts)
    for port, (flags, _, ack) in firsts.items():
        assert flags == SYN | ACK and ack == asked[port] + 1 & 0xffffffff, (port, flags, ack)
    assert len({seq for _, seq, _ in firsts.values()}) == len(asked), "sequence numbers repeat"


def the_end_of_the_file_is_no_error(quern, folder):
    source = os.path.join(folder, "in.pcap")
    write_pcap(source, [syn(1024, 1)])
    done = serve(quern, f"pcap:{source}")
    assert done.returncode == 0 and "RESULT  PASS" in done.stdout, done.stdout + done.stderr
    write_pcap(source, [])
    assert serve(quern, f"pcap:{source}").returncode == 0


def what_is_wrong_is_named(quern, folder):
    source = os.path.join(folder, "in.pcap")
    open(os.path.join(folder, "empty"), "wb").close()
    write_pcap(source, [])
    write_pcap(os.path.join(folder, "raw"), [], link_type=101)
    write_pcap(os.path.join(folder, "ng"), [], magic=0x0a0d0d0a)
    write_pcap(os.path.join(folder, "text"), [], magic=0x20202020)
    for device, says in (("none", "none: No such file"), ("empty", "shorter than a header"),
                         ("raw", "holds no Ethernet frames"), ("ng", "is a pcapng file"), ("text", "is no pcap file"),
                         ("in.pcap,in.pcap", "would overwrite"), ("in.pcap,no/out", "no/out cannot be written"),
                         ("in.pcap,", "a path is missing"), ("a b", "holds a space")):
        paths = ",".join(os.path.join(folder, path) if path else "" for path in device.split(","))
        done = serve(quern, f"pcap:{paths}")
        lines = done.stderr.splitlines()
        assert done.returncode == 2 and len(lines) == 2, (device, done.returncode, lines)
        assert lines[0].startswith("error: port 0") and says in lines[0] and lines[1].startswith("  "), (device, lines)


CASES = [("each SYN of a file is answered, with the right numbers and sums", each_syn_is_answered),
         ("the end of the file is the end of input, and no error", the_end_of_the_file_is_no_error),
         ("a file that will not do is named before the start", what_is_wrong_is_named)]


def main(quern):
    failed = 0
    print(f"1..{len(CASES)}")
    for number, (sentence, case) in enumerate(CASES, 1):
        try:
            with tempfile.TemporaryDirectory(prefix="quern-pcap-") as folder:
                case(os.path.abspath(quern), folder)
            print(f"ok {number} - {sentence}")
        except (AssertionError, OSError, KeyError, struct.error, subprocess.TimeoutExpired) as wrong:
            failed += 1
            print(f"not ok {number} - {sentence}\n# " + f"{type(wrong).__name__}: {wrong}".replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
