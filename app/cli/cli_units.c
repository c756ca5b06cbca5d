/* cli_units.c - numbers with k, M, G, percentages, times with ns to h, and lists of cores, in exact integer arithmetic.
 */
#include "cli/cli_units.h"

#include <ctype.h>
#include <string.h>

struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit count_units[] = {
	{"", 1}, {"k", UINT64_C(1000)}, {"M", UINT64_C(1000000)}, {"G", UINT64_C(1000000000)}, {NULL, 0}};

static const struct unit time_units[] = {{"ns", 1},
					 {"us", CLI_NS_PER_US},
					 {"ms", CLI_NS_PER_MS},
					 {"s", CLI_NS_PER_S},
					 {"m", 60 * CLI_NS_PER_S},
					 {"h", 3600 * CLI_NS_PER_S},
					 {NULL, 0}};

static const struct unit percent_units[] = {{"%", UINT64_C(10000000)}, {NULL, 0}};

/* Reads digits into `value` and returns what follows them; null where there are none or too many. */
static const char *read_digits(const char *text, uint64_t *value)
{
	*value = 0;
	if (!isdigit((unsigned char)*text))
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(*value, UINT64_C(10), value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*text - '0'), value))
			return NULL;
	}
	return text;
}

/* Reads the digits behind a point as numerator over a power of ten; at most nine of them. */
static const char *read_fraction(const char *text, uint64_t *numerator, uint64_t *denominator)
{
	const char *end = read_digits(text, numerator);

	if (!end || end - text > 9)
		return NULL;
	*denominator = 1;
	for (; text < end; text++)
		*denominator *= 10;
	return end;
}

static bool parse_scaled(const char *text, const struct unit *units, uint64_t *result)
{
	uint64_t whole, part = 0, denominator = 1, scaled;
	const char *rest = read_digits(text, &whole);

	if (rest && *rest == '.')
		rest = read_fraction(rest + 1, &part, &denominator);
	if (!rest)
		return false;
	for (; units->suffix; units++) {
		if (strcmp(rest, units->suffix) != 0)
			continue;
		if (__builtin_mul_overflow(whole, units->factor, &scaled) ||
		    __builtin_mul_overflow(part, units->factor, &part) || part % denominator != 0)
			return false;
		return !__builtin_add_overflow(scaled, part / denominator, result);
	}
	return false;
}

bool cli_parse_count(const char *text, uint64_t *count)
{
	uint64_t value;

	if (!parse_scaled(text, count_units, &value))
		return false;
	*count = value;
	return true;
}

bool cli_parse_time(const char *text, uint64_t *ns)
{
	uint64_t value;

	if (strcmp(text, "0") == 0) {
		*ns = 0;
		return true;
	}
	if (!parse_scaled(text, time_units, &value))
		return false;
	*ns = value;
	return true;
}

bool cli_count_within(const char *value, uint64_t least, uint64_t most, uint64_t *count)
{
	uint64_t parsed;

	if (!cli_parse_count(value, &parsed) || parsed < least || parsed > most)
		return false;
	*count = parsed;
	return true;
}

bool cli_time_within(const char *value, uint64_t least, uint64_t most, uint64_t *ns)
{
	uint64_t parsed;

	if (!cli_parse_time(value, &parsed) || parsed < least || parsed > most)
		return false;
	*ns = parsed;
	return true;
}

bool cli_parse_percent(const char *text, uint64_t *share)
{
	uint64_t value;

	if (!parse_scaled(text, percent_units, &value))
		return false;
	*share = value;
	return true;
}

static bool add_core(struct cli_cores *cores, uint64_t cpu)
{
	if (cpu > CLI_MAX_CPU || cores->count == CLI_MAX_CORES)
		return false;
	cores->cpu[cores->count++] = (uint16_t)cpu;
	return true;
}

bool cli_parse_cores(const char *text, struct cli_cores *cores)
{
	struct cli_cores list = {.count = 0};
	uint64_t first, last;

	if (strcmp(text, "auto") == 0) {
		*cores = list;
		return true;
	}
	for (;;) {
		text = read_digits(text, &first);
		last = first;
		if (text && *text == '-')
			text = read_digits(text + 1, &last);
		if (!text || last < first || last > CLI_MAX_CPU)
			return false;
		for (uint64_t cpu = first; cpu <= last; cpu++) {
			if (!add_core(&list, cpu))
				return false;
		}
		if (*text == '\0')
			break;
		if (*text++ != ',')
			return false;
	}
	*cores = list;
	return true;
}

/* Takes the part of `text` before `separator` as a time of 1 ms to 2^32 - 1 ms; returns what follows it, or null. */
static const char *read_time_part(const char *text, char separator, uint32_t *ms)
{
	char part[32];
	const char *end = strchr(text, separator);
	uint64_t ns;

	if (!end || (size_t)(end - text) >= sizeof(part))
		return NULL;
	memcpy(part, text, (size_t)(end - text));
	part[end - text] = '\0';
	if (!cli_parse_time(part, &ns) || ns < CLI_NS_PER_MS || ns / CLI_NS_PER_MS > UINT32_MAX)
		return NULL;
	*ms = (uint32_t)(ns / CLI_NS_PER_MS);
	return end + 1;
}

bool cli_parse_keepalive(const char *text, struct cli_keepalive *keepalive)
{
	struct cli_keepalive parsed = {.on = true};
	uint64_t probes;

	if (strcmp(text, "off") == 0) {
		keepalive->on = false;
		return true;
	}
	text = read_time_part(text, '/', &parsed.idle_ms);
	if (text)
		text = read_time_part(text, '/', &parsed.interval_ms);
	if (!text || !cli_parse_count(text, &probes) || probes < 1 || probes > UINT8_MAX)
		return false;
	parsed.probes = (uint8_t)probes;
	*keepalive = parsed;
	return true;
}
