"""A copy of the tree with a build of its own, in which a mutant lives until a test kills it."""

import filecmp
import json
import os
import shutil
import subprocess

from mutant_sites import is_mutated, sites_of

# Suites that see nothing of a mutant in TCP, wheel or table that the others do not, and take long.
LEFT_OUT = {"long", "soak", "peer", "peer6", "app", "app6", "bench", "doctor", "engine", "examples", "nic", "tidy"}
TEST_SECONDS = 1200


class Stillborn(Exception):
    """A mutant that no compiler takes."""


class Tree:
    """The copy: made once, built once without a change, then changed and mended again for each mutant."""

    def __init__(self, root, scratch, compiler):
        self.root, self.tree, self.build = root, os.path.join(scratch, "tree"), os.path.join(scratch, "build")
        self.env = dict(os.environ, CC=compiler, CCACHE_BASEDIR=scratch)
        os.makedirs(self.tree, exist_ok=True)
        self._copy()
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            self._run("meson", "setup", "-Dbuildtype=debugoptimized", "-Dtests=true", self.build, self.tree)
        self.stages = {}

    def _copy(self):
        listed = subprocess.run(["git", "-C", self.root, "ls-files", "-z"], capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            here, there = os.path.join(self.root, name), os.path.join(self.tree, name)
            if os.path.exists(here) and not (os.path.exists(there) and filecmp.cmp(here, there, shallow=False)):
                os.makedirs(os.path.dirname(there), exist_ok=True)
                shutil.copy2(here, there)

    def _run(self, *command, timeout=None):
        done = subprocess.run(command, cwd=self.tree, env=self.env, capture_output=True, text=True, timeout=timeout,
                              check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-2000:]}")

    def sites(self):
        """Every site of every file, in a fixed order."""
        found = []
        for folder, _, names in sorted(os.walk(os.path.join(self.tree, "lib"))):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(folder, name), self.tree)
                if is_mutated(path):
                    found += sites_of(path, self.read(path))
        return found

    def read(self, path):
        with open(os.path.join(self.tree, path), encoding="utf-8", newline="") as file:
            return file.read()

    def write(self, path, text):
        with open(os.path.join(self.tree, path), "w", encoding="utf-8", newline="") as file:
            file.write(text)

    def plan(self, path):
        """Names and programs of the tests that are run for a file, in three stages."""
        module = path.split("/")[1]
        if module not in self.stages:
            programs = self.programs()
            ordinary = [test for test in self._introspect("--tests") if test["cmd"][0] in programs
                        and not LEFT_OUT & {suite.split(":")[-1] for suite in test["suite"]}]
            near = [test for test in ordinary if "quern:" + module in test["suite"]]
            pure = [test for test in near if "quern:unit" in test["suite"]]
            stages = [pure, [test for test in near if test not in pure],
                      [test for test in ordinary if test not in near]]
            self.stages[module] = [tests for tests in stages if tests]
        return self.stages[module]

    def _introspect(self, what):
        return json.loads(subprocess.run(["meson", "introspect", what, self.build], capture_output=True,
                                         check=True).stdout)

    def programs(self):
        """The files that the build makes."""
        return {name for target in self._introspect("--targets") for name in target["filename"]}

    def build_tests(self, tests):
        """Builds what tests need. A compiler that refuses a mutant makes it stillborn."""
        needed = {word for test in tests for word in test["cmd"]} & self.programs()
        targets = [os.path.relpath(word, self.build) for word in sorted(needed)]
        done = subprocess.run(["ninja", "-C", self.build, *targets], capture_output=True, text=True, env=self.env,
                              check=False)
        if done.returncode != 0:
            raise Stillborn(done.stdout[-1000:] + done.stderr)

    def first_failure(self, tests):
        """The name of a test that fails, or nothing."""
        log = os.path.join(self.build, "meson-logs", "testlog.json")
        if os.path.exists(log):
            os.remove(log)
        try:
            subprocess.run(["meson", "test", "-C", self.build, "--no-rebuild", "--maxfail", "1",
                            *sorted({test["name"] for test in tests})], capture_output=True, env=self.env,
                           timeout=TEST_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return "the time of all tests"
        with open(log, encoding="utf-8") as lines:
            results = [json.loads(line) for line in lines]
        failed = [result["name"] for result in results if result["result"] not in ("OK", "SKIP", "INTERRUPT")]
        return failed[0] if failed else ""

    def fate(self, site):
        """The test that kills a mutant, or nothing for one that survives."""
        source = self.read(site.path)
        self.write(site.path, site.apply(source))
        try:
            for tests in self.plan(site.path):
                self.build_tests(tests)
                killer = self.first_failure(tests)
                if killer:
                    return killer
            return ""
        finally:
            self.write(site.path, source)
