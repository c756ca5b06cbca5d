"""curl against quern serve --http: what it asks for is what it gets, to the last byte, however it asks."""

import contextlib
import hashlib
import os
import subprocess
import time

from peer_lab import QUERN, at, expect, expect_equal
from peer_linux import eventually_states, forget_time_wait
from peer_quern import expect_requests, expect_totals, serve

TOOLS = ("curl",)
URL = f"http://{at(QUERN)}"
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
TIMED_OUT = 28


def pattern(size):
    return (LETTERS * (size // len(LETTERS) + 1))[:size]


def curl(*words, code=0, seconds=60, given=None):
    """What curl writes to standard output; `given` is what it reads from its input."""
    done = subprocess.run(("curl", "-sS", "--max-time", str(seconds)) + words, input=given, capture_output=True,
                          check=False)
    expect_equal(done.returncode, code, f"exit code of curl {words}, which said {done.stderr.decode()}")
    return done.stdout


def serve_http(lab, *words):
    forget_time_wait()
    return serve(lab, *words, service="--http")


def asks_to_close(lab):
    with serve_http(lab) as quern:
        head = curl("-i", "-H", "Connection: close", f"{URL}/bytes/10").decode()
        expect(head.startswith("HTTP/1.1 200 OK\r\n") and head.endswith("\r\n\r\nABCDEFGHIJ"), f"answer: {head}")
        expect("\r\nConnection: close\r\n" in head and "\r\nServer: quern\r\n" in head, f"head: {head}")
        # Quern closed first: what waits for old segments is quern's.
        eventually_states()
        report = quern.stop()
        expect_totals(report, 1)
        expect_equal(report["totals"]["time_wait"], 1, "connections of quern in TIME-WAIT")
        expect_requests(report, ok=1)


def keeps_the_connection(lab):
    with serve_http(lab) as quern:
        said = curl("-o", "/dev/null", "-w", "%{http_code} %{num_connects} %{size_download}\n", f"{URL}/",
                    "-o", "/dev/null", f"{URL}/nothing/here", "-o", "/dev/null", f"{URL}/bytes/70k").decode()
        expect_equal(said.split("\n")[:-1], ["200 1 1024", "404 0 14", "200 0 70000"], "status, connects and bytes")
        # And in HTTP/1.0, where it must be asked for and said.
        head = curl("-0", "-i", "-H", "Connection: keep-alive", f"{URL}/bytes/1").decode()
        expect("\r\nConnection: keep-alive\r\n" in head, f"head: {head}")
        head = curl("-0", "-i", f"{URL}/bytes/1").decode()
        expect("\r\nConnection: close\r\n" in head, f"head: {head}")
        report = quern.stop()
        expect_totals(report, 3)
        expect_requests(report, ok=4, bad_status=1)


def asks_for_a_head(lab):
    with serve_http(lab) as quern:
        heads = curl("-I", f"{URL}/bytes/100M", f"{URL}/nothing").decode()
        expect("\r\nContent-Length: 100000000\r\n" in heads and "HTTP/1.1 404 Not Found\r\n" in heads, heads)
        expect_requests(quern.stop(), ok=1, bad_status=1)


def fetches(lab, size):
    with serve_http(lab) as quern:
        wanted = hashlib.sha256(pattern(size)).hexdigest()
        found = hashlib.sha256(curl(f"{URL}/bytes/{size}")).hexdigest()
        expect_equal(found, wanted, f"SHA-256 of {size} bytes")
        report = quern.stop()
        expect_requests(report, ok=1)
        expect_totals(report, 1)


def fetches_5_mb(lab):
    fetches(lab, 5000000)


def fetches_100_mb(lab):
    fetches(lab, 100000000)


def reads_slowly(lab):
    """Twice a second's worth of bytes, and more than any buffer on the way holds."""
    with serve_http(lab) as quern:
        begun = time.monotonic()
        text = curl("--limit-rate", "2M", f"{URL}/bytes/12M")
        expect(time.monotonic() - begun > 1.5, "curl did not read slowly")
        expect_equal(hashlib.sha256(text).hexdigest(), hashlib.sha256(pattern(12000000)).hexdigest(), "SHA-256")
        expect_requests(quern.stop(), ok=1)


def posts(lab):
    """With a length, as one waits for 100 Continue, and in chunks."""
    path = os.path.join(lab.directory, "upload")
    with open(path, "wb") as file:
        file.write(os.urandom(2000000))
    try:
        with serve_http(lab) as quern:
            for words in ((), ("-H", "Transfer-Encoding: chunked")):
                done = subprocess.run(("curl", "-sSv", "--max-time", "30", "--data-binary", f"@{path}", *words,
                                       f"{URL}/bytes/3", f"{URL}/bytes/4"), capture_output=True, check=True)
                expect_equal(done.stdout, b"ABCABCD", "both answers")
                expect(b"< HTTP/1.1 100 Continue" in done.stderr, f"no 100 Continue in {done.stderr.decode()}")
            report = quern.stop()
            expect(report["totals"]["bytes"]["rx"] > 8000000, f"bytes received: {report['totals']['bytes']}")
            expect_requests(report, ok=4)
            expect_totals(report, 2)
    finally:
        os.unlink(path)


def goes_away(lab):
    with serve_http(lab) as quern:
        curl("--limit-rate", "100k", f"{URL}/bytes/100M", "-o", "/dev/null", code=TIMED_OUT, seconds=1)
        expect_equal(curl(f"{URL}/bytes/2"), b"AB", "the answer to the next client")
        report = quern.stop()
        expect_requests(report, ok=1, cut_short=1)
        expect_equal((report["totals"]["closed"], report["totals"]["cut_short"]), (2, 1), "closed and cut short")


def is_refused(lab):
    """The answer must arrive although the request's body, which nobody will read, is still on its way."""
    path = os.path.join(lab.directory, "upload")
    with open(path, "wb") as file:
        file.truncate(3000000)
    try:
        with serve_http(lab) as quern:
            said = curl("-o", "/dev/null", "-w", "%{http_code}\n", "-T", path, "-H", "Expect:", f"{URL}/").decode()
            expect_equal(said, "405\n", "status of PUT with 3 MB of body")
            for words, status in ((("-X", "OPTIONS"), "405"), (("-X", "BREW"), "501"),
                                  (("-H", "X: " + 9000 * "x"), "431"), (("-H", "Host:"), "400")):
                said = curl("-o", "/dev/null", "-w", "%{http_code}", *words, f"{URL}/").decode()
                expect_equal(said, status, f"status of {words}"[:60])
            said = curl("-o", "/dev/null", "-w", "%{http_code}", f"{URL}/{300 * 'x'}").decode()
            expect_equal(said, "414", "status of a target of 300 bytes")
            report = quern.stop()
            expect_requests(report, bad_status=5, malformed=1)
            expect_totals(report, 6)
    finally:
        os.unlink(path)


@contextlib.contextmanager
def folder(lab):
    """Files to serve, one of them outside of the root."""
    root = os.path.join(lab.directory, "root")
    files = {"index.html": b"<p>quern</p>", "sub/a b.css": b"p{}", "big.bin": os.urandom(3000000), "empty": b""}
    os.makedirs(os.path.join(root, "sub"))
    for name, text in files.items():
        with open(os.path.join(root, name), "wb") as file:
            file.write(text)
    with open(os.path.join(lab.directory, "secret"), "wb") as file:
        file.write(b"secret")
    os.symlink("../secret", os.path.join(root, "link"))
    try:
        yield root, files
    finally:
        subprocess.run(("rm", "-rf", root, os.path.join(lab.directory, "secret")), check=True)


def fetches_files(lab):
    with folder(lab) as (root, files), serve_http(lab, "--root", root) as quern:
        for name, text in files.items():
            expect_equal(curl(f"{URL}/{name.replace(' ', '%20')}"), text, f"text of {name}"[:40])
        said = curl("-w", "\n%{content_type}", f"{URL}/?query").decode()
        expect_equal(said, "<p>quern</p>\ntext/html; charset=utf-8", "the index and its type")
        # A file that is gone or changed meanwhile is served as it was.
        os.truncate(os.path.join(root, "big.bin"), 0)
        expect_equal(curl(f"{URL}/big.bin"), files["big.bin"], "text of a file that is empty by now"[:40])
        for path in ("link", "../secret", "%2e%2e/secret", "sub", "bytes/5"):
            said = curl("--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", f"{URL}/{path}").decode()
            expect_equal(said, "404", f"status of /{path}")
        expect("4 files" in quern.said() and "(1 left out" in quern.said(), f"quern said: {quern.said()}")
        expect_requests(quern.stop(), ok=6, bad_status=5)


def comes_in_crowds(lab):
    with serve_http(lab) as quern:
        text = curl("-Z", "--parallel-max", "50", f"{URL}/bytes/[100000-100199]")
        expect_equal(len(text), sum(range(100000, 100200)), "bytes of 200 answers")
        expect_requests(quern.stop(), ok=200)


CHECKS = [("curl asks quern serve to close, and quern closes first", asks_to_close),
          ("curl gets three answers on one connection of quern serve", keeps_the_connection),
          ("curl -I gets heads from quern serve, and no bodies", asks_for_a_head),
          ("curl gets 5 MB from quern serve, to the byte", fetches_5_mb),
          ("curl gets 100 MB from quern serve, to the byte", fetches_100_mb),
          ("curl --limit-rate reads 12 MB from quern serve slowly, to the byte", reads_slowly),
          ("curl posts 2 MB to quern serve, with a length and in chunks, and waits for 100 Continue", posts),
          ("curl goes away in the middle of an answer, and quern serve goes on", goes_away),
          ("curl gets quern's refusal of a request whose body is still on its way", is_refused),
          ("curl gets files below --root and nothing else", fetches_files),
          ("curl gets 200 bodies from quern serve in parallel", comes_in_crowds)]
