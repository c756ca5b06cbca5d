/* cli_tcp.h - flags that say how TCP behaves, and the options that come of them. */
#ifndef CLI_TCP_H
#define CLI_TCP_H

#include "cli/cli_settings.h"

/* Setters of the table of flags: false for a value that is none. */
bool cli_set_syn_cookies(struct cli_settings *settings, const char *value);
bool cli_set_congestion(struct cli_settings *settings, const char *value);
bool cli_set_sack(struct cli_settings *settings, const char *value);
bool cli_set_wscale(struct cli_settings *settings, const char *value);
bool cli_set_timestamps(struct cli_settings *settings, const char *value);
bool cli_set_nagle(struct cli_settings *settings, const char *value);
bool cli_set_pacing(struct cli_settings *settings, const char *value);
bool cli_set_window(struct cli_settings *settings, const char *value);
bool cli_set_mss(struct cli_settings *settings, const char *value);
bool cli_set_tos(struct cli_settings *settings, const char *value);
bool cli_set_ttl(struct cli_settings *settings, const char *value);

/* "auto", "always", "never". */
const char *cli_syn_cookies_name(enum quern_syn_cookies syn_cookies);

/* "cubic", "newreno". */
const char *cli_congestion_name(enum quern_congestion congestion);

/* Checks that segments fit the ports' MTU. 0, or -EINVAL with one line in `error`. */
int cli_check_tcp(const struct cli_settings *settings, char error[CLI_ERROR_TEXT]);

/* The options of TCP that the flags ask for. */
struct quern_tcp_options cli_tcp_options(const struct cli_settings *settings);

#endif
