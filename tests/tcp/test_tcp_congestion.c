/* test_tcp_congestion.c - what all congestion control has in common: rows 94, 95 and 99, and what no series of ACKs and
 * losses may come to. */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "tcp/tcp_congestion.h"

enum { MSS = 1460, IW = 14600, RTT_MS = 50, RTO_MS = 1000 };

static const struct tcp_congestion_control *const RULES[] = {&tcp_newreno, &tcp_cubic};

static struct tcp_congestion begun(uint32_t mss)
{
	struct tcp_congestion state;

	tcp_congestion_begin(&state, mss, false, 0);
	return state;
}

/* In congestion avoidance at `segments`, after a loss. */
static struct tcp_congestion avoiding(const struct tcp_congestion_control *rules, uint32_t segments)
{
	struct tcp_congestion state = begun(MSS);

	state.cwnd = 2 * segments * MSS;
	rules->on_loss(&state, state.cwnd, MSS);
	state.cwnd = state.ssthresh = segments * MSS;
	return state;
}

/* Acknowledges `bytes` in pieces of `piece`, over one round trip. */
static void acknowledge(const struct tcp_congestion_control *rules, struct tcp_congestion *state, uint32_t bytes,
			uint32_t piece)
{
	uint32_t from_ms = state->heard_ms;

	for (uint32_t acked = 0; acked < bytes; acked += piece) {
		uint32_t length = bytes - acked < piece ? bytes - acked : piece;

		rules->on_ack(state, length, MSS, RTT_MS, from_ms + (uint32_t)((uint64_t)RTT_MS * acked / bytes), true);
	}
}

/* RFC 6928 2: min(10 MSS, max(2 MSS, 14600)). */
Test(tcp_congestion, the_initial_window_is_ten_segments_or_14600_bytes_or_two_segments)
{
	static const struct {
		uint32_t mss, window;
	} rows[] = {{48, 480},     {536, 5360},   {1220, 12200}, {1460, 14600},
		    {1461, 14600}, {7300, 14600}, {8960, 17920}, {65495, 130990}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct tcp_congestion state = begun(rows[i].mss);

		cr_assert_eq(tcp_initial_window(rows[i].mss, false), rows[i].window, "MSS %u", rows[i].mss);
		cr_assert_eq(tcp_initial_window(rows[i].mss, true), rows[i].mss);
		cr_assert_eq(state.cwnd, rows[i].window);
		cr_assert_eq(state.ssthresh, TCP_SSTHRESH_NONE);
		tcp_congestion_begin(&state, rows[i].mss, true, 0);
		cr_assert_eq(state.cwnd, rows[i].mss);
	}
}

Test(tcp_congestion, each_option_has_its_rules_and_zero_is_cubic)
{
	cr_assert_eq(tcp_congestion_control(QUERN_CONGESTION_CUBIC), &tcp_cubic);
	cr_assert_eq(tcp_congestion_control(QUERN_CONGESTION_NEWRENO), &tcp_newreno);
	cr_assert_eq(QUERN_CONGESTION_CUBIC, 0);
	cr_assert_str_eq(tcp_cubic.name, "cubic");
	cr_assert_str_eq(tcp_newreno.name, "newreno");
}

/* RFC 5681 3.1: by min(N, SMSS) for each ACK. */
Test(tcp_congestion, slow_start_grows_by_what_was_acknowledged_and_by_one_segment_an_ack_at_most)
{
	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];
		struct tcp_congestion state = begun(MSS);

		rules->on_ack(&state, MSS, MSS, RTT_MS, 1050, true);
		cr_assert_eq(state.cwnd, IW + MSS, "%s", rules->name);
		rules->on_ack(&state, 2 * MSS, MSS, RTT_MS, 1050, true);
		cr_assert_eq(state.cwnd, IW + 2 * MSS);
		rules->on_ack(&state, 1, MSS, RTT_MS, 1050, true);
		cr_assert_eq(state.cwnd, IW + 2 * MSS + 1);
		rules->on_ack(&state, 1u << 30, MSS, RTT_MS, 1050, true);
		cr_assert_eq(state.cwnd, IW + 3 * MSS + 1);
	}
}

/* Battery 15. */
Test(tcp_congestion, an_ack_cut_into_pieces_gains_nothing)
{
	static const uint32_t pieces[] = {1, 7, 100, MSS / 2, MSS};

	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];

		for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
			struct tcp_congestion slow = begun(MSS), honest = avoiding(rules, 40), cut = honest;

			acknowledge(rules, &slow, IW, pieces[i]);
			cr_assert_eq(slow.cwnd, 2 * IW, "%s, pieces of %u", rules->name, pieces[i]);
			for (uint32_t round = 0; round < 20; round++) {
				uint32_t window = honest.cwnd;

				acknowledge(rules, &honest, window, MSS);
				acknowledge(rules, &cut, window, pieces[i]);
			}
			cr_assert_gt(honest.cwnd, 40 * MSS);
			cr_assert_leq(cut.cwnd, honest.cwnd + MSS / 2, "%s, pieces of %u: %u and %u", rules->name,
				      pieces[i], cut.cwnd, honest.cwnd);
		}
	}
}

/* RFC 7661: what was not used has not been tried. */
Test(tcp_congestion, a_window_that_is_not_used_does_not_grow)
{
	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];
		struct tcp_congestion slow = begun(MSS), avoidance = avoiding(rules, 40);

		for (uint32_t i = 0; i < 1000; i++) {
			rules->on_ack(&slow, MSS, MSS, RTT_MS, 1000 + i * RTT_MS, false);
			rules->on_ack(&avoidance, MSS, MSS, RTT_MS, 1000 + i * RTT_MS, false);
		}
		cr_assert_eq(slow.cwnd, IW, "%s", rules->name);
		cr_assert_eq(avoidance.cwnd, 40 * MSS, "%s", rules->name);
	}
}

/* Row 95, and RFC 5681 3.1: ssthresh stays where the timer sends the same segment again. RFC 9438 4.8 has 0.7. */
Test(tcp_congestion, a_timeout_leaves_one_segment_and_what_was_in_flight_as_threshold_once)
{
	static const uint32_t thresholds[] = {10 * MSS, 14 * MSS};

	for (size_t i = 0; i < 2; i++) {
		const struct tcp_congestion_control *rules = RULES[i];
		struct tcp_congestion state = begun(MSS);

		state.cwnd = 30 * MSS;
		rules->on_timeout(&state, 20 * MSS, MSS, false);
		cr_assert_eq(state.cwnd, MSS, "%s", rules->name);
		cr_assert_eq(state.ssthresh, thresholds[i], "%s: %u", rules->name, state.ssthresh);
		rules->on_timeout(&state, 20 * MSS, MSS, true);
		cr_assert_eq(state.cwnd, MSS);
		cr_assert_eq(state.ssthresh, thresholds[i]);
		acknowledge(rules, &state, MSS, MSS);
		cr_assert_eq(state.cwnd, 2 * MSS, "slow start follows");
	}
}

Test(tcp_congestion, the_threshold_is_two_segments_however_little_was_in_flight)
{
	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];
		struct tcp_congestion state = begun(MSS);

		rules->on_loss(&state, 1, MSS);
		cr_assert_eq(state.ssthresh, 2 * MSS, "%s", rules->name);
		cr_assert_eq(state.cwnd, 2 * MSS);
		rules->on_timeout(&state, 0, MSS, false);
		cr_assert_eq(state.ssthresh, 2 * MSS);
		cr_assert_eq(state.cwnd, MSS);
	}
}

/* Row 99, RFC 5681 4.1. */
Test(tcp_congestion, after_an_rto_of_silence_the_restart_window_holds)
{
	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];
		struct tcp_congestion state = avoiding(rules, 100);

		tcp_congestion_resume(&state, MSS, RTO_MS, RTO_MS, 5000);
		cr_assert_eq(state.cwnd, 100 * MSS, "%s: an RTO is not more than an RTO", rules->name);
		tcp_congestion_resume(&state, MSS, RTO_MS + 1, RTO_MS, 5000);
		cr_assert_eq(state.cwnd, IW);
		cr_assert_eq(state.ssthresh, 100 * MSS, "the threshold stays");
		acknowledge(rules, &state, MSS, MSS);
		cr_assert_eq(state.cwnd, IW + MSS, "and slow start leads to it");

		state.cwnd = 3 * MSS;
		tcp_congestion_resume(&state, MSS, UINT32_MAX, RTO_MS, 5000);
		cr_assert_eq(state.cwnd, 3 * MSS, "min(IW, cwnd)");
	}
}

Test(tcp_congestion, three_quarters_of_a_window_that_carried_are_remembered_over_a_rest)
{
	struct tcp_congestion state = avoiding(&tcp_newreno, 100);

	state.cwnd = 200 * MSS;
	tcp_congestion_resume(&state, MSS, RTO_MS + 1, RTO_MS, 5000);
	cr_assert_eq(state.ssthresh, 150 * MSS);
}

Test(tcp_congestion, a_threshold_is_packed_to_the_next_half_step_below)
{
	static const struct {
		uint32_t bytes, unpacked;
	} rows[] = {{0, 2},
		    {1, 2},
		    {2, 2},
		    {3, 3},
		    {4, 4},
		    {5, 4},
		    {6, 6},
		    {7, 6},
		    {96, 96},
		    {1072, 1024},
		    {2920, 2048},
		    {14600, 12288},
		    {16384, 16384},
		    {24575, 16384},
		    {24576, 24576},
		    {(1u << 30) - 1, 3u << 28},
		    {1u << 30, TCP_SSTHRESH_NONE},
		    {TCP_SSTHRESH_NONE, TCP_SSTHRESH_NONE},
		    {UINT32_MAX, TCP_SSTHRESH_NONE}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		cr_assert_eq(tcp_ssthresh_unpack(tcp_ssthresh_pack(rows[i].bytes)), rows[i].unpacked, "%u is %u",
			     rows[i].bytes, tcp_ssthresh_unpack(tcp_ssthresh_pack(rows[i].bytes)));
	cr_assert_eq(tcp_ssthresh_unpack(0), TCP_SSTHRESH_NONE);
	cr_assert_eq(tcp_ssthresh_pack(TCP_SSTHRESH_NONE), 0);
	for (uint32_t bytes = 2; bytes < TCP_CWND_MAX; bytes += 1 + bytes / 1000) {
		uint32_t unpacked = tcp_ssthresh_unpack(tcp_ssthresh_pack(bytes));

		cr_assert_lt(tcp_ssthresh_pack(bytes), 1 << TCP_SSTHRESH_BITS);
		cr_assert_leq(unpacked, bytes);
		cr_assert_gt((uint64_t)unpacked * 3, (uint64_t)bytes * 2 - 2, "%u became %u", bytes, unpacked);
		cr_assert_eq(tcp_ssthresh_pack(unpacked), tcp_ssthresh_pack(bytes), "it is packed the same again");
	}
}

/* RFC 5681 4.1: min(IW, cwnd). */
Test(tcp_congestion, a_flight_begins_where_a_restart_after_idle_would)
{
	static const uint32_t sizes[] = {48, 536, 1220, MSS, 8960};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		uint32_t mss = sizes[i], window = tcp_initial_window(mss, false);

		for (uint32_t cwnd = 2 * mss; cwnd < 1000 * mss; cwnd += mss / 3) {
			struct tcp_congestion state = begun(mss), next;
			uint8_t kept;

			state.cwnd = cwnd;
			state.ssthresh = 2 * mss;
			kept = tcp_congestion_keep(&state, mss);
			cr_assert_lt(kept, 1 << TCP_SSTHRESH_BITS);
			tcp_congestion_begin(&next, mss, false, kept);
			cr_assert_leq(next.cwnd, cwnd < window ? cwnd : window, "MSS %u, cwnd %u", mss, cwnd);
			cr_assert(cwnd < window || next.cwnd == window, "MSS %u, cwnd %u: %u", mss, cwnd, next.cwnd);
			cr_assert_geq(next.cwnd, 2 * mss);
			cr_assert_leq(next.ssthresh, 2 * cwnd < 4 * window ? window * 3 / 2 : cwnd - cwnd / 4);
		}
	}
}

Test(tcp_congestion, a_connection_that_lost_nothing_keeps_no_threshold)
{
	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];
		struct tcp_congestion state = begun(MSS);

		cr_assert_eq(tcp_congestion_keep(&state, MSS), 0);
		acknowledge(rules, &state, 20 * MSS, MSS);
		cr_assert_eq(tcp_congestion_keep(&state, MSS), 0);
	}
}

/* One of the things that can happen to a flight, with any numbers. Returns what is allowed as cwnd after it. */
static uint32_t happen(const struct tcp_congestion_control *rules, struct tcp_congestion *state, struct random *random,
		       uint32_t mss, uint32_t *now_ms)
{
	uint32_t cwnd = state->cwnd, acked = random_below(random, 2 * cwnd) + 1,
		 flight = random_below(random, 2 * cwnd);
	bool is_slow = cwnd<state->ssthresh, is_limited = random_below(random, 8)> 0;

	*now_ms += random_below(random, 1u << random_below(random, 24));
	switch (random_below(random, 64)) {
	case 0:
		rules->on_loss(state, flight, mss);
		cr_assert_eq(state->cwnd, state->ssthresh);
		return cwnd > 2 * mss ? cwnd : 2 * mss;
	case 1:
		rules->on_timeout(state, flight, mss, random_below(random, 2));
		return mss;
	case 2:
		tcp_congestion_resume(state, mss, random_below(random, 1u << 20), RTO_MS, *now_ms);
		return cwnd;
	case 3:
		tcp_congestion_begin(state, mss, false, tcp_congestion_keep(state, mss));
		return cwnd > 2 * mss ? cwnd : 2 * mss;
	default:
		rules->on_ack(state, acked, mss, random_below(random, 3000), *now_ms, is_limited);
		cr_assert_geq(state->cwnd, cwnd);
		if (!is_limited)
			return cwnd;
		if (is_slow)
			return cwnd + (acked < mss ? acked : mss);
		/* Half of what was acknowledged, now or since the last step (RFC 9438 4.2), or Reno's one segment. */
		acked = acked < cwnd ? acked : cwnd;
		return cwnd + (acked + cwnd / 16) / 2 + mss;
	}
}

Test(tcp_congestion, whatever_happens_windows_stay_within_their_bounds)
{
	static const uint32_t sizes[] = {48, 536, MSS, 8960, 65495};
	struct random random;

	random_seed(&random, 9438);
	for (size_t which = 0; which < 2; which++) {
		const struct tcp_congestion_control *rules = RULES[which];

		for (uint32_t run = 0; run < 200; run++) {
			uint32_t mss = sizes[run % 5], now_ms = UINT32_MAX - 100000;
			struct tcp_congestion state = begun(mss);

			if (run % 3 == 0)
				state.cwnd = TCP_CWND_MAX - random_below(&random, TCP_CWND_MAX / 2);
			for (uint32_t i = 0; i < 2000; i++) {
				uint32_t most = happen(rules, &state, &random, mss, &now_ms);

				cr_assert_leq(state.cwnd, most, "%s, MSS %u: %u", rules->name, mss, state.cwnd);
				cr_assert_leq(state.cwnd, TCP_CWND_MAX);
				cr_assert_geq(state.cwnd, mss);
				cr_assert_geq(state.ssthresh, 2 * mss);
				cr_assert_leq(state.w_max, TCP_CWND_MAX);
				cr_assert(state.past_k_ms == TCP_EPOCH_NONE || abs(state.past_k_ms) <= 1 << 21);
			}
		}
	}
}
