/* metrics_port.h - what labels call a port. */
#ifndef METRICS_PORT_H
#define METRICS_PORT_H

#include "cli/cli_settings.h"

enum { METRICS_PORT_TEXT = 544 };

/* What a port is called: by its name, or by its device, with a number where another one has the same. */
const char *metrics_port_name(const struct cli_settings *settings, uint16_t port, char text[METRICS_PORT_TEXT]);

#endif
