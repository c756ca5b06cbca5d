#!/usr/bin/env python3
"""Holds the model check against its promises and prints TAP: test_model.py MODEL.

Each kind of sabotage is found under the rule that it breaks, by a short way that can be gone again; a plan that is
sound passes, and says how large its space is."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
from tidy_tree import run_checks  # noqa: E402

# The sabotage, a plan in which it shows, and the letter of the rule that it breaks.
BROKEN = {
    "text": ("byte", "a"),
    "time-wait": ("open", "b"),
    "edge": ("open", "c"),
    "window": ("simultaneous", "d"),
    "forge": ("open", "b"),
    "arm": ("simultaneous", "e"),
    "reset": ("open", "h"),
    "fin": ("open", "i"),
    "timer": ("simultaneous", "i"),
    "storm": ("answer", "i"),
}
EVENTS_MAX = 15


def run(model, *arguments):
    """The exit status of a run, and what it prints."""
    done = subprocess.run([model, *arguments], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def sabotage_is_found(model, kind):
    """What is wrong with how this sabotage is found, or nothing."""
    plan, letter = BROKEN[kind]
    status, text = run(model, "--plan", plan, "--sabotage", kind)
    found = re.search(r"^# plan \S+ breaks \((\w)\).*\n.*\n#   after (\d+) events:", text, re.MULTILINE)
    if status != 1 or not found or not re.search(r"^not ok 1 - ", text, re.MULTILINE):
        return f"status {status}: {text[-400:]}"
    if found[1] != letter or int(found[2]) > EVENTS_MAX:
        return found[0]
    return ""


def way_can_be_gone_again(model):
    """The events that are printed lead to the same rule, packet by packet."""
    _, text = run(model, "--plan", "open", "--sabotage", "time-wait")
    ladder = text[text.index(" events:\n") + len(" events:\n"):text.index("# again:")]
    again = re.search(r"^# again: model (.*)$", text, re.MULTILINE)
    status, text = run(model, "--sabotage", "time-wait", *again[1].split())
    if status != 1 or "# breaks (b)" not in text or not text.startswith(ladder):
        return text
    missing = [words for words in ("SYN seq 0 win 4", "SYN ACK seq 0 ack 1", "FIN ACK", "is told: established")
               if words not in ladder]
    return f"not in the ladder: {missing}" if missing else ""


def way_is_sound_without_sabotage(model):
    """The same events break nothing where nobody is sabotaged."""
    _, text = run(model, "--plan", "open", "--sabotage", "window")
    again = re.search(r"^# again: model (.*)$", text, re.MULTILINE)
    status, text = run(model, *again[1].split())
    return "" if status == 0 and "# breaks (-): no rule" in text and "all is over" in text else text


def space_is_counted(model):
    """A sound plan passes, and the same space is as large each time."""
    status, text = run(model, "--plan", "open")
    counts = re.search(r"^# open: (\d+) states, (\d+) transitions, (\d+) deep", text, re.MULTILINE)
    if status != 0 or not counts or "\nok 1 - open: " not in text:
        return text
    if not 10000 < int(counts[1]) < int(counts[2]):
        return counts[0]
    return "" if counts[0] in run(model, "--plan", "open")[1] else "another count"


def plan_is_named(model):
    """A plan that is none is refused, and those that there are are named."""
    status, text = run(model, "--plan", "none")
    return "" if status == 2 and "usage:" in text and " simultaneous" in text else text


def main(model):
    checks = [(f"sabotage of kind {kind} breaks rule ({letter})",
               lambda kind=kind: sabotage_is_found(model, kind)) for kind, (_, letter) in BROKEN.items()]
    checks += [("a way that is printed can be gone again", lambda: way_can_be_gone_again(model)),
               ("the same way is sound without sabotage", lambda: way_is_sound_without_sabotage(model)),
               ("a space is counted, and the same each time", lambda: space_is_counted(model)),
               ("a plan that is none is refused", lambda: plan_is_named(model))]
    return 1 if run_checks([(sentence, lambda check=check: check().splitlines()) for sentence, check in checks]) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
