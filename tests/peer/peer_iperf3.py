"""Debian's own iperf3 against app/examples/iperf3: it takes quern for its server, and both ends count the same."""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile

from peer_lab import PREFIX, QUERN, eventually, expect, expect_equal
from peer_linux import answers_ping, connect, forget_time_wait

TOOLS = ("iperf3",)
PORT, COOKIE, MB = 5201, 37, 1 << 20
TOLD = re.compile(r"\S+: received (\d+) bytes, sent (\d+) bytes, [0-9.]+ s, (\d+) streams\n")
# What may be on its way when the time of a test is over: what quern queues, and what Linux holds unread.
ON_THE_WAY = MB + 6 * MB


class Server:
    """`with Server(lab) as server:` the example serves; at the end of the block it ends in order by SIGTERM."""

    def __init__(self, lab, *words):
        forget_time_wait()
        self.lab, self.tests = lab, 0
        self.output = tempfile.TemporaryFile(dir=lab.directory)
        binary = os.path.join(os.path.dirname(lab.binary), "iperf3_server")
        self.process = lab.start((binary, lab.device, f"{QUERN}/{PREFIX}", *words), stdout=self.output,
                                 stderr=self.output)

    def __enter__(self):
        eventually(self._is_ready, 15, "iperf3_server answers ping")
        return self

    def __exit__(self, kind, *reason):
        try:
            if kind is None:
                self.process.send_signal(signal.SIGTERM)
                expect_equal(self.process.wait(10), 0, f"exit code of iperf3_server, which said: {self.said()}")
        finally:
            self.lab.end(self.process)
            self.output.close()

    def said(self):
        self.output.seek(0)
        return self.output.read().decode(errors="replace")

    def _is_ready(self):
        expect(self.process.poll() is None, f"iperf3_server has ended: {self.said()}")
        return self.lab.attach() and answers_ping(QUERN, 0.05)

    def told(self):
        """Bytes received and sent, and streams, of one more test."""
        self.tests += 1
        found = eventually(lambda: TOLD.findall(self.said())[self.tests - 1:], 5,
                           lambda: f"the server tells of {self.tests} tests: {self.said()}")
        expect_equal(len(found), 1, f"tests of which the server tells, in {self.said()}; news")
        return tuple(int(word) for word in found[0])


def iperf3(*words):
    """Runs the client; its report, which is there although it fails."""
    done = subprocess.run(("iperf3", "-c", QUERN, "-J", *words), capture_output=True, text=True, timeout=60,
                          check=False)
    expect(done.stdout.startswith("{"), f"iperf3 {words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{"):])


def measured(*words):
    """The last part of a report without an error."""
    report = iperf3(*words)
    expect("error" not in report, f"iperf3 {words}: {report.get('error')}")
    return report["end"]


def expect_sum(end, key, sent, received):
    """What iperf3 has counted of one way, and heard of the other end."""
    found = end["sum_sent" + key]["bytes"], end["sum_received" + key]["bytes"]
    expect_equal(found, (sent, received), f"bytes sent and received (sum_…{key})")


def sends(server, *words, streams=1):
    """To the byte: the server's answer waits until all that was sent is there. Gives how much that was."""
    end = measured(*words)
    received, sent, there = server.told()
    expect_equal((sent, there), (0, streams), "bytes sent back, and streams")
    expect_sum(end, "", received, received)
    for stream in end["streams"]:
        expect_equal(stream["sender"]["bytes"], stream["receiver"]["bytes"], "bytes of a stream, at both ends")
        expect(stream["receiver"]["bytes"] > 0, "a stream gets nothing through")
    return received


def takes(server, count, *words, streams=1):
    end = measured("-n", str(count), "-R", *words)
    expect_equal(server.told(), (0, count, streams), "bytes received, bytes sent, streams")
    expect_sum(end, "", count, count)
    for stream in end["streams"]:
        expect(stream["receiver"]["bytes"] > 0, "a stream gets nothing through")
    return end


def linux_sends(lab):
    with Server(lab) as server:
        sends(server, "-t", "1")
        # The client looks at its count after each ten blocks.
        expect(20 * MB <= sends(server, "-n", "20M", "-l", "64K") <= 20 * MB + 10 * 65536, "bytes of -n 20M")
        sends(server, "-n", "20M", "-P", "4", streams=4)


def quern_sends(lab):
    with Server(lab) as server:
        end = measured("-t", "1", "-R")
        received, sent, there = server.told()
        expect_equal((received, there), (0, 1), "bytes received, and streams")
        taken = end["sum_received"]["bytes"]
        expect(0 < taken <= sent <= taken + ON_THE_WAY, f"quern sent {sent} bytes, iperf3 took {taken}")
        expect_sum(end, "", sent, taken)
        takes(server, 20 * MB)
        takes(server, 20 * MB, "-P", "4", streams=4)


def both_at_once(lab):
    with Server(lab) as server:
        end = measured("-t", "1", "--bidir")
        received, sent, there = server.told()
    expect_equal(there, 2, "streams")
    expect_sum(end, "", received, received)
    taken = end["sum_received_bidir_reverse"]["bytes"]
    expect(0 < taken <= sent <= taken + ON_THE_WAY, f"quern sent {sent} bytes, iperf3 took {taken}")
    expect_sum(end, "_bidir_reverse", sent, taken)


def quern_sends_at_a_rate(lab):
    with Server(lab):
        rate = measured("-t", "1", "-R", "-b", "8M")["sum_received"]["bits_per_second"]
    expect(4e6 < rate < 8.8e6, f"{rate / 1e6:.1f} Mbit/s at -b 8M")


def through_a_bad_line(lab):
    with Server(lab, "1") as server:
        sends(server, "-n", "2M")
        again = takes(server, 2 * MB)["sum_sent"]["retransmits"]
        expect(again > 0, "nothing was sent again at 1 % loss")


def is_refused(lab):
    """Who asks for what there is not, or comes while another is served, hears so; who breaks off leaves it free."""
    with Server(lab) as server:
        error = iperf3("-u", "-t", "1").get("error")
        expect("not implemented" in error, f"iperf3 -u said: {error}")
        with connect(PORT) as sock:
            sock.sendall(b"c" * COOKIE)
            expect_equal(sock.recv(1), b"\x09", "PARAM_EXCHANGE")
            error = iperf3("-n", "1M").get("error")
            expect("busy" in error, f"a second client heard: {error}")
            sock.sendall(b"\xff\xff\xff\xff")  # a length beyond all bounds
            expect_equal(sock.recv(9, socket.MSG_WAITALL)[:1], b"\xfe", "SERVER_ERROR")
        with connect(PORT) as idle, connect(PORT) as gone:
            idle.sendall(b"half a cookie")
            gone.sendall(b"g" * COOKIE)
            expect_equal(gone.recv(1), b"\x09", "PARAM_EXCHANGE")
            gone.shutdown(socket.SHUT_WR)
            expect_equal(gone.recv(1), b"", "the end")
            takes(server, MB)


CHECKS = [("iperf3 -c sends to quern, by time, by bytes and by four connections: both ends count the same",
           linux_sends),
          ("iperf3 -c -R takes from quern, by time, by bytes and by four connections: both ends agree", quern_sends),
          ("iperf3 --bidir sends and takes at once, and both ends agree", both_at_once),
          ("iperf3 -b -R gets what it asks for a second, and no more", quern_sends_at_a_rate),
          ("iperf3 gets the same count each way where one frame of a hundred is lost", through_a_bad_line),
          ("iperf3 that asks for UDP or comes while another is served is told; who goes away leaves no trace",
           is_refused)]
