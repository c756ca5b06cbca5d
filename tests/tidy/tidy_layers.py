"""Who may include whom, and which names a header may declare."""

import os
import re

from tidy_tree import bare_c, line_at

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
SEARCH = ("lib", "lib/include", "app", "tests", "bench")
DECLARATION = re.compile(r"^(?!typedef\b|struct\s+\w+\s*$)[A-Za-z_][\w \t*]*?\b(\w+)\(", re.MULTILINE)
SET_CLOCK = r"(?P<set>CLOCK_REALTIME\w*|CLOCK_TAI|(?:gettimeofday|timespec_get|time|ftime)(?=\s*\())"
CLOCK = re.compile(rf"\b(?:{SET_CLOCK}|(?:clock_gettime|clock|__rdtsc|rte_rdtsc\w*|rte_get_\w*cycles\w*)(?=\s*\())")
NOT_A_NAME = {"sizeof", "static_assert", "_Static_assert", "__attribute__", "_Alignas", "alignas"}


def includes(tree, path):
    """(line, header as written, the tree's file or None, whether in quotes) of each include."""
    order = ("app",) + SEARCH if path.startswith("app/") else SEARCH
    for match in INCLUDE.finditer(tree.texts[path]):
        header = match.group(1) or match.group(2)
        beside = [os.path.dirname(path)] if match.group(2) else []
        places = (os.path.normpath(os.path.join(place, header)) for place in (*order, *beside))
        found = next((place for place in places if place in tree.texts), None)
        yield line_at(tree.texts[path], match.start()), header, found, match.group(2) is not None


def go_down_only(tree):
    """Breaches of the rows: an include that goes up, or sideways into another folder of the row."""
    law, breaches = tree.law, []
    for path in tree.c_files("lib/", "app/"):
        folder = law.folder_of(path)
        if folder is None:
            breaches.append(f"{path}:1: its folder has no row in layers.txt")
            continue
        for line, header, found, _ in includes(tree, path):
            other = found and law.folder_of(found)
            if found and other is None:
                breaches.append(f"{path}:{line}: includes {header}, which is no part of the product")
            elif other and other != folder and law.rows[other] >= law.rows[folder]:
                rows = f"row {law.rows[folder]} includes row {law.rows[other]}"
                breaches.append(f"{path}:{line}: includes {header}: {rows}")
    return breaches


def resolve(tree):
    """Breaches where a quoted include names no file of the tree, nor one that the build makes from NAME.in."""
    return [f"{path}:{line}: \"{header}\" is no file of the tree; write \"folder/file.h\""
            for path in tree.c_files() for line, header, found, quoted in includes(tree, path)
            if quoted and not found and os.path.basename(header) not in tree.generated]


def have_no_cycle(tree):
    """Breaches where headers include each other in a circle."""
    edges = {path: [found for _, _, found, _ in includes(tree, path) if found] for path in tree.headers()}
    breaches, done = [], set()

    def visit(path, trail):
        if path in trail:
            breaches.append(f"{path}:1: " + " -> ".join(trail[trail.index(path):] + [path]))
        elif path not in done:
            for other in edges.get(path, []):
                visit(other, trail + [path])
            done.add(path)

    for path in edges:
        visit(path, [])
    return breaches


def app_sees_public_headers_only(tree):
    """Breaches where app/ looks below the public API."""
    breaches = []
    for path in tree.c_files("app/"):
        for line, header, found, _ in includes(tree, path):
            private = found and not found.startswith(("app/", "lib/include/quern/"))
            if private or header.startswith("rte_"):
                breaches.append(f"{path}:{line}: includes {header}; app/ sees <quern/*.h> and app/ only")
    return breaches


def keep_dpdk_in_its_place(tree):
    """Breaches where a header of DPDK is included below its row."""
    breaches = []
    for path in tree.c_files("lib/"):
        row = tree.law.rows.get(tree.law.folder_of(path), 0)
        for line, header, _, _ in includes(tree, path):
            lowest = tree.law.dpdk_row(header)
            if lowest is not None and row < lowest:
                breaches.append(f"{path}:{line}: includes <{header}> in row {row}; it belongs to row {lowest} and up")
    return breaches


def public_headers_need_libc_only(tree):
    """Breaches where a public header includes something that is neither public nor libc's."""
    return [f"{path}:{line}: a public header includes {header}"
            for path in tree.headers() if path.startswith("lib/include/")
            for line, header, _, quoted in includes(tree, path)
            if quoted or header.startswith("rte_") or ("/" in header and not header.startswith(("quern/", "sys/")))]


def top_level(text):
    """A header's text with everything inside braces blanked, so that only declarations remain."""
    out, depth = [], 0
    for char in bare_c(text):
        depth -= char == "}"
        out.append(char if depth == 0 or char == "\n" else " ")
        depth += char == "{"
    return "".join(out)


def names_start_with_their_folder(tree):
    """Breaches where a header of lib/ declares a function under a foreign name."""
    breaches = []
    for path in tree.headers():
        if not path.startswith("lib/"):
            continue
        folder = tree.law.folder_of(path) or os.path.dirname(path)
        public = path.startswith("lib/include/")
        own = [] if public else [os.path.basename(folder) + "_", *tree.law.names.get(folder, [])]
        text = top_level(tree.texts[path])
        for match in DECLARATION.finditer(text):
            name = match.group(1)
            if name not in NOT_A_NAME and not name.startswith(("quern_", *own)):
                line = line_at(text, match.start(1))
                breaches.append(f"{path}:{line}: {name}() must start with {' or '.join(['quern_', *own])}")
    return breaches


def clocks_are_read_by_workers_only(tree):
    """Breaches where lib/ asks a clock that can be set, or any clock below the row that reads it for the others."""
    breaches = []
    for path in tree.c_files("lib/"):
        for match in CLOCK.finditer(bare_c(tree.texts[path])):
            line = line_at(tree.texts[path], match.start())
            if match.group("set"):
                breaches.append(f"{path}:{line}: {match.group('set')} can be set: a clock of the library only goes on")
            elif tree.law.rows.get(tree.law.folder_of(path), 0) < tree.law.clock:
                breaches.append(f"{path}:{line}: below row {tree.law.clock} time is an argument")
    return breaches


CHECKS = [("includes go down only", go_down_only), ("quoted includes name a file of the tree", resolve),
          ("headers have no include cycle", have_no_cycle),
          ("app sees public headers only", app_sees_public_headers_only),
          ("DPDK's headers keep to their rows", keep_dpdk_in_its_place),
          ("public headers need libc only", public_headers_need_libc_only),
          ("functions in headers start with their folder's name", names_start_with_their_folder),
          ("the library asks no clock that can be set, and none at all below its workers",
           clocks_are_read_by_workers_only)]
