"""`ss -ti` as witness: what Linux says of its connections with quern, and 1,000 of them through a bad line."""

import asyncio
import hashlib
import re
import subprocess

from peer_curl import pattern, serve_http
from peer_lab import IS_IP6, PORT, QUERN, at, eventually, expect, expect_equal
from peer_linux import connect, eventually_states, forget_time_wait, states, unacknowledged
from peer_lossy import BAD_LINE, expect_bad
from peer_quern import expect_requests, expect_totals, serve

MSS, STAMP = 1440 if IS_IP6 else 1460, 12
COUNT, AT_ONCE, BODY, LIMIT_S = 1000, 500, 20000, 60
UPLOAD = 3_000_000


def witness():
    """What ss -tino says of the one connection with quern: words, and numbers by name, as bytes_sent."""
    said = subprocess.run(("ss", "-Htino", "dst", at(QUERN)), capture_output=True, text=True, check=True).stdout
    numbers = {name: int(number) for name, number in re.findall(r"([a-z_]+):(\d+)(?![\d.]*[/,])", said)}
    again = re.search(r"\bretrans:\d+/(\d+)", said)
    scales = re.search(r"\bwscale:(\d+),(\d+)", said)
    return {"words": set(said.split()), "retransmits": int(again.group(1)) if again else 0,
            "scales": scales and (int(scales.group(1)), int(scales.group(2))), "said": said, **numbers}


def has_timestamps(lab):
    """Whether this quern can be told so; one that cannot must not offer them."""
    return "--timestamps" in subprocess.run((lab.binary, "serve", "--help"), capture_output=True, text=True,
                                            check=True).stdout


def negotiates(lab, sack, wscale, stamps):
    """Linux offers all; what is agreed is what quern was told to."""
    forget_time_wait()
    asked = {"--sack": sack, "--wscale": wscale, **({"--timestamps": stamps} if has_timestamps(lab) else {})}
    words = [word for flag, is_on in asked.items() for word in (flag, "on" if is_on else "off")]
    with serve(lab, *words) as quern, connect() as sock:
        sock.sendall(b"hello")
        eventually(lambda: unacknowledged(sock) == 0, 5, "acknowledged")
        seen = witness()
        found = "sack" in seen["words"], seen["scales"] is not None, "ts" in seen["words"]
        stamps = asked.get("--timestamps", False)
        expect_equal(found, (sack, wscale, stamps), f"SACK, scale and timestamps with {words}: {seen['said']}")
        expect_equal((seen["mss"], seen["retransmits"]), (MSS - STAMP * stamps, 0), "MSS and retransmits")
        sock.close()
        eventually_states("TIME-WAIT")
        expect_totals(quern.stop(), 1)


def is_negotiated(lab):
    """Each by itself, in a square of which any two rows differ in two."""
    for row in ((True, True, True), (True, False, False), (False, True, False), (False, False, True)):
        negotiates(lab, *row)


def upload(lab, *words):
    """3 MB to a server that takes all; what ss says once all is acknowledged, at the start, and the report."""
    forget_time_wait()
    with serve(lab, *words) as quern, connect() as sock:
        first = witness()
        sock.settimeout(LIMIT_S)
        sock.sendall(pattern(UPLOAD))
        eventually(lambda: unacknowledged(sock) == 0, LIMIT_S, "all is acknowledged")
        seen = witness()
        sock.close()
        quern.wait_closed()
        report = quern.stop()
        expect_totals(report, 1)
        return first, seen, report


def window_grows(lab):
    first, seen, _ = upload(lab)
    expect_equal(seen["bytes_acked"] - first.get("bytes_acked", 1), UPLOAD, "bytes acknowledged")
    expect(seen["cwnd"] > first["cwnd"], f"cwnd stays at {first['cwnd']}: {seen['said']}")
    expect(seen["snd_wnd"] > 0, f"window: {seen['said']}")


def linux_repeats_what_is_lost(lab):
    """About as many segments as the line has lost; some that it only has delayed are no harm."""
    _, seen, report = upload(lab, *BAD_LINE)
    expect_bad(report, False)
    line = report["impaired"][0]
    most = 2 * line["lost"] + line["reordered"]
    expect(line["lost"] // 2 <= seen["retransmits"] <= most, f"{seen['retransmits']} retransmits for {line}")
    expect(seen.get("reordering", 3) > 3 or seen.get("dsack_dups", 0) > 0 or seen.get("reord_seen", 0) > 0,
           f"Linux has not heard of what came twice or late: {seen['said']}")


def quern_repeats_what_is_lost(lab):
    """The other way round, by quern's own count, and Linux has seen that it was out of order."""
    with serve_http(lab, *BAD_LINE) as quern, connect() as sock:
        sock.settimeout(LIMIT_S)
        sock.sendall(b"GET /bytes/%d HTTP/1.1\r\nHost: q\r\n\r\n" % UPLOAD)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        digest, left = hashlib.sha256(), UPLOAD
        while left > 0:
            piece = sock.recv(65536)
            expect(piece, f"the end, {left} bytes early")
            digest.update(piece)
            left -= len(piece)
        seen = witness()
        sock.close()
        expect_equal(digest.hexdigest(), hashlib.sha256(pattern(UPLOAD)).hexdigest(), "SHA-256")
        report = quern.stop()
    expect_bad(report, True)
    line, again = report["impaired"][1], report["totals"]["retransmits"]
    most = 2 * line["lost"] + line["reordered"]
    expect(line["lost"] // 2 <= again <= most, f"{again} retransmits for {line}")
    expect(seen.get("rcv_ooopack", 0) >= line["lost"] // 2, f"segments out of order: {seen['said']}")


async def fetch(at_once, wrong):
    """One connection: a body and its hash."""
    async with at_once:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(QUERN, PORT), LIMIT_S)
        writer.write(b"GET /bytes/%d HTTP/1.1\r\nHost: q\r\nConnection: close\r\n\r\n" % BODY)
        text = await asyncio.wait_for(reader.read(-1), LIMIT_S)
        writer.close()
        body = text.partition(b"\r\n\r\n")[2]
        if hashlib.sha256(body).digest() != hashlib.sha256(pattern(BODY)).digest():
            wrong.append(len(body))


def thousand_fetches(lab):
    async def all_of_them(wrong):
        at_once = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(fetch(at_once, wrong) for _ in range(COUNT)))

    with serve_http(lab, *BAD_LINE) as quern:
        wrong = []
        asyncio.run(all_of_them(wrong))
        expect(not wrong, f"{len(wrong)} bodies are wrong, of so many bytes: {wrong[:5]}")
        eventually(lambda: not states(), LIMIT_S, lambda: f"Linux has closed all: {states()[:5]}")
        report = quern.stop()
        expect_requests(report, ok=COUNT)
        expect_totals(report, COUNT)
        expect_bad(report, True)


CHECKS = [("ss sees SACK, window scale and timestamps agreed where quern is told so, and else not", is_negotiated),
          ("ss sees cwnd grow while Linux sends to quern", window_grows),
          ("ss sees about as many retransmits to quern as the line has lost", linux_repeats_what_is_lost),
          ("quern repeats about as much as the line has lost, and ss has seen it out of order",
           quern_repeats_what_is_lost),
          (f"{COUNT:,} connections of Linux get a body each from quern through a bad line", thousand_fetches)]
