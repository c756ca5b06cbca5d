/* cli_set_forward.c - what flags say of the one rule that they can describe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_set.h"

enum { PORT_DIGITS = 5, MAX_PORT = 65535 };

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
	struct cli_forward *forward = &settings->forward;
	const char *colon = strrchr(value, ':');
	struct quern_endpoint listen;
	uint16_t first, last;

	if (forward->has_listen || !colon || (strchr(value, ':') != colon && colon[-1] != ']') ||
	    !read_address(value, (size_t)(colon - value), &listen) || !read_ports(colon + 1, &first, &last))
		return false;
	listen.port = first;
	forward->by_flags.listen = listen;
	forward->by_flags.last_port = last;
	return forward->has_listen = true;
}

bool cli_set_to(struct cli_settings *settings, const char *value)
{
	struct quern_forward_rule *rule = &settings->forward.by_flags;
	struct quern_forward_target *target = &settings->forward.targets[rule->target_count];
	struct quern_endpoint to;

	if (rule->target_count == QUERN_FORWARD_TARGETS_MAX ||
	    (quern_parse_endpoint(value, &to) != 0 && !read_address(value, strlen(value), &to)) ||
	    cli_address_is_disguised(to.ip6) || cli_address_is_any(&to))
		return false;
	*target = (struct quern_forward_target){.to = to};
	rule->target_count++;
	return true;
}

bool cli_set_balance(struct cli_settings *settings, const char *value)
{
	for (int kind = 0; kind < QUERN_BALANCES_END; kind++) {
		if (strcmp(value, quern_balance_name((enum quern_balance)kind)) != 0)
			continue;
		settings->forward.by_flags.balance = (enum quern_balance)kind;
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
	settings->forward.by_flags.idle_ms = (uint32_t)(idle_ns / CLI_NS_PER_MS);
	return true;
}

bool cli_set_keep_port(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->forward.by_flags.keep_port = true;
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
	settings->forward.by_flags.max_sessions_per_source = (uint32_t)count;
	return true;
}
