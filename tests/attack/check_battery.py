#!/usr/bin/env python3
"""Every row of the battery in docs/rfc.md, where its tests are named, has its criterion and figure in docs/attacks.md,
or says there what it waits for: check_battery.py ROOT. Prints TAP."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
from check_rfc import FAULTS, OPEN, fault_rows, verdict  # noqa: E402
from doc_rows import NAMED, page, rows_of  # noqa: E402
from tidy_tree import run_checks  # noqa: E402

WITH_FIGURE, WAITS = 4, 3  # cells: row, fault, criterion, figure; row, fault, what it waits for


def wrong_with(attacks, rfc):
    """What is wrong with the page, as lines."""
    wrong, seen = [], []
    names = dict(fault_rows(rfc))
    for row, cells in rows_of(attacks):
        seen.append(row)
        if row not in names:
            wrong.append(f"row {row}: docs/rfc.md has none of that number")
            continue
        fault, is_open = names[row][1], verdict(names[row][3]) == OPEN
        if len(cells) != (WAITS if is_open else WITH_FIGURE):
            wrong.append(f"row {row}: {len(cells)} cells, though docs/rfc.md says that it is {'not' * is_open} there")
        if cells[1] != fault:
            wrong.append(f"row {row}: here it is \"{cells[1]}\", in docs/rfc.md \"{fault}\"")
        wrong += [f"row {row}: a cell says nothing" for cell in cells if not cell]
        wrong += [f"row {row}: names {found[0]} a second time" for found in NAMED.finditer(" ".join(cells[2:]))
                  if found[1]]
    return wrong + [f"row {row} is there {seen.count(row)} times" for row in range(1, FAULTS + 1)
                    if seen.count(row) != 1]


def noticed(attacks, rfc, what, put):
    """That the page is found wrong with this in the place of that."""
    return [] if attacks.count(what) and wrong_with(attacks.replace(what, put, 1), rfc) else ["it is not"]


def main(root):
    attacks, rfc = page(root, "attacks.md"), page(root, "rfc.md")
    return run_checks([
        ("each row of the battery is there, with what docs/rfc.md says of it", lambda: wrong_with(attacks, rfc)),
        ("a row that is missing is noticed", lambda: noticed(attacks, rfc, "\n| 6 |", "\n| six |")),
        ("a row that is another is noticed", lambda: noticed(attacks, rfc, "| no local port left |", "| none |")),
        ("a test that is named here is noticed", lambda: noticed(attacks, rfc, "| one entry;", "| `attack_syn/a`;")),
        ("a row that waits, and does not say so, is noticed",
         lambda: noticed(attacks, rfc, "| UDP reflection |", "| UDP reflection | a criterion |"))])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
