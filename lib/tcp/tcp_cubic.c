/* tcp_cubic.c - RFC 9438 in bytes, milliseconds and integers. The RFC's C is 0.4 segments/s^3, its beta 0.7. */
#include "tcp/tcp_congestion.h"

#include "base/least.h"

enum {
	CURVE_MS_MAX = 1 << 21, /* 35 minutes: beyond any K, and its cube fits in 63 bits */
	CURVE_BITS = 16,        /* of the cube that are not needed: 65536 ms^3 are 0.04 bytes at an MSS of 1460 */
	CURVE_DIVISOR = 38147,  /* 10^9 ms^3/s^3 / 0.4 / 2^CURVE_BITS */
	K_TOP_BIT = 18,         /* K is below 2^19 ms, even for a window of 2^30 bytes in segments of 48 */
	STEP_SHIFT = 4,         /* cwnd moves after each sixteenth of a window that is acknowledged */
	ALPHA_NUMERATOR = 9,    /* RFC 9438 4.3: alpha = 3 (1 - beta) / (1 + beta) */
	ALPHA_DENOMINATOR = 17
};

/* beta, and (1 + beta) / 2. All divisors here are constants: they compile to a multiplication. */
static uint32_t seven_tenths(uint32_t bytes)
{
	return (uint32_t)((uint64_t)bytes * 7 / 10);
}

static uint32_t seventeen_twentieths(uint32_t bytes)
{
	return (uint32_t)((uint64_t)bytes * 17 / 20);
}

/* C * distance^3 in bytes, for a distance of at most CURVE_MS_MAX. */
static uint64_t curve_bytes(uint32_t distance_ms, uint32_t mss)
{
	uint64_t cube = (uint64_t)distance_ms * distance_ms * distance_ms;

	return (cube >> CURVE_BITS) * mss / CURVE_DIVISOR;
}

/* The cube root of equation 2: the last K whose curve rises by less than `gap` bytes, 0 where there is no gap. Once in
 * an epoch. */
static uint32_t k_of_gap(uint32_t gap, uint32_t mss)
{
	uint32_t k_ms = 0;

	for (uint32_t bit = 1u << K_TOP_BIT; bit > 0; bit >>= 1) {
		if (curve_bytes(k_ms | bit, mss) < gap)
			k_ms |= bit;
	}
	return k_ms;
}

/* Equation 1, W_cubic, `past_k_ms` after K. */
static uint32_t curve_at(const struct tcp_congestion *state, int32_t past_k_ms, uint32_t mss)
{
	uint64_t bytes = curve_bytes((uint32_t)(past_k_ms < 0 ? -past_k_ms : past_k_ms), mss);

	if (past_k_ms < 0)
		return bytes < state->w_max ? state->w_max - (uint32_t)bytes : 0;
	return bytes < TCP_CWND_MAX - state->w_max ? state->w_max + (uint32_t)bytes : TCP_CWND_MAX;
}

/* RFC 9438 4.2: congestion avoidance begins. Where no reduction has set W_max (4.8, 4.10), or cwnd has passed it in
 * slow start, the curve begins at its plateau: K = 0. */
static void begin_epoch(struct tcp_congestion *state, uint32_t mss)
{
	/* It has no other use until the next loss: the estimate starts from here. */
	state->ssthresh = state->cwnd;
	state->steps = 0;
	if (state->w_max <= state->cwnd)
		state->w_max = state->cwnd;
	state->past_k_ms = -(int32_t)k_of_gap(state->w_max - state->cwnd, mss);
}

/* Where on the curve we are `ms` later; it ends after CURVE_MS_MAX. */
static int32_t later(int32_t past_k_ms, uint32_t ms)
{
	int32_t left_ms = CURVE_MS_MAX - past_k_ms;

	return ms < (uint32_t)left_ms ? past_k_ms + (int32_t)ms : CURVE_MS_MAX;
}

/* RFC 9438 4.3, equation 4: what Reno's window would be by now. With alpha it is slower than Reno until it has reached
 * the window before the loss, which was at least W_max and at least what ssthresh was made from; from there on as fast.
 */
static uint32_t estimate(const struct tcp_congestion *state, uint32_t mss)
{
	uint32_t cwnd_epoch = state->ssthresh;
	uint32_t cwnd_prior = most(state->w_max, (uint32_t)((uint64_t)state->ssthresh * 10 / 7));
	uint64_t reno_growth = (uint64_t)state->steps * mss >> STEP_SHIFT, gap = cwnd_prior - cwnd_epoch, window;

	if (reno_growth * ALPHA_NUMERATOR <= gap * ALPHA_DENOMINATOR)
		window = cwnd_epoch + reno_growth * ALPHA_NUMERATOR / ALPHA_DENOMINATOR;
	else
		window = cwnd_prior + reno_growth - gap * ALPHA_DENOMINATOR / ALPHA_NUMERATOR;
	return window < TCP_CWND_MAX ? (uint32_t)window : TCP_CWND_MAX;
}

/* RFC 9438 4.3 to 4.5, for a sixteenth of a window: Reno's window where the curve is below it; else a sixteenth of the
 * way to where the curve will be in one round trip, as far as that is no more than half a window away. */
static void step(struct tcp_congestion *state, uint32_t mss, uint32_t srtt_ms)
{
	uint32_t w_est, target;

	state->steps++;
	w_est = estimate(state, mss);
	if (curve_at(state, state->past_k_ms, mss) < w_est) {
		state->cwnd = most(state->cwnd, w_est);
		return;
	}
	target = least(curve_at(state, later(state->past_k_ms, srtt_ms), mss), state->cwnd + state->cwnd / 2);
	if (target > state->cwnd)
		state->cwnd += (target - state->cwnd) >> STEP_SHIFT;
}

/* What is acknowledged between two steps; never 0, however small the window. */
static uint32_t sixteenth_of(uint32_t cwnd)
{
	return most(cwnd >> STEP_SHIFT, 1);
}

static void cubic_on_ack(struct tcp_congestion *state, uint32_t acked_bytes, uint32_t mss, uint32_t srtt_ms,
			 uint32_t now_ms, bool is_cwnd_limited)
{
	uint32_t passed_ms = now_ms - state->heard_ms;

	state->heard_ms = now_ms;
	/* RFC 9438 5.8: the time in which the application held back does not count. */
	if (!is_cwnd_limited)
		return;
	if (state->cwnd < state->ssthresh) {
		tcp_congestion_slow_start(state, acked_bytes, mss);
		return;
	}
	if (state->past_k_ms == TCP_EPOCH_NONE)
		begin_epoch(state, mss);
	else
		state->past_k_ms = later(state->past_k_ms, passed_ms);
	state->counted += least(acked_bytes, state->cwnd);
	while (state->counted >= sixteenth_of(state->cwnd)) {
		state->counted -= sixteenth_of(state->cwnd);
		step(state, mss, srtt_ms);
	}
}

/* RFC 9438 4.6 and 4.7: a flow that did not get back to where it was leaves room for those that come. */
static void cubic_on_loss(struct tcp_congestion *state, uint32_t flight_bytes, uint32_t mss)
{
	uint32_t flight = least(flight_bytes, state->cwnd);

	state->w_max = state->cwnd < state->w_max ? seventeen_twentieths(state->cwnd) : state->cwnd;
	tcp_congestion_reduce(state, seven_tenths(flight), mss);
}

/* RFC 9438 4.8: the next epoch takes its W_max from where it begins. */
static void cubic_on_timeout(struct tcp_congestion *state, uint32_t flight_bytes, uint32_t mss, bool is_repeat)
{
	uint32_t flight = least(flight_bytes, state->cwnd);

	state->w_max = 0;
	tcp_congestion_collapse(state, seven_tenths(flight), mss, is_repeat);
}

const struct tcp_congestion_control tcp_cubic = {
	.name = "cubic",
	.on_ack = cubic_on_ack,
	.on_loss = cubic_on_loss,
	.on_timeout = cubic_on_timeout,
};
