/* cli_set_forward.c - rules of forward: those of a file, or the one that flags can describe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_set.h"

enum { PORT_DIGITS = 5, MAX_PORT = 65535 };

/* Settings point to these: they would be half a megabyte larger with them. */
static struct quern_forward_rule rules[QUERN_FORWARD_RULES_MAX];
static struct quern_forward_target targets[QUERN_FORWARD_RULES_MAX][QUERN_FORWARD_TARGETS_MAX];

static void begin_rule(struct cli_forward *forward, const char *name)
{
	forward->rules = rules;
	forward->has_listen = false;
	rules[forward->rule_count] = (struct quern_forward_rule){.name = name, .targets = targets[forward->rule_count]};
	forward->rule_count++;
}

/* The rule that a setter changes. Above a file it is the file's only one: of several it cannot be said which. */
static struct quern_forward_rule *last_rule(struct cli_settings *settings, const char *flag)
{
	struct cli_forward *forward = &settings->forward;

	if (forward->rule_count == 0) {
		begin_rule(forward, "flags");
		forward->is_by_flags = true;
	}
	if (forward->rule_count > 1 && settings->older & CLI_GROUP_RULES)
		forward->astray = flag;
	return &forward->rules[forward->rule_count - 1];
}

bool cli_add_rule(struct cli_settings *settings, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length = strlen(name);

	if (settings->forward.rule_count == QUERN_FORWARD_RULES_MAX || length == 0 || length > QUERN_FORWARD_NAME_MAX ||
	    strspn(name, letters) < length)
		return false;
	begin_rule(&settings->forward, name);
	return true;
}

/* A port of decimal digits alone. */
static bool read_port(const char *text, size_t length, uint16_t *port)
{
	unsigned long number;

	if (length == 0 || length > PORT_DIGITS || strspn(text, "0123456789") < length)
		return false;
	number = strtoul(text, NULL, 10);
	*port = (uint16_t)number;
	return number > 0 && number <= MAX_PORT;
}

/* PORT, PORT-LAST, or * for any. */
static bool read_ports(const char *text, uint16_t *first, uint16_t *last)
{
	const char *dash = strchr(text, '-');

	*first = *last = 0;
	if (strcmp(text, "*") == 0)
		return true;
	if (!dash)
		return read_port(text, strlen(text), first);
	return read_port(text, (size_t)(dash - text), first) && read_port(dash + 1, strlen(dash + 1), last);
}

/* An address, of IPv6 with brackets or without. */
static bool read_address(const char *text, size_t length, struct quern_endpoint *endpoint)
{
	char address[QUERN_IP6_TEXT];
	bool has_brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
	int written;

	if (has_brackets) {
		text++;
		length -= 2;
	}
	written = snprintf(address, sizeof(address), "%.*s", (int)length, text);
	*endpoint = (struct quern_endpoint){.port = 0};
	if ((size_t)written != length || length >= sizeof(address))
		return false;
	if (!has_brackets && quern_parse_address(address, &endpoint->address) == 0)
		return true;
	return quern_parse_ip6(address, &endpoint->ip6) == 0 && !cli_address_is_disguised(endpoint->ip6);
}

bool cli_set_rule_listen(struct cli_settings *settings, const char *value)
{
	struct quern_forward_rule *rule = last_rule(settings, "--listen");
	const char *colon = strrchr(value, ':');
	struct quern_endpoint listen;
	uint16_t first, last;

	if (cli_settings_replaces(settings, CLI_GROUP_LISTENS))
		settings->forward.has_listen = false;
	if (settings->forward.has_listen || !colon || (strchr(value, ':') != colon && colon[-1] != ']') ||
	    !read_address(value, (size_t)(colon - value), &listen) || !read_ports(colon + 1, &first, &last))
		return false;
	listen.port = first;
	rule->listen = listen;
	rule->last_port = last;
	return settings->forward.has_listen = true;
}

bool cli_set_to(struct cli_settings *settings, const char *value)
{
	struct quern_forward_rule *rule = last_rule(settings, "--to");
	struct quern_forward_target *its = targets[rule - rules];
	struct quern_endpoint to;

	if (cli_settings_replaces(settings, CLI_GROUP_TOS))
		rule->target_count = 0;
	if (rule->target_count == QUERN_FORWARD_TARGETS_MAX ||
	    (quern_parse_endpoint(value, &to) != 0 && !read_address(value, strlen(value), &to)) ||
	    cli_address_is_disguised(to.ip6) || cli_address_is_any(&to))
		return false;
	its[rule->target_count++] = (struct quern_forward_target){.to = to};
	return true;
}

bool cli_set_balance(struct cli_settings *settings, const char *value)
{
	for (int kind = 0; kind < QUERN_BALANCES_END; kind++) {
		if (strcmp(value, quern_balance_name((enum quern_balance)kind)) != 0)
			continue;
		last_rule(settings, "--balance")->balance = (enum quern_balance)kind;
		return true;
	}
	return false;
}

bool cli_set_idle(struct cli_settings *settings, const char *value)
{
	uint64_t idle_ns;

	if (!cli_time_within(value, QUERN_FORWARD_IDLE_MS_MIN * CLI_NS_PER_MS,
			     QUERN_FORWARD_IDLE_MS_MAX * CLI_NS_PER_MS, &idle_ns))
		return false;
	last_rule(settings, "--idle")->idle_ms = (uint32_t)(idle_ns / CLI_NS_PER_MS);
	return true;
}

bool cli_set_keep_port(struct cli_settings *settings, const char *value)
{
	(void)value;
	return last_rule(settings, "--keep-port")->keep_port = true;
}

bool cli_set_max_sessions(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 1, CLI_MAX_RECORDS, &count))
		return false;
	settings->forward.max_sessions = (uint32_t)count;
	return true;
}

bool cli_set_source_sessions(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 1, CLI_MAX_RECORDS, &count))
		return false;
	last_rule(settings, "--source-sessions")->max_sessions_per_source = (uint32_t)count;
	return true;
}
