"""Ten thousand connections each way, each end closing first: not one failure, and both ends count the same."""

from peer_lab import eventually, expect_equal
from peer_linux import Crowd, forget_time_wait, listener, states
from peer_quern import expect_totals, load, serve

COUNT, AT_ONCE, LIMIT_S = 10000, 256, 60


def expect_all_in_order(crowd):
    """Linux made all of them, and saw each end with a FIN."""
    expect_equal(crowd.broken, {}, "connections that broke on Linux, by errno")
    expect_equal((crowd.made, crowd.ended), (COUNT, COUNT), "connections that Linux made and saw end in order")


def quern_loads(lab, closer):
    forget_time_wait()
    with listener(backlog=COUNT) as listening, Crowd() as crowd:
        with load(lab, "--connections", str(COUNT), "--cc", str(AT_ONCE), "--close", closer) as quern:
            crowd.serve(listening, closer == "server", quern.has_ended, LIMIT_S)
            report = quern.report()
        expect_totals(report, COUNT)
        expect_all_in_order(crowd)
    expect_equal(report["verdict"], "pass", "verdict")
    expect_equal(report["latency_ns"]["setup"]["count"], COUNT, "set-up times")


def quern_loads_and_closes_first(lab):
    quern_loads(lab, "client")


def quern_loads_and_linux_closes_first(lab):
    quern_loads(lab, "server")


def quern_serves(lab, closer):
    forget_time_wait()
    with serve(lab, "--close", closer) as quern, Crowd() as crowd:
        crowd.load(COUNT, AT_ONCE, closer == "client", LIMIT_S)
        # What is left in the kernel is TIME-WAIT of its own closes and nothing that hangs.
        eventually(lambda: set(states()) <= {"TIME-WAIT"}, 10, lambda: f"no more than TIME-WAIT in {set(states())}")
        expect_totals(quern.stop(), COUNT)
        expect_all_in_order(crowd)


def linux_loads_and_closes_first(lab):
    quern_serves(lab, "client")


def linux_loads_and_quern_closes_first(lab):
    quern_serves(lab, "server")


CHECKS = [("10,000 connections of quern load to a Linux server end in order, quern closing first",
           quern_loads_and_closes_first),
          ("10,000 connections of quern load to a Linux server end in order, Linux closing first",
           quern_loads_and_linux_closes_first),
          ("10,000 connections of Linux to quern serve end in order, Linux closing first",
           linux_loads_and_closes_first),
          ("10,000 connections of Linux to quern serve end in order, quern closing first",
           linux_loads_and_quern_closes_first)]
