#!/usr/bin/env python3
"""Runs some of the other checks over IPv6, and prints TAP: check_ip6.py QUERN SCHEMA. All of them are suite `long`."""

import json
import os
import sys
import tempfile

os.environ["QUERN_TEST_IP"] = "6"

import check_ctl
import check_http
import check_impair
import check_memif
import check_pcap
import check_runs
from app_cases import play

# Enough for many pages of telemetry, and soon open.
check_ctl.HELD = 5000
check_ctl.HOLD = ["bench", "-d", "0", "--cc", str(check_ctl.HELD), "--hold", "100s"]


def bench_says_that_it_is_ipv6(quern, schema):
    result, text = check_runs.run(quern, [*check_runs.BENCH, "--connections", "1000"])
    check_runs.assert_clean(result, schema)
    port = result["config"]["ports"][0]
    assert port["addresses"] is None and port["ip6"]["addresses"] == ["2001:2::100", "2001:2::1ff"], port
    assert result["config"]["target"] == "[2001:2:0:1::1]:80", result["config"]
    assert "over a cable, IPv6 · " in text, text
    # The flag is for want of an address; and with many, clients come from all of them.
    result, _ = check_runs.run(quern, [*check_runs.BENCH, "--connections", "1000", "--source", "fd00::1:0-fd00::1:ffff",
                                       "--listen", "[fd00::1]:8080"])
    check_runs.assert_clean(result, schema)
    assert result["config"]["target"] == "[fd00::1]:8080", result["config"]


def serve_is_at_both_versions(quern, _schema):
    """Clients of either version find a listener that names no address, and one memif carries both."""
    with check_memif.place_for(quern, "4k") as place:
        server = place.start("serve", "serve", "--discard", "-p", f"memif:{place.socket},server", "--ip", "10.0.0.1/24",
                             "--ip", "fd00::1/64", "--time-wait", "1ms")
        check_memif.eventually(lambda: "serve" in check_memif.said(server), 20, check_memif.said(server))
        said = check_memif.said(server)
        assert "tcp://10.0.0.1:80 tcp://[fd00::1]:80" in said, said
        for number, target in enumerate(("tcp://10.0.0.1:80", "tcp://[fd00::1]:80")):
            load = place.start(f"load{number}", "load", target, "-p", f"memif:{place.socket}", "--ip", "10.0.0.2/24",
                               "--ip", "fd00::2/64", "--connections", "1k", "--cc", "100", "--wait-link", "10s",
                               "--close", "client", "--time-wait", "1ms")
            check_memif.assert_all_opened(check_memif.report(load)["totals"], 1000)
        assert check_memif.stop(server)["totals"]["established"] == 2000


def of(module, case, memory="4k"):
    """A case of another check, with the place that it wants."""
    def play_case(quern, schema):
        if module is check_ctl:
            check_ctl.placed(quern, case)()
        elif module is check_memif:
            check_memif.placed(quern, memory, case)()
        elif module is check_pcap:
            with tempfile.TemporaryDirectory(prefix="quern-pcap-") as folder:
                case(quern, folder)
        else:
            case(quern, schema)
    return case.__name__.replace("_", " "), play_case


CASES = [("bench says that it is ipv6", bench_says_that_it_is_ipv6),
         ("serve is at both versions", serve_is_at_both_versions),
         of(check_runs, check_runs.ends_by_count),
         of(check_runs, check_runs.by_cookie),
         of(check_http, check_http.http_kept),
         of(check_impair,
            check_impair.all_text_arrives_over_a_bad_cable_and_the_faults_are_as_many_as_asked_for),
         of(check_pcap, check_pcap.each_syn_is_answered),
         of(check_ctl, check_ctl.filters),
         of(check_ctl, check_ctl.telemetry_by_itself)]


def main(quern, schema_path):
    quern = os.path.abspath(quern)
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    return play([(f"{sentence} (IPv6)", lambda case=case: case(quern, schema)) for sentence, case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
