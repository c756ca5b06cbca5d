/* cli_forward.c - rules of forward: what is wrong with them in words of the command line, and the port of each. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_settings.h"

enum { ADDRESSES_TEXT = 256, PLACE_TEXT = QUERN_FORWARD_NAME_MAX + 8 };

/* Keys of rules as the library calls them, and the flags that say them; of all others it is the --listen. */
static const struct {
	const char *key;
	const char *flag;
} flags_of_keys[] = {{"to", "--to"},
		     {"keep_port", "--to"},
		     {"idle", "--idle"},
		     {"balance", "--balance"},
		     {"keep_source", "--keep-source"},
		     {"answers_refresh", "--answers-refresh"},
		     {"slow_start", "--slow-start"},
		     {"check", "--check"},
		     {"check.probe", "--check"},
		     {"check.port", "--check"},
		     {"check.interval", "--check-every"},
		     {"check.request", "--check-send"},
		     {"check.answer", "--check-expect"},
		     {"max_sessions", "--rule-sessions"},
		     {"max_sessions_per_source", "--source-sessions"}};

/* What the library would have done, in words of flags and of files; null where its own are good. */
static const struct {
	const char *said, *by_flag, *in_file;
} remedies[] = {{"give its port, or add keep_port: true", "give its port, or --keep-port", NULL},
		{"leave out its port, or keep_port", "leave out its port, or --keep-port", NULL},
		{"add broadcast: true", "add --broadcast", NULL},
		{"add one_way: true", "add --one-way", NULL},
		{"leave it out, or one_way", "leave it out, or --one-way", NULL},
		{"add translate: true, or give targets of the same version",
		 "add --translate, or give targets of the same version", NULL},
		{"add check.probe: icmp or udp, or leave the check out",
		 "add --check icmp or --check udp, or leave it out", "add check: icmp or udp, or leave it out"},
		{"leave them out, or give check.probe: udp", "leave them out, or give --check udp",
		 "leave them out, or give check: udp"},
		{"give the port of the probe", "give --check udp:PORT", "give check: udp:PORT"},
		{"give 1 to 512 bytes that a target answers", "give --check-send, 1 to 512 bytes that a target answers",
		 "give check_send, 1 to 512 bytes that a target answers"}};

static const char *flag_of(const struct quern_forward_fault *fault)
{
	for (size_t i = 0; i < sizeof(flags_of_keys) / sizeof(flags_of_keys[0]); i++) {
		if (fault->target == QUERN_FORWARD_NO_TARGET && strcmp(fault->key, flags_of_keys[i].key) == 0)
			return flags_of_keys[i].flag;
	}
	return fault->target != QUERN_FORWARD_NO_TARGET ? "--to" : "--listen";
}

const char *cli_forward_remedy(const struct quern_forward_fault *fault, bool is_by_flags)
{
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++) {
		const char *ours = is_by_flags ? remedies[i].by_flag : remedies[i].in_file;

		if (strcmp(fault->remedy, remedies[i].said) == 0 && ours)
			return ours;
	}
	return fault->remedy;
}

/* The rule of flags has no name that its user has given: it goes without saying. */
static int refuse_fault(const struct cli_forward *forward, const struct quern_forward_fault *fault,
			char error[CLI_ERROR_TEXT])
{
	const char *behind_name = strstr(fault->cause, ": "), *remedy = cli_forward_remedy(fault, forward->is_by_flags);

	if (forward->is_by_flags && behind_name)
		snprintf(error, CLI_ERROR_TEXT, "%s: %s; %s", flag_of(fault), behind_name + 2, remedy);
	else
		snprintf(error, CLI_ERROR_TEXT, "%s; %s", fault->cause, remedy);
	return -EINVAL;
}

/* What an error begins with: the flag, or which rule of a file it is. */
static char *place_of(const struct cli_settings *settings, const struct quern_forward_rule *rule, const char *flag,
		      char text[PLACE_TEXT])
{
	if (settings->forward.is_by_flags)
		snprintf(text, PLACE_TEXT, "%s", flag);
	else
		snprintf(text, PLACE_TEXT, "rule '%s'", rule->name);
	return text;
}

static bool is_own(const struct cli_port *port, struct quern_ip6 address)
{
	const struct cli_net *net = &port->nets[cli_address_version(address)];

	return net->is_spoken && cli_block_holds(&net->addresses, address);
}

static uint16_t port_with(const struct cli_settings *settings, struct quern_ip6 address)
{
	uint16_t port = 0;

	while (port < settings->port_count && !is_own(&settings->ports[port], address))
		port++;
	return port;
}

uint16_t cli_port_towards(const struct cli_settings *settings, struct quern_ip6 address)
{
	enum cli_version version = cli_address_version(address);

	for (uint16_t port = 0; port < settings->port_count; port++) {
		const struct cli_net *net = &settings->ports[port].nets[version];

		if (net->is_spoken && cli_net_reaches(net, address))
			return port;
	}
	for (uint16_t port = 0; port < settings->port_count; port++) {
		if (settings->ports[port].nets[version].is_spoken && settings->ports[port].nets[version].has_gateway)
			return port;
	}
	return settings->port_count;
}

/* "tap:a has 10.2.0.1, tap:b has 10.3.0.1", as many as there is room for. */
static char *own_addresses(const struct cli_settings *settings, char text[ADDRESSES_TEXT])
{
	size_t length = 0;

	text[0] = '\0';
	for (uint16_t i = 0; i < settings->port_count; i++) {
		for (enum cli_version version = CLI_IP4; version < CLI_VERSIONS; version++) {
			const struct cli_net *net = &settings->ports[i].nets[version];
			char address[QUERN_IP6_TEXT];

			if (!net->is_spoken || length + 2 * QUERN_IP6_TEXT > ADDRESSES_TEXT)
				continue;
			length += (size_t)snprintf(text + length, ADDRESSES_TEXT - length, "%s%.40s has %s",
						   length == 0 ? "" : ", ", settings->ports[i].device,
						   cli_address_text(net->addresses.first, address));
		}
	}
	return text;
}

/* The port that users call so, by its name in a file or its device. */
static uint16_t port_called(const struct cli_settings *settings, const char *name)
{
	uint16_t port = 0;

	while (port < settings->port_count && strcmp(settings->ports[port].device, name) != 0 &&
	       !(settings->ports[port].name && strcmp(settings->ports[port].name, name) == 0))
		port++;
	return port;
}

static int find_port_on(const struct cli_settings *settings, struct quern_forward_rule *rule, const char *on,
			char error[CLI_ERROR_TEXT])
{
	char place[PLACE_TEXT], own[ADDRESSES_TEXT];
	uint16_t port = port_called(settings, on);

	place_of(settings, rule, "--on", place);
	if (port == settings->port_count) {
		snprintf(error, CLI_ERROR_TEXT, "%s: no port is called %.60s: %s; name one of these", place, on,
			 own_addresses(settings, own));
		return -EINVAL;
	}
	if (!cli_address_is_many(&rule->listen) && !cli_address_is_any(&rule->listen) &&
	    !is_own(&settings->ports[port], cli_address_of(&rule->listen))) {
		snprintf(error, CLI_ERROR_TEXT,
			 "%s: %.60s does not have the address that is listened at: %s; name the one that has", place,
			 on, own_addresses(settings, own));
		return -EINVAL;
	}
	rule->port = port;
	return 0;
}

/* A rule listens on the port whose own address it names. Where it names none, or a group, it is of the only port. */
static int find_port(const struct cli_settings *settings, struct quern_forward_rule *rule, char error[CLI_ERROR_TEXT])
{
	const char *on = settings->forward.on[rule - settings->forward.rules];
	char text[QUERN_IP6_TEXT], own[ADDRESSES_TEXT], place[PLACE_TEXT];
	uint16_t port = 0;

	if (on)
		return find_port_on(settings, rule, on, error);
	place_of(settings, rule, "--listen", place);
	if (!cli_address_is_any(&rule->listen) && !cli_address_is_many(&rule->listen)) {
		port = port_with(settings, cli_address_of(&rule->listen));
		if (port == settings->port_count) {
			snprintf(error, CLI_ERROR_TEXT, "%s: %s is no port's own address: %s; name one of these", place,
				 cli_address_text(cli_address_of(&rule->listen), text), own_addresses(settings, own));
			return -EINVAL;
		}
	} else if (settings->port_count > 1) {
		snprintf(error, CLI_ERROR_TEXT, "%s: which of the ports is to listen? %s; name one of these%s", place,
			 own_addresses(settings, own),
			 settings->forward.is_by_flags ? " with --on DEV" : " with on: DEV");
		return -EINVAL;
	}
	rule->port = port;
	return 0;
}

static int check_targets(const struct cli_settings *settings, const struct quern_forward_rule *rule,
			 char error[CLI_ERROR_TEXT])
{
	char text[QUERN_IP6_TEXT], place[PLACE_TEXT];

	place_of(settings, rule, "--to", place);
	for (uint16_t i = 0; i < rule->target_count; i++) {
		struct quern_ip6 to = cli_address_of(&rule->targets[i].to);

		if (cli_address_is_many(&rule->targets[i].to))
			continue;
		cli_address_text(to, text);
		if (port_with(settings, to) < settings->port_count) {
			snprintf(error, CLI_ERROR_TEXT, "%s: %s is our own address; give that of another host", place,
				 text);
			return -EINVAL;
		}
		if (cli_port_towards(settings, to) == settings->port_count) {
			snprintf(error, CLI_ERROR_TEXT,
				 "%s: %s is on no port's network, and there is no gateway; add %s, or give a port an "
				 "%s on its network",
				 place, text, settings->forward.is_by_flags ? "--gateway ADDR" : "gateway: ADDR",
				 settings->forward.is_by_flags ? "--ip" : "ip");
			return -EINVAL;
		}
	}
	return 0;
}

/* There is a rule, and it is known which one flags speak of. */
static int check_rules(const struct cli_forward *forward, char error[CLI_ERROR_TEXT])
{
	bool is_whole = forward->rule_count > 0 &&
			(!forward->is_by_flags || (forward->has_listen && forward->rules[0].target_count > 0));

	if (!is_whole)
		snprintf(error, CLI_ERROR_TEXT,
			 "forward needs a rule: --listen ADDR:PORT --to ADDR:PORT, e.g. --listen 198.18.0.1:53 --to "
			 "198.18.0.5:53");
	else if (forward->astray)
		snprintf(error, CLI_ERROR_TEXT,
			 "%s changes the rule of a file that has one, and this one has %u; change it in the file",
			 forward->astray, forward->rule_count);
	return is_whole && !forward->astray ? 0 : -EINVAL;
}

int cli_complete_forward(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	struct cli_forward *forward = &settings->forward;
	struct quern_forward_fault fault;
	int rc = check_rules(forward, error);

	if (rc == 0 && quern_forward_faults(forward->rules, forward->rule_count, &fault, 1) > 0)
		return refuse_fault(forward, &fault, error);
	for (uint16_t i = 0; rc == 0 && i < forward->rule_count; i++) {
		rc = find_port(settings, &forward->rules[i], error);
		if (rc == 0)
			rc = check_targets(settings, &forward->rules[i], error);
	}
	return rc;
}
