#!/usr/bin/env python3
"""Runs quern doctor on this machine, as root and as an ordinary user, and prints TAP: check_doctor.py QUERN SCHEMA."""

import json
import os
import subprocess
import sys
import tempfile
import time

import jsonschema

ROWS = ["cores", "memory", "NICs", "interfaces", "vfio", "rights", "verdict"]
NOBODY = 65534


def run(quern, *words, user=None):
    done = subprocess.run([quern, "doctor", *words], capture_output=True, text=True, timeout=20, check=False,
                          user=user, extra_groups=[] if user else None, cwd="/")
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout


def assert_sound(found, code, schema):
    jsonschema.validate(found, schema)
    assert code == (0 if found["verdict"]["is_ready"] else 3), (code, found["verdict"])
    assert found["cores"]["online"] == os.cpu_count(), found["cores"]
    for nic in found["nics"]:
        assert os.path.isdir(f"/sys/bus/pci/devices/{nic['address']}"), nic
    assert sorted(interface["name"] for interface in found["interfaces"]) == sorted(
        name for name in os.listdir("/sys/class/net") if name != "lo" and os.path.isdir(f"/sys/class/net/{name}"))
    with open("/proc/net/route", encoding="ascii") as lines:
        routes = {words[0] for words in map(str.split, lines) if words[1] == words[7] == "00000000"}
    said = {interface["name"] for interface in found["interfaces"] if interface["has_default_route"]}
    assert routes <= said, (routes, said)
    assert not any(nic["address"] == item["what"] for nic in found["nics"] if nic["has_default_route"]
                   for item in found["verdict"]["not_ready_for"])


def screen(quern, _schema):
    code, text = run(quern)
    assert code in (0, 3), code
    labels = [line.split()[0] for line in text.splitlines() if not line.startswith(" ")]
    assert labels == ROWS, text


def document(quern, schema):
    code, text = run(quern, "--json", "-")
    found = json.loads(text)
    assert_sound(found, code, schema)
    assert found["rights"]["root"] == (os.geteuid() == 0)


def both_forms(quern, schema):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "doctor.json")
        code, text = run(quern, "--json", path)
        assert text.startswith("cores "), text
        with open(path, encoding="utf-8") as file:
            assert_sound(json.load(file), code, schema)


def ordinary_user(quern, schema):
    if os.geteuid() != 0:
        return "not root: the cases above ran as an ordinary user"
    with open(quern, "rb") as program, tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        copy = os.path.join(folder, "quern")
        with open(copy, "wb") as out:
            out.write(program.read())
        os.chmod(copy, 0o755)
        code, text = run(copy, "--json", "-", user=NOBODY)
        found = json.loads(text)
        assert_sound(found, code, schema)
        assert not any(found["rights"][right] for right in ("root", "net_raw", "net_admin", "bpf")), found["rights"]
        assert found["verdict"]["ready_for"][:3] == ["bench", "memif", "pcap"], found["verdict"]
        whys = {item["what"]: item["why"] for item in found["verdict"]["not_ready_for"]}
        assert whys["af_packet"] == "needs CAP_NET_RAW" and "tap" in whys and "af_xdp" in whys, whys
        _, text = run(copy, user=NOBODY)
        assert "not root; no CAP_NET_RAW" in text, text
    return None


def quick(quern, _schema):
    """The fastest of several: others may keep this machine busy."""
    times = []
    for _ in range(5):
        begin = time.monotonic()
        run(quern)
        times.append(time.monotonic() - begin)
    assert min(times) < 0.2, times


CASES = [("the screen has its rows", screen), ("the document follows its schema and this machine", document),
         ("a file takes the document, the screen stays", both_forms),
         ("an ordinary user is told what works without rights", ordinary_user), ("it takes less than 0.2 s", quick)]


def main(quern, schema_path):
    failed = 0
    with open(schema_path, encoding="utf-8") as text:
        schema = json.load(text)
    print(f"1..{len(CASES)}")
    for number, (sentence, case) in enumerate(CASES, 1):
        wrong = skipped = None
        try:
            skipped = case(os.path.abspath(quern), schema)
        except (AssertionError, OSError, ValueError, KeyError, jsonschema.ValidationError) as error:
            wrong = f"{type(error).__name__}: {error}"
        failed += wrong is not None
        print(f"{'not ok' if wrong else 'ok'} {number} - {sentence}{' # SKIP ' + skipped if skipped else ''}")
        if wrong:
            print("# " + wrong.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
