/* cli_settings.h - what a run is asked to do: the flags as values, completed by cli_complete(). */
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include <quern/address.h>
#include <quern/engine.h>
#include <quern/forward.h>
#include <quern/impair.h>
#include <quern/options.h>

#include "cli/cli_address.h"
#include "cli/cli_judge.h"
#include "cli/cli_leg.h"
#include "cli/cli_payload.h"
#include "cli/cli_request.h"
#include "cli/cli_span.h"
#include "cli/cli_units.h"

enum {
	CLI_ERROR_TEXT = 512,
	CLI_FILE_TEXT = 512,
	CLI_OUT_FILES = 3,
	CLI_MAX_ADDRESSES = 16,
	CLI_MAX_IMPAIRS = 2,
	CLI_MAX_SERVICES = 8,
	CLI_MAX_TARGETS = 16
};

/* Commands are bits, so that a flag can name all those it belongs to. */
enum cli_command {
	CLI_NO_COMMAND = 0,
	CLI_BENCH = 1,
	CLI_SERVE = 2,
	CLI_LOAD = 4,
	CLI_DOCTOR = 16,
	CLI_TRACE = 32,
	CLI_FORWARD = 64,
	CLI_ALL = CLI_BENCH | CLI_SERVE | CLI_LOAD
};

/* Which end closes first, or how: by RST in place of FIN; by a FIN behind the client's last text, which then reads on;
 * not at all. */
enum cli_close {
	CLI_CLOSE_CLIENT,
	CLI_CLOSE_SERVER,
	CLI_CLOSE_BOTH,
	CLI_CLOSE_RST,
	CLI_CLOSE_HALF,
	CLI_CLOSE_NEVER,
	CLI_CLOSES
};

/* What a server does with what it is sent. Bits, so that cli_complete() sees flags that exclude each other. */
enum cli_answer { CLI_ANSWER_DISCARD = 1, CLI_ANSWER_ECHO = 2, CLI_ANSWER_HTTP = 4 };

/* What a port is to one version of IP. Addresses and the lengths of prefixes are those of cli_address.h. */
struct cli_net {
	bool has_ip;
	bool has_gateway;
	bool is_spoken; /* there are addresses; found by cli_complete() */
	struct quern_ip6 ip;
	uint8_t ip_length;
	struct quern_ip6 gateway;
	struct cli_block addresses; /* found by cli_complete() */
	uint8_t prefix_length;      /* found by cli_complete() */
};

struct cli_port {
	const char *device;
	const char *name; /* in a file; null for none */
	struct cli_net nets[CLI_VERSIONS];
	uint16_t mtu;
	uint16_t vlan;
	const char *impair_texts[CLI_MAX_IMPAIRS];
	uint16_t impair_count;
	bool is_impaired[QUERN_WAYS];           /* found by cli_complete() */
	struct quern_impair impair[QUERN_WAYS]; /* found by cli_complete() */
};

#define CLI_CPS_MAX UINT64_MAX

/* What stands together, and is forgotten together when a higher place speaks of it. Bits. */
enum cli_group {
	CLI_GROUP_PORTS = 1,
	CLI_GROUP_IPS = 2,      /* of the port that is spoken of */
	CLI_GROUP_GATEWAYS = 4, /* likewise */
	CLI_GROUP_IMPAIRS = 8,  /* likewise */
	CLI_GROUP_LISTENS = 16,
	CLI_GROUP_SOURCES = 32,
	CLI_GROUP_RATES = 64, /* --cps and --cc */
	CLI_GROUP_ANSWERS = 128,
	CLI_GROUP_TARGET = 256,
	CLI_GROUP_TOS = 512,
	CLI_GROUP_RULES = 1024,    /* those of a file, which a higher place changes and does not replace */
	CLI_GROUP_REQUESTS = 2048, /* likewise */
	CLI_GROUP_HEADERS = 4096,  /* of the request that is spoken of */
	CLI_GROUP_THRESHOLDS = 8192,
	CLI_GROUP_SERVICES = 16384, /* where there are several */
	CLI_GROUPS = 32767
};

/* What HTTP needs to be told. */
struct cli_http {
	bool is_spoken;  /* --http, --payload http or a target http://; found by cli_complete() */
	bool is_payload; /* --payload http */
	bool requests_given;
	bool body_given;
	struct cli_requests list; /* what clients ask for, and in bench one without flags of its own */
	uint32_t requests;        /* of a connection; 0: as many as the run lasts */
	uint64_t body_bytes;      /* of a server's / */
	const char *path;         /* of the target, with its query; null for none */
	const char *root;         /* folder of a server's files; null for none */
};

#define CLI_PPS_MAX UINT64_MAX

enum { CLI_UDP_FLOWS_MAX = 1 << 20 };

/* What is asked of datagrams. */
struct cli_udp {
	bool is_spoken; /* --udp, or a target udp:// */
	bool is_one_way;
	uint64_t pps;   /* 0: not asked for; CLI_PPS_MAX */
	uint32_t flows; /* pairs of ends, all clients together; 0: not asked for */
};

/* What trace shows, and of what. */
struct cli_trace {
	const char *file; /* "-" for standard input */
	bool is_live;     /* `file` is "live", and a port is captured from */
	const char *svg;  /* file, "-" for standard output, or null for text */
	uint32_t number;  /* of the one connection to show; 0: not by number */
	bool has_end;
	struct quern_endpoint end; /* of the connections to show; port 0: any */
};

/* What forward forwards: the rules of a file, or the one that flags describe. They are kept by their setters, in one of
 * several places; cli_complete_forward() finds the port of each. */
enum { CLI_RULE_SETS = 3 };
struct cli_forward {
	struct quern_forward_rule *rules;
	uint16_t rule_count;
	bool is_by_flags;                        /* nobody has given the rule its name */
	bool has_listen;                         /* of the last rule: it says where it listens */
	const char *on[QUERN_FORWARD_RULES_MAX]; /* the port that a rule is to listen on, as users call it, or null */
	const char *astray;    /* a flag that would change one of several rules of a file; null for none */
	uint32_t max_sessions; /* all together; 0: the library's default */
};

/* One of the things that a run does at once: of a client, whom it asks, for what and how often; of a server, where it
 * listens and what it answers. */
struct cli_service {
	const char *name; /* null for none */
	struct quern_endpoint listen[CLI_MAX_ADDRESSES];
	uint16_t listen_count;
	struct quern_range source[CLI_MAX_ADDRESSES];
	uint16_t source_count;
	struct quern_endpoint target[CLI_MAX_TARGETS];
	uint16_t weight[CLI_MAX_TARGETS]; /* of the target in that place, from 1 */
	uint16_t target_count;
	uint64_t cps;        /* 0: not asked for; CLI_CPS_MAX */
	uint64_t cc;         /* 0: not asked for */
	const char *profile; /* as it was given, or null; then `cps` is its highest rate, found by cli_complete() */
	uint64_t profile_ns; /* found by cli_complete() */
	uint64_t ramp_ns;    /* until `cps`, or `cc` alone, is reached */
	const struct cli_leg *legs; /* of the rate, from the first open on; found by cli_complete() */
	uint16_t leg_count;         /* 0 where there is no schedule */
	struct cli_span hold;       /* of a connection, behind its last answer */
	struct cli_span think;      /* between an answer and the next request */
	bool close_given;
	enum cli_close close;
	enum cli_payload payload;
	struct cli_span payload_size;
	uint32_t payload_bytes; /* of bytes:N, each way; 0: none */
	enum cli_pattern pattern;
	const char *pattern_text; /* of text:TEXT; null for none */
	struct cli_http http;
	unsigned int answers; /* enum cli_answer, ored; cli_complete() leaves at most one */
};

struct cli_settings {
	enum cli_command command;
	unsigned int older; /* enum cli_group, ored: what a lower place has said */
	struct cli_port ports[QUERN_MAX_PORTS];
	uint16_t port_count;
	struct cli_service service[CLI_MAX_SERVICES];
	uint16_t service_count;  /* from 1 */
	uint16_t service_spoken; /* the number of the one that flags speak of */
	bool service_is_astray;  /* a flag would change one of several services of a file */
	bool is_ip6;             /* bench: -6 */
	uint64_t wait_link_ns;

	struct cli_cores cores;
	struct cli_cores client_cores;
	struct cli_cores server_cores;
	enum quern_memory memory;
	uint32_t max_connections;
	uint32_t max_time_wait;

	bool duration_given;
	uint64_t duration_ns; /* 0: until told to stop */
	uint64_t connections; /* 0: no limit */
	uint64_t warmup_ns;
	bool strict;
	uint64_t seed;
	struct cli_udp udp;
	struct cli_judge judge;
	struct cli_trace trace;
	struct cli_forward forward;

	uint64_t time_wait_ns;
	struct cli_keepalive keepalive;
	uint64_t connect_timeout_ns;
	enum quern_syn_cookies syn_cookies;
	enum quern_congestion congestion;
	bool no_sack, no_wscale, no_timestamps;
	bool nagle;
	bool no_pacing;
	uint16_t mss;          /* that is offered; 0: what the MTU leaves */
	uint8_t tos;           /* the byte of IP: DSCP, and no ECN */
	uint8_t ttl;           /* 0: 64 */
	uint32_t window_bytes; /* received and queued text of a connection, each; 0: the library's default */

	const char *json; /* file, "-" for standard output, or null */
	const char *hlog; /* file, or null */
	const char *html; /* likewise, of these */
	const char *junit;
	const char *csv;
	const char *out;                                   /* folder, or null */
	char out_files[CLI_OUT_FILES][CLI_FILE_TEXT + 16]; /* in it; found by cli_complete() */
	const char *metrics;                               /* ADDR:PORT, unix:PATH, or null */
	char pcap[CLI_FILE_TEXT];                          /* file; empty for none */
	uint64_t pcap_frames;                              /* 0: the library's default; UINT64_MAX: no end */
	bool quiet;
	bool verbose;
	bool no_color;
	char *const *eal_arguments; /* what stood behind --, null-terminated */
};

/* "bench", "serve", "load", "doctor", "trace", "forward"; CLI_NO_COMMAND for a name that is none, and "?" for a command
 * that is none. */
enum cli_command cli_command_from_name(const char *name);
const char *cli_command_name(enum cli_command command);

/* "client", "server", "both", "rst", "half", "never". */
const char *cli_close_name(enum cli_close close);

/* The settings of a command before its flags are read. */
void cli_settings_init(struct cli_settings *settings, enum cli_command command);

/* What is set from here on comes from a higher place (file, environment, flags): of a group that it speaks of, it
 * replaces all that was said before. */
void cli_settings_rise(struct cli_settings *settings);

/* True where a lower place has spoken of the group, and nothing higher has yet: now it has. */
bool cli_settings_replaces(struct cli_settings *settings, enum cli_group group);

/* Makes the service of that number the one that flags speak of; it may be the next that there is to be. False where
 * there would be too many. */
bool cli_settings_speak_of(struct cli_settings *settings, uint16_t number);

/* --service: names the service that flags speak of, or where that has a name, or a target or listener, begins another.
 * Several of a lower place are forgotten. */
bool cli_set_service(struct cli_settings *settings, const char *name);

/* Checks what several services may say, and, when all is found that was left out, that none is in another's way. 0, or
 * -EINVAL with one line in `error`. */
int cli_complete_services(const struct cli_settings *settings, char error[CLI_ERROR_TEXT]);
int cli_check_services(const struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* Where there are several, has an error say which it is about. */
void cli_name_service(const struct cli_settings *settings, const struct cli_service *service,
		      char error[CLI_ERROR_TEXT]);

/* The name of a service, or its number from 1 in `text`. */
enum { CLI_SERVICE_TEXT = 32 };
const char *cli_service_name(const struct cli_settings *settings, const struct cli_service *service,
			     char text[CLI_SERVICE_TEXT]);

/* Whether a target of the service is of that version. */
bool cli_service_asks(const struct cli_service *service, enum cli_version version);

/* Checks what belongs to HTTP, and fills in who closes. 0, or -EINVAL with one line in `error`. */
int cli_complete_http(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT]);

/* Checks how connections end against what is said on them, and how often, and fills in what was left out. 0, or -EINVAL
 * with one line in `error`. */
int cli_complete_exchange(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT]);

/* Fills in what requests leave out, and reads the files that they name. 0, or -EINVAL with one line in `error`. */
int cli_complete_requests(struct cli_service *service, char error[CLI_ERROR_TEXT]);

/* Makes the legs of a service's rate. 0, or -EINVAL with one line in `error`. */
int cli_complete_pace(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT]);

/* A run lasts as long as its longest profile, where --duration does not say. */
void cli_complete_duration(struct cli_settings *settings);

/* The longest ramp: what is measured begins behind it, and behind the warm-up. */
uint64_t cli_ramp_ns(const struct cli_settings *settings);

/* Reads what each port's --impair says. 0, or -EINVAL with one line in `error`. */
int cli_complete_impair(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* --ip and --gateway of a port, each once for IPv4 and once for IPv6. False for a text that is none. */
bool cli_port_set_ip(struct cli_port *port, const char *text);
bool cli_port_set_gateway(struct cli_port *port, const char *text);

/* Finds the addresses of the ports and of their networks: of bench's two, whose flags have defaults, and of those of
 * other commands. 0, or -EINVAL with one line in `error`. */
int cli_complete_bench(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);
int cli_complete_ports(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* True for an address on a port's link: of its network, or of IPv6 and good on any link (RFC 4291 2.5.6). */
bool cli_net_reaches(const struct cli_net *net, struct quern_ip6 address);

/* Rules of settings that are begun from now on are kept in that place, over those that were there. */
void cli_rules_keep_in(unsigned int set);
unsigned int cli_rules_place(void);

/* Completes the rules of forward: which port each listens on. 0, or -EINVAL with one line in `error`. */
int cli_complete_forward(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* What helps against a fault, in words of flags or of a file. */
const char *cli_forward_remedy(const struct quern_forward_fault *fault, bool is_by_flags);

/* The number of the port that leads to an address: one on whose network it is, else one with a gateway, as the library
 * has it; port_count where there is none. */
uint16_t cli_port_towards(const struct cli_settings *settings, struct quern_ip6 address);

/* Checks that addresses are those of hosts, on the networks where they are looked for, and named once. 0, or -EINVAL
 * with one line in `error`. */
int cli_check_network(const struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* The files of --out, where no flag names others, and that no two are one. 0, or -EINVAL with one line in `error`. */
int cli_complete_output(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* Checks the flags against each other and fills in what was left out. 0, or -EINVAL with one line in `error`. */
int cli_complete(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

#endif
