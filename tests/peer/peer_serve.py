"""Single connections of Linux to quern serve: who closes, aborts or refuses, and the states of the kernel meanwhile."""

import errno
import socket
import time

from peer_lab import FAMILY, IS_IP6, PORT, QUERN, eventually, expect, expect_equal
from peer_linux import (Segments, abort, connect, eventually_states, expect_end, expect_reset, forget_time_wait, ss,
                        states, unacknowledged)
from peer_quern import expect_totals, serve

TEXT = bytes(range(256)) * 400  # 100 KiB
HOLD_S = 0.3


def drops_of_tcp(report):
    """Drops by reason, without what a kernel says of its own accord: neither IP nor ARP; over IPv6, to groups."""
    own_accord = ("ether_type", *(("ip_dest", "nd_other", "icmp_ignored") if IS_IP6 else ()))
    return {reason: count for reason, count in report["totals"]["drops"].items() if reason not in own_accord}


def connected(lab, *words):
    """Words of `quern serve`, and a namespace without old connections."""
    forget_time_wait()
    return serve(lab, *words)


def linux_closes_first(lab):
    with connected(lab) as quern:
        sock = connect()
        eventually_states("ESTAB")
        with quern.paused():
            sock.close()
            eventually_states("FIN-WAIT-1")
        eventually_states("TIME-WAIT")
        expect_totals(quern.stop(), 1)


def quern_closes_first(lab):
    with connected(lab, "--close", "server", "--hold", f"{int(HOLD_S * 1000)}ms") as quern:
        begun = time.monotonic()
        sock = connect()
        eventually_states("ESTAB")
        expect_end(sock)
        expect(time.monotonic() - begun >= HOLD_S, "quern closed before --hold was over")
        eventually_states("CLOSE-WAIT")
        time.sleep(1)
        expect_equal(states(), ["CLOSE-WAIT"], "states while Linux holds its half open, quern in FIN-WAIT-2")
        with quern.paused():
            sock.close()
            eventually_states("LAST-ACK")
        eventually_states()
        expect_totals(quern.stop(), 1)


def text_after_querns_fin(lab):
    with connected(lab, "--close", "server", "--hold", "100ms") as quern:
        sock = connect()
        expect_end(sock)
        sock.sendall(TEXT)
        eventually(lambda: unacknowledged(sock) == 0, 10, lambda: f"{unacknowledged(sock)} bytes unacknowledged")
        expect_equal(states(), ["CLOSE-WAIT"], "states")
        sock.close()
        eventually_states()
        expect_totals(quern.stop(), 1)


def both_close_at_once(lab):
    """The FINs cross, because Linux does not hear quern's first one."""
    with connected(lab, "--close", "server", "--hold", f"{int(HOLD_S * 1000)}ms") as quern:
        sock = connect()
        eventually_states("ESTAB")
        with lab.deaf():
            time.sleep(HOLD_S + 0.1)
            sock.shutdown(socket.SHUT_WR)
            eventually_states("FIN-WAIT-1")
        # Linux's FIN comes again after 0.2 s, quern's after 1 s.
        eventually_states("FIN-WAIT-2")
        eventually_states("TIME-WAIT")
        expect_end(sock)
        sock.close()
        report = quern.stop()
        expect_totals(report, 1)
        expect_equal(report["totals"]["time_wait"], 1, "connections of quern in TIME-WAIT")


def linux_half_closes(lab):
    with connected(lab) as quern, Segments() as segments:
        sock = connect()
        begun = time.monotonic()
        sock.shutdown(socket.SHUT_WR)
        expect_end(sock)
        expect(time.monotonic() - begun < 1, "quern's FIN took more than a second")
        eventually_states("TIME-WAIT")
        seen = segments.take()
        fin = next(seq for from_quern, flags, seq, _, _ in seen if not from_quern and "F" in flags)
        fins = [ack for from_quern, flags, _, ack, _ in seen if from_quern and "F" in flags]
        expect_equal(fins, [fin + 1], f"what quern's FINs acknowledge, in {seen}")
        sock.close()
        expect_totals(quern.stop(), 1)


def linux_sends_text(lab):
    with connected(lab) as quern:
        sock = connect()
        sock.sendall(TEXT)
        eventually(lambda: unacknowledged(sock) == 0, 10, lambda: f"{unacknowledged(sock)} bytes unacknowledged")
        queues = [fields[:3] for fields in ss()]
        expect_equal(queues, [["ESTAB", "0", "0"]], "state, receive and send queue in ss")
        sock.close()
        eventually_states("TIME-WAIT")
        report = quern.stop()
        expect_totals(report, 1)
        expect(report["totals"]["bytes"]["rx"] > len(TEXT), f"bytes received: {report['totals']['bytes']}")
        expect_equal(drops_of_tcp(report), {}, "drops")


def linux_aborts(lab):
    with connected(lab) as quern:
        sock = connect()
        eventually_states("ESTAB")
        abort(sock)
        eventually_states()
        expect_totals(quern.stop(), 1, "reset")


def linux_aborts_half_closed(lab):
    with connected(lab, "--close", "server", "--hold", "100ms") as quern:
        sock = connect()
        expect_end(sock)
        eventually_states("CLOSE-WAIT")
        abort(sock)
        eventually_states()
        expect_totals(quern.stop(), 1, "reset")


def quern_aborts(lab):
    with connected(lab, "--close", "rst", "--hold", f"{int(HOLD_S * 1000)}ms") as quern:
        sock = connect()
        eventually_states("ESTAB")
        expect_reset(sock)
        sock.close()
        eventually_states()
        expect_totals(quern.stop(), 1, "reset")


def quern_refuses(lab):
    with connected(lab) as quern:
        begun = time.monotonic()
        try:
            connect(port=81).close()
        except OSError as error:
            expect_equal(errno.errorcode[error.errno], "ECONNREFUSED", "a port where nobody listens")
        else:
            expect(False, "a port where nobody listens took a connection")
        expect(time.monotonic() - begun < 0.5, "ECONNREFUSED took more than half a second")
        eventually_states()
        report = quern.stop()
        expect_totals(report, 0)
        expect_equal(drops_of_tcp(report), {"tcp_no_connection": 1}, "drops")


def linux_repeats_its_syn(lab):
    """Linux's SYN comes again after a second; two handshakes must not come of it."""
    with connected(lab) as quern:
        sock = socket.socket(FAMILY)
        with quern.paused():
            sock.setblocking(False)
            sock.connect_ex((QUERN, PORT))
            eventually_states("SYN-SENT")
            time.sleep(1.5)
        eventually_states("ESTAB")
        sock.close()
        eventually_states("TIME-WAIT")
        expect_totals(quern.stop(), 1)


def quern_ends_before_the_connection(lab):
    """Quern ends with a connection open: it is in flight at the end, and accounted for."""
    with connected(lab) as quern:
        sock = connect()
        eventually_states("ESTAB")
        totals = quern.stop()["totals"]
        expect_equal((totals["established"], totals["closed"], totals["in_flight"]), (1, 0, 1), "totals")
        sock.close()


CHECKS = [("Linux closes first: FIN-WAIT-1, then TIME-WAIT", linux_closes_first),
          ("quern closes first: Linux is in CLOSE-WAIT as long as it holds, then LAST-ACK, then gone",
           quern_closes_first),
          ("quern in FIN-WAIT-2 acknowledges 100 KiB of text from Linux", text_after_querns_fin),
          ("both close at once: the FINs cross, and both ends come to TIME-WAIT", both_close_at_once),
          ("Linux half-closes and sees quern's FIN within a second", linux_half_closes),
          ("100 KiB of text from Linux are acknowledged to the last byte", linux_sends_text),
          ("Linux aborts: quern accounts for a reset", linux_aborts),
          ("Linux aborts what quern has closed: quern accounts for a reset", linux_aborts_half_closed),
          ("quern serve --close rst aborts: Linux gets ECONNRESET", quern_aborts),
          ("Linux is refused at once on a port where nobody listens", quern_refuses),
          ("a SYN that comes twice makes one connection", linux_repeats_its_syn),
          ("a connection that outlives quern serve is counted as in flight", quern_ends_before_the_connection)]
