/* shard_tcp.c - a TCP segment meets its connection, its listener, or nobody; and what is said in return. */
#include "shard/shard_cookie.h"
#include "shard/shard_flight.h"
#include "shard/shard_half_open.h"
#include "shard/shard_reassembly.h"
#include "shard/shard_scoreboard.h"

#include "base/seq.h"
#include "tcp/tcp_open.h"

static void count_verdict(struct quern_shard *shard, const struct tcp_verdict *verdict)
{
	struct quern_counters *counters = &shard->counters;

	if (!(verdict->drop | (verdict->events & (TCP_HAPPENED_CHALLENGED | TCP_HAPPENED_THROTTLED))))
		return;
	if (verdict->drop)
		shard_drop(shard, verdict->drop);
	if (verdict->events & TCP_HAPPENED_CHALLENGED)
		counter_add(&counters->challenge_acks, 1);
	if (verdict->events & TCP_HAPPENED_THROTTLED)
		counter_add(&counters->challenge_acks_throttled, 1);
}

/* Whoever completes a handshake has answered our SYN+ACK: its MAC address is right. */
static void confirm_neighbour(struct quern_shard *shard, const struct shard_frame *frame)
{
	const uint8_t *source_mac = rte_pktmbuf_mtod_offset(frame->mbuf, const uint8_t *, 6);

	if (shard->config.ethernet && frame->packet->version == 6)
		neigh_nd_confirm(&shard->ip6.neigh, frame->packet->ip6.remote, source_mac, shard->now_ms);
	else if (shard->config.ethernet)
		neigh_confirm(&shard->neigh, frame->packet->key.remote, source_mac, shard->now_ms);
}

static void on_established(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame)
{
	struct shard_service *service = shard_service_of(shard, conn);

	counter_add(&shard->counters.established, 1);
	if (conn->flags & TCP_PASSIVE) {
		shard_half_open_end(shard, conn);
		confirm_neighbour(shard, frame);
		if (conn->flags & TCP_REOPENED)
			shard_time_wait_forget(shard, conn);
	}
	if (service->events.on_established) {
		service->events.on_established(shard, shard_conn_handle(shard, conn), service->app);
	} else if (service->is_listener) {
		conn->flags |= TCP_WAITS_ACCEPT;
		shard->waiting[shard->waiting_count++] =
			(struct shard_waiting){conn->profile, shard_conn_handle(shard, conn)};
	}
}

static void on_peer_closed(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct shard_service *service = shard_service_of(shard, conn);

	if (service->events.on_peer_closed)
		service->events.on_peer_closed(shard, shard_conn_handle(shard, conn), service->app);
}

/* An application that reads slowly hears of the FIN behind the text that is held for it. */
static void tell_peer_closed(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct shard_flight *flight = shard_flight_of(shard, conn);

	/* Whatever came with numbers beyond that of the FIN is no text. */
	if (flight)
		shard_reassembly_clear(shard, flight);
	if (flight && flight->tcp.held_bytes > 0)
		flight->tcp.flags |= TCP_FLIGHT_TELL_FIN;
	else
		on_peer_closed(shard, conn);
}

static void on_urgent(struct quern_shard *shard, struct tcp_conn *conn, uint32_t bytes)
{
	struct shard_service *service = shard_service_of(shard, conn);
	const struct shard_flight *flight = shard_flight_of(shard, conn);

	if (service->events.on_urgent)
		service->events.on_urgent(shard, shard_conn_handle(shard, conn),
					  bytes + (flight ? flight->tcp.held_bytes : 0), service->app);
}

static bool has_holes(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	const struct shard_flight *flight = shard_flight_of(shard, conn);

	return flight && flight->tcp.flags & TCP_FLIGHT_HOLES;
}

/* Text that has come, and where it is urgent. False where the application aborted the connection meanwhile. */
static bool tell_text(struct quern_shard *shard, struct tcp_conn *conn, struct tcp_verdict *verdict,
		      struct shard_frame *frame)
{
	uint16_t generation = conn->generation;

	if (verdict->urgent)
		on_urgent(shard, conn, verdict->urgent);
	if (verdict->deliver && (conn->generation != generation ||
				 !shard_flight_deliver(shard, conn, frame, verdict->trim_front, verdict->deliver,
						       verdict->events & TCP_HAPPENED_PEER_CLOSED)))
		return false;
	if ((verdict->hold || verdict->hold_fin) && conn->generation == generation)
		shard_reassembly_hold(shard, conn, frame, verdict);
	if (verdict->deliver && conn->generation == generation && has_holes(shard, conn) &&
	    !shard_reassembly_reach(shard, conn, &verdict->events))
		return false;
	return conn->generation == generation;
}

/* Tells the application what happened, in the order of the stream. False where it aborted the connection meanwhile: the
 * record is not ours now. */
static bool tell(struct quern_shard *shard, struct tcp_conn *conn, struct tcp_verdict *verdict,
		 struct shard_frame *frame)
{
	uint16_t generation = conn->generation;

	if (verdict->events & TCP_HAPPENED_ESTABLISHED)
		on_established(shard, conn, frame);
	if (verdict->deliver | verdict->hold | verdict->hold_fin | verdict->urgent &&
	    (conn->generation != generation || !tell_text(shard, conn, verdict, frame)))
		return false;
	if (verdict->events & TCP_HAPPENED_PEER_CLOSED && conn->generation == generation)
		tell_peer_closed(shard, conn);
	if (verdict->events & TCP_HAPPENED_ACKED && conn->flags & TCP_WANTS_ROOM && conn->generation == generation)
		shard_text_room(shard, conn);
	return conn->generation == generation;
}

/* The half-open connection's record goes; one that was reopened from TIME-WAIT goes back there (RFC 1122 4.2.2.13). */
static void return_to_listen(struct quern_shard *shard, struct tcp_conn *conn, uint64_t hash)
{
	if (conn->flags & TCP_REOPENED && shard_time_wait_unpark(shard, conn, hash)) {
		shard_half_open_end(shard, conn);
		shard_conn_free(shard, conn);
		return;
	}
	shard_conn_end(shard, conn, QUERN_END_RESET, true);
}

/* Nobody takes established connections: the last ACK of the handshake is left out, and SYN+ACK will draw it again. */
static bool accept_is_full(const struct quern_shard *shard, const struct shard_service *service)
{
	return service->is_listener && !service->events.on_established &&
	       shard->waiting_count == shard->config.accept_backlog;
}

/* Without a buffer to hold it in, should the application not take it, text is left out: it comes again. */
static struct segment without_text(struct quern_shard *shard, const struct segment *segment)
{
	struct segment bare = *segment;

	shard_drop(shard, QUERN_DROP_TCP_NO_BUFFERS);
	bare.text_bytes = 0;
	bare.flags &= (uint8_t)~TCP_FIN;
	return bare;
}

/* Says what is owed. An ACK of text and nothing more waits for the end of the turn, where it covers all text of it. */
static void answer(struct quern_shard *shard, struct tcp_conn *conn, const struct tcp_verdict *verdict,
		   struct shard_frame *frame)
{
	bool only_ack = (conn->flags & TCP_OWES) == TCP_OWES_ACK && !tcp_has_flight(conn);

	if (only_ack && verdict->deliver && !verdict->events) {
		shard_tcp_owes(shard, conn);
		return;
	}
	shard_tcp_output(shard, conn, frame, verdict->events & TCP_HAPPENED_ACKED);
}

/* What the segment has brought about, once the application knows. */
static void conclude(struct quern_shard *shard, struct tcp_conn *conn, const struct tcp_verdict *verdict,
		     struct shard_frame *frame, bool half_open)
{
	if (verdict->events & TCP_HAPPENED_ENDED) {
		counter_add(&shard->counters.resets_received,
			    verdict->end == QUERN_END_RESET || verdict->end == QUERN_END_REFUSED);
		shard_conn_end(shard, conn, verdict->end, half_open);
	} else if (verdict->events & TCP_HAPPENED_RETURNED) {
		return_to_listen(shard, conn, frame->hash);
	} else {
		answer(shard, conn, verdict, frame);
		if (verdict->events & TCP_HAPPENED_TIME_WAIT)
			shard_time_wait_enter(shard, conn);
	}
}

/* How far urgent text reaches, and what came twice, is noted in a flight. Without one the first may be told more than
 * once, and the second is not. */
static bool needs_notes(const struct tcp_conn *conn, const struct segment *segment)
{
	bool is_repeat = conn->sack_permitted && segment->text_bytes && seq_before(segment->seq, conn->rcv_nxt);

	return conn->state >= QUERN_ESTABLISHED && (is_repeat || segment->flags & TCP_URG);
}

static void input_connection(struct quern_shard *shard, struct shard_frame *frame, struct tcp_conn *conn)
{
	const struct shard_service *service = shard_service_of(shard, conn);
	struct shard_flight *flight = shard_flight_of(shard, conn);
	const struct segment *segment = &frame->packet->tcp;
	struct segment bare;
	struct tcp_verdict verdict;
	bool half_open = conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;

	if (conn->state == QUERN_SYN_RCVD && accept_is_full(shard, service) &&
	    !(segment->flags & (TCP_RST | TCP_SYN))) {
		shard_drop(shard, QUERN_DROP_TCP_ACCEPT_FULL);
		return;
	}
	if (segment->text_bytes && !shard_flight_has_room(shard, conn, flight)) {
		bare = without_text(shard, segment);
		segment = &bare;
	} else if (segment->text_bytes && segment->flags & TCP_FIN &&
		   !shard_flight_can_keep(shard, flight, frame->mbuf)) {
		/* Text that may have to be left out must not have a FIN behind it. */
		bare = *segment;
		bare.flags &= (uint8_t)~TCP_FIN;
		segment = &bare;
	}
	if (!flight && needs_notes(conn, segment))
		flight = shard_flight_get(shard, conn);
	shard->current = conn;
	shard->current_frame = frame;
	verdict = tcp_input(conn, shard_flight_tcp(flight), shard_scoreboard_for(shard, conn, flight, segment), segment,
			    &service->tcp, shard->now_ms);
	count_verdict(shard, &verdict);
	if (verdict.reset)
		shard_send_reset_for(shard, frame);
	if (flight && verdict.events & TCP_HAPPENED_ACKED)
		shard_queue_release(&flight->queue, &shard->buffers, flight->tcp.snd_una);
	if (tell(shard, conn, &verdict, frame)) {
		shard->current = NULL;
		conclude(shard, conn, &verdict, frame, half_open);
	}
	shard->current = NULL;
}

/* While cookies may come back, a SYN has one ISS whether it gets a record or not: it may have come twice, and the peer
 * answers the first SYN+ACK that it hears. */
static uint32_t iss_for(struct quern_shard *shard, const struct packet *packet, const struct shard_service *listener)
{
	struct flow_key name = shard_ip6_secret_name(shard, packet);

	return shard_cookie_is_expected(shard, listener) ? shard_cookie_of(shard, packet)
							 : tcp_isn(&shard->isn_secret, &name, shard->isn_clock);
}

/* A record for a frame's flow, in the table; null with none left. */
static struct tcp_conn *make_record(struct quern_shard *shard, struct shard_frame *frame,
				    const struct shard_service *listener)
{
	struct tcp_conn *conn = NULL;
	struct flow_key key;

	if (shard_ip6_key_for(shard, frame, &key))
		conn = shard_conn_new(shard, &key, frame->hash, (uint8_t)(listener - shard->services));
	shard_ip6_let_go(shard, &key);
	return conn;
}

/* A SYN that a listener may take: limits, a record, and SYN+ACK. */
static void open_passive(struct quern_shard *shard, struct shard_frame *frame, struct shard_service *listener)
{
	const struct packet *packet = frame->packet;
	const struct segment *syn = &packet->tcp;
	struct segment bare;
	struct tcp_conn *conn;

	if (shard_cookie_is_due(shard, listener)) {
		shard_cookie_send(shard, frame, listener);
		return;
	}
	if (shard_half_open_is_full(shard, listener)) {
		shard_drop(shard, QUERN_DROP_TCP_HALF_OPEN_LIMIT);
		return;
	}
	conn = make_record(shard, frame, listener);
	if (!conn) {
		shard_drop(shard, QUERN_DROP_TCP_TABLE_FULL);
		return;
	}
	/* The first of two may have been answered by cookie, and the peer goes by what that offered. */
	if (shard_cookie_is_expected(shard, listener)) {
		bare = *syn;
		bare.options = tcp_open_carries(syn, &listener->tcp);
		syn = &bare;
	}
	tcp_open_from_syn(conn, syn, &listener->tcp, iss_for(shard, packet, listener), shard->now_ms);
	shard_half_open_begin(shard, conn);
	counter_add(&shard->counters.opened_passive, 1);
	shard_tcp_output(shard, conn, frame, false);
}

/* An ACK without a connection: RST, unless it brings a cookie back. Then a record is made as the SYN would have made
 * it, and takes the ACK, and what comes with it, as any. */
static void open_by_ack(struct quern_shard *shard, struct shard_frame *frame, struct shard_service *listener)
{
	const struct packet *packet = frame->packet;
	uint16_t mss = shard_cookie_check(shard, listener, packet);
	struct tcp_conn *conn;

	if (mss == 0) {
		shard_drop(shard, QUERN_DROP_TCP_LISTEN_FLAGS);
		shard_send_reset_for(shard, frame);
		return;
	}
	if (accept_is_full(shard, listener)) {
		shard_drop(shard, QUERN_DROP_TCP_ACCEPT_FULL);
		return;
	}
	conn = make_record(shard, frame, listener);
	if (!conn) {
		shard_drop(shard, QUERN_DROP_TCP_COOKIE_NO_RECORD);
		return;
	}
	tcp_open_from_cookie(conn, &packet->tcp, mss, &listener->tcp, shard->now_ms);
	shard_half_open_begin(shard, conn);
	counter_add(&shard->counters.opened_passive, 1);
	counter_add(&shard->counters.cookies_accepted, 1);
	input_connection(shard, frame, conn);
}

static void input_unknown(struct quern_shard *shard, struct shard_frame *frame)
{
	const struct packet *packet = frame->packet;
	struct shard_service *listener = shard_listener_find(shard, packet->key.local, packet->key.local_port);

	if (!listener) {
		shard_drop(shard, QUERN_DROP_TCP_NO_CONNECTION);
		shard_send_reset_for(shard, frame);
		return;
	}
	switch (tcp_listen_input(&packet->tcp)) {
	case TCP_LISTEN_OPEN:
		open_passive(shard, frame, listener);
		break;
	case TCP_LISTEN_ACK:
		open_by_ack(shard, frame, listener);
		break;
	case TCP_LISTEN_DROP:
		shard_drop(shard, packet->tcp.flags & TCP_SYN && packet->tcp.flags & TCP_FIN
					  ? QUERN_DROP_TCP_SYN_FIN
					  : QUERN_DROP_TCP_LISTEN_FLAGS);
		break;
	}
}

void shard_tcp_input(struct quern_shard *shard, struct shard_frame *frame, uint32_t ref)
{
	switch (table_ref_kind(ref)) {
	case TABLE_CONN:
		input_connection(shard, frame, &shard->conns[table_ref_index(ref)]);
		break;
	case TABLE_TIME_WAIT:
		shard_time_wait_input(shard, frame, table_ref_index(ref));
		break;
	case TABLE_NONE:
	case TABLE_UDP_INNER: /* no segment meets a session: their hashes differ */
	case TABLE_UDP_OUTER:
	case TABLE_KINDS:
		input_unknown(shard, frame);
		break;
	}
}
