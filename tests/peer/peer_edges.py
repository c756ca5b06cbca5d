"""The edges of the shop: ARP, ping, wrong addresses and interfaces, signals, and what a run leaves behind."""

import glob
import os
import signal
import subprocess

from peer_lab import AT_ONCE, IS_IP6, NOBODY, PORT, PREFIX, QUERN, at, eventually, expect, expect_equal, ip
from peer_linux import answers_ping, connect, eventually_states, forget_time_wait
from peer_quern import Quern, load, serve

REFUSED = (2, 3)


def neighbour(address):
    """Linux's entry for an address: (state, MAC), or None."""
    words = ip("neighbour", "show", address).split()
    return (words[-1], words[words.index("lladdr") + 1] if "lladdr" in words else None) if words else None


def ping_is_answered(lab):
    with serve(lab):
        for size in (0, 1, 33, 56, 1000, 1452 if IS_IP6 else 1472):
            expect(answers_ping(QUERN, 2, os.urandom(size)), f"no reply in order to a ping of {size} bytes")


def arp_is_answered_for_own_addresses_only(lab):
    with serve(lab):
        ip("neighbour", "flush", "to", QUERN)
        expect(answers_ping(QUERN, 2), "no reply to a ping after ARP was forgotten")
        state, mac = neighbour(QUERN)
        expect(mac is not None and state in ("REACHABLE", "DELAY", "STALE"), f"ARP for quern: {state} {mac}")
        if not IS_IP6:
            with open(f"/proc/{os.getpid()}/net/arp", encoding="ascii") as table:
                expect(mac in table.read(), f"{mac} is not in the kernel's table")
        expect(mac not in ip("link", "show", lab.linux_interface), f"quern and Linux share the MAC address {mac}")
        expect(not answers_ping(NOBODY, 1), f"a ping to {NOBODY}, which nobody has, was answered")
        expect_equal((neighbour(NOBODY) or (None, None))[1], None, f"MAC address of {NOBODY}, which nobody has")


def takes_all_groups(lab):
    """Whether quern's interface lets frames to any group through: IFF_ALLMULTI."""
    words = ("ip", "netns", "exec", lab.quern_namespace, "cat", "/sys/class/net/q0/flags")
    return bool(int(subprocess.run(words, capture_output=True, text=True, check=True).stdout, 16) & 0x200)


def groups_are_heard_while_it_runs(lab):
    """Neighbour solicitations go to a group that the kernel has not joined for quern. IPv4 needs none."""
    for end in (signal.SIGKILL, signal.SIGTERM):
        expect(not takes_all_groups(lab), f"all groups are let through before quern, or after the one before {end}")
        with serve(lab) as quern:
            expect_equal(takes_all_groups(lab), IS_IP6, "all groups are let through")
            quern.process.send_signal(end)
            quern.process.wait()
        eventually(lambda: not takes_all_groups(lab), 2, f"all groups are let through after {end}")


def quern_asks_for_linux(lab):
    """Quern asks before it opens: nobody has spoken to it yet."""
    forget_time_wait()
    with load(lab, "--connections", "1", "--cc", "1") as quern:
        report = quern.report(code=1)
        expect_equal(report["totals"]["failed"]["refused"], 1, "failed.refused")


def expect_refusal(lab, words, *named, codes=REFUSED):
    """Quern says no: an exit code that says why, one line that begins with error:, and the remedy below it."""
    with Quern(lab, *words) as quern:
        code = quern.wait(15)
        lines = quern.said().splitlines()
    expect(lines and lines[0].startswith("error: "), f"no line with error: in {lines}")
    expect(code in codes, f"exit code {code}, not one of {codes}, after {lines}")
    for text in named:
        expect(text in lines[0], f"{text!r} is not named in {lines[0]!r}")
    strays = [line for line in lines[1:] if not line.startswith("  ")]
    expect(len(lines) <= 3 and not strays, f"more than an error and its remedy: {lines}")


def serve_words(device, address):
    return ("serve", "--discard", "-p", device, "--ip", f"{address}/{PREFIX}", "--listen", at(address, PORT))


def kernels_own_address_is_refused(lab):
    interface = "lo" if lab.kind == "tap" else "q0"
    ip("-n", lab.quern_namespace, "address", "add", f"{QUERN}/{PREFIX}", "dev", interface, *AT_ONCE)
    try:
        expect_refusal(lab, serve_words(lab.device, QUERN), QUERN, interface)
    finally:
        ip("-n", lab.quern_namespace, "address", "del", f"{QUERN}/{PREFIX}", "dev", interface)


def missing_interface_is_refused(lab):
    for kind in ("af_packet", "af_xdp"):
        expect_refusal(lab, serve_words(f"{kind}:nosuch0", QUERN), "nosuch0")


def interface_of_others_is_refused(lab):
    ip("-n", lab.quern_namespace, "link", "add", "busy0", "type", "veth", "peer", "name", "busy1")
    try:
        expect_refusal(lab, serve_words("tap:busy0", QUERN), "busy0")
        expect("busy0" in ip("-n", lab.quern_namespace, "-br", "link"), "the interface of others is gone")
    finally:
        ip("-n", lab.quern_namespace, "link", "del", "busy0")


def has_program(lab):
    return "xdp" in ip("-n", lab.quern_namespace, "link", "show", "q0").replace("prog/xdp", "xdp")


def program_comes_and_goes(lab):
    """Also after a SIGKILL, when the next start takes it over; and a second quern leaves that of the first alone."""
    for killed in (True, False):
        with serve(lab) as quern:
            expect(has_program(lab), "no XDP program while quern runs")
            expect_refusal(lab, serve_words(lab.device, NOBODY), "another quern has q0")
            expect(has_program(lab) and answers_ping(QUERN, 2), "the second quern took the first one's program")
            if killed:
                quern.process.kill()
            else:
                quern.stop()
    expect(not has_program(lab), "an XDP program stays")


def large_mtu_is_refused(lab):
    ip("link", "set", "k0", "mtu", "3490")
    ip("-n", lab.quern_namespace, "link", "set", "q0", "mtu", "3490")
    expect_refusal(lab, serve_words(lab.device, QUERN) + ("--mtu", "3400"), "MTU 3400 does not fit", codes=(2,))


def dead_link_is_refused(lab):
    ip("link", "set", lab.linux_interface, "down")
    try:
        expect_refusal(lab, serve_words(lab.device, QUERN) + ("--wait-link", "300ms"), "q0", codes=(3,))
    finally:
        lab.attach()


def port_without_address_is_refused(lab):
    expect_refusal(lab, ("serve", "--discard", "-p", lab.device), "--ip")


def interfaces(lab):
    return sorted(line.split()[0] for line in ip("-n", lab.quern_namespace, "-br", "link").splitlines())


def a_signal_ends_it_cleanly(lab):
    """Both signals: the code of the signal, a report that says so, and no file, interface or page that stays."""
    files, links = sorted(os.listdir(lab.directory)), interfaces(lab)
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        forget_time_wait()
        with serve(lab) as quern:
            sock = connect()
            eventually_states("ESTAB")
            quern.process.send_signal(number)
            report = quern.report(15, code)
            sock.close()
            expect_equal(report["verdict"], "aborted", "verdict")
            expect_equal(report["totals"]["in_flight"], 1, "in flight")
            expect(not glob.glob(f"/dev/hugepages/*quern-{quern.process.pid}*"), "hugepages stay")
        expect_equal(sorted(os.listdir(lab.directory)), files, "files after the end")
        eventually(lambda: interfaces(lab) == links, 5, lambda: f"interfaces {links}: {interfaces(lab)}")


CHECKS = [("pings of 0 bytes to a full frame are answered to the byte", ping_is_answered),
          ("ARP is answered for quern's own address and for no other", arp_is_answered_for_own_addresses_only),
          ("quern load finds Linux by ARP before it opens", quern_asks_for_linux),
          ("an address that the kernel has itself is refused in one line", kernels_own_address_is_refused),
          ("an interface that does not exist is refused in one line", missing_interface_is_refused),
          ("tap: with the name of another's interface is refused", interface_of_others_is_refused, ("tap",)),
          ("a link that stays down is named, and the machine called not ready", dead_link_is_refused,
           ("af_packet", "af_xdp")),
          ("frames to all groups are let through for IPv6 while it runs", groups_are_heard_while_it_runs,
           ("af_packet", "af_xdp")),
          ("af_xdp: its program goes with it", program_comes_and_goes, ("af_xdp",)),
          ("a port without an address is refused in one line", port_without_address_is_refused),
          ("SIGTERM and SIGINT end quern serve cleanly, with its report", a_signal_ends_it_cleanly),
          ("af_xdp: an MTU beyond its page is refused in one line", large_mtu_is_refused, ("af_xdp",))]
