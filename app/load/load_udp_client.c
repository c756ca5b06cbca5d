/* load_udp_client.c - the turn of a client of datagrams: waits for the way, sends at its pace, and waits for the rest.
 */
#include "load/load_udp_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	WINDOW = 512,            /* on their way at once, of --pps max */
	BATCH = 128,             /* sent in a turn */
	END_MARKS = 3,           /* copies of what tells a flow's end */
	LEDGER_UNBOUND = 4000000 /* datagrams a second that are reckoned with where no rate is given */
};
#define END_GAP_NS (10 * CLI_NS_PER_MS)
#define CATCH_UP_NS CLI_NS_PER_S

enum load_udp_phase load_udp_client_phase(const struct load_udp_client *client)
{
	return (enum load_udp_phase)__atomic_load_n(&client->phase, __ATOMIC_ACQUIRE);
}

bool load_udp_client_has_finished(const struct load_udp_client *client, uint32_t trial)
{
	return __atomic_load_n(&client->finished, __ATOMIC_ACQUIRE) == trial;
}

static void enter(struct load_udp_client *client, enum load_udp_phase phase)
{
	__atomic_store_n(&client->phase, phase, __ATOMIC_RELEASE);
}

static uint64_t share(uint64_t all, uint16_t number, uint16_t count)
{
	return all / count + (number < all % count);
}

static uint32_t flows_of(const struct cli_settings *settings, uint16_t number, uint16_t count)
{
	return (uint32_t)share(settings->udp.flows, number, count);
}

/* Where there are more clients than flows, or datagrams a second, some send nothing: then their part is the others'. */
static uint16_t senders_of(const struct cli_settings *settings, uint64_t pps, uint16_t count)
{
	uint64_t most = settings->udp.flows < pps ? settings->udp.flows : pps;

	return most < count ? (uint16_t)most : count;
}

static uint64_t rate_of(const struct cli_settings *settings, uint64_t pps, uint16_t number, uint16_t count)
{
	uint16_t senders = senders_of(settings, pps, count);

	return number < senders ? share(pps, number, senders) : 0;
}

static uint64_t most_a_second(const struct cli_settings *settings, uint16_t number, uint16_t count)
{
	if (settings->udp.is_one_way)
		return 0;
	if (settings->udp.pps == CLI_PPS_MAX || settings->judge.search_text)
		return LEDGER_UNBOUND;
	return rate_of(settings, settings->udp.pps, number, count);
}

int load_udp_client_open(struct load_udp_client *client, const struct cli_settings *settings,
			 const struct cli_workers *workers, uint16_t number, const struct load_udp_order *order)
{
	const struct cli_service *service = &settings->service[0];
	uint16_t port = workers->at[number].port;
	enum cli_version version = cli_address_version(cli_address_of(&service->target[0]));
	const struct cli_port *at = &settings->ports[port];

	memset(client, 0, sizeof(*client));
	client->order = order;
	client->settings = settings;
	client->service = service;
	client->port = port;
	client->number = number;
	client->count = workers->count;
	client->wire_bytes = (uint32_t)report_udp_wire(service->payload_bytes, version == CLI_IP6, at->vlan != 0);
	client->flow_count = flows_of(settings, number, workers->count);
	for (uint16_t i = 0; i < number; i++)
		client->first_flow += flows_of(settings, i, workers->count);
	for (uint16_t i = 0; i < service->source_count; i++) {
		struct cli_block source = cli_block_from_range(&service->source[i]);

		if (cli_block_holds(&at->nets[version].addresses, source.first) &&
		    cli_block_holds(&at->nets[version].addresses, source.last))
			client->sources[client->source_count++] = service->source[i];
	}
	payload_stamp_fill(client->text, service->payload_bytes);
	client->tally = malloc(sizeof(*client->tally));
	client->flows = calloc(client->flow_count + 1u, sizeof(*client->flows));
	if (!client->tally || !client->flows ||
	    load_udp_ledger_open(&client->ledger, most_a_second(settings, number, workers->count),
				 settings->connect_timeout_ns) != 0) {
		load_udp_client_close(client);
		return -ENOMEM;
	}
	report_udp_tally_reset(client->tally);
	return 0;
}

void load_udp_client_close(struct load_udp_client *client)
{
	load_udp_ledger_close(&client->ledger);
	free(client->flows);
	free(client->tally);
	client->flows = NULL;
	client->tally = NULL;
}

/* Binds the sources, and draws the pairs of the flows: fewer than were asked for, where there are no more. */
int load_udp_client_start(struct quern_shard *shard, void *app)
{
	static const struct quern_udp_events events = {.on_datagram = load_udp_client_hear};
	struct load_udp_client *client = app;
	uint64_t pairs = UINT64_MAX;

	for (uint16_t i = 0; i < client->source_count; i++) {
		struct quern_source source = {.addresses = client->sources[i]};
		uint64_t of_source;
		int rc = quern_udp_source(shard, &source, &client->service->target[0], &events, client,
					  &client->sockets[i]);

		if (rc != 0)
			return rc;
		of_source = quern_udp_source_pairs(shard, client->sockets[i]);
		pairs = of_source < pairs ? of_source : pairs;
	}
	if (client->source_count == 0 || pairs == 0)
		return -EADDRNOTAVAIL;
	if (client->flow_count > pairs * client->source_count)
		client->flow_count = (uint32_t)(pairs * client->source_count);
	for (uint32_t i = 0; i < client->flow_count; i++) {
		int rc = quern_udp_source_next(shard, client->sockets[i % client->source_count],
					       &client->flows[i].local);

		if (rc != 0)
			return rc;
	}
	client->waiting_since_ns = quern_now(shard);
	return 0;
}

static bool look_for_target(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	if (quern_reachable(shard, &client->service->target[0]))
		enter(client, LOAD_UDP_READY);
	else if (now - client->waiting_since_ns > client->settings->wait_link_ns)
		enter(client, LOAD_UDP_UNREACHABLE);
	return false;
}

/* Numbers and counts begin anew, at `begin_ns`. What comes of the kind before is no longer heard. */
static void begin_sending(struct load_udp_client *client, enum payload_stamp_kind kind, uint64_t begin_ns)
{
	client->kind = kind;
	client->next_flow = 0;
	client->next_sequence = 0;
	for (uint32_t i = 0; i < client->flow_count; i++)
		client->flows[i].next = 0;
	load_udp_ledger_begin(&client->ledger);
	report_udp_tally_reset(client->tally);
	report_udp_add(&client->tally->counts.flows, client->flow_count);
	client->schedule_begin_ns = begin_ns;
	if (client->rate > 0)
		load_pace_begin(&client->pace, &client->level, 1, client->number,
				senders_of(client->settings, client->level.to, client->count), begin_ns);
	enter(client, kind == PAYLOAD_STAMP_WARMUP ? LOAD_UDP_WARMUP : LOAD_UDP_SENDING);
}

static bool begin_when_told(struct load_udp_client *client, uint64_t now)
{
	const struct load_udp_order *order = client->order;
	uint32_t trial = __atomic_load_n(&order->trial, __ATOMIC_ACQUIRE);

	if (trial == client->trial)
		return false;
	client->trial = trial;
	client->run = (uint16_t)(client->settings->seed * 40503 / 65536 + trial);
	client->rate = 0;
	if (order->pps != CLI_PPS_MAX)
		client->rate = rate_of(client->settings, order->pps, client->number, client->count);
	client->level = (struct cli_leg){.from = order->pps, .to = order->pps};
	client->is_idle = client->flow_count == 0 || (client->rate == 0 && order->pps != CLI_PPS_MAX);
	client->measure_begin_ns = now + order->warmup_ns;
	client->measure_end_ns = order->duration_ns == 0 ? UINT64_MAX : client->measure_begin_ns + order->duration_ns;
	client->ends_left = END_MARKS * client->flow_count;
	client->ends_due_ns = 0;
	begin_sending(client, order->warmup_ns > 0 ? PAYLOAD_STAMP_WARMUP : PAYLOAD_STAMP_MEASURED, now);
	return true;
}

/* Sends one on a flow. False where this turn takes no more. */
static bool send_on(struct load_udp_client *client, struct quern_shard *shard, enum payload_stamp_kind kind,
		    uint32_t flow, uint64_t sequence, uint64_t now)
{
	const struct payload_stamp stamp = {kind, client->run, client->first_flow + flow, (uint32_t)sequence, now};
	const struct quern_datagram datagram = {.local = client->flows[flow].local,
						.remote = client->service->target[0],
						.text = client->text,
						.bytes = client->service->payload_bytes};

	payload_stamp_write(client->text, &stamp);
	return quern_udp_send(shard, client->sockets[flow % client->source_count], &datagram) == 0;
}

/* Sends the next in turn, and counts it. */
static bool send_next(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	struct report_udp_counts *counts = &client->tally->counts;

	if (!load_udp_ledger_has_room(&client->ledger) ||
	    !send_on(client, shard, client->kind, client->next_flow, client->next_sequence, now))
		return false;
	if (++client->next_flow == client->flow_count) {
		client->next_flow = 0;
		client->next_sequence++;
	}
	client->last_sent_ns = now;
	report_udp_add(&counts->sent, 1);
	report_udp_add(&counts->tx_wire, client->wire_bytes);
	if (!client->settings->udp.is_one_way)
		load_udp_ledger_send(&client->ledger, now);
	return true;
}

static void count_lateness(struct load_udp_client *client, uint64_t intended_ns, uint64_t now)
{
	enum report_late cause;

	if (now - intended_ns <= LOAD_ON_TIME_NS) {
		report_udp_add(&client->tally->on_schedule, 1);
		return;
	}
	cause = load_late_cause(&client->late, intended_ns, now);
	if (cause < REPORT_LATES_END)
		report_udp_add(&client->tally->late[cause], 1);
}

/* Open loop: each at its place on the schedule, or as soon after as can be. */
static bool send_due(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	uint64_t end_ns = client->phase == LOAD_UDP_WARMUP ? client->measure_begin_ns : client->measure_end_ns;
	int sent = 0;

	if (client->pace.next_ns > now)
		return false;
	load_late_look(&client->late, quern_latest_gap(shard), client->pace.next_ns);
	for (; sent < BATCH && client->pace.next_ns <= now && client->pace.next_ns < end_ns; sent++) {
		if (!send_next(client, shard, now))
			break;
		count_lateness(client, client->pace.next_ns, now);
		load_pace_advance(&client->pace);
	}
	return sent > 0;
}

/* Closed loop: as many as answers make room for; one way, as many as the port takes. */
static bool send_room(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	bool is_answered = !client->settings->udp.is_one_way;
	int sent = 0;

	for (; sent < BATCH; sent++) {
		if (is_answered && load_udp_ledger_on_the_way(&client->ledger) >= WINDOW)
			break;
		if (!send_next(client, shard, now))
			break;
	}
	return sent > 0;
}

static bool is_told(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

/* The time is up; but of an open loop every place on the schedule that lay within it is still filled, late as it is. */
static bool is_over(const struct load_udp_client *client, uint64_t now)
{
	if (is_told(&client->order->ends))
		return true;
	if (now < client->measure_end_ns)
		return false;
	return client->rate == 0 || client->pace.next_ns >= client->measure_end_ns ||
	       now - client->measure_end_ns > CATCH_UP_NS;
}

static void count_missed(struct load_udp_client *client, uint64_t now)
{
	enum report_late cause = load_late_cause(&client->late, client->pace.next_ns, now);
	uint64_t end_ns = client->measure_end_ns;

	report_udp_add(&client->tally->counts.missed, load_pace_missed(&client->pace, end_ns));
	if (cause == REPORT_LATES_END)
		return;
	if (load_late_until(&client->late, cause) < end_ns)
		end_ns = load_late_until(&client->late, cause);
	report_udp_add(&client->tally->late[cause], load_pace_missed(&client->pace, end_ns));
}

static void begin_draining(struct load_udp_client *client, uint64_t now)
{
	if (now < client->measure_end_ns)
		client->measure_end_ns = now;
	if (client->rate > 0 && client->phase == LOAD_UDP_SENDING)
		count_missed(client, now);
	/* What went out after the time was up is no part of a rate within it. */
	if (client->last_sent_ns > client->measure_end_ns)
		client->measure_end_ns = client->last_sent_ns;
	enter(client, LOAD_UDP_DRAINING);
}

static bool send_at_pace(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	if (client->phase == LOAD_UDP_WARMUP && now >= client->measure_begin_ns)
		begin_sending(client, PAYLOAD_STAMP_MEASURED, client->measure_begin_ns);
	if (is_over(client, now)) {
		begin_draining(client, now);
		return true;
	}
	/* More now would only be lost on the way; what is late by it shows in the time from schedule. */
	if (client->is_idle)
		return false;
	if (quern_congested(shard)) {
		if (client->rate > 0 && client->pace.next_ns <= now)
			load_late_wait(&client->late, REPORT_LATE_port, client->pace.next_ns, now);
		return false;
	}
	return client->rate > 0 ? send_due(client, shard, now) : send_room(client, shard, now);
}

/* Who counts at the other end is told how many there were: it could not know of the last ones otherwise. */
static bool tell_ends(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	for (int sent = 0; sent < BATCH && client->ends_left > 0 && now >= client->ends_due_ns; sent++) {
		uint32_t flow = (client->ends_left - 1) % client->flow_count;

		if (!send_on(client, shard, PAYLOAD_STAMP_END, flow, client->next_sequence + (flow < client->next_flow),
			     now))
			return sent > 0;
		client->ends_left--;
		if (flow == 0)
			client->ends_due_ns = now + END_GAP_NS;
	}
	return true;
}

static bool drain(struct load_udp_client *client, struct quern_shard *shard, uint64_t now)
{
	bool quits = is_told(&client->order->quits);

	if (client->ends_left > 0 && !quits)
		return tell_ends(client, shard, now);
	if (load_udp_ledger_waiting(&client->ledger) > 0 && !quits)
		return false;
	report_udp_add(&client->tally->counts.in_flight, load_udp_ledger_waiting(&client->ledger));
	__atomic_store_n(&client->finished, client->trial, __ATOMIC_RELEASE);
	enter(client, LOAD_UDP_READY);
	return true;
}

/* What has waited for too long is lost. */
static void expire(struct load_udp_client *client, uint64_t now)
{
	struct report_udp_counts *counts = &client->tally->counts;

	load_udp_ledger_expire(&client->ledger, now);
	if (counts->lost != client->ledger.lost)
		report_udp_add(&counts->lost, client->ledger.lost - counts->lost);
}

bool load_udp_client_turn(struct quern_shard *shard, void *app)
{
	struct load_udp_client *client = app;
	uint64_t now = quern_now(shard);

	switch (client->phase) {
	case LOAD_UDP_WAITING:
		return look_for_target(client, shard, now);
	case LOAD_UDP_READY:
		return begin_when_told(client, now);
	case LOAD_UDP_WARMUP:
	case LOAD_UDP_SENDING:
		expire(client, now);
		return send_at_pace(client, shard, now);
	case LOAD_UDP_DRAINING:
		expire(client, now);
		return drain(client, shard, now);
	case LOAD_UDP_UNREACHABLE:
		break;
	}
	return false;
}
