#!/usr/bin/env python3
"""Runs `quern bench` with its connections listed in a loop and without, in turn: the ratio of the median rates.

usage: beside_listing.py QUERN [--runs N] [--core CPU] [--reader CPU] [--idle] [-d TIME] [-- more flags of quern bench]

The question is what a reader costs the workers through the cache lines that it looks at, so it must not take their
time: both ends of the connections run on one core (--core), and the reader, with telemetry's threads that answer it, on
another (--reader). On a machine of two cores that is all there is: let nothing else run. The reader asks in a loop over
telemetry's socket, as `quern ctl conns` does, without a pause. It binds itself to its core, and telemetry's threads
there too, which may run on any of quern's CPUs.

Two CPUs of a machine, of a virtual one above all, may be one core's two threads or share its clock: then whatever keeps
one busy slows the other. So in the runs without lists the reader is as busy, with questions for /quern/workers, which
look at no connection; --idle leaves it out there, and shows what a busy neighbour costs as well.

A run in which connections failed, or no list was whole, says nothing and ends the script.
"""
import argparse
import glob
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time


def bind_threads(pid, core):
    """Moves telemetry's threads to the reader's core; returns how many there are."""
    moved = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/comm", encoding="utf-8") as name:
                if name.read().startswith("telemetry"):
                    os.sched_setaffinity(int(task), {core})
                    moved += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    return moved


class Reader(threading.Thread):
    """Lists all connections again and again until the process ends; or asks for what costs the workers nothing."""

    def __init__(self, path, core, is_listing):
        super().__init__()
        self.path, self.core, self.is_listing = path, core, is_listing
        self.lists, self.rows, self.skipped = 0, 0, 0

    def run(self):
        os.sched_setaffinity(threading.get_native_id(), {self.core})
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as telemetry:
            try:
                telemetry.connect(self.path)
                telemetry.recv(1024)
                while True:
                    if self.is_listing:
                        self.list_all(telemetry)
                    else:
                        telemetry.send(b"/quern/workers")
                        json.loads(telemetry.recv(65536))
            except (OSError, ValueError):
                return  # it has ended

    def list_all(self, telemetry):
        cursor = "0.0"
        while cursor:
            telemetry.send(f"/quern/conns,cursor={cursor}".encode())
            page = json.loads(telemetry.recv(65536))["/quern/conns"]
            if page is None:  # not open yet, or about to end
                time.sleep(0.01)
                return
            self.rows += page["count"]
            self.skipped += page["skipped"]
            cursor = page.get("cursor")
        self.lists += 1


def wait_for_socket(folder, process):
    while process.poll() is None:
        found = glob.glob(f"{folder}/quern-*/dpdk/*/dpdk_telemetry.v2")
        if found:
            return found[0]
        time.sleep(0.01)
    sys.exit(f"error: quern ended with {process.returncode} before it could be asked")


def run(arguments, flags, is_listed):
    """The rate of one run, and its reader."""
    command = [arguments.quern, "bench", "--client-cores", str(arguments.core), "--server-cores", str(arguments.core),
               "-d", arguments.duration, "-q", "--json", "-", *flags]
    reader = None
    with tempfile.TemporaryDirectory() as folder:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              env={**os.environ, "TMPDIR": folder}) as process:
            path = wait_for_socket(folder, process)
            if bind_threads(process.pid, arguments.reader) == 0:
                sys.exit("error: quern has no thread of telemetry's to bind")
            if is_listed or not arguments.idle:
                reader = Reader(path, arguments.reader, is_listed)
                reader.start()
            output = process.communicate()[0]
            if reader:
                reader.join()
    result = json.loads(output)
    if process.returncode or not result["valid"]["accounting"] or any(result["totals"]["failed"].values()):
        sys.exit(f"error: {' '.join(command)} ended with {process.returncode}: {result['totals']}")
    if is_listed and not reader.lists:
        sys.exit("error: not one list was whole: the run says nothing")
    return result["rate"]["cps_mean"], reader


def main():
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quern")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--reader", type=int, default=0)
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("-d", "--duration", default="5s")
    arguments = parser.parse_args(sys.argv[1:split])
    flags = sys.argv[split + 1:] or ["--close", "server"]
    os.sched_setaffinity(0, {arguments.reader, arguments.core})  # quern needs both to start with
    alone, listed = [], []
    for number in range(arguments.runs):
        alone.append(run(arguments, flags, False)[0])
        rate, reader = run(arguments, flags, True)
        listed.append(rate)
        print(f"run {number + 1}: alone {alone[-1]:,.0f}   listed {rate:,.0f} connections/s   "
              f"({reader.lists} lists, {reader.rows:,} rows, {reader.skipped} places skipped)", flush=True)
    before, after = statistics.median(alone), statistics.median(listed)
    print(f"median: alone {before:,.0f} [{min(alone):,.0f} … {max(alone):,.0f}]   "
          f"listed {after:,.0f} [{min(listed):,.0f} … {max(listed):,.0f}]   ratio {after / before:.3f}")


if __name__ == "__main__":
    main()
