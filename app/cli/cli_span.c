/* cli_span.c - spans as users write them, and back. */
#include "cli/cli_span.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli_units.h"

enum { NUMBER_TEXT = 32 };

typedef bool parse_number(const char *text, uint64_t *number);
typedef void format_number(uint64_t number, char text[NUMBER_TEXT]);

struct cli_span cli_span_of(uint64_t value)
{
	return (struct cli_span){.kind = CLI_SPAN_CONSTANT, .least = value, .most = value, .mean = value};
}

static bool parse_uniform(const char *text, parse_number *parse, struct cli_span *span)
{
	const char *dash = strchr(text, '-');
	char first[NUMBER_TEXT];

	if (!dash || (size_t)(dash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	if (!parse(first, &span->least) || !parse(dash + 1, &span->most) || span->most < span->least)
		return false;
	span->mean = span->least + (span->most - span->least) / 2;
	return true;
}

static bool parse_exponential(const char *text, parse_number *parse, uint64_t least, struct cli_span *span)
{
	span->least = least;
	return parse(text, &span->mean) && span->mean > 0 &&
	       !__builtin_mul_overflow(span->mean, (uint64_t)CLI_SPAN_CUT, &span->most);
}

static bool parse_span(const char *text, parse_number *parse, uint64_t least, uint64_t most, struct cli_span *span)
{
	static const char uniform[] = "uniform:", exponential[] = "exp:";
	struct cli_span parsed = {.kind = CLI_SPAN_CONSTANT};
	bool is_one;

	if (strncmp(text, uniform, strlen(uniform)) == 0) {
		parsed.kind = CLI_SPAN_UNIFORM;
		is_one = parse_uniform(text + strlen(uniform), parse, &parsed);
	} else if (strncmp(text, exponential, strlen(exponential)) == 0) {
		parsed.kind = CLI_SPAN_EXPONENTIAL;
		is_one = parse_exponential(text + strlen(exponential), parse, least, &parsed);
	} else {
		is_one = parse(text, &parsed.mean);
		parsed.least = parsed.most = parsed.mean;
	}
	if (!is_one || parsed.least < least || parsed.mean < least || parsed.most > most)
		return false;
	*span = parsed;
	return true;
}

bool cli_parse_time_span(const char *text, uint64_t most, struct cli_span *span)
{
	return parse_span(text, cli_parse_time, 0, most, span);
}

bool cli_parse_count_span(const char *text, uint64_t least, uint64_t most, struct cli_span *span)
{
	return parse_span(text, cli_parse_count, least, most, span);
}

static void format_time(uint64_t ns, char text[NUMBER_TEXT])
{
	static const struct {
		const char *suffix;
		uint64_t factor;
	} units[] = {{"h", 3600 * CLI_NS_PER_S}, {"m", 60 * CLI_NS_PER_S}, {"s", CLI_NS_PER_S},
		     {"ms", CLI_NS_PER_MS},      {"us", CLI_NS_PER_US},    {"ns", 1}};
	size_t i = 0;

	if (ns == 0) {
		snprintf(text, NUMBER_TEXT, "0s");
		return;
	}
	while (ns % units[i].factor != 0)
		i++;
	snprintf(text, NUMBER_TEXT, "%llu%s", (unsigned long long)(ns / units[i].factor), units[i].suffix);
}

static void format_count(uint64_t count, char text[NUMBER_TEXT])
{
	snprintf(text, NUMBER_TEXT, "%llu", (unsigned long long)count);
}

static const char *format_span(const struct cli_span *span, format_number *format, char text[CLI_SPAN_TEXT])
{
	char first[NUMBER_TEXT], second[NUMBER_TEXT];

	switch (span->kind) {
	case CLI_SPAN_CONSTANT:
		format(span->mean, first);
		snprintf(text, CLI_SPAN_TEXT, "%s", first);
		break;
	case CLI_SPAN_UNIFORM:
		format(span->least, first);
		format(span->most, second);
		/* A number has 20 digits at most, and a unit of two letters. */
		snprintf(text, CLI_SPAN_TEXT, "uniform:%.23s-%.23s", first, second);
		break;
	case CLI_SPAN_EXPONENTIAL:
		format(span->mean, first);
		snprintf(text, CLI_SPAN_TEXT, "exp:%s", first);
		break;
	}
	return text;
}

const char *cli_format_time_span(const struct cli_span *span, char text[CLI_SPAN_TEXT])
{
	return format_span(span, format_time, text);
}

const char *cli_format_count_span(const struct cli_span *span, char text[CLI_SPAN_TEXT])
{
	return format_span(span, format_count, text);
}
