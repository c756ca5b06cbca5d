/* udp_faults.c - what is wrong with a set of rules, in words for whoever wrote it. */
#include "udp/udp_faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ip6.h"
#include "base/least.h"
#include "udp/udp_rules.h"

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

bool udp_faults_is_any(const struct quern_endpoint *endpoint)
{
	return endpoint->address == 0 && !quern_ip6_is_set(&endpoint->ip6);
}

bool udp_faults_is_broadcast(const struct quern_endpoint *endpoint)
{
	return endpoint->address == UDP_ADDRESS_BROADCAST;
}

bool udp_faults_is_nobodys(const struct quern_endpoint *endpoint)
{
	if (quern_ip6_is_set(&endpoint->ip6))
		return !ip6_is_multicast(endpoint->ip6) && !ip6_names_a_host(endpoint->ip6);
	return (endpoint->address >> 28 == 15 && !udp_faults_is_broadcast(endpoint)) ||
	       endpoint->address >> 24 == 127 || (endpoint->address >> 24 == 0 && endpoint->address != 0);
}

char *udp_faults_write(const struct quern_endpoint *endpoint, uint16_t last_port, char text[UDP_LISTEN_TEXT])
{
	char address[QUERN_IP6_TEXT] = "*", port[16] = "*";
	bool is_ip6 = quern_ip6_is_set(&endpoint->ip6);

	if (is_ip6)
		quern_format_ip6(&endpoint->ip6, address);
	else if (endpoint->address != 0)
		quern_format_address(endpoint->address, address);
	if (last_port != 0)
		snprintf(port, sizeof port, "%u-%u", endpoint->port, last_port);
	else if (endpoint->port != 0)
		snprintf(port, sizeof port, "%u", endpoint->port);
	snprintf(text, UDP_LISTEN_TEXT, is_ip6 ? "[%s]:%s" : "%s:%s", address, port);
	return text;
}

char *udp_faults_name(const struct udp_faults *faults, uint32_t rule, char text[UDP_NAME_TEXT])
{
	const char *name = faults->rules[rule].name;

	if (name && name[0] != '\0')
		snprintf(text, UDP_NAME_TEXT, "'%.*s'", QUERN_FORWARD_NAME_MAX, name);
	else
		snprintf(text, UDP_NAME_TEXT, "%u", rule + 1);
	return text;
}

void udp_faults_tell(struct udp_faults *faults, uint32_t rule, uint32_t target, const char *key, const char *remedy,
		     const char *format, ...)
{
	struct quern_forward_fault *fault;
	char name[UDP_NAME_TEXT];
	va_list arguments;
	int length;

	if (faults->found++ >= faults->max)
		return;
	fault = &faults->faults[faults->found - 1];
	fault->rule = (uint16_t)rule;
	fault->target = (uint16_t)target;
	fault->key = key;
	snprintf(fault->remedy, sizeof fault->remedy, "%s", remedy);
	length = snprintf(fault->cause, sizeof fault->cause, "rule %s: ", udp_faults_name(faults, rule, name));
	va_start(arguments, format);
	vsnprintf(fault->cause + length, sizeof fault->cause - (size_t)length, format, arguments);
	va_end(arguments);
}

static void tell(struct udp_faults *faults, uint32_t rule, const char *key, const char *remedy, const char *cause)
{
	udp_faults_tell(faults, rule, QUERN_FORWARD_NO_TARGET, key, remedy, "%s", cause);
}

static void look_at_name(struct udp_faults *faults, uint32_t number)
{
	const char *name = faults->rules[number].name;

	if (!name || name[0] == '\0') {
		tell(faults, number, "name", "give one, by which a reload knows its sessions", "has no name");
		return;
	}
	if (strlen(name) > QUERN_FORWARD_NAME_MAX || strspn(name, NAME_CHARACTERS) != strlen(name)) {
		tell(faults, number, "name", "give up to 63 letters, digits, dots, lines and underscores",
		     "its name is too long, or has other characters than names have");
		return;
	}
	for (uint32_t earlier = 0; earlier < number; earlier++) {
		if (faults->ids[earlier] != faults->ids[number] || !faults->rules[earlier].name)
			continue;
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "name", "give one of them another name",
				"%s rule %u",
				strcmp(name, faults->rules[earlier].name) == 0 ? "has the name of"
									       : "has by chance the number of",
				earlier + 1);
		return;
	}
}

static void look_at_times(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];

	if (rule->idle_ms != 0 &&
	    (rule->idle_ms < QUERN_FORWARD_IDLE_MS_MIN || rule->idle_ms > QUERN_FORWARD_IDLE_MS_MAX))
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "idle", "give 1s to 24h",
				"its idle time is %u ms", rule->idle_ms);
	if (rule->slow_start_ms > QUERN_FORWARD_SLOW_START_MS_MAX)
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "slow_start", "give at most 1h",
				"its slow start takes %u ms", rule->slow_start_ms);
	if (rule->slow_start_ms != 0 && rule->balance == QUERN_BALANCE_ALL)
		tell(faults, number, "slow_start", "leave it out",
		     "sends to all: no target has a share that could grow");
}

/* What a rule without sessions cannot have, and what does not go together. */
static void look_at_ways(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	const struct {
		bool is_set;
		const char *key;
	} of_sessions[] = {{rule->idle_ms != 0, "idle"},
			   {rule->max_sessions != 0, "max_sessions"},
			   {rule->max_sessions_per_source != 0, "max_sessions_per_source"},
			   {rule->answers_refresh, "answers_refresh"},
			   {rule->balance == QUERN_BALANCE_LEAST_SESSIONS, "balance"}};

	for (uint32_t i = 0; rule->one_way && i < sizeof of_sessions / sizeof of_sessions[0]; i++) {
		if (of_sessions[i].is_set)
			udp_faults_tell(
				faults, number, QUERN_FORWARD_NO_TARGET, of_sessions[i].key, "leave it out, or one_way",
				"is one way and keeps no sessions, but its %s is about them", of_sessions[i].key);
	}
	if ((unsigned int)rule->balance >= QUERN_BALANCES_END)
		tell(faults, number, "balance", "give maglev, roundrobin, leastsessions or all",
		     "its balance is none that there is");
	if (rule->keep_source && rule->translate)
		tell(faults, number, "keep_source", "leave out one of the two",
		     "keeps sources, which have no address in the other version of IP, and translates");
}

/* Fields of the check that say nothing where the probe is another, or none. */
static void look_at_unused(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_check *check = &faults->rules[number].check;

	if (check->probe == QUERN_PROBE_NONE &&
	    (check->port | check->rise | check->fall | check->request_bytes | check->answer_bytes | check->interval_ms))
		tell(faults, number, "check", "add check.probe: icmp or udp, or leave the check out",
		     "its check says how, and not by what");
	if (check->probe == QUERN_PROBE_ICMP && (check->port | check->request_bytes | check->answer_bytes))
		tell(faults, number, "check", "leave them out, or give check.probe: udp",
		     "is checked by ICMP, which has no port, request or answer");
}

static void look_at_check(struct udp_faults *faults, uint32_t number)
{
	const struct quern_forward_rule *rule = &faults->rules[number];
	const struct quern_forward_check *check = &rule->check;

	look_at_unused(faults, number);
	if ((unsigned int)check->probe >= QUERN_PROBES_END)
		tell(faults, number, "check.probe", "give icmp or udp", "its check's probe is none that there is");
	if (check->interval_ms != 0 &&
	    (check->interval_ms < QUERN_FORWARD_INTERVAL_MS_MIN || check->interval_ms > QUERN_FORWARD_INTERVAL_MS_MAX))
		udp_faults_tell(faults, number, QUERN_FORWARD_NO_TARGET, "check.interval", "give 100ms to 1h",
				"is checked every %u ms", check->interval_ms);
	if (check->probe != QUERN_PROBE_UDP)
		return;
	if (check->request_bytes == 0 || !check->request || check->request_bytes > QUERN_FORWARD_PROBE_MAX)
		tell(faults, number, "check.request", "give 1 to 512 bytes that a target answers",
		     "its check's request is empty, or too long");
	if ((check->answer_bytes != 0 && !check->answer) || check->answer_bytes > QUERN_FORWARD_PROBE_MAX)
		tell(faults, number, "check.answer", "give at most 512 bytes with which good answers begin",
		     "its check's answer is too long");
	if (check->port == 0 && rule->keep_port)
		tell(faults, number, "check.port", "give the port of the probe",
		     "its targets have no port that could be probed");
}

uint32_t quern_forward_faults(const struct quern_forward_rule *rules, uint32_t count, struct quern_forward_fault *list,
			      uint32_t max)
{
	struct udp_faults faults = {.rules = rules, .count = count, .faults = list, .max = max};

	for (uint32_t i = 0; i < least(count, QUERN_FORWARD_RULES_MAX); i++)
		faults.ids[i] = rules[i].name ? udp_rules_id(rules[i].name) : 0;
	for (uint32_t i = 0; i < least(count, QUERN_FORWARD_RULES_MAX); i++) {
		look_at_name(&faults, i);
		udp_faults_of_listen(&faults, i);
		udp_faults_of_targets(&faults, i);
		look_at_ways(&faults, i);
		look_at_times(&faults, i);
		look_at_check(&faults, i);
	}
	if (count > QUERN_FORWARD_RULES_MAX)
		tell(&faults, QUERN_FORWARD_RULES_MAX, "rules", "give at most 256", "is one rule too many");
	return faults.found;
}
