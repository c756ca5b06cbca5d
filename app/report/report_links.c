/* report_links.c - a link that goes down shows in the figures; this says that it was the link. */
#include "report/report_links.h"

#include <string.h>
#include <unistd.h>

void report_links_note(struct report_links *links, FILE *out, uint16_t port, const char *device, bool is_up,
		       double now_s)
{
	bool has_peer = strncmp(device, "memif:", 6) == 0;
	const char *clear = isatty(fileno(out)) ? "\r\033[K" : ""; /* over the line of progress */

	if (is_up && links->is_down[port])
		fprintf(out, "%sport %s: its %s is back after %.1f s\n", clear, device, has_peer ? "peer" : "link",
			now_s - links->down_since_s[port]);
	if (!is_up && links->has_been_up[port] && !links->is_down[port]) {
		fprintf(out, "%swarning: port %s: its %s; nothing passes until it is back\n", clear, device,
			has_peer ? "peer has gone" : "link is down");
		links->down_since_s[port] = now_s;
	}
	fflush(out);
	links->is_down[port] = !is_up && links->has_been_up[port];
	links->has_been_up[port] |= is_up;
}
