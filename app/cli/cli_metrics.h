/* cli_metrics.h - where --metrics has figures told. */
#ifndef CLI_METRICS_H
#define CLI_METRICS_H

#include "cli/cli_settings.h"

/* Reads ADDR:PORT, unix:PATH or off. False for a text that is none. */
bool cli_set_metrics(struct cli_settings *settings, const char *value);

/* The path of unix:PATH; null where it is ADDR:PORT. */
const char *cli_metrics_path(const char *where);

#endif
