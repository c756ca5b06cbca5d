/* test_tcp_newreno.c - RFC 5681 by numbers made by hand. */
#include <criterion/criterion.h>

#include "tcp/tcp_congestion.h"

enum { MSS = 1000 };

static struct tcp_congestion at(uint32_t segments)
{
	struct tcp_congestion state;

	tcp_congestion_begin(&state, MSS, false, 0);
	state.cwnd = segments * MSS;
	return state;
}

static void acknowledge(struct tcp_congestion *state, uint32_t acks, uint32_t bytes)
{
	for (uint32_t i = 0; i < acks; i++)
		tcp_newreno.on_ack(state, bytes, MSS, 20, 0, true);
}

Test(tcp_newreno, slow_start_doubles_the_window_in_a_round_trip)
{
	struct tcp_congestion state = at(10);

	for (uint32_t window = 10; window <= 640; window *= 2) {
		cr_assert_eq(state.cwnd, window * MSS);
		acknowledge(&state, window, MSS);
	}
}

Test(tcp_newreno, a_loss_halves_what_is_in_flight)
{
	struct tcp_congestion state = at(40);

	tcp_newreno.on_loss(&state, 30 * MSS, MSS);
	cr_assert_eq(state.ssthresh, 15 * MSS);
	cr_assert_eq(state.cwnd, 15 * MSS);
	/* Two more that limited transmit has sent. */
	state = at(40);
	tcp_newreno.on_loss(&state, 42 * MSS, MSS);
	cr_assert_eq(state.ssthresh, 20 * MSS);
}

Test(tcp_newreno, avoidance_adds_one_segment_a_round_trip_whether_acks_are_delayed_or_not)
{
	for (uint32_t each = 1; each <= 4; each *= 2) {
		struct tcp_congestion state = at(40);

		tcp_newreno.on_loss(&state, 40 * MSS, MSS);
		/* 20 + 21 + … + 39 segments acknowledged are twenty windows. */
		acknowledge(&state, (20 + 39) * 10 / each, each * MSS);
		cr_assert_geq(state.cwnd, 39 * MSS, "ACKs of %u segments", each);
		acknowledge(&state, 2, each * MSS);
		cr_assert_eq(state.cwnd, 40 * MSS, "ACKs of %u segments: %u", each, state.cwnd);
	}
}

/* Half of nineteen segments is nine and a half, of which nine can be sent, and acknowledged, in a round trip. */
Test(tcp_newreno, avoidance_adds_one_segment_a_round_trip_where_the_window_is_no_whole_number_of_them)
{
	struct tcp_congestion state = at(19);

	tcp_newreno.on_loss(&state, 19 * MSS, MSS);
	for (uint32_t window = 9; window < 30; window++) {
		cr_assert_eq(state.cwnd, window * MSS + MSS / 2);
		acknowledge(&state, window, MSS);
	}
}

Test(tcp_newreno, avoidance_begins_at_the_threshold_and_not_before)
{
	struct tcp_congestion state = at(20);

	tcp_newreno.on_timeout(&state, 20 * MSS, MSS, false);
	cr_assert_eq(state.ssthresh, 10 * MSS);
	acknowledge(&state, 9, MSS);
	cr_assert_eq(state.cwnd, 10 * MSS);
	acknowledge(&state, 9, MSS);
	cr_assert_eq(state.cwnd, 10 * MSS);
	acknowledge(&state, 1, MSS);
	cr_assert_eq(state.cwnd, 11 * MSS);
}

Test(tcp_newreno, one_ack_of_many_windows_adds_one_segment)
{
	struct tcp_congestion state = at(40);

	tcp_newreno.on_loss(&state, 40 * MSS, MSS);
	acknowledge(&state, 1, 1u << 30);
	cr_assert_eq(state.cwnd, 21 * MSS);
	acknowledge(&state, 20, MSS);
	cr_assert_eq(state.cwnd, 21 * MSS, "and nothing is left of it");
}

Test(tcp_newreno, a_window_of_a_gigabyte_grows_no_further)
{
	struct tcp_congestion state = at(10);

	state.cwnd = TCP_CWND_MAX - MSS / 2;
	state.ssthresh = TCP_CWND_MAX / 2;
	acknowledge(&state, 1, TCP_CWND_MAX);
	cr_assert_eq(state.cwnd, TCP_CWND_MAX);
	acknowledge(&state, 3, TCP_CWND_MAX);
	cr_assert_eq(state.cwnd, TCP_CWND_MAX);
	tcp_newreno.on_loss(&state, TCP_CWND_MAX, MSS);
	cr_assert_eq(state.cwnd, TCP_CWND_MAX / 2);
}
