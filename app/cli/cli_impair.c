/* cli_impair.c - --impair KEY=VALUE,...: what is wrong with a line, each way of a port by itself or both alike. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_settings.h"
#include "cli/cli_suggest.h"

enum { BOTH_WAYS = QUERN_WAYS, WORD_TEXT = 64 };

enum kind { KIND_TIME, KIND_SHARE, KIND_BURST, KIND_RATE, KIND_SEED, KIND_DIR };

struct key {
	const char *name;
	enum kind kind;
	size_t offset; /* into struct quern_impair */
	const char *accepts;
};

#define FIELD(name) offsetof(struct quern_impair, name)
#define SHARES "0% to 100%, e.g. 0.1%"

static const struct key keys[] = {
	{"delay", KIND_TIME, FIELD(delay_ns), "1ns to 10s, e.g. 5ms"},
	{"jitter", KIND_TIME, FIELD(jitter_ns), "1ns to 10s, e.g. 1ms"},
	{"loss", KIND_SHARE, FIELD(loss_share), SHARES},
	{"burst", KIND_BURST, FIELD(burst), "1 to 10000 frames, e.g. 5"},
	{"dup", KIND_SHARE, FIELD(dup_share), SHARES},
	{"reorder", KIND_SHARE, FIELD(reorder_share), SHARES},
	{"gap", KIND_TIME, FIELD(gap_ns), "1ns to 10s, e.g. 1ms"},
	{"corrupt", KIND_SHARE, FIELD(corrupt_share), SHARES},
	{"rate", KIND_RATE, FIELD(rate), "1k to 1000G bits a second, e.g. 100M"},
	{"queue", KIND_TIME, FIELD(queue_ns), "1ns to 10s, e.g. 100ms"},
	{"dir", KIND_DIR, 0, "rx, tx or both"},
	{"seed", KIND_SEED, FIELD(seed), "a number from 1"},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* One --impair while it is read. */
struct reader {
	const char *text;
	struct quern_impair impair;
	unsigned int way; /* enum quern_way, or BOTH_WAYS */
	bool is_given[KEYS];
	char *error;
};

static int refuse_unknown(const struct reader *reader, const char *word)
{
	const char *names[KEYS], *near;
	char all[128] = "";

	for (size_t i = 0; i < KEYS; i++) {
		size_t used = strlen(all);

		names[i] = keys[i].name;
		snprintf(all + used, sizeof(all) - used, "%s%s", i == 0 ? "" : ", ", keys[i].name);
	}
	near = cli_suggest(word, names, KEYS);
	if (near)
		snprintf(reader->error, CLI_ERROR_TEXT, "--impair %.200s: no key '%s'; did you mean %s?", reader->text,
			 word, near);
	else
		snprintf(reader->error, CLI_ERROR_TEXT, "--impair %.200s: no key '%s'; there are %s", reader->text,
			 word, all);
	return -EINVAL;
}

static bool read_within(bool is_number, uint64_t value, uint64_t least, uint64_t most, uint64_t *result)
{
	*result = value;
	return is_number && value >= least && value <= most;
}

static bool read_dir(struct reader *reader, const char *value)
{
	static const char *const names[] = {[QUERN_RX] = "rx", [QUERN_TX] = "tx", [BOTH_WAYS] = "both"};

	for (reader->way = 0; reader->way <= BOTH_WAYS; reader->way++) {
		if (strcmp(value, names[reader->way]) == 0)
			return true;
	}
	return false;
}

static bool set(struct reader *reader, const struct key *key, const char *value)
{
	uint8_t *at = (uint8_t *)&reader->impair + key->offset;
	uint64_t number = 0;
	uint32_t small;
	bool is_good = false;

	switch (key->kind) {
	case KIND_TIME:
		is_good = cli_parse_time(value, &number);
		is_good = read_within(is_good, number, 1, QUERN_IMPAIR_DELAY_MAX, &number);
		break;
	case KIND_SHARE:
		is_good = cli_parse_percent(value, &number);
		is_good = read_within(is_good, number, 0, QUERN_IMPAIR_WHOLE, &number);
		break;
	case KIND_BURST:
		is_good = cli_parse_count(value, &number);
		is_good = read_within(is_good, number, 1, QUERN_IMPAIR_BURST_MAX, &number);
		break;
	case KIND_RATE:
		is_good = cli_parse_count(value, &number);
		is_good = read_within(is_good, number, QUERN_IMPAIR_RATE_MIN, QUERN_IMPAIR_RATE_MAX, &number);
		break;
	case KIND_SEED:
		is_good = cli_parse_count(value, &number);
		is_good = read_within(is_good, number, 1, UINT64_MAX, &number);
		break;
	case KIND_DIR:
		return read_dir(reader, value);
	}
	small = (uint32_t)number;
	if (key->kind == KIND_SHARE || key->kind == KIND_BURST)
		memcpy(at, &small, sizeof(small));
	else
		memcpy(at, &number, sizeof(number));
	return is_good;
}

/* Takes "KEY=VALUE". */
static int take_word(struct reader *reader, char *word)
{
	char *value = strchr(word, '=');
	size_t i = 0;

	if (value)
		*value++ = '\0';
	while (i < KEYS && strcmp(keys[i].name, word) != 0)
		i++;
	if (i == KEYS)
		return refuse_unknown(reader, word);
	if (reader->is_given[i]) {
		snprintf(reader->error, CLI_ERROR_TEXT, "--impair %.200s: %s is given twice; give it once",
			 reader->text, word);
		return -EINVAL;
	}
	reader->is_given[i] = true;
	if (value && set(reader, &keys[i], value))
		return 0;
	snprintf(reader->error, CLI_ERROR_TEXT, "--impair %.200s: accepted for %s is %s", reader->text, word,
		 keys[i].accepts);
	return -EINVAL;
}

static bool is_nothing(const struct quern_impair *impair)
{
	return impair->loss_share == 0 && impair->dup_share == 0 && impair->rate == 0 && impair->delay_ns == 0 &&
	       impair->reorder_share == 0 && impair->corrupt_share == 0;
}

/* So that a report can name them. */
static void fill_in_defaults(struct quern_impair *impair)
{
	if (impair->reorder_share != 0 && impair->gap_ns == 0)
		impair->gap_ns = QUERN_IMPAIR_GAP;
	if (impair->rate != 0 && impair->queue_ns == 0)
		impair->queue_ns = QUERN_IMPAIR_QUEUE;
}

static int read_text(struct reader *reader)
{
	const char *next = reader->text, *fault;
	char word[WORD_TEXT];
	int rc = 0;

	while (rc == 0 && next) {
		size_t length = strcspn(next, ",");

		snprintf(word, sizeof(word), "%.*s", (int)length, next);
		rc = take_word(reader, word);
		next = next[length] == ',' ? next + length + 1 : NULL;
	}
	if (rc != 0)
		return rc;
	fault = quern_impair_fault(&reader->impair);
	if (!fault && is_nothing(&reader->impair))
		fault = "that impairs nothing; add a key that does, e.g. loss=1%";
	if (!fault) {
		fill_in_defaults(&reader->impair);
		return 0;
	}
	snprintf(reader->error, CLI_ERROR_TEXT, "--impair %.200s: %s", reader->text, fault);
	return -EINVAL;
}

static int complete_port(struct cli_port *port, char error[CLI_ERROR_TEXT])
{
	for (uint16_t i = 0; i < port->impair_count; i++) {
		struct reader reader = {.text = port->impair_texts[i], .way = BOTH_WAYS, .error = error};
		int rc = read_text(&reader);

		if (rc != 0)
			return rc;
		for (unsigned int way = QUERN_RX; way < QUERN_WAYS; way++) {
			if (reader.way != way && reader.way != BOTH_WAYS)
				continue;
			if (port->is_impaired[way]) {
				snprintf(
					error, CLI_ERROR_TEXT,
					"--impair %.200s: what the port %s is impaired already; give each way once, by "
					"dir=rx and dir=tx",
					reader.text, way == QUERN_RX ? "receives" : "sends");
				return -EINVAL;
			}
			port->is_impaired[way] = true;
			port->impair[way] = reader.impair;
		}
	}
	return 0;
}

int cli_complete_impair(struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	for (uint16_t i = 0; rc == 0 && i < settings->port_count; i++)
		rc = complete_port(&settings->ports[i], error);
	return rc;
}
