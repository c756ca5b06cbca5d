/* cli_trace.h - what trace is asked to show, and of what. */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "cli/cli_settings.h"

/* Setters of the table of flags. */
bool cli_set_connection(struct cli_settings *settings, const char *value);
bool cli_set_svg(struct cli_settings *settings, const char *value);

/* The one argument without a dash: a file, "-", or "live". False where there has been one. */
bool cli_trace_set_file(struct cli_settings *settings, const char *text);

/* The interface that a port of trace live names: behind "af_packet:" or "tap:"; null for any other. */
const char *cli_trace_interface(const char *device);

/* Checks the flags against each other. 0, or -EINVAL with one line in `error`. */
int cli_complete_trace(struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

#endif
