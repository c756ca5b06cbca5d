"""Sizes, places, and what must not be left lying in a file."""

import ast
import os
import re

from tidy_tree import bare_c, line_at

FILE_LINES, FUNCTION_LINES, COLUMNS = 400, 60, 120
MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")


def c_functions(text):
    """(name, first line, lines) of each function: from its first word to its closing brace."""
    text, depth, since = bare_c(text), 0, 0
    head, is_function = "", False
    for match in re.finditer(r"[{};]", text):
        char = match.group()
        if char == "{":
            if depth == 0:
                head = text[since:match.start()]
                is_function = re.search(r"\)\s*(?:__attribute__.*)?$", head, re.DOTALL) is not None
                start = match.start() - len(head.lstrip())
            depth += 1
            continue
        depth -= char == "}"
        if depth == 0:
            if char == "}" and is_function:
                call = re.search(r"(\w+)\s*\(\s*([^()]*)", head)
                name = call.group(1) if call.group(1) != "Test" else f"Test({call.group(2).strip()})"
                first = line_at(text, start)
                yield name, first, line_at(text, match.start()) - first + 1
                is_function = False
            since = match.end()


def script_functions(path, text):
    """The same for Python and shell."""
    if path.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.name, node.lineno, node.end_lineno - node.lineno + 1
        return
    for match in re.finditer(r"^(?:function )?(\w+) *\(\)\s*[{(].*?^[})]", text, re.MULTILINE | re.DOTALL):
        yield match.group(1), line_at(text, match.start()), match.group().count("\n") + 1


def files_are_short(tree):
    counts = {path: tree.texts[path].count("\n") for path in tree.c_files() + tree.scripts()}
    return [f"{path}:{count}: {count} lines, at most {FILE_LINES}" for path, count in counts.items()
            if count > FILE_LINES]


def functions_are_short(tree):
    breaches = []
    for path in tree.c_files() + tree.scripts():
        text = tree.texts[path]
        functions = c_functions(text) if path.endswith((".c", ".h")) else script_functions(path, text)
        breaches += [f"{path}:{line}: {name} has {count} lines, at most {FUNCTION_LINES}"
                     for name, line, count in functions if count > FUNCTION_LINES]
    return breaches


def basenames_are_unique(tree):
    seen, breaches = {}, []
    for path in tree.c_files():
        other = seen.setdefault(os.path.basename(path), path)
        if other != path:
            breaches.append(f"{path}:1: {other} has the same name")
    return breaches


def folders_mirror_the_source(tree):
    breaches = {}
    for path in tree.c_files("tests/", "bench/"):
        folder = os.path.dirname(path)
        top, _, inside = folder.partition("/")
        if not inside or "/".join(folder.split("/")[:2]) in tree.law.mirrors:
            continue
        sources = (f"lib/{inside}", f"app/{inside}", inside if inside.split("/")[0] == "app" else "lib/" + inside)
        if not any(os.path.isdir(os.path.join(tree.root, source)) for source in sources):
            breaches[folder] = f"{path}:1: {top}/ mirrors lib/ and app/, which have no {inside}/"
    return list(breaches.values())


def nothing_is_left_to_do(tree):
    breaches = []
    for path, text in tree.texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            comment = line if path.endswith((".c", ".h")) else line.partition("#")[2]
            if MARKERS.search(comment):
                breaches.append(f"{path}:{number}: {MARKERS.search(comment).group()}: do it or file an issue")
    return breaches


def lines_end_cleanly(tree):
    breaches = []
    for path, text in tree.texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                breaches.append(f"{path}:{number}: white space at the end of the line")
        if text and not text.endswith("\n") or text.endswith("\n\n"):
            breaches.append(f"{path}:{text.count(chr(10))}: must end with exactly one line end")
    return breaches


def lines_are_short(tree):
    return [f"{path}:{number}: {len(line.expandtabs(8))} columns, at most {COLUMNS}"
            for path in tree.c_files() + tree.scripts()
            for number, line in enumerate(tree.texts[path].split("\n"), 1) if len(line.expandtabs(8)) > COLUMNS]


def files_say_what_they_are_for(tree):
    return [f"{path}:1: must open with a comment that says what the file is for"
            for path in tree.c_files() if not tree.texts[path].startswith("/* ")]


CHECKS = [(f"files have at most {FILE_LINES} lines", files_are_short),
          (f"functions have at most {FUNCTION_LINES} lines", functions_are_short),
          ("basenames of C files are unique", basenames_are_unique),
          ("tests and bench mirror lib and app", folders_mirror_the_source),
          ("nothing is marked as left to do", nothing_is_left_to_do),
          ("lines and files end cleanly", lines_end_cleanly),
          (f"lines have at most {COLUMNS} columns", lines_are_short),
          ("C files open with what they are for", files_say_what_they_are_for)]
