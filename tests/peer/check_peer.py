#!/usr/bin/env python3
"""Runs the quern binary against Linux and prints TAP: check_peer.py QUERN KIND SUBJECT WORKERS."""

import importlib
import os
import resource
import signal
import sys
import time
import traceback

from peer_lab import Broken, Lab, what_is_missing

SUBJECTS = {"many": "peer_many", "serve": "peer_serve", "load": "peer_load", "alive": "peer_alive",
            "edges": "peer_edges", "wide": "peer_wide", "http": "peer_http", "curl": "peer_curl", "nginx": "peer_nginx",
            "asks": "peer_asks", "faults": "peer_faults", "haproxy": "peer_haproxy", "limit": "peer_limit",
            "wrk": "peer_wrk", "echo": "peer_echo", "outage": "peer_outage",
            "iperf3": "peer_iperf3", "slow": "peer_slow", "halfclose": "peer_halfclose", "witness": "peer_witness",
            "badline": "peer_badline", "cookies": "peer_cookies", "icmp": "peer_icmp", "lossy": "peer_lossy",
            "names": "peer_names",
            "ip6": "peer_ip6", "guest": "peer_guest", "forward": "peer_forward", "udp": "peer_udp",
            "reload": "peer_reload",
            "translate": "peer_translate",
            "source": "peer_source", "group": "peer_group",
            "health": "peer_health"}
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def end_in_order(number, _frame):
    """A signal becomes an exception, so that every `with` on the way out cleans up."""
    for deaf_to in SIGNALS:
        signal.signal(deaf_to, signal.SIG_IGN)
    sys.exit(128 + number)


def run_check(check, lab):
    """What went wrong, as lines; none where all is well."""
    try:
        check(lab)
    except Broken as broken:
        return str(broken).splitlines()
    except Exception:
        return traceback.format_exc().splitlines()
    return []


def tell(number, sentence, trouble, seconds):
    print(f"{'not ok' if trouble else 'ok'} {number} - {sentence}")
    print(f"# {seconds:.1f} s")
    for line in trouble:
        print(f"# {line}")
    sys.stdout.flush()
    return bool(trouble)


def main(binary, kind, subject, workers):
    # Where a user's path lacks the folders of what root runs, as nginx.
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    module = importlib.import_module(SUBJECTS[subject])
    checks = [(sentence, check, kinds) for sentence, check, *kinds in module.CHECKS if not kinds or kind in kinds[0]]
    missing = what_is_missing(kind, getattr(module, "TOOLS", ()))
    if missing:
        print(f"1..0 # SKIP {missing}")
        return 0
    for number in SIGNALS:
        signal.signal(number, end_in_order)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(f"1..{len(checks) + 1}", flush=True)
    failed = 0
    with Lab(kind, binary, int(workers)) as lab:
        for number, (sentence, check, _) in enumerate(checks, 1):
            begun = time.monotonic()
            trouble = run_check(check, lab)
            failed += tell(number, f"{sentence} ({kind}, {workers})", trouble, time.monotonic() - begun)
    left = lab.leftovers()
    failed += tell(len(checks) + 1, f"nothing of quern or of the laboratory is left behind ({kind})", left, 0)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(*sys.argv[1:]))
