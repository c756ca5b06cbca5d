"""nginx on a core of its own, asked for all that it can: quern load and wrk find the same limit."""

import os
import re
import statistics
import subprocess

from peer_lab import LINUX, PORT, PREFIX, QUERN, at, expect, expect_equal, ip
from peer_linux import forget_time_wait
from peer_nginx import Nginx
from peer_quern import Quern

TOOLS = ("nginx", "wrk", "taskset")
CONNECTIONS, RUN_S, ROUNDS, APART = 64, 3, 5, 0.10
SERVER_CORE, CLIENT_CORE = sorted(os.sched_getaffinity(0))[:2] if len(os.sched_getaffinity(0)) > 1 else (0, 0)


def asked_by_quern(lab):
    """Requests a second as quern has counted them; nginx has logged exactly as many."""
    words = ("load", f"http://{at(LINUX, PORT)}/", "-p", lab.device, "--ip", f"{QUERN}/{PREFIX}", "-c",
             str(CLIENT_CORE), "--requests", "0", "--cc", str(CONNECTIONS), "-d", f"{RUN_S}s")
    with Nginx(lab, cores=str(SERVER_CORE)) as nginx:
        with Quern(lab, *words) as quern:
            quern.wait_attached()
            report = quern.report()
        logged = nginx.statuses()
    requests = report["totals"]["requests"]
    expect_equal((requests["ok"], requests["sent"]), (len(logged), len(logged)), "requests, and lines of nginx's log")
    return report["rate"]["requests_mean"]


def asked_by_wrk(lab):
    """Requests a second as wrk has counted them, with quern's address and on quern's core."""
    address = f"{QUERN}/{PREFIX}"
    ip("-n", lab.quern_namespace, "address", "add", address, "dev", "q0")
    try:
        with Nginx(lab, cores=str(SERVER_CORE)):
            done = subprocess.run(("ip", "netns", "exec", lab.quern_namespace, "taskset", "-c", str(CLIENT_CORE), "wrk",
                                   "-t1", f"-c{CONNECTIONS}", f"-d{RUN_S}s", f"http://{at(LINUX)}/"),
                                  capture_output=True, text=True, timeout=60, check=True)
    finally:
        ip("-n", lab.quern_namespace, "address", "del", address, "dev", "q0")
    return float(re.search(r"Requests/sec: +([0-9.]+)", done.stdout).group(1))


def one_limit(lab):
    expect(SERVER_CORE != CLIENT_CORE, "two cores, one for nginx and one for who asks it")
    # A veth delivers on the core that sends. So that nginx's core has nginx's work alone, whoever asks it, what nginx
    # sends is delivered on the other core, as a NIC would.
    ip("netns", "exec", lab.quern_namespace, "sh", "-c",
       f"echo {1 << CLIENT_CORE:x} >/sys/class/net/q0/queues/rx-0/rps_cpus")
    by_quern, by_wrk = [], []
    for _ in range(ROUNDS):
        forget_time_wait()
        by_quern.append(asked_by_quern(lab))
        forget_time_wait()
        by_wrk.append(asked_by_wrk(lab))
    ours, theirs = statistics.median(by_quern), statistics.median(by_wrk)
    print(f"# quern {ours:.0f} requests/s of {[round(rate) for rate in by_quern]}, "
          f"wrk {theirs:.0f} of {[round(rate) for rate in by_wrk]}", flush=True)
    expect(abs(ours / theirs - 1) <= APART, f"quern finds {ours:.0f} requests/s, wrk {theirs:.0f}")


CHECKS = [("quern load and wrk find the same limit of nginx within 10 %, and nginx has logged each request", one_limit,
           ("af_packet",))]
