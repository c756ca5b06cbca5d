"""A quern that runs against Linux: started, found ready, paused, stopped, and its report."""

import contextlib
import glob
import json
import os
import signal
import subprocess
import tempfile

from peer_lab import LINUX, PORT, PREFIX, QUERN, at, expect, expect_equal, eventually
from peer_linux import answers_ping

READY_S = 15


def thread_state(path):
    with open(path, encoding="ascii") as file:
        return file.read().rpartition(")")[2].split()[0]


class Quern:
    """`with serve(lab, "--close", "server") as quern:`; it is ended when the block ends."""

    def __init__(self, lab, command, *words, file=None):
        """With a file of that kind of command's, instead of flags."""
        self.lab = lab
        self.schema = "quern-forward/1" if command == "forward" else "quern-run/1"
        command = ("run", file) if file else (command,)
        handle, self.json_path = tempfile.mkstemp(suffix=".json", dir=lab.directory)
        os.close(handle)
        self.output = tempfile.TemporaryFile(dir=lab.directory)
        self.process = lab.start((lab.binary, *command, "-q", "--json", self.json_path) + words,
                                 stdout=self.output, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        if self.process in self.lab.processes:
            self.lab.end(self.process)
        self.output.close()
        os.unlink(self.json_path)

    def said(self):
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def has_ended(self):
        return self.process.poll() is not None

    def wait_attached(self):
        """Until it has opened its port, whose other end then has Linux's address. A tap is not there before."""
        def has_opened():
            has_opened = self.has_ended() or self.said().startswith("quern ")
            self.lab.attach()
            return has_opened
        eventually(has_opened, READY_S, lambda: f"quern opens its port; it said: {self.said()}")

    def wait_ready(self):
        """Until its address answers a ping: then its shard runs and listens."""
        self.wait_attached()
        eventually(lambda: not self.has_ended() and answers_ping(QUERN, 0.05), READY_S,
                   lambda: f"quern answers ping; it said: {self.said()}")

    def ctl(self, what):
        """What `quern ctl` says of it while it runs: "stats" or "conns"."""
        done = subprocess.run((self.lab.binary, "ctl", what, "--json", "--pid", str(self.process.pid)),
                              env={**os.environ, "TMPDIR": self.lab.directory}, capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout)

    def wait_closed(self, seconds=30):
        """Until each of its connections is closed or in TIME-WAIT: where Linux's last ACK was lost, after its next."""
        def open_ones():
            return [row for row in self.ctl("conns") if row["state"] != "TIME-WAIT"]
        eventually(lambda: not open_ones(), seconds, lambda: f"quern has closed all: {open_ones()[:3]}")

    @contextlib.contextmanager
    def paused(self):
        """Quern stands still, so that states of the kernel last which it would pass in microseconds."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            eventually(self._stands_still, 5, "all threads of quern stand still")
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def _stands_still(self):
        return all(thread_state(path) == "T" for path in glob.glob(f"/proc/{self.process.pid}/task/*/stat"))

    def wait(self, seconds=30):
        """Waits for its end; its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"quern has not ended after {seconds} s; it said: {self.said()}") from None

    def report(self, seconds=30, code=0):
        """Waits for the end of a run and returns its report, which must add up."""
        expect_equal(self.wait(seconds), code, f"exit code of quern, which said: {self.said()}")
        with open(self.json_path, encoding="utf-8") as file:
            report = json.load(file)
        expect_equal(report["schema"], self.schema, "schema")
        expect(report["valid"]["accounting"], f"the connections do not add up: {report['totals']}")
        return report

    def stop(self):
        """Ctrl-C, as one ends a server; its report."""
        self.process.send_signal(signal.SIGINT)
        return self.report(15, 130)


def port_words(lab):
    """The port of the laboratory and its workers, on as many cores as there are."""
    cores = sorted(os.sched_getaffinity(0))
    workers = [str(cores[number % len(cores)]) for number in range(lab.workers)]
    return "-p", lab.device, "--ip", f"{QUERN}/{PREFIX}", *(("-c", ",".join(workers)) if lab.workers > 1 else ())


@contextlib.contextmanager
def serve(lab, *words, service="--discard"):
    """A server that is ready for connections."""
    with Quern(lab, "serve", service, *port_words(lab), "--listen", at(QUERN, PORT), *words) as quern:
        quern.wait_ready()
        yield quern


@contextlib.contextmanager
def load(lab, *words, target=LINUX, scheme="tcp", path="", port=PORT):
    """A client whose target is Linux; it opens as soon as it knows Linux's MAC address."""
    with Quern(lab, "load", f"{scheme}://{at(target, port)}{path}", *port_words(lab), *words) as quern:
        quern.wait_attached()
        yield quern


def expect_totals(report, count, closed_by="fin"):
    """All `count` connections were established without a failure, and all ended the same way."""
    totals = report["totals"]
    wanted = {"fin": 0, "reset": 0, "timeout": 0, "evicted": 0, closed_by: count}
    expect_equal(sum(totals["failed"].values()), 0,
                 f"failed {totals['failed']}, sent again {totals['retransmits']}, dropped {totals['drops']}; sum")
    for key in ("opened", "established", "closed"):
        expect_equal(totals[key], count, f"{key} of {totals}")
    expect_equal(totals["closed_by"], wanted, "closed_by")
    expect_equal(totals["in_flight"], 0, "in_flight")


def expect_requests(report, **wanted):
    """What became of the requests: what is not named is 0, but `sent`, which is the sum. Returns the counts."""
    requests = report["totals"]["requests"]
    counts = {"ok": 0, "bad_status": 0, "bad_body": 0, "malformed": 0, "corrupt": 0, "cut_short": 0,
              "in_flight": 0, **wanted}
    counts["sent"] = sum(counts.values())
    expect_equal(requests, counts, "requests")
    return requests
