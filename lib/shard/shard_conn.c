/* shard_conn.c - records of connections: from the free list into the table, and back. */
#include "shard/shard_parts.h"

#include "tcp/tcp_timer.h"
#include "tcp/tcp_transition.h"

static struct tcp_conn *take_free(struct quern_shard *shard, const struct flow_key *key, uint8_t service)
{
	struct tcp_conn *conn;

	if (!shard->first_free)
		return NULL;
	conn = &shard->conns[shard->first_free - 1];
	shard->first_free = conn->user;
	shard->conns_used++;
	conn->key = *key;
	conn->profile = service;
	conn->user = 0;
	conn->retries = 0;
	conn->challenge_slot = 0;
	return conn;
}

static void give_back(struct quern_shard *shard, struct tcp_conn *conn)
{
	conn->key = (struct flow_key){.local = 0};
	conn->flags = 0;
	conn->generation++;
	conn->user = shard->first_free;
	shard->first_free = shard_conn_index(shard, conn) + 1;
	shard->conns_used--;
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
	/* An open in the same callback may get this record: what it owes is no answer to the segment being taken. */
	if (shard->current == conn)
		shard->current = NULL;
	give_back(shard, conn);
}

struct quern_conn shard_conn_handle(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return (struct quern_conn){shard_conn_index(shard, conn), shard->config.number, conn->generation};
}

void shard_conn_end(struct quern_shard *shard, struct tcp_conn *conn, enum quern_end how, bool half_open)
{
	struct shard_service *service = shard_service_of(shard, conn);

	if (half_open) {
		shard->half_open--;
	} else {
		counter_add(&shard->counters.ended[how], 1);
		if (service->events.on_ended)
			service->events.on_ended(shard, shard_conn_handle(shard, conn), how, service->app);
	}
	table_remove(&shard->table, table_hash(&shard->table, &conn->key),
		     table_ref(TABLE_CONN, shard_conn_index(shard, conn)));
	shard_route_release(shard, conn->profile);
	shard_conn_free(shard, conn);
}
