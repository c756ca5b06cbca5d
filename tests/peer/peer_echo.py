"""What Linux and netcat send to quern serve --echo comes back whole, then the FIN, whoever stops and for how long."""

import concurrent.futures
import hashlib
import random
import socket
import subprocess
import threading
import time

from peer_lab import PORT, QUERN, expect, expect_equal
from peer_linux import connect, eventually_states, forget_time_wait
from peer_quern import expect_totals, serve

TOOLS = ("nc",)
TRANSFERS, AT_ONCE, MOST = 1000, 8, 300_000
BIG, PAUSE_S, PIECE = 3_000_000, 10, 65536


def echo(lab):
    forget_time_wait()
    return serve(lab, service="--echo")


def send_all(sock, text):
    """Sends and half-closes, in a thread of its own: what comes back must be read meanwhile, or both stand still."""
    def run():
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
    thread = threading.Thread(target=run)
    thread.start()
    return thread


def read_to_end(sock):
    """The hash and the length of all that comes before the FIN."""
    digest, size = hashlib.sha256(), 0
    while True:
        piece = sock.recv(PIECE)
        if not piece:
            return digest.hexdigest(), size
        digest.update(piece)
        size += len(piece)


def transfer(seed):
    """One connection: random bytes of a random number there and back; what was wrong, or None."""
    draw = random.Random(seed)
    text = draw.randbytes(draw.randrange(MOST) if seed % 10 else draw.randrange(20))
    with connect() as sock:
        thread = send_all(sock, text)
        found = read_to_end(sock)
        thread.join()
    wanted = hashlib.sha256(text).hexdigest(), len(text)
    return None if found == wanted else f"transfer {seed}: {found[1]} of {wanted[1]} bytes"


def thousand_transfers(lab):
    with echo(lab) as quern:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            wrong = [trouble for trouble in pool.map(transfer, range(TRANSFERS)) if trouble]
        expect(not wrong, f"{len(wrong)} of {TRANSFERS} came back wrong: {wrong[:3]}")
        expect_totals(quern.stop(), TRANSFERS)


def reader_that_stops(lab):
    """Both windows shut, and both ends wait; then all goes on."""
    text = random.Random(1).randbytes(BIG)
    with echo(lab) as quern, connect() as sock:
        sock.settimeout(4 * PAUSE_S)
        thread = send_all(sock, text)
        time.sleep(PAUSE_S)
        expect(thread.is_alive(), "all was taken, though nobody reads what comes back")
        eventually_states("ESTAB")
        expect_equal(read_to_end(sock), (hashlib.sha256(text).hexdigest(), BIG), "hash and length")
        thread.join()
        sock.close()
        expect_totals(quern.stop(), 1)


def netcat_half_closes(lab):
    """nc -N sends FIN behind its input and goes on reading: the echo, then quern's FIN, and it ends."""
    with echo(lab) as quern:
        for size in (0, 1, 1460, 1_000_000):
            text = random.Random(size).randbytes(size)
            done = subprocess.run(("nc", "-N", "-w", "20", QUERN, str(PORT)), input=text, capture_output=True,
                                  timeout=30, check=False)
            expect_equal(done.returncode, 0, f"exit code of nc, which said {done.stderr.decode()}")
            expect(done.stdout == text, f"{len(done.stdout)} of {size} bytes came back through nc")
        expect_totals(quern.stop(), 4)


CHECKS = [("1,000 transfers of random size come back from quern serve --echo with the right hash", thousand_transfers),
          ("a reader that stops for ten seconds gets all of it when it goes on", reader_that_stops),
          ("netcat half-closes behind its input, gets all of it back, and then quern's FIN", netcat_half_closes)]
