#!/usr/bin/env python3
"""Installs the library, builds the examples on what is installed, has one answer the other, and prints TAP:
check_examples.py SOURCE BUILD COMPILER."""

import contextlib
import glob
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

SERVER, CLIENT = "198.18.0.1", "198.18.0.2"
# More than a connection queues at once, so that both callbacks for "there is room again" have work.
TEXT = "".join(f"{number:07d} " for number in range(15000))

OWN_NAMES = """#include <stdio.h>
#include <quern/quern.h>
int worker_run(void *a) { (void)a; return 7; }
int main(void) {
	struct quern_prefix ip;
	int code = quern_parse_prefix("198.18.0.1/15", &ip);
	return code == 0 && quern_dpdk_version()[0] == '2' && worker_run(&ip) == 7 ? 0 : 1;
}
"""


def output_of(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


class Installed:
    """What `meson install` has put under a folder, and how pkg-config says to build on it."""

    def __init__(self, build, folder, compiler):
        output_of("meson", "install", "-C", build, "--no-rebuild", "--destdir", folder)
        self.root, self.compiler = folder, compiler
        self.description, = glob.glob(f"{folder}/**/quern.pc", recursive=True)
        with open(self.description, encoding="utf-8") as text:
            prefix = text.readline().strip().removeprefix("prefix=")
        self.prefix = folder + prefix

    def flags(self, *words):
        return shlex.split(output_of("pkg-config", f"--define-variable=prefix={self.prefix}", *words, "quern",
                                     env={**os.environ, "PKG_CONFIG_PATH": os.path.dirname(self.description)}))

    def build(self, sources, program, compiler=None, words=("--cflags", "--libs"), more=()):
        compiler = compiler or (self.compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror")
        output_of(*compiler, *sources, "-o", program, *self.flags(*words), *more)
        return program


def said(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


@contextlib.contextmanager
def running(folder, *command):
    """A program while it runs in a folder of its own; ended by SIGTERM, which it must answer with 0."""
    log = os.path.join(folder, "server.log")
    with open(log, "w", encoding="utf-8") as output, \
            subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, "TMPDIR": folder}) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0, f"the server ends with {process.returncode}: {said(log)}"
            assert said(log) == "", said(log)
        finally:
            if process.poll() is None:
                process.kill()


def echoes(server, client, is_ip6=False):
    """The client gets back what it sent, twice from the same server; nothing is left behind."""
    cores = sorted(os.sched_getaffinity(0))
    ours, theirs, target = ("fd00::1/64", "fd00::2/64", "[fd00::1]:7") if is_ip6 else \
        (f"{SERVER}/24", f"{CLIENT}/24", f"{SERVER}:7")
    with tempfile.TemporaryDirectory(prefix="quern-echo-") as folder:
        path = os.path.join(folder, "echo.sock")
        on = ["taskset", "-c"]
        with running(folder, *on, str(cores[0]), server, f"memif:{path},server", ours) as process:
            for text in (TEXT, "once more\n"):
                end = time.monotonic() + 20
                while not os.path.exists(path):
                    assert process.poll() is None, f"the server ends: {said(os.path.join(folder, 'server.log'))}"
                    assert time.monotonic() < end, "no socket after 20 s"
                    time.sleep(0.02)
                back = output_of(*on, str(cores[-1]), client, f"memif:{path}", theirs, target, text,
                                 env={**os.environ, "TMPDIR": folder})
                assert back == text, f"{len(back)} bytes came back of {len(text)}"
        left = [name for name in os.listdir(folder) if name != "server.log"]
        assert not left, f"left behind: {left}"


def fails(program, words, says):
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, f"{words}: exit code {done.returncode}"
    assert says in done.stderr, f"{words}: {done.stderr}"


class Checks:
    """The cases, on one installation."""

    def __init__(self, source, build, compiler, folder):
        self.source, self.build, self.folder = source, build, folder
        self.installed = Installed(build, os.path.join(folder, "root"), compiler)

    def path(self, name):
        return os.path.join(self.folder, name)

    def in_tree(self):
        echoes(f"{self.build}/app/echo_server", f"{self.build}/app/echo_client")

    def over_ip6(self):
        echoes(f"{self.build}/app/echo_server", f"{self.build}/app/echo_client", is_ip6=True)

    def on_the_installed(self):
        examples = f"{self.installed.prefix}/share/doc/quern/examples"
        assert sorted(os.listdir(examples)) == ["echo_client.c", "echo_server.c", "iperf3"]
        echoes(*(self.installed.build([f"{examples}/{name}.c"], self.path(name))
                 for name in ("echo_server", "echo_client")))

    def in_several_files(self):
        sources = glob.glob(f"{self.installed.prefix}/share/doc/quern/examples/iperf3/*.c")
        assert len(sources) == 3, sources
        program = self.installed.build(sources, self.path("iperf3_server"), more=["-ljansson"])
        for words in ([], ["tap:q0"], ["tap:q0", f"{SERVER}/33"], ["tap:q0", f"{SERVER}/24", "101"],
                      ["tap:q0", f"{SERVER}/24", "much"]):
            fails(program, words, "usage: iperf3_server PORT ADDRESS/LENGTH [LOSS%]")

    def with_static(self):
        program = self.installed.build([f"{self.source}/app/examples/echo_server.c"], self.path("static"),
                                       words=("--cflags", "--libs", "--static"))
        fails(program, [], "usage: echo_server")

    def complains(self):
        server, client = f"{self.build}/app/echo_server", f"{self.build}/app/echo_client"
        fails(server, ["tap:q0"], "usage: echo_server PORT ADDRESS/LENGTH")
        fails(server, ["tap:q0", "198.18.0.256/24"], "usage: echo_server")
        fails(server, ["nonsense", f"{SERVER}/24"], "no device 'nonsense'")
        fails(client, ["tap:q0", f"{CLIENT}/24", f"{SERVER}:7", ""], "usage: echo_client")

    def flags_are_few(self):
        flags = self.installed.flags("--cflags")
        assert flags == [f"-I{self.installed.prefix}/include"], flags
        names = sorted(os.listdir(f"{self.installed.prefix}/include/quern"))
        assert names == sorted(os.listdir(f"{self.source}/lib/include/quern")), names

    def names_are_its_own(self):
        for suffix, compiler in (("c", None), ("cc", ("g++", "-Wall", "-Wextra", "-Werror"))):
            with open(self.path("own." + suffix), "w", encoding="utf-8") as text:
                text.write(OWN_NAMES)
            output_of(self.installed.build([self.path("own." + suffix)], self.path("own-" + suffix), compiler))
        archive, = glob.glob(f"{self.installed.prefix}/lib/**/libquern.a", recursive=True)
        names = [line.split()[0] for line in output_of("nm", "-g", "--defined-only", "--format=posix",
                                                       archive).splitlines() if " " in line]
        assert names and all(name.startswith("quern_") for name in names), names


def run_case(case):
    """What went wrong, or None."""
    try:
        case()
    except (AssertionError, OSError, ValueError, subprocess.TimeoutExpired) as wrong:
        return f"{type(wrong).__name__}: {wrong}"
    return None


def main(source, build, compiler):
    failed = 0
    with tempfile.TemporaryDirectory(prefix="quern-examples-") as folder:
        checks = Checks(source, build, compiler, folder)
        cases = [("the examples of the tree echo a text over memif", checks.in_tree),
                 ("the examples of the tree echo a text over IPv6", checks.over_ip6),
                 ("the examples build on the installed library, and echo", checks.on_the_installed),
                 ("an example of several files builds on the installed library", checks.in_several_files),
                 ("pkg-config --static links as well", checks.with_static),
                 ("the examples say what is wrong", checks.complains),
                 ("--cflags names the headers and nothing of DPDK's", checks.flags_are_few),
                 ("the library takes no name from C and C++ programs but quern_", checks.names_are_its_own)]
        print(f"1..{len(cases)}")
        for number, (sentence, case) in enumerate(cases, 1):
            wrong = run_case(case)
            failed += wrong is not None
            print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}")
            if wrong:
                print("# " + wrong.replace("\n", "\n# "), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
