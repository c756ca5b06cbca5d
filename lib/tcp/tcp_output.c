/* tcp_output.c - one segment from what is owed. */
#include "tcp/tcp_output.h"

#include "base/least.h"
#include "base/seq.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_tail.h"
#include "tcp/tcp_timer.h"

/* A frame has 16 bits for its length, link header and all: here with two tags, over IPv6, and with all options. */
enum {
	TCP_CUT_TEXT_MAX = UINT16_MAX - 22 - 40 - 60,
	TCP_CUT_LEAST = 256 /* drivers refuse to cut into less, and what they refuse stands in the way of all else */
};

static void say_syn(struct tcp_conn *conn, const struct tcp_flight *flight, const struct tcp_profile *profile,
		    struct segment *segment)
{
	segment->seq = tcp_snd_una(conn, flight);
	segment->sack_count = 0;
	segment->flags = TCP_SYN;
	segment->mss = tcp_profile_mss(profile, &conn->key);
	segment->scale = profile->scale;
	segment->options |=
		(uint8_t)((conn->is_scaled ? SEGMENT_SCALE : 0) | (conn->sack_permitted ? SEGMENT_SACK_PERMITTED : 0));
	if (conn->state == QUERN_SYN_SENT) {
		segment->ack = 0;
		conn->flags &= (uint16_t)~TCP_OWES_SYN;
		return;
	}
	segment->flags |= TCP_ACK;
	conn->flags &= (uint16_t) ~(TCP_OWES_SYN | TCP_OWES_ACK);
}

/* How much may go from `seq` on by the peer's window. */
static uint32_t peer_room(const struct tcp_conn *conn, const struct tcp_flight *flight, uint32_t seq)
{
	return above(tcp_snd_wnd(conn), seq - flight->snd_una);
}

/* How much may go by our own, the congestion window. */
static uint32_t our_room(const struct tcp_conn *conn, const struct tcp_flight *flight,
			 const struct tcp_scoreboard *scoreboard)
{
	if (scoreboard)
		return tcp_sack_room(conn, flight, scoreboard);
	return above(flight->congestion.cwnd + flight->inflation, flight->next - flight->snd_una);
}

/* Nagle's algorithm (RFC 9293 3.7.4) as Minshall has it, and Linux: one segment of new text that is less than full may
 * be in flight, and full ones hold nothing back. So the end of a long answer does not wait for an ACK which the peer
 * delays. What goes again takes with it what waits; and with a FIN behind the text nothing more will come. */
static bool nagle_holds(const struct tcp_conn *conn, const struct tcp_flight *flight, bool is_the_end)
{
	bool small_in_flight = seq_in_window(flight->snd_small, flight->snd_una + 1, flight->snd_nxt - flight->snd_una);

	return small_in_flight && flight->next == flight->snd_nxt && !(is_the_end && conn->flags & TCP_FIN_IN_FLIGHT);
}

/* RFC 9293 3.8.6.2.1, the sender's SWS avoidance: a full segment, the end of what is queued, or half of the largest
 * window that the peer has shown, the last two as far as Nagle's algorithm lets them; and what was sent before, into a
 * window that has shrunk since (SHLD-16). A FIN alone needs room as well, unless it is all that there is. */
static bool is_worth_sending(const struct tcp_conn *conn, const struct tcp_flight *flight, uint32_t length,
			     uint32_t pending, uint32_t usable, uint32_t full, bool nagle)
{
	if (length == 0)
		return pending == 0 && conn->flags & TCP_FIN_IN_FLIGHT &&
		       (usable > 0 || flight->next == flight->snd_una);
	if (length >= full || seq_before_eq(flight->next + length, flight->snd_nxt))
		return true;
	return (length == pending || length >= tcp_max_wnd(conn) / 2) &&
	       !(nagle && nagle_holds(conn, flight, length == pending));
}

/* RFC 6298 3: one octet at a time; without timestamps only what was sent once (Karn). With them the ACK says which
 * sending it answers. One sample a round trip is what the weights of RFC 6298 are made for, so that those of RFC 7323
 * appendix G are not needed. */
static void time_sending(const struct tcp_conn *conn, struct tcp_flight *flight, const struct segment *segment,
			 uint32_t now_ms)
{
	if (seq_before(segment->seq, flight->snd_nxt) && !conn->has_timestamps) {
		flight->flags &= (uint16_t)~TCP_FLIGHT_TIMED;
	} else if (!(flight->flags & (TCP_FLIGHT_TIMED | TCP_FLIGHT_PROBING))) {
		flight->flags |= TCP_FLIGHT_TIMED;
		flight->timed_seq = segment->cut_bytes ? segment->seq + segment->cut_bytes : flight->next;
		flight->timed_ms = now_ms;
	}
}

/* Octets that were sent before, as many as a segment and the peer's window hold; nothing else moves. */
static bool say_again(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		      const struct tcp_sack_again *again, struct segment *segment)
{
	uint32_t seq = again->hole.left, bytes = again->hole.right - seq, text = tcp_text_end(conn) - seq;
	uint32_t full = conn->mss - segment_option_bytes(segment);
	bool with_fin;

	flight->flags &= (uint16_t) ~(TCP_FLIGHT_AGAIN | (conn->has_timestamps ? 0 : TCP_FLIGHT_TIMED));
	segment->seq = seq;
	segment->text_bytes = least(least(bytes, text), least(full, peer_room(conn, flight, seq)));
	with_fin = bytes > text && segment->text_bytes == text;
	segment->flags |= with_fin ? TCP_FIN : 0;
	if (segment_length(segment) == 0)
		return false;
	if (scoreboard)
		tcp_sack_sent(flight, scoreboard, again, segment_length(segment));
	conn->flags &= (uint16_t)~TCP_OWES_ACK;
	return true;
}

/* RFC 5681 3.2: the segment at SND.UNA is taken for lost. */
static bool say_first_again(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			    struct segment *segment)
{
	struct tcp_sack_again first = {.hole = {flight->snd_una, flight->snd_nxt}};

	if (scoreboard && scoreboard->count)
		first.hole.right = scoreboard->ranges[0].left;
	if (!say_again(conn, flight, scoreboard, &first, segment))
		return false;
	flight->again_bytes = (uint16_t)segment->text_bytes;
	return true;
}

/* RFC 6675 4, NextSeg(): the next hole, where there is room for it; without a scoreboard none is known. */
static bool say_next_hole(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			  bool nothing_new, struct segment *segment)
{
	uint32_t full = conn->mss - segment_option_bytes(segment);
	struct tcp_sack_again again;

	if (flight->flags & TCP_FLIGHT_WAITS || !tcp_sack_next(conn, flight, scoreboard, nothing_new, full, &again) ||
	    least(again.hole.right - again.hole.left, full) > scoreboard->may_go_bytes)
		return false;
	return say_again(conn, flight, scoreboard, &again, segment);
}

static inline bool say_hole(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			    bool nothing_new, struct segment *segment)
{
	return scoreboard && say_next_hole(conn, flight, scoreboard, nothing_new, segment);
}

/* RFC 8985 7.3: where a tail loss probe is due, and nothing new that the peer has room for. */
static bool probes_by_old_text(const struct tcp_conn *conn, const struct tcp_flight *flight, uint32_t pending,
			       uint32_t peers)
{
	return flight->tail == TCP_TAIL_DUE &&
	       (flight->next == conn->snd_end || peers == 0 || peers < least(pending, tcp_smss(conn)));
}

/* The last segment of the flight. */
static bool say_last_again(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			   struct segment *segment)
{
	uint32_t full = conn->mss - segment_option_bytes(segment);
	const struct tcp_sack_again last = {
		.hole = {flight->snd_nxt - least(flight->snd_nxt - flight->snd_una, full), flight->snd_nxt}};

	if (flight->flags & TCP_FLIGHT_WAITS || !say_again(conn, flight, scoreboard, &last, segment))
		return false;
	tcp_tail_sent(flight, false);
	return true;
}

/* Whether cwnd alone holds text back, for its growth. */
static void note_limit(struct tcp_flight *flight, uint32_t pending, uint32_t ours, uint32_t peers)
{
	bool is_limited = ours < pending && ours < peers;

	flight->flags = (uint16_t)((flight->flags & ~TCP_FLIGHT_LIMITED) | (is_limited ? TCP_FLIGHT_LIMITED : 0));
}

/* Where text goes again from flight->next on, what the peer has is left out. Returns where that begins next, at most
 * `end`. */
static uint32_t pass_sacked(struct tcp_flight *flight, const struct tcp_scoreboard *scoreboard, uint32_t end)
{
	struct segment_sack hole;

	if (!scoreboard || flight->next == flight->snd_nxt)
		return end;
	if (!tcp_scoreboard_hole(scoreboard, flight->next, flight->snd_nxt, &hole)) {
		flight->next = flight->snd_nxt;
		return end;
	}
	flight->next = hole.left;
	return hole.right == flight->snd_nxt ? end : hole.right;
}

/* PSH where text empties the queue (RFC 9293 3.9.1.2), or the next segment will wait for its time. */
static bool pushes(const struct tcp_flight *flight, uint32_t length, uint32_t pending)
{
	return length > 0 && (length == pending || tcp_pacing_pushes(&flight->pacing));
}

/* RFC 6298 5.1: nothing is in flight, and a timer that ran for a window to open starts again. */
static void begin_sending(const struct tcp_conn *conn, struct tcp_flight *flight, uint32_t now_ms)
{
	tcp_congestion_resume(&flight->congestion, tcp_smss(conn), now_ms - flight->since_ms,
			      tcp_timer_rto(conn, flight), now_ms);
	flight->since_ms = now_ms;
	flight->flags &= (uint16_t)~TCP_FLIGHT_ARMED;
}

/* Where the port cuts segments (TSO), as many full ones of new text as there is `room` for are said at once, and
 * nothing else differs: what is less than full, goes again, goes by a timer, or waits for its time is a segment of its
 * own, and so is one that tells what came twice, which must not be told several times. Returns the text of all; that of
 * one fits for certain. */
static uint32_t say_several(const struct tcp_flight *flight, const struct tcp_profile *profile, uint32_t room,
			    uint32_t full, struct segment *segment)
{
	uint32_t segments = 1, limit = least(room, TCP_CUT_TEXT_MAX);

	if (flight->next != flight->snd_nxt || flight->tail == TCP_TAIL_DUE || full < TCP_CUT_LEAST ||
	    flight->flags & (TCP_FLIGHT_TWICE | TCP_FLIGHT_SHORT | TCP_FLIGHT_DUE) || flight->pacing.ns_of_kib)
		return full;
	while (segments < profile->cut_segments && (segments + 1) * full <= limit)
		segments++;
	segment->cut_bytes = (uint16_t)(segments > 1 ? full : 0);
	return segments * full;
}

/* The segment from flight->next on, as far as windows and its time allow; FIN behind the last text where the window has
 * room for it. */
static bool say_text(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		     const struct tcp_profile *profile, uint32_t now_ms, struct segment *segment)
{
	uint32_t pending, usable, length, full, peers, end;
	bool is_due = flight->flags & TCP_FLIGHT_DUE, nagle, with_fin;

	if (conn->flags & TCP_SYN_IN_FLIGHT)
		return false;
	if (flight->flags & TCP_FLIGHT_AGAIN && say_first_again(conn, flight, scoreboard, segment))
		return true;
	if (say_hole(conn, flight, scoreboard, false, segment))
		return true;
	end = pass_sacked(flight, scoreboard, conn->snd_end);
	pending = tcp_text_end(conn) - flight->next;
	usable = our_room(conn, flight, scoreboard);
	peers = peer_room(conn, flight, flight->next);
	note_limit(flight, pending, usable, peers);
	if (probes_by_old_text(conn, flight, pending, peers))
		return say_last_again(conn, flight, scoreboard, segment);
	usable = flight->tail == TCP_TAIL_DUE ? peers : least(usable, peers);
	if ((flight->next == conn->snd_end || peers == 0) && say_hole(conn, flight, scoreboard, true, segment))
		return true;
	if (flight->next == conn->snd_end)
		return false;
	if (is_due && usable == 0 && conn->snd_wnd == 0) {
		flight->flags |= TCP_FLIGHT_PROBING;
		usable = 1;
	}
	full = conn->mss - segment_option_bytes(segment);
	length = least(least(pending, usable), least(full, end - flight->next));
	if (!is_due && length > 0 && flight->flags & TCP_FLIGHT_WAITS)
		return false;
	/* A tail loss probe is there to draw an ACK, which Nagle's algorithm would wait for. */
	nagle = profile->nagle && flight->tail != TCP_TAIL_DUE;
	if (!is_due && !is_worth_sending(conn, flight, length, pending, usable, full, nagle))
		return false;
	if (tcp_pacing_holds(&flight->pacing))
		return false;
	if (flight->snd_una == flight->snd_nxt)
		begin_sending(conn, flight, now_ms);
	if (profile->cut_segments && length == full)
		length = say_several(flight, profile, least(pending, usable), full, segment);
	with_fin = length == pending && conn->flags & TCP_FIN_IN_FLIGHT && (length < usable || length == 0);
	segment->seq = flight->next;
	segment->text_bytes = length;
	segment->flags |= (pushes(flight, length, pending) ? TCP_PSH : 0) | (with_fin ? TCP_FIN : 0);
	flight->flags &= (uint16_t)~TCP_FLIGHT_DUE;
	flight->next += length + with_fin;
	if (scoreboard)
		tcp_sack_sent(flight, scoreboard, NULL, length + with_fin);
	time_sending(conn, flight, segment, now_ms);
	if (seq_before(flight->snd_nxt, flight->next)) {
		flight->snd_nxt = flight->next;
		flight->snd_small = length < full ? segment->seq + length : flight->snd_small;
	}
	if (flight->tail == TCP_TAIL_DUE)
		tcp_tail_sent(flight, true);
	conn->flags &= (uint16_t) ~(TCP_OWES_FIN | TCP_OWES_ACK);
	return true;
}

static void say_fin(struct tcp_conn *conn, struct segment *segment)
{
	segment->seq--;
	segment->flags |= TCP_FIN;
	conn->flags &= (uint16_t) ~(TCP_OWES_FIN | TCP_OWES_ACK);
}

/* RFC 2018 4 and RFC 2883 4: what came twice is the first block. The others are left to whoever knows them. */
static void say_sacks(const struct tcp_conn *conn, const struct tcp_flight *flight, struct segment *segment)
{
	bool twice = flight->flags & TCP_FLIGHT_TWICE;

	if (!conn->sack_permitted)
		return;
	segment->sack_count = (uint8_t)least(flight->islands + twice,
					     conn->has_timestamps ? SEGMENT_SACKS_BESIDE_TIMESTAMPS : SEGMENT_SACKS);
	if (twice)
		segment->sacks[0] = (struct segment_sack){flight->twice_left, flight->twice_right};
}

/* RFC 7323 3.2: in every segment but RST. */
static void say_timestamps(const struct tcp_conn *conn, uint32_t now_ms, struct segment *segment)
{
	segment->options = conn->has_timestamps ? SEGMENT_TIMESTAMPS : 0;
	segment->tsval = now_ms;
	segment->tsecr = conn->ts_recent;
}

/* RFC 7323 2.2: the window of a SYN is never scaled. */
static void say_window(const struct tcp_conn *conn, struct tcp_flight *flight, const struct tcp_profile *profile,
		       struct segment *segment)
{
	uint32_t window = flight ? tcp_flight_window(conn, flight, profile) : tcp_rcv_wnd(conn, NULL, profile);

	segment->wnd = segment->flags & TCP_SYN ? (uint16_t)least(window, UINT16_MAX)
						: tcp_window_field(profile, conn->is_scaled, window);
}

bool tcp_output(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		const struct tcp_profile *profile, uint32_t now_ms, struct segment *segment)
{
	uint16_t owes = conn->flags & TCP_OWES;
	bool has_text;

	if (!flight && !owes)
		return false;
	/* Field by field: SACK blocks are many bytes to clear, and most segments have none. */
	segment->seq = tcp_snd_nxt(conn, flight);
	segment->ack = conn->rcv_nxt;
	segment->text_bytes = 0;
	segment->urgent = 0;
	segment->mss = 0;
	segment->flags = TCP_ACK;
	segment->sack_count = 0;
	segment->cut_bytes = 0;
	say_timestamps(conn, now_ms, segment);
	if (flight)
		say_sacks(conn, flight, segment);
	has_text = flight && !(owes & TCP_OWES_SYN) && say_text(conn, flight, scoreboard, profile, now_ms, segment);
	if (owes & TCP_OWES_SYN) {
		say_syn(conn, flight, profile, segment);
	} else if (!has_text && owes & TCP_OWES_FIN && !flight) {
		say_fin(conn, segment);
	} else if (!has_text && owes & TCP_OWES_PROBE) {
		/* RFC 9293 3.8.4: a number that was acknowledged before draws an ACK. */
		segment->seq--;
		conn->flags &= (uint16_t)~TCP_OWES_PROBE;
	} else if (!has_text && owes & TCP_OWES_ACK) {
		conn->flags &= (uint16_t)~TCP_OWES_ACK;
	} else if (!has_text) {
		return false;
	}
	say_window(conn, flight, profile, segment);
	conn->ack_lags = false;
	if (flight)
		flight->flags &= (uint16_t)~TCP_FLIGHT_TWICE;
	return true;
}

void tcp_output_unsent(struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		       uint32_t snd_nxt, const struct segment *segment)
{
	if (segment->flags & TCP_SYN) {
		conn->flags |= TCP_OWES_SYN | TCP_UNTIMED;
	} else if (flight && segment_length(segment) > 0) {
		if (segment->seq + segment_length(segment) == flight->next)
			flight->next = segment->seq;
		else if (segment->seq == flight->snd_una)
			flight->flags |= TCP_FLIGHT_AGAIN;
		if (scoreboard)
			tcp_sack_unsent(flight, scoreboard, segment->seq, segment_length(segment));
		flight->snd_nxt = snd_nxt;
		flight->flags &= (uint16_t)~TCP_FLIGHT_TIMED;
		conn->flags |= TCP_OWES_ACK;
	} else if (segment->flags & TCP_FIN) {
		conn->flags |= TCP_OWES_FIN;
	} else {
		conn->flags |= segment->seq == tcp_snd_nxt(conn, flight) ? TCP_OWES_ACK : TCP_OWES_PROBE;
	}
}

void tcp_output_reset(const struct tcp_conn *conn, const struct tcp_flight *flight, struct segment *segment)
{
	/* A FIN of this same turn has its number, but was never sent: beyond it the peer would challenge the RST. */
	bool fin_is_unsaid = !flight && conn->flags & TCP_OWES_FIN && conn->retries == 0;

	*segment = (struct segment){.seq = tcp_snd_nxt(conn, flight) - fin_is_unsaid, .flags = TCP_RST};
}
