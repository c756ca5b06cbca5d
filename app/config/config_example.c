/* config_example.c - a file of each kind, to begin with. What is commented out is what is taken without it. */
#include <stddef.h>

#include "config/config_command.h"

static const char bench[] = "# quern run bench.yaml - client and server in one process, over a cable\n"
			    "kind: bench\n"
			    "cores: auto                    # or 2,3: the first half is the client's\n"
			    "ports:\n"
			    "  - {name: c, dev: cable, peer: s, ip: 198.18.0.1/15}\n"
			    "  - {name: s, dev: cable, peer: c, ip: 198.19.0.1/15}\n"
			    "client:\n"
			    "  source: 198.18.0.0/24        # 256 addresses, 64k ports each\n"
			    "  target: 198.19.0.1:80\n"
			    "  cps: max                     # or 50k a second; or cc: 10k held open\n"
			    "  payload: none                # or bytes:64, or http\n"
			    "  close: client                # or server, both, rst\n"
			    "server:\n"
			    "  listen: [\"198.19.0.1:80\"]\n"
			    "tcp:\n"
			    "  time_wait: 60s               # 2MSL\n"
			    "  keepalive: off               # or IDLE/INTERVAL/PROBES: 2h/75s/10\n"
			    "duration: 10s\n"
			    "warmup: 2s                     # not measured\n"
			    "#json: result.json\n";

static const char load[] =
	"# quern run load.yaml - clients on a port, and a target behind it\n"
	"kind: load\n"
	"ports:\n"
	"  - name: wan\n"
	"    dev: tap:q0                # af_packet:eth1, af_xdp:eth1, memif:PATH, a PCI address\n"
	"    ip: 198.18.0.1/24\n"
	"    #gateway: 198.18.0.254\n"
	"    #impair: {delay: 5ms, loss: 0.1%}\n"
	"client:\n"
	"  source: [198.18.0.1-198.18.0.64]\n"
	"  target: 198.18.0.100:80      # tcp://; with http:// or a path below it is asked for a page\n"
	"  #http: {path: /health}\n"
	"  cps: 50k                     # or cc: 10k held open\n"
	"  hold: 1s\n"
	"  keepalive: 10s               # idle for so long; then every 75s, ten times\n"
	"tcp:\n"
	"  connect_timeout: 3s\n"
	"  congestion: cubic            # or newreno\n"
	"duration: 5m\n"
	"#json: result.json\n";

static const char serve[] = "# quern run serve.yaml - answers load, until Ctrl-C\n"
			    "kind: serve\n"
			    "ports:\n"
			    "  - {name: lan, dev: \"tap:q0\", ip: 198.18.0.1/24}\n"
			    "server:\n"
			    "  listen: [\"198.18.0.1:80\", \"198.18.0.1:8080\"]\n"
			    "  http: true                   # or echo, discard, or payload: bytes:64\n"
			    "  body: 1024                   # bytes of /; or root: FOLDER\n"
			    "tcp:\n"
			    "  syn_cookies: auto            # or always, never\n"
			    "max_connections: 1M\n";

static const char forward[] =
	"# quern run rules.yaml - forwards UDP by rules, until Ctrl-C\n"
	"kind: forward\n"
	"ports:\n"
	"  - {name: a, dev: \"tap:q0\", ip: 10.2.0.1/24}    # where the clients are\n"
	"  - {name: b, dev: \"tap:q1\", ip: 10.3.0.1/24}    # where the targets are\n"
	"rules:\n"
	"  - name: dns\n"
	"    listen: 10.2.0.1:53        # or ADDR:PORT-LAST, ADDR:*\n"
	"    to: [10.3.0.5:53, 10.3.0.6:53]\n"
	"    balance: maglev            # or roundrobin, leastsessions\n"
	"    idle: 30s                  # without a datagram, and a session ends\n"
	"    #source_sessions: 100      # of each client's address\n"
	"  - {name: media, listen: \"10.2.0.1:20000-29999\", to: [10.3.0.7], keep_port: true, idle: 2m}\n"
	"max_sessions: 1M\n"
	"#json: result.json\n";

const char *config_example(enum cli_command kind)
{
	switch (kind) {
	case CLI_BENCH:
		return bench;
	case CLI_LOAD:
		return load;
	case CLI_SERVE:
		return serve;
	case CLI_FORWARD:
		return forward;
	case CLI_DOCTOR:
	case CLI_TRACE:
	case CLI_NO_COMMAND:
	case CLI_ALL:
		break;
	}
	return NULL;
}
