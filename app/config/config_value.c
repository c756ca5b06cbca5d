/* config_value.c - a value of a file, in one of the forms that its key has, for the setter of its flag. */
#include <stdlib.h>
#include <string.h>

#include "config/config_environment.h"
#include "config/config_reader.h"

enum { SHOWN_MAX = 80 /* bytes of a value that is refused */ };

static void fault_of_key(struct config_reader *reader, const struct config_key *key, struct config_mark mark,
			 const char *what)
{
	char prefix[CONFIG_KEY_TEXT];

	config_faults_add(&reader->file->faults, mark, "%s%s: %s", config_section_prefix(key->section, prefix),
			  key->name, what);
}

/* What the table says is accepted, without what belongs to a command line. */
static void refuse_value(struct config_reader *reader, const struct config_key *key, const struct config_node *node)
{
	static const char behind[] = " behind the --port it belongs to";
	const char *accepts = key->flag->accepts, *cut = strstr(accepts, behind);
	char prefix[CONFIG_KEY_TEXT], value[SHOWN_MAX + 1];

	snprintf(value, sizeof(value), "%s", node->text);
	for (char *end = value; (end = strchr(end, '\n'));)
		*end = '.';
	config_faults_add(&reader->file->faults, node->mark, "%s%s: '%s' is not accepted\nAccepted is %.*s%s",
			  config_section_prefix(key->section, prefix), key->name, value,
			  (int)(cut ? cut - accepts : (long)strlen(accepts)), accepts,
			  cut ? cut + sizeof(behind) - 1 : "");
}

/* True for a section of which there are several, or which is in one. */
static bool is_in_list(enum config_section section)
{
	for (; section != CONFIG_TOP; section = config_section(section)->parent) {
		if (config_section(section)->is_list)
			return true;
	}
	return false;
}

/* True for a flag that each of several services has for itself: it stands in their sections alone. */
static bool is_of_service(const struct config_reader *reader, const struct cli_flag *flag)
{
	bool is_of_all = false;

	for (size_t i = 0; i < reader->key_count; i++)
		is_of_all |= reader->keys[i].flag == flag && !config_section_is_of_service(reader->keys[i].section);
	return !is_of_all;
}

/* True where another section has set the flag. */
static bool is_set(const struct config_reader *reader, const struct config_key *key)
{
	bool is_apart = is_of_service(reader, key->flag);

	if (key->forms & CONFIG_FORM_EACH || is_in_list(key->section))
		return false;
	for (size_t i = 0; i < reader->file->word_count; i++) {
		const struct config_word *word = &reader->file->words[i];

		if (word->flag == key->flag && (!is_apart || word->service == reader->settings->service_spoken))
			return true;
	}
	return false;
}

static void add_word(const struct config_reader *reader, const struct config_key *key, const struct config_node *node)
{
	struct config_file *file = reader->file;
	struct config_word *words = realloc(file->words, (file->word_count + 1) * sizeof(words[0]));

	/* A word that is not kept costs an error its place, no more. */
	if (!words)
		return;
	file->words = words;
	file->words[file->word_count++] = (struct config_word){
		.flag = key->flag,
		.value = node->text,
		.mark = node->mark,
		.service = reader->settings->service_spoken,
	};
}

static bool set_text(struct config_reader *reader, const struct config_key *key, struct config_node *node)
{
	if (is_set(reader, key)) {
		fault_of_key(reader, key, node->mark, "stands in another section too\nLeave one of them out");
		return false;
	}
	if (!key->flag->set(reader->settings, node->text)) {
		refuse_value(reader, key, node);
		return false;
	}
	add_word(reader, key, node);
	return true;
}

static bool set_switch(struct config_reader *reader, const struct config_key *key, const struct config_node *node)
{
	bool is_on = strcmp(node->text, "true") == 0 || strcmp(node->text, "on") == 0;

	if (!is_on && strcmp(node->text, "false") != 0 && strcmp(node->text, "off") != 0) {
		fault_of_key(reader, key, node->mark,
			     "this is neither true nor false\nAccepted is true, false, on or off");
		return false;
	}
	if (!is_on || config_variable_denies(key->flag))
		return true;
	key->flag->set(reader->settings, NULL);
	add_word(reader, key, node);
	return true;
}

/* Longer than anything that is put together; so that a hostile list does not keep us busy. */
enum { LONGEST_JOINED = 4096 };

/* Adds to a node's text; false where it would be too long, or there is no memory. */
static bool append(struct config_node *node, const char *more)
{
	size_t length = node->text ? strlen(node->text) : 0;
	char *longer;

	if (length + strlen(more) > LONGEST_JOINED)
		return false;
	longer = realloc(node->text, length + strlen(more) + 1);
	if (!longer)
		return false;
	memcpy(longer + length, more, strlen(more) + 1);
	node->text = longer;
	return true;
}

/* Makes the text of a list, or of a map's pairs: true where all of them are texts, and there is one at least. */
static bool join(struct config_node *node, const char *inside, const char *between)
{
	bool is_whole = node->child != NULL;

	for (const struct config_node *at = node->child; is_whole && at; at = at->next) {
		const struct config_node *value = node->shape == CONFIG_MAP ? at->value : at;

		is_whole = value && value->shape == CONFIG_TEXT && !value->is_refused &&
			   append(node, at == node->child ? "" : between);
		if (is_whole && node->shape == CONFIG_MAP)
			is_whole = append(node, at->text) && append(node, inside);
		is_whole = is_whole && append(node, value->text);
	}
	return is_whole;
}

static bool read_map_value(struct config_reader *reader, const struct config_key *key, struct config_node *node)
{
	bool is_pair = key->forms & CONFIG_FORM_PAIR && node->child && !node->child->next;

	if ((is_pair && join(node, ":", "")) || (key->forms & CONFIG_FORM_PAIRS && join(node, "=", ",")))
		return set_text(reader, key, node);
	fault_of_key(reader, key, node->mark, "keys where a value belongs\nWrite a plain value");
	return false;
}

/* Makes the text of a list of maps; their names are the setter's business. */
static bool join_points(struct config_node *node)
{
	for (struct config_node *item = node->child; item; item = item->next) {
		if (item->shape != CONFIG_MAP || item->is_refused || !join(item, "=", ","))
			return false;
		item->shape = CONFIG_TEXT;
	}
	return join(node, "", ";");
}

static bool read_list_value(struct config_reader *reader, const struct config_key *key, struct config_node *node)
{
	bool is_good = node->child != NULL;

	if (key->forms & CONFIG_FORM_COMMAS && join(node, "", ","))
		return set_text(reader, key, node);
	if (key->forms & CONFIG_FORM_POINTS && join_points(node))
		return set_text(reader, key, node);
	if (!(key->forms & CONFIG_FORM_EACH) || !node->child) {
		fault_of_key(reader, key, node->mark,
			     node->child ? "a list where one value belongs\nWrite a plain value"
					 : "an empty list\nLeave the key out, or name one");
		return false;
	}
	for (struct config_node *item = node->child; item; item = item->next) {
		if (item->is_refused)
			continue;
		if (item->shape == CONFIG_TEXT)
			is_good &= set_text(reader, key, item);
		else if (item->shape == CONFIG_MAP)
			is_good &= read_map_value(reader, key, item);
		else
			fault_of_key(reader, key, item->mark, "a list in a list\nWrite plain values in it");
	}
	return is_good;
}

/* Behind a time alone come the interval and the probes that the program has by itself. */
static bool complete_idle(struct config_node *node)
{
	uint64_t ns;

	return !cli_parse_time(node->text, &ns) || append(node, "/75s/10");
}

bool config_read_value(struct config_reader *reader, const struct config_key *key, struct config_node *node)
{
	if (node->is_refused)
		return false;
	if (node->shape == CONFIG_LIST)
		return read_list_value(reader, key, node);
	if (node->shape == CONFIG_MAP)
		return read_map_value(reader, key, node);
	if (!key->flag->argument)
		return set_switch(reader, key, node);
	if (node->text[0] == '\0') {
		fault_of_key(reader, key, node->mark, "no value\nGive it one, or leave the key out");
		return false;
	}
	if (key->forms & CONFIG_FORM_IDLE && !complete_idle(node))
		return false;
	return set_text(reader, key, node);
}
