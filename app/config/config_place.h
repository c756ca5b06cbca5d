/* config_place.h - from the words of an error back to the file. */
#ifndef CONFIG_PLACE_H
#define CONFIG_PLACE_H

#include "config/config_file.h"

/* The value of a file that an error speaks of: it names the value's flag, or its port. Null for none. What
 * `is_elsewhere` says was set above the file is not it. */
const struct config_word *config_place(const struct config_file *file, const char *error,
				       bool (*is_elsewhere)(const struct cli_flag *flag));

/* Whether an error speaks of a flag that was set above the file: then it is not about what the file leaves out. */
bool config_names_elsewhere(const char *error, bool (*is_elsewhere)(const struct cli_flag *flag));

#endif
