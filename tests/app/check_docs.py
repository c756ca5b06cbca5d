#!/usr/bin/env python3
"""Holds the documentation for users against the program, and prints TAP: check_docs.py QUERN.
check_docs.py --drops prints the table of drop reasons that docs/results.md has.

Blocks that begin with ```sh run are run, benches for a moment; those that need namespaces, as root only."""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
USER_DOCS = ["README.md"] + [f"docs/{name}.md"
                             for name in ("configuration", "forwarding", "http", "methodology", "namespaces", "ports",
                                          "rates", "results", "trace", "tuning", "tutorial")]
COMMANDS = ("bench", "serve", "load", "ctl", "doctor", "trace", "forward", "compare", "report", "merge", "init")
BY_FILE = ("run", "check")  # with the flags of the file's kind
TOOLS = ("ip", "ethtool", "curl", "wrk", "nc", "nginx", "jq")
DROPS = re.compile(r"<!-- drops: [^\n]*-->\n\n(.*?)\n?<!-- end of drops -->", re.DOTALL)

# What a script must have printed, and how often.
WANTED = {"docs/forwarding.md": {"answer of 10.3.0.5\n": 1, "answer of 10.3.0.6\n": 1,
                                 "datagrams     forwarded 2   returned 2   ICMP errors passed on 0": 1},
          "README.md": {"200 10000000": 1, "RESULT  ABORTED   quern serve": 1},
          "docs/namespaces.md": {"200 10000000 bytes\n": 1, "200 10000000 bytes over IPv6\n": 1, "Requests/sec": 1,
                                 "\nhello\n": 1, "failed 0\n": 8, "RESULT  PASS   quern load": 4,
                                 "RESULT  ABORTED   quern serve": 4},
          "docs/methodology.md": {"RESULT  PASS   quern load": 2, "RESULT  ABORTED   quern serve": 1},
          "docs/tutorial.md": {"RESULT  PASS   quern load http": 1, "failed 0\n": 1}}


class Wrong(Exception):
    """What a document says is not so."""


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def documents():
    pages = sorted(os.path.relpath(path, ROOT) for path in glob.glob(f"{ROOT}/docs/*.md"))
    return ["README.md", "CONTRIBUTING.md"] + pages


def expect_none(wrongs):
    if wrongs:
        raise Wrong("\n".join(wrongs))


def links_lead_somewhere(_quern):
    wrongs, count = [], 0
    for path in documents():
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", read(path)):
            count += 1
            if "://" not in target and not os.path.exists(os.path.join(ROOT, os.path.dirname(path), target)):
                wrongs.append(f"{path}: no {target}")
    if count < 20:
        wrongs.append(f"only {count} links were found")
    expect_none(wrongs)


def flags_of(quern, command):
    """Of a command, by its own help."""
    done = subprocess.run([quern, command, "--help-all"], capture_output=True, text=True, timeout=20, check=True)
    return set(re.findall(r"(?<![\w-])(--?[a-z0-9][a-z0-9-]*)", done.stdout)) | {"--help", "--help-all"}


def used_commands(text):
    """(command, its flags) of every command line and code span, whatever stands before and behind it."""
    text = re.sub(r"\\\n\s*", "", text)
    for command, rest in re.findall(r"(?<![\w/-])(?:build/app/)?quern ([a-z]+)\b([^`|;&>)\n]*)", text):
        words = re.split(r"\s--\s|\s#", rest)[0].split()
        yield command, [word.rstrip(".,:") for word in words if re.match(r"--?[a-z0-9]", word)]


def flags_exist(quern):
    known = {command: flags_of(quern, command) for command in COMMANDS}
    known |= {command: known["bench"] | known["serve"] | known["load"] | known["forward"] for command in BY_FILE}
    wrongs, count = [], 0
    for path in documents():
        if path == "docs/errors.md":  # shows what is refused
            continue
        text = read(path)
        for command, flags in used_commands(text):
            count += 1
            wrongs += [f"{path}: quern {command} has no {flag}" for flag in flags
                       if command in known and flag not in known[command]]
        wrongs += [f"{path}: no command {command}" for command in re.findall(r"build/app/quern ([a-z]+)(?![\w/])", text)
                   if command not in known]
        if path in USER_DOCS:
            wrongs += [f"{path}: no command has {flag}" for flag in re.findall(r"`(--[a-z0-9-]+)", text)
                       if not any(flag in flags for flags in known.values())]
    if count < 40:
        wrongs.append(f"only {count} commands were found")
    expect_none(wrongs)


def drop_reasons():
    """(key, text) of each, from the header that the program has them from."""
    header = read("lib/include/quern/counters.h").split("enum quern_drop", 1)[0]
    return re.findall(r'X\([A-Z0-9_]+, "([a-z0-9_]+)", "([^"]+)"\)', header)


def drops_table():
    return "| reason | what the report says |\n|---|---|\n" + "".join(f"| `{key}` | {text} |\n"
                                                                     for key, text in drop_reasons())


def drops_are_those_of_the_program(_quern):
    text, reasons = read("docs/results.md"), drop_reasons()
    if len(reasons) < 50:
        raise Wrong(f"only {len(reasons)} reasons were found in counters.h")
    table = DROPS.search(text)
    if not table or table.group(1).strip() != drops_table().strip():
        raise Wrong("docs/results.md has another table of drops than check_docs.py --drops prints")
    advice = text.split("| reason | usually |", 1)[1].split("\n\n", 1)[0]
    names = [name for row in advice.split("\n")[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    expect_none([f"docs/results.md: no reason {name}" for name in names if name not in dict(reasons)])
    if len(names) < 15:
        raise Wrong(f"advice for {len(names)} reasons only was found")


def is_of_namespaces(block):
    return "ip netns" in block or "$serve" in block


def script_of(path, in_namespaces):
    """The blocks of a document that are to be run, one behind the other."""
    blocks = re.findall(r"^```sh run\n(.*?)^```", read(path), re.DOTALL | re.MULTILINE)
    return "".join(block for block in blocks if is_of_namespaces(block) == in_namespaces)


def prepared(script, quern, folder):
    """With places and names that nobody else has, and short benches."""
    lines = script.split("\n")
    for number, line in enumerate(lines):
        if "quern bench" in line:
            lines[number] = re.sub(r"--warmup \d+s", "--warmup 100ms", re.sub(r"-d \d+s", "-d 300ms", line))
    script = "\n".join(lines).replace("/tmp/", folder + "/").replace("build/app/quern", quern)
    return re.sub(r"\b(qclient|qserver|mill)\b", rf"\1-{os.getpid()}", script)


def why_not(script):
    """Why a script cannot run here, or None."""
    if not {0, 1} <= os.sched_getaffinity(0):
        return "needs cores 0 and 1"
    for tool in TOOLS:
        if re.search(rf"(^|[\s|]){tool} ", script) and shutil.which(tool) is None:
            return f"no {tool}"
    if "ip netns" in script and os.geteuid() != 0:
        return "needs root"
    if "tap:" in script and not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    return None


def clean_up(process):
    """Ends what the script has started, and removes its namespaces."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    for path in glob.glob(f"/run/netns/*-{os.getpid()}"):
        name = os.path.basename(path)
        pids = subprocess.run(("ip", "netns", "pids", name), capture_output=True, text=True, check=False).stdout
        for pid in pids.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(("ip", "netns", "del", name), check=False)


def run_script(script, quern, folder):
    """Returns what it printed; Wrong where a command failed, but for the end of what was killed."""
    script = """trap 'echo "failed: $BASH_COMMAND"' ERR\n""" + prepared(script, quern, folder)
    with subprocess.Popen(["bash", "-c", script], cwd=folder, env={**os.environ, "TMPDIR": folder}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        try:
            printed, _ = process.communicate(timeout=90)
        except subprocess.TimeoutExpired as late:
            raise Wrong(f"not done within 90 s: {(late.stdout or b'')[-2000:]}") from late
        finally:
            clean_up(process)
    bad = [line for line in printed.split("\n")
           if re.match(r"error: |RESULT  FAIL|failed: (?!wait)|bash: ", line)]
    if bad:
        raise Wrong("\n".join(bad) + f"\n---\n{printed}")
    return printed


def run_document(path, in_namespaces, quern):
    script = script_of(path, in_namespaces)
    with tempfile.TemporaryDirectory(prefix="qd-") as folder:
        printed = run_script(script, quern, folder)
        left = glob.glob(f"{folder}/quern-*") + glob.glob(f"{folder}/*.sock")
    wrongs = [f"left behind: {name}" for name in left]
    if in_namespaces:
        # Where others had the CPU for a second and more, as quern says itself, set-ups may fail in time.
        is_starved = "has not turned for" in printed
        wrongs += [f"{printed.count(text)} times {text!r}, not {count}" for text, count in WANTED[path].items()
                   if printed.count(text) != count and not (is_starved and text == "failed 0\n")]
    elif script.count("quern ") < 1 or "RESULT  PASS" not in printed:
        wrongs.append("no result that passes")
    expect_none(wrongs and wrongs + ["---", printed])


def report(number, name, case, skip=None):
    """Prints a line of TAP; returns 1 where the case failed."""
    if skip:
        print(f"ok {number} - {name} # SKIP {skip}", flush=True)
        return 0
    try:
        case()
    except (Wrong, OSError, subprocess.SubprocessError) as wrong:
        print(f"not ok {number} - {name}\n# " + str(wrong).replace("\n", "\n# "), flush=True)
        return 1
    print(f"ok {number} - {name}", flush=True)
    return 0


def main(quern):
    quern = os.path.abspath(quern)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what stands in `finally` is done
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    scripts = [(path, space) for space in (False, True) for path in USER_DOCS if script_of(path, space)]
    cases = [links_lead_somewhere, flags_exist, drops_are_those_of_the_program]
    print(f"1..{len(cases) + len(scripts)}", flush=True)
    failed = 0
    for number, case in enumerate(cases, 1):
        failed += report(number, case.__name__.replace("_", " "), lambda case=case: case(quern))
    for number, (path, space) in enumerate(scripts, len(cases) + 1):
        name = f"the commands of {path}{' in namespaces' if space else ''} do what it says"
        failed += report(number, name, lambda path=path, space=space: run_document(path, space, quern),
                         why_not(script_of(path, space)))
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--drops"]:
        print(drops_table(), end="")
    else:
        sys.exit(main(*sys.argv[1:]))
