/* config_check.h - the parts of what `quern check` prints that have a file of their own. */
#ifndef CONFIG_CONFIG_CHECK_H
#define CONFIG_CONFIG_CHECK_H

#include "cli/cli_settings.h"

/* The rules of forward, a line each, and how many sessions there may be. */
void config_check_rules(const struct cli_settings *settings);

#endif
