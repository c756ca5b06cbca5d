#!/usr/bin/env python3
"""Puts quern forward beside dpdk-testpmd --forward-mode=macswap: one core, one memif, the same datagrams, in turn.

usage: beside_testpmd.py QUERN DATAGRAMS [--runs 7] [--seconds 4] [--flows 64] [--cpus 0,1] [--least 0.9]
                         [--memory auto]

The forwarder has the first CPU, the source (datagrams.c) the second; it offers as many as the ring takes. Testpmd
gives each frame other MAC addresses and sends it back; quern forwards it by a rule, from clients to a target that are
both the source. Prints packets a second that came back, each run, and the ratio of the medians; ends with 1 where
that is below --least. It wants the machine to itself. Debian's package dpdk-dev has dpdk-testpmd.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SKIPPED = 77  # as meson has it
ADDRESS, PORT, TARGET = "198.18.0.1", 7000, "198.18.0.5"


def said(log):
    with open(log, encoding="utf-8", errors="replace") as text:
        return text.read()


@contextlib.contextmanager
def running(words, path, folder, says):
    """A forwarder, once it says that it forwards; it ends in order at the end of the block."""
    log = os.path.join(folder, "log")
    with open(log, "w", encoding="utf-8") as output:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                   env={**os.environ, "TMPDIR": folder, "XDG_RUNTIME_DIR": folder,
                                        "RUNTIME_DIRECTORY": folder})
    try:
        end = time.monotonic() + 20
        while says not in said(log):
            if process.poll() is not None or time.monotonic() > end:
                sys.exit(f"error: {' '.join(words)} does not say '{says}': {said(log)}")
            time.sleep(0.02)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def offered(arguments, path, *more):
    """What the source counts."""
    done = subprocess.run([arguments.datagrams, path, "-d", str(arguments.seconds), "-f", str(arguments.flows),
                           "-c", arguments.cpus[1], *more], stdout=subprocess.PIPE, text=True, check=True,
                          timeout=arguments.seconds + 60)
    return json.loads(done.stdout)


def beside_mirror(arguments, folder):
    path = os.path.join(folder, "mirror.sock")
    words = ["dpdk-testpmd", "--no-huge", "--no-pci", "-m", "512", "--no-telemetry",
             f"--file-prefix=mirror{os.getpid()}",
             # The first is for its prompt, and sleeps.
             "--lcores", f"0@{arguments.cpus[1]},1@{arguments.cpus[0]}",
             "--vdev", f"net_memif0,role=server,socket={path},socket-abstract=no,rsize=11,bsize=1536", "--",
             "--forward-mode=macswap", "--port-topology=loop", "--auto-start", "--stats-period", "3600", "--rxd=1024",
             "--txd=1024", "--burst=64", "--total-num-mbufs=16384"]
    with running(words, path, folder, "forwards packets on 1 streams"):
        return offered(arguments, path, "-m")


def beside_quern(arguments, folder):
    path = os.path.join(folder, "quern.sock")
    words = [arguments.quern, "forward", "-p", f"memif:{path},server", "--ip", f"{ADDRESS}/24", "--cores",
             arguments.cpus[0], "--listen", f"{ADDRESS}:{PORT}", "--to", f"{TARGET}:{PORT}", "--memory",
             arguments.memory, "-q"]
    with running(words, path, folder, "quern forward"):
        return offered(arguments, path)


def measure(arguments):
    """Packets a second of each, run by run."""
    rates = {"testpmd": [], "quern": []}
    with tempfile.TemporaryDirectory(prefix="quern-beside-") as folder:
        for run in range(arguments.runs):
            for name, by in (("testpmd", beside_mirror), ("quern", beside_quern)):
                found = by(arguments, folder)
                rates[name].append(found["pps"])
                share = found["came"] / found["sent"] if found["sent"] else 0
                print(f"run {run + 1}: {name:8} {found['pps'] / 1e6:6.3f} Mpps came back, {share:6.1%} of what the "
                      f"ring took; refused {found['refused'] / (found['sent'] + found['refused']):.0%}", flush=True)
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quern")
    parser.add_argument("datagrams")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--flows", type=int, default=64)
    parser.add_argument("--cpus", type=lambda text: text.split(","), default=["0", "1"])
    parser.add_argument("--least", type=float, default=0.9)
    parser.add_argument("--memory", default="auto")
    arguments = parser.parse_args()
    if not shutil.which("dpdk-testpmd"):
        print("no dpdk-testpmd (Debian: dpdk-dev)")
        return SKIPPED
    rates = measure(arguments)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    ratio = medians["quern"] / medians["testpmd"] if medians["testpmd"] else 0
    for name, found in rates.items():
        print(f"median: {name:8} {medians[name] / 1e6:.3f} [{min(found) / 1e6:.3f} … {max(found) / 1e6:.3f}] Mpps")
    print(f"RESULT {'PASS' if ratio >= arguments.least else 'FAIL'}   quern forward has {ratio:.1%} of the packets of "
          f"testpmd macswap, at least {arguments.least:.0%} asked for, {arguments.flows} flows")
    return 0 if ratio >= arguments.least else 1


if __name__ == "__main__":
    sys.exit(main())
