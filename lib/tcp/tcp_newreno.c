/* tcp_newreno.c - RFC 5681: one MSS more in each round trip, half as much after a loss. */
#include "tcp/tcp_congestion.h"

#include "base/least.h"

/* RFC 3465 2.1: one MSS for each window of bytes acknowledged, whatever the ACKs that tell it. A window that is no
 * whole number of segments sends only those that are whole, so their ACKs are all that can come of it in a round trip.
 */
static void avoid_congestion(struct tcp_congestion *state, uint32_t acked_bytes, uint32_t mss)
{
	state->counted += least(acked_bytes, state->cwnd);
	if (state->counted + mss <= state->cwnd)
		return;
	state->counted -= least(state->counted, state->cwnd);
	state->cwnd = least(state->cwnd + mss, TCP_CWND_MAX);
}

static void newreno_on_ack(struct tcp_congestion *state, uint32_t acked_bytes, uint32_t mss, uint32_t srtt_ms,
			   uint32_t now_ms, bool is_cwnd_limited)
{
	(void)srtt_ms;
	(void)now_ms;
	if (!is_cwnd_limited)
		return;
	if (state->cwnd < state->ssthresh)
		tcp_congestion_slow_start(state, acked_bytes, mss);
	else
		avoid_congestion(state, acked_bytes, mss);
}

/* RFC 5681 3.1, equation 4. */
static uint32_t half_of(const struct tcp_congestion *state, uint32_t flight_bytes)
{
	return least(flight_bytes, state->cwnd) / 2;
}

static void newreno_on_loss(struct tcp_congestion *state, uint32_t flight_bytes, uint32_t mss)
{
	tcp_congestion_reduce(state, half_of(state, flight_bytes), mss);
}

static void newreno_on_timeout(struct tcp_congestion *state, uint32_t flight_bytes, uint32_t mss, bool is_repeat)
{
	tcp_congestion_collapse(state, half_of(state, flight_bytes), mss, is_repeat);
}

const struct tcp_congestion_control tcp_newreno = {
	.name = "newreno",
	.on_ack = newreno_on_ack,
	.on_loss = newreno_on_loss,
	.on_timeout = newreno_on_timeout,
};
