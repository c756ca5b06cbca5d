/* shard_timer.c - timers that are due, and how long until the next. */
#include "shard/shard_flight.h"
#include "shard/shard_group.h"
#include "shard/shard_half_open.h"
#include "shard/shard_pacing.h"
#include "shard/shard_scoreboard.h"

#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"

static void tell_unanswered(struct quern_shard *shard, struct tcp_conn *conn)
{
	struct shard_service *service = shard_service_of(shard, conn);

	/* RFC 9293 MUST-20 (a): negative advice to the IP layer. */
	if (flow_key_is_ip6(&conn->key))
		neigh_nd_suspect(&shard->ip6.neigh, alias_address(&shard->ip6.aliases, conn->key.remote));
	else
		neigh_suspect(&shard->neigh, conn->key.remote);
	if (service->events.on_unanswered && (!(conn->flags & TCP_PASSIVE) || conn->state != QUERN_SYN_RCVD))
		service->events.on_unanswered(shard, shard_conn_handle(shard, conn), service->app);
}

static void send_what_the_timer_owes(struct quern_shard *shard, struct tcp_conn *conn)
{
	/* Text that goes again is counted where it goes. */
	if (conn->flags & TCP_OWES_PROBE)
		counter_add(&shard->counters.keepalive_probes, 1);
	else if (conn->flags & (TCP_OWES_SYN | TCP_OWES_FIN) && !shard_flight_of(shard, conn))
		counter_add(&shard->counters.retransmits, 1);
	shard_tcp_output(shard, conn, NULL, false);
}

static void give_up(struct quern_shard *shard, struct tcp_conn *conn, const struct tcp_timer_verdict *verdict,
		    bool half_open)
{
	if (verdict->reset) {
		struct segment segment;

		tcp_output_reset(conn, shard_flight_tcp(shard_flight_of(shard, conn)), &segment);
		shard_send_segment(shard, NULL, &conn->key, &segment, &shard_service_of(shard, conn)->ip, NULL);
		counter_add(&shard->counters.resets_sent, 1);
	}
	/* A SYN that reopened a connection in TIME-WAIT and is never confirmed was an old duplicate. */
	if (half_open && conn->flags & TCP_REOPENED &&
	    shard_time_wait_unpark(shard, conn, table_hash(&shard->table, &conn->key))) {
		shard_half_open_end(shard, conn);
		shard_conn_free(shard, conn);
		return;
	}
	shard_conn_end(shard, conn, (enum quern_end)verdict->end, half_open);
}

static void fire(struct quern_shard *shard, struct tcp_conn *conn)
{
	bool half_open = conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE;
	uint16_t generation = conn->generation;
	const struct shard_flight *flight = shard_flight_of(shard, conn);
	struct tcp_timer_verdict verdict = tcp_timer_fired(conn, shard_flight_tcp(shard_flight_of(shard, conn)),
							   shard_scoreboard_of(shard, flight), &shard->wheel,
							   &shard_service_of(shard, conn)->tcp, shard->now_ms);

	switch (verdict.action) {
	case TCP_TIMER_NOTHING:
		break;
	case TCP_TIMER_UNANSWERED:
		tell_unanswered(shard, conn);
		if (conn->generation != generation)
			break;
		send_what_the_timer_owes(shard, conn);
		break;
	case TCP_TIMER_SEND:
		send_what_the_timer_owes(shard, conn);
		break;
	case TCP_TIMER_EXPIRED:
		give_up(shard, conn, &verdict, half_open);
		break;
	}
}

/* SYN or FIN goes out once the port takes it. A FIN behind text may have to wait for the window, and is timed with the
 * text; one behind a SYN may have to wait for its ACK, should there be a flight by then, and the SYN's timer is this
 * one.
 */
static bool says_anyway(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	bool fin_goes =
		conn->flags & TCP_OWES_FIN && !(conn->flags & TCP_SYN_IN_FLIGHT) && !shard_flight_of(shard, conn);

	return conn->flags & TCP_QUEUED && (conn->flags & TCP_OWES_SYN || fin_goes);
}

uint32_t shard_expire(struct quern_shard *shard, uint64_t now_ns)
{
	uint32_t fired[SHARD_EXPIRE_MAX], count;
	uint16_t generations[SHARD_EXPIRE_MAX];

	shard_set_time(shard, now_ns);
	count = wheel_advance(&shard->wheel, shard->tick, fired, SHARD_EXPIRE_MAX);
	for (uint32_t i = 0; i < count; i++)
		rte_prefetch0(&shard->conns[fired[i]]);
	for (uint32_t i = 0; i < count; i++)
		generations[i] = shard->conns[fired[i]].generation;
	for (uint32_t i = 0; i < count; i++) {
		struct tcp_conn *conn = &shard->conns[fired[i]];

		/* The application may have ended it, or made it wait again, on behalf of one that fired before. */
		if (conn->generation == generations[i] && conn->timer.due == WHEEL_NEVER && !says_anyway(shard, conn))
			fire(shard, conn);
	}
	if (shard->wheel.lag > shard->counters.timer_lag_ms_max)
		counter_add(&shard->counters.timer_lag_ms_max, shard->wheel.lag - shard->counters.timer_lag_ms_max);
	if (shard->forward && shard->forward_number == 0)
		count += shard_forward_expire(shard->forward);
	if (shard->forward)
		count += shard_group_expire(shard);
	return count + shard_time_wait_expire(shard, SHARD_EXPIRE_MAX);
}

/* The next thing to do for what is forwarded. */
static bool forward_next(const struct quern_shard *shard, uint32_t *tick)
{
	uint32_t of_sessions;
	bool found = shard_group_next(shard, tick);

	if (shard->forward_number != 0 || !shard_forward_next(shard->forward, &of_sessions))
		return found;
	if (!found || (int32_t)(of_sessions - *tick) < 0)
		*tick = of_sessions;
	return true;
}

bool shard_next_deadline(const struct quern_shard *shard, uint64_t *deadline_ns)
{
	const struct tcp_time_wait_ring *ring = &shard->time_wait;
	uint32_t tick = 0, wheel_tick;
	bool found = ring->filled > 0;

	if (found)
		tick = ring->records[ring->head].expires_ms;
	if (wheel_next(&shard->wheel, &wheel_tick) && (!found || (int32_t)(wheel_tick - tick) < 0)) {
		tick = wheel_tick;
		found = true;
	}
	if (shard->forward && forward_next(shard, &wheel_tick) && (!found || (int32_t)(wheel_tick - tick) < 0)) {
		tick = wheel_tick;
		found = true;
	}
	/* Who waits for his time is armed as well. */
	if (!found)
		return false;
	*deadline_ns = (int32_t)(tick - shard->tick) <= 0 ? shard->now_ns
							  : (shard->now_ns / 1000000 + (tick - shard->tick)) * 1000000;
	if (shard->paced_count)
		*deadline_ns = shard_pacing_next(shard, *deadline_ns);
	return true;
}
