/* shard_pacing.c - flights whose next segment waits for its time. */
#include "shard/shard_flight.h"
#include "shard/shard_pacing.h"

#include "tcp/tcp_tail.h"

enum { LOOKS = 64 /* at flights that wait, in each call */ };

/* With nothing in flight no ACK would come, what a timer sends is due, and recovery goes by what ACKs let it (RFC
 * 6937).
 */
static bool goes_at_once(const struct tcp_flight *flight)
{
	return flight->snd_una == flight->snd_nxt || flight->tail == TCP_TAIL_DUE ||
	       flight->flags & (TCP_FLIGHT_DUE | TCP_FLIGHT_RECOVERS);
}

void shard_pacing_look(const struct quern_shard *shard, struct tcp_flight *flight)
{
	struct tcp_pacing *pacing = &flight->pacing;

	pacing->holds = false;
	pacing->is_early = shard->now_ns < pacing->next_ns && !pacing->is_half && !goes_at_once(flight) &&
			   (pacing->place || shard->paced_count < SHARD_PACED_MAX);
}

static void wait_in_line(struct quern_shard *shard, const struct tcp_conn *conn, struct tcp_pacing *pacing)
{
	if (!pacing->place)
		pacing->place = (uint16_t)++shard->paced_count;
	shard->paced[pacing->place - 1] = (struct shard_paced){pacing->next_ns, shard_conn_index(shard, conn)};
}

void shard_pacing_note(struct quern_shard *shard, const struct tcp_conn *conn, struct tcp_flight *flight,
		       const struct segment *segment)
{
	struct tcp_pacing *pacing = &flight->pacing;

	/* What recovery sends is not what the next one has to wait for. */
	if (segment && segment->text_bytes > 0 && !(flight->flags & TCP_FLIGHT_RECOVERS))
		tcp_pacing_sent(pacing, segment->text_bytes, shard->now_ns, pacing->place != 0);
	else if (!segment && pacing->holds)
		wait_in_line(shard, conn, pacing);
	else if (!segment && pacing->place)
		shard_pacing_forget(shard, flight);
}

/* The last in line takes the place that is free. */
void shard_pacing_forget(struct quern_shard *shard, struct tcp_flight *flight)
{
	uint32_t place = flight->pacing.place, last = shard->paced_count--;
	const struct tcp_conn *moved = &shard->conns[shard->paced[last - 1].conn];

	shard->paced[place - 1] = shard->paced[last - 1];
	shard_flight_of(shard, moved)->tcp.pacing.place = (uint16_t)place;
	flight->pacing.place = 0;
}

/* Its time has come: it goes, and waits on or no longer. */
static void release(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct shard_flight *flight;

	shard_tcp_output(shard, conn, NULL, false);
	flight = shard_flight_of(shard, conn);
	/* Who still waits does so for another time, but for him whose path, or whose window, has become too short. */
	if (flight && flight->tcp.pacing.place && shard->paced[flight->tcp.pacing.place - 1].due_ns <= shard->now_ns)
		shard_pacing_forget(shard, &flight->tcp);
}

void shard_pacing_release(struct quern_shard *shard)
{
	for (uint32_t i = 0; i < LOOKS && shard->paced_count; i++) {
		const struct shard_paced *paced;

		if (shard->paced_next >= shard->paced_count)
			shard->paced_next = 0;
		paced = &shard->paced[shard->paced_next];
		if (paced->due_ns <= shard->now_ns)
			release(shard, &shard->conns[paced->conn]);
		shard->paced_next++;
	}
}

uint64_t shard_pacing_next(const struct quern_shard *shard, uint64_t deadline_ns)
{
	for (uint32_t i = 0; i < shard->paced_count; i++)
		if (shard->paced[i].due_ns < deadline_ns)
			deadline_ns = shard->paced[i].due_ns;
	return deadline_ns;
}

bool shard_pacing_is_sound(const struct quern_shard *shard)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < shard->paced_count; i++) {
		const struct tcp_conn *conn = &shard->conns[shard->paced[i].conn];
		const struct shard_flight *flight = shard_flight_of(shard, conn);

		if (!flight || flight->tcp.pacing.place != i + 1 || conn->flags & TCP_LINGERS)
			return false;
	}
	for (uint32_t i = 0; i < shard->config.max_connections; i++) {
		const struct shard_flight *flight = shard_flight_of(shard, &shard->conns[i]);

		count += flight && flight->tcp.pacing.place;
	}
	return count == shard->paced_count;
}
