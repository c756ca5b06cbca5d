"""Keepalive both ways: probes are answered, and a peer that has vanished without a word is noticed."""

import contextlib
import time

from peer_lab import eventually, expect, expect_equal, ip
from peer_linux import (Segments, accept, connect, counter, eventually_states, forget_time_wait, listener, probe_after,
                        ss, states)
from peer_quern import expect_totals, load, serve

QUERN_KEEPALIVE = ("--keepalive", "1s/1s/3")
LONG_S, SHORT_S = 5.3, 3.3


def linux_probes(lab):
    forget_time_wait()
    with serve(lab) as quern, Segments() as segments:
        sock = connect()
        probe_after(sock, idle_s=1, interval_s=1, probes=2)
        before = counter("TCPKeepAlive")
        segments.take()
        time.sleep(SHORT_S)
        line = ss("-o")[0]
        probes = counter("TCPKeepAlive") - before
        seen = segments.take()
        expect_equal(states(), ["ESTAB"], "states while Linux probes")
        expect(line[-1].startswith("timer:(keepalive,") and line[-1].endswith(",0)"),
               f"no keepalive timer without unanswered probes in {line}")
        expect(probes >= 2, f"{probes} probes sent in {SHORT_S} s")
        answers = [flags for from_quern, flags, _, _, text in seen if from_quern and text == 0]
        expect(len(answers) >= probes - 1 and set(answers) == {"A"}, f"answers to {probes} probes: {answers}")
        sock.close()
        eventually_states("TIME-WAIT")
        expect_totals(quern.stop(), 1)


def expect_answered_probes(seen, least):
    """RFC 9293 3.8.4: a probe stands one below what the peer expects; Linux answers each."""
    probes = [seq for from_quern, _, seq, _, _ in seen if from_quern]
    expected = [ack for from_quern, _, _, ack, _ in seen if not from_quern]
    expect(len(probes) >= least, f"{len(probes)} probes, fewer than {least}: {seen}")
    expect_equal(len(expected), len(probes), f"answers of Linux to {len(probes)} probes")
    expect_equal(set(probes), {(expected[0] - 1) % 2 ** 32}, f"sequence numbers of probes; Linux expects {expected[0]}")


def serving_quern_probes(lab):
    forget_time_wait()
    with serve(lab, *QUERN_KEEPALIVE) as quern, Segments() as segments:
        sock = connect()
        time.sleep(0.1)
        segments.take()
        time.sleep(LONG_S)
        seen = segments.take()
        expect_equal(states(), ["ESTAB"], "states after five seconds of probes")
        expect_answered_probes(seen, 4)
        sock.close()
        eventually_states("TIME-WAIT")
        expect_totals(quern.stop(), 1)


def loading_quern_probes(lab):
    forget_time_wait()
    with listener() as listening, Segments() as segments:
        with load(lab, "--connections", "1", "--cc", "1", "--hold", "5s", *QUERN_KEEPALIVE) as quern:
            with accept(listening) as sock:
                time.sleep(0.1)
                segments.take()
                time.sleep(SHORT_S)
                expect_answered_probes(segments.take(), 2)
                expect_equal(states(), ["ESTAB"], "states while quern probes")
                expect_equal(sock.recv(1), b"", "text from quern before its FIN")
            expect_totals(quern.report(), 1)


@contextlib.contextmanager
def link_down(lab):
    ip("link", "set", lab.linux_interface, "down")
    try:
        yield
    finally:
        lab.attach()


def gone_without_a_word(lab, gone):
    """Three probes go unanswered, and quern load ends the connection as timed out."""
    forget_time_wait()
    with listener() as listening:
        with load(lab, "--connections", "1", "--cc", "1", "--hold", "60s", *QUERN_KEEPALIVE) as quern:
            with accept(listening):
                eventually_states("ESTAB")
                begun = time.monotonic()
                with gone:
                    quern.wait(20)
                took = time.monotonic() - begun
            expect(3.5 < took < 8, f"gone after {took:.1f} s, where 1 s and three times 1 s were asked for")
            expect_totals(quern.report(), 1, "timeout")


def linux_vanishes(lab):
    gone_without_a_word(lab, lab.deaf())


def link_goes_down(lab):
    gone_without_a_word(lab, link_down(lab))


def served_linux_vanishes(lab):
    forget_time_wait()
    with serve(lab, *QUERN_KEEPALIVE) as quern:
        sock = connect()
        eventually_states("ESTAB")
        with lab.deaf():
            time.sleep(5.5)
        sock.close()
        # Quern has forgotten the connection: Linux's FIN is answered by RST.
        eventually(lambda: not states(), 10, lambda: f"states of a forgotten connection: {states()}")
        expect_totals(quern.stop(), 1, "timeout")


CHECKS = [("Linux's keepalive probes are answered by quern", linux_probes),
          ("the keepalive probes of quern serve are answered by Linux", serving_quern_probes),
          ("the keepalive probes of quern load are answered by Linux", loading_quern_probes),
          ("Linux vanishes without a word: quern load ends the connection as timed out", linux_vanishes),
          ("the link goes down: quern load ends the connection as timed out", link_goes_down),
          ("Linux vanishes without a word: quern serve ends the connection as timed out", served_linux_vanishes)]
