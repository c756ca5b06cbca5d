/* test_tcp_pacing.c - how far apart segments of a window go, by numbers made by hand. */
#include <criterion/criterion.h>

#include "tcp/tcp_flight.h"
#include "tcp/tcp_pacing.h"

enum { MSS = 1000, RTT_20_MS = 20 * 8 };

static struct tcp_congestion window_of(uint32_t segments, uint32_t ssthresh)
{
	return (struct tcp_congestion){.cwnd = segments * MSS, .ssthresh = ssthresh};
}

static struct tcp_pacing paced(uint32_t segments, uint32_t ssthresh, uint32_t srtt)
{
	struct tcp_congestion state = window_of(segments, ssthresh);
	struct tcp_pacing pacing = {.ns_of_kib = 1, .is_early = true};

	tcp_pacing_set(&pacing, &state, MSS, srtt);
	return pacing;
}

/* What a full segment takes, after one that went at `now_ns`. */
static uint64_t after(struct tcp_pacing pacing, uint64_t now_ns)
{
	tcp_pacing_sent(&pacing, MSS, now_ns, false);
	return pacing.next_ns - now_ns;
}

Test(tcp_pacing, slow_start_sends_two_windows_in_a_round_trip_and_avoidance_six_fifths_of_one)
{
	static const struct {
		uint32_t segments, ssthresh, srtt;
		uint64_t ns;
	} cases[] = {{20, TCP_SSTHRESH_NONE, RTT_20_MS, 500000},
		     {40, TCP_SSTHRESH_NONE, RTT_20_MS, 250000},
		     {40, 40 * MSS, RTT_20_MS, 416666},
		     {40, 41 * MSS, RTT_20_MS, 250000},
		     {400, 2 * MSS, 200 * 8, 416666},
		     {11, TCP_SSTHRESH_NONE, UINT16_MAX, 372357954},
		     {100000, 2 * MSS, 2 * 8, 16}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t ns = after(paced(cases[i].segments, cases[i].ssthresh, cases[i].srtt), 7);

		cr_assert(ns <= cases[i].ns + 1 && ns + cases[i].ns / 1000 + 2 >= cases[i].ns, "case %d: %d ns", (int)i,
			  (int)ns);
	}
}

Test(tcp_pacing, short_paths_and_windows_that_may_go_at_once_are_left_alone)
{
	cr_assert_eq(paced(40, TCP_SSTHRESH_NONE, 2 * 8 - 1).ns_of_kib, 0);
	cr_assert_neq(paced(40, TCP_SSTHRESH_NONE, 2 * 8).ns_of_kib, 0);
	cr_assert_eq(paced(TCP_INITIAL_WINDOW_MSS, TCP_SSTHRESH_NONE, RTT_20_MS).ns_of_kib, 0);
	cr_assert_neq(paced(TCP_INITIAL_WINDOW_MSS + 1, TCP_SSTHRESH_NONE, RTT_20_MS).ns_of_kib, 0);
	cr_assert(!paced(TCP_INITIAL_WINDOW_MSS, TCP_SSTHRESH_NONE, RTT_20_MS).is_early, "nobody looks again");
	cr_assert_eq(paced(2 * TCP_INITIAL_WINDOW_MSS, 2 * MSS, RTT_20_MS).ns_of_kib, 0);
	cr_assert_neq(paced(2 * TCP_INITIAL_WINDOW_MSS + 1, 2 * MSS, RTT_20_MS).ns_of_kib, 0);
	/* Before a round trip was timed. */
	cr_assert_eq(paced(40, TCP_SSTHRESH_NONE, 0).ns_of_kib, 0);
}

Test(tcp_pacing, what_had_to_wait_makes_up_for_4_ms_and_what_did_not_for_none)
{
	enum { NOW = 1000000000, GAP = 500000 };
	static const struct {
		uint64_t next_ns;
		bool had_waited;
		uint64_t then_ns;
	} cases[] = {{0, false, NOW + GAP},
		     {NOW - 1, false, NOW + GAP},
		     {NOW + 9, false, NOW + 9 + GAP},
		     {NOW - 3 * GAP, true, NOW - 2 * GAP},
		     {NOW - TCP_PACING_LATE_NS, true, NOW - TCP_PACING_LATE_NS + GAP},
		     {NOW - 10 * TCP_PACING_LATE_NS, true, NOW - TCP_PACING_LATE_NS + GAP}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tcp_pacing pacing = {.next_ns = cases[i].next_ns, .ns_of_kib = 512 * 1000};

		tcp_pacing_sent(&pacing, MSS, NOW, cases[i].had_waited);
		cr_assert_eq(pacing.next_ns, cases[i].then_ns, "case %d: %d ns", (int)i, (int)pacing.next_ns);
	}
}

/* Bytes are counted, not segments: half a segment takes half the time. */
Test(tcp_pacing, small_segments_take_less)
{
	struct tcp_pacing pacing = {.ns_of_kib = 512 * 1000};

	for (int i = 0; i < 4; i++)
		tcp_pacing_sent(&pacing, MSS / 4, 0, false);
	cr_assert_eq(pacing.next_ns, 500000);
}

Test(tcp_pacing, holds_only_what_is_early_and_says_so)
{
	struct tcp_pacing pacing = {.ns_of_kib = 1};

	cr_assert(!tcp_pacing_holds(&pacing));
	cr_assert(!pacing.holds);
	pacing.is_early = true;
	cr_assert(tcp_pacing_holds(&pacing));
	cr_assert(pacing.holds);
}

Test(tcp_pacing, pushes_each_segment_of_slow_start_and_sends_pairs_later)
{
	struct tcp_pacing slow = paced(20, TCP_SSTHRESH_NONE, RTT_20_MS), even = paced(21, 20 * MSS, RTT_20_MS);

	cr_assert(tcp_pacing_pushes(&slow));
	cr_assert_not(tcp_pacing_pushes(&even));
	cr_assert_not(tcp_pacing_pushes(&(struct tcp_pacing){.ns_of_kib = 0}));
	for (int i = 0; i < 6; i++) {
		cr_assert_eq(even.is_half, i % 2 == 1);
		tcp_pacing_sent(&slow, MSS, 0, false);
		tcp_pacing_sent(&even, MSS, 0, false);
		cr_assert_not(slow.is_half);
	}
}

/* What waits for its time alone would have been sent: a loss must not take it for a window that was smaller. */
Test(tcp_pacing, a_loss_halves_a_window_that_is_spread_as_a_whole)
{
	struct tcp_conn conn = {.snd_end = 1000 + 50 * MSS, .snd_wnd = 40 * MSS, .max_wnd = 40 * MSS};
	struct tcp_flight flight = {.snd_una = 1000, .snd_nxt = 1000 + 7 * MSS};

	cr_assert_eq(tcp_flight_size(&conn, &flight), 7 * MSS);
	flight.pacing.place = 3;
	cr_assert_eq(tcp_flight_size(&conn, &flight), 40 * MSS, "no more than the peer takes");
	conn.snd_end = 1000 + 30 * MSS;
	cr_assert_eq(tcp_flight_size(&conn, &flight), 30 * MSS, "and no more than there is");
	conn.snd_wnd = 0;
	cr_assert_eq(tcp_flight_size(&conn, &flight), 7 * MSS);
}
