/* serve_udp.h - the server of datagrams: sends back what comes, or takes it, and counts both. */
#ifndef SERVE_UDP_H
#define SERVE_UDP_H

#include <quern/udp.h>

#include "cli/cli_settings.h"
#include "report/report_udp.h"
#include "serve/serve_track.h"

struct serve_udp {
	bool is_tagged; /* frames of its port have a VLAN tag */
	bool discards;
	struct serve_track track;
	struct report_udp_tally *tally; /* null where datagrams are not served */
};

/* Reserves what the server of one shard, on a port, needs. 0 or -ENOMEM. */
int serve_udp_open(struct serve_udp *udp, const struct cli_settings *settings, uint16_t port);
void serve_udp_close(struct serve_udp *udp);

/* Binds it; within on_start. 0, or -errno of quern_udp_bind(). */
int serve_udp_start(struct serve_udp *udp, struct quern_shard *shard, const struct quern_endpoint *listen);

/* Adds what it counts, while it goes on. */
void serve_udp_totals_add(struct report_udp_counts *totals, const struct serve_udp *udp);

#endif
