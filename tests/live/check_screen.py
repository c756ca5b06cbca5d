#!/usr/bin/python3
"""Runs quern in a pseudo terminal, presses its keys, and prints TAP: check_screen.py QUERN."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import eventually, play  # noqa: E402

QUERN = sys.argv[1]
BENCH = [QUERN, "bench", "--cps", "1000", "--max-connections", "5000", "--time-wait", "1ms",
         "--threshold", "failed == 0"]
BEGIN, SHOWN_CURSOR = "\033[?25l\r", "\033[?25h"


class Terminal:
    """quern as the leader of a session of its own, in a terminal of that size."""

    def __init__(self, words, columns, rows, **environment):
        env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "LC_CTYPE", "LANG")}
        env.update({"TERM": "xterm", "LC_ALL": "C.UTF-8"}, **environment)
        self.text = ""
        self.status = None
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execve(words[0], words, env)
        self.resize(columns, rows)
        os.set_blocking(self.file, False)
        self.found = self.modes()

    def resize(self, columns, rows):
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def modes(self):
        return termios.tcgetattr(self.file)[:4]

    def press(self, key):
        os.write(self.file, key.encode())

    def look(self):
        try:
            self.text += os.read(self.file, 1 << 16).decode(errors="replace")
        except OSError:
            pass
        return self.text

    def page(self):
        """The lines of the last whole frame, without escapes."""
        frames = re.findall(re.escape(BEGIN) + r"(.*?)\033\[J\r\033\[\d+A", self.look(), re.DOTALL)
        return [re.sub(r"\033\[[0-9;]*[mK]", "", line) for line in re.split(r"\r+\n", frames[-1])] if frames else []

    def await_line(self, part, seconds=15):
        eventually(lambda: any(part in line for line in self.page()), seconds, f"{part!r} in {self.text[-3000:]!r}")

    def has_ended(self):
        self.look()
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = os.waitstatus_to_exitcode(status) if pid else None
        return self.status is not None

    def end(self):
        eventually(self.has_ended, 20, f"no end: {self.text[-3000:]!r}")
        self.look()
        assert self.modes() == self.found, (self.modes(), self.found)
        assert self.text.rfind(SHOWN_CURSOR) > self.text.rfind(BEGIN) > 0, self.text[-3000:]
        os.close(self.file)
        return self.text[self.text.rfind(SHOWN_CURSOR):]


def keys_act():
    terminal = Terminal(BENCH + ["-d", "30s"], 80, 24, NO_COLOR="1")
    terminal.await_line("opened/s")
    terminal.await_line("✓ failed == 0 (0)")
    page = terminal.page()
    assert len(page) <= 24 and all(len(line) < 80 for line in page), page
    assert page[2].startswith("quern bench") and "/ 00:00:30" in page[3] and "░" in page[3], page
    terminal.press("+")
    terminal.await_line("rate now 1,100/s")
    terminal.press("p")
    terminal.await_line("paused")
    terminal.press("p?")
    terminal.await_line("as Ctrl-C")
    terminal.resize(40, 8)
    eventually(lambda: len(terminal.page()) == 8, 5, "8 lines")
    assert all(len(line) < 40 for line in terminal.page()), terminal.page()
    terminal.press("q")
    rest = terminal.end()
    assert terminal.status == 130 and "ABORTED" in rest and "1,100 a second" in rest, (terminal.status, rest)
    assert not re.search(r"\033\[[0-9;]*m", terminal.text), "colours in spite of NO_COLOR"


def terminal_is_given_back():
    terminal = Terminal(BENCH + ["-d", "30s"], 60, 12, LC_ALL="C")
    terminal.await_line("opened/s")
    assert "\033[1m" in terminal.text and all(line.isascii() for line in terminal.page()), terminal.page()
    assert terminal.modes() != terminal.found
    terminal.press("\x1a")
    assert os.WIFSTOPPED(os.waitpid(terminal.pid, os.WUNTRACED)[1])
    time.sleep(0.05)
    assert terminal.modes() == terminal.found and terminal.look().endswith(SHOWN_CURSOR), terminal.text[-300:]
    os.kill(terminal.pid, signal.SIGCONT)
    eventually(lambda: terminal.modes() != terminal.found and terminal.look().endswith("A"), 5, "the screen is back")
    os.kill(terminal.pid, signal.SIGTERM)
    rest = terminal.end()
    assert terminal.status == 143 and "ABORTED" in rest, (terminal.status, rest)


def pipe_gets_lines():
    runs = [subprocess.Popen(BENCH + ["--connections", "1200"], env={**os.environ, "TERM": kind}, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for kind in ("xterm", "")]
    for run in runs:
        text, lines = run.communicate(timeout=30)
        assert run.returncode == 0 and "\033" not in text + lines and "\r" not in lines, lines
        assert re.search(r"^t=1s cps=\d+ est=\d+ fail=0 ", lines, re.MULTILINE), lines


def dumb_terminal_gets_one_line():
    terminal = Terminal(BENCH + ["--connections", "1200"], 80, 24, TERM="dumb")
    eventually(terminal.has_ended, 20, "the end")
    assert terminal.status == 0 and BEGIN not in terminal.look() and "connections/s" in terminal.text, terminal.text


CASES = [
    ("keys change the run, resizing the screen, and q ends it with its whole report", keys_act),
    ("the terminal is as it was found when stopped, and at the end", terminal_is_given_back),
    ("a pipe gets greppable lines without escapes", pipe_gets_lines),
    ("a terminal that knows nothing gets the one line", dumb_terminal_gets_one_line),
]

if __name__ == "__main__":
    sys.exit(play(CASES))
