"""What takes a minute through a line that loses, repeats and reorders frames: 100 MB and half-closes, long tails."""

from peer_halfclose import echo_outlasts_the_end, linux_goes_on, quern_goes_on
from peer_lab import expect_equal
from peer_linux import Crowd, forget_time_wait, listener
from peer_lossy import BAD_LINE, expect_bad
from peer_quern import expect_totals, load

COUNT, AT_ONCE, LIMIT_S = 1000, 500, 100


def quern_goes_on_all_the_same(lab):
    expect_bad(quern_goes_on(lab, *BAD_LINE), True)


def linux_goes_on_all_the_same(lab):
    expect_bad(linux_goes_on(lab, *BAD_LINE), False)


def echo_comes_all_the_same(lab):
    expect_bad(echo_outlasts_the_end(lab, *BAD_LINE), True)


def thousand_loads(lab):
    """Who has lost a SYN and both of its FINs waits for ten seconds (RFC 6298 5.7)."""
    forget_time_wait()
    with listener(backlog=COUNT) as listening, Crowd() as crowd:
        with load(lab, "--connections", str(COUNT), "--cc", str(AT_ONCE), "--connect-timeout", f"{LIMIT_S}s",
                  *BAD_LINE) as quern:
            crowd.serve(listening, False, quern.has_ended, LIMIT_S)
            report = quern.report()
        expect_totals(report, COUNT)
        expect_equal((crowd.broken, crowd.made, crowd.ended), ({}, COUNT, COUNT), "what Linux has seen of them")
        expect_bad(report, True)


CHECKS = [("quern sends 100 MB after Linux's FIN through a bad line, then its own", quern_goes_on_all_the_same),
          ("quern takes 100 MB after its own FIN through a bad line, then Linux's", linux_goes_on_all_the_same),
          ("100 MB with Linux's FIN behind them come back from quern serve --echo", echo_outlasts_the_end),
          ("100 MB with Linux's FIN behind them come back through a bad line", echo_comes_all_the_same),
          (f"{COUNT:,} connections of quern load to Linux end in order through a bad line", thousand_loads)]
