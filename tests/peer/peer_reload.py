"""Rules of quern forward that change while it runs: quern ctl reload, SIGHUP, sessions that go on, and mistakes."""

import contextlib
import json
import os
import signal
import subprocess
import time

from peer_forward import CLIENTS, INSIDE, OUTSIDE, PORT, TARGETS, TO_PORT, exchange, forward
from peer_lab import PREFIX, at, eventually, expect, expect_equal

OTHER_PORT = 123
BOTH = [at(target, TO_PORT) for target in TARGETS]


class Rules:
    """The file of a forwarder between the two taps."""

    def __init__(self, lab):
        self.lab, self.path = lab, os.path.join(lab.directory, "rules.yaml")

    def write(self, *rules, more="", mtu=1500):
        lines = ["kind: forward", "ports:",
                 f'  - {{name: a, dev: "tap:ta", ip: "{INSIDE}/{PREFIX}", mtu: {mtu}}}',
                 f'  - {{name: b, dev: "tap:tb", ip: "{OUTSIDE}/{PREFIX}"}}', "memory: 4k", more, "rules:", *rules]
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return self.path

    def reload(self, quern, *words):
        return subprocess.run((self.lab.binary, "ctl", "reload", "--pid", str(quern.process.pid), *words),
                              env={**os.environ, "TMPDIR": self.lab.directory}, capture_output=True, text=True,
                              timeout=30, check=False)

    def must_reload(self, quern):
        done = self.reload(quern)
        expect_equal((done.returncode, done.stderr), (0, ""), f"what ctl reload came to; it said: {done.stdout}")


def rule(name, port, targets, more=""):
    return f'  - {{name: {name}, listen: "{at(INSIDE, port)}", to: {json.dumps(targets)}{more}}}'


@contextlib.contextmanager
def at_work(lab, rules):
    """A forwarder by that file, with a socket at each target."""
    try:
        with forward(lab, file=rules.path) as (wire, quern), contextlib.ExitStack() as stack:
            servers = [stack.enter_context(wire.socket(address, TO_PORT)) for address in TARGETS]
            yield wire, quern, servers, stack
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(rules.path)


def expect_reloads(report, taken, refused):
    expect_equal(report["totals"]["reloads"], {"taken": taken, "refused": refused}, "reloads")


def sessions_go_on(lab):
    """Of those whose target stays; the others' next datagram goes to one that is there."""
    rules = Rules(lab)
    rules.write(rule("dns", PORT, BOTH, ", balance: roundrobin"))
    with at_work(lab, rules) as (wire, quern, servers, stack):
        clients = [stack.enter_context(wire.socket(CLIENTS[0])) for _ in range(8)]
        before = [exchange(client, servers, b"before") for client in clients]
        expect_equal({server for server, _ in before}, set(servers), "targets in use")
        rules.write(rule("ntp", OTHER_PORT, BOTH[:1]), rule("dns", PORT, BOTH[1:]))
        rules.must_reload(quern)
        for client, (server, source) in zip(clients, before):
            now, seen = exchange(client, servers, b"behind")
            expect(now is servers[1], "a datagram went to a target that is gone")
            if server is servers[1]:
                expect_equal(seen, source, "source of a session that goes on")
        with wire.socket(CLIENTS[1]) as other:
            expect(exchange(other, servers, b"new", OTHER_PORT)[0] is servers[0], "the new rule has another target")
        rules.write(rule("ntp", OTHER_PORT, BOTH[:1]))
        quern.process.send_signal(signal.SIGHUP)
        eventually(lambda: "1 rule is in use" in quern.said(), 10, lambda: f"SIGHUP is heeded: {quern.said()}")
        with wire.socket(CLIENTS[1]) as late:
            late.connect((INSIDE, PORT))
            late.send(b"?")
            try:
                late.recv(1)
                expect(False, "something came from a rule that is gone")
            except ConnectionRefusedError:
                pass
        report = quern.stop()
    expect_reloads(report, 2, 0)
    expect_equal(report["totals"]["sessions"]["open"], 1, "sessions open")
    expect_equal([rule["name"] for rule in report["config"]["rules"]], ["ntp"], "rules in the report")


def mistakes_leave_all_as_it_was(lab):
    rules = Rules(lab)
    good = rule("dns", PORT, BOTH[:1])
    rules.write(good)
    with at_work(lab, rules) as (wire, quern, servers, stack):
        client = stack.enter_context(wire.socket(CLIENTS[0]))
        _, source = exchange(client, servers, b"before")
        cases = [((good, good), {}, "listens where rule 'dns' does", f"{rules.path}:9:26:", "^~~",
                  "nothing has changed"),
                 ((good.replace("listen", "lisen"),), {}, "did you mean", f"{rules.path}:8:"),
                 ((rule("dü", PORT, BOTH),), {}, "rules.name: 'dü' is not accepted"),
                 ((good,), {"mtu": 1400}, "mtu: another value needs a restart", f"{rules.path}:3:", "^~~"),
                 ((good,), {"more": "max_sessions: 77"}, "max_sessions: another value needs a restart"),
                 (("  - {name: x, listen: 1.2.3.4:5, to: [5.6.7.8:9]}",), {}, "is no port's own address", "^")]
        for number, (written, more, *said) in enumerate(cases):
            rules.write(*written, **more)
            done = rules.reload(quern)
            expect_equal(done.returncode, 1, f"exit code of mistake {number}, which said {done.stdout}{done.stderr}")
            for words in said:
                expect(words in done.stderr, f"mistake {number} says {done.stderr!r} without {words!r}")
            expect_equal(exchange(client, servers, b"between")[1], source, "source of a session that goes on")
        os.unlink(rules.path)
        told = json.loads(rules.reload(quern, "--json").stdout)
        expect(told["taken"] is False and "No such file" in told["text"], f"without a file: {told}")
        report = quern.stop()
    expect_reloads(report, 0, len(cases) + 1)


def nothing_is_lost(lab):
    """Datagrams all the while, and one reload after another; each of them adds or takes away a target and a rule."""
    rules = Rules(lab)
    stays, comes = rule("dns", PORT, BOTH[:1]), rule("ntp", OTHER_PORT, BOTH[1:])
    rules.write(stays)
    reloads = 50 if lab.workers > 1 else 10
    with at_work(lab, rules) as (wire, quern, servers, stack):
        clients = [stack.enter_context(wire.socket(CLIENTS[number % 2])) for number in range(10)]
        sources = [exchange(client, servers, b"first")[1] for client in clients]
        asked, begun = len(clients), time.monotonic()
        for number in range(reloads):
            rules.write(*((comes, stays) if number % 2 == 0 else (stays,)))
            with subprocess.Popen((lab.binary, "ctl", "reload", "--pid", str(quern.process.pid)),
                                  env={**os.environ, "TMPDIR": lab.directory}, stdout=subprocess.DEVNULL) as reload:
                has_ended = False
                while not has_ended:
                    has_ended = reload.poll() is not None
                    for client, source in zip(clients, sources):
                        expect_equal(exchange(client, servers, b"%d" % asked)[1], source, "source of a session")
                        asked += 1
                expect_equal(reload.returncode, 0, f"exit code of reload {number}")
        seconds = time.monotonic() - begun
        report = quern.stop()
    expect_reloads(report, reloads, 0)
    print(f"# {reloads} reloads and {asked} datagrams each way in {seconds:.1f} s")
    totals = report["totals"]
    expect_equal((totals["forwarded"], totals["returned"], totals["sessions"]["opened"]), (asked, asked, len(clients)),
                 "forwarded, returned and sessions opened")


def flags_are_no_file(lab):
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", BOTH[0]) as (_, quern):
        done = Rules(lab).reload(quern)
        expect_equal(done.returncode, 1, "exit code")
        expect("there is no file to read again" in done.stderr, f"it said {done.stderr}")
        report = quern.stop()
    expect_reloads(report, 0, 1)


CHECKS = [("sessions whose target stays go on, by ctl and by SIGHUP, and others go elsewhere", sessions_go_on),
          ("a file with mistakes leaves all as it was, and each is shown", mistakes_leave_all_as_it_was),
          ("reloads under traffic lose nothing", nothing_is_lost),
          ("rules of flags cannot be read again", flags_are_no_file)]
