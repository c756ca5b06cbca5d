#!/usr/bin/env python3
"""Every row of docs/attacks.md that is done names tests, and each of them exists: check_battery.py ROOT. Prints TAP."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
from doc_rows import NAMED, Tests, page, rows_of  # noqa: E402
from tidy_tree import run_checks  # noqa: E402

ROWS = range(1, 31)


def wrong_with(text, tests):
    """What is wrong with the page, as lines."""
    wrong, seen = [], set()
    for row, cells in rows_of(text):
        seen.add(row)
        if len(cells) == 3:  # of a later step, or a test elsewhere: row, fault, where
            continue
        if len(cells) != 5:
            wrong.append(f"row {row}: {len(cells)} cells")
            continue
        if not NAMED.search(cells[2]):
            wrong.append(f"row {row}: names no test")
        wrong += [f"row {row}: {what}" for what in tests.unknown(cells[2])]
    return wrong + [f"row {row} is not there" for row in ROWS if row not in seen]


def main(root):
    tests, text = Tests(root), page(root, "attacks.md")
    planted = text.replace("`attack_syn/a_flood", "`attack_syn/no_flood", 1)
    return run_checks([
        ("each row of the battery is there, and its tests exist", lambda: wrong_with(text, tests)),
        ("a test that does not exist is noticed", lambda: [] if wrong_with(planted, tests) else ["it is not"])])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
