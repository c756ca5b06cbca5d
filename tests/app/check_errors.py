#!/usr/bin/env python3
"""Runs quern as a user who makes mistakes and prints TAP: check_errors.py QUERN."""

import subprocess
import sys

# arguments, exit code, what the output must say
CASES = [
    ([], 2, ["quern bench", "quern serve", "quern load"]),
    (["--help"], 0, ["quern COMMAND --help"]),
    (["--version"], 0, ["quern ", "git ", "DPDK ", "compiler ", "-march="]),
    (["bench", "--version"], 0, ["DPDK "]),
    (["bench", "--help"], 0, ["usage: quern bench", "example: quern bench", "--cps"]),
    (["serve", "--help"], 0, ["usage: quern serve", "example: quern serve", "--discard"]),
    (["load", "--help"], 0, ["usage: quern load", "example: quern load", "--wait-link"]),
    (["bnech"], 2, ["error: unknown command bnech; did you mean bench?"]),
    (["proxy"], 2, ["error: unknown command proxy; quern --help"]),
    (["bench", "--duraton", "1s"], 2, ["error: unknown flag --duraton; did you mean --duration?"]),
    (["bench", "--cps", "fast"], 2, ["error: --cps fast: accepted is max or 1 to 100M, e.g. 50k"]),
    (["bench", "--cps", "1k", "--cc", "1k"], 2, ["error: give --cps or --cc, not both"]),
    (["bench", "--client-cores", ",".join(["0"] * 17)], 2, ["error: --client-cores names 17 cores", "for 16"]),
    (["bench", "--client-cores", "1000"], 2, ["may not run on core 1000"]),
    (["bench", "--json", "/nonexistent/out.json"], 2, ["error: --json /nonexistent/out.json: No such file"]),
    (["serve"], 2, ["error: serve needs a port: -p tap:"]),
    (["serve", "-p", "tap:q0"], 2, ["error: serve needs an address", "--listen"]),
    (["load"], 2, ["error: load needs a port: -p tap:"]),
    (["load", "-p", "tap:q0", "--ip", "10.0.0.1/24"], 2, ["error: load needs a target", "tcp://"]),
    (["load", "tcp://10.0.0.1:80", "-p", "tap:q0"], 2, ["error: load needs an address to come from"]),
    (["load", "http://example.org/"], 2,
     ["error: target http://example.org/: accepted is tcp://ADDR:PORT or http://"]),
    (["bench", "--payload", "http", "--close", "client"], 2,
     ["error: with one request a connection the server closes"]),
    (["serve", "--http", "--root", "/nonexistent", "-p", "tap:q0", "--ip", "10.0.0.1/24"], 2,
     ["error: --root /nonexistent: No such file or directory"]),
    (["serve", "-p", "eth0", "--ip", "10.0.0.1/24"], 2, ["error: --port eth0", "memif:PATH[,server]", "PCI address"]),
    (["load", "udp://10.0.0.1:80"], 2, ["error: target udp://10.0.0.1:80: accepted is tcp://ADDR:PORT"]),
]


def complaint(quern, arguments, code, says):
    """What is wrong with the run, or None."""
    done = subprocess.run([quern, *arguments], capture_output=True, text=True, timeout=20, check=False)
    output = done.stdout + done.stderr
    if done.returncode != code:
        return f"exit code {done.returncode} instead of {code}: {output}"
    for words in says:
        if words not in output:
            return f"'{words}' is missing in: {output}"
    if output.startswith("error: ") and output.count("\n") != 1:
        return f"an error is one line: {output}"
    if code == 0 and done.stderr:
        return f"standard error is not empty: {done.stderr}"
    return None


def main(quern):
    failed = 0
    print(f"1..{len(CASES)}")
    for number, (arguments, code, says) in enumerate(CASES, 1):
        wrong = complaint(quern, arguments, code, says)
        failed += wrong is not None
        print(f"{'not ok' if wrong else 'ok'} {number} - quern {' '.join(arguments)} ends with {code}")
        if wrong:
            print("# " + wrong.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
