"""wrk against quern serve --http: no socket error, and both count the same."""

import re
import subprocess

from peer_lab import QUERN, at, expect, expect_equal
from peer_linux import forget_time_wait
from peer_quern import serve

TOOLS = ("wrk",)
CONNECTIONS = 40


def wrk(path, *words):
    """Runs wrk for two seconds; the number of answers it counted."""
    done = subprocess.run(("wrk", "-t1", f"-c{CONNECTIONS}", "-d2s", *words, f"http://{at(QUERN)}{path}"),
                          capture_output=True, text=True, timeout=60, check=True)
    expect("Socket errors" not in done.stdout and "Non-2xx" not in done.stdout, f"wrk said: {done.stdout}")
    return int(re.search(r"(\d+) requests in", done.stdout).group(1))


def loads(lab, path, *words):
    forget_time_wait()
    with serve(lab, service="--http") as quern:
        counted = wrk(path, *words)
        totals = quern.stop()["totals"]
    requests = totals["requests"]
    expect(counted > 100, f"{counted} answers in two seconds")
    # At its end wrk forgets the answers that are on their way: at most one a connection.
    expect(counted <= requests["ok"] <= counted + CONNECTIONS, f"wrk counted {counted}, quern {requests}")
    expect_equal((requests["bad_status"], requests["malformed"], requests["in_flight"]), (0, 0, 0), "requests not ok")
    expect(requests["cut_short"] <= CONNECTIONS, f"cut short: {requests}")
    expect_equal(sum(totals["failed"].values()), 0, f"failed {totals['failed']}, sum")
    return totals


def keeps_connections(lab):
    totals = loads(lab, "/")
    # And the one by which wrk sees whether anybody is there.
    expect_equal(totals["established"], CONNECTIONS + 1, "connections of wrk")


def fetches_bodies(lab):
    loads(lab, "/bytes/100k")


def closes_each(lab):
    totals = loads(lab, "/", "-H", "Connection: close")
    expect(totals["established"] >= totals["requests"]["ok"], f"more answers than connections: {totals}")


CHECKS = [("wrk and quern serve count the same answers on connections that last", keeps_connections),
          ("wrk and quern serve count the same bodies of 100 kB", fetches_bodies),
          ("wrk and quern serve count the same answers, a connection each", closes_each)]
