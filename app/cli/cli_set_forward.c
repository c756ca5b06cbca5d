/* cli_set_forward.c - rules of forward: those of a file, or the one that flags can describe. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_set.h"

enum { PORT_DIGITS = 5, MAX_PORT = 65535, TARGET_TEXT = QUERN_ENDPOINT_TEXT + 8 };

/* Settings point to these: they would be half a megabyte larger with them. */
static struct quern_forward_rule rule_sets[CLI_RULE_SETS][QUERN_FORWARD_RULES_MAX], *rules = rule_sets[0];
static struct quern_forward_target target_sets[CLI_RULE_SETS][QUERN_FORWARD_RULES_MAX][QUERN_FORWARD_TARGETS_MAX],
	(*targets)[QUERN_FORWARD_TARGETS_MAX] = target_sets[0];
static unsigned int place;

void cli_rules_keep_in(unsigned int set)
{
	place = set;
	rules = rule_sets[set];
	targets = target_sets[set];
}

unsigned int cli_rules_place(void)
{
	return place;
}

static void begin_rule(struct cli_forward *forward, const char *name)
{
	forward->rules = rules;
	forward->has_listen = false;
	rules[forward->rule_count] = (struct quern_forward_rule){.name = name, .targets = targets[forward->rule_count]};
	forward->rule_count++;
}

struct quern_forward_rule *cli_last_rule(struct cli_settings *settings, const char *flag)
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

bool cli_read_port(const char *text, size_t length, uint16_t *port)
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
		return cli_read_port(text, strlen(text), first);
	return cli_read_port(text, (size_t)(dash - text), first) && cli_read_port(dash + 1, strlen(dash + 1), last);
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
	struct quern_forward_rule *rule = cli_last_rule(settings, "--listen");
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

/* Cuts =WEIGHT off the end of a target. */
static bool take_weight(const char *value, char text[TARGET_TEXT], uint16_t *weight)
{
	const char *equals = strchr(value, '=');
	size_t length = equals ? (size_t)(equals - value) : strlen(value);
	uint64_t number = 0;

	if (length >= TARGET_TEXT || (equals && !cli_count_within(equals + 1, 1, QUERN_FORWARD_WEIGHT_MAX, &number)))
		return false;
	memcpy(text, value, length);
	text[length] = '\0';
	*weight = (uint16_t)number;
	return true;
}

bool cli_set_to(struct cli_settings *settings, const char *value)
{
	struct quern_forward_rule *rule = cli_last_rule(settings, "--to");
	struct quern_forward_target *its = targets[rule - rules];
	struct quern_endpoint to;
	char text[TARGET_TEXT];
	uint16_t weight;

	if (cli_settings_replaces(settings, CLI_GROUP_TOS))
		rule->target_count = 0;
	if (rule->target_count == QUERN_FORWARD_TARGETS_MAX || !take_weight(value, text, &weight) ||
	    (quern_parse_endpoint(text, &to) != 0 && !read_address(text, strlen(text), &to)) ||
	    cli_address_is_disguised(to.ip6) || cli_address_is_any(&to))
		return false;
	its[rule->target_count++] = (struct quern_forward_target){.to = to, .weight = weight};
	return true;
}

bool cli_set_balance(struct cli_settings *settings, const char *value)
{
	for (int kind = 0; kind < QUERN_BALANCES_END; kind++) {
		if (strcmp(value, quern_balance_name((enum quern_balance)kind)) != 0)
			continue;
		cli_last_rule(settings, "--balance")->balance = (enum quern_balance)kind;
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
	cli_last_rule(settings, "--idle")->idle_ms = (uint32_t)(idle_ns / CLI_NS_PER_MS);
	return true;
}

bool cli_set_keep_port(struct cli_settings *settings, const char *value)
{
	(void)value;
	return cli_last_rule(settings, "--keep-port")->keep_port = true;
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
	cli_last_rule(settings, "--source-sessions")->max_sessions_per_source = (uint32_t)count;
	return true;
}

bool cli_set_rule_sessions(struct cli_settings *settings, const char *value)
{
	uint64_t count;

	if (!cli_count_within(value, 1, CLI_MAX_RECORDS, &count))
		return false;
	cli_last_rule(settings, "--rule-sessions")->max_sessions = (uint32_t)count;
	return true;
}

bool cli_set_rule_one_way(struct cli_settings *settings, const char *value)
{
	(void)value;
	return cli_last_rule(settings, "--one-way")->one_way = true;
}

bool cli_set_keep_source(struct cli_settings *settings, const char *value)
{
	(void)value;
	return cli_last_rule(settings, "--keep-source")->keep_source = true;
}

bool cli_set_translate(struct cli_settings *settings, const char *value)
{
	(void)value;
	return cli_last_rule(settings, "--translate")->translate = true;
}

bool cli_set_broadcast(struct cli_settings *settings, const char *value)
{
	(void)value;
	return cli_last_rule(settings, "--broadcast")->broadcast = true;
}

bool cli_set_answers_refresh(struct cli_settings *settings, const char *value)
{
	(void)value;
	return cli_last_rule(settings, "--answers-refresh")->answers_refresh = true;
}

/* Which port that is, is known when all of them are. */
bool cli_set_on(struct cli_settings *settings, const char *value)
{
	const struct quern_forward_rule *rule = cli_last_rule(settings, "--on");

	settings->forward.on[rule - settings->forward.rules] = value;
	return value[0] != '\0';
}

bool cli_set_slow_start(struct cli_settings *settings, const char *value)
{
	uint64_t slow_ns;

	if (!cli_time_within(value, CLI_NS_PER_MS, QUERN_FORWARD_SLOW_START_MS_MAX * CLI_NS_PER_MS, &slow_ns))
		return false;
	cli_last_rule(settings, "--slow-start")->slow_start_ms = (uint32_t)(slow_ns / CLI_NS_PER_MS);
	return true;
}
