/* config_differ.c - compares the words of two files, but for those of rules. */
#include "config/config_differ.h"

#include <string.h>

#include "config/config_keys.h"

/* The words of a file that are compared, each with the item of ports that it stands in. */
enum { MOST_WORDS = 512 };

struct words {
	const struct config_word *at[MOST_WORDS];
	uint16_t ports[MOST_WORDS];
	bool has_match[MOST_WORDS];
	size_t count;
};

static enum config_section section_of(const struct cli_flag *flag, enum cli_command kind, char name[CONFIG_KEY_TEXT])
{
	static struct config_key keys[CONFIG_MAX_KEYS];
	size_t count = config_keys(kind, keys);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].flag != flag)
			continue;
		memcpy(name, keys[i].name, CONFIG_KEY_TEXT);
		return keys[i].section;
	}
	name[0] = '\0';
	return CONFIG_TOP;
}

/* False where there are more than there is room for. */
static bool gather(struct words *words, const struct config_file *file, enum cli_command kind,
		   bool (*is_elsewhere)(const struct cli_flag *flag))
{
	char name[CONFIG_KEY_TEXT];
	uint16_t port = 0;

	words->count = 0;
	for (size_t i = 0; i < file->word_count; i++) {
		const struct cli_flag *flag = file->words[i].flag;
		enum config_section section = section_of(flag, kind, name);

		if (section == CONFIG_RULES || is_elsewhere(flag))
			continue;
		if (words->count == MOST_WORDS)
			return false;
		if (section == CONFIG_PORTS && strcmp(name, config_section(section)->leader) == 0)
			port++;
		words->ports[words->count] = section == CONFIG_PORTS ? port : 0;
		words->has_match[words->count] = false;
		words->at[words->count++] = &file->words[i];
	}
	return true;
}

static bool is_same(const struct words *some, size_t i, const struct words *others, size_t j)
{
	return some->at[i]->flag == others->at[j]->flag && some->ports[i] == others->ports[j] &&
	       strcmp(some->at[i]->value, others->at[j]->value) == 0;
}

static void match(struct words *before, struct words *now)
{
	for (size_t i = 0; i < now->count; i++) {
		for (size_t j = 0; j < before->count && !now->has_match[i]; j++) {
			if (before->has_match[j] || !is_same(now, i, before, j))
				continue;
			now->has_match[i] = before->has_match[j] = true;
		}
	}
}

/* What was said before and is said of the same flag now is told once, where it stands now. */
static bool is_told(const struct words *now, const struct cli_flag *flag)
{
	for (size_t i = 0; i < now->count; i++)
		if (!now->has_match[i] && now->at[i]->flag == flag)
			return true;
	return false;
}

void config_differ(const struct config_file *before, struct config_file *file, enum cli_command kind,
		   bool (*is_elsewhere)(const struct cli_flag *flag))
{
	static struct words old, now;
	char name[CONFIG_KEY_TEXT];

	if (!gather(&old, before, kind, is_elsewhere) || !gather(&now, file, kind, is_elsewhere)) {
		config_faults_add(&file->faults, file->kind, "too many keys to compare: that needs a restart");
		return;
	}
	match(&old, &now);
	for (size_t i = 0; i < now.count; i++) {
		if (now.has_match[i])
			continue;
		section_of(now.at[i]->flag, kind, name);
		config_faults_add(&file->faults, now.at[i]->mark, "%s: another value needs a restart", name);
	}
	for (size_t i = 0; i < old.count; i++) {
		if (old.has_match[i] || is_told(&now, old.at[i]->flag))
			continue;
		section_of(old.at[i]->flag, kind, name);
		config_faults_add(&file->faults, file->kind, "%s: %.80s is left out, which needs a restart", name,
				  old.at[i]->value);
	}
}
