/* report_links.h - tells when a port loses its link or its peer during a run, and when that is back. */
#ifndef REPORT_LINKS_H
#define REPORT_LINKS_H

#include <stdio.h>

#include "cli/cli_settings.h"

struct report_links {
	bool has_been_up[QUERN_MAX_PORTS];
	bool is_down[QUERN_MAX_PORTS];
	double down_since_s[QUERN_MAX_PORTS];
};

/* Looks at each port and prints a line on standard error where its link is another than at the last look. One that has
 * never been up is not missed: a server's peer may come whenever it likes. */
void report_links_look(struct report_links *links, const struct cli_settings *settings,
		       const struct quern_engine *engine);

/* The same for one port, whose link is `is_up` now. */
void report_links_note(struct report_links *links, FILE *out, uint16_t port, const char *device, bool is_up,
		       double now_s);

#endif
