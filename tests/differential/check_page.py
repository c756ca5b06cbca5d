#!/usr/bin/env python3
"""The table of docs/differential.md names what allowed.txt allows, and no more: check_page.py ROOT. Prints TAP."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
from doc_rows import page  # noqa: E402
from tidy_tree import run_checks  # noqa: E402


def named(text):
    """The differences that the table names, one or more in the first cell of a row."""
    cells = re.findall(r"^\| (`[\w`, ]+`) \|(?:[^|]*\|){3}$", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def wrong_with(text, allowed):
    names = set(re.findall(r"^allow (\w+)$", allowed, re.MULTILINE))
    return [f"{name} is not in both" for name in sorted(names ^ named(text))]


def main(root):
    text = page(root, "differential.md")
    with open(os.path.join(root, "tests/differential/allowed.txt"), encoding="utf-8") as file:
        allowed = file.read()
    return run_checks([
        ("the page names each difference that may be, and no other", lambda: wrong_with(text, allowed)),
        ("one that is left out is noticed",
         lambda: [] if wrong_with(text, allowed + "\nallow one_more\n") else ["it is not"])])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
