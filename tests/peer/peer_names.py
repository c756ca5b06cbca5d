"""Programs of others through quern forward: dig and dnsmasq, socat both ways, iperf; each end counts the same."""

import contextlib
import os
import re
import select
import subprocess
import tempfile

from peer_forward import BIGGEST, CLIENTS, INSIDE, PORT, TARGETS, TO_PORT, WAIT_S, expect_counts, forward
from peer_lab import IS_IP6, NAMESPACES, at, die_with_parent, eventually, expect, expect_equal

TOOLS = ("dig", "dnsmasq", "socat", "iperf")
QUESTIONS = 200
LISTENING = re.compile(r"UNCONN")
SENT = re.compile(r"\[ *\d+\] Sent (\d+) datagrams")
TOLD = re.compile(r"ms +(\d+)/ *(\d+) \(")


def inside(namespace, *words, **more):
    """A program of a namespace; it ends with this process at the latest."""
    return subprocess.Popen(("ip", "netns", "exec", namespace) + words, preexec_fn=die_with_parent, **more)


@contextlib.contextmanager
def running(wire, *words, port):
    """A server of the targets' namespace, once it listens on its UDP port."""
    def listens():
        done = subprocess.run(("ip", "netns", "exec", wire.server, "ss", "-Hlun", f"sport = :{port}"),
                              capture_output=True, text=True, check=True)
        expect(process.poll() is None, f"{words[0]} ends with {process.returncode}")
        return LISTENING.findall(done.stdout)
    process = inside(wire.server, *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL)
    try:
        eventually(listens, 10, f"{words[0]} listens on {port}")
        yield process
    finally:
        process.terminate()
        process.wait(WAIT_S)


@contextlib.contextmanager
def name_server(wire, address, answer):
    """dnsmasq at a target's address, which gives every name of example the same address."""
    words = ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=",
             "--bind-interfaces", f"--listen-address={address}", "--except-interface=lo", f"--port={TO_PORT}",
             f"--address=/example/{answer}", "--user=root", "--cache-size=0")
    with running(wire, *words, port=TO_PORT) as process:
        yield process


def ask_names(wire, count):
    """What dig says of as many names, which it asks one behind the other."""
    with tempfile.NamedTemporaryFile("w", suffix=".dig") as batch:
        batch.writelines(f"n{number}.example {'AAAA' if IS_IP6 else 'A'}\n" for number in range(count))
        batch.flush()
        process = inside(wire.client, "dig", f"@{INSIDE}", "-p", str(PORT), "+short", "+tries=1", "+time=3",
                         "-f", batch.name, stdout=subprocess.PIPE, text=True)
        text, _ = process.communicate(timeout=60)
    expect_equal(process.returncode, 0, f"exit code of dig, which says {text[-300:]!r}")
    return text.split()


def names_are_answered(lab):
    answers = ("2001:db8::1", "2001:db8::2") if IS_IP6 else ("192.0.2.1", "192.0.2.2")
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT), "--to", at(TARGETS[1], TO_PORT),
                 "--balance", "roundrobin") as (wire, quern):
        with name_server(wire, TARGETS[0], answers[0]), name_server(wire, TARGETS[1], answers[1]):
            said = ask_names(wire, QUESTIONS)
        totals = quern.stop()["totals"]
    expect_equal(len(said), QUESTIONS, f"answers, of which the last are {said[-3:]}")
    expect_equal(set(said), set(answers), "what names are")
    expect_equal((totals["forwarded"], totals["returned"]), (QUESTIONS, QUESTIONS), f"there and back of {totals}")
    shares = [said.count(answer) for answer in answers]
    expect(min(shares) > QUESTIONS // 8, f"answers of each name server: {shares}")


def socat_is_answered(lab):
    family = "6" if IS_IP6 else "4"
    server, client = (f"[{TARGETS[0]}]" if IS_IP6 else TARGETS[0]), (f"[{INSIDE}]" if IS_IP6 else INSIDE)
    sizes = (1, 2, 511, BIGGEST - 1, BIGGEST)
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT)) as (wire, quern):
        echo = ("socat", "-b", "65536", f"UDP{family}-RECVFROM:{TO_PORT},bind={server},fork", "PIPE")
        with running(wire, *echo, port=TO_PORT):
            for size in sizes:
                text = os.urandom(size)
                process = inside(wire.client, "socat", "-b", "65536", "-t", "0.1", "-", f"UDP{family}:{client}:{PORT}",
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                process.stdin.write(text)
                process.stdin.flush()
                ready, _, _ = select.select([process.stdout], [], [], WAIT_S)
                expect(ready, f"nothing has come back of {size} bytes")
                got = os.read(process.stdout.fileno(), 65536)
                process.communicate(timeout=WAIT_S + 5)
                expect_equal(got, text, f"what came back of {size} bytes")
        report = quern.stop()
    expect_counts(report, len(sizes), len(sizes), len(sizes))


def streams_arrive(lab):
    """iperf 2 has no connection beside its datagrams: all of it goes through a rule that keeps the port."""
    version, port = (("-V",) if IS_IP6 else ()), 5001
    with forward(lab, "--listen", at(INSIDE, port), "--to", TARGETS[0], "--keep-port") as (wire, quern):
        with running(wire, "iperf", "-s", "-u", *version, "-B", TARGETS[0], "-p", str(port), port=port):
            process = inside(wire.client, "iperf", "-u", *version, "-c", INSIDE, "-p", str(port), "-b", "400K",
                             "-l", "500", "-t", "2", "-P", "2", stdout=subprocess.PIPE, text=True)
            text, _ = process.communicate(timeout=30)
        totals = quern.stop()["totals"]
    # Of each stream the client says what the server has told it, behind what it has sent. A busy machine may lose some
    # before quern has seen them; behind it none is lost. The last one of each stream is repeated until it is answered.
    told = [(int(lost), int(datagrams)) for lost, datagrams in TOLD.findall(text)]
    sent = sum(int(datagrams) for datagrams in SENT.findall(text))
    came = sum(datagrams - lost for lost, datagrams in told)
    expect_equal(len(told), 2, f"streams of {text}")
    # Of a tap's queues the kernel fills which it likes: what comes to another worker's is moved, and may come late.
    expect(lab.workers > 1 or "out-of-order" not in text, f"some came late: {text}")
    expect(came > sent // 4 > 40, f"datagrams sent {sent}, that came {came}, of {text}")
    expect(0 <= totals["forwarded"] - came <= 30 and totals["returned"] >= 2, f"{came} came, and of {totals}")
    expect_equal(totals["sessions"]["opened"], 2, f"sessions of {totals}")


def each_worker_has_its_own(lab):
    """Of many clients none has two sessions, however many workers there are: what comes back comes to who has it."""
    clients, rounds = 400, 3
    with forward(lab, "--listen", at(INSIDE, PORT), "--to", at(TARGETS[0], TO_PORT)) as (wire, quern):
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(wire.socket(TARGETS[0], TO_PORT))
            socks = [stack.enter_context(wire.socket(CLIENTS[number % 2])) for number in range(clients)]
            ends = {}
            for turn in range(rounds):
                for number, sock in enumerate(socks):
                    sock.sendto(b"%d of %d" % (number, turn), (INSIDE, PORT))
                    text, end = server.recvfrom(100)
                    expect_equal(text, b"%d of %d" % (number, turn), "what came to the target")
                    expect_equal(ends.setdefault(number, end), end, "where a session comes from")
                    server.sendto(text, end)
                    expect_equal(sock.recv(100), text, "answer")
        report = quern.stop()
    expect_equal(len(set(ends.values())), clients, "ends that the target sees")
    expect_counts(report, rounds * clients, rounds * clients, clients)


CHECKS = [("two hundred names are asked and answered, by two servers in turn", names_are_answered),
          ("socat has back from socat what it sends, from a byte to what fits", socat_is_answered),
          ("all of iperf's streams that is forwarded comes, in order, to the port that it was sent to", streams_arrive),
          ("of many clients each has one session, of one worker", each_worker_has_its_own)]
