"""What the proofs of overload share: quern serve on a memif, honest clients, and the source."""
import argparse
import json
import os
import signal
import subprocess
import tempfile
import threading
import time

TARGET, HONEST_TARGET, CLIENT = "198.18.0.1", "198.20.0.1", "198.18.0.2"
EXCHANGE = ["--payload", "bytes:1", "--close", "server"]


def eventually(question, seconds, what):
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Run:
    """A process that writes a report, and what it says meanwhile."""

    def __init__(self, folder, name, command, nice=0):
        self.json, self.log = os.path.join(folder, name + ".json"), os.path.join(folder, name + ".log")
        prefix = ["nice", "-n", str(nice)] if nice else []
        with open(self.log, "w", encoding="utf-8") as output:
            self.process = subprocess.Popen([*prefix, *command, "--json", self.json, "-q"], stdout=output,
                                            stderr=output, env={**os.environ, "TMPDIR": folder})

    def says(self, text):
        if self.process.poll() not in (None, 0):
            raise AssertionError(f"ended with {self.process.returncode}: {self.said()}")
        return text in self.said()

    def said(self):
        with open(self.log, encoding="utf-8") as text:
            return text.read()

    def report(self, code=0, seconds=60):
        got = self.process.wait(seconds)
        assert got == code, f"ended with {got}: {self.said()}"
        with open(self.json, encoding="utf-8") as text:
            result = json.load(text)
        assert result["valid"]["accounting"], result["totals"]
        return result

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.report(130)

    def kib(self, what="VmRSS"):
        """Memory of the process: what is resident, or VmSize, what is mapped."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as text:
            return int(next(line for line in text if line.startswith(what + ":")).split()[1])


class Place:
    """A folder with sockets and reports, and all processes that were started in it."""

    def __init__(self, folder, quern, source, memory, nice, cpus):
        self.folder, self.quern, self.source = folder, os.path.abspath(quern), os.path.abspath(source)
        self.memory, self.nice, self.cpus = memory, nice, cpus
        self.runs, self.sources = [], []

    def start(self, name, *words, nice=None):
        run = Run(self.folder, name, [self.quern, *words, "--memory", self.memory],
                  self.nice if nice is None else nice)
        self.runs.append(run)
        return run

    def serve(self, name, *words):
        """Two ports of one server, both on its core: one for whoever floods, one for honest clients."""
        run = self.start(name, "serve", "-p", f"memif:{self.folder}/flood.sock,server", "--ip", f"{TARGET}/15",
                         "-p", f"memif:{self.folder}/honest.sock,server", "--ip", f"{HONEST_TARGET}/15",
                         "--listen", f"{TARGET}:80", "--listen", f"{HONEST_TARGET}:80", "-c", str(self.cpus[0]),
                         *EXCHANGE, "--time-wait", "20ms", *words)
        eventually(lambda: run.says("tcp://"), 30, "quern serve is up")
        return run

    def load(self, name, *words, honest=False, nice=None):
        target, client = (HONEST_TARGET, "198.20.0.2") if honest else (TARGET, CLIENT)
        socket = "honest" if honest else "flood"
        run = self.start(name, "load", f"tcp://{target}:80", "-p", f"memif:{self.folder}/{socket}.sock", "--ip",
                         f"{client}/15", "--source", f"{client}-{client}7" if not honest else client, "--wait-link",
                         "10s", "-c", str(self.cpus[1]), *EXCHANGE, "--time-wait", "20ms", *words, nice=nice)
        eventually(lambda: run.says("load tcp"), 30, "quern load is up")
        return run

    def flood(self, rate, seconds, drain, *words):
        """Runs the source to its end; its counts, and when the flood began and ended."""
        prefix = ["nice", "-n", str(self.nice)] if self.nice else []
        process = subprocess.Popen([*prefix, self.source, f"{self.folder}/flood.sock", TARGET, "80", "-r",
                                    str(rate), "-d", str(seconds), "-w", str(drain), "-c", str(self.cpus[1]), *words],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.sources.append(process)
        watchdog = threading.Timer(seconds + drain + 40, process.kill)
        watchdog.start()
        times, said = {}, []
        for line in process.stderr:
            said.append(line)
            times[line.strip()] = time.monotonic()
        out = process.stdout.read()
        code = process.wait()
        watchdog.cancel()
        assert code == 0, f"the source ended with {code}: {''.join(said)}"
        return json.loads(out), times["flood begins"], times["flood ends"]

    def end(self):
        for process in [run.process for run in self.runs] + self.sources:
            if process.poll() is None:
                process.kill()
                process.wait()


def syns_seen(totals):
    """SYNs that a server's listeners were asked by, whatever became of them."""
    drops, cookies = totals["drops"], totals["cookies"]
    dropped = sum(drops.get(key, 0) for key in ("tcp_syn_behind", "tcp_syn_reserve", "tcp_half_open_limit",
                                                "tcp_table_full"))
    return totals["syns_taken"] + cookies["sent"] - cookies["accepted"] + dropped


class Verdicts:
    """Prints a line for each criterion, and remembers whether one failed."""

    def __init__(self):
        self.failed = 0

    def judge(self, holds, sentence):
        self.failed += not holds
        print(f"{'ok' if holds else 'FAILED':6}  {sentence}", flush=True)


def parser_of(about):
    """What all of them are told."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quern")
    parser.add_argument("source")
    parser.add_argument("--nice", type=int, default=0)
    parser.add_argument("--cpus", type=lambda text: text.split(","), default=["0", "1"])
    parser.add_argument("--memory", default="auto")
    return parser


def parser_of_offer(about):
    """And those that offer a server too much. Times and shares have defaults for a machine of its own."""
    parser = parser_of(about)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--cps", type=int, default=2000)
    parser.add_argument("--short", action="store_true")
    return parser


def run_in_place(prove, arguments):
    """Runs a proof, which says how many of its criteria failed, in a place of its own; main's exit status."""
    with tempfile.TemporaryDirectory(prefix="quern-offer-") as folder:
        place = Place(folder, arguments.quern, arguments.source, arguments.memory, arguments.nice, arguments.cpus)
        try:
            failed = prove(place, arguments)
        finally:
            place.end()
    print("FAILED" if failed else "PASSED")
    return 1 if failed else 0
