#!/usr/bin/env python3
"""Holds the tree against its law and prints TAP: check_tidy.py text|layers|headers|march ROOT BUILD MARCH."""

import os
import sys

import tidy_compile
import tidy_layers
import tidy_text
from tidy_tree import Law, Tree, run_checks


def bind(checks, tree):
    return [(sentence, lambda check=check: check(tree)) for sentence, check in checks]


def main(what, root, build, march):
    tree = Tree(root, Law(os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.txt")))
    if what == "text":
        return run_checks(bind(tidy_text.CHECKS, tree))
    if what == "layers":
        return run_checks(bind(tidy_layers.CHECKS, tree))
    if what == "headers":
        return run_checks(tidy_compile.header_checks(tree, march))
    if what == "march":
        return run_checks([("-march as asked arrives last at every compile command",
                            lambda: tidy_compile.march_arrives(build, march))])
    raise ValueError(f"no such check: {what}")


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(1 if main(*sys.argv[1:]) else 0)
