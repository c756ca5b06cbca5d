"""Targets of quern forward that die and come back: Linux has two, and one of its addresses goes."""

import contextlib
import select
import time

from peer_forward import CLIENTS, INSIDE, PORT, TARGETS, TO_PORT, exchange, forward
from peer_lab import AT_ONCE, PREFIX, at, eventually, expect, expect_equal, ip

EVERY_MS, FALL, RISE, SLOW_S = 200, 2, 2, 1


def targets_of(quern, what):
    return quern.ctl("stats")["rules"][0]["targets"][what]


def states(quern):
    return targets_of(quern, "state")


def wait_states(quern, *wanted):
    eventually(lambda: states(quern) == list(wanted), 10,
               lambda: f"targets are {wanted}; they are {states(quern)}, and it said: {quern.said()}")


def ask(wire, servers, count):
    """So many new clients, each of which gets an answer; how many came to which target."""
    counts = [0] * len(servers)
    for number in range(count):
        with wire.socket(CLIENTS[0]) as client:
            counts[servers.index(exchange(client, servers, b"%d" % number)[0])] += 1
    return counts


def a_dead_target_is_left_out(lab):
    check = ("--check", "icmp", "--check-every", f"{EVERY_MS}ms", "--check-fall", str(FALL), "--check-rise", str(RISE))
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT), "--to", at(TARGETS[1], TO_PORT),
                 "--balance", "roundrobin", *check, "--slow-start", f"{SLOW_S}s") as (wire, quern):
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(wire.socket(address, TO_PORT)) for address in TARGETS]
            wait_states(quern, "up", "up")
            # Who was not there yet when quern began may have been down.
            changes, said = targets_of(quern, "changes"), len(quern.said())
            eventually(lambda: min(ask(wire, servers, 20)) >= 10 - lab.workers, 10, "half for each")
            ip("-n", wire.server, "address", "del", f"{TARGETS[1]}/{PREFIX}", "dev", "tb")
            wait_states(quern, "up", "down")
            expect_equal(ask(wire, servers, 20), [20, 0], "who came to which target while one is dead")
            end = f"target {at(TARGETS[1], TO_PORT)} of rule flags is down: no answer"
            eventually(lambda: end in quern.said()[said:], 5,
                       lambda: f"its end is told; it said: {quern.said()}")
            ip("-n", wire.server, "address", "add", f"{TARGETS[1]}/{PREFIX}", "dev", "tb", *AT_ONCE)
            wait_states(quern, "up", "up")
            servers[1].close()
            servers[1] = stack.enter_context(wire.socket(TARGETS[1], TO_PORT))
            eventually(lambda: "is up again" in quern.said()[said:], 5, "its return is told")
            eventually(lambda: min(ask(wire, servers, 20)) >= 10 - lab.workers, 10, "half for each again")
        report = quern.stop()
    targets = report["rules"][0]["targets"]
    expect_equal([target["state"] for target in targets], ["up", "up"], f"states of {targets}")
    expect_equal([target["changes"] for target in targets], [changes[0], changes[1] + 2], f"changes of {targets}")


def answer_until(servers, text, quern, *wanted):
    """The servers answer each probe with this text, until the targets are in these states."""
    end = time.monotonic() + 10
    while states(quern) != list(wanted):
        expect(time.monotonic() < end, f"targets are {states(quern)}, and not {wanted}; it said: {quern.said()}")
        for server in select.select(servers, [], [], 0.02)[0]:
            said, source = server.recvfrom(100)
            expect_equal(said, b"ping", "what a probe says")
            server.sendto(text, source)


def a_closed_port_is_seen(lab):
    """By UDP: whoever does not listen is refused by its kernel, and whoever says something else is not up either."""
    check = ("--check", "udp", "--check-every", f"{EVERY_MS}ms", "--check-fall", str(FALL), "--check-send", "ping",
             "--check-expect", "pong")
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT), "--to", at(TARGETS[1], TO_PORT),
                 *check) as (wire, quern):
        with wire.socket(TARGETS[0], TO_PORT) as server:
            with wire.socket(TARGETS[1], TO_PORT) as other:
                answer_until([server, other], b"pong and more", quern, "up", "up")
                said = len(quern.said())
            answer_until([server], b"pong", quern, "up", "down")
            eventually(lambda: f"target {at(TARGETS[1], TO_PORT)} of rule flags is down: its port is closed"
                       in quern.said()[said:], 5, lambda: f"why it is down is told; it said: {quern.said()}")
            answer_until([server], b"gnop", quern, "down", "down")
        report = quern.stop()
    expect_equal(report["rules"][0]["targets"][0]["cause"], "another answer than is expected", "cause")


CHECKS = [("a target that dies is left out, and comes back", a_dead_target_is_left_out),
          ("a closed port and a wrong answer are seen", a_closed_port_is_seen)]
