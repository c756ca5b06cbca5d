/* config_keys.c - which flag is a key of which section. A flag that is not named here is a key of the top. */
#include "config/config_keys.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"
#include "cli/cli_target.h"

const enum cli_command config_kinds[] = {CLI_BENCH, CLI_LOAD, CLI_SERVE, CLI_FORWARD};
const size_t config_kind_count = sizeof(config_kinds) / sizeof(config_kinds[0]);

enum {
	WITH_CLIENT = CLI_BENCH | CLI_LOAD,
	WITH_SERVER = CLI_BENCH | CLI_SERVE,
	WITH_PORT = CLI_SERVE | CLI_LOAD | CLI_FORWARD,
	WITH_ENGINE = CLI_ALL | CLI_FORWARD
};

/* A list of maps is a section whose keys are set once for each item, its leader first, as the flags behind --port are:
 * the leader's setter begins the item, the others change the last one. Lists may stand in each other. */
static const struct config_section_info sections[CONFIG_SECTIONS] = {
	[CONFIG_TOP] = {.name = "", .parent = CONFIG_TOP},
	[CONFIG_PORTS] = {.name = "ports", .parent = CONFIG_TOP, .is_list = true, .leader = "dev", .stand_in = "cable"},
	[CONFIG_RULES] = {.name = "rules", .parent = CONFIG_TOP, .is_list = true, .leader = "name", .stand_in = "rule"},
	[CONFIG_CLIENT] = {.name = "client", .parent = CONFIG_TOP, .is_services = true, .leader = "target"},
	[CONFIG_CLIENT_HTTP] = {.name = "http", .parent = CONFIG_CLIENT},
	[CONFIG_REQUESTS] =
		{.name = "requests", .parent = CONFIG_CLIENT_HTTP, .is_list = true, .leader = "path", .stand_in = "/"},
	[CONFIG_SERVER] = {.name = "server", .parent = CONFIG_TOP, .is_services = true},
	[CONFIG_TCP] = {.name = "tcp", .parent = CONFIG_TOP},
};

/* A place of a flag; some have another one in another kind, or two in one. */
struct place {
	const char *flag;
	enum config_section section;
	unsigned int kinds; /* enum cli_command, ored */
	const char *key;    /* null: the flag's name */
};

static const struct place places[] = {
	{"port", CONFIG_PORTS, WITH_ENGINE, "dev"},
	{"ip", CONFIG_PORTS, WITH_ENGINE, NULL},
	{"gateway", CONFIG_PORTS, WITH_PORT, NULL},
	{"vlan", CONFIG_PORTS, WITH_PORT, NULL},
	{"mtu", CONFIG_PORTS, WITH_PORT, NULL},
	{"impair", CONFIG_PORTS, WITH_ENGINE, NULL},
	{"rule", CONFIG_RULES, CLI_FORWARD, "name"},
	{"listen", CONFIG_RULES, CLI_FORWARD, NULL},
	{"to", CONFIG_RULES, CLI_FORWARD, NULL},
	{"balance", CONFIG_RULES, CLI_FORWARD, NULL},
	{"idle", CONFIG_RULES, CLI_FORWARD, NULL},
	{"keep-port", CONFIG_RULES, CLI_FORWARD, NULL},
	{"source-sessions", CONFIG_RULES, CLI_FORWARD, NULL},
	{"rule-sessions", CONFIG_RULES, CLI_FORWARD, NULL},
	{"keep-source", CONFIG_RULES, CLI_FORWARD, NULL},
	{"one-way", CONFIG_RULES, CLI_FORWARD, NULL},
	{"translate", CONFIG_RULES, CLI_FORWARD, NULL},
	{"broadcast", CONFIG_RULES, CLI_FORWARD, NULL},
	{"answers-refresh", CONFIG_RULES, CLI_FORWARD, NULL},
	{"slow-start", CONFIG_RULES, CLI_FORWARD, NULL},
	{"on", CONFIG_RULES, CLI_FORWARD, NULL},
	{"check", CONFIG_RULES, CLI_FORWARD, NULL},
	{"check-every", CONFIG_RULES, CLI_FORWARD, NULL},
	{"check-rise", CONFIG_RULES, CLI_FORWARD, NULL},
	{"check-fall", CONFIG_RULES, CLI_FORWARD, NULL},
	{"check-send", CONFIG_RULES, CLI_FORWARD, NULL},
	{"check-expect", CONFIG_RULES, CLI_FORWARD, NULL},
	{"service", CONFIG_CLIENT, WITH_CLIENT, "name"},
	{"service", CONFIG_SERVER, CLI_SERVE, "name"},
	{"source", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"cps", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"cc", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"profile", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"ramp", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"pps", CONFIG_CLIENT, CLI_LOAD, NULL},
	{"flows", CONFIG_CLIENT, CLI_LOAD, NULL},
	{"one-way", CONFIG_CLIENT, CLI_LOAD, NULL},
	{"search", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"requests", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"hold", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"hold", CONFIG_SERVER, CLI_SERVE, NULL},
	{"think", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"close", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"close", CONFIG_SERVER, CLI_SERVE, NULL},
	{"payload", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"payload", CONFIG_SERVER, CLI_SERVE, NULL},
	{"pattern", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"pattern", CONFIG_SERVER, CLI_SERVE, NULL},
	{"keepalive", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"keepalive", CONFIG_TCP, CLI_ALL, NULL},
	{"listen", CONFIG_SERVER, WITH_SERVER, NULL},
	{"body", CONFIG_SERVER, WITH_SERVER, NULL},
	{"discard", CONFIG_SERVER, CLI_SERVE, NULL},
	{"echo", CONFIG_SERVER, CLI_SERVE, NULL},
	{"http", CONFIG_SERVER, CLI_SERVE, NULL},
	{"udp", CONFIG_SERVER, CLI_SERVE, NULL},
	{"root", CONFIG_SERVER, CLI_SERVE, NULL},
	{"time-wait", CONFIG_TCP, CLI_ALL, NULL},
	{"connect-timeout", CONFIG_TCP, WITH_CLIENT, NULL},
	{"syn-cookies", CONFIG_TCP, WITH_SERVER, NULL},
	{"congestion", CONFIG_TCP, CLI_ALL, NULL},
	{"sack", CONFIG_TCP, CLI_ALL, NULL},
	{"wscale", CONFIG_TCP, CLI_ALL, NULL},
	{"timestamps", CONFIG_TCP, CLI_ALL, NULL},
	{"nagle", CONFIG_TCP, CLI_ALL, NULL},
	{"pacing", CONFIG_TCP, CLI_ALL, NULL},
	{"window", CONFIG_TCP, CLI_ALL, NULL},
	{"mss", CONFIG_TCP, CLI_ALL, NULL},
	{"tos", CONFIG_TCP, CLI_ALL, NULL},
	{"ttl", CONFIG_TCP, CLI_ALL, NULL},
	{"threshold", CONFIG_TOP, WITH_CLIENT, "thresholds"},
	{"target", CONFIG_CLIENT, WITH_CLIENT, NULL},
	{"path", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"request", CONFIG_REQUESTS, CLI_LOAD, "path"},
	{"request-name", CONFIG_REQUESTS, CLI_LOAD, "name"},
	{"weight", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"host", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"host", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"method", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"method", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"header", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"header", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"data", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"data", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"expect", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"expect", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"expect-body", CONFIG_CLIENT_HTTP, CLI_LOAD, NULL},
	{"expect-body", CONFIG_REQUESTS, CLI_LOAD, NULL},
	{"name", CONFIG_PORTS, WITH_ENGINE, NULL},
	{"peer", CONFIG_PORTS, CLI_BENCH, NULL},
};

static const struct {
	const char *flag;
	unsigned int forms;
} forms[] = {
	{"ip", CONFIG_FORM_EACH},
	{"gateway", CONFIG_FORM_EACH},
	{"impair", CONFIG_FORM_EACH | CONFIG_FORM_PAIRS},
	{"source", CONFIG_FORM_EACH},
	{"target", CONFIG_FORM_EACH},
	{"listen", CONFIG_FORM_EACH},
	{"header", CONFIG_FORM_EACH | CONFIG_FORM_PAIR},
	{"to", CONFIG_FORM_EACH},
	{"threshold", CONFIG_FORM_EACH | CONFIG_FORM_WHOLE},
	{"cores", CONFIG_FORM_COMMAS},
	{"expect", CONFIG_FORM_COMMAS},
	{"client-cores", CONFIG_FORM_COMMAS},
	{"server-cores", CONFIG_FORM_COMMAS},
	{"payload", CONFIG_FORM_PAIR},
	{"profile", CONFIG_FORM_POINTS},
	{"hold", CONFIG_FORM_PAIR},
	{"think", CONFIG_FORM_PAIR},
	{"pattern", CONFIG_FORM_PAIR},
	{"data", CONFIG_FORM_PAIR},
	{"keepalive", CONFIG_FORM_IDLE},
};

/* What belongs to a name is checked by config_ports.c, where all of them are known. */
static bool set_peer(struct cli_settings *settings, const char *value)
{
	(void)settings;
	return config_is_name(value);
}

static bool set_name(struct cli_settings *settings, const char *value)
{
	if (settings->port_count > 0)
		settings->ports[settings->port_count - 1].name = value;
	return config_is_name(value);
}

/* Of the table's shape, for keys that are no flags: arguments, and what stands in files only. */
static const struct cli_flag only_keys[] = {
	{"target", 0, "ADDR:PORT", "what clients connect to",
	 "ADDR:PORT, and of load tcp://ADDR:PORT, udp://ADDR:PORT or http://ADDR[:PORT][/PATH] too, up to 16 of them "
	 "with "
	 "=WEIGHT behind ADDR:PORT, e.g. 198.18.0.2:80",
	 WITH_CLIENT, cli_set_target},
	{"path", 0, "PATH", "of the target: http://", "/PATH behind a target without one, e.g. /health", CLI_LOAD,
	 cli_set_path},
	{"request", 0, "PATH", "what is asked for", "/PATH, of up to 16 requests", CLI_LOAD, cli_add_request},
	{"request-name", 0, "NAME", "what it is called", "up to 63 letters", CLI_LOAD, cli_set_request_name},
	{"host", 0, "NAME", "in place of the target's", "a name or an address, with its port, e.g. dut.example",
	 CLI_LOAD, cli_set_host},
	{"weight", 0, "N", "how often, beside others", "1 to 1000000", CLI_LOAD, cli_set_weight},
	{"name", 0, "NAME", "what the port is called", "up to 31 letters, digits, -, _ and .", WITH_ENGINE, set_name},
	{"rule", 0, "NAME", "what the rule is called", "up to 63 letters, digits, -, _ and ., of up to 256 rules",
	 CLI_FORWARD, cli_add_rule},
	{"peer", 0, "NAME", "the cable's other end", "the name of the other port", CLI_BENCH, set_peer},
};

enum { NAME_LETTERS = 31 };

bool config_is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length = strlen(text);

	return length > 0 && length <= NAME_LETTERS && strspn(text, letters) == length;
}

const struct config_section_info *config_section(enum config_section section)
{
	return &sections[section];
}

bool config_section_is_of_service(enum config_section section)
{
	while (section != CONFIG_TOP && !sections[section].is_services)
		section = sections[section].parent;
	return section != CONFIG_TOP;
}

void config_key_name(const char *flag, char name[CONFIG_KEY_TEXT])
{
	snprintf(name, CONFIG_KEY_TEXT, "%s", flag);
	for (char *at = name; *at; at++) {
		if (*at == '-')
			*at = '_';
	}
}

unsigned int config_forms_of(const struct cli_flag *flag)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(forms[i].flag, flag->name) == 0)
			return forms[i].forms;
	}
	return 0;
}

bool config_is_of_port(const struct cli_flag *flag)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].section == CONFIG_PORTS && strcmp(places[i].flag, flag->name) == 0)
			return true;
	}
	return false;
}

/* Adds the keys that a flag is in a kind: at its places, or where it has none in any kind, at the top. */
static size_t add_keys(enum cli_command kind, const struct cli_flag *flag, struct config_key *keys, size_t room)
{
	bool has_place = false;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(places[i].flag, flag->name) != 0)
			continue;
		has_place = true;
		if (!(places[i].kinds & kind) || count == room)
			continue;
		keys[count] =
			(struct config_key){.section = places[i].section, .flag = flag, .forms = config_forms_of(flag)};
		config_key_name(places[i].key ? places[i].key : flag->name, keys[count++].name);
	}
	if (has_place || !(flag->commands & kind) || room == 0)
		return count;
	keys[0] = (struct config_key){.section = CONFIG_TOP, .flag = flag, .forms = config_forms_of(flag)};
	config_key_name(flag->name, keys[0].name);
	return 1;
}

size_t config_keys(enum cli_command kind, struct config_key keys[CONFIG_MAX_KEYS])
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(only_keys) / sizeof(only_keys[0]); i++)
		count += add_keys(kind, &only_keys[i], keys + count, CONFIG_MAX_KEYS - count);
	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++)
		count += add_keys(kind, flag, keys + count, CONFIG_MAX_KEYS - count);
	return count;
}
