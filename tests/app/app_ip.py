"""The version of IP that checks of the program are of: what they type and expect is written for IPv4, and turned into
IPv6 where the environment has QUERN_TEST_IP=6."""

import os
import re

IS_IP6 = os.environ.get("QUERN_TEST_IP") == "6"
ADDRESS = re.compile(r"198\.(18|19)\.0\.(\d+)(/\d+|:\d+)?")
LENGTHS = {"/24": "/64", "/15": "/48"}


def _in_ip6(match):
    address = f"fd00::{match[2]}" if match[1] == "18" else f"2001:2:0:1::{match[2]}"
    behind = match[3] or ""
    if behind in LENGTHS:
        return address + LENGTHS[behind]
    is_of_url = match.string[:match.start()].endswith("//")
    return (f"[{address}]" if is_of_url or behind.startswith(":") else address) + behind


def spoken(text):
    """The text in the version of IP that is tested. 198.18.0.N becomes fd00::N; 198.19.0.1 is bench's server."""
    return ADDRESS.sub(_in_ip6, text).replace("no ARP answer", "no ND answer") if IS_IP6 else text


def command(words):
    """The words of a command likewise; bench is told by a flag, before those of EAL."""
    told = [spoken(word) for word in words]
    if not IS_IP6 or told[:1] != ["bench"]:
        return told
    end = told.index("--") if "--" in told else len(told)
    return [*told[:end], "-6", *told[end:]]
