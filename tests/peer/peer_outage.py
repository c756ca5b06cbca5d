"""Rows 22 and 24 of the attack battery, with Linux at the other end: the link goes away for three seconds, and quern is
killed and started again."""

import select
import signal
import socket
import time

from peer_lab import FAMILY, PORT, expect, expect_equal, ip
from peer_linux import Segments, connect, eventually_states, forget_time_wait
from peer_quern import load, serve

FLOWS, OUTAGE_S, RECOVERY_S = 200, 3, 15
OPENED_A_SECOND, RUN_S = 100, 12


def figure(row, text):
    print(f"# row {row}: {text}", flush=True)


def down(lab, seconds):
    ip("link", "set", lab.linux_interface, "down")
    time.sleep(seconds)
    lab.attach()


def echoes(socks, seconds):
    """How many of the sockets got one byte back in time; each had said one."""
    waiting, end, back = dict((sock.fileno(), sock) for sock in socks), time.monotonic() + seconds, 0
    with select.epoll() as epoll:
        for number in waiting:
            epoll.register(number, select.EPOLLIN)
        while waiting and time.monotonic() < end:
            for number, _ in epoll.poll(0.05):
                sock = waiting.pop(number)
                epoll.unregister(number)
                try:
                    back += sock.recv(1) == b"x"
                except OSError:
                    pass
    return back


def say(socks):
    for sock in socks:
        sock.send(b"x")


def flows_outlive_the_link(lab):
    """Row 22: bytes said while the link is down arrive by retransmission, on at least 99 % of the connections."""
    forget_time_wait()
    with serve(lab, service="--echo") as quern:
        socks = [connect() for _ in range(FLOWS)]
        say(socks)
        expect_equal(echoes(socks, RECOVERY_S), FLOWS, "echoes before the outage")
        ip("link", "set", lab.linux_interface, "down")
        say(socks)
        expect_equal(echoes(socks, OUTAGE_S), 0, "echoes while the link is down")
        lab.attach()
        begun = time.monotonic()
        resumed = echoes(socks, RECOVERY_S)
        took = time.monotonic() - begun
        expect(resumed >= 0.99 * FLOWS, f"{resumed} of {FLOWS} flows resumed")
        figure(22, f"link down for {OUTAGE_S} s: {resumed} of {FLOWS} flows resumed within {took:.1f} s")
        for sock in socks:
            sock.close()
        quern.stop()


def opens_are_paced(lab):
    """Row 22: what cannot be opened while the link is down is asked for again at growing intervals, and succeeds."""
    forget_time_wait()
    with socket.socket(FAMILY) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("", PORT))
        listening.listen(4096)
        with load(lab, "--cps", str(OPENED_A_SECOND), "-d", f"{RUN_S}s", "--connect-timeout", "60s",
                  "--close", "client") as quern, Segments() as segments:
            time.sleep(2)
            down(lab, OUTAGE_S)
            segments.take()
            begun, most = time.monotonic(), 0
            while not quern.has_ended() and time.monotonic() - begun < RUN_S + 20:
                time.sleep(0.1)
                syns = sum(from_quern and flags == "S" for from_quern, flags, *_ in segments.take())
                most = max(most, syns)
                accept_and_close(listening)
            report = quern.report()
    totals = report["totals"]
    expect(totals["established"] >= 0.99 * totals["opened"], f"opened and established: {totals}")
    # All that waited is asked for again within seconds of each other; a storm would be all at once, again and again.
    waited = OPENED_A_SECOND * (OUTAGE_S + 1)
    expect(totals["retransmits"] <= 4 * waited, f"{totals['retransmits']} segments sent again for {waited} that waited")
    figure(22, f"{OPENED_A_SECOND} opens a second through an outage of {OUTAGE_S} s: {totals['established']} of "
               f"{totals['opened']} established, {totals['retransmits']} segments sent again, "
               f"{most} SYNs in 100 ms at most")


def accept_and_close(listening):
    listening.setblocking(False)
    while True:
        try:
            sock, _ = listening.accept()
        except BlockingIOError:
            return
        sock.close()


def old_connections_are_reset(lab):
    """Row 24: Linux's old connections are told by RST at their first word, and new ones are made at once."""
    forget_time_wait()
    with serve(lab, service="--echo") as quern:
        socks = [connect() for _ in range(FLOWS)]
        quern.process.send_signal(signal.SIGKILL)
        quern.wait()
    with serve(lab, service="--echo") as quern:
        say(socks)
        eventually_states(seconds=5)
        refused = 0
        for sock in socks:
            try:
                sock.recv(1)
            except ConnectionResetError:
                refused += 1
            sock.close()
        expect_equal(refused, FLOWS, "old connections that Linux knows were reset")
        begun = time.monotonic()
        fresh = [connect() for _ in range(FLOWS)]
        say(fresh)
        expect_equal(echoes(fresh, RECOVERY_S), FLOWS, "echoes on new connections")
        figure(24, f"quern killed and started again: {refused} of {FLOWS} old connections reset at their first word, "
                   f"{FLOWS} new ones echo {time.monotonic() - begun:.2f} s later")
        for sock in fresh:
            sock.close()
        quern.stop()


CHECKS = [("connections outlive three seconds without a link", flows_outlive_the_link, ("af_packet",)),
          ("what is opened while there is no link is paced, and succeeds", opens_are_paced, ("af_packet",)),
          ("old connections of a quern that was killed are reset, and new ones made", old_connections_are_reset,
           ("af_packet",))]
