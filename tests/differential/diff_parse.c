/* diff_parse.c - reads a script from its file. */
#include "differential/diff_script.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/raw_frame.h"

#define BLANK " \t\n"

/* The words of a line, one after the other, by strtok_r(). */
struct words {
	char *rest;
	const char *wrong; /* the word that nobody knows, or what is missing */
};

static const char *next_word(struct words *words)
{
	return strtok_r(NULL, BLANK, &words->rest);
}

static uint32_t next_number(struct words *words)
{
	const char *word = next_word(words);
	char *end = NULL;
	unsigned long number = word ? strtoul(word, &end, 10) : 0;

	if (!word || end == word || *end != '\0' || number > UINT32_MAX)
		words->wrong = word ? word : "a number is missing";
	return (uint32_t)number;
}

/* "5", "next", "edge+1", "una-3". */
static struct diff_number next_place(struct words *words)
{
	static const char *const names[] = {
		[DIFF_FROM_NEXT] = "next", [DIFF_FROM_EDGE] = "edge", [DIFF_FROM_UNA] = "una"};
	struct diff_number place = {.base = DIFF_FROM_ISN};
	const char *word = next_word(words);
	char *end;

	if (!word) {
		words->wrong = "a place is missing";
		return place;
	}
	for (enum diff_base base = DIFF_FROM_NEXT; base <= DIFF_FROM_UNA; base++)
		if (strncmp(word, names[base], strlen(names[base])) == 0) {
			place.base = base;
			word += strlen(names[base]);
			break;
		}
	if (place.base != DIFF_FROM_ISN && *word == '\0')
		return place;
	errno = 0;
	place.offset = (int32_t)strtol(word, &end, 10);
	if (end == word || *end != '\0' || errno != 0)
		words->wrong = word;
	return place;
}

static bool take_flags(const char *word, uint8_t *flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};

	*flags = 0;
	if (strcmp(word, "none") == 0)
		return true;
	while (*word) {
		unsigned int bit = 0;

		while (bit < 6 && strncmp(word, names[bit], 3) != 0)
			bit++;
		if (bit == 6 || (word[3] != ',' && word[3] != '\0'))
			return false;
		*flags |= (uint8_t)(1U << bit);
		word += word[3] == ',' ? 4 : 3;
	}
	return true;
}

static void take_raw(struct words *words, struct diff_segment *segment)
{
	const char *word = next_word(words);
	unsigned int byte;

	for (; word && sscanf(word, "%2x", &byte) == 1; word += 2) {
		if (segment->raw_bytes == DIFF_RAW_MAX || !isxdigit((unsigned char)word[1])) {
			words->wrong = word;
			return;
		}
		segment->raw[segment->raw_bytes++] = (uint8_t)byte;
	}
	if (!word || *word)
		words->wrong = "octets of options, in hex";
}

static void take_sack(struct words *words, struct diff_segment *segment)
{
	const char *word = next_word(words);
	uint32_t *block = segment->sacks[segment->sack_count % DIFF_SACKS_MAX];

	if (!word || sscanf(word, "%u-%u", &block[0], &block[1]) != 2 || segment->sack_count == DIFF_SACKS_MAX)
		words->wrong = "a block, as in 1-100";
	segment->sack_count++;
}

static void take_segment(struct words *words, struct diff_segment *segment)
{
	const char *word = next_word(words);

	if (!word || !take_flags(word, &segment->flags)) {
		words->wrong = word ? word : "flags are missing";
		return;
	}
	while (!words->wrong && (word = next_word(words)) != NULL) {
		if (strcmp(word, "seq") == 0)
			segment->seq = next_place(words);
		else if (strcmp(word, "ack") == 0)
			segment->ack = next_place(words);
		else if (strcmp(word, "text") == 0)
			segment->text_bytes = next_number(words);
		else if (strcmp(word, "win") == 0)
			segment->window = (uint16_t)next_number(words);
		else if (strcmp(word, "urg") == 0)
			segment->urgent = (uint16_t)next_number(words);
		else if (strcmp(word, "plain") == 0)
			segment->is_plain = true;
		else if (strcmp(word, "nots") == 0)
			segment->ts = DIFF_TS_NONE;
		else if (strcmp(word, "sack") == 0)
			take_sack(words, segment);
		else if (strcmp(word, "raw") == 0)
			take_raw(words, segment);
		else if (strcmp(word, "ts") == 0) {
			segment->ts = DIFF_TS_AT;
			segment->tsval = next_number(words);
		} else
			words->wrong = word;
	}
	if (segment->text_bytes > DIFF_MSS)
		words->wrong = "more text than the MSS";
}

static void take_peer(struct words *words, struct diff_script *script)
{
	const char *word;

	while (!words->wrong && (word = next_word(words)) != NULL) {
		if (strcmp(word, "ts") == 0)
			script->peer_timestamps = true;
		else if (strcmp(word, "sack") == 0)
			script->peer_sack = true;
		else if (strcmp(word, "scale") == 0)
			script->peer_scale = (uint8_t)next_number(words);
		else
			words->wrong = word;
	}
}

static void take_reach(struct words *words, struct diff_script *script)
{
	const char *word = next_word(words), *how = next_word(words);
	enum quern_state state = QUERN_CLOSED;

	while (state < QUERN_STATES_END && word && strcmp(word, quern_state_name(state)) != 0)
		state++;
	if (!word || (how && strcmp(how, "actively") != 0) || !diff_script_reach(script, state, how != NULL))
		words->wrong = word ? word : "a state is missing";
}

static void take_call(struct words *words, struct diff_script *script, const char *word)
{
	enum diff_call call = 0;
	struct diff_step *step;

	while (call < DIFF_CALLS_END && strcmp(word, diff_call_text(call)) != 0)
		call++;
	step = call < DIFF_CALLS_END ? diff_script_add(script, call) : NULL;
	if (!step)
		words->wrong = call < DIFF_CALLS_END ? "too many steps" : word;
	else if (call == DIFF_IN)
		take_segment(words, &step->segment);
	else if (call == DIFF_SEND || call == DIFF_WAIT)
		step->number = next_number(words);
	if (call == DIFF_SEND && step && step->number > DIFF_SEND_MAX)
		words->wrong = "more than one send may have";
}

static void take_line(struct words *words, struct diff_script *script, const char *word)
{
	if (strcmp(word, "peer") == 0)
		take_peer(words, script);
	else if (strcmp(word, "reach") == 0)
		take_reach(words, script);
	else if (strcmp(word, "window") == 0)
		script->window = next_number(words);
	else if (strcmp(word, "keepalive") == 0)
		script->keepalive_ms = next_number(words);
	else
		take_call(words, script, word);
	if (!words->wrong && next_word(words))
		words->wrong = "more words than belong there";
}

static bool take_file(struct diff_script *script, const char *path, FILE *file)
{
	char line[DIFF_LINE_BYTES];

	for (unsigned int number = 1; fgets(line, sizeof(line), file); number++) {
		struct words words = {0};
		const char *word;

		if (line[0] == '#') {
			line[strcspn(line, "\n")] = '\0';
			if (script->about[0] == '\0')
				snprintf(script->about, sizeof(script->about), "%s", line + 1 + strspn(line + 1, " "));
			continue;
		}
		word = strtok_r(line, BLANK, &words.rest);
		if (word)
			take_line(&words, script, word);
		if (words.wrong) {
			printf("# %s:%u: not understood: %s\n", path, number, words.wrong);
			return false;
		}
	}
	if (script->about[0] == '\0' || script->step_count == 0)
		printf("# %s: a script begins with a comment that says what it is about, and has steps\n", path);
	return script->about[0] != '\0' && script->step_count > 0;
}

bool diff_parse(struct diff_script *script, const char *path)
{
	const char *base = strrchr(path, '/');
	FILE *file = fopen(path, "re");
	bool is_script;

	if (!file) {
		printf("# %s: %s\n", path, strerror(errno));
		return false;
	}
	diff_script_begin(script, base ? base + 1 : path);
	script->name[strcspn(script->name, ".")] = '\0';
	is_script = take_file(script, path, file);
	fclose(file);
	return is_script;
}
