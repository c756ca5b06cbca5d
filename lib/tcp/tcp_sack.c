/* tcp_sack.c - what goes again, and how much may be in the network, where the peer says what it has. */
#include "tcp/tcp_sack.h"

#include "base/least.h"
#include "base/seq.h"
#include "tcp/tcp_tail.h"

static bool recovers(const struct tcp_flight *flight)
{
	return flight->flags & TCP_FLIGHT_RECOVERS;
}

bool tcp_sack_is_wanted(const struct tcp_conn *conn, const struct tcp_flight *flight, const struct segment *segment)
{
	if (!conn->sack_permitted || recovers(flight) || flight->snd_una == flight->snd_nxt)
		return false;
	for (uint32_t i = 0; i < segment->sack_count; i++)
		if (tcp_scoreboard_is_plausible(&segment->sacks[i], flight->snd_una, flight->snd_nxt))
			return true;
	return false;
}

bool tcp_sack_is_over(const struct tcp_flight *flight, const struct tcp_scoreboard *scoreboard)
{
	return scoreboard->count == 0 && !recovers(flight);
}

void tcp_sack_begin(const struct tcp_flight *flight, struct tcp_scoreboard *scoreboard)
{
	tcp_scoreboard_clear(scoreboard, flight->snd_una);
	tcp_prr_begin(&scoreboard->prr, 0, 0);
}

struct tcp_sack_news tcp_sack_take(const struct tcp_conn *conn, const struct tcp_flight *flight,
				   struct tcp_scoreboard *scoreboard, const struct segment *segment)
{
	uint32_t lost = tcp_scoreboard_lost(scoreboard, flight->snd_una, tcp_smss(conn));
	uint32_t known = scoreboard->sacked_bytes;
	struct tcp_sack_news news = {.acked_bytes = segment->ack - flight->snd_una};

	news.sacked_bytes = tcp_scoreboard_update(scoreboard, segment, flight->snd_nxt);
	news.delivered_bytes = above(news.acked_bytes + scoreboard->sacked_bytes, known);
	if (seq_before(lost, segment->ack))
		lost = segment->ack;
	news.tells_loss = seq_before(lost, tcp_scoreboard_lost(scoreboard, segment->ack, tcp_smss(conn)));
	return news;
}

/* RFC 6675 5, step 4. What this ACK has brought counts as delivered within the recovery; one that goes on begins anew
 * where a retransmission is lost. */
static void begin_recovery(const struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
			   const struct tcp_profile *profile, const struct tcp_sack_news *news)
{
	uint32_t in_flight = flight->snd_nxt - flight->snd_una;

	profile->congestion->on_loss(&flight->congestion, tcp_flight_size(conn, flight), tcp_smss(conn));
	tcp_prr_begin(&scoreboard->prr, in_flight - above(scoreboard->sacked_bytes, news->sacked_bytes),
		      flight->congestion.ssthresh);
	/* What has gone again and is not known to be lost does not go a third time. */
	if (!recovers(flight))
		scoreboard->high_rxt = flight->snd_una;
	scoreboard->rescue_rxt = flight->snd_una;
	flight->recover = flight->snd_nxt;
	flight->inflation = 0;
	flight->flags |= TCP_FLIGHT_RECOVERS | TCP_FLIGHT_AGAIN;
}

/* RFC 6675 5: any ACK that tells of octets not known before is a duplicate ACK, also one that moves SND.UNA; until all
 * that was sent before the last loss is acknowledged, such begin no other recovery (5.1). */
static bool begins_recovery(const struct tcp_conn *conn, struct tcp_flight *flight,
			    const struct tcp_scoreboard *scoreboard, const struct tcp_sack_news *news)
{
	if (news->sacked_bytes == 0 || seq_before(flight->snd_una, flight->recover))
		return false;
	flight->duplicates++;
	return flight->duplicates >= TCP_DUP_THRESH ||
	       tcp_tail_has_arrived(flight, tcp_scoreboard_top(scoreboard, flight->snd_una)) ||
	       tcp_scoreboard_lost(scoreboard, flight->snd_una, tcp_smss(conn)) != flight->snd_una;
}

/* IsLost() of the first hole, once it has gone again: by what was sent after that alone. */
static bool is_lost_again(const struct tcp_conn *conn, const struct tcp_flight *flight,
			  const struct tcp_scoreboard *scoreboard)
{
	uint32_t after = flight->snd_nxt - scoreboard->again_nxt;

	return seq_before(flight->snd_una, scoreboard->high_rxt) &&
	       above(after, tcp_scoreboard_unsacked(scoreboard, scoreboard->again_nxt, flight->snd_nxt)) >
		       (TCP_DUP_THRESH - 1) * tcp_smss(conn);
}

void tcp_sack_heard(const struct tcp_conn *conn, struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		    const struct tcp_profile *profile, const struct tcp_sack_news *news)
{
	/* Duplicate ACKs that were counted without a scoreboard let nothing go any longer: the pipe knows better. */
	flight->inflation = 0;
	if (!recovers(flight)) {
		if (!begins_recovery(conn, flight, scoreboard, news))
			return;
		begin_recovery(conn, flight, scoreboard, profile, news);
	} else if (news->delivered_bytes == 0) {
		return;
	} else if (news->acked_bytes > 0) {
		/* When the hole that is the first now went again is not kept: it was before now. */
		scoreboard->again_nxt = flight->snd_nxt;
	} else if (is_lost_again(conn, flight, scoreboard)) {
		begin_recovery(conn, flight, scoreboard, profile, news);
	}
	scoreboard->may_go_bytes =
		tcp_prr_on_ack(&scoreboard->prr, news->delivered_bytes, tcp_sack_pipe(conn, flight, scoreboard),
			       flight->congestion.ssthresh, tcp_smss(conn), news->acked_bytes > 0 && !news->tells_loss);
}

/* Everything goes again from flight->next on, but for what is SACKed; or it has, since the timer fired. */
static bool goes_on_from_una(const struct tcp_flight *flight)
{
	return flight->next != flight->snd_nxt || (!recovers(flight) && seq_before(flight->snd_una, flight->recover));
}

uint32_t tcp_sack_pipe(const struct tcp_conn *conn, const struct tcp_flight *flight,
		       const struct tcp_scoreboard *scoreboard)
{
	uint32_t lost = tcp_scoreboard_lost(scoreboard, flight->snd_una, tcp_smss(conn));

	if (goes_on_from_una(flight))
		return tcp_scoreboard_unsacked(scoreboard, flight->snd_una, flight->next);
	return tcp_scoreboard_unsacked(scoreboard, lost, flight->snd_nxt) +
	       tcp_scoreboard_unsacked(scoreboard, flight->snd_una, scoreboard->high_rxt);
}

uint32_t tcp_sack_room(const struct tcp_conn *conn, const struct tcp_flight *flight,
		       const struct tcp_scoreboard *scoreboard)
{
	if (recovers(flight) && flight->next == flight->snd_nxt)
		return scoreboard->may_go_bytes;
	return above(flight->congestion.cwnd, tcp_sack_pipe(conn, flight, scoreboard));
}

/* RFC 6675 4, rule 4: what must not be left to the timer is the end of what is in flight, of which no ACK may tell. */
static bool find_rescue(const struct tcp_flight *flight, const struct tcp_scoreboard *scoreboard, uint32_t full,
			struct tcp_sack_again *again)
{
	if (!seq_before(scoreboard->rescue_rxt, flight->snd_una) ||
	    !tcp_scoreboard_last_hole(scoreboard, flight->snd_una, flight->snd_nxt, &again->hole))
		return false;
	if (again->hole.right - again->hole.left > full)
		again->hole.left = again->hole.right - full;
	again->is_rescue = true;
	return true;
}

bool tcp_sack_next(const struct tcp_conn *conn, const struct tcp_flight *flight,
		   const struct tcp_scoreboard *scoreboard, bool nothing_new, uint32_t full,
		   struct tcp_sack_again *again)
{
	uint32_t edge = nothing_new ? tcp_scoreboard_top(scoreboard, flight->snd_una)
				    : tcp_scoreboard_lost(scoreboard, flight->snd_una, tcp_smss(conn));

	if (!recovers(flight) || flight->next != flight->snd_nxt)
		return false;
	again->is_rescue = false;
	if (tcp_scoreboard_hole(scoreboard, scoreboard->high_rxt, edge, &again->hole))
		return true;
	return nothing_new && find_rescue(flight, scoreboard, full, again);
}

void tcp_sack_sent(const struct tcp_flight *flight, struct tcp_scoreboard *scoreboard,
		   const struct tcp_sack_again *again, uint32_t bytes)
{
	uint32_t end;

	if (!recovers(flight))
		return;
	scoreboard->may_go_bytes = above(scoreboard->may_go_bytes, bytes);
	if (!again) {
		/* What is sent from flight->next on may be old as well. */
		if (seq_before_eq(flight->next, flight->snd_nxt) && seq_before(scoreboard->high_rxt, flight->next))
			scoreboard->high_rxt = flight->next;
		tcp_prr_on_sent(&scoreboard->prr, bytes);
		return;
	}
	end = again->hole.left + bytes;
	if (again->hole.left == flight->snd_una)
		scoreboard->again_nxt = flight->snd_nxt;
	if (again->is_rescue)
		scoreboard->rescue_rxt = flight->recover;
	else if (seq_before(scoreboard->high_rxt, end))
		scoreboard->high_rxt = end;
	/* RFC 6675 5, step 4.3: after the first one, a rescue is not due before SND.UNA has passed it. */
	if (scoreboard->prr.out_bytes == 0)
		scoreboard->rescue_rxt = end;
	tcp_prr_on_sent(&scoreboard->prr, bytes);
}

void tcp_sack_unsent(const struct tcp_flight *flight, struct tcp_scoreboard *scoreboard, uint32_t seq, uint32_t bytes)
{
	if (!recovers(flight))
		return;
	scoreboard->may_go_bytes += bytes;
	scoreboard->prr.out_bytes = above(scoreboard->prr.out_bytes, bytes);
	if (seq_before(seq, scoreboard->high_rxt))
		scoreboard->high_rxt = seq;
}
