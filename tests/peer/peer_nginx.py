"""quern load http:// against nginx: what quern counts as answered is what stands in nginx's log of accesses."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile

from peer_lab import IS_IP6, PORT, die_with_parent, eventually, expect, expect_equal
from peer_linux import forget_time_wait
from peer_quern import expect_requests, expect_totals, load

TOOLS = ("nginx",)
BIG = 5000000
CONFIG = """
daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log {0}/access.log;
    client_body_temp_path {0}/body; proxy_temp_path {0}/proxy; fastcgi_temp_path {0}/fastcgi;
    uwsgi_temp_path {0}/uwsgi; scgi_temp_path {0}/scgi;
    keepalive_requests 1000000;
    {2}
    server {{
        listen {1} backlog=4096;
        root {0}/root;
        location /chunked {{ ssi on; ssi_types *; }}
        location /few {{ keepalive_requests 10; return 200 few; }}
        location /none {{ return 204; }}
        location /moved {{ return 301 /; }}
        {3}
    }}
}}
"""


class Nginx:
    """`with Nginx(lab) as nginx:`, in Linux's namespace, in the foreground, with a folder of its own."""

    def __init__(self, lab, beside="", inside="", cores=None):
        """With more servers beside the one, and more of what is in it; @ is the folder. On these cores alone."""
        self.folder = tempfile.mkdtemp(dir=lab.directory)
        os.mkdir(f"{self.folder}/root")
        for name, text in (("index.html", "<p>nginx</p>"), ("big", BIG * "x"), ("chunked", "<!--#echo var=\"a\" -->b")):
            with open(f"{self.folder}/root/{name}", "w", encoding="ascii") as file:
                file.write(text)
        with open(f"{self.folder}/conf", "w", encoding="ascii") as file:
            file.write(CONFIG.format(self.folder, f"[::]:{PORT} ipv6only=on" if IS_IP6 else PORT,
                                     *(text.replace("@", self.folder) for text in (beside, inside))))
        os.chmod(lab.directory, 0o755)
        pinned = ("taskset", "-c", cores) if cores else ()
        self.process = subprocess.Popen((*pinned, "nginx", "-p", self.folder, "-e", f"{self.folder}/error.log", "-c",
                                         f"{self.folder}/conf"), stdin=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent)
        lab.process_ids.append(self.process.pid)

    def __enter__(self):
        try:
            eventually(self._answers, 10, "nginx listens")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise OSError(f"nginx ended by itself: {self.read('error.log')}")
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("::1" if IS_IP6 else "127.0.0.1", PORT), timeout=1).close()
            return True
        return False

    def read(self, name):
        with open(f"{self.folder}/{name}", encoding="ascii") as file:
            return file.read()

    def end(self):
        """Lets it finish what it does, and end: then its logs are whole."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(10)

    def statuses(self):
        """Ends nginx; the status and the bytes of each access that it has logged."""
        self.end()
        lines = self.read("access.log").splitlines()
        return [tuple(int(word) for word in line.split('"')[2].split()) for line in lines]

    def __exit__(self, *reason):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


def loads(lab, path, *words, status=200, code=0):
    """Runs quern against nginx: its report, which must agree with nginx's log, and the number of its accesses."""
    forget_time_wait()
    with Nginx(lab) as nginx:
        with load(lab, *words, scheme="http", path=path) as quern:
            report = quern.report(code=code)
        logged = nginx.statuses()
    expect_equal({found for found, _ in logged}, {status}, "statuses in nginx's log")
    counts = report["totals"]["requests"]
    expect_equal(counts["ok"] + counts["bad_status"], len(logged), f"answers of {counts}, and lines of nginx's log")
    expect_equal(sum(report["totals"]["failed"].values()), 0, f"failed {report['totals']['failed']}, sum")
    expect_equal(report["latency_ns"]["request"]["count"], len(logged), "request times")
    return report, logged


def one_a_connection(lab):
    report, _ = loads(lab, "/", "--connections", "3000", "--cc", "64")
    expect_requests(report, ok=3000)
    expect_totals(report, 3000)
    # Nginx closed first, and waits for old segments in quern's place.
    expect_equal(report["totals"]["time_wait"], 0, "connections of quern in TIME-WAIT")


def many_a_connection(lab):
    report, _ = loads(lab, "/index.html", "--connections", "60", "--cc", "20", "--requests", "50")
    expect_requests(report, ok=3000)
    expect_totals(report, 60)


def as_long_as_the_run(lab):
    report, logged = loads(lab, "/", "-d", "2s", "--cc", "20", "--requests", "0")
    expect(len(logged) > 1000, f"{len(logged)} answers in two seconds")
    expect_requests(report, ok=len(logged))
    expect_totals(report, 20)


def nginx_has_enough(lab):
    """After ten answers nginx says that it closes, which ends a connection, but no request."""
    report, _ = loads(lab, "/few", "--connections", "30", "--cc", "10", "--requests", "25")
    expect_requests(report, ok=300)
    expect_totals(report, 30)


def nothing_is_found(lab):
    report, _ = loads(lab, "/nothing", "--connections", "100", "--cc", "10", status=404, code=1)
    expect_requests(report, bad_status=100)
    expect_totals(report, 100)
    expect_equal(report["verdict"], "fail", "verdict of a run without one good answer")


def big_bodies(lab):
    report, logged = loads(lab, "/big", "--connections", "6", "--cc", "3", "--requests", "2")
    expect_equal({size for _, size in logged}, {BIG}, "bytes in nginx's log")
    expect_requests(report, ok=12)
    expect(report["totals"]["bytes"]["rx"] > 12 * BIG, f"bytes received: {report['totals']['bytes']}")


def chunks(lab):
    report, _ = loads(lab, "/chunked", "--connections", "20", "--cc", "5", "--requests", "10")
    expect_requests(report, ok=200)
    expect_totals(report, 20)


def answers_without_body(lab):
    for path, status in (("/none", 204), ("/moved", 301)):
        report, _ = loads(lab, path, "--connections", "20", "--cc", "5", "--requests", "10", status=status)
        expect_requests(report, ok=200)
        expect_totals(report, 20)


CHECKS = [("quern load asks nginx 3,000 times, a connection each, and nginx has logged as many", one_a_connection),
          ("quern load asks nginx 50 times on each of 60 connections", many_a_connection),
          ("quern load asks nginx as long as the run lasts, and closes in order at its end", as_long_as_the_run),
          ("nginx closes after ten answers, and no request is lost by it", nginx_has_enough),
          ("what nginx does not find is counted as bad status, and fails the run", nothing_is_found),
          ("quern load takes bodies of 5 MB from nginx", big_bodies),
          ("quern load takes chunks from nginx", chunks),
          ("quern load takes answers without a body from nginx, 204 and 301 among the good", answers_without_body)]
