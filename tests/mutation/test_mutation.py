#!/usr/bin/env python3
"""Holds the operators of mutants against small sources, and against the library: test_mutation.py ROOT. Prints TAP."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))

from mutant_sites import OPERATORS, is_mutated, sites_of  # noqa: E402
from tidy_tree import run_checks  # noqa: E402

# A source, and all that is made of it.
CHANGES = [
    ("\tif (a < b)\n", {"\tif (a <= b)\n", "\tif (!(a < b))\n"}),
    ("\tif (seq_before(a, b) &&\n\t    c)\n",
     {"\tif (seq_before_eq(a, b) &&\n\t    c)\n", "\tif (seq_before(a, b) ||\n\t    c)\n"}),
    ("\treturn a >= b;\n", {"\treturn a > b;\n"}),
    ("\treturn a - 1;\n", {"\treturn a + 1;\n", "\treturn a - 2;\n"}),
    ("\treturn a == 0;\n", {"\treturn a != 0;\n", "\treturn a == 1;\n"}),
    ("\treturn true;\n", {"\treturn false;\n"}),
    ("\tconn->flags |= FLAG;\n", {"\tconn->flags = FLAG;\n", "\t(void)0;\n"}),
    ("\tflight->left -= bytes;\n", {"\tflight->left += bytes;\n", "\t(void)0;\n"}),
    ("\twheel_cancel(wheel, 7);\n", {"\t(void)0;\n"}),
    ("\tif (!is_old(a))\n\t\treturn;\n", {"\tif (is_old(a))\n\t\treturn;\n", "\tif (!(!is_old(a)))\n\t\treturn;\n"}),
    ("\tif (a)\n\t\tfree(b);\n", {"\tif (!(a))\n\t\tfree(b);\n", "\tif (a)\n\t\t(void)0;\n"}),
    ("\tif (bits & (ONE | TWO))\n", {"\tif (!(bits & (ONE | TWO)))\n"}),
]
UNTOUCHED = ["/* a < b && c == 0 */\n", "#define LESS(a, b) (a < b)\n", '\treturn say("a == 0");\n',
             "\tCHECK(front <= segment->text_bytes);\n", "static_assert(sizeof(a) == 64, \"one line\");\n"]


def changes_are_as_listed():
    wrong = []
    for source, wanted in CHANGES:
        found = {site.apply(source) for site in sites_of("lib/tcp/x.c", source)}
        if found != wanted:
            wrong.append(f"{source!r}: {sorted(found)}")
    return wrong


def what_is_no_code_stays():
    return [f"{source!r}: {site}" for source in UNTOUCHED for site in sites_of("lib/tcp/x.c", source)]


def every_operator_fits_somewhere(root):
    """In the library as it is; and each site changes something, and one place only."""
    unused, wrong = {operator for operator, _, _ in OPERATORS}, []
    for folder, _, names in os.walk(os.path.join(root, "lib")):
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), root)
            if not is_mutated(path):
                continue
            with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
                source = file.read()
            for site in sites_of(path, source):
                unused.discard(site.operator)
                if site.apply(source) == source or source[site.start:site.end] != site.text:
                    wrong.append(str(site))
    return sorted(unused) + wrong


def main(root):
    broken = run_checks([("each operator makes of a source what is listed", changes_are_as_listed),
                         ("comments, directives, strings and checks stay as they are", what_is_no_code_stays),
                         ("each operator fits somewhere, and each site is a change",
                          lambda: every_operator_fits_somewhere(root))])
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
