/* shard_conn.c - records of connections: from the free list into the table, and back. */
#include "shard/shard_flight.h"
#include "shard/shard_half_open.h"
#include "shard/shard_pacing.h"

#include "tcp/tcp_call.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_transition.h"

static_assert(QUERN_ENDS_END <= sizeof(((struct quern_counters *)NULL)->ended) / sizeof(uint64_t), "a count for each");

static struct tcp_conn *take_free(struct quern_shard *shard, const struct flow_key *key, uint8_t service)
{
	struct tcp_conn *conn;

	if (!shard->first_free)
		return NULL;
	conn = &shard->conns[shard->first_free - 1];
	shard->first_free = conn->user;
	counter_level_up(&shard->conns_used);
	conn->key = *key;
	alias_hold(&shard->ip6.aliases, key->remote);
	conn->profile = service;
	conn->user = 0;
	conn->retries = 0;
	conn->challenge_slot = 0;
	conn->rtt_or_flight = 0;
	return conn;
}

static void give_back(struct quern_shard *shard, struct tcp_conn *conn)
{
	alias_release(&shard->ip6.aliases, conn->key.remote);
	conn->key = (struct flow_key){.local = 0};
	conn->flags = 0;
	conn->rtt_or_flight = 0;
	conn->generation++;
	conn->user = shard->first_free;
	shard->first_free = shard_conn_index(shard, conn) + 1;
	counter_level_down(&shard->conns_used);
}

struct tcp_conn *shard_conn_new(struct quern_shard *shard, const struct flow_key *key, uint64_t hash, uint8_t service)
{
	struct tcp_conn *conn = take_free(shard, key, service);

	if (!conn)
		return NULL;
	if (table_insert(&shard->table, hash, table_ref(TABLE_CONN, shard_conn_index(shard, conn))) < 0) {
		give_back(shard, conn);
		return NULL;
	}
	shard->insertions++;
	return conn;
}

struct tcp_conn *shard_conn_new_over(struct quern_shard *shard, const struct flow_key *key, uint64_t hash,
				     uint8_t service, uint32_t old)
{
	struct tcp_conn *conn = take_free(shard, key, service);

	if (conn)
		table_replace(&shard->table, hash, old, table_ref(TABLE_CONN, shard_conn_index(shard, conn)));
	return conn;
}

/* Nobody will accept it any more. */
static void stop_waiting(struct quern_shard *shard, const struct tcp_conn *conn)
{
	uint32_t index = shard_conn_index(shard, conn), kept = 0;

	for (uint32_t i = 0; i < shard->waiting_count; i++)
		if (shard->waiting[i].conn.index != index)
			shard->waiting[kept++] = shard->waiting[i];
	shard->waiting_count = kept;
}

void shard_conn_free(struct quern_shard *shard, struct tcp_conn *conn)
{
	if (conn->flags & TCP_WAITS_ACCEPT)
		stop_waiting(shard, conn);
	if (conn->state == QUERN_LISTEN)
		tcp_transition(conn, TCP_EVENT_CLOSE);
	else if (conn->state == QUERN_TIME_WAIT)
		tcp_transition(conn, TCP_EVENT_TIMEOUT);
	tcp_timer_on_closed(conn);
	if (shard_flight_of(shard, conn))
		shard_flight_end(shard, conn);
	/* An open in the same callback may get this record: what it owes is no answer to the segment being taken. */
	if (shard->current == conn)
		shard->current = NULL;
	give_back(shard, conn);
}

struct tcp_conn *shard_conn_record(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn;

	if (handle.shard != shard->config.number || handle.index >= shard->config.max_connections)
		return NULL;
	conn = &shard->conns[handle.index];
	return conn->generation == handle.generation && conn->key.local_port ? conn : NULL;
}

struct tcp_conn *shard_conn_alive(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_record(shard, handle);

	/* Nobody was given a handle of a half-open connection that a peer has made. */
	if (!conn || (conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE))
		return NULL;
	return conn->state != QUERN_CLOSED && conn->state != QUERN_TIME_WAIT ? conn : NULL;
}

struct tcp_conn *shard_conn_readable(struct quern_shard *shard, struct quern_conn handle)
{
	struct tcp_conn *conn = shard_conn_record(shard, handle);

	return conn && conn->flags & TCP_LINGERS ? conn : shard_conn_alive(shard, handle);
}

struct quern_conn shard_conn_handle(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return (struct quern_conn){shard_conn_index(shard, conn), shard->config.number, conn->generation};
}

static void tell_ended(struct quern_shard *shard, struct tcp_conn *conn, enum quern_end how)
{
	struct shard_service *service = shard_service_of(shard, conn);

	counter_add(&shard->counters.ended[how], 1);
	counter_add(&shard->counters.closed[how], !(conn->flags & TCP_SYN_IN_FLIGHT));
	if (service->events.on_ended)
		service->events.on_ended(shard, shard_conn_handle(shard, conn), how, service->app);
}

/* An orderly end comes behind the text before it. */
static bool lingers(const struct quern_shard *shard, const struct tcp_conn *conn, enum quern_end how)
{
	const struct shard_flight *flight = shard_flight_of(shard, conn);

	return how == QUERN_END_CLOSED && flight && flight->tcp.held_bytes > 0 && !(conn->flags & TCP_ORPHAN);
}

void shard_conn_finish(struct quern_shard *shard, struct tcp_conn *conn, enum quern_end how)
{
	if (lingers(shard, conn, how)) {
		if (shard_flight_of(shard, conn)->tcp.pacing.place)
			shard_pacing_forget(shard, &shard_flight_of(shard, conn)->tcp);
		conn->flags |= TCP_LINGERS;
		tcp_timer_on_closed(conn);
		shard->lingering++;
		return;
	}
	tell_ended(shard, conn, how);
	shard_conn_free(shard, conn);
}

void shard_conn_linger_end(struct quern_shard *shard, struct tcp_conn *conn)
{
	shard->lingering--;
	conn->flags &= (uint16_t)~TCP_LINGERS;
	tell_ended(shard, conn, QUERN_END_CLOSED);
	shard_conn_free(shard, conn);
}

void shard_conn_end(struct quern_shard *shard, struct tcp_conn *conn, enum quern_end how, bool half_open)
{
	table_remove(&shard->table, table_hash(&shard->table, &conn->key),
		     table_ref(TABLE_CONN, shard_conn_index(shard, conn)));
	shard_route_release(shard, conn->profile);
	if (half_open || conn->flags & TCP_SYN_IN_FLIGHT)
		counter_add(&shard->counters.failed[how], 1);
	if (half_open) {
		shard_half_open_end(shard, conn);
		shard_conn_free(shard, conn);
		return;
	}
	shard_conn_finish(shard, conn, how);
}

static void send_reset(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct segment segment;

	tcp_output_reset(conn, shard_flight_tcp(shard_flight_of(shard, conn)), &segment);
	shard_send_segment(shard, conn == shard->current ? shard->current_frame : NULL, &conn->key, &segment,
			   &shard_service_of(shard, conn)->ip, NULL);
	counter_add(&shard->counters.resets_sent, 1);
}

void shard_conn_abort(struct quern_shard *shard, struct tcp_conn *conn)
{
	if (tcp_abort(conn))
		send_reset(shard, conn);
	shard_conn_end(shard, conn, QUERN_END_ABORTED, false);
}

void shard_conn_abort_unread(struct quern_shard *shard, struct tcp_conn *conn)
{
	tcp_abort(conn);
	send_reset(shard, conn);
	shard_conn_end(shard, conn, QUERN_END_ABORTED, false);
}
