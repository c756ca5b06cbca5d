/* shard_tcp_output.c - what a connection owes becomes segments, and its timer is armed for them. */
#include "shard/shard_flight.h"
#include "shard/shard_pacing.h"
#include "shard/shard_reassembly.h"
#include "shard/shard_reserve.h"
#include "shard/shard_scoreboard.h"

#include "base/seq.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timestamps.h"
#include "tcp/tcp_timer.h"

void shard_tcp_owes(struct quern_shard *shard, struct tcp_conn *conn)
{
	/* Its own segment is being taken: what is owed goes out with the answer. */
	if (conn == shard->current || conn->flags & TCP_QUEUED)
		return;
	if (shard->queued_count == SHARD_QUEUED_MAX) {
		shard_tcp_output(shard, conn, NULL, false);
		return;
	}
	conn->flags |= TCP_QUEUED;
	shard->queued[shard->queued_count++] = shard_conn_index(shard, conn);
}

static void arm_at_rest(struct quern_shard *shard, struct tcp_conn *conn, const struct tcp_profile *profile,
			bool in_flight, bool acknowledged)
{
	if (in_flight || (acknowledged && conn->flags & TCP_IN_FLIGHT))
		tcp_timer_on_sent(conn, &shard->wheel, profile, shard->now_ms);
	else if (acknowledged)
		tcp_timer_on_rest(conn, &shard->wheel, profile, shard->now_ms);
}

static void arm_for_text(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight,
			 const struct tcp_profile *profile, bool acknowledged)
{
	if (flight->tcp.snd_una != conn->snd_end) {
		tcp_timer_on_text(conn, &flight->tcp, &shard->wheel, profile, shard->now_ms, acknowledged);
		return;
	}
	if (acknowledged || flight->tcp.flags & TCP_FLIGHT_ARMED) {
		flight->tcp.flags &= (uint16_t)~TCP_FLIGHT_ARMED;
		tcp_timer_on_rest(conn, &shard->wheel, profile, shard->now_ms);
	}
	if (tcp_flight_is_over(conn, &flight->tcp))
		shard_flight_end(shard, conn);
}

static void count_text(struct quern_shard *shard, const struct tcp_flight *flight, uint32_t snd_nxt,
		       const struct segment *segment)
{
	uint32_t text_end = segment->seq + segment->text_bytes;

	if (segment_length(segment) > 0 && seq_before(segment->seq, snd_nxt))
		counter_add(&shard->counters.retransmits, 1);
	/* New text may go behind some that goes again. */
	if (seq_before(snd_nxt, text_end))
		counter_add(&shard->counters.text_bytes_sent, text_end - snd_nxt);
	if (flight->flags & TCP_FLIGHT_PROBING && segment->text_bytes == 1)
		counter_add(&shard->counters.window_probes, 1);
}

/* Whether something may be kept back for want of buffers: text that is new, that is lost, or that probes the tail. */
static bool holds_back(const struct tcp_conn *conn, const struct tcp_flight *flight)
{
	return flight->next != conn->snd_end || flight->flags & TCP_FLIGHT_RECOVERS || flight->tail == TCP_TAIL_DUE;
}

/* The next segment of a connection with a flight. Text waits where buffers are short, but for what goes into the frame
 * that came in, and for the one segment that a timer sends again. */
static bool next_with_flight(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight,
			     const struct shard_frame *frame, struct segment *segment)
{
	struct tcp_scoreboard *scoreboard = shard_scoreboard_of(shard, flight);
	bool is_short, waits, twice = flight->tcp.flags & TCP_FLIGHT_TWICE, found;

	if (tcp_output_is_done(conn, &flight->tcp, scoreboard))
		return false;
	is_short = shard_reserve_is_touched(shard);
	waits = is_short && !(frame && frame->mbuf);
	shard_flight_narrow(shard, flight);
	flight->tcp.flags = (uint16_t)((flight->tcp.flags & ~(TCP_FLIGHT_WAITS | TCP_FLIGHT_SHORT)) |
				       (waits ? TCP_FLIGHT_WAITS : 0) | (is_short ? TCP_FLIGHT_SHORT : 0));
	if (flight->tcp.pacing.ns_of_kib)
		shard_pacing_look(shard, &flight->tcp);
	found = tcp_output(conn, &flight->tcp, scoreboard, &shard_service_of(shard, conn)->tcp, shard->now_ms, segment);
	if (flight->tcp.pacing.ns_of_kib)
		shard_pacing_note(shard, conn, &flight->tcp, found ? segment : NULL);
	if (found)
		shard_reassembly_tell(shard, flight, twice, segment);
	if (!found && waits && holds_back(conn, &flight->tcp))
		shard_reserve_wait(shard, conn);
	return found;
}

/* What found no buffer was not lost on the way: it goes as soon as there are some, whatever the timer says. */
static void wait_for_buffers(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight,
			     uint32_t snd_nxt, const struct segment *segment)
{
	tcp_output_unsent(conn, shard_flight_tcp(flight), shard_scoreboard_of(shard, flight), snd_nxt, segment);
	shard_reserve_wait(shard, conn);
}

/* RFC 6298 5.1: whether a segment starts the timer. One that runs is left alone, so that repeats of a peer's SYN do not
 * keep us waiting. */
static inline bool starts_timer(const struct tcp_conn *conn, const struct segment *segment)
{
	return segment->flags & TCP_FIN || (segment->flags & TCP_SYN && conn->timer.due == WHEEL_NEVER);
}

static void output_at_rest(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame,
			   bool acknowledged)
{
	const struct shard_service *service = shard_service_of(shard, conn);
	struct segment segment;
	bool in_flight = false;

	while (conn->flags & TCP_OWES && tcp_output(conn, NULL, NULL, &service->tcp, shard->now_ms, &segment)) {
		/* tcp says the time; where a flow's timestamps begin costs a hash at rest. */
		if (segment.options & SEGMENT_TIMESTAMPS)
			segment.tsval += shard_timestamps_offset(shard, &conn->key);
		in_flight |= starts_timer(conn, &segment);
		if (!shard_send_segment(shard, frame, &conn->key, &segment, &service->ip, NULL)) {
			wait_for_buffers(shard, conn, NULL, 0, &segment);
			break;
		}
	}
	arm_at_rest(shard, conn, &service->tcp, in_flight, acknowledged);
}

static void output_of_flight(struct quern_shard *shard, struct tcp_conn *conn, struct shard_flight *flight,
			     struct shard_frame *frame, bool acknowledged)
{
	const struct shard_service *service = shard_service_of(shard, conn);
	uint32_t snd_nxt = flight->tcp.snd_nxt;
	struct segment segment;
	bool in_flight = false;

	while (next_with_flight(shard, conn, flight, frame, &segment)) {
		if (segment.options & SEGMENT_TIMESTAMPS)
			segment.tsval += flight->tcp.ts_offset;
		in_flight |= starts_timer(conn, &segment);
		if (!shard_send_segment(shard, frame, &conn->key, &segment, &service->ip, &flight->queue)) {
			wait_for_buffers(shard, conn, flight, snd_nxt, &segment);
			break;
		}
		count_text(shard, &flight->tcp, snd_nxt, &segment);
		snd_nxt = flight->tcp.snd_nxt;
	}
	shard_scoreboard_settle(shard, flight);
	if (conn->flags & TCP_SYN_IN_FLIGHT)
		arm_at_rest(shard, conn, &service->tcp, in_flight, acknowledged);
	else
		arm_for_text(shard, conn, flight, &service->tcp, acknowledged);
}

void shard_tcp_output(struct quern_shard *shard, struct tcp_conn *conn, struct shard_frame *frame, bool acknowledged)
{
	struct shard_flight *flight = shard_flight_of(shard, conn);

	if (flight)
		output_of_flight(shard, conn, flight, frame, acknowledged);
	else
		output_at_rest(shard, conn, frame, acknowledged);
}
