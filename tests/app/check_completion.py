#!/usr/bin/env python3
"""What bash offers behind words of quern, and help of every command; prints TAP: check_completion.py QUERN."""

import os
import shutil
import subprocess
import sys

from app_cases import play

LINES, COLUMNS = 24, 100
COMMANDS = ["bench", "serve", "load", "forward", "trace", "doctor", "ctl", "compare", "report", "merge", "run", "check",
            "init", "completion"]

# As readline hands a line over: its words cut at what cuts words.
ASK = """
source <(QUERN completion bash)
COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=9
_quern quern
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Shell:
    def __init__(self, quern):
        self.quern = os.path.abspath(quern)

    def offers(self, line, cuts=True):
        script = ("" if cuts else "COMP_WORDBREAKS=' '\n") + ASK.replace("QUERN", f"'{self.quern}'")
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", line], capture_output=True, text=True,
                              timeout=30, check=True)
        assert not done.stderr, done.stderr
        return done.stdout.split()

    def commands(self):
        assert set(COMMANDS) <= set(self.offers("quern ")), self.offers("quern ")
        assert self.offers("quern com") == ["compare", "completion"]
        assert self.offers("quern fo") == ["forward"]

    def flags_are_those_of_the_command(self):
        assert self.offers("quern bench --cong") == ["--congestion"]
        assert self.offers("quern serve --cps") == []
        assert self.offers("quern serve --disc") == ["--discard"]
        assert self.offers("quern run bench.yaml --dura") == ["--duration"]
        assert self.offers("quern ctl ra") == ["rate"]
        assert self.offers("quern ctl conns --sta") == ["--state"]

    def words_of_closed_lists(self):
        assert self.offers("quern bench --congestion ") == ["cubic", "newreno"]
        assert self.offers("quern bench --close=r") == ["rst"]
        assert self.offers("quern bench --memory h") == ["huge"]
        assert self.offers("quern bench --cps ") == [], "a number is the user's own"
        assert self.offers("quern ctl conns --state FIN-WAIT-1") == ["FIN-WAIT-1"]
        assert self.offers("quern completion ") == ["--help", "bash", "zsh"]

    def ports_and_interfaces(self):
        assert {"cable", "tap:", "pcap:"} <= set(self.offers("quern bench -p "))
        names = [name for name in os.listdir("/sys/class/net") if name != "lo"]
        for name in names[:1]:
            assert name in self.offers("quern serve -p af_packet:"), "the rest, where bash cuts at ':'"
            assert f"af_packet:{name}" in self.offers("quern serve -p af_packet:", cuts=False)

    def files(self):
        assert self.offers("quern trace /etc/host.co") == ["/etc/host.conf"]
        assert self.offers("quern bench --json /etc/host.co") == ["/etc/host.conf"]
        assert self.offers("quern load --data @/etc/host.co") == ["@/etc/host.conf"]
        assert self.offers("quern load --data text") == []

    def zsh_reads_it(self):
        text = subprocess.run([self.quern, "completion", "zsh"], capture_output=True, text=True, check=True).stdout
        assert text.startswith("#compdef quern\n")
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n"], input=text, text=True, check=True, timeout=30)

    def another_shell_is_refused(self):
        for words in ([], ["fish"], ["bash", "zsh"]):
            done = subprocess.run([self.quern, "completion", *words], capture_output=True, text=True, check=False)
            assert done.returncode == 2 and "bash or zsh" in done.stderr, done

    def help_fits_a_screen_and_has_an_example(self):
        for name in COMMANDS:
            done = subprocess.run([self.quern, name, "--help"], capture_output=True, text=True, check=False)
            assert done.returncode == 0 and not done.stderr, (name, done.stderr)
            lines = done.stdout.splitlines()
            assert len(lines) <= LINES and max(map(len, lines)) <= COLUMNS, f"{name}: {len(lines)} lines"
            assert any(line.startswith("example: quern ") or "source <(quern" in line for line in lines), name


def main(quern):
    shell = Shell(quern)
    cases = [Shell.commands, Shell.flags_are_those_of_the_command, Shell.words_of_closed_lists,
             Shell.ports_and_interfaces, Shell.files, Shell.zsh_reads_it, Shell.another_shell_is_refused,
             Shell.help_fits_a_screen_and_has_an_example]
    return play([(case.__name__.replace("_", " "), lambda case=case: case(shell)) for case in cases])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
