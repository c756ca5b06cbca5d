/* play_check.c - what must be true after each turn: of what the shard has said, and of its records. */
#include <string.h>

#include "base/check.h"
#include "fuzz/play.h"
#include "shard/shard_flight.h"
#include "support/edges.h"
#include "support/raw_port.h"
#include "tcp/tcp_timer.h"

enum { ACKS_TO_SPARE = 2, FRAMES_MAX = 512 };

struct play_flow *play_flow_of(struct play *play, uint16_t local_port, uint16_t remote_port)
{
	struct play_flow *found = NULL;

	for (int i = 0; i < PLAY_FLOWS; i++)
		if (play->flows[i].local_port == local_port && play->flows[i].remote_port == remote_port)
			found = &play->flows[i];
	CHECK(found != NULL);
	return found;
}

/* The record of a flow; null where it has none. */
static struct tcp_conn *record_of(const struct play *play, const struct play_flow *flow)
{
	for (uint32_t i = 0; i < PLAY_CONNS; i++) {
		struct tcp_conn *conn = &play->shard->conns[i];

		if (conn->key.local_port == flow->local_port && conn->key.remote_port == flow->remote_port &&
		    !(conn->flags & TCP_LINGERS))
			return conn;
	}
	return NULL;
}

/* Rule h: whoever hears nothing but RST says none; but a call or a timer may, and what came before. */
static void check_reset(const struct play *play, const struct play_flow *flow)
{
	CHECK(flow->heard == 0 || flow->heard > flow->resets || play->calls > 0 || play->fired > 0 || play->owed > 0);
}

static bool rests(const struct play *play, const struct play_flow *flow)
{
	for (uint32_t i = 0; i < PLAY_RESTS; i++)
		if (play->rests[i].is_live && play->rests[i].key.local_port == flow->local_port &&
		    play->rests[i].key.remote_port == flow->remote_port)
			return true;
	return false;
}

/* The largest window that a connection may have heard of. One on a SYN is not scaled; and of less than a unit, it
 * counts as one (tcp_negotiate.h). */
static uint32_t most_window(const struct play_flow *flow, const struct tcp_conn *record)
{
	uint32_t most = (uint32_t)flow->most_wnd << record->snd_scale;
	uint32_t of_syn = flow->most_syn_wnd ? RTE_MAX(flow->most_syn_wnd, 1U << record->snd_scale) : 0;

	return RTE_MAX(most, of_syn);
}

/* Rule d, of a connection that was there before the turn and is there still. */
static void check_said(const struct play *play, const struct play_flow *flow, struct play_conn *conn,
		       const struct raw_segment *said)
{
	const struct tcp_conn *record = &play->shard->conns[conn - play->conns];
	const struct shard_flight *flight = shard_flight_of(play->shard, record);
	const struct tcp_profile *profile = &play->shard->services[record->profile].tcp;
	uint32_t una = tcp_snd_una(record, flight ? &flight->tcp : NULL);
	uint32_t nxt = tcp_snd_nxt(record, flight ? &flight->tcp : NULL), unit;
	uint32_t length = said->text_bytes + !!(said->flags & SYN) + !!(said->flags & FIN), edge;

	/* A keepalive probe stands before SND.UNA. */
	CHECK(seq_before_eq(conn->una - 1, said->seq) && seq_before_eq(said->seq + length, nxt));
	CHECK(said->text_bytes <= 1 || seq_before_eq(said->seq + said->text_bytes, una + most_window(flow, record)));
	if (!(said->flags & ACK))
		return;
	unit = record->is_scaled && !(said->flags & SYN) ? 1u << profile->scale : 1;
	edge = said->ack + said->window * unit;
	CHECK(seq_before_eq(said->ack, record->rcv_nxt));
	if (conn->has_acked) {
		CHECK(seq_before_eq(conn->acked, said->ack));
		CHECK((said->flags & SYN) || seq_before_eq(conn->edge, edge + unit - 1));
	}
	for (uint8_t i = 0; i < said->sack_count; i++) {
		CHECK(seq_before(said->sacks[i][0], said->sacks[i][1]));
		CHECK(seq_before_eq(said->sacks[i][1], record->rcv_nxt + (1U << 30)));
	}
	conn->acked = said->ack;
	conn->edge = conn->has_acked && seq_before(edge, conn->edge) ? conn->edge : edge;
	conn->has_acked = true;
}

/* What the player knows from now on. */
static void note(struct play_flow *flow, const struct raw_segment *said)
{
	uint32_t end = said->seq + said->text_bytes + !!(said->flags & SYN) + !!(said->flags & FIN);

	if (said->flags & RST)
		return;
	if (said->flags & SYN) {
		flow->iss = said->seq;
		flow->sent_end = end;
		flow->scale = said->scale;
		flow->has_timestamps = said->has_timestamps;
		flow->is_known = true;
	}
	if (seq_before(flow->sent_end, end))
		flow->sent_end = end;
	if (said->flags & ACK) {
		flow->acked = said->ack;
		flow->edge = said->ack + ((uint32_t)said->window << (said->flags & SYN ? 0 : flow->scale));
	}
	if (said->has_timestamps)
		flow->tsval = said->tsval;
}

static void hear_segment(struct play *play, const uint8_t *bytes, uint32_t count)
{
	struct raw_segment said;
	struct play_flow *flow;
	struct tcp_conn *record;
	struct play_conn *conn;

	CHECK(raw_read(bytes, count, &said) == NULL);
	CHECK(said.source == PLAY_LOCAL && said.dest == PLAY_REMOTE);
	flow = play_flow_of(play, said.source_port, said.dest_port);
	play_tell(play, "        flow %d hears %s seq %u len %u ack %u win %u", (int)(flow - play->flows),
		  raw_flags_text(said.flags), said.seq, said.text_bytes, said.ack, said.window);
	/* Rule a: each byte is a function of its number. */
	CHECK(said.text_sum == raw_text_sum(said.seq, said.text_bytes));
	CHECK(!(said.flags & SYN) || said.text_bytes == 0);
	if (said.flags & RST)
		check_reset(play, flow);
	else if ((said.flags & (SYN | ACK)) == SYN)
		CHECK(!rests(play, flow) || shard_counters(play->shard)->time_wait_evicted != play->evicted);
	play->bare_acks += said.text_bytes == 0 && said.flags == ACK;
	record = record_of(play, flow);
	conn = record ? &play->conns[record - play->shard->conns] : NULL;
	/* What has waited in line may be of a connection that is over. */
	if (!play->had_line && conn && conn->is_tracked && conn->handle.generation == record->generation &&
	    !(said.flags & RST) && record->state > QUERN_SYN_SENT)
		check_said(play, flow, conn, &said);
	if (play->deaf > 0)
		play->deaf--;
	else
		note(flow, &said);
}

void play_hear(struct play *play, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *frames[RAW_PORT_FRAMES];
	unsigned int count = 1;

	frames[0] = mbuf;
	if (play->world & PLAY_HARDWARE)
		count = raw_port_send(mbuf, play->opened.in_pool, frames);
	for (unsigned int i = 0; i < count; i++) {
		CHECK(frames[i]->nb_segs == 1);
		hear_segment(play, rte_pktmbuf_mtod(frames[i], const uint8_t *), frames[i]->pkt_len);
		rte_pktmbuf_free(frames[i]);
	}
}

bool play_has_fin(enum quern_state state)
{
	return state == QUERN_CLOSE_WAIT || state == QUERN_CLOSING || state == QUERN_LAST_ACK ||
	       state == QUERN_TIME_WAIT || state == QUERN_CLOSED;
}

/* Numbers go forwards, and what the application was given and has sent is what they say. */
static void check_numbers(const struct play *play, struct play_conn *conn, const struct tcp_conn *record)
{
	const struct shard_flight *flight = shard_flight_of(play->shard, record);
	const struct tcp_flight *tcp = flight ? &flight->tcp : NULL;
	uint32_t una = tcp_snd_una(record, tcp), nxt = tcp_snd_nxt(record, tcp), rto_ms = tcp_timer_rto(record, tcp);
	uint32_t held = flight ? flight->tcp.held_bytes : 0, queued = flight ? flight->queue.send_bytes : 0;
	enum quern_state state = record->state;
	bool has_fin = play_has_fin(state);

	CHECK(seq_before_eq(una, nxt));
	CHECK(rto_ms >= TCP_RTO_FIRST_MS && rto_ms <= TCP_RTO_MAX_MS);
	CHECK(!tcp || tcp->congestion.cwnd >= tcp_smss(record));
	if (conn->is_tracked) {
		CHECK(seq_before_eq(conn->una, una));
		CHECK(conn->state == QUERN_SYN_SENT || seq_before_eq(conn->rcv_nxt, record->rcv_nxt));
	}
	conn->una = una;
	conn->nxt = nxt;
	conn->rcv_nxt = record->rcv_nxt;
	if (!conn->is_known || !conn->is_established || conn->has_closed)
		return;
	if (conn->is_vague)
		conn->read_at = record->rcv_nxt - has_fin - held;
	conn->is_vague = false;
	CHECK(conn->read_at + held + has_fin == record->rcv_nxt);
	if (state != QUERN_TIME_WAIT && state != QUERN_CLOSED)
		CHECK(queued == (una == conn->write_at + 1 ? 0 : conn->write_at - una));
}

static void check_record(struct play *play, uint32_t index)
{
	const struct tcp_conn *record = &play->shard->conns[index];
	struct play_conn *conn = &play->conns[index];
	bool is_live = record->key.local_port != 0, is_same = conn->handle.generation == record->generation;
	bool is_untold =
		record->flags & TCP_WAITS_ACCEPT || (record->state == QUERN_SYN_RCVD && record->flags & TCP_PASSIVE);
	bool is_over = record->state == QUERN_TIME_WAIT || record->state == QUERN_CLOSED;

	/* Rule b: no record goes without a word. */
	CHECK(!conn->is_known || (is_live && is_same));
	if (!is_live || !is_same)
		conn->is_tracked = conn->has_acked = false;
	if (!is_live)
		return;
	CHECK(conn->is_known != is_untold);
	CHECK(is_over == !!(record->flags & TCP_LINGERS));
	/* Rule c. */
	if (conn->is_tracked)
		CHECK(play->injected > 1 ? edge_is_way(conn->state, record->state)
					 : edge_is_legal(conn->state, record->state));
	conn->handle = (struct quern_conn){index, 0, record->generation};
	check_numbers(play, conn, record);
	conn->state = record->state;
	conn->is_tracked = true;
}

/* Rule f: 2MSL is waited for, unless the ring is full, a SYN reopens the pair, or a RST may end it. */
static void check_rests(struct play *play)
{
	const struct quern_counters *counters = shard_counters(play->shard);
	bool may_go = counters->time_wait_evicted != play->evicted || counters->time_wait_reopened != 0 ||
		      play->world & PLAY_TIME_WAIT_RESET;

	for (uint32_t i = 0; i < play->shard->config.max_time_wait; i++) {
		const struct tcp_time_wait *record = &play->shard->time_wait.records[i];
		struct play_rest *rest = &play->rests[i];
		bool is_live = record->flags & TCP_TIME_WAIT_LIVE;
		uint32_t now_ms = play->shard->now_ms;

		if (rest->is_live && (!is_live || !flow_key_equal(&rest->key, &record->key)))
			CHECK(may_go || seq_before_eq(rest->until_ms, now_ms) ||
			      rests(play, play_flow_of(play, rest->key.local_port, rest->key.remote_port)));
		if (is_live && (!rest->is_live || !flow_key_equal(&rest->key, &record->key)))
			rest->until_ms = now_ms + play->shard->config.time_wait_ms - 1;
		rest->is_live = is_live;
		rest->key = record->key;
	}
	play->evicted = counters->time_wait_evicted;
}

/* Rule g: but where the port gathers, buffers of a queue may be in line as well. */
static void check_buffers(const struct play *play)
{
	const struct quern_shard *shard = play->shard;
	uint32_t used =
		rte_mempool_in_use_count(play->opened.in_pool) + rte_mempool_in_use_count(play->opened.out_pool);
	uint32_t in_line = shard->out_tail - shard->out_head;

	if (in_line == 0 || !(play->world & PLAY_HARDWARE))
		CHECK(used == shard->buffers.used + in_line + play->stolen_count + play->burst_count);
}

void play_check(struct play *play)
{
	CHECK(shard_validate(play->shard));
	for (uint32_t i = 0; i < PLAY_CONNS; i++)
		check_record(play, i);
	check_rests(play);
	check_buffers(play);
	/* Rule h: each frame, timer and call draws one ACK, and each connection may owe one. */
	CHECK(play->bare_acks <=
	      play->injected + play->fired + play->calls + play->owed + play->shard->conns_used + ACKS_TO_SPARE);
}
