/* config_reader.c - from the tree of a file to its settings: sections, and which key is whose. */
#include "config/config_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli_suggest.h"

const char *config_section_prefix(enum config_section section, char text[CONFIG_KEY_TEXT])
{
	const struct config_section_info *info = config_section(section);

	if (section == CONFIG_TOP)
		return "";
	snprintf(text, CONFIG_KEY_TEXT, "%s%s%s.", info->parent != CONFIG_TOP ? config_section(info->parent)->name : "",
		 info->parent != CONFIG_TOP ? "." : "", info->name);
	return text;
}

static const struct config_key *find_key(const struct config_reader *reader, enum config_section section,
					 const char *name)
{
	for (size_t i = 0; i < reader->key_count; i++) {
		if (reader->keys[i].section == section && strcmp(reader->keys[i].name, name) == 0)
			return &reader->keys[i];
	}
	return NULL;
}

/* A section is there for the kinds that have keys in it. */
static bool has_keys(const struct config_reader *reader, enum config_section section)
{
	for (size_t i = 0; i < reader->key_count; i++) {
		if (reader->keys[i].section == section)
			return true;
	}
	return false;
}

/* The section that a key of another one opens; CONFIG_TOP for none. */
static enum config_section find_section(const struct config_reader *reader, enum config_section parent,
					const char *name)
{
	for (enum config_section section = CONFIG_TOP + 1; section < CONFIG_SECTIONS; section++) {
		if (config_section(section)->parent == parent && strcmp(config_section(section)->name, name) == 0 &&
		    has_keys(reader, section))
			return section;
	}
	return CONFIG_TOP;
}

/* The section of this kind in which a key of that name stands; CONFIG_SECTIONS for none. */
static enum config_section elsewhere(const struct config_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->key_count; i++) {
		if (strcmp(reader->keys[i].name, name) == 0)
			return reader->keys[i].section;
	}
	return CONFIG_SECTIONS;
}

/* The keys of a section, and the sections in it; returns how many. */
static size_t names_in(const struct config_reader *reader, enum config_section section,
		       const char *names[CONFIG_MAX_KEYS + CONFIG_SECTIONS + 1])
{
	size_t count = 0;

	if (section == CONFIG_TOP)
		names[count++] = "kind";
	for (size_t i = 0; i < reader->key_count; i++) {
		if (reader->keys[i].section == section)
			names[count++] = reader->keys[i].name;
	}
	for (enum config_section inside = CONFIG_TOP + 1; inside < CONFIG_SECTIONS; inside++) {
		if (config_section(inside)->parent == section && has_keys(reader, inside))
			names[count++] = config_section(inside)->name;
	}
	return count;
}

void config_refuse_key(struct config_reader *reader, enum config_section section, const struct config_node *key)
{
	const char *names[CONFIG_MAX_KEYS + CONFIG_SECTIONS + 1], *near;
	char text[CONFIG_KEY_TEXT], place[CONFIG_KEY_TEXT], list[CONFIG_FAULT_TEXT - 16] = "";
	const char *prefix = config_section_prefix(section, text);
	enum config_section other = elsewhere(reader, key->text);
	struct config_faults *faults = &reader->file->faults;
	size_t count = names_in(reader, section, names), used = 0;

	if (config_faults_are_full(faults)) {
		config_faults_add(faults, key->mark, "unknown key");
		return;
	}
	near = cli_suggest(key->text, names, count);
	for (size_t i = 0; i < count && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i == 0 ? "" : ", ", names[i]);
	if (other != CONFIG_SECTIONS && other != section)
		config_faults_add(faults, key->mark, "unknown key '%s%.60s'; did you mean %s%.60s?", prefix, key->text,
				  config_section_prefix(other, place), key->text);
	else if (near)
		config_faults_add(faults, key->mark, "unknown key '%s%.60s'; did you mean %s?", prefix, key->text,
				  near);
	else if (used < sizeof(list))
		config_faults_add(faults, key->mark, "unknown key '%s%.60s'\nThere are %s", prefix, key->text, list);
	else
		config_faults_add(faults, key->mark,
				  "unknown key '%s%.60s'\ndocs/configuration.md has those of kind %s", prefix,
				  key->text, cli_command_name(reader->settings->command));
}

/* True for a key that stands above in the same map. */
static bool is_repeated(struct config_reader *reader, const struct config_node *map, const struct config_node *key)
{
	for (const struct config_node *other = map->child; other != key; other = other->next) {
		size_t line = 1;

		if (strcmp(other->text, key->text) != 0)
			continue;
		for (size_t i = 0; i < other->mark.offset && !config_faults_are_full(&reader->file->faults); i++)
			line += reader->file->text.bytes[i] == '\n';
		config_faults_add(&reader->file->faults, key->mark,
				  "key '%.60s' stands twice\nThe first is in line %zu; leave one of them out",
				  key->text, line);
		return true;
	}
	return false;
}

/* The key that its neighbours lean on. Where it is missing or wrong, they are judged beside one that is good. False
 * where there is no room for that either: they would be taken for those of the item before. */
static bool read_leader(struct config_reader *reader, enum config_section section, struct config_node *map)
{
	const struct config_section_info *info = config_section(section);
	const struct config_key *key = info->leader ? find_key(reader, section, info->leader) : NULL;
	struct config_node *value = key ? config_tree_find(map, info->leader) : NULL;

	if (!key || (!value && !info->is_list))
		return true;
	if (!value)
		config_faults_add(&reader->file->faults, map->mark, "an item of %s without %s", info->name,
				  info->leader);
	if (value && config_read_value(reader, key, value))
		return true;
	return !info->stand_in || key->flag->set(reader->settings, info->stand_in);
}

static void read_map(struct config_reader *reader, enum config_section section, struct config_node *map)
{
	const char *leader = config_section(section)->leader;

	if (!read_leader(reader, section, map))
		return;
	for (struct config_node *at = map->child; at; at = at->next) {
		const struct config_key *key = find_key(reader, section, at->text);
		enum config_section inside = find_section(reader, section, at->text);

		if (!at->value || is_repeated(reader, map, at) || (leader && key && strcmp(leader, at->text) == 0) ||
		    (section == CONFIG_TOP && strcmp(at->text, "kind") == 0))
			continue;
		if (key)
			config_read_value(reader, key, at->value);
		else if (inside != CONFIG_TOP)
			config_read_section(reader, inside, at->value);
		else
			config_refuse_key(reader, section, at);
	}
}

static bool is_empty(const struct config_node *node)
{
	return node->shape == CONFIG_TEXT && node->text[0] == '\0';
}

/* A map, or one of a list. */
static void read_item(struct config_reader *reader, enum config_section section, struct config_node *map, bool is_list)
{
	size_t before = reader->file->faults.count;

	if (map->shape == CONFIG_MAP)
		read_map(reader, section, map);
	else if (!map->is_refused)
		config_faults_add(&reader->file->faults, map->mark, "%s%s\nWrite KEY: VALUE in it",
				  is_list ? "no map in the list " : "no map behind the key ",
				  config_section(section)->name);
	map->is_refused |= reader->file->faults.count > before;
}

void config_read_section(struct config_reader *reader, enum config_section section, struct config_node *node)
{
	const struct config_section_info *info = config_section(section);
	bool is_list = info->is_list || (info->is_services && node->shape == CONFIG_LIST);
	uint16_t number = 0;

	/* All of a section may be commented out. */
	if (node->is_refused || is_empty(node))
		return;
	if (is_list && node->shape != CONFIG_LIST) {
		config_faults_add(&reader->file->faults, node->mark, "%s is a list\nBegin each of its items with '- '",
				  info->name);
		return;
	}
	for (struct config_node *map = is_list ? node->child : node; map; map = is_list ? map->next : NULL) {
		if (info->is_services && !cli_settings_speak_of(reader->settings, number++)) {
			config_faults_add(&reader->file->faults, map->mark,
					  "%s has more than %d services\nLeave some out", info->name, CLI_MAX_SERVICES);
			return;
		}
		read_item(reader, section, map, is_list);
	}
	if (section == CONFIG_PORTS)
		config_ports_check(node, &reader->file->faults);
	if (section == CONFIG_RULES)
		config_rules_check(node, reader->settings, &reader->file->faults);
}

static size_t length_of(const struct config_node *list)
{
	size_t length = 0;

	for (const struct config_node *item = list->child; item; item = item->next)
		length++;
	return length;
}

/* Where bench has several services, each has its two ends in the same place of two lists. */
static void check_ends(struct config_reader *reader)
{
	const struct config_node *client = config_tree_find(reader->file->root, "client");
	const struct config_node *server = config_tree_find(reader->file->root, "server");

	if (reader->settings->command != CLI_BENCH || !client || !server || is_empty(client) || is_empty(server) ||
	    (client->shape != CONFIG_LIST && server->shape != CONFIG_LIST))
		return;
	if (client->shape != server->shape || length_of(client) != length_of(server))
		config_faults_add(&reader->file->faults, server->mark,
				  "client and server are not lists of the same length\nGive each service an item in "
				  "both, or leave server out");
}

/* Says which kinds there are, and takes the one that was probably meant, so that the rest can be judged. */
static enum cli_command guess_kind(struct config_file *file, const struct config_node *value)
{
	const char *names[8], *near;
	char list[128] = "";

	for (size_t i = 0; i < config_kind_count && i < sizeof(names) / sizeof(names[0]); i++) {
		names[i] = cli_command_name(config_kinds[i]);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s", i == 0 ? "" : ", ", names[i]);
	}
	if (!value || value->shape != CONFIG_TEXT) {
		config_faults_add(&file->faults, value ? value->mark : (struct config_mark){0, 1},
				  "the file does not say its kind\nAdd kind: KIND, which is one of %s", list);
		return CLI_NO_COMMAND;
	}
	near = cli_suggest(value->text, names, config_kind_count);
	if (near)
		config_faults_add(&file->faults, value->mark, "unknown kind '%.60s'; did you mean %s?", value->text,
				  near);
	else
		config_faults_add(&file->faults, value->mark, "unknown kind '%.60s'\nThere are %s", value->text, list);
	return near ? cli_command_from_name(near) : CLI_NO_COMMAND;
}

static enum cli_command read_kind(struct config_file *file)
{
	const struct config_node *value = config_tree_find(file->root, "kind");

	file->kind = value ? value->mark : (struct config_mark){0, 1};
	for (size_t i = 0; value && value->shape == CONFIG_TEXT && i < config_kind_count; i++) {
		if (strcmp(cli_command_name(config_kinds[i]), value->text) == 0)
			return config_kinds[i];
	}
	return guess_kind(file, value);
}

static int read_tree(struct config_file *file, struct cli_settings *settings)
{
	static struct config_reader reader;
	enum cli_command kind;

	if (!file->root || is_empty(file->root)) {
		config_faults_add(&file->faults, (struct config_mark){0, 1},
				  "nothing in it\nPrint an example to begin with: quern init bench");
		return -EINVAL;
	}
	if (file->root->shape != CONFIG_MAP) {
		config_faults_add(&file->faults, file->root->mark,
				  "no map of keys\nBegin with kind: KIND; an example: quern init bench");
		return -EINVAL;
	}
	kind = read_kind(file);
	cli_settings_init(settings, kind);
	if (kind == CLI_NO_COMMAND)
		return -EINVAL;
	reader = (struct config_reader){.file = file, .settings = settings};
	reader.key_count = config_keys(kind, reader.keys);
	config_read_section(&reader, CONFIG_TOP, file->root);
	check_ends(&reader);
	return file->faults.count > 0 ? -EINVAL : 0;
}

int config_file_read(struct config_file *file, struct config_text text, struct cli_settings *settings)
{
	struct config_mark mark;
	int rc;

	*file = (struct config_file){.text = text};
	if (config_text_fault(&file->text, &mark)) {
		config_faults_add(&file->faults, mark, "byte 0x%02x, which no text of UTF-8 has here\nTake it out",
				  (unsigned char)file->text.bytes[mark.offset]);
		return -EINVAL;
	}
	rc = config_tree_read(&file->root, &file->text, &file->faults);
	return rc != 0 ? rc : read_tree(file, settings);
}

void config_file_free(struct config_file *file)
{
	config_tree_free(file->root);
	config_text_free(&file->text);
	free(file->words);
	file->root = NULL;
	file->words = NULL;
	file->word_count = 0;
}
