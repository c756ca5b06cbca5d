/* shard_time_wait.c - connections on their way through TIME-WAIT: in, answers, reopened, out. */
#include "shard/shard_half_open.h"

#include "base/seq.h"
#include "tcp/tcp_open.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timestamps.h"

enum {
	LOOK_AHEAD = 8,   /* records between the oldest and the one whose bucket is fetched */
	RESTART_MS = 500, /* least time between two moves of a record to the tail */
	ISS_STEP = 64000  /* how far above the old SND.NXT a new incarnation begins at least */
};

static uint32_t slot_of(const struct quern_shard *shard, const struct tcp_time_wait *record)
{
	return (uint32_t)(record - shard->time_wait.records);
}

/* Takes a record out of ring and table, and frees its pair of the route. */
static void remove_record(struct quern_shard *shard, struct tcp_time_wait *record)
{
	uint32_t slot = slot_of(shard, record);

	if (!(record->flags & TCP_TIME_WAIT_PARKED))
		table_remove(&shard->table, table_hash(&shard->table, &record->key), table_ref(TABLE_TIME_WAIT, slot));
	shard_route_release(shard, record->profile);
	alias_release(&shard->ip6.aliases, record->key.remote);
	tcp_time_wait_drop(&shard->time_wait, slot);
}

/* Takes the oldest record out, and loads the bucket of one that will be the oldest soon: nobody has touched it for
 * long. */
static void remove_oldest(struct quern_shard *shard, struct tcp_time_wait *oldest)
{
	const struct tcp_time_wait_ring *ring = &shard->time_wait;
	uint32_t ahead = ring->head + LOOK_AHEAD;

	if (ring->filled > LOOK_AHEAD) {
		ahead = ahead < ring->capacity ? ahead : ahead - ring->capacity;
		table_prefetch(&shard->table, table_hash(&shard->table, &ring->records[ahead].key));
	}
	remove_record(shard, oldest);
}

/* A full ring gives up its oldest. */
static void make_room(struct quern_shard *shard)
{
	if (!tcp_time_wait_full(&shard->time_wait))
		return;
	remove_oldest(shard, tcp_time_wait_oldest(&shard->time_wait));
	counter_add(&shard->counters.time_wait_evicted, 1);
}

void shard_time_wait_enter(struct quern_shard *shard, struct tcp_conn *conn)
{
	uint64_t hash = table_hash(&shard->table, &conn->key);
	struct tcp_time_wait record = tcp_time_wait_from(conn);
	uint32_t slot;

	make_room(shard);
	slot = tcp_time_wait_add(&shard->time_wait, &record, shard->now_ms);
	alias_hold(&shard->ip6.aliases, record.key.remote);
	table_replace(&shard->table, hash, table_ref(TABLE_CONN, shard_conn_index(shard, conn)),
		      table_ref(TABLE_TIME_WAIT, slot));
	counter_add(&shard->counters.time_wait_entered, 1);
	shard_conn_finish(shard, conn, QUERN_END_CLOSED);
}

uint32_t shard_time_wait_expire(struct quern_shard *shard, uint32_t max)
{
	uint32_t count = 0;

	for (; count < max; count++) {
		struct tcp_time_wait *oldest = tcp_time_wait_oldest(&shard->time_wait);

		if (!oldest || seq_before(shard->tick, oldest->expires_ms))
			break;
		remove_oldest(shard, oldest);
	}
	return count;
}

bool shard_time_wait_unpark(struct quern_shard *shard, struct tcp_conn *conn, uint64_t hash)
{
	struct tcp_time_wait *record = &shard->time_wait.records[conn->parked];

	/* It may have expired meanwhile, and the slot be another's. */
	if (!(record->flags & TCP_TIME_WAIT_PARKED) || !flow_key_equal(&record->key, &conn->key))
		return false;
	record->flags &= (uint8_t)~TCP_TIME_WAIT_PARKED;
	table_replace(&shard->table, hash, table_ref(TABLE_CONN, shard_conn_index(shard, conn)),
		      table_ref(TABLE_TIME_WAIT, conn->parked));
	return true;
}

void shard_time_wait_forget(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct tcp_time_wait *record = &shard->time_wait.records[conn->parked];

	conn->user = 0;
	conn->flags &= (uint16_t)~TCP_REOPENED;
	if (record->flags & TCP_TIME_WAIT_PARKED && flow_key_equal(&record->key, &conn->key))
		remove_record(shard, record);
}

static void acknowledge(struct quern_shard *shard, struct shard_frame *frame, const struct tcp_time_wait *record)
{
	const struct shard_service *service = &shard->services[record->profile];
	uint32_t window = tcp_time_wait_window(record, &service->tcp);
	struct segment segment = {.seq = record->snd_nxt,
				  .ack = record->rcv_nxt,
				  .wnd = tcp_window_field(&service->tcp, record->flags & TCP_TIME_WAIT_SCALED, window),
				  .flags = TCP_ACK};

	if (record->flags & TCP_TIME_WAIT_TIMESTAMPS) {
		segment.options = SEGMENT_TIMESTAMPS;
		segment.tsval = shard->now_ms + shard_timestamps_offset(shard, &record->key);
		segment.tsecr = record->ts_recent;
	}
	shard_send_segment(shard, frame, &record->key, &segment, &service->ip, NULL);
}

/* RFC 9293 3.10.7.4: a repeated FIN starts 2MSL again, so the record moves to the tail. */
static void restart(struct quern_shard *shard, struct shard_frame *frame, struct tcp_time_wait *record)
{
	struct tcp_time_wait moved = *record;
	uint32_t old = slot_of(shard, record), wait_ms = shard->time_wait.wait_ms, slot;

	acknowledge(shard, frame, record);
	if (tcp_time_wait_extend(&shard->time_wait, old, shard->now_ms))
		return;
	/* Each move leaves a hole: unbounded, the FINs of two peers would push all other records out. */
	if (shard->now_ms + wait_ms - record->expires_ms < (wait_ms / 64 < RESTART_MS ? wait_ms / 64 : RESTART_MS))
		return;
	tcp_time_wait_drop(&shard->time_wait, old);
	make_room(shard);
	slot = tcp_time_wait_add(&shard->time_wait, &moved, shard->now_ms);
	table_replace(&shard->table, frame->hash, table_ref(TABLE_TIME_WAIT, old), table_ref(TABLE_TIME_WAIT, slot));
}

/* RFC 6191: a new incarnation in the place of the old one, which waits behind it until the handshake is done. */
static void reopen(struct quern_shard *shard, struct shard_frame *frame, struct tcp_time_wait *record)
{
	const struct packet *packet = frame->packet;
	struct shard_service *listener = shard_listener_find(shard, packet->key.local, packet->key.local_port);
	struct flow_key name = shard_ip6_secret_name(shard, packet);
	uint32_t iss = tcp_isn(&shard->isn_secret, &name, shard->isn_clock), slot = slot_of(shard, record);
	struct tcp_conn *conn;

	if (!listener || shard_half_open_is_full(shard, listener)) {
		shard_drop(shard, listener ? QUERN_DROP_TCP_HALF_OPEN_LIMIT : QUERN_DROP_TIME_WAIT_SYN);
		return;
	}
	conn = shard_conn_new_over(shard, &packet->key, frame->hash, (uint8_t)(listener - shard->services),
				   table_ref(TABLE_TIME_WAIT, slot));
	if (!conn) {
		shard_drop(shard, QUERN_DROP_TCP_TABLE_FULL);
		return;
	}
	if (seq_before_eq(iss, record->snd_nxt))
		iss = record->snd_nxt + ISS_STEP;
	tcp_open_from_syn(conn, &packet->tcp, &listener->tcp, iss, shard->now_ms);
	conn->flags |= TCP_REOPENED;
	conn->parked = slot;
	record->flags |= TCP_TIME_WAIT_PARKED;
	shard_half_open_begin(shard, conn);
	counter_add(&shard->counters.opened_passive, 1);
	counter_add(&shard->counters.time_wait_reopened, 1);
	shard_tcp_output(shard, conn, frame, false);
}

/* RFC 6191 2 asks of a SYN whether timestamps would be enabled: those that nobody takes are as good as none. */
static struct segment as_listener_sees_it(struct quern_shard *shard, const struct packet *packet)
{
	struct segment segment = packet->tcp;
	const struct shard_service *listener;

	if ((segment.flags & (TCP_SYN | TCP_RST)) != TCP_SYN)
		return segment;
	listener = shard_listener_find(shard, packet->key.local, packet->key.local_port);
	if (!listener || !listener->tcp.offers_timestamps)
		segment.options &= (uint8_t)~SEGMENT_TIMESTAMPS;
	return segment;
}

void shard_time_wait_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t slot)
{
	struct tcp_time_wait *record = &shard->time_wait.records[slot];
	uint32_t window = tcp_time_wait_window(record, &shard->services[record->profile].tcp);
	struct segment segment = as_listener_sees_it(shard, frame->packet);
	enum quern_drop drop = QUERN_DROP_NONE;

	switch (tcp_time_wait_input(record, &segment, window, shard->config.time_wait_reset, shard->now_ms, &drop)) {
	case TCP_TIME_WAIT_SILENCE:
		shard_drop(shard, drop);
		break;
	case TCP_TIME_WAIT_ACK:
		shard_drop(shard, drop);
		acknowledge(shard, frame, record);
		break;
	case TCP_TIME_WAIT_RESTART:
		restart(shard, frame, record);
		break;
	case TCP_TIME_WAIT_REOPEN:
		reopen(shard, frame, record);
		break;
	case TCP_TIME_WAIT_END:
		remove_record(shard, record);
		break;
	}
}
