/* cli_target.h - the target of load: tcp://ADDR:PORT, udp://ADDR:PORT or http://ADDR[:PORT][/PATH]. */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "cli/cli_settings.h"

enum { CLI_PATH_MAX = 255, CLI_TARGET_TEXT = 352, CLI_MAX_WEIGHT = 256 };

/* Whether a request can have that path, with its query. */
bool cli_path_is_good(const char *path);

/* Adds a target of a run: of load the address of tcp://, http:// or udp://, of bench the one where its server is.
 * Without a scheme it is tcp://; =WEIGHT may stand behind ADDR:PORT. False for a text that is none, and for one that
 * does not go with those before it; and for a path that is none, or where there is a path already. */
bool cli_set_target(struct cli_settings *settings, const char *text);
bool cli_set_path(struct cli_settings *settings, const char *path);

/* `path` is null for tcp:// and udp://, else it points into the text, or is "/" where there is none; one that is a
 * query only begins with its question mark. True, or false and the results untouched. */
bool cli_parse_target(const char *text, struct quern_endpoint *target, const char **path);

/* True for udp://, whatever follows. */
bool cli_target_is_udp(const char *text);

/* Writes the first target of a service as it was meant, and how many more there are; returns the buffer. */
char *cli_format_target(const struct cli_settings *settings, const struct cli_service *service,
			char text[CLI_TARGET_TEXT]);

#endif
