/* load_udp_answers.c - what comes back to a client of datagrams, and what each answer means. */
#include "load/load_udp_client.h"

/* The number of what a stamp names, in order of sending: flows take turns. UINT64_MAX for what was never sent. */
static uint64_t number_of(const struct load_udp_client *client, const struct payload_stamp *stamp, uint32_t flow)
{
	/* Its 32 bits are of a number that is at most the next one. */
	uint32_t before = (uint32_t)client->next_sequence - stamp->sequence;

	if (before > client->next_sequence || before > INT32_MAX)
		return UINT64_MAX;
	return (client->next_sequence - before) * client->flow_count + flow;
}

static bool is_of_flow(const struct load_udp_flow *flow, const struct quern_endpoint *local)
{
	return flow->local.port == local->port && flow->local.address == local->address &&
	       flow->local.ip6.high == local->ip6.high && flow->local.ip6.low == local->ip6.low;
}

/* When a datagram should have been sent. */
static uint64_t intended_ns(const struct load_udp_client *client, uint64_t number)
{
	double of_all = (double)number * client->pace.count + client->number;

	return client->schedule_begin_ns + (uint64_t)(of_all * (1e9 / (double)client->level.to));
}

static void note_times(struct load_udp_client *client, const struct payload_stamp *stamp, uint64_t number, uint64_t now)
{
	quern_histogram_record(&client->tally->rtt, payload_stamp_age(stamp, now));
	if (client->rate > 0)
		quern_histogram_record(&client->tally->from_schedule, now - intended_ns(client, number));
}

/* RFC 4737: of those that came for the first time, whoever comes behind a later one. */
static void note_order(struct report_udp_counts *counts, struct load_udp_flow *flow, uint64_t number)
{
	if (number < flow->next)
		report_udp_add(&counts->reordered, 1);
	else
		flow->next = number + 1;
}

static void take(struct load_udp_client *client, const struct payload_stamp *stamp, uint32_t flow, uint64_t now)
{
	struct report_udp_counts *counts = &client->tally->counts;
	uint64_t number = number_of(client, stamp, flow);

	switch (load_udp_ledger_answer(&client->ledger, number)) {
	case LOAD_UDP_IN_TIME:
		report_udp_add(&counts->answered, 1);
		note_times(client, stamp, number, now);
		note_order(counts, &client->flows[flow], number);
		break;
	case LOAD_UDP_LATE:
		report_udp_add(&counts->late, 1);
		note_order(counts, &client->flows[flow], number);
		break;
	case LOAD_UDP_DUPLICATE:
		report_udp_add(&counts->duplicated, 1);
		break;
	case LOAD_UDP_STALE:
		report_udp_add(&counts->stale, 1);
		break;
	case LOAD_UDP_NEVER_SENT:
		report_udp_add(&counts->corrupted, 1);
		break;
	}
}

void load_udp_client_hear(struct quern_shard *shard, struct quern_udp_socket socket,
			  const struct quern_datagram *datagram, void *app)
{
	struct load_udp_client *client = app;
	struct report_udp_counts *counts = &client->tally->counts;
	struct payload_stamp stamp;
	bool is_whole = payload_stamp_read(datagram->text, datagram->bytes, &stamp);
	uint32_t flow;

	(void)socket;
	/* Of the warm-up that is over, of an earlier trial, or of what has no answers. */
	if (client->phase < LOAD_UDP_WARMUP || client->settings->udp.is_one_way ||
	    (is_whole && (stamp.kind != client->kind || stamp.run != client->run)))
		return;
	report_udp_add(&counts->received, 1);
	report_udp_add(&counts->rx_wire, client->wire_bytes);
	flow = stamp.flow - client->first_flow;
	if (!is_whole || datagram->bytes != client->service->payload_bytes || flow >= client->flow_count ||
	    !is_of_flow(&client->flows[flow], &datagram->local)) {
		report_udp_add(&counts->corrupted, 1);
		return;
	}
	take(client, &stamp, flow, quern_now(shard));
}
