/* config_place.c - errors name flags and values: finds which of a file's they are. */
#include "config/config_place.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_of_word(char letter)
{
	return isalnum((unsigned char)letter) || letter == '-' || letter == '_';
}

/* Where `word` stands by itself in the first `length` letters of a text; `length` for nowhere. */
static size_t find_word(const char *text, size_t length, const char *word)
{
	size_t size = strlen(word);

	for (size_t at = 0; size > 0 && at + size <= length; at++) {
		if (strncmp(text + at, word, size) == 0 && (at == 0 || !is_of_word(text[at - 1])) &&
		    (at + size == length || !is_of_word(text[at + size])))
			return at;
	}
	return length;
}

enum { NAME_TEXT = 80, NO_SERVICE = UINT16_MAX };

static const char lead[] = "service ";

/* How errors name a flag: "--cps", but "port" and "target", and of several rules the one: "rule 'dns'". */
static void name_in_errors(const struct config_word *word, char name[NAME_TEXT])
{
	bool is_noun = strcmp(word->flag->name, "port") == 0 || strcmp(word->flag->name, "target") == 0;

	if (strcmp(word->flag->name, "rule") == 0)
		snprintf(name, NAME_TEXT, "rule '%s'", word->value);
	else
		snprintf(name, NAME_TEXT, "%s%s", is_noun ? "" : "--", word->flag->name);
}

/* Of several services an error names the one that it is about: "service web: ". Its number, or NO_SERVICE. */
static uint16_t service_in(const struct config_file *file, const char *error)
{
	size_t length;

	if (strncmp(error, lead, sizeof(lead) - 1) != 0)
		return NO_SERVICE;
	error += sizeof(lead) - 1;
	length = strcspn(error, ":");
	for (size_t i = 0; i < file->word_count; i++) {
		const struct config_word *word = &file->words[i];

		if (strcmp(word->flag->name, "service") == 0 && strlen(word->value) == length &&
		    strncmp(word->value, error, length) == 0)
			return word->service;
	}
	return (uint16_t)(strtoul(error, NULL, 10) - 1);
}

const struct config_word *config_place(const struct config_file *file, const char *error,
				       bool (*is_elsewhere)(const struct cli_flag *flag))
{
	size_t length = strcspn(error, "\n"), nearest = length, nearest_with_value = length;
	const struct config_word *found = NULL, *found_with_value = NULL;
	uint16_t service = service_in(file, error);

	for (size_t i = 0; i < file->word_count; i++) {
		const struct config_word *word = &file->words[i];
		bool is_port = strcmp(word->flag->name, "port") == 0;
		char name[NAME_TEXT];
		size_t at, value_at;

		if (is_elsewhere(word->flag) || (service != NO_SERVICE && service != word->service))
			continue;
		name_in_errors(word, name);
		at = find_word(error, length, name);
		value_at = find_word(error, length, word->value);
		if (at < nearest_with_value && value_at < length) {
			nearest_with_value = at;
			found_with_value = word;
		}
		/* Of several ports it is the one that is named. */
		if (at < nearest && !is_port) {
			nearest = at;
			found = word;
		}
	}
	return found_with_value ? found_with_value : found;
}

bool config_names_elsewhere(const char *error, bool (*is_elsewhere)(const struct cli_flag *flag))
{
	size_t length = strcspn(error, "\n");
	char name[NAME_TEXT];

	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
		snprintf(name, sizeof(name), "--%s", flag->name);
		if (find_word(error, length, name) < length && is_elsewhere(flag))
			return true;
	}
	return false;
}
