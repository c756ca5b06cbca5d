"""Single connections of quern load to Linux: who closes, aborts or refuses, and the states of the kernel meanwhile."""

import contextlib
import socket
import time

from peer_lab import FAMILY, IS_IP6, NOBODY, expect, expect_equal
from peer_linux import (Segments, abort, accept, eventually_states, expect_end, expect_reset, forget_time_wait,
                        listener, states)
from peer_quern import expect_totals, load

HOLD_S = 0.3


@contextlib.contextmanager
def accepted(lab, *words):
    """One connection of quern load that Linux has accepted: quern and the socket."""
    forget_time_wait()
    with listener() as listening, load(lab, "--connections", "1", "--cc", "1", *words) as quern:
        with accept(listening) as sock:
            yield quern, sock


def linux_closes_first(lab):
    with accepted(lab, "--close", "server") as (quern, sock):
        eventually_states("ESTAB")
        with quern.paused():
            sock.close()
            eventually_states("FIN-WAIT-1")
        eventually_states("TIME-WAIT")
        expect_totals(quern.report(), 1)


def quern_closes_first(lab):
    with accepted(lab, "--hold", f"{int(HOLD_S * 1000)}ms") as (quern, sock):
        eventually_states("ESTAB")
        expect_end(sock)
        eventually_states("CLOSE-WAIT")
        time.sleep(1)
        expect_equal(states(), ["CLOSE-WAIT"], "states while Linux holds its half open, quern in FIN-WAIT-2")
        with quern.paused():
            sock.close()
            eventually_states("LAST-ACK")
        eventually_states()
        expect_totals(quern.report(), 1)


def linux_half_closes(lab):
    with accepted(lab, "--hold", "20s") as (quern, sock):
        begun = time.monotonic()
        sock.shutdown(socket.SHUT_WR)
        expect_end(sock)
        expect(time.monotonic() - begun < 1, "quern's FIN took more than a second")
        eventually_states("TIME-WAIT")
        expect_totals(quern.report(), 1)


def linux_aborts(lab):
    with accepted(lab, "--hold", "20s") as (quern, sock):
        eventually_states("ESTAB")
        abort(sock)
        eventually_states()
        expect_totals(quern.report(), 1, "reset")


def quern_aborts(lab):
    with accepted(lab, "--close", "rst", "--hold", f"{int(HOLD_S * 1000)}ms") as (quern, sock):
        eventually_states("ESTAB")
        expect_reset(sock)
        eventually_states()
        expect_totals(quern.report(), 1, "reset")


def linux_refuses(lab):
    forget_time_wait()
    with load(lab, "--connections", "100", "--cc", "10", "--close", "client") as quern:
        report = quern.report(code=1)
    totals = report["totals"]
    wanted = {"timeout": 0, "reset": 0, "refused": 100, "no_port": 0, "no_memory": 0}
    expect_equal(totals["failed"], wanted, "failed")
    expect_equal((totals["opened"], totals["established"]), (100, 0), "opened and established")
    expect_equal(report["verdict"], "fail", "verdict")


def linux_never_answers(lab):
    """A listener whose queue is full drops every SYN."""
    forget_time_wait()
    with listener(backlog=0) as listening, socket.socket(FAMILY) as filling, Segments() as segments:
        filling.connect(listening.getsockname())
        with load(lab, "--connections", "3", "--cc", "3", "--connect-timeout", "3s") as quern:
            totals = quern.report(code=1)["totals"]
        syns = [flags for from_quern, flags, _, _, _ in segments.take() if from_quern]
    expect_equal((totals["opened"], totals["failed"]["timeout"]), (3, 3), "opened and timed out")
    expect_equal(set(syns), {"S"}, "flags of what quern sent")
    expect(len(syns) > 3, f"{len(syns)} SYN for three connections: none was sent again")


def nobody_is_there(lab):
    forget_time_wait()
    with load(lab, "--connections", "1", "--wait-link", "1s", target=NOBODY) as quern:
        expect_equal(quern.wait(), 1, f"exit code; quern said: {quern.said()}")
        asked = "ND" if IS_IP6 else "ARP"
        expect(f"no {asked} answer for {NOBODY}" in quern.said(), f"quern said: {quern.said()}")


CHECKS = [("Linux closes first: FIN-WAIT-1, then TIME-WAIT; quern load ends in order", linux_closes_first),
          ("quern load closes first: Linux is in CLOSE-WAIT as long as it holds, then LAST-ACK, then gone",
           quern_closes_first),
          ("Linux half-closes and sees quern's FIN within a second", linux_half_closes),
          ("Linux aborts: quern load accounts for a reset", linux_aborts),
          ("quern load --close rst aborts: Linux gets ECONNRESET", quern_aborts),
          ("a Linux port where nobody listens: every open is counted as refused", linux_refuses),
          ("a Linux listener that is full: SYNs are sent again, then counted as timeout", linux_never_answers),
          ("a target that answers no ARP or ND is named, and the run fails", nobody_is_there)]
