"""The mistakes that check_errors.py makes: each a command, its exit code, and what the output must say."""

import contextlib
import os
import signal

HUGE = "/proc/sys/vm/nr_hugepages"


class Case:
    """`words` of the command, its exit code, and what it must say in at most `lines` lines. `before(lab)` is a context
    manager around it, of which `given` tells; `needs` is what it cannot do without, `user` who runs it."""

    def __init__(self, words, code, says, lines=1, before=None, given=None, needs=None, user=None):
        self.words, self.code, self.says, self.lines = list(words), code, says, lines
        self.before, self.given, self.needs, self.user = before, given, needs, user

    def command(self):
        return " ".join(([f"({self.user})"] if self.user else []) + ["quern"] + self.words)


def serve(device, *words):
    return ["serve", "-p", device, "--ip", "198.18.0.1/24", *words]


def load(device, *words):
    return ["load", "tcp://198.18.0.9:80", "-p", device, "--ip", "198.18.0.1/24", *words]


HELP = [
    Case([], 2, ["quern bench", "quern serve", "quern load"], 40),
    Case(["--help"], 0, ["quern COMMAND --help"], 40),
    Case(["--version"], 0, ["quern ", "git ", "DPDK ", "compiler ", "-march="], 8),
    Case(["bench", "--version"], 0, ["DPDK "], 8),
    Case(["bench", "--help"], 0, ["usage: quern bench", "example: quern bench", "--cps"], 40),
    Case(["serve", "--help"], 0, ["usage: quern serve", "example: quern serve", "--discard"], 40),
    Case(["load", "--help"], 0, ["usage: quern load", "example: quern load", "--wait-link"], 40),
    Case(["run", "--help"], 0, ["usage: quern run FILE", "example: quern init bench", "docs/configuration.md"], 40),
    Case(["doctor", "--help"], 0, ["usage: quern doctor", "example: quern doctor", "--json"], 40),
    Case(["trace", "--help"], 0, ["usage: quern trace", "example: quern trace", "--svg"], 40),
    Case(["forward", "--help"], 0, ["usage: quern forward", "example: quern forward", "--balance"], 40),
]

USAGE = [
    Case(["bnech"], 2, ["unknown command bnech; did you mean bench?"]),
    Case(["docter"], 2, ["unknown command docter; did you mean doctor?"]),
    Case(["tracee"], 2, ["unknown command tracee; did you mean trace?"]),
    Case(["trace"], 2, ["trace needs a capture: quern trace FILE, or quern trace live -p"]),
    Case(["trace", "/nonexistent/in.pcap"], 2, ["/nonexistent/in.pcap: No such file", "Name a capture"], 2),
    Case(["trace", "same.pcap", "--svg", "same.pcap"], 2, ["--svg would write over the capture; name another file"]),
    Case(["trace", "live", "-p", "cable"], 2, ["--port cable: trace live sees what the kernel sees"]),
    Case(["doctor", "--cps", "1k"], 2, ["--cps is no flag of quern doctor; quern doctor --help"]),
    Case(["proxy"], 2, ["unknown command proxy; quern --help"]),
    Case(["bench", "--duraton", "1s"], 2, ["unknown flag --duraton; did you mean --duration?"]),
    Case(["bench", "--burst", "1s"], 2, ["unknown flag --burst; quern bench --help-all lists them all"]),
    Case(["bench", "-p", "cable"], 2, ["--port is no flag of quern bench"]),
    Case(["bench", "--cps", "fast"], 2, ["--cps fast: accepted is max or 1 to 100M, e.g. 50k"]),
    Case(["bench", "--cps", "5x"], 2, ["--cps 5x: accepted is max or 1 to 100M"]),
    Case(["bench", "-d", "5"], 2, ["--duration 5: accepted is 10s, 5m"]),
    Case(["bench", "--time-wait", "1us"], 2, ["--time-wait 1us: accepted is 1ms to 24h"]),
    Case(["bench", "--syn-cookies", "on"], 2, ["--syn-cookies on: accepted is auto (at the half-open limit), always"]),
    Case(["bench", "--json"], 2, ["--json needs a value"]),
    Case(["bench", "--threshold", "faild==0"], 2, ["'faild==0': no metric", "did you mean failed?", "^~~~~"], 3),
    Case(["bench", "--threshold", "p99<5"], 2, ["accepted is a time with its unit", "    ^"], 3),
    Case(["bench", "--stop-if", "life.p99>1s"], 2, ["'life' is known at the end only, not of each second"], 3),
    Case(["bench", "--search", "failed==0", "--cps", "1k"], 2, ["--search finds the rate; leave out --cps"]),
    Case(["bench", "--ramp", "1s"], 2, ["--ramp rises to a --cps RATE or to a --cc N; give one"]),
    Case(["bench", "--profile", "steps:1k"], 2, ["--profile steps:1k: accepted is steps:10k,20k/10s, trapezoid:"]),
    Case(["bench", "--profile", "steps:1k/1s", "--cps", "1k"], 2, ["give --profile or --cps, not both"]),
    Case(["bench", "--profile", "steps:1k/1s", "--ramp", "1s"], 2, ["a --profile rises by itself; leave out --ramp"]),
    Case(["bench", "--profile", "steps:0/1s"], 2, ["--profile has no rate above 0"]),
    Case(["bench", "--profile", "points:/nonexistent/day"], 2, ["--profile points:/nonexistent/day: No such file"]),
    Case(["bench", "--listen", "300.1.1.1:80"], 2, ["--listen 300.1.1.1:80: accepted is ADDR:PORT"]),
    Case(["bench", "--listen", "198.19.0.1:80", "--listen", "198.19.0.1:80"], 2,
         ["--listen 198.19.0.1:80 is given twice"]),
    Case(["bench", "--source", "198.18.0.0/33"], 2, ["--source 198.18.0.0/33: accepted is 198.18.0.0/24"]),
    Case(["bench", "--source", "224.0.0.0/24"], 2, ["--source 224.0.0.0 is a multicast address"]),
    Case(["bench", "--listen", "fd00::1:80"], 2, ["--listen fd00::1:80: accepted is ADDR:PORT", "[fd00::1]:80"]),
    Case(["bench", "--source", "fd00::2-fd00::1"], 2, ["--source fd00::2-fd00::1: accepted is", "fd00::100/120"]),
    Case(["bench", "--source", "fd00::/64"], 2, ["name more than 134217728 addresses of IPv6; name fewer"]),
    Case(["bench", "-6", "--listen", "198.19.0.1:80"], 2, ["-6, --source and --listen name both versions of IP"]),
    Case(["bench", "--listen", "[ff02::1]:80"], 2, ["--listen ff02::1 is a multicast address"]),
    Case(["bench", "--client-cores", ",".join(["0"] * 17)], 2, ["--client-cores names 17 cores", "for 16"]),
    Case(["bench", "--client-cores", "1000"], 2, ["may not run on core 1000"]),
    Case(["bench", "--payload", "http", "--close", "client"], 2, ["with one request a connection the server closes"]),
    Case(["bench", "--close", "half", "--hold", "1s", "--payload", "bytes:1"], 2, ["leave out --hold"]),
    Case(["bench", "--close", "never"], 2, ["--close never with --cps max", "give --cc, --connections"]),
    Case(["bench", "--json", "/nonexistent/out.json"], 2, ["--json /nonexistent/out.json: No such file"]),
    Case(["bench", "--hlog", "/nonexistent/out.hlog"], 2, ["--hlog /nonexistent/out.hlog: No such file"]),
    Case(["bench", "--metrics", "9112"], 2, ["--metrics 9112: accepted is ADDR:PORT, e.g. 127.0.0.1:9112"]),
    Case(["bench", "--metrics", "unix:/nonexistent/m"], 3, ["No such file or directory; make its folder first"]),
    Case(["bench", "--metrics", "unix:/etc/passwd"], 3, ["File exists; it is there, and is no socket"]),
    Case(["bench", "--metrics", "203.0.113.9:9112"], 3, ["this machine has no such address: 127.0.0.1 is for"]),
    Case(["bench", "--hlog", "x", "--json", "x"], 2, ["give --json and --hlog different files"]),
    Case(["bench", "--pcap", "x.pcap,frames=many"], 2, ["--pcap x.pcap,frames=many: accepted is FILE[,frames=N]"]),
    Case(["bench", "--pcap", "x", "--json", "x"], 2, ["give --json and --pcap different files"]),
    Case(["bench", "--pcap", "/nonexistent/x.pcap"], 2, ["/nonexistent/x.pcap: No such file", "Name a file"], 2),
    Case(["bench", "--impair", "lss=1%"], 2, ["no key 'lss'; did you mean loss?"]),
    Case(["bench", "--impair", "width=3"], 2, ["no key 'width'; there are delay, jitter"]),
    Case(["bench", "--impair", "loss=1"], 2, ["accepted for loss is 0% to 100%, e.g. 0.1%"]),
    Case(["bench", "--impair", "delay=11s"], 2, ["accepted for delay is 1ns to 10s"]),
    Case(["bench", "--impair", "delay=1ms,jitter=2ms"], 2, ["jitter is more than delay", "lower jitter"]),
    Case(["bench", "--impair", "loss=60%,burst=1"], 2, ["bursts so short", "raise burst"]),
    Case(["bench", "--impair", "seed=7"], 2, ["impairs nothing; add a key that does"]),
    Case(["bench", "--impair", "loss=1%", "--impair", "dir=tx,loss=2%"], 2,
         ["is impaired already", "dir=rx and dir=tx"]),
    Case(["serve", "--impair", "loss=1%", "-p", "tap:q0"], 2, ["KEY=VALUE,... behind the --port it belongs to"]),
    Case(["serve"], 2, ["serve needs a port: -p tap:"]),
    Case(["serve", "-p", "tap:q0"], 2, ["serve needs an address", "--listen"]),
    Case(["serve", "-p", "tap:q0", "--ip", "10.0.0.1/24", "-p", "tap:q1", "--ip", "10.1.0.1/24",
          "--listen", "10.0.0.1:80"], 2,
         ["port tap:q1 has none of the --listen addresses", "leave the port out"]),
    Case(["serve", "--ip", "10.0.0.1/24", "-p", "tap:q0"], 2, ["--ip 10.0.0.1/24: accepted is ADDR/LEN behind"]),
    Case(["serve", "-p", "tap:q0", "--ip", "10.0.0.1/33"], 2, ["--ip 10.0.0.1/33: accepted is ADDR/LEN"]),
    Case(["serve", "-p", "tap:q0", "--ip", "224.0.0.1/24"], 2, ["--ip 224.0.0.1 is a multicast address"]),
    Case(["serve", "-p", "tap:q0", "--ip", "10.0.0.255/24"], 2, ["--ip 10.0.0.255 is the broadcast address"]),
    Case(serve("tap:q0", "--gateway", "10.0.0.1"), 2, ["--gateway 10.0.0.1 is not on the network of port tap:q0"]),
    Case(["serve", "-p", "tap:q0", "--ip", "fd00::1/129"], 2, ["--ip fd00::1/129: accepted is ADDR/LEN", "fd00::1/64"]),
    Case(["serve", "-p", "tap:q0", "--ip", "fd00::/64"], 2, ["--ip fd00:: is the anycast address of its network's"]),
    Case(["serve", "-p", "tap:q0", "--ip", "::1/64"], 2, ["--ip ::1 is the loopback address"]),
    Case(["serve", "-p", "tap:q0", "--ip", "fd00::1/64", "--gateway", "fd01::1"], 2,
         ["--gateway fd01::1 is not on the network of port tap:q0, fd00::/64"]),
    Case(["serve", "-p", "tap:q0", "--ip", "fd00::1/64", "--gateway", "10.0.0.1"], 2,
         ["--gateway 10.0.0.1 is of IPv4, and port tap:q0 has no such address"]),
    Case(["serve", "-p", "tap:q0", "--ip", "fd00::1/64", "--mtu", "1279"], 2, ["MTU 1279 is too little for IPv6"], 2),
    Case(["serve", "-p", "eth0", "--ip", "10.0.0.1/24"], 2, ["--port eth0", "memif:PATH[,server]", "PCI address"]),
    Case(serve("tap:a,b"), 2, ["'a,b' cannot be the name of an interface", "Write tap:NAME"], 2),
    Case(serve("cable"), 2, ["a cable has two ends", "Name cable twice"], 2),
    Case(["serve", "--http", "--root", "/nonexistent", "-p", "tap:q0", "--ip", "10.0.0.1/24"], 2,
         ["--root /nonexistent: No such file or directory"]),
    Case(["load"], 2, ["load needs a port: -p tap:"]),
    Case(["load", "-p", "tap:q0", "--ip", "10.0.0.1/24"], 2, ["load needs a target", "tcp://"]),
    Case(["load", "tcp://10.0.0.1:80", "-p", "tap:q0"], 2, ["load needs an address to come from"]),
    Case(["load", "sctp://10.0.0.1:80"], 2, ["target sctp://10.0.0.1:80: accepted is tcp://ADDR:PORT, udp://"]),
    Case(["load", "http://10.0.0.9/", "-p", "tap:q0", "--ip", "10.0.0.1/24", "--data", "@/nonexistent"], 2,
         ["--data @/nonexistent: No such file or directory; name a file"]),
    Case(["load", "tcp://10.0.0.9:80", "-p", "tap:q0", "--ip", "10.0.0.1/24", "--expect", "200"], 2,
         ["need HTTP: name the target as http://ADDR:PORT/PATH"]),
    Case(["load", "http://10.0.0.9/", "--header", "Content-Length: 5"], 2, ["Content-Length and Transfer-Encoding"]),
    Case(["load", "http://10.0.0.9/", "--expect", "1xx"], 2, ["accepted is statuses from 200 to 999, and classes"]),
    Case(["load", "http://example.org/"], 2, ["target http://example.org/: accepted is tcp://ADDR:PORT, udp://"]),
    Case(["load", "udp://10.0.0.1:9", "-p", "tap:q0", "--ip", "10.0.0.2/24", "--one-way"], 2,
         ["--one-way needs a rate", "--pps 50k"]),
    Case(["load", "udp://10.0.0.1:9", "-p", "tap:q0", "--ip", "10.0.0.2/24", "--payload", "bytes:1473"], 2,
         ["18 to 1472 bytes", "raise --mtu"]),
    Case(["load", "tcp://fd00::2:80"], 2, ["target tcp://fd00::2:80: accepted is tcp://ADDR", "http://[fd00::2]/"]),
    Case(["load", "tcp://[fd01::1]:80", "-p", "tap:q0", "--ip", "fd00::1/64"], 2,
         ["target fd01::1 is not on the network of port tap:q0, fd00::/64", "add --gateway ADDR"]),
    Case(["load", "tcp://[fd00::2]:80", "-p", "tap:q0", "--ip", "198.18.0.1/24"], 2,
         ["load needs an address to come from, of IPv6 as the target: --ip fd00::1/64"]),
    Case(["load", "tcp://10.1.0.1:80", "-p", "tap:q0", "--ip", "198.18.0.1/24"], 2,
         ["target 10.1.0.1 is not on the network of port tap:q0", "add --gateway ADDR"]),
    Case(["load", "tcp://198.18.0.1:80", "-p", "tap:q0", "--ip", "198.18.0.1/24"], 2,
         ["target 198.18.0.1 is our own address"]),
]



def forward(*words):
    """With ports towards clients and targets."""
    return ["forward", "-p", "tap:a", "--ip", "10.2.0.1/24", "-p", "tap:b", "--ip", "10.3.0.1/24", *words]


FORWARD = [
    Case(["forward"], 2, ["forward needs a port: -p tap:"]),
    Case(forward(), 2, ["forward needs a rule: --listen ADDR:PORT --to ADDR:PORT"]),
    Case(["forward", "-p", "tap:a", "--listen", "10.2.0.1:53", "--to", "10.2.0.5:53"], 2,
         ["port tap:a has no address"]),
    Case(forward("--listen", "10.2.0.1:53-"), 2, ["--listen 10.2.0.1:53-: accepted is ADDR:PORT", "ADDR:PORT-LAST"]),
    Case(forward("--listen", "10.2.0.2:53", "--to", "10.3.0.5:53"), 2,
         ["--listen: 10.2.0.2 is no port's own address: tap:a has 10.2.0.1, tap:b has 10.3.0.1"]),
    Case(forward("--listen", "0.0.0.0:53", "--to", "10.3.0.5:53"), 2, ["--listen: which of the ports is to listen?"]),
    Case(forward("--listen", "10.2.0.1:99-53", "--to", "10.3.0.5:53"), 2, ["listens on ports 99-53", "lower port"]),
    Case(forward("--listen", "239.1.1.1:53", "--to", "10.3.0.5:53"), 2, ["listens to the group 239.1.1.1:53"]),
    Case(forward("--listen", "10.2.0.1:53", "--to", "10.3.0.5"), 2, ["has no port; give its port, or --keep-port"]),
    Case(forward("--listen", "10.2.0.1:53", "--to", "10.3.0.5:53", "--keep-port"), 2, ["leave out its port, or --k"]),
    Case(forward("--listen", "10.2.0.1:53", "--to", "[fd00::5]:53"), 2, ["give targets of the same version"]),
    Case(forward("--listen", "10.2.0.1:53", "--to", "10.3.0.1:53"), 2, ["--to: 10.3.0.1 is our own address"]),
    Case(forward("--listen", "10.2.0.1:53", "--to", "10.4.0.5:53"), 2, ["is on no port's network", "--gateway ADDR"]),
    Case(forward("--balance", "random"), 2, ["--balance random: accepted is maglev, roundrobin, leastsessions or all"]),
    Case(forward("--idle", "100ms"), 2, ["--idle 100ms: accepted is 1s to 24h"]),
    Case(forward("--keepalive", "off"), 2, ["--keepalive is no flag of quern forward; quern forward --help"]),
    Case(["forward", "-p", "net_null0", "--ip", "10.2.0.1/24", "-p", "net_null1", "--ip", "10.3.0.1/24", "--cores",
          "0,1", "--listen", "10.2.0.1:53-60", "--to", "10.3.0.5:53", "--keep-source"], 2,
         ["keeps sources for 2 workers, and does not tell whose an answer is", "or run one worker"], 2),
    Case(["serve", "--to", "10.3.0.5:53"], 2, ["--to is no flag of quern serve"]),
]

EAL = [
    Case(["bench", "--", "--no-such"], 2, ["EAL refused: --no-such", "unrecognized option '--no-such'", "-v"], 3),
    Case(["bench", "--", "-l", "9999"], 2, ["EAL refused: -l 9999", "It said: "], 3),
    Case(["bench", "--", "--lcores=x"], 2, ["EAL refused: --lcores=x", "invalid parameter for --lcores"], 3),
    Case(["bench", "--", "--vdev=net_foo"], 3, ["EAL refused: --vdev=net_foo", "failed to parse device"], 3),
    Case(["bench", "--", "--help"], 2, ["EAL's --help would end the program"], 2),
    Case(["bench", "--", "--proc-type=secondary"], 2, ["EAL's --proc-type would end the program or hold it up"], 2),
    Case(["bench", "--", "--no-telemetry", "more"], 2, ["'more' is no option of EAL's"], 2),
]


@contextlib.contextmanager
def pages(count):
    """So many hugepages in all; as many as before at the end."""
    with open(HUGE, encoding="ascii") as file:
        before = file.read()
    try:
        with open(HUGE, "w", encoding="ascii") as file:
            file.write(str(count))
        yield
    finally:
        with open(HUGE, "w", encoding="ascii") as file:
            file.write(before)


def without_pages(_lab):
    return pages(0)


def with_few_pages(_lab):
    return pages(20)


MEMORY = [
    Case(["bench", "--memory", "huge"], 3, ["not enough hugepages: ", " needed, 0 MiB free", "| sudo tee", "4k"], 2,
         before=without_pages, given="no hugepages", needs="pages"),
    Case(["bench", "--memory", "huge", "--max-time-wait", "100k"], 3,
         ["not enough hugepages: ", " needed, 40 MiB free",
          "| sudo tee /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "--memory 4k"], 2,
         before=with_few_pages, given="20 hugepages", needs="pages"),
    Case(["bench", "--max-connections", "268M", "--max-time-wait", "268M", "--memory", "4k"], 3,
         ["not enough memory: ", " needed, ", "Lower --max-connections"], 2, needs="small machine"),
    Case(["bench", "--max-connections", "1G"], 2, ["it cannot hold 1000000000 connections", "at most 268435456"], 2,
         needs="small machine"),
    Case(["bench", "--max-connections", "2G"], 2, ["--max-connections 2G: accepted is 1 to 1G"]),
]


def running(*words):
    """Another quern with these words, while the case runs; both files of its run are gone at the end."""
    def start(lab):
        return lab.other_quern([word.replace("FOLDER", lab.folder) for word in words])
    return start


@contextlib.contextmanager
def link_down(lab):
    lab.ip("link", "set", "k1", "down")
    try:
        yield
    finally:
        lab.ip("link", "set", "k1", "up")


@contextlib.contextmanager
def dead_socket(lab):
    """A memif server that was killed: what it leaves hinders nobody."""
    with lab.other_quern(["serve", "-p", f"memif:{lab.folder}/dead,server", "--ip", "198.18.0.1/24"], signal.SIGKILL):
        pass
    assert os.path.exists(f"{lab.folder}/dead") and os.listdir(lab.runtime)
    yield
    assert not os.path.exists(f"{lab.folder}/dead")


@contextlib.contextmanager
def own_address_ip6(lab):
    lab.ip("addr", "add", "fd00::1/64", "dev", "k1", "nodad")
    try:
        yield
    finally:
        lab.ip("addr", "del", "fd00::1/64", "dev", "k1")


@contextlib.contextmanager
def own_address(lab):
    lab.ip("addr", "add", "198.18.0.1/24", "dev", "k1")
    try:
        yield
    finally:
        lab.ip("addr", "del", "198.18.0.1/24", "dev", "k1")


IN = {"needs": "namespace"}
MACHINE = [
    Case(serve("af_packet:kk0"), 3, ["no interface kk0 in this network namespace; did you mean k0?", "There are: "], 2,
         **IN),
    Case(serve("af_xdp:eth7"), 3, ["no interface eth7 in this network namespace\n", "ip -br link"], 2, **IN),
    Case(serve("af_packet:k0"), 2, ["198.18.0.1 is the kernel's own address, on k1", "ip addr del"], 2,
         before=own_address, given="an address of k1", **IN),
    Case(serve("tap:q0"), 2, ["198.18.0.1 is the kernel's own address, on k1", "it would answer with RST"], 2,
         before=own_address, given="an address of k1", **IN),
    Case(serve("af_xdp:k0"), 2, ["198.18.0.1 is the kernel's own address, on k1"], 2, before=own_address,
         given="an address of k1", **IN),
    Case(["serve", "-p", "af_packet:k0", "--ip", "fd00::1/64"], 2,
         ["fd00::1 is the kernel's own address, on k1", "ip addr del fd00::1 dev k1"], 2, before=own_address_ip6,
         given="an address of k1", **IN),
    Case(serve("tap:q0"), 3, ["a tap interface needs CAP_NET_ADMIN", "setcap"], 2, user="nobody", **IN),
    Case(serve("af_packet:k0"), 3, ["a packet socket needs CAP_NET_RAW", "setcap"], 2, user="nobody", **IN),
    Case(serve("af_xdp:k0"), 3, ["AF_XDP needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF"], 2, user="nobody", **IN),
    Case(serve("tap:k0"), 3, ["interface k0 exists and is no tap", "-p af_packet:k0"], 2, **IN),
    Case(serve("tap:q9"), 3, ["interface q9 is in use by another program"], 2, before=running(*serve("tap:q9")),
         given="another quern serves there", **IN),
    Case(serve("af_xdp:k0"), 3, ["another quern has k0 by AF_XDP"], 2,
         before=running("serve", "-p", "af_xdp:k0", "--ip", "198.18.0.3/24"), given="another quern serves there", **IN),
    Case(serve("tap:q0", "--mtu", "9000"), 2, ["MTU 9000 is more than net_tap takes", "68 to 1504"], 2, **IN),
    Case(serve("af_packet:k0", "--mtu", "9000"), 2, ["the MTU of k0 is 1500", "ip link set k0 mtu 9000"], 2, **IN),
    Case(load("af_packet:k0", "--wait-link", "300ms"), 3, ["no link on k0 after 300 ms", "ip link set k0 up"], 2,
         before=link_down, given="k1 is down", **IN),
    Case(load("af_packet:k0", "--wait-link", "300ms"), 1,
         ["target 198.18.0.9: no ARP answer for 198.18.0.9 within 300 ms on port af_packet:k0; is the other end up"], 2,
         **IN),
]

MACHINE += [
    Case(["load", "tcp://[fd00::9]:80", "-p", "af_packet:k0", "--ip", "fd00::1/64", "--wait-link", "300ms"], 1,
         ["target fd00::9: no ND answer for fd00::9 within 300 ms on port af_packet:k0; is the other end up"], 2, **IN),
]

PORTS = [
    Case(serve("0000:ff:1f.7"), 3, ["no PCI device 0000:ff:1f.7", "dpdk-devbind.py --status-dev net"], 2),
    Case(serve("net_foo0"), 3, ["DPDK has no driver of that name"], 2),
    Case(serve("pcap:/nonexistent.pcap"), 2, ["/nonexistent.pcap: No such file or directory"], 2),
    Case(serve("pcap:/etc/passwd"), 2, ["/etc/passwd is no pcap file", "tcpdump -w"], 2),
    Case(serve("memif:/etc/passwd,server"), 2, ["/etc/passwd is not a socket"], 2),
    Case(serve("memif:/nonexistent/q,server"), 2, ["no socket can be made in /nonexistent"], 2),
    Case(serve("memif:FOLDER/live,server"), 2, ["another program serves FOLDER/live"], 2,
         before=running(*serve("memif:FOLDER/live,server")), given="another quern serves there"),
    Case(load("memif:FOLDER/none", "--wait-link", "300ms"), 3, ["no peer after 300 ms", "FOLDER/none,server"], 2),
    Case(serve("memif:FOLDER/dead,server", "-d", "300ms", "-q"), 0, ["RESULT  PASS"], 20, before=dead_socket,
         given="a killed quern has left it"),
    Case(["bench", "-d", "100ms", "-q", "--json", "/dev/full"], 1, ["--json /dev/full: No space left on device"], 20),
    Case(["bench", "-d", "100ms", "-q", "--hlog", "/dev/full"], 1, ["--hlog /dev/full: No space left on device"], 20),
]


def file_case(command, text, code, says, lines=4):
    """A file with one mistake, which is `text`."""
    @contextlib.contextmanager
    def written(lab):
        path = os.path.join(lab.folder, "x.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("; ", "\n") + "\n")
        try:
            yield
        finally:
            os.unlink(path)
    return Case([command, "FOLDER/x.yaml"], code, says, lines, before=written, given=f"`{text}`")


def rule_case(rule, says, lines=4):
    ports = "[{dev: \"tap:a\", ip: 10.2.0.1/24}]"
    return file_case("check", f"kind: forward; ports: {ports}; rules: [{rule}]", 2, says, lines)


FILES = [
    Case(["run"], 2, ["run needs a file before its flags: quern run FILE; an example: quern init bench"]),
    Case(["check", "/nonexistent.yaml"], 2, ["/nonexistent.yaml: No such file or directory"]),
    Case(["check", "/tmp"], 2, ["/tmp: is a folder; name a file in it"]),
    Case(["check", "/dev/null"], 2, ["/dev/null: is no plain file; name one, or - for standard input"]),
    Case(["init", "proxy"], 2, ["unknown kind proxy; there are bench, load, serve, forward"]),
    file_case("run", "kind: bnech", 2, ["unknown kind 'bnech'; did you mean bench?", "x.yaml:1:7:"], 3),
    file_case("run", "kind: bench; duraton: 1s", 2, ["unknown key 'duraton'; did you mean duration?"], 3),
    file_case("run", "kind: bench; time_wait: 1s", 2, ["did you mean tcp.time_wait?", "x.yaml:2:1:"], 3),
    file_case("run", "kind: bench; warmup: 1s; warmup: 2s", 2, ["key 'warmup' stands twice", "x.yaml:3:1:"]),
    file_case("run", "kind: bench; duration: 5", 2, ["duration: '5' is not accepted", "Accepted is 10s, 5m"]),
    file_case("run", "kind: bench; duration: [1s]", 2, ["duration: a list where one value belongs"]),
    file_case("run", "kind: bench; json: \"x", 2, ["no YAML: double-quoted scalar without closing quote"]),
    file_case("run", "kind: serve; ports: [{dev: \"tap:q0\", ip: 10.0.0.0/24}]", 2,
              ["--ip 10.0.0.0 is the address of the network itself", "x.yaml:2:29:"], 3),
    file_case("run", "kind: serve; ports: [{dev: \"net_foo0\", ip: 10.0.0.1/24}]", 3,
              ["port 0 'net_foo0': DPDK has no driver of that name", "x.yaml:2:16:"]),
    rule_case("{listen: 10.2.0.1:53, to: 10.2.0.5:53}", ["an item of rules without name", "x.yaml:3:9:"], 3),
    rule_case("{name: a, listen: 10.2.0.1, to: 10.2.0.5:53}", ["rules.listen: '10.2.0.1' is not acc", "x.yaml:3:27:"]),
    rule_case("{name: a, to: 10.2.0.5:53}", ["rule 'a': listens nowhere", "Add listen: ADDR:PORT"]),
    rule_case("{name: a, listen: 10.2.0.1:53, to: 10.2.0.5}", ["target 10.2.0.5:* has no port", "add keep_port: true"]),
    rule_case("{name: a, listen: 10.2.0.2:53, to: 10.2.0.5:53}",
              ["rule 'a': 10.2.0.2 is no port's own address: tap:a has 10.2.0.1", "x.yaml:3:16:"], 3),
    rule_case("{name: a, listen: 10.2.0.1:53, to: 10.3.0.5:53}", ["is on no port's network", "add gateway: ADDR"], 3),
]

PARTS = [("Usage", USAGE), ("Rules of forwarding", FORWARD), ("Files", FILES), ("EAL's own options", EAL),
         ("Memory", MEMORY), ("Ports", PORTS),
         ("Ports in a network namespace with the veth pair k0, k1", MACHINE)]
