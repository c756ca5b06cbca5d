"""The tree and its law as the tidy checks see them, and TAP for what they find."""

import os
import re

TOP = ("lib", "app", "bench", "tests")
SCRIPT_SUFFIXES = (".py", ".sh")


class Law:
    """tests/tidy/layers.txt as dictionaries."""

    def __init__(self, path):
        self.rows, self.dpdk, self.names, self.mirrors, self.clock = {}, {}, {}, set(), 0
        with open(path, encoding="utf-8") as text:
            for line in text:
                word, *rest = line.split("#")[0].split() or [""]
                if word == "row":
                    self.rows.update((folder, int(rest[0])) for folder in rest[1:])
                elif word == "dpdk":
                    self.dpdk[rest[0]] = int(rest[1])
                elif word == "names":
                    self.names[rest[0]] = rest[1:]
                elif word == "clock":
                    self.clock = int(rest[0])
                elif word == "mirror":
                    self.mirrors.update(rest)
                elif word:
                    raise ValueError(f"{path}: unknown word {word}")

    def folder_of(self, path):
        """The folder of the law that holds a file, or None."""
        inside = [folder for folder in self.rows if path.startswith(folder + "/")]
        return max(inside, key=len, default=None)

    def dpdk_row(self, header):
        """The lowest row that may include a header of DPDK, or None for other headers."""
        fitting = [prefix for prefix in self.dpdk if header.startswith(prefix)]
        return self.dpdk[max(fitting, key=len)] if fitting else None


class Tree:
    """The files that the law is about: path from the root -> text."""

    def __init__(self, root, law):
        self.root, self.law, self.texts, self.generated = root, law, {}, set()
        for path in sorted(self._walk()):
            with open(os.path.join(root, path), encoding="utf-8", newline="") as text:
                self.texts[path] = text.read()

    def _walk(self):
        for name in ("quickstart", ".ci/run", "meson.build", "meson_options.txt"):
            if os.path.exists(os.path.join(self.root, name)):
                yield name
        for top in TOP:
            for folder, below, names in os.walk(os.path.join(self.root, top)):
                below[:] = [name for name in below if name != "__pycache__"]
                self.generated.update(name[:-len(".in")] for name in names if name.endswith(".in"))
                for name in names:
                    if name == "meson.build" or name.endswith((".c", ".h") + SCRIPT_SUFFIXES):
                        yield os.path.relpath(os.path.join(folder, name), self.root)

    def c_files(self, *tops):
        return [path for path in self.texts if path.endswith((".c", ".h")) and path.startswith(tops or TOP)]

    def headers(self):
        return [path for path in self.texts if path.endswith(".h")]

    def scripts(self):
        return [path for path in self.texts if path.endswith(SCRIPT_SUFFIXES) or path in ("quickstart", ".ci/run")]


def blank(match):
    """Spaces in place of what matched, line ends kept, so that line numbers stay."""
    return re.sub(r"[^\n]", " ", match.group())


def bare_c(text):
    """C without comments, strings, preprocessor lines and what only C++ sees; every line stays where it is."""
    text = re.sub(r"^#ifdef __cplusplus\n.*?^#endif$", blank, text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.DOTALL)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", blank, text, flags=re.MULTILINE)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def run_checks(checks):
    """Runs (sentence, function that gives breaches) pairs and prints TAP; the number of broken ones."""
    broken = 0
    print(f"1..{len(checks)}", flush=True)
    for number, (sentence, check) in enumerate(checks, 1):
        breaches = check()
        broken += bool(breaches)
        print(f"{'not ok' if breaches else 'ok'} {number} - {sentence}")
        for breach in breaches:
            print(f"# {breach}")
    return broken
