#!/usr/bin/env python3
"""Runs quern run, check and init as a user does, and prints TAP: check_config.py QUERN."""

import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import play  # noqa: E402

MIB = 1 << 20
KINDS = ("bench", "load", "serve", "forward")

# The file of the interface's description: what has no flag yet is marked, and refused.
BENCH = """# quern run bench.yaml
kind: bench
cores: auto
ports:
  - {name: c, dev: cable, peer: s, ip: 198.18.0.1/15}
  - {name: s, dev: cable, peer: c, ip: 198.19.0.1/15}
client:
  source: 198.18.0.0/24        # 256 addresses × 64k ports
  target: 198.19.0.1:80
  cps: max                   # or 500k
  payload: none              # none | bytes: 64 | http
server: {listen: ["198.19.0.1:80"]}
tcp: {mss: 1460, time_wait: 60s, keepalive: off}
duration: 10s
warmup: 2s
thresholds: ["failed == 0", "p99 < 50s"]
"""
BENCH_FLAGS = ["--cores", "auto", "--source", "198.18.0.0/24", "--listen", "198.19.0.1:80", "--cps", "max",
               "--payload", "none", "--mss", "1460", "--time-wait", "60s", "--keepalive", "off",
               "--threshold", "failed == 0", "--threshold", "p99 < 50s"]

LOAD = """kind: load
ports:
  - {name: wan, dev: "0000:03:00.0", ip: 10.0.0.10/24, gateway: 10.0.0.1}
client:
  source: [10.0.0.10-10.0.0.73]
  target: 10.0.1.20:80
  cps: 1M
  cc: 2M                     # concurrent connections held
  hold: 30s
  keepalive: 10s
  ramp: 20s
  http: {method: GET, path: /health, host: dut.example, expect: 200}
duration: 5m
thresholds: ["failed_ratio < 0.0001", "p99.9 < 2ms"]
stop_if: "failed_ratio > 0.05 for 5s"
"""

TEN = """kind: load
cores: 2-x
colour: blue
ports:
  - {name: wan, dev: "tap:q0", ip: 10.0.0.300/24}
  - {name: wan, dev: eth1, mtu: 99999}
client:
  cps: fast
  time_wait: 3s
tcp: {sack: perhaps, keepalive: 2h/75s}
"""
TEN_PLACES = ["2:8", "3:1", "5:36", "6:12", "6:22", "6:33", "8:8", "9:3", "10:13", "10:33"]

FORWARD = """kind: forward
ports:
  - {name: a, dev: "af_xdp:eth1", ip: 10.2.0.1/24}
  - {name: b, dev: "af_xdp:eth2", ip: 10.3.0.1/24}
rules:
  - {name: dns, listen: 10.2.0.1:53, to: [10.3.0.5:53, 10.3.0.6:53], balance: maglev, idle: 30s}
  - {name: media, listen: "10.2.0.1:20000-29999", to: [10.3.0.7], keep_port: true, idle: 2m}
"""

# Of values, of keys, of a rule as a whole, and of rules with each other.
TEN_RULES = """kind: forward
ports: [{name: a, dev: "tap:q0", ip: 10.2.0.1/24}]
rules:
  - {name: dns, listen: 10.2.0.1:53, to: [10.2.0.5:53, 10.2.0.6]}
  - {name: dns, listen: "10.2.0.1:54", to: 10.2.0.6:53}
  - name: media
    listen: 10.2.0.1:20999-20000
    to: [10.2.0.7:9]
    keep_port: true
  - {name: time, listen: 10.2.0.1:53, to: 10.2.0.8:123}
  - {name: log, listen: 10.2.0.1:514}
  - {name: game, listen: 10.2.0.1, to: 10.2.0.9:7, balanse: maglev, idle: 100ms}
  - {name: nowhere, to: 10.2.0.9:7777}
"""
TEN_RULES_PLACES = ["4:56", "5:12", "7:13", "8:10", "10:26", "11:12", "12:26", "12:52", "12:75", "13:12"]

SOURCES = """kind: forward
cores: 0-1
ports:
  - {name: a, dev: "net_null0", ip: 10.2.0.1/24}
  - {name: b, dev: "net_null1", ip: 10.3.0.1/24}
rules: [{name: dns, listen: 10.2.0.1:53, to: 10.3.0.5:53, keep_source: true},
        {name: log, listen: 10.2.0.1:514, to: 10.3.0.5:53, keep_source: true}]
"""

GATEWAY = """kind: load
ports: [{dev: "tap:q0", ip: 10.0.0.1/24, gateway: 10.1.0.1}]
client: {target: "10.2.0.1:80", cps: 1k}
"""


class Desk:
    """A folder for files, and the program."""

    def __init__(self, quern, folder):
        self.quern, self.folder = os.path.abspath(quern), folder

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def run(self, *words, code=0, variables=None, stdin="", user=None):
        """What the command said on both streams; it must end soon, with `code`."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("QUERN_")}
        done = subprocess.run([self.quern, *words], input=stdin.encode(), capture_output=True, timeout=30, check=False,
                              cwd=self.folder, user=user,
                              env={**environment, "TMPDIR": self.folder, **(variables or {})})
        out, error = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{words}: exit code {done.returncode}, not {code}: {out}{error}"
        return out, error


def now(text):
    """Without what has no flag yet: keys of a line or of a map."""
    text = re.sub(r"^ *LATER-.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"LATER-\w+: [\w.]+, ", "", text)
    return re.sub(r", LATER-\w+: [\w.]+", "", text)


def places(error):
    return re.findall(r"^  \S+?\.yaml:(\d+:\d+): ", error, re.MULTILINE)


def the_file_is_what_the_flags_are(desk):
    desk.write("bench.yaml", now(BENCH))
    short = ["--duration", "300ms", "--warmup", "100ms", "--seed", "7", "--memory", "4k", "-q", "--json", "-"]
    by_file = json.loads(desk.run("run", "bench.yaml", *short)[0])
    by_flags = json.loads(desk.run("bench", *BENCH_FLAGS, *short)[0])
    assert by_file["config"] == by_flags["config"], (by_file["config"], by_flags["config"])
    assert by_file["verdict"] == "pass" and by_file["totals"]["established"] > 0, by_file["totals"]


def load_by_file_is_load_by_flags(desk):
    """As far as it goes without that NIC: what check says of both."""
    desk.write("load.yaml", now(LOAD))
    said = desk.run("check", "load.yaml", "--requests", "2")[0]
    for line in ("kind      load, for 300 s", "ports     0000:03:00.0 10.0.0.10-10.0.0.73/24 by 10.0.0.1, on core",
                 "client    from 10.0.0.10-10.0.0.73 to http://10.0.1.20:80/health",
                 "load      1,000,000 a second, at most 2,000,000 held open, reached in 20 s, each for 30s, "
                 "2 requests on each", "asks      GET /health, statuses 200"):
        assert line in said, (line, said)


def what_has_no_flag_yet_is_unknown(desk):
    for name, text in (("load.yaml", LOAD),):
        later = re.findall(r"LATER-(\w+)", text)
        if not later:
            continue
        desk.write(name, text.replace("LATER-", ""))
        error = desk.run("check", name, code=2)[1]
        unknown = re.findall(r"unknown key '(?:\w+\.)*(\w+)'", error)
        assert unknown == later and len(places(error)) == len(later), error


def examples_are_accepted(desk):
    listed = desk.run("init")[0]
    for kind in KINDS:
        example = desk.run("init", kind)[0]
        assert f"  {kind}\n" in listed and f"kind: {kind}\n" in example
        assert desk.run("check", "-", stdin=example)[0].startswith(f"kind      {kind}")
        uncommented = re.sub(r"^( *)#(\w+: \S)", r"\1\2", example, flags=re.MULTILINE)
        desk.write("more.yaml", uncommented)
        desk.run("check", "more.yaml", *(["--requests", "2"] if kind == "load" else []))
    assert listed.count("\n") == 1 + len(KINDS), listed
    assert "unknown kind sreve; did you mean serve?" in desk.run("init", "sreve", code=2)[1]
    assert "there are bench, load, serve" in desk.run("init", "proxy", code=2)[1]


def check_starts_nothing(desk):
    path = os.path.join(desk.folder, "socket")
    desk.write("s.yaml", f"kind: serve\nports: [{{dev: 'memif:{path},server', ip: 10.0.0.1/24}}]\njson: out.json\n"
                         "pcap: out.pcap\nserver: {echo: true}\n")
    said = desk.run("check", "s.yaml")[0]
    for line in ("kind      serve, until Ctrl-C", "10.0.0.1/24, on core", "sends all back", "out.json out.pcap"):
        assert line in said, (line, said)
    assert sorted(os.listdir(desk.folder)) == ["s.yaml"], os.listdir(desk.folder)


def ten_mistakes_have_ten_marks(desk):
    for text, marks in ((TEN, TEN_PLACES), (TEN_RULES, TEN_RULES_PLACES)):
        desk.write("ten.yaml", text)
        for command in ("run", "check"):
            out, error = desk.run(command, "ten.yaml", code=2)
            assert out == "" and places(error) == marks and error.count("error: ") == 10, error
            assert len(re.findall(r"^ +\^~*$", error, re.MULTILINE)) == 10, error
            assert error.endswith("10 mistakes in ten.yaml; nothing was started\n"), error
        assert os.listdir(desk.folder) == ["ten.yaml"], os.listdir(desk.folder)


def rules_of_a_file_are_said_and_run(desk):
    desk.write("rules.yaml", FORWARD)
    said = desk.run("check", "rules.yaml", "--max-sessions", "5k")[0]
    for line in ("kind      forward, until Ctrl-C", "ports     af_xdp:eth1 10.2.0.1/24, on core ",
                 "rules     dns: on af_xdp:eth1 at 10.2.0.1:53, to 10.3.0.5:53 or 10.3.0.6:53 by maglev; a session "
                 "ends after 30 s\n",
                 "          media: on af_xdp:eth1 at 10.2.0.1:20000-29999, to 10.3.0.7, each to the port that it came "
                 "to; a session ends after 120 s\n", "limits    5,000 sessions"):
        assert line in said, (line, said)
    sockets = [os.path.join(desk.folder, name) for name in "ab"]
    desk.write("rules.yaml", FORWARD.replace("af_xdp:eth1", f"memif:{sockets[0]},server")
               .replace("af_xdp:eth2", f"memif:{sockets[1]},server"))
    run = ["run", "rules.yaml", "-d", "300ms", "--wait-link", "0", "--memory", "4k", "-q", "--json", "-"]
    config = json.loads(desk.run(*run)[0])["config"]
    assert [(rule["name"], rule["listen"], len(rule["to"]), rule["idle_ms"]) for rule in config["rules"]] == [
        ("dns", "10.2.0.1:53", 2, 30000), ("media", "10.2.0.1:20000-29999", 1, 120000)], config


def one_way_has_no_sessions(desk):
    one_way = FORWARD.replace(", idle: 30s", ", one_way: true").replace(", idle: 2m", ", one_way: true")
    assert "sessions\n" not in desk.run("check", "-", stdin=one_way)[0].replace("without sessions\n", "")
    assert "limits    5,000 sessions" in desk.run("check", "-", "--max-sessions", "5k", stdin=one_way)[0]


def errors_of_rules_and_ports_show_the_rule(desk):
    for old, new, says, place in (("10.2.0.1:53", "10.2.0.9:53", "is no port's own address", "6:12"),
                                  ("[10.3.0.7]", "[10.3.0.1]", "is our own address", "7:12"),
                                  ("[10.3.0.7]", "[10.9.0.7]", "is on no port's network", "7:12")):
        desk.write("rules.yaml", FORWARD.replace(old, new))
        error = desk.run("check", "rules.yaml", code=2)[1]
        assert says in error and places(error) == [place], error
    desk.write("rules.yaml", FORWARD)
    error = desk.run("run", "rules.yaml", "--idle", "5s", code=2)[1]
    assert "--idle changes the rule of a file that has one, and this one has 2" in error, error
    desk.write("none.yaml", "".join(FORWARD.splitlines(True)[:4]))
    error = desk.run("run", "none.yaml", code=2)[1]
    assert "forward needs a rule: " in error and places(error) == ["1:7"], error


def what_only_the_engine_knows_of_ports_is_known_to_check(desk):
    for old, new, says, place in (("eth2", "eth1", "port 1 'af_xdp:eth1': the same device as port 0", "3:21"),
                                  ("ip: 10.3.0.1/24", 'mtu: 1279, ip: [10.3.0.1/24, "fd03::1/64"]',
                                   "port 1 'af_xdp:eth2': MTU 1279 is too little for IPv6", "4:21")):
        desk.write("rules.yaml", FORWARD.replace(old, new))
        said = [desk.run(command, "rules.yaml", code=2) for command in ("check", "run")]
        assert said[0] == said[1], said
        assert says in said[0][1] and places(said[0][1]) == [place], said


def what_only_the_engine_knows_of_rules_is_known_to_check(desk):
    """With the same words and place as at the start, where no port has been opened yet."""
    for rules, says, place in (("listen: 10.2.0.1:53-60", "it keeps sources for 2 workers, and does not tell", "6:16"),
                               ("listen: 10.2.0.1:53", "towards 10.3.0.5:53, as rule 'log' does", "6:16")):
        desk.write("rules.yaml", SOURCES.replace("listen: 10.2.0.1:53", rules))
        said = [desk.run(command, "rules.yaml", code=2) for command in ("check", "run")]
        assert said[0] == said[1] and said[0][0] == "", said
        assert says in said[0][1] and places(said[0][1]) == [place], said
        assert "dns: on" in desk.run("check", "rules.yaml", "--cores", "0")[0]
    desk.write("rules.yaml", SOURCES.replace("10.3.0.5:53, keep_source: true}]", "10.3.0.6:53, keep_source: true}]"))
    assert "log: on" in desk.run("check", "rules.yaml")[0]
    assert os.listdir(desk.folder) == ["rules.yaml"], os.listdir(desk.folder)


def files_that_are_none_are_refused(desk):
    os.mkfifo(os.path.join(desk.folder, "pipe"))
    desk.write("large.yaml", b"#" * (1 << 21))
    desk.write("zeros.yaml", bytes(1000))
    desk.write("empty.yaml", "")
    for name, says in ((".", "is a folder"), ("pipe", "is no plain file"), ("/dev/zero", "is no plain file"),
                       ("missing.yaml", "No such file"), ("large.yaml", "larger than 1 MiB"),
                       ("zeros.yaml", "byte 0x00"), ("empty.yaml", "nothing in it"), (desk.quern, "")):
        error = desk.run("check", name, code=2)[1]
        assert says in error and error.startswith("error: "), (name, error)
    assert "(standard input):1:1:" in desk.run("run", "-", code=2, stdin="\0")[1]
    if os.geteuid() == 0:
        secret = desk.write("secret.yaml", "kind: bench\n")
        os.chmod(secret, 0o600)
        os.chmod(desk.folder, 0o755)
        assert "Permission denied" in desk.run("check", "secret.yaml", code=2, user="nobody")[1]


def large_and_hostile_files_are_refused_soon(desk):
    """The run of each is bounded by Desk.run(): what took more than a line's time would be noticed."""
    pieces = ("[", "{", "- ", "? ", "a: {", "!", "&a ", "*a ", '"\\n', "a: &a [*a, *a]\n", ": ", "<<: ", "a:\n  ")
    for piece in pieces:
        desk.write("h.yaml", "kind: bench\njson: " + piece * (MIB // len(piece) - 20))
        assert "error: " in desk.run("check", "h.yaml", code=2)[1], piece
    for before, each, behind in (("", "k{}: v\n", ""), ("ports:\n", "- {{name: k{}}}\n", ""),
                                 ("ports: [", '{{dev: "tap:a{}", mtu: 99}},', "]"),
                                 ("ports:\n", "- {{a: 1, a: {}, b: 1, b: 2}}\n", ""),
                                 ("client: {source: [", "10.{},", "]}"), ("cores: [", "{},", "]")):
        items = "".join(each.format(number) for number in range(MIB // (len(each) + 6)))
        desk.write("h.yaml", "kind: load\n" + before + items + behind)
        error = desk.run("check", "h.yaml", code=2)[1]
        assert "error: " in error and len(error) < MIB // 4, (each, len(error))


def errors_of_the_whole_show_their_line(desk):
    desk.write("g.yaml", GATEWAY)
    error = desk.run("check", "g.yaml", code=2)[1]
    assert "--gateway 10.1.0.1 is not on the network" in error and places(error) == ["2:51"], error
    error = desk.run("check", "g.yaml", "--gateway", "10.0.0.9", "--cores", "1000", code=2)[1]
    assert "may not run on core 1000" in error and places(error) == [], error
    assert "by 10.0.0.9" in desk.run("check", "g.yaml", "--gateway", "10.0.0.9")[0]
    desk.write("p.yaml", GATEWAY.replace("tap:q0", "af_packet:nope").replace("10.1.0.1", "10.0.0.9"))
    error = desk.run("run", "p.yaml", code=3)[1]
    assert "no interface nope" in error and places(error) == ["2:16"], error
    assert error.index("p.yaml:2:16") < error.index("There are:"), error
    desk.write("n.yaml", "kind: serve\n")
    error = desk.run("run", "n.yaml", code=2)[1]
    assert "serve needs a port" in error and places(error) == ["1:7"], error
    desk.write("s.yaml", "kind: bench\nduration: 1s\n")
    for words, variables, says in ((["--cps", "5k", "--search", "failed==0"], {}, "leave out --cps"),
                                   ([], {"QUERN_CPS": "5k", "QUERN_SEARCH": "failed==0"}, "leave out --cps")):
        error = desk.run("check", "s.yaml", *words, code=2, variables=variables)[1]
        assert says in error and places(error) == [], error


def a_flag_goes_before_a_variable_before_a_file(desk):
    desk.write("b.yaml", "kind: bench\nclient: {cps: 1k}\n")
    variable = {"QUERN_CPS": "2k"}
    assert "1,000 a second" in desk.run("check", "b.yaml")[0]
    assert "2,000 a second" in desk.run("check", "b.yaml", variables=variable)[0]
    assert "3,000 a second" in desk.run("check", "b.yaml", "--cps", "3k", variables=variable)[0]
    error = desk.run("check", "b.yaml", code=2, variables={"QUERN_TIME_WAIT": "1us"})[1]
    assert error == "error: QUERN_TIME_WAIT=1us: accepted is 1ms to 24h, e.g. 60s\n", error
    error = desk.run("bench", "-d", "1", code=2, variables={"QUERN_DURATON": "1s"})[1]
    assert error.startswith("warning: QUERN_DURATON says nothing to quern; did you mean QUERN_DURATION?\n"), error
    done = desk.run("bench", "-q", "--json", "-", variables={"QUERN_DURATION": "200ms", "QUERN_MEMORY": "4k"})[0]
    assert json.loads(done)["config"]["duration_ns"] == 200000000


def wrong_usage_names_what_is_right(desk):
    for words, says in ((["run"], "run needs a file before its flags: quern run FILE"),
                        (["check", "-q", "x.yaml"], "check needs a file before its flags"),
                        (["init", "bench", "load"], "unexpected argument load"),
                        (["chekc", "x.yaml"], "unknown command chekc; did you mean check?")):
        assert says in desk.run(*words, code=2)[1]
    desk.write("b.yaml", "kind: bench\n")
    for words in (["run", "--help"], ["check", "-h"], ["init", "--help"]):
        assert "usage: quern run FILE" in desk.run(*words)[0]
    assert "usage: quern bench" in desk.run("run", "b.yaml", "--help")[0]
    assert "--gateway is no flag of quern bench" in desk.run("run", "b.yaml", "--gateway", "10.0.0.1", code=2)[1]


CASES = [the_file_is_what_the_flags_are, load_by_file_is_load_by_flags, what_has_no_flag_yet_is_unknown,
         examples_are_accepted, check_starts_nothing, ten_mistakes_have_ten_marks, rules_of_a_file_are_said_and_run,
         one_way_has_no_sessions,
         errors_of_rules_and_ports_show_the_rule,
         what_only_the_engine_knows_of_ports_is_known_to_check,
         what_only_the_engine_knows_of_rules_is_known_to_check, files_that_are_none_are_refused,
         large_and_hostile_files_are_refused_soon,
         errors_of_the_whole_show_their_line, a_flag_goes_before_a_variable_before_a_file,
         wrong_usage_names_what_is_right]


def in_folder(case, quern):
    with tempfile.TemporaryDirectory(prefix="qc-") as folder:
        case(Desk(quern, folder))


def main(quern):
    return play([(case.__name__.replace("_", " "), lambda case=case: in_folder(case, quern)) for case in CASES])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
