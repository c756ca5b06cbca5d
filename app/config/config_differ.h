/* config_differ.h - what a file says otherwise than before, and only a restart can do. */
#ifndef CONFIG_DIFFER_H
#define CONFIG_DIFFER_H

#include "config/config_file.h"

/* Adds to the faults of `file` each key that is not one of rules and says something else than in `before`, or is new,
 * or left out. What `is_elsewhere` says was set above the file does not count. */
void config_differ(const struct config_file *before, struct config_file *file, enum cli_command kind,
		   bool (*is_elsewhere)(const struct cli_flag *flag));

#endif
