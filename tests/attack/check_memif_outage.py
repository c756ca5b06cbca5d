#!/usr/bin/env python3
"""Row 22 of the attack battery over memif: a peer is killed and started again: check_memif_outage.py QUERN."""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import eventually, play  # noqa: E402
from check_memif import placed, report, said, stop  # noqa: E402

SENTENCE = "connections are opened through the death of a memif peer"
OPENED_A_SECOND, RUN_S, OUTAGE_S = 300, 12, 2


def opens_outlive_their_server(place):
    """What is opened while nobody is there is paced, and is established once somebody is: at least 99 %."""
    server = place.serve()
    load = place.load("-d", f"{RUN_S}s", "--cps", str(OPENED_A_SECOND), "--connect-timeout", "60s", "--close", "client")
    eventually(lambda: "load tcp" in said(load), 20, f"load: {said(load)}")
    time.sleep(2)
    server.kill()
    server.wait()
    time.sleep(OUTAGE_S)
    server = place.serve("next")
    totals = report(load, seconds=RUN_S + 60)["totals"]
    stop(server)
    waited = OPENED_A_SECOND * (OUTAGE_S + 2)
    assert totals["established"] >= 0.99 * totals["opened"], totals
    assert totals["opened"] >= 0.9 * OPENED_A_SECOND * RUN_S, totals
    assert 0 < totals["retransmits"] <= 4 * waited, totals
    print(f"# row 22: memif peer killed for {OUTAGE_S} s: {totals['established']} of {totals['opened']} connections "
          f"established, {totals['retransmits']} segments sent again")


def main(quern):
    return play([(SENTENCE, placed(quern, "4k", opens_outlive_their_server))])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
