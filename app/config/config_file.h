/* config_file.h - a configuration as it stands in its file: every value, the flag that it set, and its place. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include "cli/cli_flags.h"
#include "config/config_tree.h"

/* A value that a flag has taken. */
struct config_word {
	const struct cli_flag *flag;
	const char *value;
	struct config_mark mark;
	uint16_t service; /* which it was said of, where that is asked for: by its number */
};

struct config_file {
	struct config_text text;
	struct config_node *root;
	struct config_faults faults;
	struct config_mark kind; /* of the value of kind */
	struct config_word *words;
	size_t word_count;
};

/* Reads a text, which is the file's from then on, and begins settings of its kind with what it says. 0, -EINVAL where
 * the file has faults, or -ENOMEM. Settings point into the file: it is freed by config_file_free() when they are done
 * with, also after a failure. */
int config_file_read(struct config_file *file, struct config_text text, struct cli_settings *settings);

void config_file_free(struct config_file *file);

#endif
