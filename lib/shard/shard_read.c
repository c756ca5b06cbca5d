/* shard_read.c - connections as other threads see them, while the shard goes on. */
#include "shard/shard_parts.h"

#include <string.h>

#include "base/snapshot.h"
#include "table/table_read.h"

enum {
	WORDS_OF_CONN = sizeof(struct tcp_conn) / sizeof(uint64_t),
	WORDS_OF_TIME_WAIT = sizeof(struct tcp_time_wait) / sizeof(uint64_t),
	WORDS_OF_FLIGHT = sizeof(struct shard_flight) / sizeof(uint64_t),
	PAIRS_A_CALL = 16384 /* so that a call ends within milliseconds, whatever the filter lets through */
};
static_assert(sizeof(struct tcp_conn) <= TABLE_READ_WORDS * sizeof(uint64_t), "a copy holds a connection");
static_assert(sizeof(struct tcp_time_wait) <= TABLE_READ_WORDS * sizeof(uint64_t), "and a TIME-WAIT record");

static bool is_open(enum quern_state state)
{
	return state >= QUERN_SYN_SENT && state <= QUERN_TIME_WAIT;
}

static bool endpoint_fits(const struct quern_endpoint *wanted, const struct quern_endpoint *found)
{
	if (wanted->port != 0 && wanted->port != found->port)
		return false;
	if (quern_ip6_is_set(&wanted->ip6))
		return ip6_equal(wanted->ip6, found->ip6);
	return wanted->address == 0 || wanted->address == found->address;
}

static bool passes(const struct quern_conn_filter *filter, const struct quern_conn_info *row)
{
	if (!filter)
		return true;
	return (filter->states == 0 || filter->states & 1u << row->state) &&
	       endpoint_fits(&filter->local, &row->local) && endpoint_fits(&filter->remote, &row->remote);
}

/* Copies the flight that a copy of a connection names. False where there is none, or it is another's by now. */
static bool copy_flight(const struct quern_shard *shard, uint32_t index, const struct tcp_conn *conn,
			struct shard_flight *flight)
{
	_Alignas(uint64_t) struct tcp_conn again;

	if (!tcp_has_flight(conn) || tcp_flight_index(conn) >= shard->config.max_flights)
		return false;
	snapshot_copy((uint64_t *)(void *)flight, &shard->flights[tcp_flight_index(conn)], WORDS_OF_FLIGHT);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	snapshot_copy((uint64_t *)(void *)&again, &shard->conns[index], WORDS_OF_CONN);
	return again.rtt_or_flight == conn->rtt_or_flight && again.generation == conn->generation;
}

static void describe_time_wait(const struct tcp_time_wait *record, struct quern_conn_info *row)
{
	*row = (struct quern_conn_info){
		.state = QUERN_TIME_WAIT,
		.snd_nxt = record->snd_nxt,
		.snd_una = record->snd_nxt,
		.rcv_nxt = record->rcv_nxt,
	};
}

/* All of a row but its ends; false where the connection is only about to be opened, or over. */
static bool describe(const struct quern_shard *shard, const struct table_entry *entry, struct quern_conn_info *row)
{
	_Alignas(uint64_t) struct shard_flight flight;
	struct tcp_conn conn;

	if (table_ref_kind(entry->ref) == TABLE_TIME_WAIT) {
		describe_time_wait((const struct tcp_time_wait *)(const void *)entry->record, row);
		return true;
	}
	memcpy(&conn, entry->record, sizeof(conn));
	shard_conn_describe(&conn, copy_flight(shard, table_ref_index(entry->ref), &conn, &flight) ? &flight : NULL,
			    row);
	row->id = shard_conn_id(table_ref_index(entry->ref), &conn);
	return is_open(row->state);
}

/* Whether the record of an entry still has its key, and so a hold on what that stands for. */
static bool still_holds(const struct quern_shard *shard, uint32_t ref, const struct flow_key *key)
{
	uint32_t index = table_ref_index(ref);
	_Alignas(uint64_t) struct tcp_time_wait time_wait;
	_Alignas(uint64_t) struct tcp_conn conn;

	if (table_ref_kind(ref) == TABLE_TIME_WAIT) {
		snapshot_copy((uint64_t *)(void *)&time_wait, &shard->time_wait.records[index], WORDS_OF_TIME_WAIT);
		return time_wait.flags & TCP_TIME_WAIT_LIVE && flow_key_equal(&time_wait.key, key);
	}
	snapshot_copy((uint64_t *)(void *)&conn, &shard->conns[index], WORDS_OF_CONN);
	return flow_key_equal(&conn.key, key);
}

/* The ends of a row. False where the record has let go meanwhile of the alias in its key, which may be another's. */
static bool describe_ends(const struct quern_shard *shard, const struct table_entry *entry, struct quern_conn_info *row)
{
	struct flow_key key;

	memcpy(&key, entry->record, sizeof(key));
	shard_ip6_ends(shard, &key, row);
	if (!flow_key_is_ip6(&key))
		return true;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return still_holds(shard, entry->ref, &key);
}

uint32_t shard_read_conns(const struct quern_shard *shard, struct quern_conn_cursor *cursor,
			  const struct quern_conn_filter *filter, struct quern_conn_info *rows, uint32_t max)
{
	struct table_cursor place = {(uint32_t)(cursor->at >> 32), (uint32_t)cursor->at, 0};
	struct table_entry entries[TABLE_READ_MAX];
	uint32_t count = 0;

	for (uint32_t pairs = 0; pairs < PAIRS_A_CALL && count < max && table_read_goes_on(&shard->table, &place);
	     pairs++) {
		uint32_t pair = place.pair, found = table_read(&shard->table, &place, entries);

		for (uint32_t i = 0; i < found; i++) {
			if (!describe(shard, &entries[i], &rows[count]))
				continue;
			if (!describe_ends(shard, &entries[i], &rows[count])) {
				place.skipped++;
				continue;
			}
			if (!passes(filter, &rows[count]))
				continue;
			if (++count < max || i + 1 == found)
				continue;
			place.pair = pair;
			place.after = entries[i].ref;
			break;
		}
	}
	cursor->skipped += place.skipped;
	cursor->at =
		table_read_goes_on(&shard->table, &place) ? (uint64_t)place.pair << 32 | place.after : QUERN_CONNS_END;
	return count;
}

void shard_read_states(const struct quern_shard *shard, uint32_t counts[QUERN_STATES_END])
{
	memset(counts, 0, QUERN_STATES_END * sizeof(counts[0]));
	for (uint32_t i = 0; i < shard->config.max_connections && counter_level_read(&shard->conns_used) > 0; i++) {
		_Alignas(uint64_t) struct tcp_conn conn;

		snapshot_copy((uint64_t *)(void *)&conn, &shard->conns[i], WORDS_OF_CONN);
		if (conn.key.local_port != 0 && is_open(conn.state) && !(conn.flags & TCP_LINGERS))
			counts[conn.state]++;
	}
	counts[QUERN_TIME_WAIT] += counter_level_read(&shard->time_wait.live);
}
