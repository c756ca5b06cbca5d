"""UDP through quern forward to targets that see their clients' own addresses, and to targets that answer nobody."""

import contextlib
import os
import socket

from peer_forward import (BIGGEST, CLIENTS, INSIDE, OUTSIDE, PORT, TARGETS, TO_PORT, exchange, expect_counts, forward,
                          heard, is_told)
from peer_lab import at, expect, expect_equal, ip

SIZES = (0, 1, 512, BIGGEST)


@contextlib.contextmanager
def forward_by_route(lab, *words):
    """The targets' way to everybody else is by quern, as it must be where they are to answer clients."""
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT), *words) as (wire, quern):
        ip("-n", wire.server, "route", "add", "default", "via", OUTSIDE)
        yield wire, quern


def targets_see_their_clients(lab):
    clients = 20
    with forward_by_route(lab, "--keep-source") as (wire, quern):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(wire.socket(TARGETS[0], TO_PORT))
            for number in range(clients):
                name = (CLIENTS[number % 2], 2000 + number)
                client = stack.enter_context(wire.socket(*name))
                for size in SIZES:
                    expect_equal(exchange(client, [server], os.urandom(size))[1], name, "whom the target sees")
        report = quern.stop()
    count = clients * len(SIZES)
    expect_counts(report, count, count, clients)
    expect_equal(report["totals"]["errors_passed"], 0, "ICMP errors passed on")


def a_closed_port_is_told(lab):
    with forward_by_route(lab, "--keep-source") as (wire, quern):
        for size in (0, 5, 1000):
            is_told(wire, PORT, size)
        report = quern.stop()
    expect_equal(report["totals"]["errors_passed"], 3, "ICMP errors passed on")


def nothing_is_kept(lab, *words):
    """What came to the target, and from whom: as many datagrams as were sent."""
    clients, seen = 20, []
    with forward_by_route(lab, "--one-way", *words) as (wire, quern):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(wire.socket(TARGETS[0], TO_PORT))
            for number in range(clients):
                client = stack.enter_context(wire.socket(CLIENTS[number % 2], 2000 + number))
                for size in SIZES:
                    text = os.urandom(size)
                    client.sendto(text, (INSIDE, PORT))
                    _, got, source = heard([server])
                    expect_equal(got, text, "what came to the target")
                    seen.append((source, client.getsockname()[:2]))
            server.sendto(b"?", seen[-1][0])
            client.settimeout(0.2)
            with contextlib.suppress(socket.timeout):
                expect(not client.recv(1), "an answer came back")
        report = quern.stop()
    totals = report["totals"]
    expect_equal((totals["forwarded"], totals["returned"], totals["sessions"]["opened"]), (len(seen), 0, 0),
                 f"forwarded, returned and sessions opened of {totals}")
    return seen


def one_way_keeps_nothing(lab):
    for source, client in nothing_is_kept(lab):
        expect_equal(source, (OUTSIDE, client[1]), "whom the target sees")


def one_way_keeps_sources(lab):
    for source, client in nothing_is_kept(lab, "--keep-source"):
        expect_equal(source, client, "whom the target sees")


CHECKS = [("a target sees its clients, and its answers come from where they had asked", targets_see_their_clients),
          ("a client hears that its target's port is closed", a_closed_port_is_told),
          ("one way, a target hears all from quern's address, and nothing comes back", one_way_keeps_nothing),
          ("one way with sources kept, a target hears all from its clients", one_way_keeps_sources)]
