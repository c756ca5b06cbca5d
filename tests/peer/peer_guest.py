"""quern in a guest, Linux as the other end of its host: large frames for the kernel, and sums that nobody makes."""

import contextlib
import hashlib
import os
import re
import subprocess

from peer_curl import curl, pattern, serve_http, URL
from peer_lab import expect, expect_equal, eventually
from peer_quern import expect_totals

TOOLS = ("curl",)
BYTES = 20000000
SEGMENT = 1460


@contextlib.contextmanager
def host(lab):
    """The host of quern's guest, with the laboratory's tap; yields a dictionary where its counts are in the end."""
    socket = os.path.join(lab.directory, "host")
    process = lab.start((os.environ["QUERN_GUEST_HOST"], socket, lab.linux_interface), stdout=subprocess.PIPE)
    device, counts = lab.device, {}
    try:
        eventually(lambda: os.path.exists(socket) or process.poll() is not None, 15, "the host has a socket")
        lab.attach()
        lab.device = f"net_virtio_user0,path={socket}"
        yield counts
    finally:
        lab.device = device
        lab.end(process)
        said = process.stdout.read().decode()
        counts.update((word, int(number)) for number, word in re.findall(r"(\d+) (\w+)", said))
        process.stdout.close()


def gives_large_frames(lab):
    wanted = hashlib.sha256(pattern(BYTES)).hexdigest()
    with host(lab) as counts:
        with serve_http(lab) as quern:
            for _ in range(2):
                got = curl(f"{URL}/bytes/{BYTES}")
                expect_equal(hashlib.sha256(got).hexdigest(), wanted, f"hash of {len(got)} bytes")
            report = quern.stop()
    expect_totals(report, 2)
    packets = report["totals"]["packets"]["tx"]
    expect(packets >= 2 * BYTES // SEGMENT, f"{packets} segments counted")
    expect(counts["large"] > 100 and counts["frames"] < packets / 2, f"{counts} of {packets} segments")
    expect_equal(counts["wrong"], 0, "frames with a wrong sum of the pseudo-header")


def takes_what_the_kernel_leaves_out(lab):
    """The kernel makes no sums either: were they looked at, nothing would come in."""
    text = pattern(2000000)
    with host(lab):
        with serve_http(lab) as quern:
            said = curl("-i", "-H", "Expect:", "--data-binary", "@-", f"{URL}/", given=text).decode()
            expect(said.startswith("HTTP/1.1 200"), f"answer: {said}")
            report = quern.stop()
    expect_equal(report["totals"]["drops"].get("tcp_checksum", 0), 0, "segments with a wrong sum")


CHECKS = [
    ("the kernel takes large frames of a guest, byte for byte", gives_large_frames),
    ("a guest takes the kernel's segments without sums", takes_what_the_kernel_leaves_out),
]
