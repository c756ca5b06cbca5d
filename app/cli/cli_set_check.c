/* cli_set_check.c - how forward checks the targets of a rule: by what, how often, and what they are to answer. */
#include <ctype.h>
#include <string.h>

#include "cli/cli_set.h"

enum { MOST_PROBES = 255 };

/* What a rule's probe by UDP sends, and what an answer begins with: rules point to these. */
struct probe_text {
	uint8_t bytes[QUERN_FORWARD_PROBE_MAX];
};

static struct probe_text requests[CLI_RULE_SETS][QUERN_FORWARD_RULES_MAX],
	answers[CLI_RULE_SETS][QUERN_FORWARD_RULES_MAX];

static struct quern_forward_check *last_check(struct cli_settings *settings, const char *flag, size_t *number)
{
	struct quern_forward_rule *rule = cli_last_rule(settings, flag);

	*number = (size_t)(rule - settings->forward.rules);
	return &rule->check;
}

/* icmp, udp or udp:PORT */
bool cli_set_check(struct cli_settings *settings, const char *value)
{
	size_t number;
	struct quern_forward_check *check = last_check(settings, "--check", &number);

	check->port = 0;
	check->probe = strcmp(value, quern_probe_name(QUERN_PROBE_ICMP)) == 0 ? QUERN_PROBE_ICMP : QUERN_PROBE_UDP;
	return check->probe == QUERN_PROBE_ICMP || strcmp(value, quern_probe_name(QUERN_PROBE_UDP)) == 0 ||
	       (strncmp(value, "udp:", 4) == 0 && cli_read_port(value + 4, strlen(value + 4), &check->port));
}

bool cli_set_check_every(struct cli_settings *settings, const char *value)
{
	uint64_t every_ns;
	size_t number;

	if (!cli_time_within(value, QUERN_FORWARD_INTERVAL_MS_MIN * CLI_NS_PER_MS,
			     QUERN_FORWARD_INTERVAL_MS_MAX * CLI_NS_PER_MS, &every_ns))
		return false;
	last_check(settings, "--check-every", &number)->interval_ms = (uint32_t)(every_ns / CLI_NS_PER_MS);
	return true;
}

bool cli_set_check_rise(struct cli_settings *settings, const char *value)
{
	uint64_t count;
	size_t number;

	if (!cli_count_within(value, 1, MOST_PROBES, &count))
		return false;
	last_check(settings, "--check-rise", &number)->rise = (uint8_t)count;
	return true;
}

bool cli_set_check_fall(struct cli_settings *settings, const char *value)
{
	uint64_t count;
	size_t number;

	if (!cli_count_within(value, 1, MOST_PROBES, &count))
		return false;
	last_check(settings, "--check-fall", &number)->fall = (uint8_t)count;
	return true;
}

static int digit(char letter)
{
	return isdigit((unsigned char)letter) ? letter - '0' : tolower((unsigned char)letter) - 'a' + 10;
}

/* Text as it stands, or 0x and two hexadecimal digits a byte. Returns how many bytes; 0 for what is neither. */
static uint16_t read_bytes(const char *value, struct probe_text *text)
{
	size_t length = strlen(value);

	if (strncmp(value, "0x", 2) != 0) {
		if (length > sizeof(text->bytes))
			return 0;
		memcpy(text->bytes, value, length);
		return (uint16_t)length;
	}
	value += 2;
	length -= 2;
	if (length % 2 != 0 || length / 2 > sizeof(text->bytes) || strspn(value, "0123456789abcdefABCDEF") < length)
		return 0;
	for (size_t i = 0; i < length; i += 2)
		text->bytes[i / 2] = (uint8_t)(digit(value[i]) << 4 | digit(value[i + 1]));
	return (uint16_t)(length / 2);
}

bool cli_set_check_send(struct cli_settings *settings, const char *value)
{
	size_t number;
	struct quern_forward_check *check = last_check(settings, "--check-send", &number);

	check->request = requests[cli_rules_place()][number].bytes;
	check->request_bytes = read_bytes(value, &requests[cli_rules_place()][number]);
	return check->request_bytes > 0;
}

bool cli_set_check_expect(struct cli_settings *settings, const char *value)
{
	size_t number;
	struct quern_forward_check *check = last_check(settings, "--check-expect", &number);

	check->answer = answers[cli_rules_place()][number].bytes;
	check->answer_bytes = read_bytes(value, &answers[cli_rules_place()][number]);
	return check->answer_bytes > 0;
}
