/* metrics_port.c - names of ports that are theirs alone. */
#include "metrics/metrics_port.h"

#include <stdio.h>
#include <string.h>

const char *metrics_port_name(const struct cli_settings *settings, uint16_t port, char text[METRICS_PORT_TEXT])
{
	const char *device = settings->ports[port].device;
	unsigned int before = 0, alike = 0;

	if (settings->ports[port].name)
		return settings->ports[port].name;
	for (uint16_t i = 0; i < settings->port_count; i++) {
		alike += strcmp(settings->ports[i].device, device) == 0;
		before += i < port && strcmp(settings->ports[i].device, device) == 0;
	}
	if (alike == 1)
		return device;
	snprintf(text, METRICS_PORT_TEXT, "%s%u", device, before);
	return text;
}
