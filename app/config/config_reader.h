/* config_reader.h - what reading a file needs, for the parts that judge it. */
#ifndef CONFIG_READER_H
#define CONFIG_READER_H

#include "config/config_file.h"
#include "config/config_keys.h"

struct config_reader {
	struct config_file *file;
	struct cli_settings *settings;
	struct config_key keys[CONFIG_MAX_KEYS];
	size_t key_count;
};

/* Reads a section, which is a map, or a list of maps; what is wrong goes to the file's faults. */
void config_read_section(struct config_reader *reader, enum config_section section, struct config_node *node);

/* Gives a flag the value of a key, in whatever of the key's forms it is. False where it was refused. */
bool config_read_value(struct config_reader *reader, const struct config_key *key, struct config_node *node);

/* Says that there is no such key, and which was probably meant. */
void config_refuse_key(struct config_reader *reader, enum config_section section, const struct config_node *key);

/* Checks what ports of a file are called, and that cables have two ends. */
void config_ports_check(const struct config_node *ports, struct config_faults *faults);

/* Checks rules of forward against each other, each by itself first. Those with faults of their own are left out. */
void config_rules_check(const struct config_node *rules, const struct cli_settings *settings,
			struct config_faults *faults);

/* "tcp." of the section, for messages; empty at the top. */
const char *config_section_prefix(enum config_section section, char text[CONFIG_KEY_TEXT]);

#endif
