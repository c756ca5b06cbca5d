/* test_tcp_cubic.c - RFC 9438 by numbers made by hand. */
#include <math.h>

#include <criterion/criterion.h>

#include "tcp/tcp_congestion.h"

enum { MSS = 1460, RTT_MS = 100 };

/* `segments` acknowledged one by one, in the `ms` after `from_ms`. */
static void acknowledge_from(struct tcp_congestion *state, uint32_t from_ms, uint32_t segments, uint32_t ms,
			     bool is_cwnd_limited)
{
	for (uint32_t i = 1; i <= segments; i++)
		tcp_cubic.on_ack(state, MSS, MSS, RTT_MS, from_ms + ms * i / segments, is_cwnd_limited);
}

static void acknowledge(struct tcp_congestion *state, uint32_t segments, uint32_t ms)
{
	acknowledge_from(state, state->heard_ms, segments, ms, true);
}

static struct tcp_congestion lost_at(uint32_t segments)
{
	struct tcp_congestion state;

	tcp_congestion_begin(&state, MSS, false, 0);
	state.cwnd = segments * MSS;
	tcp_cubic.on_loss(&state, segments * MSS, MSS);
	return state;
}

/* RFC 9438 4.6 and 4.7: 0.7, and 0.85 of a window that had not come back to where it was. */
Test(tcp_cubic, a_loss_takes_three_tenths_and_one_below_w_max_leaves_room)
{
	struct tcp_congestion state = lost_at(100);

	cr_assert_eq(state.cwnd, 70 * MSS);
	cr_assert_eq(state.ssthresh, 70 * MSS);
	cr_assert_eq(state.w_max, 100 * MSS);
	state.cwnd = 80 * MSS;
	tcp_cubic.on_loss(&state, 60 * MSS, MSS);
	cr_assert_eq(state.cwnd, 42 * MSS, "of what was in flight");
	cr_assert_eq(state.w_max, 68 * MSS, "fast convergence");
	state.cwnd = 68 * MSS;
	tcp_cubic.on_loss(&state, 100 * MSS, MSS);
	cr_assert_eq(state.w_max, 68 * MSS, "none where it came back");
	cr_assert_eq(state.ssthresh, (uint32_t)(68 * MSS * 0.7), "and no more was in flight than cwnd allows");
}

/* K is cbrt(30 / 0.4) = 4.217 s; at half of it the gap of 30 segments is an eighth: 3.75. */
Test(tcp_cubic, a_window_of_a_hundred_is_back_after_the_cube_root_of_75_seconds)
{
	struct tcp_congestion state = lost_at(100);

	acknowledge(&state, 1, 0);
	cr_assert_eq(state.past_k_ms, -4217, "%d", state.past_k_ms);
	acknowledge(&state, 21 * 90, 2108);
	cr_assert_float_eq((double)state.cwnd / MSS, 100 - 3.75, 0.5, "%u", state.cwnd);
	acknowledge(&state, 21 * 98, 2109);
	cr_assert_eq(state.past_k_ms, 0);
	cr_assert_float_eq((double)state.cwnd / MSS, 100, 0.5, "%u", state.cwnd);
	acknowledge(&state, 42 * 110, 4217);
	cr_assert_gt(state.cwnd, 120 * MSS, "and convex from there on");
}

/* RFC 9438 4.3: 14 + 0.529 a round trip until 20, then one. */
Test(tcp_cubic, a_small_window_grows_as_reno_would)
{
	struct tcp_congestion state = lost_at(20);

	for (uint32_t trip = 0; trip < 10; trip++)
		acknowledge(&state, (state.cwnd + MSS - 1) / MSS, 1);
	cr_assert_float_eq((double)state.cwnd / MSS, 14 + 10 * 9 / 17.0, 0.5, "%u", state.cwnd);
	while (state.cwnd < 20 * MSS)
		acknowledge(&state, 1, 0);
	for (uint32_t trip = 0; trip < 10; trip++)
		acknowledge(&state, (state.cwnd + MSS - 1) / MSS, 1);
	cr_assert_float_eq((double)state.cwnd / MSS, 30, 0.7, "%u", state.cwnd);
}

/* Bytes that a path of `limit` segments and 10 ms carries in 1000 round trips, with a loss whenever it is full. */
static uint64_t carried(const struct tcp_congestion_control *rules, uint32_t limit)
{
	struct tcp_congestion state;
	uint64_t bytes = 0;

	tcp_congestion_begin(&state, MSS, false, 0);
	for (uint32_t trip = 0; trip < 1000; trip++) {
		uint32_t window = state.cwnd;

		if (window > limit * MSS)
			rules->on_loss(&state, window, MSS);
		for (uint32_t acked = 0; acked < window; acked += MSS)
			rules->on_ack(&state, MSS, MSS, 10, trip * 10, true);
		bytes += window;
	}
	return bytes;
}

Test(tcp_cubic, a_short_path_carries_what_it_does_for_reno_or_more)
{
	for (uint32_t limit = 10; limit <= 50; limit += 10) {
		double ratio = (double)carried(&tcp_cubic, limit) / (double)carried(&tcp_newreno, limit);

		/* The mean window is 0.85 of the limit, and Reno's 0.75: 1.13. */
		cr_assert_gt(ratio, 1.0, "%u segments: %.3f", limit, ratio);
		cr_assert_lt(ratio, 1.25, "%u segments: %.3f", limit, ratio);
	}
}

/* RFC 9438 4.8: K = 0, W_max where avoidance begins. */
Test(tcp_cubic, after_a_timeout_the_curve_begins_at_its_plateau)
{
	struct tcp_congestion state = lost_at(100);

	tcp_cubic.on_timeout(&state, 70 * MSS, MSS, false);
	cr_assert_eq(state.ssthresh, 49 * MSS);
	acknowledge(&state, 48, 300);
	cr_assert_eq(state.cwnd, 49 * MSS);
	acknowledge(&state, 1, 0);
	cr_assert_eq(state.w_max, 49 * MSS);
	cr_assert_eq(state.past_k_ms, 0);
}

/* RFC 9438 5.8: neither the window nor the clock moves, whether ACKs come in that time or none. */
Test(tcp_cubic, time_in_which_the_application_held_back_does_not_count)
{
	struct tcp_congestion busy = lost_at(100), lazy, silent;

	acknowledge_from(&busy, 0, 10 * 70, 1000, true);
	lazy = silent = busy;
	acknowledge_from(&busy, 1000, 10 * 90, 1000, true);
	acknowledge_from(&lazy, 1000, 10000, 60000, false);
	acknowledge_from(&lazy, 61000, 10 * 90, 1000, true);
	tcp_congestion_resume(&silent, MSS, 900, 1000, 61000);
	acknowledge_from(&silent, 61000, 10 * 90, 1000, true);
	cr_assert_eq(lazy.past_k_ms, busy.past_k_ms);
	cr_assert_eq(lazy.cwnd, busy.cwnd);
	cr_assert_eq(silent.past_k_ms, busy.past_k_ms);
	cr_assert_eq(silent.cwnd, busy.cwnd);
}

/* RFC 9438 4.3 with a cwnd_prior of 40: 0.529 a round trip all the way, from where avoidance has begun. */
Test(tcp_cubic, the_estimate_begins_at_cwnd_and_is_slow_up_to_the_window_before_the_loss)
{
	struct tcp_congestion state = lost_at(20);

	state.cwnd = 40 * MSS;
	tcp_cubic.on_loss(&state, 20 * MSS, MSS);
	cr_assert_eq(state.ssthresh, 14 * MSS);
	state.cwnd = 17 * MSS;
	for (uint32_t trip = 0; trip < 34; trip++)
		acknowledge(&state, (state.cwnd + MSS - 1) / MSS, 1);
	cr_assert_float_eq((double)state.cwnd / MSS, 17 + 18, 0.7, "%u", state.cwnd);
}

/* RFC 9438 4.10: nothing of the flight before is known but ssthresh. */
Test(tcp_cubic, a_flight_that_begins_at_its_threshold_begins_at_the_plateau)
{
	struct tcp_congestion state = lost_at(10);

	tcp_congestion_begin(&state, MSS, false, tcp_congestion_keep(&state, MSS));
	cr_assert_lt(state.cwnd, 7 * MSS + 1);
	acknowledge(&state, 1, 0);
	cr_assert_eq(state.past_k_ms, 0);
	cr_assert_eq(state.w_max, state.ssthresh);
}

Test(tcp_cubic, a_larger_mss_in_the_middle_of_an_epoch_does_no_harm)
{
	struct tcp_congestion state;
	uint32_t before;

	tcp_congestion_begin(&state, 48, false, 0);
	state.cwnd = 1000 * 48;
	tcp_cubic.on_loss(&state, 1000 * 48, 48);
	tcp_cubic.on_ack(&state, 48, 48, RTT_MS, 0, true);
	before = state.cwnd;
	tcp_cubic.on_ack(&state, before, 1460, RTT_MS, RTT_MS, true);
	cr_assert_leq(state.cwnd, before + 1460, "%u after %u", state.cwnd, before);
}

/* After a restart slow start leads back to ssthresh, and the curve to the same W_max. */
Test(tcp_cubic, an_epoch_begins_anew_after_idle_and_remembers_w_max)
{
	struct tcp_congestion state = lost_at(100);

	acknowledge(&state, 70, RTT_MS);
	tcp_congestion_resume(&state, MSS, 1001, 1000, 10000);
	cr_assert_eq(state.cwnd, 10 * MSS);
	while (state.cwnd < state.ssthresh)
		acknowledge(&state, 1, 1);
	acknowledge(&state, 1, 0);
	cr_assert_eq(state.w_max, 100 * MSS);
	cr_assert_float_eq(state.past_k_ms, -4217, 60);
}

/* RFC 9438 4.2: the target is 1.5 times cwnd at most, however long no ACK came. */
Test(tcp_cubic, each_segment_acknowledged_opens_the_window_by_half_a_segment_at_most)
{
	struct tcp_congestion state = lost_at(100);

	acknowledge(&state, 1, 0);
	for (uint32_t i = 0; i < 70; i++)
		tcp_cubic.on_ack(&state, MSS, MSS, RTT_MS, 1u << 30, true);
	cr_assert_gt(state.cwnd, 103 * MSS, "%u", state.cwnd);
	cr_assert_leq(state.cwnd, 106 * MSS, "%u", state.cwnd);
}

/* cbrt(2^30 / 48 / 0.4) s. */
Test(tcp_cubic, the_largest_k_is_found)
{
	struct tcp_congestion state;

	tcp_congestion_begin(&state, 48, false, 0);
	state.cwnd = TCP_CWND_MAX;
	tcp_cubic.on_loss(&state, 0, 48);
	tcp_cubic.on_ack(&state, 1, 48, RTT_MS, 0, true);
	cr_assert_float_eq(state.past_k_ms, -1000 * cbrt((1 << 30) / 48.0 / 0.4), 2, "%d", state.past_k_ms);
}

Test(tcp_cubic, a_window_of_a_gigabyte_grows_no_further)
{
	struct tcp_congestion state;

	tcp_congestion_begin(&state, 48, false, 0);
	state.cwnd = TCP_CWND_MAX;
	tcp_cubic.on_loss(&state, TCP_CWND_MAX, 48);
	cr_assert_eq(state.cwnd, (uint32_t)(TCP_CWND_MAX * 0.7));
	for (uint32_t i = 0; i < 100000; i++)
		tcp_cubic.on_ack(&state, TCP_CWND_MAX, 48, 60000, i * 60000, true);
	cr_assert_leq(state.cwnd, TCP_CWND_MAX, "%u", state.cwnd);
	cr_assert_gt(state.cwnd, TCP_CWND_MAX - 16, "%u", state.cwnd);
}
