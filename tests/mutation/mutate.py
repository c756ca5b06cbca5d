#!/usr/bin/env python3
"""Changes the library at places drawn by seed, and looks whether a test notices. Prints TAP.

mutate.py ROOT SCRATCH [--seed N] [--skip N] [--count N] [--least N] [--only FILE:LINE:OPERATOR] [--compiler CC]
"""

import argparse
import random
import sys
import time

from mutant_tree import Stillborn, Tree


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root")
    parser.add_argument("scratch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--least", type=int, default=54)
    parser.add_argument("--only", default="")
    parser.add_argument("--compiler", default="clang-14")
    return parser.parse_args()


def drawn(tree, settings):
    """The sites in the order in which the seed draws them; more than are wanted, as some do not compile."""
    sites = tree.sites()
    if settings.only:
        return [site for site in sites if str(site).replace(": ", ":") == settings.only]
    print(f"# {len(sites)} sites", flush=True)
    return random.Random(settings.seed).sample(sites, len(sites))[settings.skip:]


def tell(number, site, killer, seconds):
    text = " ".join(site.text.split())
    print(f"# {number} {site} {text[:60]!r}: {'killed by ' + killer if killer else 'SURVIVES'}, {seconds:.0f} s",
          flush=True)


def unchanged_passes(tree):
    """The copy must be sound before it is harmed."""
    for path in ("lib/tcp/tcp_input.c", "lib/wheel/wheel.c", "lib/table/table.c", "lib/base/seq.h"):
        for tests in tree.plan(path):
            tree.build_tests(tests)
    everything = {test["name"]: test for stage in tree.plan("lib/base/seq.h") for test in stage}
    return tree.first_failure(list(everything.values()))


def main():
    settings = parse()
    tree = Tree(settings.root, settings.scratch, settings.compiler)
    broken = unchanged_passes(tree)
    print(f"1..2\n{'not ' if broken else ''}ok 1 - without a change all tests pass {broken}".rstrip(), flush=True)
    killed, survivors, stillborn = 0, [], 0
    for site in [] if broken else drawn(tree, settings):
        if killed + len(survivors) == settings.count:
            break
        began = time.monotonic()
        try:
            killer = tree.fate(site)
        except Stillborn:
            stillborn += 1
            continue
        killed += bool(killer)
        survivors += [] if killer else [site]
        tell(killed + len(survivors), site, killer, time.monotonic() - began)
    enough = killed >= settings.least and not broken
    mutants = killed + len(survivors)
    print(f"{'' if enough else 'not '}ok 2 - of {mutants} mutants of seed {settings.seed} {killed} are killed, at "
          f"least {settings.least} must be ({stillborn} did not compile)")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
