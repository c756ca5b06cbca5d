#!/usr/bin/env python3
"""Every row of docs/attacks.md that is done names tests, and each of them exists: check_battery.py ROOT. Prints TAP."""

import os
import re
import sys

ROWS = range(1, 31)
ROW = re.compile(r"^\| (\d+) \|")
NAMED = re.compile(r"`([a-z_]+)/([a-z0-9_]+)`|\"([^\"]+)\"")
CRITERION = re.compile(r"^Test\((\w+),\s*(\w+)\)", re.MULTILINE)


def tests_of(root):
    """Names of all Criterion tests, as suite/name, and the text of all Python below tests/."""
    names, sentences = set(), ""
    for folder, _, files in os.walk(os.path.join(root, "tests")):
        for name in files:
            if not name.endswith((".c", ".py")) or name == os.path.basename(__file__):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            if name.endswith(".c"):
                names.update("/".join(pair) for pair in CRITERION.findall(text))
            else:
                sentences += text
    return names, sentences


def rows_of(text):
    """(row, fault, tests, criterion, figure) of each line of the tables."""
    for line in text.splitlines():
        if ROW.match(line):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            yield int(cells[0].strip("| ")), cells


def wrong_with(text, names, sentences):
    """What is wrong with the page, as lines."""
    wrong, seen = [], set()
    for row, cells in rows_of(text):
        seen.add(row)
        if len(cells) == 3:  # of a later step, or a test elsewhere: row, fault, where
            continue
        if len(cells) != 5:
            wrong.append(f"row {row}: {len(cells)} cells")
            continue
        named = NAMED.findall(cells[2])
        if not named:
            wrong.append(f"row {row}: names no test")
        for suite, name, sentence in named:
            if sentence and f'"{sentence}"' not in sentences:
                wrong.append(f"row {row}: no check says \"{sentence}\"")
            if name and f"{suite}/{name}" not in names:
                wrong.append(f"row {row}: there is no {suite}/{name}")
    return wrong + [f"row {row} is not there" for row in ROWS if row not in seen]


def main(root):
    names, sentences = tests_of(root)
    with open(os.path.join(root, "docs", "attacks.md"), encoding="utf-8") as file:
        text = file.read()
    planted = text.replace("`attack_syn/a_flood", "`attack_syn/no_flood", 1)
    checks = [("each row of the battery is there, and its tests exist", wrong_with(text, names, sentences)),
              ("a test that does not exist is noticed", [] if wrong_with(planted, names, sentences) else ["it is not"])]
    print(f"1..{len(checks)}")
    for number, (sentence, wrong) in enumerate(checks, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}")
        for line in wrong:
            print(f"# {line}")
    return 1 if any(wrong for _, wrong in checks) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
