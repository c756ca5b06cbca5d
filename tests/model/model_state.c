/* model_state.c - how a search begins, and which states are one. */
#include "model/model_state.h"

#include <string.h>

static_assert(sizeof(struct model_state) % (2 * sizeof(uint64_t)) == 0, "hashed by two words at a time");

uint32_t model_iss(uint8_t host, uint8_t life)
{
	/* Numbers come round within the text of one end, and behind the SYN of the other. */
	return UINT32_MAX - 1 + host + (uint32_t)life * MODEL_ISS_STEP;
}

void model_state_begin(struct model_state *state, const struct model_plan *plan)
{
	memset(state, 0, sizeof(*state));
	state->losses_left = plan->losses;
	state->copies_left = plan->copies;
	state->timeouts_left = plan->timeouts;
	for (uint8_t i = 0; i < MODEL_HOSTS; i++) {
		state->hosts[i].opens_left = plan->parts[i].opens;
		state->hosts[i].bytes_left = plan->parts[i].bytes;
	}
}

uint32_t model_in_flight(const struct model_state *state)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MODEL_CHANNEL; i++)
		count += state->channel[i].is_there;
	return count;
}

static void settle_conn(struct tcp_conn *conn)
{
	conn->timer = (struct wheel_node){.due = conn->timer.due == WHEEL_NEVER ? WHEEL_NEVER : MODEL_NOW_MS + 1};
	conn->heard_ms = MODEL_NOW_MS;
	conn->retries = conn->retries > 0;
	conn->backoff = 0;
	conn->ack_lags = false;
	conn->ssthresh = 0;
	conn->flags &= (uint16_t) ~(TCP_UNTIMED | TCP_SYN_REPEATED);
	if (!tcp_has_flight(conn))
		conn->rtt_or_flight = 0;
}

/* What is left out is of time, of the congestion window, and of SACK. */
static void settle_flight(const struct tcp_conn *conn, struct tcp_flight *flight)
{
	const struct tcp_flight had = *flight;

	memset(flight, 0, sizeof(*flight));
	flight->snd_una = had.snd_una;
	flight->snd_nxt = had.snd_nxt;
	flight->next = had.next;
	flight->snd_wl1 = had.snd_wl1;
	flight->snd_wl2 = had.snd_wl2;
	flight->since_ms = MODEL_NOW_MS;
	flight->rcv_adv = had.rcv_adv;
	flight->held_bytes = had.held_bytes;
	flight->flags = had.flags & (uint16_t) ~(TCP_FLIGHT_TIMED | TCP_FLIGHT_LIMITED);
	flight->islands = had.islands;
	flight->duplicates = had.duplicates;
	flight->recover = had.recover;
	flight->inflation = had.inflation;
	tcp_congestion_begin(&flight->congestion, tcp_smss(conn), false, 0);
}

static void settle_reassembly(struct tcp_reassembly *reassembly)
{
	memset(reassembly->touched, 0, sizeof(reassembly->touched));
	reassembly->clock = 0;
	memset(&reassembly->islands[reassembly->count], 0,
	       (TCP_ISLANDS - reassembly->count) * sizeof(reassembly->islands[0]));
}

/* The other end's connection, or its record in TIME-WAIT, is with this one. */
static bool is_linked(const struct model_host *other, uint8_t life)
{
	return (model_has_conn(other) && other->lives[other->life].peer == life + 1) ||
	       (model_has_rest(other) && other->lives[other->rest_life].peer == life + 1);
}

/* What a connection has done is forgotten once nothing is left that it could be held against. */
static void settle_lives(struct model_state *state, uint8_t number)
{
	struct model_host *host = &state->hosts[number];

	if (!model_has_conn(host))
		host->life = 0;
	for (uint8_t life = 0; life < MODEL_LIVES; life++) {
		bool is_known = (model_has_conn(host) && host->life == life) ||
				(model_has_rest(host) && host->rest_life == life) ||
				is_linked(&state->hosts[!number], life);

		for (uint32_t i = 0; i < MODEL_CHANNEL; i++)
			is_known |= state->channel[i].to != number && state->channel[i].life == life + 1;
		if (!is_known)
			host->lives[life] = (struct model_life){0};
	}
}

static void settle_channel(struct model_packet *channel)
{
	for (uint32_t i = 1; i < MODEL_CHANNEL; i++) {
		for (uint32_t at = i; at > 0 && memcmp(&channel[at - 1], &channel[at], sizeof(*channel)) < 0; at--) {
			struct model_packet packet = channel[at];

			channel[at] = channel[at - 1];
			channel[at - 1] = packet;
		}
	}
}

void model_state_settle(struct model_state *state)
{
	for (uint8_t number = 0; number < MODEL_HOSTS; number++) {
		struct model_host *host = &state->hosts[number];

		if (model_has_conn(host))
			settle_conn(&host->conn);
		if (tcp_has_flight(&host->conn)) {
			settle_flight(&host->conn, &host->flight);
			settle_reassembly(&host->reassembly);
		}
		settle_lives(state, number);
	}
	settle_channel(state->channel);
}
