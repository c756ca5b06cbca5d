/* cli_udp.h - flags of datagrams. */
#ifndef CLI_UDP_H
#define CLI_UDP_H

#include "cli/cli_settings.h"

bool cli_set_udp(struct cli_settings *settings, const char *value);
bool cli_set_pps(struct cli_settings *settings, const char *value);
bool cli_set_flows(struct cli_settings *settings, const char *value);
bool cli_set_one_way(struct cli_settings *settings, const char *value);

/* Checks which flags go together where datagrams are sent or answered, and fills in what was left out. 0, or -EINVAL
 * with one line in `error`. */
int cli_complete_udp(struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT]);

#endif
