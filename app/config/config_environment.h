/* config_environment.h - flags in the environment: --time-wait is QUERN_TIME_WAIT. They stand above a file and below
 * the command line. */
#ifndef CONFIG_ENVIRONMENT_H
#define CONFIG_ENVIRONMENT_H

#include "cli/cli_flags.h"

enum { CONFIG_VARIABLE_TEXT = 64 };

/* Writes the name of a flag's variable, and returns the buffer. */
char *config_variable_name(const char *flag, char name[CONFIG_VARIABLE_TEXT]);

/* True where the variable of a switch says that it is off: a file's is not heeded then. */
bool config_variable_denies(const struct cli_flag *flag);

/* Sets what variables say; an empty one says nothing. What they say of ports is kept for config_environment_finish(),
 * where no ports are named yet. Settings point to words of lists, which stay until it is called again. 0, or -EINVAL
 * with one line in `error`, which names the variable. */
int config_environment_apply(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* Gives ports that the command line has named what it left to the variables. 0 or -EINVAL, as above. */
int config_environment_finish(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

#endif
