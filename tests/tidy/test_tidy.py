#!/usr/bin/env python3
"""Plants one breach after the other in small trees and expects the tidy checks to name its file and line."""

import json
import os
import sys
import tempfile

import tidy_compile
import tidy_layers
import tidy_text
from tidy_tree import Law, Tree, run_checks

LAW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.txt")

# A tree without fault; every case below changes or adds a file.
GOOD = {
    "lib/include/quern/a.h": "/* a.h - public. */\n#include <stdint.h>\nint quern_a(uint32_t a);\n",
    "lib/base/seq.h": "/* seq.h - low. */\n#include <stdint.h>\nstatic inline int seq_x(void)\n{\n\treturn 1;\n}\n",
    "lib/wire/wire_a.h": "/* wire_a.h - middle. */\n#include \"base/seq.h\"\nint wire_a(void);\n",
    "lib/table/table.h": "/* table.h - beside wire. */\nint table_a(int (*visit)(int a));\n",
    "lib/shard/shard.c": "/* shard.c - high. */\n#include <rte_mbuf.h>\n#include \"wire/wire_a.h\"\n",
    "lib/nic/nic.c": "/* nic.c - higher. */\n#include <rte_ethdev.h>\n#include \"shard/shard.h\"\n",
    "lib/shard/shard.h": "/* shard.h - high. */\nint shard_a(void);\n",
    "app/cli/cli_a.h": "/* cli_a.h - a command. */\n#include <jansson.h>\n#include <quern/a.h>\nint cli_a(void);\n",
    "app/cli/cli_a.c": "/* cli_a.c - a command. */\n#include \"made.h\"\n#include \"cli/cli_a.h\"\n",
    "app/cli/made.h.in": "/* made.h - the build makes it. */\n",
    "tests/wire/test_wire_a.c": "/* test_wire_a.c - a test. */\n#include \"wire/wire_a.h\"\n",
    "tests/cli/test_cli_a.c": "/* test_cli_a.c - a test. */\n",
    "tests/sim/sim_a.c": "/* sim_a.c - a simulation. */\n",
    "bench/floor/floor.c": "/* floor.c - a bench. */\n",
}


def c_function(lines):
    """A C file whose one function is as long as asked."""
    return "/* a.c - one function. */\n#define BRACE {\n\nstatic int\none(const char *a)\n{\n" \
        + "\tif (a[0] == '}') { a = \"{\"; } /* } */\n" * (lines - 4) + "}\n"


def py_function(lines):
    return "def one():\n" + "    pass\n" * (lines - 1)


def sh_function(lines):
    return "#!/bin/sh\none()\n{\n" + "\ttrue\n" * (lines - 3) + "}\n"


L, T = tidy_layers, tidy_text
# (what the check must say, check, file that breaks it, its text, what the breach must begin with)
BREACHES = [
    ("an include that goes up", L.go_down_only, "lib/base/up.h", "/* */\n#include \"wire/wire_a.h\"\n", 2),
    ("an include within the row", L.go_down_only, "lib/wire/side.c", "/* */\n#include \"table/table.h\"\n", 2),
    ("a product file that includes a test", L.go_down_only, "lib/tcp/t.c", "/* */\n#include \"sim/sim_a.c\"\n", 2),
    ("a folder without a row", L.go_down_only, "lib/new/new.c", "/* */\n", 1),
    ("an include of no file", L.resolve, "lib/wire/gone.c", "/* */\n\n#include \"wire/gone.h\"\n", 3),
    ("a header that includes itself", L.have_no_cycle, "lib/wire/w.h", "/* */\n#include \"wire/w.h\"\n", 1),
    ("a cycle of two headers", L.have_no_cycle, "lib/base/seq.h", "/* */\n#include \"wire/wire_a.h\"\n", 1),
    ("app that looks below the API", L.app_sees_public_headers_only, "app/cli/low.c",
     "/* */\n#include \"base/seq.h\"\n", 2),
    ("app that includes DPDK", L.app_sees_public_headers_only, "app/cli/low.c", "/* */\n#include <rte_eal.h>\n", 2),
    ("DPDK below shard", L.keep_dpdk_in_its_place, "lib/tcp/low.c", "/* */\n#include <rte_mbuf.h>\n", 2),
    ("ethdev below nic", L.keep_dpdk_in_its_place, "lib/shard/low.c", "/* */\n#include <rte_ethdev.h>\n", 2),
    ("a public header with DPDK", L.public_headers_need_libc_only, "lib/include/quern/b.h",
     "/* */\n#include <rte_mbuf.h>\n", 2),
    ("a public header with an internal one", L.public_headers_need_libc_only, "lib/include/quern/b.h",
     "/* */\n#include \"base/seq.h\"\n", 2),
    ("a public function without quern_", L.names_start_with_their_folder, "lib/include/quern/b.h",
     "/* */\nint other(void);\n", 2),
    ("a public function without quern_, in extern \"C\"", L.names_start_with_their_folder, "lib/include/quern/b.h",
     "/* */\n#ifdef __cplusplus\nextern \"C\" {\n#endif\nint other(void);\n#ifdef __cplusplus\n}\n#endif\n", 5),
    ("an internal function of another name", L.names_start_with_their_folder, "lib/wire/b.h",
     "/* */\nstruct b {\n\tint (*f)(void);\n};\nstruct b *table_b(\n\tint a);\n", 5),
    ("an inline function of another name", L.names_start_with_their_folder, "lib/tcp/b.h",
     "/* */\nstatic inline int wire_b(void)\n{\n\treturn sizeof(int);\n}\n", 2),
    ("the wall clock", L.clocks_are_read_by_workers_only, "lib/engine/a.c",
     "/* */\nint a(void)\n{\n\tclock_gettime(CLOCK_REALTIME, 0);\n}\n", 4),
    ("the wall clock by its old name", L.clocks_are_read_by_workers_only, "lib/worker/a.c",
     "/* */\nlong a(void)\n{\n\treturn time(0);\n}\n", 4),
    ("a clock below the workers", L.clocks_are_read_by_workers_only, "lib/shard/a.c",
     "/* */\nlong a(void)\n{\n\treturn rte_rdtsc();\n}\n", 4),
    ("a file of 401 lines", T.files_are_short, "lib/wire/long.c", "/* */\n" + "int a;\n" * 400, 401),
    ("a script of 401 lines", T.files_are_short, "quickstart", "#!/bin/sh\n" + "true\n" * 400, 401),
    ("a C function of 61 lines", T.functions_are_short, "lib/wire/a.c", c_function(61), 4),
    ("a Python function of 61 lines", T.functions_are_short, "tests/sim/a.py", py_function(61), 1),
    ("a shell function of 61 lines", T.functions_are_short, "quickstart", sh_function(61), 2),
    ("two files of one name", T.basenames_are_unique, "tests/wire/seq.h", "/* */\n", 1),
    ("a test folder that mirrors nothing", T.folders_mirror_the_source, "tests/other/test_o.c", "/* */\n", 1),
    ("a bench folder that mirrors nothing", T.folders_mirror_the_source, "bench/sim/bench_o.c", "/* */\n", 1),
    ("a mark in C", T.nothing_is_left_to_do, "lib/wire/a.c", "/* */\n/* FIX" + "ME later */\n", 2),
    ("a mark in a script", T.nothing_is_left_to_do, "quickstart", "#!/bin/sh\n# TO" + "DO\n", 2),
    ("white space at a line's end", T.lines_end_cleanly, "lib/wire/a.c", "/* */\nint a; \n", 2),
    ("a carriage return", T.lines_end_cleanly, "lib/wire/a.c", "/* */\r\nint a;\n", 1),
    ("a missing last line end", T.lines_end_cleanly, "lib/wire/a.c", "/* */\nint a;", 1),
    ("an empty line at the end", T.lines_end_cleanly, "lib/wire/a.c", "/* */\n\n", 2),
    ("a line of 121 columns", T.lines_are_short, "lib/wire/a.c", "/* */\n\t" + "a" * 113 + "\n", 2),
    ("a file that does not say what it is for", T.files_say_what_they_are_for, "lib/wire/a.c", "int a;\n", 1),
]
ALLOWED = [
    ("a C function of 60 lines", T.functions_are_short, "lib/wire/a.c", c_function(60)),
    ("a worker that reads the counter", L.clocks_are_read_by_workers_only, "lib/worker/a.c",
     "/* */\nlong a(void)\n{\n\treturn rte_rdtsc();\n}\n"),
    ("a Python function of 60 lines", T.functions_are_short, "tests/sim/a.py", py_function(60)),
    ("a shell function of 60 lines", T.functions_are_short, "quickstart", sh_function(60)),
    ("a file of 400 lines", T.files_are_short, "lib/wire/long.c", "/* */\n" + "int a;\n" * 399),
]


def plant(root, files):
    for path, text in files.items():
        place = os.path.join(root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8", newline="") as out:
            out.write(text)
    return Tree(root, Law(LAW))


def breaches_of(check, files):
    with tempfile.TemporaryDirectory() as root:
        return check(plant(root, {**GOOD, **files}))


def expect_breach(check, path, text, line):
    found = breaches_of(check, {path: text})
    if any(breach.startswith(f"{path}:{line}: ") for breach in found):
        return []
    return [f"expected {path}:{line}, got {found}"]


def expect_one_header_to_fail():
    """The header check must fail on a header that leans on another's include, and on that one only."""
    lame = {"lib/include/quern/lame.h": "/* */\n#ifndef L\n#define L\nuint32_t quern_lame(void);\n#endif\n"}
    with tempfile.TemporaryDirectory() as root:
        tree = plant(root, {**GOOD, **lame})
        failing = [path for path in tree.headers() if path.startswith("lib/include/")
                   and tidy_compile.compile_alone(tree, path, "x86-64")]
    return [] if failing == list(lame) else [f"expected {list(lame)}, got {failing}"]


def expect_one_header_to_fail_in_cplusplus():
    """A word that C++ keeps for itself is found in a public header, and so is a function without extern "C"."""
    guarded = ("#ifndef L\n#define L\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n%s\n"
               "#ifdef __cplusplus\n}\n#endif\n#endif\n")
    lame = {"lib/include/quern/word.h": "/* */\n" + guarded % "int quern_word(int class);",
            "lib/include/quern/mangled.h": "/* */\nint quern_mangled(void);\n"}
    good = {"lib/include/quern/a.h": "/* */\n" + guarded % "int quern_a(int a);"}
    with tempfile.TemporaryDirectory() as root:
        tree = plant(root, {**GOOD, **lame, **good})
        failing = [path for path in tree.headers() if path.startswith("lib/include/")
                   and tidy_compile.compile_as_cplusplus(tree, path)]
    return [] if sorted(failing) == sorted(lame) else [f"expected {list(lame)}, got {failing}"]


def expect_march(flags, march, breaks):
    with tempfile.TemporaryDirectory() as build:
        entry = {"directory": build, "file": "a.c", "command": f"cc {flags} -c a.c"}
        with open(os.path.join(build, "compile_commands.json"), "w", encoding="utf-8") as out:
            json.dump([entry], out)
        found = tidy_compile.march_arrives(build, march)
    return [] if bool(found) == breaks else [f"{flags} for {march}: {found}"]


def main():
    every = [check for _, check in tidy_layers.CHECKS + tidy_text.CHECKS]
    cases = [("a tree without fault passes every check",
              lambda: [breach for check in every for breach in breaches_of(check, {})])]
    cases += [(f"names {what}", lambda rest=rest: expect_breach(*rest)) for what, *rest in BREACHES]
    cases += [(f"allows {what}", lambda check=check, path=path, text=text: breaches_of(check, {path: text}))
              for what, check, path, text in ALLOWED]
    cases += [("names a header that does not compile alone", expect_one_header_to_fail),
              ("names a public header that is no C++", expect_one_header_to_fail_in_cplusplus),
              ("names a -march that another overrides",
               lambda: expect_march("-march=x86-64-v3 -march=corei7", "x86-64-v3", True)),
              ("names a missing -march", lambda: expect_march("-O3", "native", True)),
              ("allows the -march that comes last",
               lambda: expect_march("-march=corei7 -march=native", "native", False))]
    return run_checks(cases)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
