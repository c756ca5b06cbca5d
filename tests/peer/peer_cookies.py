"""SYN cookies: Linux connects to quern serve that remembers nothing of its SYNs, alone and through a flood of them."""

import contextlib
import os
import random
import signal
import socket
import struct
import time

from peer_edges import neighbour
from peer_frames import syn
from peer_lab import IS_IP6, QUERN, eventually, expect, expect_equal
from peer_linux import (ETHER_TYPE, answers_ping, connect, eventually_states, expect_end, forget_time_wait,
                        unacknowledged)
from peer_quern import expect_totals, serve

TEXT = bytes(range(256)) * 400  # 100 KiB
RECORDS, FLOOD_FRAMES, FLOOD_S, A_MS_HAS, HONEST = 2048, 20000, 20, 20, 300


def exchange(bytes_sent):
    """One connection from SYN to FIN, with text that quern must acknowledge."""
    with connect() as sock:
        sock.sendall(bytes_sent)
        eventually(lambda: unacknowledged(sock) == 0, 10, lambda: f"{unacknowledged(sock)} bytes unacknowledged")
        sock.shutdown(socket.SHUT_WR)
        expect_end(sock)


def every_syn_is_answered_by_cookie(lab):
    forget_time_wait()
    with serve(lab, "--syn-cookies", "always") as quern:
        for _ in range(50):
            exchange(TEXT)
        eventually_states(*["TIME-WAIT"] * 50)
        report = quern.stop()
        expect_totals(report, 50)
        totals = report["totals"]
        expect_equal((totals["cookies"]["accepted"], totals["syns_taken"]), (50, 50), "cookies back, SYNs taken")
        expect(totals["cookies"]["sent"] >= 50, f"cookies {totals['cookies']}")


def syn_from_anywhere(macs):
    """An Ethernet frame with a SYN from an address that is not on this network, nor anybody's."""
    if IS_IP6:
        source = b"\xfd\x01" + random.randbytes(14)
    else:
        source = struct.pack("!I", 203 << 24 | random.randrange(1 << 24))
    return macs + ETHER_TYPE + syn(random.randrange(1, 65536), random.randrange(1 << 32), source)


@contextlib.contextmanager
def flood(lab):
    """SYNs, all different, for FLOOD_S at most; no more than a tap's queue carries, or it would lose those of honest
    peers as well."""
    expect(answers_ping(QUERN, 2), "no reply to a ping")
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((lab.linux_interface, 0))
    macs = bytes.fromhex(neighbour(QUERN)[1].replace(":", "")) + sock.getsockname()[4]
    frames = [syn_from_anywhere(macs) for _ in range(FLOOD_FRAMES)]
    child = os.fork()
    if child == 0:
        end = time.monotonic() + FLOOD_S
        while time.monotonic() < end:
            for number, frame in enumerate(frames):
                with contextlib.suppress(OSError):  # the interface's queue is full
                    sock.send(frame)
                if number % A_MS_HAS == 0:
                    time.sleep(0.001)
        os._exit(0)
    sock.close()
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def strangers_get_in_through_a_flood(lab):
    forget_time_wait()
    failed, times = 0, []
    with serve(lab, "--max-connections", str(RECORDS)) as quern:
        with flood(lab):
            time.sleep(1)
            for _ in range(HONEST):
                begun = time.monotonic()
                try:
                    exchange(b"quern")
                    times.append(time.monotonic() - begun)
                except OSError:
                    failed += 1
        report = quern.stop()
    totals = report["totals"]
    expect(failed <= HONEST // 100, f"{failed} of {HONEST} connections failed; {totals}")
    slowest = sorted(times)[HONEST * 99 // 100 - 1]
    expect(slowest < 1, f"1 % took longer than {slowest:.1f} s, up to {max(times):.1f} s; {totals}")
    expect_equal(totals["opened"], HONEST - failed, "connections of quern")
    expect(totals["cookies"]["sent"] > RECORDS, f"the flood was none: {totals}")
    expect(totals["cookies"]["accepted"] > HONEST // 2, f"hardly any came in by cookie: {totals}")
    expect_equal(totals["drops"].get("tcp_half_open_limit", 0), 0, "SYNs dropped at the limit")


CHECKS = [("Linux connects, sends 100 KiB and closes where every SYN is answered by cookie",
           every_syn_is_answered_by_cookie),
          ("Linux connects through a flood of SYNs from everywhere", strangers_get_in_through_a_flood)]
