"""Pages of docs/ with tables whose rows name the tests that prove them: the rows, and the tests that there are."""

import fnmatch
import json
import os
import re

ROW = re.compile(r"^\| (\d+) \|")
NAMED = re.compile(r"`([a-z_0-9]+)/([a-z0-9_]+)`|\"([^\"]+)\"")
CRITERION = re.compile(r"^Test\((\w+),\s*(\w+)\)", re.MULTILINE)
PAGE_CHECKS = ("check_battery.py", "check_rfc.py")
NOT_ORDINARY = {"long", "soak"}
RESULT = re.compile(r"^(not )?ok\b[ \d]*- (.+?)(?:\s+\(\d+\.\d+s\))?(?:\s*#.*)?$", re.MULTILINE)
VARIANT = re.compile(r" \([a-z_]+, \d+\)$")  # the kind of port and the workers that tests/peer run a sentence with


def page(root, name):
    with open(os.path.join(root, "docs", name), encoding="utf-8") as file:
        return file.read()


def rows_of(text):
    """(row, its cells) of each line of the tables; the row's number is the first cell."""
    return [(int(ROW.match(line).group(1)), [cell.strip() for cell in re.split(r" \|(?= |$)", line[1:])[:-1]])
            for line in text.splitlines() if ROW.match(line)]


def before_and_from(text, heading):
    """A page up to a heading, and from there on, which is where another kind of rows begins."""
    before, found, behind = text.partition(f"\n{heading}\n")
    return before, found + behind


class Tests:
    """`files`: suite/name of each Criterion test -> its file; `sentences`: the text of all Python below tests/."""

    def __init__(self, root):
        self.files, self.sentences = {}, ""
        for folder, _, names in os.walk(os.path.join(root, "tests")):
            for name in names:
                if name in PAGE_CHECKS or not name.endswith((".c", ".py")):
                    continue
                path = os.path.realpath(os.path.join(folder, name))
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                if name.endswith(".c"):
                    self.files.update((f"{suite}/{test}", path) for suite, test in CRITERION.findall(text))
                else:
                    self.sentences += text

    def unknown(self, cell):
        """What a cell names that does not exist, as lines."""
        for suite, test, sentence in NAMED.findall(cell):
            if sentence and f'"{sentence}"' not in self.sentences:
                yield f'no check says "{sentence}"'
            if test and f"{suite}/{test}" not in self.files:
                yield f"there is no {suite}/{test}"


def load(build, name):
    with open(os.path.join(build, "meson-info", name), encoding="utf-8") as file:
        return json.load(file)


def run_by_meson(build):
    """(source file, filter of test names) of each program of the ordinary run; the filter is * where it has none."""
    sources = {}
    for target in load(build, "intro-targets.json"):
        of_target = {os.path.realpath(path) for part in target["target_sources"] for path in part.get("sources", [])}
        sources.update((filename, of_target) for filename in target["filename"])
    for test in load(build, "intro-tests.json"):
        if NOT_ORDINARY & {suite.rpartition(":")[2] for suite in test["suite"]}:
            continue
        filters = [word[len("--filter="):] for word in test["cmd"] if word.startswith("--filter=")]
        for path in sources.get(test["cmd"][0], ()):
            yield path, filters[-1] if filters else "*"


def ordinary(tests, build):
    """Names of the Criterion tests that an ordinary `meson test` runs."""
    runs = list(run_by_meson(build))
    return {name for name, path in tests.files.items()
            if any(path == source and fnmatch.fnmatch(name, pattern) for source, pattern in runs)}


def results(build):
    """What the last `meson test` of a build has seen of each test."""
    with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8", errors="replace") as log:
        return [json.loads(line) for line in filter(str.strip, log)]


def passed(build):
    """What has passed: suite/name of Criterion tests, sentences of the others; in each of their runs and variants."""
    names, failed = set(), set()
    for result in results(build):
        for wrong, name in RESULT.findall(result.get("stdout", "")):
            (failed if wrong else names).update({name.replace("::", "/"), VARIANT.sub("", name)})
    return names - failed


def left_out(build):
    """The text of checks that were skipped as a whole, for want of rights or tools: script, and the part that its
    words name."""
    text = ""
    for result in results(build):
        if not re.match(r"1\.\.0 # SKIP", result.get("stdout", "")):
            continue
        for script in (word for word in result["command"] if word.endswith(".py")):
            folder, words = os.path.dirname(script), result["command"]
            for name in os.listdir(folder):
                if name == os.path.basename(script) or any(name.endswith(f"_{word}.py") for word in words):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        text += file.read()
    return text
