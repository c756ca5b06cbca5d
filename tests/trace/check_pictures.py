#!/usr/bin/env python3
"""Has two shards play the scenes of the documentation, draws them by quern trace, holds the states that it shows
against those that the shards were in, and the pictures against docs/pictures; prints TAP.
check_pictures.py QUERN SCENES FOLDER; with QUERN_WRITE_DOCS=1 it writes the pictures instead."""

import os
import re
import subprocess
import sys
import tempfile

SCENES = {"handshake": 3, "teardown": 7, "half-close": 13, "simultaneous-close": 7, "lost-last-ack": 9,
          "keepalive-dead-peer": 10}
LIVES = 60
LEFT, RIGHT = "client", "server"
ROW = re.compile(r"^(?P<time>.{10})  (?P<left>.{12}) \|(?P<middle>.*)\|(?: (?P<right>\S+))?$")


def other(side):
    return RIGHT if side == LEFT else LEFT


def read_truth(path):
    """{(number, what, side): state} with what SENT or GOT, the numbers that were lost, {side: (state, how)}, and the
    states of each side one behind the other."""
    steps, lost, ends, paths = {}, set(), {}, {LEFT: [], RIGHT: []}
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words[0] == "END":
                ends[words[1]] = (words[2], words[3])
            elif words[1] == "LOST":
                lost.add(int(words[0]))
            elif words[2] == "PATH":
                paths[words[1]].append(words[3])
            else:
                number, side, what, state = words
                steps[int(number), what, side] = state
    return steps, lost, ends, paths


class Ladder:
    """What the text of quern trace says: the same as the truth has."""

    def __init__(self, text):
        self.steps, self.lost, self.said, self.states, self.landed = {}, set(), [], None, set()
        self.paths = {LEFT: [], RIGHT: []}
        for line in text.splitlines():
            row = ROW.match(line)
            if row:
                self.take(row)

    def take(self, row):
        shown = {LEFT: row["left"].strip(), RIGHT: row["right"] or ""}
        arrives = re.match(r" *\(the (\S+) arrives\) *$", row["middle"])
        is_first = self.states is None
        self.states = shown if is_first else {side: shown[side] or self.states[side] for side in shown}
        for side, path in self.paths.items():
            path.extend([self.states[side]] if path[-1:] != [self.states[side]] else [])
        if is_first:
            return
        if row["time"].strip():
            self.take_segment(row["middle"])
        elif arrives:
            self.take_landing(arrives[1], LEFT if shown[LEFT] else RIGHT)

    def take_segment(self, middle):
        number, sender = len(self.said), LEFT if middle[0] == "-" else RIGHT
        self.said.append((sender, re.search(r"[- ] ([A-Z+]+)[ -]", middle)[1]))
        self.steps[number, "SENT", sender] = self.states[sender]
        if "x " in middle[-2:] or " x" in middle[:2]:
            self.lost.add(number)
        else:
            self.steps[number, "GOT", other(sender)] = self.states[other(sender)]

    def take_landing(self, flags, receiver):
        number = max(number for number, said in enumerate(self.said)
                     if said == (other(receiver), flags) and number not in self.landed)
        self.landed.add(number)
        self.steps[number, "GOT", receiver] = self.states[receiver]


def trace(quern, *words):
    done = subprocess.run([quern, "trace", *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, (done.returncode, done.stderr)
    return done.stdout


def states_are_those_of_the_shards(quern, folder, name, _):
    steps, lost, ends, _ = read_truth(os.path.join(folder, name + ".truth"))
    text = trace(quern, os.path.join(folder, name + ".pcap"))
    ladder = Ladder(text)
    assert len(ladder.said) == SCENES[name], f"{len(ladder.said)} segments\n{text}"
    # Of what is lost and never answered nobody can tell, but nothing may be told of its receiver that is not so.
    assert ladder.lost <= lost, f"said to be lost: {ladder.lost - lost}\n{text}"
    wrong = [f"{number} {side} {what} {state}, and not {ladder.steps.get((number, what, side))}"
             for (number, what, side), state in steps.items() if ladder.steps.get((number, what, side)) != state]
    for number in lost - ladder.lost:
        sender, _ = ladder.said[number]
        before = [state for (earlier, _, side), state in steps.items() if side == other(sender) and earlier < number]
        if ladder.steps[number, "GOT", other(sender)] != before[-1]:
            wrong.append(f"{number} never came, and is said to change {other(sender)}'s state")
    # TIME-WAIT ends without a word.
    wrong += [f"in the end {side} is {state}, and not {ladder.states[side]}" for side, (state, _) in ends.items()
              if ladder.states[side] not in (state, "TIME-WAIT")]
    assert not wrong, "\n".join(wrong) + "\n" + text


def paths_are_those_of_the_shards(quern, folder, name, sides):
    """TIME-WAIT ends without a word, and so does what is lost behind the place of capture."""
    paths = read_truth(os.path.join(folder, name + ".truth"))[3]
    text = trace(quern, os.path.join(folder, name + ".pcap"), "--connection", "1")
    shown = Ladder(text).paths
    for side in sides:
        path = paths[side][:-1] if paths[side][-2:] == ["TIME-WAIT", "CLOSED"] else paths[side]
        assert shown[side] == path, f"{name}: {side} is shown as {shown[side]} and not {path}\n{text}"


def lives_are_told_as_they_were(quern, folder, kind, sides):
    for number in range(LIVES):
        paths_are_those_of_the_shards(quern, folder, f"{kind}-{number}", sides)


def the_picture_is_the_committed_one(quern, folder, name, pictures):
    path = os.path.join(pictures, name + ".svg")
    drawn = trace(quern, os.path.join(folder, name + ".pcap"), "--svg", "-")
    with open(path, encoding="utf-8") as file:
        assert file.read() == drawn, f"{path} is another; look at it and draw it again: CONTRIBUTING.md says how"


def write_picture(quern, folder, name, pictures):
    with open(os.path.join(pictures, name + ".svg"), "w", encoding="utf-8") as file:
        file.write(trace(quern, os.path.join(folder, name + ".pcap"), "--svg", "-"))


def play(cases):
    """Plays (sentence, function, arguments) and prints TAP; returns the exit code."""
    failed = 0
    print(f"1..{len(cases)}")
    for number, (sentence, case, *arguments) in enumerate(cases, 1):
        try:
            case(*arguments)
            print(f"ok {number} - {sentence}")
        except (AssertionError, OSError, ValueError, TypeError, subprocess.TimeoutExpired) as wrong:
            failed += 1
            print(f"not ok {number} - {sentence}\n# " + f"{type(wrong).__name__}: {wrong}".replace("\n", "\n# "))
    return 1 if failed else 0


def main(quern, scenes, pictures):
    draw = write_picture if os.environ.get("QUERN_WRITE_DOCS") == "1" else the_picture_is_the_committed_one
    with tempfile.TemporaryDirectory(prefix="quern-pictures-") as folder:
        subprocess.run([scenes, "--quiet"], env={**os.environ, "QUERN_PICTURES": folder, "QUERN_TEST_IP": "4"},
                       stdout=sys.stderr, timeout=60, check=True)
        cases = [(f"{name}: {case.__name__.replace('_', ' ')}", case, quern, folder, name, pictures)
                 for name in SCENES for case in (states_are_those_of_the_shards, draw)]
        # The place of capture has all that its end says and hears: so its states are known, whatever is lost.
        cases += [
            ("lives over a good line are told as they were, both ends", lives_are_told_as_they_were, quern, folder,
             "clear", (LEFT, RIGHT)),
            ("lives over a bad line are told as they were, at the place of capture", lives_are_told_as_they_were,
             quern, folder, "lossy", (LEFT,))]
        return play(cases)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
