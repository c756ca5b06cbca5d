/* config_check_rules.c - rules of forward in plain words, a line each. */
#include "config/config_check.h"

#include <stdio.h>

#include "forward/forward_report.h"
#include "report/report_format.h"

/* What quern_forward_config and quern_forward_check have for 0. */
enum { DEFAULT_SESSIONS = 131072 };

static void print_targets(const struct quern_forward_rule *rule)
{
	bool is_all = rule->balance == QUERN_BALANCE_ALL;
	char to[QUERN_ENDPOINT_TEXT];

	for (uint16_t i = 0; i < rule->target_count; i++) {
		bool is_last = i + 1 == rule->target_count;

		printf("%s %s",
		       i == 0     ? ""
		       : !is_last ? ","
		       : is_all   ? " and"
				  : " or",
		       forward_target_text(&rule->targets[i].to, to));
		if (rule->targets[i].weight > 1)
			printf(" (weight %u)", rule->targets[i].weight);
	}
	if (rule->target_count > 1 && !is_all)
		printf(" by %s", quern_balance_name(rule->balance));
}

static void print_ways(const struct quern_forward_rule *rule)
{
	if (rule->keep_port)
		fputs(", each to the port that it came to", stdout);
	if (rule->keep_source)
		fputs(", with the client's own address", stdout);
	if (rule->translate)
		fputs(", from one version of IP to the other", stdout);
	if (rule->broadcast)
		fputs(", broadcasts too", stdout);
}

static void print_sessions(const struct quern_forward_rule *rule)
{
	uint32_t idle_ms = rule->idle_ms ? rule->idle_ms : QUERN_FORWARD_IDLE_MS;
	char number[REPORT_NUMBER_TEXT];

	if (rule->one_way) {
		fputs("; one way, without sessions", stdout);
		return;
	}
	printf("; a session ends after %s", report_format_span(idle_ms * CLI_NS_PER_MS, number));
	if (rule->answers_refresh)
		fputs(" without an answer either", stdout);
	if (rule->max_sessions > 0)
		printf(", there are %s", report_format_count(rule->max_sessions, number));
	if (rule->max_sessions_per_source > 0)
		printf(", a client has %s", report_format_count(rule->max_sessions_per_source, number));
}

static void print_checks(const struct quern_forward_rule *rule)
{
	const struct quern_forward_check *check = &rule->check;
	uint32_t interval_ms = check->interval_ms ? check->interval_ms : QUERN_FORWARD_INTERVAL_MS;
	char number[REPORT_NUMBER_TEXT];

	if (check->probe != QUERN_PROBE_NONE)
		printf("; checked by %s every %s", quern_probe_name(check->probe),
		       report_format_span(interval_ms * CLI_NS_PER_MS, number));
	if (rule->slow_start_ms > 0)
		printf("; a target come up has its whole share after %s",
		       report_format_span(rule->slow_start_ms * CLI_NS_PER_MS, number));
}

static void print_rule(const struct cli_settings *settings, const struct quern_forward_rule *rule)
{
	char listen[FORWARD_LISTEN_TEXT];

	printf("%s: on %s at %s, to", rule->name, settings->ports[rule->port].device,
	       forward_listen_text(rule, listen));
	print_targets(rule);
	print_ways(rule);
	print_sessions(rule);
	print_checks(rule);
	fputc('\n', stdout);
}

void config_check_rules(const struct cli_settings *settings)
{
	bool has_sessions = settings->forward.max_sessions > 0;
	char number[REPORT_NUMBER_TEXT];

	for (uint16_t i = 0; i < settings->forward.rule_count; i++)
		has_sessions |= !settings->forward.rules[i].one_way;
	for (uint16_t i = 0; i < settings->forward.rule_count; i++) {
		fputs(i == 0 ? "rules     " : "          ", stdout);
		print_rule(settings, &settings->forward.rules[i]);
	}
	if (!has_sessions)
		return;
	printf("limits    %s sessions\n",
	       report_format_count(settings->forward.max_sessions ? settings->forward.max_sessions : DEFAULT_SESSIONS,
				   number));
}
