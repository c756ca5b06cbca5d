/* cli_target.h - the target of load: tcp://ADDR:PORT or http://ADDR[:PORT][/PATH]. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli/cli_settings.h"

enum { CLI_PATH_MAX = 255, CLI_TARGET_TEXT = 320 };

/* `path` is null for tcp://, else it points into the text, or is "/" where there is none; one that is a query only
 * begins with its question mark. True, or false and the results untouched. */
bool cli_parse_target(const char *text, struct quern_endpoint *target, const char **path);

/* Writes the target as it was meant, and returns the buffer. */
char *cli_format_target(const struct cli_settings *settings, char text[CLI_TARGET_TEXT]);

#endif
