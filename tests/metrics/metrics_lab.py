"""Scrapes for checks of --metrics: pages read into samples, whose lines are checked as they are read."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess

from app_cases import eventually

SAMPLE = re.compile(r'([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? ([0-9.e+-]+)')
SUFFIXES = ("_bucket", "_sum", "_count")


class UnixConnection(http.client.HTTPConnection):
    """HTTP at a UNIX socket."""

    def __init__(self, path):
        super().__init__("quern", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Page:
    """One scrape: samples by name and labels, and types by family."""

    def __init__(self, text):
        self.text, self.samples, self.types = text, {}, {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                name, kind = line.split()[2:]
                assert name not in self.types, f"{name} comes twice"
                self.types[name] = kind
            elif not line.startswith("# HELP "):
                found = SAMPLE.fullmatch(line)
                assert found, f"no sample: {line}"
                key = found[1] + (found[2] or "")
                assert key not in self.samples, f"{key} comes twice"
                self.samples[key] = float(found[3])

    def families(self):
        return set(self.types)

    def counters(self):
        """What may never fall."""
        def falls_never(name):
            return self.types.get(name) == "counter" or any(
                name.endswith(end) and self.types.get(name[:-len(end)]) == "histogram" for end in SUFFIXES)
        return {key: value for key, value in self.samples.items() if falls_never(key.split("{")[0])}


class Quern:
    """A quern that runs with --metrics: scrapes it until it is told to end."""

    def __init__(self, quern, words, where, environment=None):
        self.where = where
        self.process = subprocess.Popen([quern, *words, "--memory", "4k", "-q", "--metrics", where], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)

    def connect(self):
        if self.where.startswith("unix:"):
            return UnixConnection(self.where[5:])
        return http.client.HTTPConnection(self.where, timeout=10)

    def ask(self, method="GET", path="/metrics"):
        connection = self.connect()
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer, answer.read().decode()
        finally:
            connection.close()

    def scrape(self):
        answer, text = self.ask()
        assert answer.status == 200, answer.status
        assert answer.getheader("Content-Type").startswith("text/plain; version=0.0.4"), answer.getheaders()
        return Page(text)

    def is_up(self):
        assert self.process.poll() is None, self.process.communicate()[0]
        try:
            self.scrape()
        except (OSError, http.client.HTTPException):
            return False
        return True

    def await_up(self):
        eventually(self.is_up, 20, "an answer")
        return self

    def await_sample(self, key, value, seconds=20):
        eventually(lambda: self.scrape().samples.get(key) == value, seconds, f"{key} {value}")

    def end(self, code=130, number=signal.SIGINT):
        self.process.send_signal(number)
        text, _ = self.process.communicate(timeout=30)
        assert self.process.returncode == code, text
        return text

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def tool(name, build):
    """A program of the Debian package prometheus: installed, or unpacked into the build folder by quickstart."""
    unpacked = os.path.join(build, "prometheus", "usr", "bin", name)
    return unpacked if os.path.exists(unpacked) else shutil.which(name)


def lint(page, build):
    """promtool has nothing to say of a page; without promtool nobody looks."""
    promtool = tool("promtool", build)
    if promtool:
        done = subprocess.run([promtool, "check", "metrics"], input=page.text, capture_output=True, text=True,
                              timeout=30, check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr
