/* judge_read.c - reads a condition, and says where one is wrong. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_suggest.h"
#include "judge/judge_condition.h"

enum { WORD_TEXT = 32, NAMES_MAX = JUDGE_NUMBERS_END + 5 * (JUDGE_TIMES_END + 1) };

struct reader {
	const char *text;
	size_t at;
	unsigned int scopes;
	struct judge_fault *fault;
};

struct unit {
	const char *suffix;
	double factor;
};

/* Indexed by enum judge_kind; a time needs its unit. */
static const struct unit units[][7] = {
	[JUDGE_COUNT] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}, {NULL, 0}},
	[JUDGE_SHARE] = {{"", 1}, {"%", 0.01}, {NULL, 0}},
	[JUDGE_TIME] = {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {NULL, 0}},
};

static const char *const examples[] = {[JUDGE_COUNT] = "a number, e.g. 100k",
				       [JUDGE_SHARE] = "a share, e.g. 0.0001 or 0.01%",
				       [JUDGE_TIME] = "a time with its unit, e.g. 200us or 1.5ms"};

__attribute__((format(printf, 3, 4))) static bool refuse(const struct reader *reader, size_t length, const char *format,
							 ...)
{
	va_list arguments;

	reader->fault->column = reader->at;
	reader->fault->length = length > 0 ? length : 1;
	va_start(arguments, format);
	vsnprintf(reader->fault->text, sizeof(reader->fault->text), format, arguments);
	va_end(arguments);
	return false;
}

static void skip_blanks(struct reader *reader)
{
	while (isspace((unsigned char)reader->text[reader->at]))
		reader->at++;
}

/* Letters, digits, points and underscores from here on. */
static size_t word_length(const struct reader *reader)
{
	const char *text = reader->text + reader->at;
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == '.')
		length++;
	return length;
}

static bool is_in_scope(const struct judge_metric *metric, unsigned int scopes)
{
	return (metric->scopes & scopes & ~(unsigned int)JUDGE_SECOND) != 0 &&
	       (!(scopes & JUDGE_SECOND) || metric->scopes & JUDGE_SECOND);
}

/* min, mean, max, p50 or p99.9 */
static bool read_statistic(const char *word, struct judge_term *term)
{
	static const struct {
		const char *name;
		enum judge_statistic statistic;
	} names[] = {{"min", JUDGE_MIN}, {"mean", JUDGE_MEAN}, {"max", JUDGE_MAX}};
	char *end;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i].name) != 0)
			continue;
		term->statistic = names[i].statistic;
		return true;
	}
	if (word[0] != 'p' || !isdigit((unsigned char)word[1]) || strspn(word + 1, "0123456789.") < strlen(word + 1))
		return false;
	term->percentile = strtod(word + 1, &end);
	term->statistic = JUDGE_PERCENTILE;
	return *end == '\0' && term->percentile > 0 && term->percentile <= 100;
}

static bool is_of_times(const char *word, const char **statistic, int *times)
{
	const char *point = strchr(word, '.');

	*times = -1;
	*statistic = word;
	for (int i = 0; point && i < JUDGE_TIMES_END; i++) {
		size_t length = strlen(judge_times[i].name);

		if ((size_t)(point - word) != length || strncmp(word, judge_times[i].name, length) != 0)
			continue;
		*times = i;
		*statistic = point + 1;
	}
	return *times >= 0;
}

/* The names that could have been meant, of this run. */
static bool refuse_unknown(const struct reader *reader, const char *word, size_t length)
{
	static const char *const statistics[] = {"min", "mean", "p50", "p99", "max"};
	char of_times[NAMES_MAX][WORD_TEXT];
	const char *names[NAMES_MAX], *near;
	size_t count = 0;

	for (int i = 0; i < JUDGE_NUMBERS_END; i++) {
		if (is_in_scope(&judge_numbers[i], reader->scopes))
			names[count++] = judge_numbers[i].name;
	}
	for (int i = -1; i < JUDGE_TIMES_END; i++) {
		if (i >= 0 && !is_in_scope(&judge_times[i], reader->scopes))
			continue;
		for (size_t j = 0; j < sizeof(statistics) / sizeof(statistics[0]); j++) {
			snprintf(of_times[count], WORD_TEXT, "%s%s%s", i < 0 ? "" : judge_times[i].name,
				 i < 0 ? "" : ".", statistics[j]);
			names[count] = of_times[count];
			count++;
		}
	}
	near = cli_suggest(word, names, count);
	if (near)
		return refuse(reader, length, "no metric is called '%s'; did you mean %s?", word, near);
	return refuse(reader, length, "no metric is called '%s'; there are %s and more (docs/conditions.md)", word,
		      reader->scopes & JUDGE_UDP    ? "loss, lost, pps, p50, p99.9, from_schedule.p99"
		      : reader->scopes & JUDGE_ASKS ? "failed, cps, p99.9, requests_bad, rps, request.p99"
						    : "failed, failed_ratio, cps, p50, p99.9, from_schedule.p99");
}

static bool refuse_scope(const struct reader *reader, const struct judge_metric *metric, size_t length)
{
	if (metric->scopes & reader->scopes & ~(unsigned int)JUDGE_SECOND)
		return refuse(reader, length, "'%s' is known at the end only, not of each second", metric->name);
	return refuse(reader, length, "'%s' is of %s, and this run has none", metric->name,
		      metric->scopes & JUDGE_UDP   ? "datagrams"
		      : metric->scopes & JUDGE_TCP ? "connections"
						   : "requests");
}

static bool read_metric(struct reader *reader, struct judge_term *term)
{
	size_t length = word_length(reader);
	const struct judge_metric *metric = NULL;
	const char *statistic;
	char word[WORD_TEXT];

	if (length == 0)
		return refuse(reader, 1, "a metric is missing, e.g. failed or p99");
	snprintf(word, sizeof(word), "%.*s", (int)length, reader->text + reader->at);
	for (int i = 0; i < JUDGE_NUMBERS_END && !metric; i++) {
		if (strcmp(word, judge_numbers[i].name) != 0)
			continue;
		metric = &judge_numbers[i];
		term->number = (enum judge_number)i;
	}
	if (!metric) {
		bool has_name = is_of_times(word, &statistic, &term->times);

		if (length >= sizeof(word) || !read_statistic(statistic, term))
			return refuse_unknown(reader, word, length);
		metric = has_name ? &judge_times[term->times] : NULL;
	}
	if (metric && !is_in_scope(metric, reader->scopes))
		return refuse_scope(reader, metric, length);
	reader->at += length;
	return true;
}

static bool read_operator(struct reader *reader, struct judge_term *term)
{
	/* Longer ones first. */
	static const struct {
		const char *text;
		enum judge_operator operator;
	} operators[] = {{"<=", JUDGE_AT_MOST}, {">=", JUDGE_AT_LEAST}, {"==", JUDGE_EQUAL},
			 {"!=", JUDGE_UNEQUAL}, {"<", JUDGE_LESS},      {">", JUDGE_MORE}};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t length = strlen(operators[i].text);

		if (strncmp(reader->text + reader->at, operators[i].text, length) != 0)
			continue;
		term->operator= operators[i].operator;
		reader->at += length;
		return true;
	}
	return refuse(reader, 1, "accepted is one of <, <=, >, >=, == and != here");
}

static bool read_value(struct reader *reader, struct judge_term *term)
{
	const char *text = reader->text + reader->at;
	enum judge_kind kind = judge_kind_of(term);
	size_t digits = strspn(text, "0123456789."), length = strcspn(text, " \t\n&");
	char *end;

	term->value = strtod(text, &end);
	if (digits == 0 || end != text + digits || !isdigit((unsigned char)text[0]) || !isfinite(term->value))
		return refuse(reader, length, "accepted is %s here", examples[kind]);
	for (const struct unit *unit = units[kind]; unit->suffix; unit++) {
		if (strlen(unit->suffix) != length - digits || strncmp(end, unit->suffix, length - digits) != 0)
			continue;
		term->value *= unit->factor;
		reader->at += length;
		return true;
	}
	/* Zero is zero in any unit. */
	if (length > digits || term->value > 0)
		return refuse(reader, length, "accepted is %s here", examples[kind]);
	reader->at += length;
	return true;
}

static bool read_term(struct reader *reader, struct judge_term *term)
{
	*term = (struct judge_term){.times = -1};
	skip_blanks(reader);
	term->begin = (unsigned short)reader->at;
	if (!read_metric(reader, term))
		return false;
	skip_blanks(reader);
	if (!read_operator(reader, term))
		return false;
	skip_blanks(reader);
	if (!read_value(reader, term))
		return false;
	term->length = (unsigned short)(reader->at - term->begin);
	skip_blanks(reader);
	return true;
}

/* Terms as far as they go. */
static bool read_terms(struct reader *reader, struct judge_condition *condition)
{
	for (;;) {
		if (condition->count == JUDGE_TERMS_MAX)
			return refuse(reader, 1, "these are more than %d terms", JUDGE_TERMS_MAX);
		if (!read_term(reader, &condition->terms[condition->count]))
			return false;
		condition->count++;
		if (strncmp(reader->text + reader->at, "&&", 2) != 0)
			return true;
		reader->at += 2;
	}
}

static bool refuse_rest(const struct reader *reader, const char *more)
{
	return refuse(reader, strlen(reader->text + reader->at), "accepted is &&%s or the end here", more);
}

enum { TEXT_MAX = 300 };

bool judge_read(struct judge_condition *condition, const char *text, unsigned int scopes, struct judge_fault *fault)
{
	struct reader reader = {.text = text, .scopes = scopes, .fault = fault};

	*condition = (struct judge_condition){.text = text};
	if (strlen(text) > TEXT_MAX)
		return refuse(&reader, 1, "it is longer than %d bytes", TEXT_MAX);
	if (!read_terms(&reader, condition))
		return false;
	return text[reader.at] == '\0' || refuse_rest(&reader, "");
}

bool judge_read_lasting(struct judge_condition *condition, const char *text, unsigned int scopes,
			struct judge_fault *fault)
{
	struct reader reader = {.text = text, .scopes = scopes | JUDGE_SECOND, .fault = fault};
	struct judge_term lasting = {.times = -1, .statistic = JUDGE_MAX};

	*condition = (struct judge_condition){.text = text};
	if (strlen(text) > TEXT_MAX)
		return refuse(&reader, 1, "it is longer than %d bytes", TEXT_MAX);
	if (!read_terms(&reader, condition))
		return false;
	if (text[reader.at] == '\0')
		return true;
	if (strncmp(text + reader.at, "for", 3) != 0 || !isspace((unsigned char)text[reader.at + 3]))
		return refuse_rest(&reader, ", for TIME,");
	reader.at += 3;
	skip_blanks(&reader);
	if (!read_value(&reader, &lasting))
		return false;
	condition->lasting_s = lasting.value / 1e9;
	skip_blanks(&reader);
	return text[reader.at] == '\0' || refuse(&reader, strlen(text + reader.at), "accepted is the end here");
}

char *judge_show(const char *text, const struct judge_fault *fault, char shown[JUDGE_SHOWN_TEXT])
{
	int carets = (int)(fault->length < TEXT_MAX ? fault->length : 1);

	/* A line as long as that is no help, and is left out. */
	if (strlen(text) > JUDGE_SHOWN_TEXT / 4)
		snprintf(shown, JUDGE_SHOWN_TEXT, "column %zu: %s", fault->column + 1, fault->text);
	else
		snprintf(shown, JUDGE_SHOWN_TEXT, "%s\n  %s\n  %*s^%.*s", fault->text, text, (int)fault->column, "",
			 carets - 1,
			 "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~"
			 "~~~"
			 "~~~~");
	return shown;
}
