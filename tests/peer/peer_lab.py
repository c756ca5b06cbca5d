"""The laboratory: namespaces with Linux at one end of a link and quern at the other, gone on every way out."""

import contextlib
import ctypes
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

# Every check is one of IPv4, or of IPv6 where the environment says so.
IS_IP6 = os.environ.get("QUERN_TEST_IP") == "6"
FAMILY = socket.AF_INET6 if IS_IP6 else socket.AF_INET
QUERN, LINUX, NOBODY = (f"fd00::{n}" if IS_IP6 else f"198.18.0.{n}" for n in (1, 2, 9))
PREFIX = 64 if IS_IP6 else 24
AT_ONCE = ("nodad",) if IS_IP6 else ()  # an address that is added is good without a question to others
PORT = 80
NAMESPACES = "/run/netns"
PACKAGES = {"ip": "iproute2", "ss": "iproute2", "nginx": "nginx-light", "nc": "netcat-openbsd",
            "dig": "bind9-dnsutils", "dnsmasq": "dnsmasq-base"}
CLONE_NEWNET, PR_SET_PDEATHSIG, AF_XDP = 0x40000000, 1, 44
LIBC = ctypes.CDLL(None, use_errno=True)

# A busy Linux server and client, ARP that does not hold a test up for a second, and a congestion control that every
# kernel has and that goes by losses alone: BBR, where a machine has that, takes a busy core for a slow path.
SYSCTLS = {"net/core/somaxconn": "65535", "net/ipv4/tcp_max_syn_backlog": "65535",
           "net/ipv4/tcp_congestion_control": "reno", "net/ipv4/ip_local_port_range": "1024 65535",
           "net/ipv4/neigh/default/retrans_time_ms": "100",
           "net/ipv6/conf/all/disable_ipv6": "1", "net/ipv6/conf/default/disable_ipv6": "1"}
# An address is there at once, nobody looks for routers, and a neighbour is asked as often.
SYSCTLS_IP6 = {"net/ipv6/conf/all/disable_ipv6": "0", "net/ipv6/conf/default/disable_ipv6": "0",
               "net/ipv6/conf/default/accept_dad": "0", "net/ipv6/conf/default/router_solicitations": "0",
               "net/ipv6/neigh/default/retrans_time_ms": "100"}


class Broken(Exception):
    """A fact that a check stands on is not so."""


def expect(fact, what):
    if not fact:
        raise Broken(what)


def expect_equal(found, wanted, what):
    expect(found == wanted, f"{what}: {found!r}, not {wanted!r}")


def eventually(question, seconds, what):
    """Asks until the answer is true and returns it; Broken when the time is over."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        expect(time.monotonic() < end, f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.005)


def at(address, port=None):
    """An address as it stands in a URL, and before a port."""
    return (f"[{address}]" if ":" in address else address) + ("" if port is None else f":{port}")


def ip(*words, may_fail=False):
    """Runs iproute2's ip for this version of IP; returns what it printed."""
    done = subprocess.run(("ip", "-6" if IS_IP6 else "-4") + words, capture_output=True, text=True, check=False)
    if done.returncode != 0 and not may_fail:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def enter_namespace(path):
    """Moves this thread, and all that it starts from now on, into a network namespace."""
    with open(path, encoding="ascii") as namespace:
        if LIBC.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")


def may_use_xdp():
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW).close()
    except OSError:
        return False
    return True


def what_is_missing(kind, more_tools=()):
    """Why this machine or user cannot run the tests, or None."""
    tools = ("ip", "ss") + (() if kind == "tap" else ("ethtool",)) + tuple(more_tools)
    for tool in tools:
        if shutil.which(tool) is None:
            return f"no {tool} (Debian: {PACKAGES.get(tool, tool)})"
    if kind == "tap" and not os.path.exists("/dev/net/tun"):
        return "no /dev/net/tun"
    if kind == "af_xdp" and not may_use_xdp():
        return "no AF_XDP in this kernel, or no right to it"
    name = f"quern-peer-{os.getpid()}-try"
    try:
        ip("netns", "add", name)
    except OSError as error:
        return f"no right to make network namespaces ({error}); run as root"
    ip("netns", "del", name)
    return None


def die_with_parent():
    """Runs in a child before it becomes another program: it shall not outlive a laboratory that is killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def remove_orphans():
    """What a laboratory left that was killed without a chance to clean up: the names hold its process id."""
    for pattern in (f"{NAMESPACES}/quern-peer-*", f"{tempfile.gettempdir()}/quern-peer-*"):
        for path in glob.glob(pattern):
            name = os.path.basename(path)
            if os.path.exists(f"/proc/{name.split('-')[2]}"):
                continue
            if os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                ip("netns", "del", name, may_fail=True)


class Lab:
    """`with Lab("tap", binary, 1) as lab:` inside, this process lives in Linux's namespace."""

    def __init__(self, kind, binary, workers):
        self.kind, self.binary, self.workers = kind, os.path.abspath(binary), workers
        self.device = f"{kind}:q0"
        self.linux_interface = "q0" if kind == "tap" else "k0"
        self.linux_namespace = f"quern-peer-{os.getpid()}-linux"
        self.quern_namespace = self.linux_namespace if kind == "tap" else f"quern-peer-{os.getpid()}-quern"
        self.directory, self.processes, self.process_ids = None, [], []
        self.home_file, self.left_in_directory = None, []

    def __enter__(self):
        remove_orphans()
        self.home_file = os.open(f"/proc/{os.getpid()}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.directory = tempfile.mkdtemp(prefix=f"quern-peer-{os.getpid()}-")
        try:
            for name in dict.fromkeys((self.quern_namespace, self.linux_namespace)):
                ip("netns", "add", name)
                ip("-n", name, "link", "set", "lo", "up")
            enter_namespace(f"{NAMESPACES}/{self.linux_namespace}")
            for key, value in {**SYSCTLS, **(SYSCTLS_IP6 if IS_IP6 else {})}.items():
                if os.path.exists(f"/proc/sys/{key}"):
                    with open(f"/proc/sys/{key}", "w", encoding="ascii") as file:
                        file.write(value)
            # Room for a rule before that of local addresses, see deaf().
            ip("rule", "add", "pref", "10", "lookup", "local")
            ip("rule", "del", "pref", "0")
            if self.kind != "tap":
                self._plug_veth()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _plug_veth(self):
        ip("link", "add", "k0", "type", "veth", "peer", "name", "q0", "netns", self.quern_namespace)
        # A veth leaves checksums and segmentation to the other end, which here is no kernel.
        subprocess.run(("ethtool", "-K", "k0", "tx", "off", "tso", "off", "gso", "off", "gro", "off"),
                       check=True, capture_output=True)
        ip("-n", self.quern_namespace, "link", "set", "q0", "up")
        # It also delivers on whichever CPU sends, and so out of order, as no wire does: one CPU is to receive.
        ip("netns", "exec", self.quern_namespace, "sh", "-c", "echo 1 >/sys/class/net/q0/queues/rx-0/rps_cpus")
        self.attach()

    def attach(self):
        """Gives Linux's end of the link its address, again where a tap was made anew; False while there is no link."""
        try:
            socket.if_nametoindex(self.linux_interface)
            ip("address", "replace", f"{LINUX}/{PREFIX}", "dev", self.linux_interface, *AT_ONCE)
            ip("link", "set", self.linux_interface, "up")
        except OSError:
            return False
        return True

    @contextlib.contextmanager
    def deaf(self):
        """Linux hears nothing meanwhile: what comes in is dropped without an answer. It may speak."""
        ip("rule", "add", "pref", "1", "iif", self.linux_interface, "blackhole")
        try:
            yield
        finally:
            ip("rule", "del", "pref", "1")

    def start(self, words, **streams):
        """Starts a program in quern's namespace; it ends with the laboratory at the latest."""
        process = subprocess.Popen(("ip", "netns", "exec", self.quern_namespace) + tuple(words),
                                   env={**os.environ, "TMPDIR": self.directory}, stdin=subprocess.DEVNULL,
                                   preexec_fn=die_with_parent, **streams)
        self.processes.append(process)
        self.process_ids.append(process.pid)
        return process

    def end(self, process):
        """Ends a program that was started here, by force where it must be."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            process.send_signal(signal.SIGCONT)  # a stopped process hears no SIGTERM
            process.send_signal(number)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                continue
        self.processes.remove(process)

    def __exit__(self, *reason):
        for process in list(self.processes):
            self.end(process)
        if LIBC.setns(self.home_file, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(self.home_file)
        for name in dict.fromkeys((self.quern_namespace, self.linux_namespace)):
            ip("netns", "del", name, may_fail=True)
        self.left_in_directory = os.listdir(self.directory)
        shutil.rmtree(self.directory)

    def leftovers(self):
        """What is still there of this laboratory and of every quern that ran in it."""
        left = [f"{NAMESPACES}/{name}" for name in (self.quern_namespace, self.linux_namespace)
                if os.path.exists(f"{NAMESPACES}/{name}")]
        left += [f"{self.directory}/{name}" for name in self.left_in_directory]
        for pid in self.process_ids:
            left += glob.glob(f"/proc/{pid}/exe") + glob.glob(f"/tmp/dpdk/quern-{pid}")
            left += glob.glob(f"/run/dpdk/quern-{pid}") + glob.glob(f"/dev/hugepages/quern-{pid}*")
        return left
