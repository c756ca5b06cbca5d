#!/usr/bin/env python3
"""Runs quern as a user who makes mistakes and prints TAP: check_errors.py QUERN DOCS. By --table in the place of DOCS
it prints docs/errors.md anew, where all of them can be made: as root, without hugepages."""

import contextlib
import re
import subprocess
import sys

from errors_cases import HELP, PARTS
from errors_lab import Lab

HEAD = """# Errors

Every error names its cause and its place in one line, and its remedy there or in a line below. Exit codes: 1 the run
failed, 2 wrong usage, 3 the machine is not ready, 4 the generator was the bottleneck (`--strict`), 130 and 143 stopped
by a signal. This page is printed by
`tests/app/check_errors.py QUERN --table`, and a test holds it against what the program says; N stands for numbers of
the machine, `/tmp/q` for a folder. After each of these nothing is left: no process, runtime directory, hugepage file,
socket or interface.
"""

# What changes from machine to machine.
MASKS = [(r"\d+ bytes \(\d+ MiB\)", "N bytes (N MiB)"), (r"\d+ MiB", "N MiB"), (r"echo \d+", "echo N"),
         (r"(fits with|   or:) --max-connections \d+", r"\1 --max-connections N"),
         (r"There are: [^;]*; say more: ip", "There are: lo, k0, k1; say more: ip")]


def shown(output, folder):
    """The lines of an output that are the same on every machine."""
    lines = output.replace(folder, "/tmp/q").splitlines()
    if any(line.startswith("RESULT") for line in lines):
        lines = [line[:12] for line in lines if line.startswith("RESULT")] + \
                [line for line in lines if line.startswith("error: ")]
    text = "\n".join(line for line in lines if not line.startswith("quern load"))
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text)
    return text


def cell(text):
    marks = "``" if "`" in text else "`"
    return "<br>".join(f"{marks}{line.strip()}{marks}".replace("|", "\\|") for line in text.splitlines())


def row(case, output, folder):
    command = case.command().replace("FOLDER", "/tmp/q").replace(",".join(["0"] * 17), "0,0,…")
    given = f" ({case.given})" if case.given else ""
    return f"| {cell(command)}{given} | {case.code} | {cell(shown(output, folder))} |"


def what_is_missing(case, lab):
    """Why a case cannot be made here, or None."""
    for need in (case.needs, case.user):
        if need and need not in lab.can:
            return {"namespace": "needs root and network namespaces", "pages": "needs root and no hugepages reserved",
                    "nobody": "nobody may not run the program"}.get(need, f"needs a {need}")
    return None


def complaint(case, done, left):
    """What is wrong with the run, or None."""
    output = done.stdout + done.stderr
    if done.returncode != case.code:
        return f"exit code {done.returncode} instead of {case.code}: {output}"
    for words in case.says:
        if words not in output:
            return f"'{words}' is missing in: {output}"
    if output.count("\n") > case.lines:
        return f"more than {case.lines} lines: {output}"
    if case.code and case not in HELP and sum(line.startswith("error: ") for line in output.splitlines()) != 1:
        return f"not one error: {output}"
    if "error: " in done.stdout or (case in HELP and case.code == 0 and done.stderr):
        return f"on the wrong stream: {output}"
    return f"left behind: {left}" if left else None


def run_case(case, lab):
    """The finished process, and what is left behind."""
    interfaces = lab.interfaces()
    with case.before(lab) if case.before else contextlib.nullcontext():
        done = lab.run(case.words, case.user)
    return done, lab.leftovers(interfaces)


def print_table(quern):
    with Lab(quern) as lab:
        print(HEAD)
        for title, cases in PARTS:
            print(f"## {title}\n\n| command | exit code | output |\n|---|---|---|")
            for case in cases:
                assert not what_is_missing(case, lab), f"{case.command()}: {what_is_missing(case, lab)}"
                done, _ = run_case(case, lab)
                print(row(case, done.stdout + done.stderr, lab.folder))
            print() if title != PARTS[-1][0] else None
    return 0


def judge(case, lab, documented):
    for index, words in enumerate(case.says):
        case.says[index] = words.replace("FOLDER", lab.folder)
    try:
        done, left = run_case(case, lab)
    except (AssertionError, OSError, subprocess.SubprocessError) as wrong:
        return f"{type(wrong).__name__}: {wrong}"
    wrong = complaint(case, done, left)
    line = row(case, done.stdout + done.stderr, lab.folder)
    if not wrong and case not in HELP and line not in documented:
        wrong = f"docs/errors.md does not say this (print it by --table): {line}"
    return wrong


def main(quern, docs):
    cases = HELP + [case for _, part in PARTS for case in part]
    failed = 0
    if docs == "--table":
        return print_table(quern)
    with open(docs, encoding="utf-8") as file:
        documented = file.read().splitlines()
    print(f"1..{len(cases) + 1}")
    with Lab(quern) as lab:
        for number, case in enumerate(cases, 1):
            missing = what_is_missing(case, lab)
            wrong = None if missing else judge(case, lab, documented)
            failed += wrong is not None
            print(f"{'not ok' if wrong else 'ok'} {number} - {case.command()} ends with {case.code}"
                  + (f" # SKIP {missing}" if missing else ""))
            if wrong:
                print("# " + wrong.replace("\n", "\n# "))
            sys.stdout.flush()
    rows = sum(line.startswith("| `") for line in documented)
    is_whole = rows == len(cases) - len(HELP)
    print(f"{'ok' if is_whole else 'not ok'} {len(cases) + 1} - docs/errors.md has a row for each mistake ({rows})")
    return 1 if failed or not is_whole else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
