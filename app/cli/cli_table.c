/* cli_table.c - every flag: its name, its help, the commands it belongs to, and what it sets. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli_capture.h"
#include "cli/cli_flags.h"
#include "cli/cli_tcp.h"
#include "cli/cli_trace.h"
#include "payload/payload.h"

enum {
	MIN_MTU = 68, /* RFC 791 3.2 */
	MAX_MTU = 9000,
	MAX_VLAN = 4094, /* IEEE 802.1Q: 0 and 4095 are reserved */
	MAX_RECORDS = 1 << 30
};
#define MAX_CPS UINT64_C(100000000)
#define MAX_BODY UINT64_C(1000000000000)
#define MAX_TIMER (24 * 3600 * CLI_NS_PER_S)

static bool count_within(const char *value, uint64_t least, uint64_t most, uint64_t *count)
{
	uint64_t parsed;

	if (!cli_parse_count(value, &parsed) || parsed < least || parsed > most)
		return false;
	*count = parsed;
	return true;
}

static bool time_within(const char *value, uint64_t least, uint64_t most, uint64_t *ns)
{
	uint64_t parsed;

	if (!cli_parse_time(value, &parsed) || parsed < least || parsed > most)
		return false;
	*ns = parsed;
	return true;
}

/* --ip, --gateway, --vlan, --mtu and --impair belong to the --port before them. */
static struct cli_port *last_port(struct cli_settings *settings)
{
	return settings->port_count == 0 ? NULL : &settings->ports[settings->port_count - 1];
}

/* What a device text means is the engine's to say: here only what cannot be one is found early. */
static bool set_port(struct cli_settings *settings, const char *value)
{
	const char *colon = strchr(value, ':');
	bool is_device = strcmp(value, "cable") == 0 || (colon && colon[1] != '\0') || strncmp(value, "net_", 4) == 0;

	if (!is_device || settings->port_count == QUERN_MAX_PORTS)
		return false;
	settings->ports[settings->port_count++] = (struct cli_port){.device = value};
	return true;
}

static bool set_ip(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);

	return port && cli_port_set_ip(port, value);
}

static bool set_gateway(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);

	return port && cli_port_set_gateway(port, value);
}

static bool set_vlan(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);
	uint64_t vlan;

	if (!port || !count_within(value, 1, MAX_VLAN, &vlan))
		return false;
	port->vlan = (uint16_t)vlan;
	return true;
}

static bool set_mtu(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = last_port(settings);
	uint64_t mtu;

	if (!port || !count_within(value, MIN_MTU, MAX_MTU, &mtu))
		return false;
	port->mtu = (uint16_t)mtu;
	return true;
}

/* What it says is read by cli_complete_impair(). Of bench it is the cable, at the client's end. */
static bool set_impair(struct cli_settings *settings, const char *value)
{
	struct cli_port *port = settings->command == CLI_BENCH ? &settings->ports[0] : last_port(settings);

	if (!port || port->impair_count == CLI_MAX_IMPAIRS)
		return false;
	port->impair_texts[port->impair_count++] = value;
	return true;
}

static bool set_listen(struct cli_settings *settings, const char *value)
{
	struct quern_endpoint *listen = &settings->listen[settings->listen_count];

	if (settings->listen_count == CLI_MAX_ADDRESSES || quern_parse_endpoint(value, listen) != 0 ||
	    cli_address_is_disguised(listen->ip6))
		return false;
	settings->listen_count++;
	return true;
}

static bool set_source(struct cli_settings *settings, const char *value)
{
	struct quern_range *source = &settings->source[settings->source_count];

	if (settings->source_count == CLI_MAX_ADDRESSES || quern_parse_range(value, source) != 0 ||
	    cli_address_is_disguised(source->first6) || cli_address_is_disguised(source->last6))
		return false;
	settings->source_count++;
	return true;
}

static bool set_ip6(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->is_ip6 = true;
}

static bool set_wait_link(struct cli_settings *settings, const char *value)
{
	return time_within(value, 0, 3600 * CLI_NS_PER_S, &settings->wait_link_ns);
}

static bool set_cores(struct cli_settings *settings, const char *value)
{
	return cli_parse_cores(value, &settings->cores);
}

static bool set_client_cores(struct cli_settings *settings, const char *value)
{
	return cli_parse_cores(value, &settings->client_cores);
}

static bool set_server_cores(struct cli_settings *settings, const char *value)
{
	return cli_parse_cores(value, &settings->server_cores);
}

static bool set_memory(struct cli_settings *settings, const char *value)
{
	static const char *const names[] = {
		[QUERN_MEMORY_AUTO] = "auto", [QUERN_MEMORY_HUGE] = "huge", [QUERN_MEMORY_4K] = "4k"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		settings->memory = (enum quern_memory)i;
		return true;
	}
	return false;
}

static bool set_max_connections(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!count_within(value, 1, MAX_RECORDS, &count))
		return false;
	settings->max_connections = (uint32_t)count;
	return true;
}

static bool set_max_time_wait(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!count_within(value, 1, MAX_RECORDS, &count))
		return false;
	settings->max_time_wait = (uint32_t)count;
	return true;
}

static bool set_duration(struct cli_settings *settings, const char *value)
{
	settings->duration_given = time_within(value, 0, UINT64_MAX / 2, &settings->duration_ns);
	return settings->duration_given;
}

static bool set_connections(struct cli_settings *settings, const char *value)
{
	return count_within(value, 1, UINT64_MAX / 2, &settings->connections);
}

static bool set_cps(struct cli_settings *settings, const char *value)
{
	if (strcmp(value, "max") != 0)
		return count_within(value, 1, MAX_CPS, &settings->cps);
	settings->cps = CLI_CPS_MAX;
	return true;
}

static bool set_cc(struct cli_settings *settings, const char *value)
{
	return count_within(value, 1, MAX_RECORDS / 2, &settings->cc);
}

static bool set_hold(struct cli_settings *settings, const char *value)
{
	return time_within(value, 0, MAX_TIMER, &settings->hold_ns);
}

static bool set_close(struct cli_settings *settings, const char *value)
{
	for (int close = CLI_CLOSE_CLIENT; close <= CLI_CLOSE_RST; close++) {
		if (strcmp(value, cli_close_name((enum cli_close)close)) != 0)
			continue;
		settings->close = (enum cli_close)close;
		settings->close_given = true;
		return true;
	}
	return false;
}

static bool set_payload(struct cli_settings *settings, const char *value)
{
	uint64_t bytes = 0;
	bool is_http = strcmp(value, "http") == 0;

	if (strcmp(value, "none") != 0 && !is_http &&
	    (strncmp(value, "bytes:", 6) != 0 || !count_within(value + 6, 1, PAYLOAD_MAX, &bytes)))
		return false;
	settings->payload_bytes = (uint32_t)bytes;
	settings->http.is_payload = is_http;
	return true;
}

static bool set_requests(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!count_within(value, 0, UINT32_MAX, &count))
		return false;
	settings->http.requests = (uint32_t)count;
	settings->http.requests_given = true;
	return true;
}

static bool set_body(struct cli_settings *settings, const char *value)
{
	settings->http.body_given = count_within(value, 0, MAX_BODY, &settings->http.body_bytes);
	return settings->http.body_given;
}

static bool set_root(struct cli_settings *settings, const char *value)
{
	settings->http.root = value;
	return value[0] != '\0';
}

static bool set_warmup(struct cli_settings *settings, const char *value)
{
	return time_within(value, 0, MAX_TIMER, &settings->warmup_ns);
}

static bool set_seed(struct cli_settings *settings, const char *value)
{
	return count_within(value, 1, UINT64_MAX, &settings->seed);
}

static bool set_time_wait(struct cli_settings *settings, const char *value)
{
	return time_within(value, CLI_NS_PER_MS, MAX_TIMER, &settings->time_wait_ns);
}

static bool set_keepalive(struct cli_settings *settings, const char *value)
{
	return cli_parse_keepalive(value, &settings->keepalive);
}

static bool set_connect_timeout(struct cli_settings *settings, const char *value)
{
	return time_within(value, CLI_NS_PER_MS, 180 * CLI_NS_PER_S, &settings->connect_timeout_ns);
}

static bool set_discard(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->services |= CLI_SERVICE_DISCARD;
}

static bool set_echo(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->services |= CLI_SERVICE_ECHO;
}

static bool set_http(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->services |= CLI_SERVICE_HTTP;
}

static bool set_json(struct cli_settings *settings, const char *value)
{
	settings->json = value;
	return value[0] != '\0';
}

static bool set_quiet(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->quiet = true;
}

static bool set_verbose(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->verbose = true;
}

static bool set_no_color(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->no_color = true;
}

enum { WITH_PORT = CLI_SERVE | CLI_LOAD, WITH_LOAD = CLI_BENCH | CLI_LOAD, WITH_SERVER = CLI_BENCH | CLI_SERVE };

/* Help puts two flags on a line of 100 columns: 22 letters of help each. */
const struct cli_flag cli_flag_table[] = {
	{"port", 'p', "DEV", "tap:q0, af_packet:eth1",
	 "cable, tap:NAME, af_packet:IFACE, af_xdp:IFACE, memif:PATH[,server], pcap:FILE[,OUT], a PCI address or "
	 "net_DRIVER0[,ARGS], up to 16 of them",
	 WITH_PORT | CLI_TRACE, set_port},
	{"ip", 0, "ADDR/LEN", "address of that port",
	 "ADDR/LEN behind the --port it belongs to, e.g. 198.18.0.1/15 or fd00::1/64", WITH_PORT, set_ip},
	{"gateway", 0, "ADDR", "next hop of that port",
	 "an address behind the --port it belongs to, e.g. 198.18.0.254 or fd00::fe", WITH_PORT, set_gateway},
	{"vlan", 0, "ID", "VLAN tag of that port", "1 to 4094 behind the --port it belongs to", WITH_PORT, set_vlan},
	{"mtu", 0, "N", "MTU of that port", "68 to 9000 behind the --port it belongs to", WITH_PORT, set_mtu},
	{"impair", 0, "SPEC", "loss=1%,delay=5ms,...",
	 "KEY=VALUE,... behind the --port it belongs to, each way once, e.g. delay=5ms,loss=1%", CLI_ALL, set_impair},
	{"listen", 0, "ADDR:PORT", "where the server is",
	 "ADDR:PORT, e.g. 198.19.0.1:80 or [fd00::1]:80, up to 16 of them", WITH_SERVER, set_listen},
	{"source", 0, "CIDR|RANGE", "where clients come in",
	 "198.18.0.0/24, 198.18.0.1-198.18.0.9, fd00::100/120 or one address, up to 16 of them", WITH_LOAD, set_source},
	{"ipv6", '6', NULL, "over IPv6", NULL, CLI_BENCH, set_ip6},
	{"wait-link", 0, "TIME", "for link and MAC, 5s", "a time up to 1h, e.g. 5s", WITH_PORT, set_wait_link},
	{"cores", 'c', "LIST", "auto, 2-5: a worker", "auto, 2-5 or 0,1,4", CLI_ALL, set_cores},
	{"client-cores", 0, "LIST", "cores of the client", "auto, 1 or 0-3", CLI_BENCH, set_client_cores},
	{"server-cores", 0, "LIST", "cores of the server", "auto, 1 or 0-3", CLI_BENCH, set_server_cores},
	{"memory", 0, "KIND", "auto, huge or 4k", "auto, huge or 4k", CLI_ALL, set_memory},
	{"max-connections", 0, "N", "records an end", "1 to 1G, e.g. 1M", CLI_ALL, set_max_connections},
	{"max-time-wait", 0, "N", "TIME-WAIT records", "1 to 1G, e.g. 1M", CLI_ALL, set_max_time_wait},
	{"duration", 'd', "TIME", "10s, 5m; 0: till ^C", "10s, 5m, or 0 for until Ctrl-C", CLI_ALL | CLI_TRACE,
	 set_duration},
	{"connections", 0, "N", "so many and no more", "a number from 1, e.g. 10k", WITH_LOAD | CLI_TRACE,
	 set_connections},
	{"connection", 0, "N|ADDR", "this one or ADDR:PORT", "its number, ADDR:PORT or ADDR", CLI_TRACE,
	 cli_set_connection},
	{"svg", 0, "FILE", "a picture; - is stdout", "a file, or - for standard output", CLI_TRACE, cli_set_svg},
	{"cps", 0, "RATE", "opens a second, or max", "max or 1 to 100M, e.g. 50k", WITH_LOAD, set_cps},
	{"cc", 0, "N", "hold so many open", "a number from 1, e.g. 200k", WITH_LOAD, set_cc},
	{"hold", 0, "TIME", "keep each open, 0s", "a time up to 24h, e.g. 1s", CLI_ALL, set_hold},
	{"close", 0, "END", "client server both rst", "client, server, both or rst", CLI_ALL, set_close},
	{"payload", 0, "KIND", "none, bytes:N or http", "none, http, or bytes:N with N from 1 to 65535 each way",
	 CLI_ALL, set_payload},
	{"requests", 0, "N", "on each, 1; 0: no end", "0 (all the run long) to 4G, e.g. 100", WITH_LOAD, set_requests},
	{"body", 0, "N", "bytes of /, 1024", "0 to 1000G, e.g. 10k", WITH_SERVER, set_body},
	{"warmup", 0, "TIME", "not measured, 0s", "a time up to 24h, e.g. 2s", WITH_LOAD, set_warmup},
	{"seed", 0, "N", "repeats random draws", "a number from 1", CLI_ALL, set_seed},
	{"time-wait", 0, "TIME", "2MSL, 60s", "1ms to 24h, e.g. 60s", CLI_ALL, set_time_wait},
	{"keepalive", 0, "OFF|SPEC", "off or 2h/75s/10", "off or IDLE/INTERVAL/PROBES, e.g. 2h/75s/10", CLI_ALL,
	 set_keepalive},
	{"connect-timeout", 0, "TIME", "of a set-up, 3s", "1ms to 3m, e.g. 3s", WITH_LOAD, set_connect_timeout},
	{"syn-cookies", 0, "KIND", "auto, always or never", "auto (at the half-open limit), always or never",
	 WITH_SERVER, cli_set_syn_cookies},
	{"congestion", 0, "KIND", "cubic or newreno", "cubic or newreno", CLI_ALL, cli_set_congestion},
	{"sack", 0, "ON|OFF", "on; both ends agree", "on or off", CLI_ALL, cli_set_sack},
	{"wscale", 0, "ON|OFF", "on; windows scaled", "on or off", CLI_ALL, cli_set_wscale},
	{"timestamps", 0, "ON|OFF", "on; late copies told", "on or off", CLI_ALL, cli_set_timestamps},
	{"nagle", 0, "ON|OFF", "off: text goes at once", "on or off", CLI_ALL, cli_set_nagle},
	{"pacing", 0, "ON|OFF", "on: no bursts", "on or off", CLI_ALL, cli_set_pacing},
	{"window", 0, "BYTES", "and send queue, 64k", "1k to 1G, e.g. 1M", CLI_ALL, cli_set_window},
	{"discard", 0, NULL, "take all, answer none", NULL, CLI_SERVE, set_discard},
	{"echo", 0, NULL, "send it all back", NULL, CLI_SERVE, set_echo},
	{"http", 0, NULL, "HTTP: / and /bytes/N", NULL, CLI_SERVE, set_http},
	{"root", 0, "DIR", "its files, by --http", "a folder", CLI_SERVE, set_root},
	{"json", 0, "FILE", "result; - is stdout", "a file, or - for standard output", CLI_ALL | CLI_DOCTOR, set_json},
	{"pcap", 0, "FILE[,frames=N]", "frames, as tcpdump -w",
	 "FILE[,frames=N], N frames at most, 100k where it is left out, 0 for no end", CLI_ALL, cli_set_pcap},
	{"quiet", 'q', NULL, "no progress", NULL, CLI_ALL, set_quiet},
	{"verbose", 'v', NULL, "messages of DPDK", NULL, CLI_ALL, set_verbose},
	{"no-color", 0, NULL, "plain text", NULL, CLI_ALL | CLI_TRACE, set_no_color},
	{NULL, 0, NULL, NULL, NULL, 0, NULL}};
