#!/usr/bin/env python3
"""Row 25 of the attack battery: quern is started with less than it needs: check_scarce.py QUERN. Prints TAP."""

import glob
import os
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import play  # noqa: E402

MIB = 1 << 20
RUN = ["bench", "-d", "100ms", "--cps", "1k", "-q"]
LINES_MOST = 2
NOBODY = 64999  # of whom no other process is


class Place:
    """A folder of its own for runtime files; whatever is started in it must leave nothing behind."""

    def __init__(self, quern, folder):
        self.quern, self.folder = os.path.join(folder, "quern"), os.path.join(folder, "run")
        shutil.copy(quern, self.quern)
        os.chmod(folder, 0o755)
        os.chmod(self.quern, 0o755)
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o1777)

    def run(self, *words, limits=(), user=None, folder=None):
        """Starts it under limits, (resource, bytes or number) each, and looks at what it leaves."""
        def limit():
            for what, most in limits:
                resource.setrlimit(what, (most, most))
            if user:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)

        pages = set(glob.glob("/dev/hugepages/*"))
        done = subprocess.run([self.quern, *RUN, *words], capture_output=True, text=True, timeout=30, check=False,
                              env={**os.environ, "TMPDIR": folder or self.folder}, preexec_fn=limit,
                              stdin=subprocess.DEVNULL)
        left = os.listdir(self.folder) + sorted(set(glob.glob("/dev/hugepages/*")) - pages)
        assert not left, f"{limits} leaves {left} behind: {done.stderr}"
        return done

    def works_or_says(self, cause, **given):
        """Whether it works; else it must say why, in one line and another with the remedy, and blame the machine."""
        done = self.run("--memory", "4k", **given)
        if done.returncode == 0:
            assert "RESULT  PASS" in done.stdout, done
            return True
        assert done.returncode == 3, f"{given}: exit code {done.returncode}: {done.stderr}"
        assert cause in done.stderr and done.stderr.startswith("error: "), f"{given}: {done.stderr}"
        assert done.stderr.count("\n") == LINES_MOST and "\n  " in done.stderr, f"{given}: {done.stderr}"
        return False

    def grows_into(self, cause, given_by):
        """From too little to enough: it says why until it works, and goes on working. Returns how often it said."""
        results = [self.works_or_says(cause, **given) for given in given_by]
        assert results == sorted(results), f"it works with less, and not with more: {results}"
        assert results[-1] and not results[0], results
        return results.count(False)


def address_space(place):
    sizes = [40, 180, 200, 220, 240, 260, 280, 300, 305, 310, 315, 320, 330, 340, 400, 1024]
    refused = place.grows_into("not enough memory: ",
                               [{"limits": [(resource.RLIMIT_AS, size * MIB)]} for size in sizes])
    print(f"# row 25: address space of {sizes[0]} to {sizes[-1]} MiB: {refused} of {len(sizes)} starts refused in one "
          "line, the others run")


def open_files(place):
    # Below these the loader or libnuma speaks first, which are not ours.
    counts = [*range(6, 26), 32, 48, 56, 128]
    refused = place.grows_into("not enough open files: ",
                               [{"limits": [(resource.RLIMIT_NOFILE, count)]} for count in counts])
    print(f"# row 25: {counts[0]} to {counts[-1]} open files: {refused} of {len(counts)} starts refused in one line")


def threads(place):
    cause = "not enough threads: "
    if os.geteuid() != 0:  # this user has other processes, nobody knows how many
        assert not place.works_or_says(cause, limits=[(resource.RLIMIT_NPROC, 1)])
        return
    refused = place.grows_into(cause, [{"limits": [(resource.RLIMIT_NPROC, count)], "user": NOBODY}
                                       for count in range(1, 11)])
    print(f"# row 25: 1 to 10 threads of a user: {refused} of 10 starts refused in one line")


def runtime_files(place):
    assert not place.works_or_says("no directory for runtime files in ", folder="/nonexistent")
    assert not place.works_or_says("no directory for runtime files in ", folder="/proc")


def more_records_than_memory(place):
    limits = [(resource.RLIMIT_AS, 1024 * MIB)]
    done = place.run("--memory", "4k", "--max-connections", "268M", limits=limits)
    assert done.returncode == 3 and done.stderr.startswith("error: not enough memory for 268000000 connections"), done
    done = place.run("--memory", "4k", "--max-connections", "5M", limits=limits)
    assert done.returncode == 3 and done.stderr.startswith("error: not enough memory: "), done
    assert done.stderr.count("\n") == LINES_MOST, done.stderr
    offer = done.stderr.split("it fits with ")[1].split()
    done = place.run("--memory", "4k", *offer, limits=limits)
    assert done.returncode == 0, f"{offer}: {done.stderr}"
    print(f"# row 25: 5M connections in 1 GiB are refused in one line, {offer[1]} as it offers run")


def free_pages():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("HugePages_Free"))


def without_hugepages(place):
    done = place.run("--memory", "auto")
    assert done.returncode == 0, done
    if free_pages() == 0:
        assert "4 KiB pages" in done.stdout, done.stdout
        done = place.run("--memory", "huge")
        assert done.returncode == 3 and done.stderr.startswith("error: not enough hugepages: "), done
        assert done.stderr.count("\n") == LINES_MOST and "--memory 4k" in done.stderr, done.stderr


CASES = [("with too little address space a start fails in one line, or works", address_space),
         ("with too few open files a start fails in one line, or works", open_files),
         ("with too few threads a start fails in one line, or works", threads),
         ("without a place for runtime files a start fails in one line", runtime_files),
         ("more records than there is memory for fail in one line that says how many fit", more_records_than_memory),
         ("without hugepages a start works with small pages, or fails in one line where it must not",
          without_hugepages)]


def main(quern):
    def placed(case):
        def played():
            with tempfile.TemporaryDirectory(prefix="quern-scarce-") as folder:
                case(Place(os.path.abspath(quern), folder))
        return played

    return play([(sentence, placed(case)) for sentence, case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
