/* serve_udp.c - datagrams of anybody are answered with what they bring; those of quern's generators are followed. */
#include "serve/serve_udp.h"

#include <errno.h>
#include <stdlib.h>

int serve_udp_open(struct serve_udp *udp, const struct cli_settings *settings, uint16_t port)
{
	*udp = (struct serve_udp){.is_tagged = settings->ports[port].vlan != 0,
				  .discards = settings->service[0].answers & CLI_ANSWER_DISCARD};
	udp->tally = malloc(sizeof(*udp->tally));
	if (!udp->tally || serve_track_open(&udp->track) != 0) {
		serve_udp_close(udp);
		return -ENOMEM;
	}
	report_udp_tally_reset(udp->tally);
	return 0;
}

void serve_udp_close(struct serve_udp *udp)
{
	serve_track_close(&udp->track);
	free(udp->tally);
	udp->tally = NULL;
}

/* Two servers that answer each other's answers would do so for ever, once somebody has sent one in the other's name:
 * what comes from the port that is served is not answered. */
static bool is_answered(const struct serve_udp *udp, const struct quern_datagram *datagram)
{
	return !udp->discards && !datagram->to_group && datagram->remote.port != datagram->local.port;
}

static void take(struct quern_shard *shard, struct quern_udp_socket socket, const struct quern_datagram *datagram,
		 void *app)
{
	struct serve_udp *udp = app;
	struct report_udp_counts *counts = &udp->tally->counts;
	uint64_t wire = report_udp_wire(datagram->bytes, quern_ip6_is_set(&datagram->remote.ip6), udp->is_tagged);

	enum serve_datagram what = serve_track_note(&udp->track, datagram->text, datagram->bytes);

	(void)socket;
	if (what == SERVE_ENDS_A_FLOW)
		return;
	if (what == SERVE_COUNTS) {
		report_udp_add(&counts->received, 1);
		report_udp_add(&counts->rx_wire, wire);
	}
	if (!is_answered(udp, datagram) || quern_udp_answer(shard, datagram->bytes) != 0 || what != SERVE_COUNTS)
		return;
	report_udp_add(&counts->sent, 1);
	report_udp_add(&counts->tx_wire, wire);
}

int serve_udp_start(struct serve_udp *udp, struct quern_shard *shard, const struct quern_endpoint *listen)
{
	static const struct quern_udp_events events = {.on_datagram = take};
	struct quern_udp_socket socket;

	return quern_udp_bind(shard, listen, 0, &events, udp, &socket);
}

void serve_udp_totals_add(struct report_udp_counts *totals, const struct serve_udp *udp)
{
	const struct serve_track_counts *track = &udp->track.counts;

	report_udp_totals_add(totals, udp->tally);
	totals->lost += __atomic_load_n(&track->lost, __ATOMIC_RELAXED);
	totals->duplicated += __atomic_load_n(&track->duplicated, __ATOMIC_RELAXED);
	totals->reordered += __atomic_load_n(&track->reordered, __ATOMIC_RELAXED);
	totals->stale += __atomic_load_n(&track->stale, __ATOMIC_RELAXED);
	totals->unknown += __atomic_load_n(&track->unknown, __ATOMIC_RELAXED);
	totals->untracked += __atomic_load_n(&track->untracked, __ATOMIC_RELAXED);
	totals->flows += __atomic_load_n(&track->flows, __ATOMIC_RELAXED);
}
