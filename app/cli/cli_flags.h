/* cli_flags.h - the one table of flags, which drives parsing and help, and its parser. */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include "cli/cli_settings.h"

struct cli_flag {
	const char *name;      /* without the dashes */
	char letter;           /* 0 for none */
	const char *argument;  /* what help calls its value; null for a switch */
	const char *help;      /* a few words */
	const char *accepts;   /* what a good value is, for the error message; null for a switch */
	unsigned int commands; /* enum cli_command, ored */
	bool (*set)(struct cli_settings *settings, const char *value);
};

/* Ends with a flag without a name. */
extern const struct cli_flag cli_flag_table[];

/* What parsing found to do besides running. */
enum cli_parsed { CLI_RUN, CLI_HELP, CLI_HELP_ALL, CLI_VERSION };

/* Reads the arguments behind the command's name, up to "--", into settings that cli_settings_init() has begun.
 * enum cli_parsed, or -EINVAL with one line in `error`, which names flag, value and what is accepted. */
int cli_parse(struct cli_settings *settings, int count, char *const arguments[], char error[CLI_ERROR_TEXT]);

#endif
