"""Where quern is run with its mistakes: a folder and a network namespace of our own, gone on every way out."""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from app_ip import command

HUGE = "/proc/sys/vm/nr_hugepages"


def available_gib():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) / 2 ** 20


class Lab:
    """`with Lab(binary) as lab:`; `lab.can` says what this machine and user allow."""

    def __init__(self, binary):
        self.binary, self.namespace = os.path.abspath(binary), None
        self.folder = self.runtime = None
        self.can = set()

    def __enter__(self):
        # meson ends a test that takes too long by SIGTERM; the namespace must go then too.
        signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        self.folder = tempfile.mkdtemp(prefix="quern-errors-")
        self.runtime = os.path.join(self.folder, "run")
        os.chmod(self.folder, 0o755)
        os.mkdir(self.runtime)
        os.chmod(self.runtime, 0o1777)
        try:
            self._find_rights()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _find_rights(self):
        if available_gib() > 12 and available_gib() < 50:
            self.can.add("small machine")
        if os.access(HUGE, os.W_OK) and open(HUGE, encoding="ascii").read().strip() == "0":
            self.can.add("pages")
        name = f"quern-errors-{os.getpid()}"
        if not shutil.which("ip") or not os.path.exists("/dev/net/tun"):
            return
        if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode != 0:
            return
        self.namespace = name
        self.ip("link", "set", "lo", "up")
        self.ip("link", "add", "k0", "type", "veth", "peer", "name", "k1")
        self.ip("link", "set", "k0", "up")
        self.ip("link", "set", "k1", "up")
        self.can.add("namespace")
        if shutil.which("setpriv") and self.run(["--version"], "nobody").returncode == 0:
            self.can.add("nobody")

    def __exit__(self, *reason):
        if self.namespace:
            subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True, check=False)
        shutil.rmtree(self.folder)

    def ip(self, *words):
        subprocess.run(["ip", "-n", self.namespace, *words], capture_output=True, check=True)

    def command(self, words, user=None):
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if user else []
        return [*inside, *as_user, self.binary, *(word.replace("FOLDER", self.folder) for word in command(words))]

    def environment(self):
        return {**os.environ, "TMPDIR": self.runtime}

    def run(self, words, user=None):
        return subprocess.run(self.command(words, user), capture_output=True, text=True, timeout=30, check=False,
                              env=self.environment(), stdin=subprocess.DEVNULL)

    def start(self, words, **streams):
        return subprocess.Popen(self.command(words), env=self.environment(), text=True, **streams)

    @contextlib.contextmanager
    def other_quern(self, words, end=signal.SIGINT):
        """Another quern that serves meanwhile; ended by a signal."""
        with self.start([*words, "-q"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                line = process.stdout.readline()
                assert "tcp://" in line, line
                yield process
            finally:
                process.send_signal(end)
                process.stdout.read()
                process.wait()

    def interfaces(self):
        if not self.namespace:
            return []
        words = ["ip", "-n", self.namespace, "-o", "link"]
        lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
        return sorted(line.split(":")[1].split("@")[0].strip() for line in lines)

    def leftovers(self, interfaces):
        """What is there now that was not before; an interface may need a moment to go."""
        for _ in range(50):
            left = glob.glob("/dev/hugepages/quern-*") + glob.glob(f"{self.runtime}/*")
            left += [name for name in os.listdir(self.folder) if name != "run"]
            left += [name for name in self.interfaces() if name not in interfaces]
            if not left:
                break
            time.sleep(0.02)
        return left
