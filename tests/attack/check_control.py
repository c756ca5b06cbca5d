#!/usr/bin/env python3
"""Row 29 of the attack battery: flags, settings and the control socket are abused: check_control.py QUERN."""

import contextlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import eventually, play  # noqa: E402
from check_ctl import Telemetry, place_for, stop  # noqa: E402

RATE, RUN_S, ROUNDS = 2000, 2, 2
QUESTIONS = ["/", "/quern/stats", "/quern/workers", "/quern/conns", "/quern/conns,limit=100,state=time-wait",
             "/quern/conns,cursor=0.0", "/ethdev/stats,0", "/info"]
GARBAGE = [b"\0", b"/", b",", b"//////", b"/quern/conns,", b"/quern/conns,limit=-1", b"/quern/conns,limit=1e9,limit=",
           b"/quern/conns,cursor=99999999999999999999.99999999999999999999", b"/quern/conns,cursor=-1.-1",
           b"/quern/conns,state=" + b"A" * 900, b"/quern/conns,local=:99999", b"%s%s%s%n", b"/quern/stats,%n",
           b"/" + b"x" * 1022, b"\xff" * 1024, b"Z" * 60000, b"{\"/quern/stats\": 1}", b"/help,/quern/conns"]
USER = ["ctl stats", "ctl stats --json", "ctl conns --limit 1000", "ctl conns --json --state time-wait"]
NOBODY = 65534
KIB_MORE = 8192
CLIENTS_AT_ONCE = 10  # that EAL's telemetry has


class Flood:
    """`with Flood(place, process) as flood:` abuses the socket of a running quern by threads of its own."""

    def __init__(self, place, process):
        self.path, self.binary, self.environment = place.sockets(process)[0], place.quern, place.environment
        self.is_over, self.asked, self.answered, self.refused = threading.Event(), 0, 0, 0
        self.threads = [threading.Thread(target=target) for target in
                        (self.ask, self.ask, self.throw, self.hang, self.never_read, self.type_commands)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *reason):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def connect(self):
        """A client, or None where there is no room for more."""
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(1)
        try:
            client.connect(self.path)
            client.recv(1024)
            return client
        except OSError:
            self.refused += 1
            client.close()
            time.sleep(0.002)
            return None

    def each(self, words, takes):
        """Clients that say these, forty each, for as long as the flood is on."""
        while not self.is_over.is_set():
            client = self.connect()
            if not client:
                continue
            with contextlib.suppress(OSError), client:
                for _ in range(40):
                    client.send(words())
                    self.asked += 1
                    if takes:
                        self.answered += len(client.recv(65536)) > 0

    def ask(self):
        self.each(lambda: random.choice(QUESTIONS).encode(), True)

    def throw(self):
        self.each(lambda: random.choice(GARBAGE + [random.randbytes(random.randrange(1, 2000))]), False)

    def hang(self):
        """More clients than there is room for, who say nothing, and go."""
        while not self.is_over.is_set():
            clients = [self.connect() for _ in range(CLIENTS_AT_ONCE // 3)]
            self.is_over.wait(0.2)
            for client in filter(None, clients):
                client.close()

    def never_read(self):
        """Clients who ask until no more fits, and take no answer."""
        while not self.is_over.is_set():
            client = self.connect()
            if not client:
                continue
            client.setblocking(False)
            with contextlib.suppress(OSError), client:
                with contextlib.suppress(BlockingIOError):
                    for _ in range(10000):
                        client.send(b"/quern/conns")
                        self.asked += 1
                self.is_over.wait(0.3)

    def type_commands(self):
        for words in USER * 100:
            if self.is_over.is_set():
                return
            subprocess.run([self.binary, *words.split()], capture_output=True, env=self.environment, timeout=60,
                           check=False)


def size_of(process):
    """What the process has: KiB in memory, threads, files."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0]), int(fields["Threads"]), len(os.listdir(f"/proc/{process.pid}/fd"))


def run_once(place, is_flooded, flooded):
    """The report of a run, whose data path must be whole; with a flood, what that did goes into `flooded`."""
    path = os.path.join(place.folder, "result.json")
    process = place.start("bench", "-d", f"{RUN_S}s", "--cps", str(RATE), "--json", path)
    before = size_of(process)
    with Flood(place, process) if is_flooded else contextlib.nullcontext() as flood:
        time.sleep(RUN_S / 2)
    if is_flooded:
        flooded.append(flood)
        with contextlib.suppress(OSError, KeyError):  # it may be over
            eventually(lambda: process.poll() is not None or size_of(process)[1:] <= before[1:], 10,
                       f"{before[1:]} threads and files, as before")
    assert process.wait(60) == 0, process.returncode
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    os.remove(path)
    totals = report["totals"]
    assert report["valid"]["accounting"] is True, report["valid"]
    assert totals["opened"] == totals["established"] and not any(totals["failed"].values()), totals
    return report


def the_data_path_goes_on(place):
    quiet, loud, floods = [], [], []
    for _ in range(ROUNDS):
        quiet.append(run_once(place, False, floods))
        loud.append(run_once(place, True, floods))

    rates = [statistics.median(report["rate"]["cps_mean"] for report in reports) for reports in (quiet, loud)]
    p99s = [statistics.median(report["latency_ns"]["setup"]["p99"] for report in reports) for reports in (quiet, loud)]
    asked, answered = sum(flood.asked for flood in floods), sum(flood.answered for flood in floods)
    refused = sum(flood.refused for flood in floods)
    assert asked > 1000 and answered > 100, (asked, answered)
    assert rates[1] >= 0.7 * rates[0], rates
    # A gap of the workers would be in every set-up that begins in it.
    assert p99s[1] <= 10 * p99s[0] + 100e6, p99s
    opened = sum(report["totals"]["opened"] for report in loud)
    print(f"# row 29: {asked} requests, {answered} answers taken, {refused} clients refused: all {opened} opens "
          f"established, {rates[1] / rates[0]:.2f} of the rate of runs without, p99 of set-up {p99s[1] / 1e6:.1f} ms "
          f"({p99s[0] / 1e6:.1f})")


def memory_is_flat(place):
    """An idle quern under two floods: the second needs nothing that the first has not left."""
    process = place.holding()
    sizes = []
    for _ in range(2):
        with Flood(place, process) as flood:
            time.sleep(1.5)
        assert process.poll() is None
        eventually(lambda: size_of(process)[1] <= 5, 10, f"threads gone: {size_of(process)}")
        sizes.append(size_of(process))
    assert flood.asked > 100, flood.asked
    assert sizes[1][0] <= sizes[0][0] + KIB_MORE and sizes[1][2] <= sizes[0][2], sizes
    telemetry = Telemetry(place.sockets(process)[0])
    assert telemetry.ask("/quern/workers"), "it does not answer"
    stats = json.loads(place.said("stats", "--json"))
    assert stats["pid"] == process.pid and stats["shards"][0]["states"]["established"] > 0, stats
    print(f"# row 29: {sizes[0][0]} KiB after the first flood, {sizes[1][0]} after the second, files {sizes[1][2]}, "
          f"threads {sizes[1][1]}; it answers")
    stop(process)


def is_let_in(path, user):
    """Whether a process of that user can connect."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET).connect(path)
        except PermissionError:
            os._exit(1)
        except OSError:
            os._exit(2)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 1), code
    return code == 0


def strangers_cannot_connect(place):
    process = place.start("bench", "-d", "0", "--cps", "10")
    path = place.sockets(process)[0]
    runtime = os.path.dirname(path)
    while os.path.dirname(runtime) != place.folder:
        assert os.stat(runtime).st_mode & 0o077 == 0, f"{runtime}: {os.stat(runtime).st_mode:o}"
        runtime = os.path.dirname(runtime)
    assert os.stat(runtime).st_mode & 0o077 == 0, f"{runtime}: {os.stat(runtime).st_mode:o}"
    os.chmod(place.folder, 0o755)
    if os.geteuid() == 0:
        assert is_let_in(path, 0) and not is_let_in(path, NOBODY)
    stop(process)


def settings_are_rejected_whole(place):
    """One wrong flag among right ones, before or behind them: nothing is begun and nothing made."""
    made = [os.path.join(place.folder, name) for name in ("socket", "result.json", "series.csv")]
    right = ["serve", "-p", f"memif:{made[0]},server", "--ip", "198.18.0.1/24", "--json", made[1], "--memory", "4k",
             "-d", "100ms"]
    wrong = [["--mtu", "67"], ["--cps", "1"], ["--time-wait", "1x"], ["--max-connections", "0"], ["--no-such"], ["-d"],
             ["--ip", "198.18.0.300/24"], ["--keepalive", "2h/75s"], ["--impair", "loss=101%"], ["--cores", "0-"],
             ["--syn-cookies", ""], ["--time-wait", "9" * 400], ["--seed", "-1"], ["extra"], ["--json", ""]]
    for words in wrong:
        for whole in ([*right, *words], [*right[:1], *words, *right[1:]]):
            done = subprocess.run([place.quern, *whole], capture_output=True, text=True, timeout=30, check=False,
                                  env=place.environment)
            assert done.returncode == 2 and done.stderr.startswith("error: "), (words, done)
            assert not any(map(os.path.exists, made)), (words, os.listdir(place.folder))
            assert not done.stdout, (words, done.stdout)


CASES = [("a flood of questions and garbage on the control socket costs the data path nothing", the_data_path_goes_on),
         ("a flood on the control socket leaves memory, threads and files as they were, and then it answers",
          memory_is_flat),
         ("nobody but its user and root may connect to the control socket", strangers_cannot_connect),
         ("one wrong flag among right ones begins nothing and leaves nothing", settings_are_rejected_whole)]


def main(quern):
    def placed(case):
        def played():
            with place_for(os.path.abspath(quern)) as place:
                case(place)
        return played

    random.seed(29)
    return play([(sentence, placed(case)) for sentence, case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
