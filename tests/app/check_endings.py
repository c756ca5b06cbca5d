#!/usr/bin/env python3
"""Ends quern in the middle of things, takes away what it needs, and looks at what it says and leaves; prints TAP:
check_endings.py QUERN."""

import os
import signal
import subprocess
import sys
import time

from errors_lab import Lab

BENCH = ["bench", "-d", "300ms", "-q", "--memory", "4k"]


def serve(device):
    return ["serve", "-p", device, "--ip", "198.18.0.1/24", "-q"]


def end(process, seconds=10):
    """Its exit code and all that it has printed."""
    text, _ = process.communicate(timeout=seconds)
    return process.returncode, text


def start(lab, words):
    return lab.start(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def a_full_disk_for_the_text(lab):
    with open("/dev/full", "w", encoding="ascii") as full:
        process = lab.start(BENCH, stdout=full, stderr=subprocess.PIPE)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1, process.returncode
    assert said == "error: standard output: No space left on device; the report is not whole\n", said


def a_reader_that_goes_away(lab):
    for words in (BENCH, [*BENCH, "--json", "-"]):
        process = lab.start(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(20) == 0, (process.returncode, said)
        assert "error" not in said, said
        process.stderr.close()


def a_signal_in_the_first_moments(lab):
    """Before main() the kernel ends it; from then on it ends in order. Nothing is left either way."""
    codes = set()
    for number in range(12):
        process = start(lab, ["bench", "-d", "20s", "-q", "--memory", "4k"])
        time.sleep(number * 0.03)
        process.send_signal(signal.SIGINT)
        code, text = end(process)
        assert code in (130, -signal.SIGINT), (code, text)
        assert code < 0 or "ABORTED" in text, text
        assert not os.listdir(lab.runtime), os.listdir(lab.runtime)
        codes.add(code)
    assert 130 in codes, codes


def a_signal_while_it_waits_for_a_peer(lab):
    process = start(lab, ["load", "tcp://198.18.0.2:80", "-p", f"memif:{lab.folder}/none", "--ip", "198.18.0.1/24",
                          "--wait-link", "1h"])
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    code, text = end(process, 5)
    assert code == 143, (code, text)
    assert text == f"error: port 0 'memif:{lab.folder}/none': stopped while there was no peer yet\n", text


def a_start_that_fails_and_its_json(lab):
    """An old result stays, and there is no new one."""
    for old in (None, "old\n"):
        path = os.path.join(lab.folder, "result.json")
        if old:
            with open(path, "w", encoding="ascii") as file:
                file.write(old)
        code, text = end(start(lab, ["bench", "--json", path, "--", "--no-such"]))
        assert code == 2 and "EAL refused" in text, (code, text)
        assert os.path.exists(path) == bool(old)
    with open(path, encoding="ascii") as file:
        assert file.read() == old
    code, text = end(start(lab, [*BENCH, "--json", path]), 20)
    with open(path, encoding="utf-8") as file:
        assert code == 0 and file.read().startswith("{"), "a new result takes the old one's place"
    os.unlink(path)


def killed_processes(lab):
    """The next start sweeps what they have left, and nothing of those that live: many start at once meanwhile."""
    for _ in range(3):
        process = start(lab, ["bench", "-d", "20s", "-q", "--memory", "4k"])
        process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
    assert os.listdir(lab.runtime), "a killed process cannot remove its directory"
    with lab.other_quern(serve(f"memif:{lab.folder}/one,server")):
        alive = set(os.listdir(lab.runtime))
        assert len(alive) == 1, alive
        for code, text in [end(process, 30) for process in [start(lab, BENCH) for _ in range(6)]]:
            assert code == 0, (code, text)
        assert set(os.listdir(lab.runtime)) == alive, os.listdir(lab.runtime)


def two_servers_at_once(lab):
    """One of them has the socket, the other is refused; also in the place of a killed one."""
    path = f"{lab.folder}/both"
    for _ in range(4):
        with lab.other_quern(serve(f"memif:{path},server"), signal.SIGKILL):
            pass
        pair = [start(lab, serve(f"memif:{path},server")) for _ in range(2)]
        firsts = [process.stdout.readline() for process in pair]
        assert sorted("error: " in line for line in firsts) == [False, True], firsts
        assert "another program serves" in "".join(firsts), firsts
        for process, line in zip(pair, firsts):
            if "error: " not in line:
                assert os.path.exists(path)
                process.send_signal(signal.SIGINT)
            code, _ = end(process)
            assert code == (2 if "error: " in line else 130), code
        assert not os.path.exists(path)


def a_link_that_goes_down_and_comes_back(lab):
    process = start(lab, serve("af_packet:k0"))
    process.stdout.readline()
    time.sleep(0.5)
    lab.ip("link", "set", "k1", "down")
    went = process.stdout.readline()
    lab.ip("link", "set", "k1", "up")
    came = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    code, text = end(process)
    assert went == "warning: port af_packet:k0: its link is down; nothing passes until it is back\n", went
    assert came.startswith("port af_packet:k0: its link is back after "), came
    assert code == 130 and "warning" not in text, (code, text)


CASES = [a_full_disk_for_the_text, a_reader_that_goes_away, a_signal_in_the_first_moments,
         a_signal_while_it_waits_for_a_peer, a_start_that_fails_and_its_json, killed_processes, two_servers_at_once,
         a_link_that_goes_down_and_comes_back]


def main(quern):
    failed = 0
    print(f"1..{len(CASES)}")
    with Lab(quern) as lab:
        for number, case in enumerate(CASES, 1):
            name = case.__name__.replace("_", " ")
            if "link_that" in case.__name__ and "namespace" not in lab.can:
                print(f"ok {number} - {name} # SKIP needs root and network namespaces")
                continue
            try:
                case(lab)
                left = lab.leftovers(lab.interfaces())
                assert not left, f"left behind: {left}"
                print(f"ok {number} - {name}")
            except (AssertionError, OSError, subprocess.SubprocessError) as wrong:
                failed += 1
                print(f"not ok {number} - {name}\n# " + str(wrong).replace("\n", "\n# "))
            sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
