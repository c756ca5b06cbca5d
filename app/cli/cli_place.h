/* cli_place.h - which core runs which end. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H

#include "cli/cli_settings.h"

/* The cores that this process may use, lowest first. */
void cli_place_usable(struct cli_cores *usable);

/* bench: the core of the client and of the server. 0, or -EINVAL with one line in `error`. */
int cli_place_bench(const struct cli_settings *settings, const struct cli_cores *usable, uint16_t *client,
		    uint16_t *server, char error[CLI_ERROR_TEXT]);

/* serve and load: a core for each port, in turn. 0, or -EINVAL with one line in `error`. */
int cli_place_ports(const struct cli_settings *settings, const struct cli_cores *usable,
		    uint16_t cores[QUERN_MAX_PORTS], char error[CLI_ERROR_TEXT]);

#endif
