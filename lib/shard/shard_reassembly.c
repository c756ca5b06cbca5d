/* shard_reassembly.c - buffers beyond holes, and what becomes of them when a hole is filled. */
#include "shard/shard_flight.h"
#include "shard/shard_reassembly.h"

#include "base/check.h"
#include "base/least.h"
#include "base/seq.h"

static struct shard_reassembly *reassembly_of(const struct quern_shard *shard, const struct shard_flight *flight)
{
	return flight->queue.reassembly ? &shard->reassemblies[flight->queue.reassembly - 1] : NULL;
}

/* The flight's, begun where there was none; null where none is free. */
static struct shard_reassembly *get(struct quern_shard *shard, struct shard_flight *flight)
{
	struct shard_reassembly *reassembly = reassembly_of(shard, flight);

	if (reassembly || !shard->first_free_reassembly)
		return reassembly;
	flight->queue.reassembly = shard->first_free_reassembly;
	reassembly = reassembly_of(shard, flight);
	shard->first_free_reassembly = reassembly->next_free;
	memset(reassembly, 0, sizeof(*reassembly));
	return reassembly;
}

/* The flight knows what its ACKs can tell, and whether it may end. */
static void note(struct quern_shard *shard, struct shard_flight *flight)
{
	struct shard_reassembly *reassembly = reassembly_of(shard, flight);
	bool has_holes = reassembly->tcp.count || reassembly->tcp.has_fin;

	flight->tcp.islands = (uint8_t)least(reassembly->tcp.count, SEGMENT_SACKS);
	flight->tcp.flags = (uint16_t)((flight->tcp.flags & ~TCP_FLIGHT_HOLES) | (has_holes ? TCP_FLIGHT_HOLES : 0));
	if (has_holes)
		return;
	reassembly->next_free = shard->first_free_reassembly;
	shard->first_free_reassembly = flight->queue.reassembly;
	flight->queue.reassembly = 0;
}

/* What waits beyond a hole is the first to find no room, while there is half of it yet: its peer has it still, and may
 * leave it there for as long as it likes. */
static bool may_grow(const struct quern_shard *shard)
{
	return shard_queue_may_grow(&shard->buffers) && shard->buffers.used < shard->buffers.narrow_above;
}

/* A new buffer with text at its front, or, for what grows that way, at its end. */
static struct rte_mbuf *buffer_with(struct quern_shard *shard, const uint8_t *text, uint32_t bytes, bool at_end)
{
	struct rte_mbuf *mbuf = may_grow(shard) ? rte_pktmbuf_alloc(shard->pool) : NULL;

	if (mbuf && rte_pktmbuf_tailroom(mbuf) < bytes) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	if (!mbuf)
		return NULL;
	if (at_end)
		mbuf->data_off = (uint16_t)(mbuf->buf_len - bytes);
	mbuf->data_len = (uint16_t)bytes;
	memcpy(rte_pktmbuf_mtod(mbuf, void *), text, bytes);
	shard->buffers.used++;
	return mbuf;
}

static bool append(struct quern_shard *shard, struct shard_reassembly *reassembly, uint32_t island, const uint8_t *text,
		   uint32_t bytes)
{
	struct rte_mbuf *last = reassembly->chains[island].last;
	uint32_t room = least(rte_pktmbuf_tailroom(last), bytes);

	if (room < bytes) {
		struct rte_mbuf *mbuf = buffer_with(shard, text + room, bytes - room, false);

		if (!mbuf)
			return false;
		last->next = mbuf;
		reassembly->chains[island].last = mbuf;
	}
	memcpy(rte_pktmbuf_mtod_offset(last, uint8_t *, last->data_len), text, room);
	last->data_len = (uint16_t)(last->data_len + room);
	return true;
}

static bool prepend(struct quern_shard *shard, struct shard_reassembly *reassembly, uint32_t island,
		    const uint8_t *text, uint32_t bytes)
{
	struct rte_mbuf *first = reassembly->chains[island].first;
	uint32_t room = least(first->data_off, bytes);

	if (room < bytes) {
		struct rte_mbuf *mbuf = buffer_with(shard, text, bytes - room, true);

		if (!mbuf)
			return false;
		mbuf->next = first;
		reassembly->chains[island].first = mbuf;
	}
	first->data_off = (uint16_t)(first->data_off - room);
	first->data_len = (uint16_t)(first->data_len + room);
	memcpy(rte_pktmbuf_mtod(first, void *), text + bytes - room, room);
	return true;
}

static bool begin(struct quern_shard *shard, struct shard_reassembly *reassembly, uint32_t island, const uint8_t *text,
		  uint32_t bytes)
{
	struct rte_mbuf *mbuf = buffer_with(shard, text, bytes, false);

	if (!mbuf)
		return false;
	memmove(&reassembly->chains[island + 1], &reassembly->chains[island],
		(reassembly->tcp.count - island) * sizeof(reassembly->chains[0]));
	reassembly->chains[island].first = reassembly->chains[island].last = mbuf;
	return true;
}

static struct shard_queue chain_of(const struct shard_reassembly *reassembly, uint32_t island)
{
	return (struct shard_queue){.held_first = reassembly->chains[island].first,
				    .held_last = reassembly->chains[island].last};
}

static void remove_chain(struct shard_reassembly *reassembly, uint32_t island)
{
	memmove(&reassembly->chains[island], &reassembly->chains[island + 1],
		(reassembly->tcp.count - island - 1) * sizeof(reassembly->chains[0]));
}

/* The island is joined by the next one. */
static void join(struct quern_shard *shard, struct shard_reassembly *reassembly, uint32_t island)
{
	struct shard_queue text = chain_of(reassembly, island), next = chain_of(reassembly, island + 1);

	shard_queue_hold_chain(&text, &shard->buffers, &next);
	reassembly->chains[island].last = text.held_last;
	remove_chain(reassembly, island + 1);
}

/* Bytes first, then numbers. False where no buffer is left. */
static bool add_piece(struct quern_shard *shard, struct shard_reassembly *reassembly, const struct tcp_piece *piece,
		      const uint8_t *text)
{
	switch ((enum tcp_piece_place)piece->place) {
	case TCP_PIECE_NEW:
		if (!begin(shard, reassembly, piece->island, text, piece->bytes))
			return false;
		break;
	case TCP_PIECE_PREPEND:
		if (!prepend(shard, reassembly, piece->island, text, piece->bytes))
			return false;
		break;
	case TCP_PIECE_APPEND:
	case TCP_PIECE_JOIN:
		if (!append(shard, reassembly, piece->island, text, piece->bytes))
			return false;
		if (piece->place == TCP_PIECE_JOIN)
			join(shard, reassembly, piece->island);
		break;
	}
	tcp_reassembly_add(&reassembly->tcp, piece);
	return true;
}

/* Returns how many of the octets [seq, end) are new and kept. */
static uint32_t add_text(struct quern_shard *shard, struct shard_reassembly *reassembly, uint32_t seq, uint32_t end,
			 const uint8_t *text)
{
	struct tcp_piece piece;
	uint32_t at = seq, added = 0;

	while (tcp_reassembly_find(&reassembly->tcp, at, end, &piece) &&
	       add_piece(shard, reassembly, &piece, text + (piece.seq - seq))) {
		added += piece.bytes;
		at = piece.seq + piece.bytes;
	}
	return added;
}

void shard_reassembly_hold(struct quern_shard *shard, struct tcp_conn *conn, const struct shard_frame *frame,
			   const struct tcp_verdict *verdict)
{
	const struct packet *packet = frame->packet;
	uint32_t seq = packet->tcp.seq, end = seq + verdict->hold, added;
	bool was_at_rest = !tcp_has_flight(conn);
	struct shard_flight *flight = shard_flight_get(shard, conn);
	struct shard_reassembly *reassembly = flight ? get(shard, flight) : NULL;
	struct tcp_piece missing;

	if (flight && was_at_rest)
		tcp_flight_begun_beyond_hole(&flight->tcp, &packet->tcp);
	if (!reassembly) {
		shard_drop(shard, QUERN_DROP_TCP_HOLE);
		return;
	}
	added = add_text(shard, reassembly, seq, end,
			 rte_pktmbuf_mtod_offset(frame->mbuf, const uint8_t *, packet->text_offset));
	if (!tcp_reassembly_find(&reassembly->tcp, seq, end, &missing)) {
		if (added == 0 && verdict->hold > 0) {
			tcp_flight_came_twice(conn, &flight->tcp, seq, end);
			shard_drop(shard, QUERN_DROP_TCP_SEQUENCE);
		}
		if (verdict->hold_fin) {
			reassembly->tcp.has_fin = true;
			reassembly->tcp.fin = end;
		}
	} else if (added == 0) {
		shard_drop(shard, QUERN_DROP_TCP_HOLE);
	}
	tcp_reassembly_touch(&reassembly->tcp, seq);
	note(shard, flight);
}

/* The first island's bytes that are new go behind what is held. */
static void take_first(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight,
		       struct shard_reassembly *reassembly, const struct tcp_reached *reached)
{
	struct shard_queue island = chain_of(reassembly, 0);

	/* The count of islands is lower by one already. */
	memmove(&reassembly->chains[0], &reassembly->chains[1], reassembly->tcp.count * sizeof(reassembly->chains[0]));
	shard_queue_take(&island, &shard->buffers, reached->old);
	if (reached->fresh == 0)
		return;
	shard_queue_hold_chain(&flight->queue, &shard->buffers, &island);
	tcp_flight_held(conn, &flight->tcp, &shard_service_of(shard, conn)->tcp, reached->fresh);
	counter_add(&shard->counters.text_bytes, reached->fresh);
}

bool shard_reassembly_reach(struct quern_shard *shard, struct tcp_conn *conn, uint8_t *events)
{
	struct shard_flight *flight = shard_flight_of(shard, conn);
	struct shard_reassembly *reassembly = reassembly_of(shard, flight);
	uint32_t held = flight->tcp.held_bytes;
	uint16_t generation = conn->generation;
	struct tcp_reached reached;

	if (*events & TCP_HAPPENED_PEER_CLOSED)
		return true;
	while (tcp_reassembly_reach(&reassembly->tcp, conn, &flight->tcp, &reached))
		take_first(shard, conn, flight, reassembly, &reached);
	if (tcp_reassembly_fin_is_next(&reassembly->tcp, conn)) {
		*events |= tcp_input_fin(conn);
		shard_reassembly_clear(shard, flight);
	} else {
		note(shard, flight);
	}
	/* Closed when the text before it was shown: nobody reads this. */
	if (conn->flags & TCP_ORPHAN && flight->tcp.held_bytes > 0) {
		shard_conn_abort_unread(shard, conn);
		return false;
	}
	/* Who has not taken what was held before asks for it. */
	if (held == 0 && flight->tcp.held_bytes > 0 && shard_service_of(shard, conn)->events.on_data)
		shard_flight_offer(shard, conn, flight);
	return conn->generation == generation;
}

void shard_reassembly_clear(struct quern_shard *shard, struct shard_flight *flight)
{
	struct shard_reassembly *reassembly = reassembly_of(shard, flight);

	if (!reassembly)
		return;
	for (uint32_t i = 0; i < reassembly->tcp.count; i++) {
		struct shard_queue island = {.held_first = reassembly->chains[i].first};

		shard_queue_clear(&island, &shard->buffers);
	}
	reassembly->tcp.count = 0;
	reassembly->tcp.has_fin = false;
	note(shard, flight);
}

void shard_reassembly_tell(const struct quern_shard *shard, const struct shard_flight *flight, bool twice,
			   struct segment *segment)
{
	const struct shard_reassembly *reassembly = reassembly_of(shard, flight);

	if (segment->sack_count > twice)
		tcp_reassembly_blocks(&reassembly->tcp, segment->sacks + twice, segment->sack_count - twice);
}

bool shard_reassembly_is_sound(const struct quern_shard *shard, const struct tcp_conn *conn,
			       const struct shard_flight *flight)
{
	const struct shard_reassembly *reassembly = reassembly_of(shard, flight);
	uint32_t edge = conn->rcv_nxt;

	if (!reassembly)
		return !(flight->tcp.flags & TCP_FLIGHT_HOLES);
	for (uint32_t i = 0; i < reassembly->tcp.count; i++) {
		const struct segment_sack *island = &reassembly->tcp.islands[i];

		if (!seq_before(edge, island->left) || !seq_before(island->left, island->right) ||
		    shard_queue_bytes(reassembly->chains[i].first) != island->right - island->left)
			return false;
		edge = island->right;
	}
	return flight->tcp.flags & TCP_FLIGHT_HOLES && (reassembly->tcp.count || reassembly->tcp.has_fin);
}
