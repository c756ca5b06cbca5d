"""Large bodies over a line that loses, repeats and reorders frames: curl and Linux's TCP, by hash."""

import hashlib

from peer_curl import URL, curl, pattern, serve_http
from peer_lab import expect, expect_equal
from peer_quern import expect_requests, expect_totals

TOOLS = ("curl",)
BYTES = 3000000
BAD_LINE = ("--impair", "loss=1%,dup=1%,reorder=5%,seed=7")


def expect_bad(report, text_was_sent):
    """The line was as bad as it was asked to be, and what was lost of ours went again."""
    for line in report["impaired"]:
        expect(line["lost"] > 0 and line["duplicated"] > 0 and line["reordered"] > 0, f"a line: {line}")
    expect_equal(len(report["impaired"]), 2, "ways of the bad line")
    if text_was_sent:
        expect(report["totals"]["retransmits"] > 0, f"nothing was sent again: {report['totals']}")


def fetches(lab, congestion):
    with serve_http(lab, *BAD_LINE, "--congestion", congestion) as quern:
        found = hashlib.sha256(curl(f"{URL}/bytes/{BYTES}", seconds=120)).hexdigest()
        expect_equal(found, hashlib.sha256(pattern(BYTES)).hexdigest(), f"SHA-256 of {BYTES} bytes")
        quern.wait_closed()
        report = quern.stop()
        expect_requests(report, ok=1)
        expect_totals(report, 1)
        expect_bad(report, True)


def fetches_by_cubic(lab):
    fetches(lab, "cubic")


def fetches_by_newreno(lab):
    fetches(lab, "newreno")


def sends(lab):
    """Linux sends: what comes beyond holes is kept and told, or this would take minutes."""
    with serve_http(lab, *BAD_LINE) as quern:
        said = curl("-o", "/dev/null", "-w", "%{http_code} %{size_upload}", "--data-binary", "@/dev/stdin",
                    f"{URL}/", seconds=120, given=pattern(BYTES)).decode()
        expect_equal(said, f"200 {BYTES}", "status and bytes sent")
        quern.wait_closed()
        report = quern.stop()
        expect_totals(report, 1)
        expect_bad(report, False)


CHECKS = [("a body of 3 MB comes whole through a bad line, the window by CUBIC", fetches_by_cubic),
          ("a body of 3 MB comes whole through a bad line, the window by NewReno", fetches_by_newreno),
          ("a body of 3 MB that Linux sends through a bad line is taken", sends)]
