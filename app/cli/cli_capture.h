/* cli_capture.h - the capture that --pcap asks for. */
#ifndef CLI_CAPTURE_H
#define CLI_CAPTURE_H

#include "cli/cli_settings.h"

/* Reads FILE[,frames=N]. False for a text that is none. */
bool cli_set_pcap(struct cli_settings *settings, const char *value);

/* Of the engine's configuration. */
struct quern_capture_config cli_capture_config(const struct cli_settings *settings);

#endif
