#!/usr/bin/env python3
"""Every row of docs/rfc.md has tests that run, or says what is missing: check_rfc.py ROOT BUILD. Prints TAP.

Its rows are those of the RFCs, and behind them those of the attack battery, which are numbered from 1 again.

check_rfc.py ROOT BUILD ran looks whether the last `meson test` of all has seen each of them pass.
"""

import re
import sys

from doc_rows import NAMED, Tests, before_and_from, left_out, ordinary, page, passed, rows_of
from tidy_tree import run_checks

ROWS, REASONS_MOST, FAULTS = 118, 10, 30
FAULTS_HEADING = "## G. Attacks and faults"
MAY_HAVE_REASON = set("SDP/")
PROVEN, REASONED, OPEN = "proven", "reasoned", "open"


def verdict(still):
    """What the last cell of a row makes of it, or None."""
    if not still:
        return PROVEN
    if re.match(r"not yet$|not yet: \w", still):
        return OPEN
    return REASONED if re.match(r"reason: \w", still) else None


def rfc_rows(text):
    return rows_of(before_and_from(text, FAULTS_HEADING)[0])


def fault_rows(text):
    return rows_of(before_and_from(text, FAULTS_HEADING)[1])


def parts(text):
    """(row, level, tests, verdict) of each row of the RFCs that has all its cells."""
    return [(row, cells[2], cells[4], verdict(cells[5])) for row, cells in rfc_rows(text) if len(cells) == 6]


def faults(text):
    """The same of the battery, where the level is that of a MUST: there is no reason to leave one out."""
    return [(f"{row} of the battery", "M", cells[2], verdict(cells[3])) for row, cells in fault_rows(text)
            if len(cells) == 4]


def counts(text):
    """The line that the page must have."""
    verdicts = [what for _, _, _, what in parts(text)]
    return f"Of {len(verdicts)} rows {verdicts.count(PROVEN)} are proven, {verdicts.count(REASONED)} have a reason, " \
        f"{verdicts.count(OPEN)} are not there yet."


def fault_counts(text):
    """The line that the part about attacks must have."""
    verdicts = [what for _, _, _, what in faults(text)]
    return f"Of {len(verdicts)} faults {verdicts.count(PROVEN)} have their tests, " \
        f"{verdicts.count(OPEN)} are not there yet."


def rows_are_complete(text):
    wrong = []
    for rows, count, width in ((rfc_rows(text), ROWS, 6), (fault_rows(text), FAULTS, 4)):
        wrong += [f"row {row}: {len(cells)} cells, not {width}" for row, cells in rows if len(cells) != width]
        found = [row for row, _ in rows]
        if found != list(range(1, count + 1)):
            wrong.append(f"the rows are not 1 to {count} in order: {found}")
    return wrong


def tests_exist_and_run(text, tests, run):
    wrong = []
    for row, _, named, _ in parts(text) + faults(text):
        wrong += [f"row {row}: {what}" for what in tests.unknown(named)]
        wrong += [f"row {row}: an ordinary run leaves out {suite}/{name}" for suite, name, _ in NAMED.findall(named)
                  if f"{suite}/{name}" in tests.files and f"{suite}/{name}" not in run]
    return wrong


def nothing_is_claimed(text):
    """A row without a mark has a test, and a reason is no way out of a MUST."""
    wrong = []
    for row, level, named, what in parts(text) + faults(text):
        if what is None:
            wrong.append(f"row {row}: the last cell is neither empty nor \"not yet\" nor a reason")
        if what == PROVEN and not NAMED.search(named):
            wrong.append(f"row {row}: names no test, and is not said to be open")
        if what == REASONED and not set(level) <= MAY_HAVE_REASON:
            wrong.append(f"row {row}: a reason does not do for level {level}")
    reasons = [row for row, _, _, what in parts(text) if what == REASONED]
    if len(reasons) > REASONS_MOST:
        wrong.append(f"{len(reasons)} reasons, at most {REASONS_MOST}: rows {reasons}")
    return wrong


def counts_are_right(text):
    end = f"\n{fault_counts(text)}\n\n{counts(text)}"
    return [] if text.rstrip().endswith(end) else [f"the page must end with:{end}"]


def tests_have_passed(text, names, skipped):
    """Checks with processes may be skipped where the user has no right to make networks, and then say so."""
    wrong = []
    for row, _, named, _ in parts(text) + faults(text):
        needed = [sentence or f"{suite}/{name}" for suite, name, sentence in NAMED.findall(named)]
        wrong += [f"row {row}: {name} did not pass, or did not run" for name in needed
                  if name not in names and f'"{name}"' not in skipped]
    return wrong


def noticed(text, pattern, put, check):
    """A check that the page, changed in one place, is found wrong."""
    planted = re.sub(pattern, put, text, count=1, flags=re.MULTILINE)
    return [] if planted != text and check(planted) else ["it is not"]


def planted_faults(text, exist):
    """The same of the battery, whose rows have two cells before the tests, and stand behind its heading."""
    fault = r"(\n## G\. (?:.*\n)*?\| 9 \|[^|]*\|)[^|]*\|[^|]*\|$"
    return [("a row of the battery that is missing is noticed",
             lambda: noticed(text, r"(\n## G\. (?:.*\n)*?)\| 9 \|.*\n", r"\1", rows_are_complete)),
            ("a test of the battery that does not exist is noticed",
             lambda: noticed(text, fault, r"\1 `attack_ports/no_such_test` | |", exist)),
            ("a test of the battery that is for long runs only is noticed",
             lambda: noticed(text, fault, r"\1 `attack_blind_long/a_million_forged_segments_a_state_end_nothing"
                             r"_and_inject_nothing` | |", exist)),
            ("a row of the battery without a test is noticed",
             lambda: noticed(text, fault, r"\1 | |", nothing_is_claimed)),
            ("a row of the battery with a reason is noticed",
             lambda: noticed(text, fault, r"\1 | reason: a |", nothing_is_claimed)),
            ("a test that has not passed is noticed",
             lambda: [] if len(tests_have_passed(text, set(), "")) > ROWS else ["it is not"]),
            ("a wrong count of the battery is noticed",
             lambda: noticed(text, r"^Of 30 faults ", "Of 30 faults 1", counts_are_right))]


def planted(text, exist):
    first = r"^(\| 1 \|(?:[^|]*\|){3})[^|]*\|[^|]*\|$"
    return [("a row that is missing is noticed", lambda: noticed(text, r"^\| 7 \|.*\n", "", rows_are_complete)),
            ("a row with a cell too many is noticed", lambda: noticed(text, r"^\| 7 \|", "| 7 | |", rows_are_complete)),
            ("a test that does not exist is noticed",
             lambda: noticed(text, "`tcp_reset/a_closed", "`tcp_reset/no_closed", exist)),
            ("a test that is for long runs only is noticed",
             lambda: noticed(text, first, r"\1 `attack_blind_long/a_million_forged_segments_a_state_end_nothing"
                             r"_and_inject_nothing` | |", exist)),
            ("a MUST without a test is noticed", lambda: noticed(text, first, r"\1 | |", nothing_is_claimed)),
            ("a MUST with a reason is noticed", lambda: noticed(text, first, r"\1 | reason: a |", nothing_is_claimed)),
            ("a mark that means nothing is noticed", lambda: noticed(text, first, r"\1 | soon |", nothing_is_claimed)),
            ("a wrong count is noticed", lambda: noticed(text, r"^Of 118 rows ", "Of 118 rows 1", counts_are_right))]


def checks_of_the_page(text, tests, run):
    def exist(page_text):
        return tests_exist_and_run(page_text, tests, run)

    return [("each of the 118 rows is there, in order, and of the battery's 30", lambda: rows_are_complete(text)),
            ("each test that a row names exists and runs", lambda: exist(text)),
            ("no row claims what no test proves", lambda: nothing_is_claimed(text)),
            ("the counts at the end are right", lambda: counts_are_right(text)), *planted(text, exist),
            *planted_faults(text, exist)]


def main(root, build, what="page"):
    text = page(root, "rfc.md")
    if what == "ran":
        checks = [("each test that a row names has passed",
                   lambda: tests_have_passed(text, passed(build), left_out(build)))]
    else:
        tests = Tests(root)
        checks = checks_of_the_page(text, tests, ordinary(tests, build))
    broken = run_checks(checks)
    print(f"# {counts(text)}\n# {fault_counts(text)}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
