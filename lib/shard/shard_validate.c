/* shard_validate.c - what must be true of a shard at any time; and its connections by state. */
#include "shard/shard_flight.h"
#include "shard/shard_pacing.h"
#include "shard/shard_reassembly.h"
#include "shard/shard_scoreboard.h"

#include <string.h>

#include "base/seq.h"

static bool is_free(const struct tcp_conn *conn)
{
	return conn->key.local_port == 0;
}

enum quern_state shard_state_of(struct quern_shard *shard, const struct flow_key *key)
{
	uint32_t ref = table_find(&shard->table, table_hash(&shard->table, key), key);

	if (table_ref_kind(ref) == TABLE_CONN)
		return shard->conns[table_ref_index(ref)].state;
	if (table_ref_kind(ref) == TABLE_TIME_WAIT)
		return QUERN_TIME_WAIT;
	return shard_listener_find(shard, key->local, key->local_port) ? QUERN_LISTEN : QUERN_CLOSED;
}

void shard_count_states(const struct quern_shard *shard, uint32_t counts[QUERN_STATES_END])
{
	memset(counts, 0, QUERN_STATES_END * sizeof(counts[0]));
	for (uint32_t i = 0; i < shard->config.max_connections; i++)
		if (!is_free(&shard->conns[i]))
			counts[shard->conns[i].state]++;
	counts[QUERN_TIME_WAIT] += shard->time_wait.live;
}

static bool free_list_is_whole(const struct quern_shard *shard)
{
	uint32_t count = 0;

	for (uint32_t next = shard->first_free; next; next = shard->conns[next - 1].user) {
		if (count++ == shard->config.max_connections || !is_free(&shard->conns[next - 1]))
			return false;
	}
	return count + shard->conns_used == shard->config.max_connections;
}

/* The numbers of tcp and the bytes of the shard agree. */
static bool flight_is_sound(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	const struct shard_flight *flight = shard_flight_of(shard, conn);
	const struct tcp_flight *tcp;
	const struct shard_queue *queue;

	if (!flight)
		return true;
	tcp = &flight->tcp;
	queue = &flight->queue;
	if (queue->send_first && shard_queue_bytes(queue->send_first) != queue->send_bytes)
		return false;
	if (shard_queue_bytes(queue->held_first) != tcp->held_bytes ||
	    !shard_reassembly_is_sound(shard, conn, flight) || !shard_scoreboard_is_sound(shard, flight))
		return false;
	if (seq_before(tcp->next, tcp->snd_una) || seq_before(tcp->snd_nxt, tcp->next) ||
	    seq_before(conn->snd_end, tcp->snd_nxt))
		return false;
	if (conn->flags & TCP_LINGERS)
		return true;
	/* An acknowledged FIN was no byte of the queue. */
	return queue->send_bytes == (tcp->snd_una == conn->snd_end ? 0 : tcp_text_end(conn) - tcp->snd_una) &&
	       (tcp->snd_una == conn->snd_end || conn->timer.due != WHEEL_NEVER || conn->flags & TCP_QUEUED);
}

static bool connection_is_sound(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	uint32_t ref = table_find(&shard->table, table_hash(&shard->table, &conn->key), &conn->key);

	if (conn->flags & TCP_LINGERS)
		return flight_is_sound(shard, conn) && shard_flight_of(shard, conn);
	if (ref != table_ref(TABLE_CONN, (uint32_t)(conn - shard->conns)) || !flight_is_sound(shard, conn))
		return false;
	if (conn->state < QUERN_SYN_SENT || conn->state > QUERN_LAST_ACK)
		return false;
	/* What is in flight must be timed, unless it has yet to go out. */
	return !(conn->flags & TCP_IN_FLIGHT) || conn->timer.due != WHEEL_NEVER || conn->flags & TCP_QUEUED;
}

static bool connections_are_sound(const struct quern_shard *shard)
{
	uint32_t half_open = 0, used = 0;

	for (uint32_t i = 0; i < shard->config.max_connections; i++) {
		const struct tcp_conn *conn = &shard->conns[i];

		if (is_free(conn)) {
			if (conn->timer.due != WHEEL_NEVER)
				return false;
			continue;
		}
		used++;
		half_open += conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;
		if (!connection_is_sound(shard, conn))
			return false;
	}
	return used == shard->conns_used && half_open == shard->half_open;
}

/* Each half-open connection is counted by the shard and by its listener. */
static bool listeners_are_sound(const struct quern_shard *shard)
{
	uint32_t counts[SHARD_SERVICES] = {0};

	for (uint32_t i = 0; i < shard->config.max_connections; i++) {
		const struct tcp_conn *conn = &shard->conns[i];

		counts[conn->profile] += !is_free(conn) && conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;
	}
	for (uint8_t i = 0; i < shard->service_count; i++)
		if (counts[i] != shard->services[i].half_open)
			return false;
	return true;
}

static bool routes_are_sound(const struct quern_shard *shard)
{
	uint64_t in_use = 0, held = 0;

	for (uint8_t i = 0; i < shard->service_count; i++)
		if (shard->services[i].origin == i && !shard->services[i].is_listener)
			in_use += shard->services[i].route.in_use;
	for (uint32_t i = 0; i < shard->config.max_connections; i++)
		held += !is_free(&shard->conns[i]) && !(shard->conns[i].flags & TCP_LINGERS) &&
			!shard->services[shard->conns[i].profile].is_listener;
	for (uint32_t i = 0; i < shard->config.max_time_wait; i++) {
		const struct tcp_time_wait *record = &shard->time_wait.records[i];

		held += record->flags & TCP_TIME_WAIT_LIVE && !shard->services[record->profile].is_listener;
	}
	return in_use == held;
}

bool shard_validate(struct quern_shard *shard)
{
	uint32_t parked = 0, flights = 0;

	for (uint32_t i = 0; i < shard->config.max_connections; i++)
		flights += shard_flight_of(shard, &shard->conns[i]) != NULL;
	for (uint32_t i = 0; i < shard->config.max_time_wait; i++)
		parked += !!(shard->time_wait.records[i].flags & TCP_TIME_WAIT_PARKED);
	return flights == shard->flights_used && table_validate(&shard->table) && wheel_validate(&shard->wheel) &&
	       tcp_time_wait_validate(&shard->time_wait) && free_list_is_whole(shard) && connections_are_sound(shard) &&
	       routes_are_sound(shard) && listeners_are_sound(shard) && shard_ip6_validate(shard) &&
	       shard_pacing_is_sound(shard) &&
	       shard->table.used ==
		       shard->conns_used - shard->lingering + shard->time_wait.live - parked + shard->udp_flows;
}
